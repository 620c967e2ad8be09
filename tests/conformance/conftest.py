"""The stand-ins as the conformance checks see them, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.stand_in import StandIn


@pytest.fixture(scope="session")
def started() -> Iterator[StandIn]:
    """The emulator, MiniStack and the proxy."""
    with StandIn() as site:
        yield site


@pytest.fixture
def site(started: StandIn) -> StandIn:
    """The stand-ins as they started."""
    started.reset()
    started.hooks.clear()
    started.answered.clear()
    return started
