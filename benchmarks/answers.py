"""Where the functions put their answers: S3's presigned URLs, on a local HTTPS server."""

from __future__ import annotations

import json
import queue
import ssl
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from testing.local_aws.certificate import Certificate


@dataclass(frozen=True)
class Answer:
    """A function's answer to CloudFormation, and when it came (monotonic seconds)."""

    logical_id: str
    status: str
    reason: str
    physical_id: str
    at: float


class AnswerBox:
    """A server that takes answers and hands each to whoever listens for it.

    Arguments:
        folder: where its certificate is put.
    """

    class Listener:
        """The answers of one operation."""

        def __init__(self, base: str) -> None:
            self._base = base
            self.queue: queue.Queue[Answer] = queue.Queue()

        def url_of(self, name: str) -> str:
            """Returns the ResponseURL of a resource."""
            return f"{self._base}/{name}?X-Amz-Signature=none"

    def __init__(self, folder: Path) -> None:
        self.certificate = Certificate.make(folder)
        self._listeners: dict[str, AnswerBox.Listener] = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.chain, self.certificate.key)
        self._server = _Server(("127.0.0.1", 0), _Request)
        self._server.context = context
        self._server.take = self._take
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    def listen(self) -> Listener:
        """Returns a listener of its own for one operation."""
        key = uuid4().hex
        listener = AnswerBox.Listener(f"https://localhost:{self.port}/{key}")
        self._listeners[key] = listener
        return listener

    def stop(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()

    def _take(self, path: str, body: bytes) -> None:
        at = time.monotonic()
        document: dict[str, Any] = json.loads(body)
        key = path.split("/")[1]
        if (listener := self._listeners.get(key)) is not None:
            listener.queue.put(
                Answer(
                    document["LogicalResourceId"],
                    document["Status"],
                    document.get("Reason", ""),
                    document["PhysicalResourceId"],
                    at,
                )
            )


class _Server(ThreadingHTTPServer):
    request_queue_size = 1024
    context: ssl.SSLContext
    take: Any

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shakes hands on the request's own thread, so that nobody waits for it."""
        try:
            with self.context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except OSError:
            pass  # the client has gone


class _Request(BaseHTTPRequestHandler):
    server: _Server
    timeout: ClassVar[int] = 30

    def do_PUT(self) -> None:
        """Takes an answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.take(self.path, body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
