"""CloudFormation's part, as far as these tests need it: one custom resource of one stack, its events and its rollbacks.

The function runs in this process, with its own clients, so a test can look at each call that it makes.
"""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Self
from unittest.mock import patch

from queue_outbound_caller_config_provider import handler, response

from testing.local_aws import ACCOUNT
from testing.protocol.stack_records import StackRecords

Properties = Mapping[str, Any]
RECORDS = StackRecords()
"""What CloudFormation knows of the stacks of all tests."""


class Context:
    """What Lambda tells a function about its invocation."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Always the same: nothing here comes near it."""
        return 120_000


@dataclass(frozen=True)
class Answer:
    """What the function answered CloudFormation, and the line that it logged."""

    status: str
    reason: str
    physical_id: str
    data: Mapping[str, str]
    log: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether the answer is SUCCESS."""
        return self.status == "SUCCESS"

    @property
    def calls(self) -> list[str]:
        """The names of the AWS calls made, in order."""
        return list(self.log["calls"])


@dataclass
class Resource:
    """One `Custom::ConnectQueueOutboundCallerConfig` of a stack.

    Attributes:
        region: the stack's Region.
        logical_id: the resource's name in the template.
        stack: the stack's name.
    """

    region: str = "us-east-1"
    logical_id: str = "CallerConfig"
    stack: str = "example"
    physical_id: str | None = None
    properties: Properties = field(default_factory=dict)
    request_id: str = ""

    @property
    def stack_id(self) -> str:
        """The stack's id."""
        return f"arn:aws:cloudformation:{self.region}:{ACCOUNT}:stack/{self.stack}/{_stack_uuid(self.stack)}"

    def create(self, properties: Properties) -> Answer:
        """Sends Create; the resource has the answer's physical id from then on."""
        answer = self.send("Create", properties)
        self.physical_id, self.properties = answer.physical_id, properties
        return answer

    def update(self, properties: Properties) -> Answer:
        """Sends Update; a failed one leaves the properties as they are, for `roll_back_update`."""
        answer = self.send("Update", properties, old=self.properties)
        if answer.ok:
            self.physical_id, self.properties = answer.physical_id, properties
        return answer

    def roll_back_update(self, failed: Properties) -> Answer:
        """Sends the Update that follows a failed one: old and new properties swapped."""
        return self.send("Update", self.properties, old=failed)

    def delete(self) -> Answer:
        """Sends Delete with the physical id of the last answer, of a failed one too."""
        return self.send("Delete", self.properties)

    def again(self, kind: str) -> Answer:
        """Delivers the last Create or Update once more: the same request id."""
        return self.send(kind, self.properties, request_id=self.request_id)

    def send(
        self, kind: str, properties: Properties, *, old: Properties | None = None, request_id: str | None = None
    ) -> Answer:
        """Sends one event and returns the answer."""
        self.request_id = request_id or str(uuid.uuid4())
        event: dict[str, Any] = {
            "RequestType": kind,
            "ServiceToken": f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:provider",
            "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/answer?secret",
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_id,
            "ResourceType": "Custom::ConnectQueueOutboundCallerConfig",
            "ResourceProperties": {"ServiceToken": "arn", **properties},
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical_id
        if old is not None:
            event["OldResourceProperties"] = {"ServiceToken": "arn", **old}
        own = RECORDS.begin(event)
        answer = _invoke(event)
        if own:
            RECORDS.end(event, answer.ok, answer.physical_id)
        return answer


def _stack_uuid(stack: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, stack))


def _invoke(event: dict[str, Any]) -> Answer:
    output = io.StringIO()
    with redirect_stdout(output), _caught_answer() as answers, _quiet():
        handler.handler(event, Context())
    body = answers[0]
    return Answer(
        body["Status"], body["Reason"], body["PhysicalResourceId"], body["Data"], json.loads(output.getvalue())
    )


@contextmanager
def _caught_answer() -> Iterator[list[dict[str, Any]]]:
    """Takes the answer where it would go out over HTTPS (tests/integration/test_response.py has that part)."""
    answers: list[dict[str, Any]] = []

    def put_once(_url: str, body: bytes, _timeout: float) -> int:
        answers.append(json.loads(body))
        return 200

    with patch.object(response, "_put_once", put_once):
        yield answers


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps crhelper's log of each failure out of the tests' output."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class Clients:
    """The function's own boto3 clients, made with the environment of a function, for as long as the tests run."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._made: dict[tuple[str, str, bool], Any] = {}
        self.used: list[tuple[str, str]] = []
        """(service, Region) of each client that was asked for."""

    def __call__(self, service: str, region: str, *, hasty: bool = False) -> Any:
        self.used.append((service, region))
        key = (service, region, hasty)
        if key not in self._made:
            self._made[key] = self._make(service, region, hasty=hasty)
        return self._made[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._made.values():
            client.close()
