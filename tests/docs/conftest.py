"""The servers' fixtures that the integration tests use, for the tables that are run."""

from __future__ import annotations

from tests.integration.conftest import function_clients, world

__all__ = ["function_clients", "world"]
