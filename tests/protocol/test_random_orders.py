"""Random sequences of events; `python -m testing.protocol.soak` plays as many as wanted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from testing.protocol.deployments import Deployments
from testing.protocol.machine import Events
from testing.protocol.machine_of_regions import EventsOfRegions
from testing.protocol.soak import sequences
from testing.protocol.world import World

STEPS = 5


@pytest.fixture(autouse=True)
def quiet_afterwards(world: World) -> Iterator[None]:
    """Leaves the world as the next test expects it: the sequences change what is mirrored, and how old reads are."""
    yield
    world.reset()


@pytest.mark.parametrize(("machine", "count"), [(Events, 25), (EventsOfRegions, 18)], ids=["one Region", "two Regions"])
def test_random_sequences_of_events_keep_every_invariant(world: World, machine: type[Deployments], count: int) -> None:
    events = type("EventsHere", (machine,), {"world": world})
    # The same sequences in every run, so that a change is to blame when this fails; the soak draws others.
    run_state_machine_as_test(events, settings=settings(sequences(count, STEPS), derandomize=True))
