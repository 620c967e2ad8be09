"""HTTP: one upstream connection for each connection that comes in."""

from __future__ import annotations

import http.client
import json
import re
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

from .calls import Answer, Asked, Upstream
from .control import PREFIX

_REGION = re.compile(r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/]+)/ssm/aws4_request")


class Store(Protocol):
    """What the server answers from."""

    url: str
    ca_bundle: Path | None
    key: str
    door: str

    def answer(self, asked: Asked, upstream: Upstream) -> Answer | None:
        """Returns the answer to a call, or None where the connection ends without one."""

    def control(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Returns the answer of the proxy's own API."""


class Server(ThreadingHTTPServer):
    """The server of a store, on a free port."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, store: Store) -> None:
        self.store = store
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is part of the play."""


class Handler(BaseHTTPRequestHandler):
    """One connection, and the one behind it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    upstream: Upstream | None = None

    def handle_method(self) -> None:
        """Answers one request, of SSM or of the proxy's own API."""
        store = self.server.store
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.removeprefix(store.door)
        if path == self.path:
            self._send((403, {"__type": "UnrecognizedClientException", "message": "This is not the proxy's URL."}))
        elif path.startswith(PREFIX):
            self._send(store.control(self.command, path.removeprefix(PREFIX), body))
        elif (answer := store.answer(self._asked(body), self._behind())) is not None:
            self._send(answer)
        else:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PUT = handle_method  # noqa: N815 - http.server's names

    def _behind(self) -> Upstream:
        if self.upstream is None:
            store = self.server.store
            assert store.ca_bundle is not None, "the proxy knows no MiniStack"
            self.upstream = Upstream(store.url, store.ca_bundle)
        return self.upstream

    def _asked(self, body: bytes) -> Asked:
        signed = _REGION.search(self.headers.get("authorization") or "")
        passed = ("authorization", "content-type", "x-amz-date")
        headers = {name: self.headers[name] for name in passed if name in self.headers}
        return Asked(
            region=signed["region"] if signed else "",
            action=(self.headers.get("x-amz-target") or "").rpartition(".")[2],
            document=json.loads(body) if body else {},
            body=body,
            headers={**headers, "x-amz-security-token": self.server.store.key},
        )

    def _send(self, answer: tuple[int, Any]) -> None:
        status, body = answer
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"HTTP/1.1 {status} {http.client.responses.get(status, 'Error')}\r\n"
        head += f"Content-Type: application/x-amz-json-1.1\r\nContent-Length: {len(data)}\r\n\r\n"
        self.wfile.write(head.encode() + data)

    def finish(self) -> None:
        """Ends the connection behind it, too."""
        super().finish()
        if self.upstream is not None:
            self.upstream.close()

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""
