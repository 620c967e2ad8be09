"""Where a response may go: to AWS, and in a local run to this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from queue_outbound_caller_config_provider import response

from tests.integration.stack import Resource
from tests.integration.world import World, properties

from .test_boundaries import handled


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A plain HTTP server on this machine: its address, and what was put there."""
    bodies: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer", bodies
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_local_run_is_answered_by_plain_http(world: World, listener: tuple[str, list[bytes]]) -> None:
    address, bodies = listener
    with handled(Resource(response_url=address).event("Create", properties(name="Any"))):
        pass
    assert [json.loads(body)["Status"] for body in bodies] == ["SUCCESS"]


def test_this_machine_is_not_answered_outside_of_a_local_run(
    world: World,
    listener: tuple[str, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address, bodies = listener
    for service in ("", "_CONNECT", "_SSM", "_CLOUDFORMATION"):
        monkeypatch.delenv(f"AWS_ENDPOINT_URL{service}")
    with handled(Resource(response_url=address).event("Create", {})):
        pass
    assert bodies == []
    assert not_answered(caplog) == ["is of this machine, and this is not a local run"]


NOT_SENT = "no response was sent: the response URL "


ELSEWHERE = {
    "another host": "https://example.com/answer",
    "a host that begins like AWS's": "https://s3.amazonaws.com.example.com/answer",
    "a host that ends like AWS's without a dot": "https://evilamazonaws.com/answer",
    "AWS's host as a user": "https://bucket.s3.amazonaws.com@example.com/answer",
    "AWS by plain http": "http://bucket.s3.amazonaws.com/answer",
    "the address of instance metadata": "http://169.254.169.254/latest/meta-data",
    "another scheme": "ftp://bucket.s3.amazonaws.com/answer",
    "a file": "file:///etc/passwd",
    "a broken address": "https://[bad",
    "a port that is none": "https://bucket.s3.amazonaws.com:99999/answer",
    "a path that is not ASCII": "https://bucket.s3.amazonaws.com/Zürich",
    "a line break": "https://bucket.s3.amazonaws.com/a\r\nHost: example.com",
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_no_other_address_is_spoken_to_and_one_line_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    spoken_to: list[str] = []

    def put(url: str, *_: object) -> int:
        spoken_to.append(url)
        return 200

    monkeypatch.setattr(response, "_put_once", put)
    with handled(Resource(response_url=ELSEWHERE[case]).event("Create", {})):
        pass
    assert spoken_to == []
    assert len(not_answered(caplog)) == 1
    assert ELSEWHERE[case] not in caplog.text


@pytest.mark.parametrize(
    "host",
    [
        "cloudformation-custom-resource-response-useast1.s3.amazonaws.com",
        "cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn",
        "cloudformation-custom-resource-response-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu",
    ],
)
def test_cloudformations_own_addresses_are_answered(world: World, answers: list[dict[str, Any]], host: str) -> None:
    with handled(replace(Resource(), response_url=f"https://{host}/answer?X-Amz-Signature=x").event("Create", {})):
        pass
    assert len(answers) == 1


def not_answered(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Returns the reasons for which no answer was sent; nothing else about the answer is in the log."""
    lines = [record.getMessage() for record in caplog.records if record.name == response.__name__]
    assert all(line.startswith(NOT_SENT) for line in lines)
    return [line.removeprefix(NOT_SENT) for line in lines]
