"""Five configs that a loop names by their position, and the first queue is removed: each config moves to the next queue."""

from __future__ import annotations

from typing import Any

import pytest

from testing.protocol.stack import Stack
from testing.protocol.world import BASELINE, Target, World, by_id, over

BEHAVIORS = ("RESTORE", "CLEAR", "RETAIN")
COUNT = 5


def by_position(queues: list[Target], behavior: str, order: str) -> dict[str, dict[str, Any]]:
    """The template of a loop over queues; the order is CloudFormation's."""
    template = {f"Caller{at}": declared(queue, behavior) for at, queue in enumerate(queues)}
    return template if order == "forwards" else dict(reversed(template.items()))


def declared(queue: Target, behavior: str) -> dict[str, Any]:
    """A queue's own config, whichever position it has."""
    return queue.declare(behavior, name=f"Queue {queue.id[:8]}")


def holds(queue: Target, stack: Stack, logical_id: str, behavior: str) -> None:
    """One owner alone has the queue, and the queue has its own config."""
    assert queue.owners == [(stack.id, logical_id)]
    assert queue.config == over(BASELINE, declared(queue, behavior))


@pytest.mark.parametrize("order", ["forwards", "backwards"])
@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_every_queue_keeps_its_own_config_and_the_removed_one_is_left_as_the_behavior_says(
    world: World, behavior: str, order: str
) -> None:
    queues, stack = [world.queue() for _ in range(COUNT)], world.stack()
    assert stack.deploy(by_position(queues, behavior, order)).succeeded
    assert stack.deploy(by_position(queues[1:], behavior, order)).succeeded
    for at, queue in enumerate(queues[1:]):
        holds(queue, stack, f"Caller{at}", behavior)
    had = over(BASELINE, declared(queues[0], behavior))
    assert queues[0].config == {"RESTORE": by_id(BASELINE), "CLEAR": {}, "RETAIN": had}[behavior]
    assert queues[0].ledger is None


@pytest.mark.parametrize("order", ["forwards", "backwards"])
@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_rolled_back_everything_is_as_before(world: World, behavior: str, order: str) -> None:
    queues, stack = [world.queue() for _ in range(COUNT)], world.stack()
    assert stack.deploy(by_position(queues, behavior, order)).succeeded
    assert not stack.deploy(by_position(queues[1:], behavior, order), then_fails=True).succeeded
    for at, queue in enumerate(queues):
        holds(queue, stack, f"Caller{at}", behavior)
