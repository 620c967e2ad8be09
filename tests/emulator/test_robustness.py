"""A request that is not an ordinary one still gets a clean answer, and the emulator continues."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from conformance.outcome import outcome
from emulator.connect import ConnectControl, Emulator
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY
from tests.emulator.calls import read

SIGNED = {"Authorization": f"AWS4-HMAC-SHA256 Credential=AK/20300101/{PRIMARY}/connect/aws4_request, Signature=0"}
QUEUE = f"/queues/{INSTANCE}/{BASIC_QUEUE}"
CONFIG = f"{QUEUE}/outbound-caller-config"


@pytest.fixture
def address(connect: ConnectControl) -> tuple[str, int]:
    """Where the emulator listens."""
    host, _, port = connect.endpoint.removeprefix("http://").partition(":")
    return host, int(port)


def ask(address: tuple[str, int], method: str, path: str, **how: Any) -> tuple[HTTPResponse, bytes]:
    """Sends one request on a connection of its own."""
    connection = HTTPConnection(*address, timeout=10)
    connection.request(method, path, **how)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def raw(address: tuple[str, int], request: bytes) -> tuple[bytes, Any]:
    """Sends bytes and returns the status line and the JSON that comes back."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.splitlines()[0], json.loads(body)


def control(emulator: Emulator, method: str, path: str, body: bytes) -> tuple[int, str]:
    """Sends a document to the control API and returns status and error."""
    host, _, port = emulator.endpoint.removeprefix("http://").partition(":")
    headers = {"X-Emulator-Key": emulator.key}
    response, answer = ask((host, int(port)), method, f"/_emulator/{path}", body=body, headers=headers)
    return response.status, json.loads(answer).get("error", "")


def test_a_body_in_chunks_is_read(address: tuple[str, int], connect: ConnectControl) -> None:
    chunks = iter([b'{"OutboundCallerConfig": {"Outbound', b'CallerIdName": "In chunks"}}'])
    response, _ = ask(address, "POST", CONFIG, body=chunks, headers=SIGNED, encode_chunked=True)
    assert response.status == 200
    assert connect.queue_config(PRIMARY, INSTANCE, BASIC_QUEUE) == {"OutboundCallerIdName": "In chunks"}


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Length: many", b""),
        ("Content-Length: -5", b""),
        ("Content-Length: 99999999999", b""),
        ("Content-Length: 100", b"{}"),
        ("Transfer-Encoding: chunked", b"zz\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\n{}{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"fffffffff\r\n"),
    ],
)
def test_a_body_of_a_bad_length_is_refused(address: tuple[str, int], header: str, body: bytes) -> None:
    head = f"POST {CONFIG} HTTP/1.1\r\nHost: x\r\nAuthorization: {SIGNED['Authorization']}\r\n{header}\r\n\r\n"
    status, answer = raw(address, head.encode() + body)
    assert b" 400 " in status
    assert answer["message"]


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "HEAD", "BREW"])
def test_a_method_that_no_operation_has_is_refused(address: tuple[str, int], method: str) -> None:
    response, body = ask(address, method, QUEUE, headers=SIGNED)
    assert 400 <= response.status <= 501
    if method == "HEAD":
        assert body == b""
    else:
        assert json.loads(body)["message"]


def test_long_paths_are_refused(address: tuple[str, int]) -> None:
    response, body = ask(address, "GET", f"/queues/{INSTANCE}/{'q' * 10_000}", headers=SIGNED)
    assert response.status == 404
    assert json.loads(body)
    status, answer = raw(address, b"GET /" + b"q" * 70_000 + b" HTTP/1.1\r\n\r\n")
    assert b" 414 " in status
    assert answer["message"]


def test_what_is_no_http_is_refused(address: tuple[str, int]) -> None:
    status, answer = raw(address, b"\x16\x03\x01 nonsense here and more\r\n\r\n")
    assert b" 400 " in status
    assert answer["message"]


def test_json_that_is_nested_too_deep_is_refused(address: tuple[str, int]) -> None:
    response, body = ask(address, "POST", CONFIG, body=b"[" * 100_000, headers=SIGNED)
    assert response.status == 400
    assert json.loads(body)["Message"].startswith("The request body is not JSON")


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("POST", "reset", [1]),
        ("POST", "reset", {"instances": 5}),
        ("POST", "reset", {"instances": [{"id": 1, "region": "us-east-1"}]}),
        ("PUT", "settings", ["mirroring"]),
        ("PUT", "settings", {"mirroring_delay": "soon"}),
        ("PUT", "settings", {"returned_form": ["id"]}),
        ("PUT", "quota", {"rate": "fast"}),
        ("PUT", "quota", {"burst": 1.5}),
        ("POST", "clock/advance", {"seconds": "x"}),
        ("POST", "clock/advance", {}),
        ("POST", "faults", {"nth": "1"}),
        ("POST", "faults", {"kind": "latency", "seconds": "x"}),
        ("POST", "faults", {"count": True}),
        ("POST", "faults", {"code": "No\r\nCode"}),
        ("POST", "faults", {"status": 42}),
        ("POST", "mirroring/faults", {"kind": "late", "seconds": "x"}),
        ("PUT", f"queues/{PRIMARY}/{INSTANCE}/q", {"config": [1]}),
        ("PUT", f"queues/{PRIMARY}/{INSTANCE}/{BASIC_QUEUE}/config", "x"),
        ("PUT", "numbers/n", {"number": 5, "region": PRIMARY}),
        ("PUT", "policies/key", {"Statement": []}),
        ("PUT", "policies/key", [5]),
    ],
)
def test_wrong_types_at_the_control_api_are_refused(
    connect_emulator: Emulator, connect: ConnectControl, method: str, path: str, document: Any
) -> None:
    before = connect.state()
    status, error = control(connect_emulator, method, path, json.dumps(document).encode())
    assert (status, bool(error)) == (400, True)
    assert connect.state() == before


def test_a_body_that_is_no_json_is_refused_at_the_control_api(connect_emulator: Emulator) -> None:
    for body in (b"{", b"\xff", b"[" * 100_000):
        assert control(connect_emulator, "PUT", "settings", body)[0] == 400


def test_an_error_code_that_no_operation_declares_comes_with_its_status(connect: ConnectControl, primary: Any) -> None:
    connect.fail("DescribeQueue", "Brand.NewException", status=418)
    assert outcome(read, client=primary) == "Brand.NewException"
    assert connect.journal()[-1].status == 418


def test_the_control_api_wants_the_key_of_this_emulator(connect: ConnectControl, address: tuple[str, int]) -> None:
    for headers in ({}, {"X-Emulator-Key": "a guess"}):
        response, body = ask(address, "POST", "/_emulator/reset", headers=headers)
        assert response.status == 403
        assert "X-Emulator-Key" in json.loads(body)["error"]
    assert ConnectControl(connect.endpoint).health()
