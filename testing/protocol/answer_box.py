"""An HTTPS server that plays the presigned S3 address to which a custom resource puts its answer."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from testing.local_aws.certificate import Certificate

LARGEST_ANSWER = 4096
"""Bytes of a response body (CloudFormation: "Custom resource response objects")."""
SECRETS = ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId", "Signature=")
"""What a presigned address has in its query, and no log may have."""


@dataclass(frozen=True)
class Put:
    """One PUT as it arrived."""

    body: bytes
    content_type: str | None
    status: int
    at: float

    @property
    def answer(self) -> dict[str, Any]:
        """The answer in it."""
        answer: dict[str, Any] = json.loads(self.body)
        return answer


@dataclass
class Slot:
    """What is known of one event's address.

    Attributes:
        puts: the PUTs that arrived, refused ones too.
        refusals: statuses to answer with before the first PUT is taken.
        delay: seconds until a PUT is answered.
    """

    puts: list[Put] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    delay: float = 0.0
    first: threading.Event = field(default_factory=threading.Event)

    @property
    def taken(self) -> list[Put]:
        """The PUTs that were taken."""
        return [put for put in self.puts if put.status < 300]


class AnswerBox:
    """The address, for any number of events.

    Arguments:
        folder: where its certificate is written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = Certificate.make(folder)
        self._slots: dict[str, Slot] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.tls.load_cert_chain(self.certificate.chain, self.certificate.key)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def ca_bundle(self) -> Path:
        """What a client has to trust (`SSL_CERT_FILE`)."""
        return self.certificate.authority

    def slot(self, key: str) -> Slot:
        """Returns what is known of the address with this key; it is made on first use."""
        with self._lock:
            return self._slots.setdefault(key, Slot())

    def url(self, key: str, issued: str = "20260101T000000Z") -> str:
        """Returns an event's address, with the date that it was signed at and the secrets that a presigned one has."""
        return f"https://127.0.0.1:{self._server.server_port}/arn%3Aaws%3Acloudformation/{key}?{_QUERY}&X-Amz-Date={issued}"

    @staticmethod
    def nobody(key: str) -> str:
        """Returns an address at which connections are refused."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        return f"https://127.0.0.1:{port}/arn%3Aaws%3Acloudformation/{key}?{_QUERY}"

    def take(self, path: str, body: bytes, content_type: str | None) -> int:
        """Takes a PUT, or refuses it, and returns the status."""
        slot = self.slot(urlsplit(path).path.rpartition("/")[2])
        with self._lock:
            status = slot.refusals.pop(0) if slot.refusals else 200
        if slot.delay:
            time.sleep(slot.delay)
        with self._lock:
            slot.puts.append(Put(body, content_type, status, time.monotonic()))
        if status < 300:
            slot.first.set()
        return status

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_QUERY = (
    "AWSAccessKeyId=ASIAQUEUECALLERCONFIG&Expires=1700007200&Signature=c2lnbmF0dXJlLW9mLWEtdGVzdA%3D%3D"
    "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAQUEUECALLERCONFIG%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Security-Token=token-of-a-test&X-Amz-Signature=0123456789abcdef0123456789abcdef"
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    tls: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        # Here and not around the listening socket: a client that says nothing would hold up all others there.
        request.settimeout(30)
        with self.tls.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is part of the play."""


def _handler(box: AnswerBox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = box.take(self.path, body, self.headers.get("content-type"))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.send_header("connection", "close")
            self.end_headers()
            self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    return Handler
