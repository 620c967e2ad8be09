"""The pages on moving here: each recipe, and its rollback at each step, leaves the queue its caller ID.

The other ways of setting a queue are played by what they do to it. If a page says that something is not documented (whether
`AWS::Connect::Queue` clears a config whose property is removed), both readings are played.
"""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect.sample import BASIC_QUEUE, INSTANCE_NUMBER, PRIMARY
from tests.integration.stack import Resource
from tests.integration.world import OURS, UPDATE, World, properties

SAME = {"name": "Example Sales", "number": OURS.number(PRIMARY, INSTANCE_NUMBER)}
SET = {"OutboundCallerIdName": SAME["name"], "OutboundCallerIdNumberId": INSTANCE_NUMBER}
"""What the other way of setting it has set, the number by id."""


@pytest.fixture
def queue(world: World) -> World:
    """The world with a queue that something else has configured."""
    world.connect.quota_off()
    world.set_config(SET, queue=BASIC_QUEUE)
    return world


def declared(**more: str) -> dict[str, Any]:
    return properties(queue=BASIC_QUEUE, **SAME) | more


def adopted(world: World) -> Resource:
    """Returns a resource that declares what the queue has: deployment 1 of every recipe."""
    resource = Resource()
    assert resource.create(declared()).ok
    assert config(world) == SET
    return resource


def config(world: World) -> dict[str, str]:
    return {name: value.rpartition("/")[2] for name, value in world.config(queue=BASIC_QUEUE).items()}


def test_deployment_1_writes_nothing(queue: World) -> None:
    adopted(queue)
    assert not queue.calls(UPDATE)


def test_if_deployment_1_fails_the_queue_keeps_its_values(queue: World) -> None:
    assert adopted(queue).delete().ok
    assert config(queue) == SET
    assert not queue.calls(UPDATE)
    assert not queue.ledgers()


@pytest.mark.parametrize("left", [SET, {}], ids=["the native type keeps it", "the native type clears it"])
def test_the_native_property_is_removed_together_with_another_revision(queue: World, left: dict[str, str]) -> None:
    resource = adopted(queue)
    queue.set_config(left, queue=BASIC_QUEUE)
    assert resource.update(declared(Revision="moved")).ok
    assert config(queue) == SET
    assert len(queue.calls(UPDATE)) == (0 if left else 1)


@pytest.mark.parametrize("left", [SET, {}], ids=["the native type keeps it", "the native type clears it"])
@pytest.mark.parametrize("ours_first", [True, False])
def test_if_that_is_rolled_back_the_queue_keeps_its_values(
    queue: World, left: dict[str, str], ours_first: bool
) -> None:
    resource = adopted(queue)
    queue.set_config(left, queue=BASIC_QUEUE)
    assert resource.update(declared(Revision="moved")).ok
    if not ours_first:
        queue.set_config(SET, queue=BASIC_QUEUE)
    assert resource.send("Update", declared(), old=declared(Revision="moved")).ok
    if ours_first:
        queue.set_config(SET, queue=BASIC_QUEUE)
    assert config(queue) == SET
    assert resource.delete().ok
    assert config(queue) == SET


def test_without_another_revision_a_cleared_queue_stays_empty_and_with_one_it_does_not(queue: World) -> None:
    """CloudFormation sends no event for a resource that does not change: the pages name `revision` for that."""
    resource = adopted(queue)
    queue.set_config({}, queue=BASIC_QUEUE)  # another resource's Delete
    assert config(queue) == {}
    assert resource.update(declared(Revision="again")).ok
    assert config(queue) == SET


def test_the_baseline_after_the_move_is_what_the_other_way_had_set(queue: World) -> None:
    resource = adopted(queue)
    assert resource.update(properties(queue=BASIC_QUEUE, name="Changed later")).ok
    assert resource.delete().ok
    assert config(queue) == SET
