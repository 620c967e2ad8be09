"""One call of SSM: as it arrived, as it is noted, and as it is sent on to MiniStack."""

from __future__ import annotations

import functools
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .memory import Key

Answer = tuple[int, dict[str, Any] | bytes]


@dataclass
class Call:
    """One call: Region, operation and parameter, when it came, and its outcome (`ok`, an error code, `dropped`)."""

    region: str
    action: str
    name: str
    at: float
    outcome: str = "running"


@dataclass(frozen=True)
class Asked:
    """A request of Parameter Store, read."""

    region: str
    action: str
    document: Mapping[str, Any]
    body: bytes
    headers: Mapping[str, str]

    @property
    def selected(self) -> tuple[str, int | None]:
        """The parameter's name, and the version that is asked for."""
        text = str(self.document.get("Name") or self.document.get("Path") or self.document.get("ResourceId") or "")
        name, _, selector = text.partition(":") if not text.startswith("arn:") else (text, "", "")
        return name, int(selector) if selector.isdigit() else None

    @property
    def key(self) -> Key:
        """The parameter."""
        return self.region, self.selected[0]


@functools.cache
def _trusting(ca_bundle: Path) -> ssl.SSLContext:
    """Returns what trusts a bundle: one for all connections, for it costs more than a connection does."""
    return ssl.create_default_context(cafile=str(ca_bundle))


class Upstream:
    """A connection to MiniStack; one for each of the proxy's own connections."""

    def __init__(self, url: str, ca_bundle: Path) -> None:
        self._host = urlsplit(url).netloc
        self._context = _trusting(ca_bundle)
        self._connection = self._connect()

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, timeout=30, context=self._context)

    def send(
        self, asked: Asked, document: Mapping[str, Any] | None = None, action: str | None = None
    ) -> tuple[int, bytes]:
        """Sends the call on, or another one in its place, and returns the answer."""
        body = asked.body if document is None else json.dumps(document).encode()
        headers = {**asked.headers, "Host": self._host, "X-Amz-Target": f"AmazonSSM.{action or asked.action}"}
        for attempt in (1, 2):
            try:
                self._connection.request("POST", "/", body, headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (http.client.HTTPException, OSError):  # MiniStack closes what is idle for long
                self._connection.close()
                self._connection = self._connect()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Ends it."""
        self._connection.close()
