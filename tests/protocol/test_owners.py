"""Places and lives of owners: an Update that is rolled back takes its place back, and a dead owner never becomes active again."""

from __future__ import annotations

import pytest

from emulator.connect import two_regions
from testing.protocol.stack import Stack
from testing.protocol.world import BASELINE, NAME, REPLICA, Target, World, by_id, over

from .test_orders import free, holds


def two_stacks(world: World) -> tuple[Target, Stack, Stack]:
    """A queue on which a second stack took over from a first one."""
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    one.create("A", queue.declare(name="One")).must_succeed()
    two.create("B", queue.declare(name="Two")).must_succeed()
    return queue, one, two


# Places


def test_an_update_makes_its_owner_active_and_says_whom_it_took_over_from(world: World) -> None:
    queue, one, two = two_stacks(world)
    updated = one.update("A", queue.declare(name="One again")).must_succeed()
    assert queue.config[NAME] == "One again"
    assert (updated.last.report["TookOver"], updated.last.report["tookOverFrom"]) == (1, f"{two.id.split('/')[1]}/B")
    assert one.update("A", queue.declare(name="Once more")).must_succeed().last.report["TookOver"] == 0


def test_an_update_that_is_rolled_back_leaves_the_other_stack_active(world: World) -> None:
    queue, one, two = two_stacks(world)
    deployed = one.deploy({"A": queue.declare(name="Tried")}, then_fails=True)
    assert not deployed.succeeded
    assert queue.owners == [(one.id, "A"), (two.id, "B")]
    assert queue.config == over(BASELINE, queue.declare(name="Two"))
    assert deployed.outcomes[-1].last.report["TookOver"] == 0


def test_a_rolled_back_change_of_the_revision_alone_leaves_the_other_stack_active(world: World) -> None:
    queue, one, two = two_stacks(world)
    one.deploy({"A": {**queue.declare(name="One"), "Revision": "2"}}, then_fails=True)
    assert queue.owners == [(one.id, "A"), (two.id, "B")]
    assert queue.config[NAME] == "Two"
    assert one.deploy({"A": {**queue.declare(name="One"), "Revision": "3"}}).succeeded
    assert queue.config[NAME] == "One"


def test_another_revision_applies_the_config_again(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    queue.set_config({NAME: "By hand"})
    stack.update("A", {**queue.declare(name="A"), "Revision": "2"}).must_succeed()
    holds(queue, stack, "A", queue.declare(name="A"))


# Dead owners


def test_a_retained_config_does_not_come_back_when_its_successor_is_deleted(world: World) -> None:
    queue, one, two = two_stacks(world)
    one.orphan("A")
    two.delete("B").must_succeed()
    free(queue)


def test_a_deleted_stack_does_not_come_back_either(world: World) -> None:
    queue, one, two = two_stacks(world)
    one.retained.add("A")
    one.destroy()
    two.delete("B").must_succeed()
    free(queue)


def test_the_final_living_owner_decides_what_the_queue_is_left_with(world: World) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    one.create("A", queue.declare("RESTORE", name="One")).must_succeed()
    two.create("B", queue.declare("CLEAR", name="Two")).must_succeed()
    one.orphan("A")
    two.delete("B").must_succeed()
    free(queue, {})


def test_a_living_owner_below_a_dead_one_becomes_active(world: World) -> None:
    queue, one, two = two_stacks(world)
    three = world.stack("three")
    three.create("C", queue.declare(name="Three")).must_succeed()
    two.orphan("B")
    three.delete("C").must_succeed()
    holds(queue, one, "A", queue.declare(name="One"))


@pytest.mark.parametrize("mood", ["denied", "throttled", "failing", "down"])
def test_an_owner_that_cannot_be_asked_about_counts_as_alive(world: World, mood: str) -> None:
    queue, one, two = two_stacks(world)
    one.orphan("A")
    world.cloudformation_api.be(mood)
    deleted = two.delete("B").must_succeed()
    assert queue.config == over(BASELINE, queue.declare(name="One"))
    assert any("counts as alive" in warning for warning in deleted.last.warnings)
    world.cloudformation_api.reset()


def test_abandoned_preview_stacks_do_not_fill_the_ledger(world: World) -> None:
    queue = world.queue()
    for number in range(25):
        preview = world.stack(f"preview-{number}")
        preview.create("A", queue.declare(name=f"Preview {number} " + "x" * 200)).must_succeed()
        preview.orphan("A")
    stack = world.stack()
    stack.create("A", queue.declare(name="Real")).must_succeed()
    assert queue.config[NAME] == "Real"
    stack.delete("A").must_succeed()
    free(queue)


def test_a_resource_that_moved_to_another_queue_and_whose_clean_up_was_abandoned_is_dead_on_the_old_one(
    world: World,
) -> None:
    queue, new, one, two = world.queue(), world.queue(), world.stack("one"), world.stack("two")
    one.create("A", queue.declare(name="One")).must_succeed()
    two.create("B", queue.declare(name="Two")).must_succeed()
    one.update("A", new.declare(name="Moved")).must_succeed()  # its Delete on the old queue never comes
    two.delete("B").must_succeed()
    free(queue)
    holds(new, one, "A", new.declare(name="Moved"))


def test_a_dead_owner_in_the_replica_region_does_not_keep_its_config(world: World) -> None:
    world.reset(two_regions())
    east, west = world.replicated_queue({NAME: "Before"})
    here, there = world.stack("east"), world.stack("west", region=REPLICA)
    there.create("A", west.declare(name="West")).must_succeed()
    here.create("A", east.declare(name="East")).must_succeed()
    there.orphan("A")
    here.delete("A").must_succeed()
    assert east.config == west.config == by_id({NAME: "Before"})
    assert (east.ledger, west.ledger) == (None, None)
    world.reset()


def test_a_stack_has_three_configs_on_a_queue_at_most(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    for logical_id in "ABC":
        stack.create(logical_id, queue.declare(name=logical_id)).must_succeed()
    stack.create("D", queue.declare(name="D")).must_fail("A, B, C")
    assert queue.config[NAME] == "C"
    stack.destroy()
    free(queue)
