"""Fixtures of the protocol tests: one world a session, where every test takes queues that nobody has used."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.local_aws import LocalAws
from testing.protocol.world import World, started


@pytest.fixture(scope="session")
def session_world(ministack: LocalAws) -> Iterator[World]:
    """The world, started once."""
    with started(ministack) as world:
        yield world


@pytest.fixture
def world(session_world: World) -> World:
    """The world, with Connect as it was at the start: no faults, no calls."""
    session_world.reset()
    return session_world
