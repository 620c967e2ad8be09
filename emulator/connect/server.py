"""HTTP: connections that stay open, the Region and the caller from the signature, and the control API's door."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import socket
import sys
import threading
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .bodies import BadBody, read_body
from .control_api import KEY_HEADER, PREFIX, ControlApi
from .engine import Answer, Engine, Request
from .refusal import Refusal

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


class Server(ThreadingHTTPServer):
    """The emulator on a port of the loopback interface; 0 picks a free one. `key` opens its control API."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 2048

    def __init__(self, engine: Engine, port: int = 0, key: str = "") -> None:
        self.engine = engine
        self.key = key or secrets.token_urlsafe(32)
        self.control = ControlApi(engine)
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def endpoint(self) -> str:
        """The URL to give to boto3 as endpoint_url."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing about a caller that went away; all else is an error of the emulator and is shown."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def handle_method(self) -> None:
        """Answers one request, of the service or of the control API."""
        try:
            body = read_body(self.headers, self.rfile)
        except BadBody as problem:
            self.send_error(400, str(problem))
            return
        path, _, query = self.path.partition("?")
        try:
            answer = self._control(path, query, body) if path.startswith(PREFIX) else self._service(path, query, body)
        except Exception as problem:  # the emulator's own fault: say so, instead of a connection that just ends
            traceback.print_exc()
            self.send_error(500, f"the emulator failed: {problem!r}")
            return
        if answer is None:
            self._drop()
        else:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_method  # noqa: N815 - http.server's

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers a request that cannot be read as HTTP, and ends the connection."""
        self.close_connection = True
        document = {"message": message or explain or _phrase(code)}
        self._send(Answer(code, json.dumps(document).encode(), {"Content-Type": "application/json"}))

    def _control(self, path: str, query: str, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json"}
        given = self.headers.get(KEY_HEADER) or ""
        if path != f"{PREFIX}health" and not hmac.compare_digest(given.encode(), self.server.key.encode()):
            refusal = {"error": f"the control API wants the key of this emulator in {KEY_HEADER}"}
            return Answer(403, json.dumps(refusal).encode(), headers)
        status, document = self.server.control.answer(self.command, path, query, body)
        return Answer(status, json.dumps(document).encode(), headers)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the journal has every call."""

    def _service(self, path: str, query: str, body: bytes) -> Answer | None:
        engine = self.server.engine
        signature = _CREDENTIAL.search(self.headers.get("Authorization") or "")
        if signature is None:
            return engine.refuse(Refusal("MissingAuthenticationTokenException", "Missing Authentication Token"))
        if signature["service"] != "connect":
            return engine.refuse(
                Refusal("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'connect'.")
            )
        return engine.answer(Request(self.command, path, query, body, signature["region"], signature["key"]))

    def _send(self, answer: Answer) -> None:
        """Writes head and body at once, so that an answer is one packet."""
        head = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}", f"Content-Length: {len(answer.body)}"]
        head.append(f"Date: {self.server.engine.world.clock.http_date()}")
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        if self.close_connection:
            head.append("Connection: close")
        body = b"" if self.command == "HEAD" else answer.body
        self.wfile.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def serve(engine: Engine, port: int, key: str = "") -> Server:
    """Returns a server that answers in a thread of its own, until its `shutdown`."""
    server = Server(engine, port, key)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
