"""CloudFormation's DescribeStackResources over HTTP, about the stacks of the protocol driver."""

from __future__ import annotations

import re
import socket
import threading
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from testing.local_aws.surroundings import ACCOUNT

from .stack_records import ResourceRecord, StackRecords, UnknownResourceError, UnknownStackError

_REGION = re.compile(r"Credential=[^/,\s]+/\d{8}/(?P<region>[^/]+)/cloudformation/aws4_request")
_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
MOODS = ("well", "denied", "throttled", "failing", "down", "hanging")


@dataclass(frozen=True)
class Asked:
    """One call: the Region of its signature, and its parameters."""

    region: str
    parameters: dict[str, str]

    @property
    def stack(self) -> str:
        """Its StackName."""
        return self.parameters.get("StackName", "")

    @property
    def logical_id(self) -> str | None:
        """Its LogicalResourceId, if it has one."""
        return self.parameters.get("LogicalResourceId")


class CloudFormationApi:
    """The endpoint (`AWS_ENDPOINT_URL_CLOUDFORMATION`).

    Attributes:
        records: what it answers from.
        calls: the calls that arrived.
        moods: how it answers in each Region (`*`: all that are not named): `well`, `denied`, `throttled`, `failing` (500),
            `down` (the connection ends without an answer) or `hanging` (no answer until the mood is `well` again).
    """

    def __init__(self, records: StackRecords) -> None:
        self.records = records
        self.calls: list[Asked] = []
        self.moods: dict[str, str] = {}
        self._well = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def be(self, mood: str, region: str = "*") -> None:
        """Sets how it answers in a Region, or in all of them."""
        if mood not in MOODS:
            raise ValueError(f"a mood is one of {', '.join(MOODS)}, not {mood}")
        self.moods[region] = mood
        if mood == "well":
            self._well.set()
            self._well = threading.Event()

    def reset(self) -> None:
        """Forgets the calls; it is well in every Region, and lists no removed resources."""
        self.moods.clear()
        self.be("well")
        self.calls.clear()
        self.records.lists_removed = False

    def answer(self, asked: Asked) -> tuple[int, str] | None:
        """Returns status and body, or None where the connection ends without an answer."""
        self.calls.append(asked)
        mood = self.moods.get(asked.region, self.moods.get("*", "well"))
        if mood == "hanging":
            self._well.wait()
        if mood in {"hanging", "down"}:
            return None
        if mood == "throttled":
            return 400, _error("Throttling", "Rate exceeded")
        if mood == "failing":
            return 500, _error("InternalFailure", "An internal error occurred")
        if mood == "denied":
            return 403, _error("AccessDenied", _denial(asked))
        return self._described(asked)

    def _described(self, asked: Asked) -> tuple[int, str]:
        action = asked.parameters.get("Action")
        if action != "DescribeStackResources":
            return 400, _error("InvalidAction", f"Could not find operation {action} for version 2010-05-15")
        if not asked.stack or "PhysicalResourceId" in asked.parameters:
            return 400, _error("ValidationError", "StackName and PhysicalResourceId: give one of them")
        if asked.stack.startswith("arn:") and asked.stack.split(":")[3] != asked.region:
            return 400, _error("ValidationError", f"Stack with id {asked.stack} does not exist")
        try:
            stack_id, resources = self.records.describe(asked.stack, asked.logical_id)
        except (UnknownStackError, UnknownResourceError) as problem:
            return 400, _error("ValidationError", str(problem))
        return 200, _response("".join(_member(stack_id, resource) for resource in resources[:100]))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.be("well")
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _denial(asked: Asked) -> str:
    user = f"arn:aws:sts::{ACCOUNT}:assumed-role/role/function"
    action = "cloudformation:DescribeStackResources"
    why = f"because no identity-based policy allows the {action} action"
    return f"User: {user} is not authorized to perform: {action} on resource: {asked.stack} {why}"


def _error(code: str, message: str) -> str:
    return (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )


def _response(members: str) -> str:
    return (
        f'<DescribeStackResourcesResponse xmlns="{_NAMESPACE}"><DescribeStackResourcesResult><StackResources>{members}'
        "</StackResources></DescribeStackResourcesResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></DescribeStackResourcesResponse>"
    )


def _member(stack_id: str, resource: ResourceRecord) -> str:
    parts: dict[str, Any] = {
        "StackName": stack_id.split("/")[1],
        "StackId": stack_id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "Timestamp": f"{resource.changed:%Y-%m-%dT%H:%M:%S.000Z}",
        "ResourceStatus": resource.status,
    }
    given = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items() if text is not None)
    return f"<member>{given}</member>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is part of the play."""


def _handler(api: CloudFormationApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            signed = _REGION.search(self.headers.get("authorization") or "")
            answer = api.answer(Asked(signed["region"] if signed else "", dict(parse_qsl(body))))
            if answer is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, text = answer
            self.send_response(status)
            self.send_header("content-type", "text/xml")
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    return Handler
