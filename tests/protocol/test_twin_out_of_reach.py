"""The twin Region cannot be asked, its ledger cannot be read, or its queue is gone."""

from __future__ import annotations

import pytest

from emulator.connect import sample
from testing.protocol.world import FLOW, NAME, NUMBER, PRIMARY, REPLICA, World, by_id

from .test_regions import BASELINE, EVERYTHING, NOTHING, Pair, ends_as_before, expected


@pytest.mark.parametrize("mood", ["down", "denied"])
def test_one_region_works_while_the_other_is_out_of_reach_but_a_delete_that_cannot_know_fails(
    world: World, mood: str
) -> None:
    pair = Pair(world, EVERYTHING, 0.0)
    _, west = pair.create_both(wait=True)

    def out_of_reach() -> None:
        if mood == "down":
            world.parameter_store.down(REPLICA)
        else:
            world.parameter_store.deny(region=REPLICA)

    out_of_reach()
    updated = pair.stacks["east"].update("A", pair.declare("east", name="Changed")).must_succeed()
    assert any(REPLICA in warning for warning in updated.last.warnings)
    assert pair.east.config[NAME] == "Changed"
    pair.stacks["east"].delete("A").must_fail(REPLICA, "Delete again")
    assert pair.east.config[NAME] == "Changed"
    world.parameter_store.reset()
    pair.stacks["east"].delete("A").must_succeed()
    pair.wait()
    assert pair.configs == expected(EVERYTHING, ("west", west))
    pair.stacks["west"].delete("A").must_succeed()
    ends_as_before(pair)


def test_an_instance_without_a_replica_is_deleted_while_the_other_region_is_out_of_reach(world: World) -> None:
    world.reset()  # two Regions that are apart, of which neither says that it has a replica
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    world.parameter_store.down(REPLICA)
    stack.delete("A").must_succeed()
    world.parameter_store.reset()
    assert (queue.config, queue.ledger) == (
        by_id({NAME: "Before", NUMBER: sample.INSTANCE_NUMBER, FLOW: sample.WHISPER}),
        None,
    )


@pytest.mark.parametrize("text", ["my own notes", '{"format":3}', '{"format":2,"layers":[]}'])
def test_a_twin_ledger_that_cannot_be_read_is_never_written_over_and_leaves_the_queue_as_it_is(
    world: World, text: str
) -> None:
    pair = Pair(world, EVERYTHING, 0.0)
    pair.stacks["east"].create("A", pair.declare("east", name="East")).must_succeed()
    pair.west.set_ledger(text)
    pair.stacks["east"].update("A", pair.declare("east", name="Changed")).must_succeed()
    deleted = pair.stacks["east"].delete("A").must_succeed()
    assert pair.west.ledger == text
    assert pair.east.config[NAME] == "Changed"
    assert any(REPLICA in warning for warning in deleted.last.warnings)
    pair.west.delete_ledger()
    pair.east.delete_ledger()


def test_once_the_replica_was_deleted_the_queue_is_put_right_when_its_stack_goes_too(world: World) -> None:
    pair = Pair(world, EVERYTHING, 0.0)
    pair.create_both(wait=True)
    world.connect.delete_queue(REPLICA, pair.west.instance, pair.west.id)
    pair.stacks["east"].delete("A").must_succeed()
    pair.stacks["west"].delete("A").must_succeed()
    assert pair.east.config == by_id(BASELINE)
    assert (pair.east.ledger, pair.west.ledger) == (None, None)


def test_a_replica_that_was_deleted_before_anything_was_seen_of_mirroring_does_not_count(world: World) -> None:
    pair = Pair(world, NOTHING, 0.0)
    pair.create_both(wait=False)
    world.connect.delete_queue(REPLICA, pair.west.instance, pair.west.id)
    pair.stacks["east"].delete("A").must_succeed()
    assert (pair.east.config, pair.east.ledger) == (by_id(BASELINE), None)
    pair.stacks["west"].delete("A").must_succeed()
    assert pair.west.ledger is None


def test_a_replica_that_was_deleted_leaves_the_baseline_that_its_region_knew(world: World) -> None:
    pair = Pair(world, EVERYTHING, 0.0)
    pair.create_both(wait=True)
    world.connect.delete_queue(PRIMARY, pair.east.instance, pair.east.id)
    pair.stacks["west"].delete("A").must_succeed()
    assert (pair.west.config, pair.west.ledger) == (by_id(BASELINE), None)
    pair.stacks["east"].delete("A").must_succeed()
    assert pair.east.ledger is None
    world.reset()
