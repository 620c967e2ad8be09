"""The function in this process, as in the integration tests, and its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from queue_outbound_caller_config_provider import response

from tests.integration.conftest import function_clients, world

__all__ = ["answers", "function_clients", "world"]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The answers, taken where they would go out."""
    taken: list[dict[str, Any]] = []

    def put_once(_url: str, body: bytes, _timeout: float) -> int:
        taken.append(json.loads(body))
        return 200

    monkeypatch.setattr(response, "_put_once", put_once)
    return taken
