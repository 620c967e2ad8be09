"""The function in this process, as in the integration tests."""

from __future__ import annotations

from tests.integration.conftest import function_clients, world

__all__ = ["function_clients", "world"]
