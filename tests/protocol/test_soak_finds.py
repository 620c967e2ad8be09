"""What random sequences found, made small: old reads of Parameter Store, cancelled events beside a twin, places taken back."""

from __future__ import annotations

import pytest

from emulator.connect import sample, two_regions
from testing.protocol.cancelled import Cancel
from testing.protocol.cloudformation import accident
from testing.protocol.world import BASELINE, NAME, NO_FLOW, NO_NUMBER, NUMBER, REPLICA, World, by_id, over

OLD = 2.4
"""Seconds for which a read may show what was there before a write: a little less than the function counts on."""
FIRST_CALLS = ["GetParameter", "DescribeQueue", "GetParameter", "PutParameter", "UpdateQueueOutboundCallerConfig"]
"""Of a first Create; the second one is of the twin Region's ledger."""


def test_old_reads_leave_no_ledger_and_no_old_config(world: World) -> None:
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    world.stale_reads(OLD)
    first, second = queue.declare(name="One"), queue.declare(name="Two")
    stack.create("A", first).must_succeed()
    other.create("B", second).must_succeed()
    world.connect.clear_journal()
    other.delete("B").must_succeed()
    assert [call.input["OutboundCallerConfig"][NAME] for call in queue.writes] == ["One"], (
        "an older ledger is not followed"
    )
    assert queue.config == over(BASELINE, first)
    stack.delete("A").must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_an_old_read_of_a_ledger_that_was_deleted_since_is_not_followed(world: World) -> None:
    """One read shows that there is no ledger, and the next one shows an older state of it: reads need not come in order."""
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    world.stale_reads(OLD)
    stack.create("A", queue.declare(name="One")).must_succeed()
    stack.update("A", queue.declare(name="One, changed")).must_succeed()
    stack.delete("A").must_succeed()
    world.parameter_store.change(stale_seconds=0.0)
    world.connect.clear_journal()
    declared = queue.declare(name="Two")

    def called(number: int) -> None:
        if number == FIRST_CALLS.index("PutParameter") + 1:
            world.parameter_store.change(stale_seconds=OLD)

    created = other._cloudformation.send(
        other._cloudformation.event("Create", other.id, "B", declared), called=called
    ).must_succeed()
    assert [call.rpartition(":")[2] for call in created.last.calls[:5]] == FIRST_CALLS
    assert [call.input["OutboundCallerConfig"][NAME] for call in queue.writes] == ["Two"]
    assert (queue.config, queue.owners) == (over(BASELINE, declared), [(other.id, "B")])


def test_old_reads_do_not_stop_a_write_that_has_to_be_tried_again(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    world.stale_reads(OLD)
    world.connect.fail("UpdateQueueOutboundCallerConfig", count=5)
    declared = queue.declare(name="A")
    stack.create("A", declared).must_succeed()
    assert queue.config == over(BASELINE, declared)


@pytest.mark.parametrize("number", range(1, 9))
def test_a_cancelled_create_beside_a_twin_that_declares_leaves_the_baseline(world: World, number: int) -> None:
    world.reset(two_regions())
    base = {NAME: "Before", NUMBER: sample.SECOND_INSTANCE_NUMBER}
    east, west = world.replicated_queue(base)
    there, here = world.stack("east"), world.stack("west", region=REPLICA)
    declared = east.declare(name="East")
    there.create("A", declared).must_succeed()
    here.deploy({"B": west.declare(name="West")}, then_fails=True, cancel=Cancel(number, dies=True))
    assert (east.config, west.config) == (over(base, declared), over(base, declared))
    there.delete("A").must_succeed()
    assert (east.config, west.config) == (by_id(base), by_id(base))
    assert (east.ledger, west.ledger) == (None, None)
    world.reset()


def test_an_update_that_was_rolled_back_is_the_newest_when_it_is_deployed_again(world: World) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    one.deploy({"A": queue.declare(name="One")})
    one.deploy({"A": queue.declare(name="One, changed")}, then_fails=True)
    two.deploy({"B": queue.declare(name="Two")})
    one.deploy({"A": queue.declare(name="One, changed")})
    assert queue.owners == [(two.id, "B"), (one.id, "A")]
    assert queue.config[NAME] == "One, changed"


@pytest.mark.parametrize("wrong", [{"flow": NO_FLOW}, {"number": NO_NUMBER}], ids=["flow", "number"])
def test_an_update_that_died_and_cannot_be_applied_fails_when_it_is_deployed_again(
    world: World, wrong: dict[str, str]
) -> None:
    """Its rollback knows the layer of the Update that died; that Update is not a rollback of the rollback."""
    queue, stack = world.queue(), world.stack()
    good, bad = queue.declare(name="Good"), queue.declare(name="Bad", **wrong)
    stack.deploy({"A": good})
    dies = accident("kill", "before", call="connect:UpdateQueueOutboundCallerConfig")
    stack.update("A", bad, accidents=dies, deliveries=1)
    stack.resources["A"].properties = bad
    stack.update("A", good).must_succeed()
    stack.update("A", bad).must_fail("ResourceNotFoundException")
    assert queue.config == over(BASELINE, good)


def test_deletions_that_are_made_but_answered_with_an_error_leave_no_ledger(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    world.parameter_store.fail("DeleteParameter", when="after", count=30)
    stack.delete("A").must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_an_orphan_whose_logical_id_is_used_for_another_queue_is_dead_while_that_one_is_deleted(world: World) -> None:
    queue, other, one, two = world.queue(), world.queue(), world.stack("one"), world.stack("two")
    one.deploy({"A": queue.declare(name="Orphan")})
    one.orphan("A")
    two.deploy({"B": queue.declare(name="Two")})
    one.deploy({"A": other.declare(name="Other")})
    event = one._cloudformation.event(
        "Delete", one.id, "A", other.declare(name="Other"), PhysicalResourceId=other.physical_id
    )
    one._cloudformation.records.begin(event)
    two.delete("B").must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)
