"""CloudFormation's orders of events: rename, replace, move, roll back; two owners."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect import sample
from testing.protocol.cloudformation import accident, flat
from testing.protocol.stack import Stack
from testing.protocol.world import (
    BASELINE,
    FLOW,
    NAME,
    NO_NUMBER,
    NUMBER,
    REPLICA,
    Target,
    World,
    by_id,
    number_arn,
    over,
)

BEHAVIORS = ("RESTORE", "CLEAR", "RETAIN")
SECOND = sample.SECOND_INSTANCE_NUMBER


def left(behavior: str, had: dict[str, str]) -> dict[str, str]:
    """Returns what a deletion behavior leaves."""
    return {"RESTORE": by_id(BASELINE), "CLEAR": {}, "RETAIN": had}[behavior]


def holds(queue: Target, stack: Stack, logical_id: str, properties: dict[str, Any]) -> None:
    """One owner holds the queue, and it has that owner's config."""
    assert queue.owners == [(stack.id, logical_id)]
    assert queue.config == over(BASELINE, properties)


def free(queue: Target, config: dict[str, str] | None = None) -> None:
    """Nobody holds the queue, and it has its baseline, or another config."""
    assert queue.ledger is None
    assert queue.config == (by_id(BASELINE) if config is None else config)


# One resource


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_replacing_the_queue_sets_the_new_one_and_leaves_the_old_one_as_the_behavior_says(
    world: World, behavior: str
) -> None:
    old, new, stack = world.queue(), world.queue(), world.stack()
    stack.deploy({"A": old.declare(behavior, name="A")})
    deployed = stack.deploy({"A": new.declare(behavior, name="A")})
    assert deployed.events == ["Update", "Delete"]
    assert deployed.outcomes[1].event["PhysicalResourceId"] == old.physical_id
    free(old, left(behavior, over(BASELINE, old.declare(behavior, name="A"))))
    holds(new, stack, "A", new.declare(behavior, name="A"))


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_failed_create_leaves_the_queue_as_it_was(world: World, behavior: str) -> None:
    queue, stack = world.queue(), world.stack()
    deployed = stack.deploy({"A": queue.declare(behavior, name="A", number=NO_NUMBER)})
    assert deployed.events == ["Create", "Delete"]
    deployed.outcomes[0].must_fail("ResourceNotFoundException", "OutboundCallerIdNumberId")
    free(queue)


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_failed_update_leaves_the_config_of_before(world: World, behavior: str) -> None:
    queue, stack = world.queue(), world.stack()
    good = queue.declare(behavior, name="A", number=SECOND)
    stack.deploy({"A": good})
    deployed = stack.deploy({"A": queue.declare(behavior, name="B", number=NO_NUMBER)})
    assert deployed.events == ["Update", "Update"]
    holds(queue, stack, "A", good)


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_failed_replacement_leaves_both_queues_as_they_were(world: World, behavior: str) -> None:
    old, new, stack = world.queue(), world.queue(), world.stack()
    good = old.declare(behavior, name="A")
    stack.deploy({"A": good})
    deployed = stack.deploy({"A": new.declare(behavior, name="A", number=NO_NUMBER)})
    assert deployed.events == ["Update", "Update"]
    assert deployed.outcomes[0].physical_id == old.physical_id
    holds(old, stack, "A", good)
    free(new)


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_replacement_that_is_rolled_back_after_it_succeeded(world: World, behavior: str) -> None:
    old, new, stack = world.queue(), world.queue(), world.stack()
    good, other = old.declare(behavior, name="A"), new.declare(behavior, name="A")
    stack.deploy({"A": good})
    deployed = stack.deploy({"A": other}, then_fails=True)
    assert deployed.events == ["Update", "Update", "Delete"]
    holds(old, stack, "A", good)
    free(new, left(behavior, over(BASELINE, other)))


def test_replacing_there_and_back_again_ends_with_both_baselines(world: World) -> None:
    one, two, stack = world.queue(), world.queue({NAME: "Two's own"}), world.stack()
    for queue in (one, two, one, two):
        assert stack.deploy({"A": queue.declare(name="A", number=SECOND)}).succeeded
    free(one)
    stack.destroy()
    free(two, {NAME: "Two's own"})


@pytest.mark.parametrize("reading", ["old id", "new id"])
def test_a_replacement_that_dies_unanswered_is_undone_by_either_kind_of_clean_up(world: World, reading: str) -> None:
    """The swapped Update has the old id. Should CloudFormation know the new one too, a Delete of it comes as well."""
    old, new, stack = world.queue(), world.queue(), world.stack()
    good, other = old.declare(name="A"), new.declare(name="A")
    stack.deploy({"A": good})
    stack.update(
        "A", other, accidents=accident("kill", "after", call="connect:UpdateQueueOutboundCallerConfig"), deliveries=1
    )
    known = stack.resources["A"]
    known.properties = other
    stack.update("A", good).must_succeed()
    if reading == "new id":
        going = type(known)(new.physical_id, other)
        stack.delete("A", going).must_succeed()
    holds(old, stack, "A", good)
    free(new)


def test_a_removed_property_gives_the_baselines_value_back(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.deploy({"A": queue.declare(name="A", number=SECOND, flow=sample.SECOND_WHISPER)})
    assert stack.deploy({"A": queue.declare(name="A")}).succeeded
    assert queue.config == {**by_id(BASELINE), NAME: "A"}


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in BEHAVIORS for b in BEHAVIORS if a != b])
def test_changing_the_deletion_behavior_keeps_the_baseline(world: World, before: str, after: str) -> None:
    queue, stack = world.queue(), world.stack()
    stack.deploy({"A": queue.declare(before, name="A")})
    assert stack.deploy({"A": queue.declare(after, name="A")}).succeeded
    holds(queue, stack, "A", queue.declare(after, name="A"))
    had = queue.config
    stack.destroy()
    free(queue, left(after, had))


def test_nothing_is_written_when_nothing_would_change(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    world.connect.clear_journal()
    created = stack.create("A", queue.declare(name="Before", number=number_arn(BASELINE[NUMBER]), flow=BASELINE[FLOW]))
    again = stack.update("A", queue.declare(name="Before", number=BASELINE[NUMBER]))
    deleted = stack.delete("A")
    assert [outcome.succeeded for outcome in (created, again, deleted)] == [True] * 3
    assert queue.writes == []
    assert "connect:UpdateQueueOutboundCallerConfig" not in flat([created, again, deleted])
    free(queue)


# Rename and move


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_rename_keeps_config_and_baseline(world: World, behavior: str) -> None:
    queue, stack = world.queue(), world.stack()
    declared = queue.declare(behavior, name="A", number=SECOND)
    stack.deploy({"Old": declared})
    world.connect.clear_journal()
    assert stack.deploy({"New": declared}).events == ["Create", "Delete"]
    holds(queue, stack, "New", declared)
    assert queue.writes == [], "a rename changes nothing on the queue"
    stack.destroy()
    free(queue, left(behavior, over(BASELINE, declared)))


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_rename_that_is_rolled_back_changes_nothing(world: World, behavior: str) -> None:
    queue, stack = world.queue(), world.stack()
    declared = queue.declare(behavior, name="A", number=SECOND)
    stack.deploy({"Old": declared})
    renamed = {"New": queue.declare(behavior, name="B", flow=sample.SECOND_WHISPER)}
    assert stack.deploy(renamed, then_fails=True).events == ["Create", "Delete"]
    holds(queue, stack, "Old", declared)


def test_renames_one_after_the_other_keep_the_first_baseline(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    for name in ("One", "Two", "Three", "One"):
        assert stack.deploy({name: queue.declare(name=name)}).succeeded
        holds(queue, stack, name, queue.declare(name=name))
    stack.destroy()
    free(queue)


@pytest.mark.parametrize("behavior", BEHAVIORS)
@pytest.mark.parametrize("order", ["new stack first", "old stack first"])
def test_a_move_to_another_stack_ends_well_in_either_order(world: World, behavior: str, order: str) -> None:
    queue, old, new = world.queue(), world.stack("old"), world.stack("new")
    declared = queue.declare(behavior, name="A", number=SECOND)
    old.deploy({"A": declared})
    if order == "new stack first":
        assert "takes the queue over from" in new.create("A", declared).must_succeed().last.log
        old.destroy()
    else:
        old.destroy()
        new.create("A", declared).must_succeed()
    assert queue.owners == [(new.id, "A")]
    had = queue.config
    if order == "new stack first" or behavior == "RESTORE":
        assert had == over(BASELINE, declared)
    new.destroy()
    assert queue.ledger is None
    if order == "new stack first":
        free(queue, left(behavior, had))


# Two owners


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_the_later_of_two_stacks_is_in_force_and_the_other_comes_back_when_it_goes(world: World, behavior: str) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    first, second = queue.declare(behavior, name="One"), queue.declare(behavior, number=SECOND)
    one.create("A", first).must_succeed()
    two.create("B", second).must_succeed()
    assert queue.config == over(BASELINE, second)
    two.delete("B").must_succeed()
    holds(queue, one, "A", first)
    one.delete("A").must_succeed()
    free(queue, left(behavior, over(BASELINE, first)))


def test_a_delete_of_who_is_not_in_force_changes_nothing_on_the_queue(world: World) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    one.create("A", queue.declare(name="One")).must_succeed()
    two.create("B", queue.declare(name="Two")).must_succeed()
    world.connect.clear_journal()
    one.delete("A").must_succeed()
    assert queue.writes == []
    holds(queue, two, "B", queue.declare(name="Two"))


def test_an_update_takes_the_queue_back_and_says_so(world: World) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    one.create("A", queue.declare(name="One")).must_succeed()
    two.create("B", queue.declare(name="Two")).must_succeed()
    taken = one.update("A", queue.declare(name="One again")).must_succeed()
    assert any("takes the queue over from two-" in warning for warning in taken.last.warnings)
    assert queue.owners == [(two.id, "B"), (one.id, "A")]
    assert queue.config == over(BASELINE, queue.declare(name="One again"))


def test_four_stacks_leave_in_any_order_and_the_last_one_restores(world: World) -> None:
    queue, stacks = world.queue(), [world.stack(f"s{index}") for index in range(4)]
    for index, stack in enumerate(stacks):
        stack.create("A", queue.declare(name=f"Name {index}")).must_succeed()
    for gone, in_force in ((1, 3), (3, 2), (0, 2)):
        stacks[gone].delete("A").must_succeed()
        assert queue.config[NAME] == f"Name {in_force}"
    stacks[2].delete("A").must_succeed()
    free(queue)


def test_two_resources_of_one_stack_on_one_queue_are_two_owners(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.deploy({"A": queue.declare(name="A"), "B": queue.declare(name="B")})
    assert queue.owners == [(stack.id, "A"), (stack.id, "B")]
    stack.destroy()
    free(queue)


def test_the_primary_and_the_replica_have_ledgers_of_their_own(world: World) -> None:
    queue = world.queue()
    twin = Target(world, queue.id, REPLICA)
    west = {NAME: "West", NUMBER: sample.GROUP_NUMBER}
    twin.make(west)
    stack = world.stack()
    stack.deploy({"P": queue.declare(name="P"), "R": twin.declare(name="R", number=number_arn(sample.GROUP_NUMBER))})
    assert queue.config == over(BASELINE, queue.declare(name="P"))
    assert twin.config == {**west, NAME: "R"}
    assert twin.owners == [(stack.id, "R")]
    stack.destroy()
    free(queue)
    assert (twin.config, twin.ledger) == (west, None)
