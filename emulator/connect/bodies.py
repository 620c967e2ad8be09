"""The body of an HTTP request: of a known length, or in chunks."""

from __future__ import annotations

from email.message import Message
from typing import Protocol

LARGEST = 16 * 1024 * 1024


class BadBody(ValueError):
    """The request does not say how long its body is, or says it wrongly."""


class Input(Protocol):
    """What a body is read from."""

    def read(self, size: int) -> bytes:
        """Returns so many bytes."""

    def readline(self, size: int) -> bytes:
        """Returns a line."""


def read_body(headers: Message, source: Input) -> bytes:
    """Returns a request's body.

    Raises:
        BadBody: its length is not a number, negative or too large, or a chunk is malformed.
    """
    if "chunked" in (headers.get("Transfer-Encoding") or "").lower():
        return _chunks(source)
    text = headers.get("Content-Length") or "0"
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST:
        raise BadBody(f"Content-Length is a number of bytes up to {LARGEST}, not '{text[:40]}'")
    body = source.read(int(text))
    if len(body) < int(text):
        raise BadBody(f"the body has {len(body)} bytes, not {text}")
    return body


def _chunks(source: Input) -> bytes:
    body = b""
    while True:
        line = source.readline(100).partition(b";")[0].strip()
        try:
            size = int(line, 16)
        except ValueError:
            raise BadBody("a chunk begins with its size") from None
        if not 0 <= size <= LARGEST - len(body):
            raise BadBody(f"a body has up to {LARGEST} bytes")
        body += source.read(size)
        if size == 0:
            while source.readline(65536).strip():  # trailers, then an empty line
                pass
            return body
        if source.readline(100).strip():
            raise BadBody("a chunk ends where its size says")
