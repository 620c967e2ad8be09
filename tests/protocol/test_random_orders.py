"""Random sequences of events; `python -m testing.protocol.soak` plays as many as wanted."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from testing.protocol.machine import Events
from testing.protocol.soak import sequences
from testing.protocol.world import World

SEQUENCES = 80
STEPS = 5


def test_random_sequences_of_events_keep_every_invariant(world: World) -> None:
    events = type("EventsHere", (Events,), {"world": world})
    # The same sequences in every run, so that a change is to blame when this fails; the soak draws others.
    run_state_machine_as_test(events, settings=settings(sequences(SEQUENCES, STEPS), derandomize=True))
