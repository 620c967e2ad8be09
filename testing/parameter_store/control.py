"""The proxy's own HTTP API as a typed client, for those that run in another process."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from urllib.request import Request, urlopen

from .behavior import Behavior, Fault
from .calls import Call

PREFIX = "/_parameter_store/"


class ParameterStoreControl:
    """A proxy in another process, changed over HTTP.

    Args:
        endpoint: the proxy's URL.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def behave(self, behavior: Behavior) -> None:
        """Behaves so from now on."""
        self._call("PUT", "behavior", behavior.to_json())

    def arm(self, fault: Fault) -> None:
        """Arms a fault."""
        self._call("POST", "faults", asdict(fault))

    def calls(self) -> list[Call]:
        """Returns the calls that arrived."""
        return [Call(**entry) for entry in self._call("GET", "calls")]

    def reset(self) -> None:
        """Quiet again, without faults and calls."""
        self._call("POST", "reset")

    def _call(self, method: str, path: str, document: Any = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        with urlopen(Request(f"{self._endpoint}{PREFIX}{path}", body, method=method), timeout=30) as answer:  # noqa: S310
            return json.load(answer)
