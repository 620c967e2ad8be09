"""Random sequences of events; `python -m testing.protocol.soak` plays as many as wanted."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from testing.protocol.machine import Events
from testing.protocol.world import World

SEQUENCES = 80
STEPS = 5


def sequences(count: int, steps: int = STEPS) -> settings:
    """Returns hypothesis's settings for so many sequences of so many steps at most."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def test_random_sequences_of_events_keep_every_invariant(world: World) -> None:
    events = type("EventsHere", (Events,), {"world": world})
    # The same sequences in every run, so that a change is to blame when this fails; the soak draws others.
    run_state_machine_as_test(events, settings=settings(sequences(SEQUENCES), derandomize=True))
