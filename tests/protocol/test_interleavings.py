"""Two events side by side, sometimes three, one of them held at a call for as long as the others take."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from emulator.connect import sample
from testing.protocol.cloudformation import accident
from testing.protocol.function import Accident
from testing.protocol.running import Running, hold
from testing.protocol.stack import Resource, Stack
from testing.protocol.world import BASELINE, NAME, NO_NUMBER, World, by_id, over

from .test_orders import free, holds
from .test_regions import MAIN, NOTHING, Pair

DESCRIBE, WRITE = "connect:DescribeQueue", "connect:UpdateQueueOutboundCallerConfig"
GET, PUT, DELETE = "ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"
SECOND = sample.SECOND_INSTANCE_NUMBER
NO_ANSWER = "stack-A-1X2Y3Z"
"""A physical id as CloudFormation makes it up."""


def cancelled_pair(stack: Stack, logical_id: str, properties: dict[str, Any]) -> tuple[Any, Any]:
    """A Create, and the Delete that follows when CloudFormation cancels it."""
    event = stack._cloudformation.event
    create = event("Create", stack.id, logical_id, properties)
    return create, event("Delete", stack.id, logical_id, properties, PhysicalResourceId=NO_ANSWER)


# Who deletes the mark


def test_two_cancelled_creates_of_one_queue_leave_nothing(world: World) -> None:
    """The late Create of one owner deletes the tombstone that the Delete of the other wrote."""
    queue, stack = world.queue(), world.stack()
    create_a, delete_a = cancelled_pair(stack, "A", queue.declare(name="A"))
    create_b, delete_b = cancelled_pair(stack, "B", queue.declare(name="B"))
    waiting_a = Running(stack, delete_a, hurry=20).wait_for_call(6)
    waiting_b = Running(stack, delete_b, hurry=20).wait_for_call(6)
    stack._cloudformation.send(create_a, deliveries=1)
    stack._cloudformation.send(create_b, deliveries=1)
    waiting_a.end().must_succeed()
    waiting_b.end().must_succeed()
    free(queue)


def test_a_failed_create_of_another_stack_leaves_the_mark_to_the_delete_that_waits(world: World) -> None:
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    create, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    waiting = Running(stack, delete, hurry=20).wait_for_call(6)
    other.create("X", queue.declare(number="+12065550199")).must_fail("is not claimed to")
    stack._cloudformation.send(create, deliveries=1)
    waiting.end().must_succeed()
    free(queue)


def test_another_stack_that_takes_over_while_a_delete_waits_keeps_its_ledger(world: World) -> None:
    """The Delete's wait is over; before it deletes, it looks at the queue, which waits for a turn."""
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    _, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    waiting = Running(stack, delete, hold(DESCRIBE, skip=1)).wait_until_held()
    theirs = queue.declare(name="Theirs")
    other.create("X", theirs).must_succeed()
    waiting.end().must_succeed()
    holds(queue, other, "X", theirs)


def test_another_stack_that_takes_over_while_a_late_create_gives_way_keeps_its_ledger(world: World) -> None:
    """The late Create has seen the mark; before it deletes it, it looks at the queue, which waits for a turn."""
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    create, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    waiting = Running(stack, delete, hurry=20).wait_for_call(6)
    late = Running(stack, create, hold(DESCRIBE, skip=1)).wait_until_held()
    theirs = queue.declare(name="Theirs")
    other.create("X", theirs).must_succeed()
    late.end()
    waiting.end().must_succeed()
    holds(queue, other, "X", theirs)


# Later events of the same owner


def test_a_cancelled_create_that_fails_late_leaves_the_layer_of_the_next_create(world: World) -> None:
    """A stack that keeps what failed is deployed again at once, with the right number."""
    queue, stack = world.queue(), world.stack()
    event = stack._cloudformation.event
    first = event("Create", stack.id, "A", queue.declare(name="A", number=NO_NUMBER))
    late = Running(stack, first, hold(WRITE)).wait_until_held()
    good = queue.declare(name="A", number=SECOND)
    stack.create("A", good).must_succeed()
    late.end()
    holds(queue, stack, "A", good)


def test_a_cancelled_create_that_undoes_once_its_delete_has_ended_leaves_no_ledger(world: World) -> None:
    """What it puts makes the parameter anew."""
    queue, stack = world.queue(), world.stack()
    create, delete = cancelled_pair(stack, "A", queue.declare(name="A", number=NO_NUMBER))
    late = Running(stack, create, hold("ssm:PutParameter", skip=1)).wait_until_held()
    world.cloudformation().send(delete).must_succeed()
    late.end()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_a_delete_delivered_twice_at_once_leaves_what_its_owner_put_since(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    made = stack.create("A", queue.declare(name="1")).must_succeed()
    delete = stack._cloudformation.event(
        "Delete", stack.id, "A", queue.declare(name="1"), PhysicalResourceId=made.physical_id
    )
    twin = Running(stack, delete, hold(DESCRIBE)).wait_until_held()
    world.cloudformation().send(delete).must_succeed()
    again = queue.declare(name="2")
    stack.create("A", again).must_succeed()
    twin.end()
    holds(queue, stack, "A", again)


# A ledger that is made anew


@pytest.mark.parametrize("updates", [0, 2])
def test_a_ledger_that_was_made_anew_while_its_history_was_read_is_read_again(world: World, updates: int) -> None:
    """The third version was put by one who had read the first, so a reader asks for the second. It no longer exists then.

    Nor does it if there were more versions, and the new ledger has some, too.
    """
    queue = world.queue()
    first, second, third, reader, last = (world.stack(name) for name in ("first", "second", "third", "reader", "last"))
    first.create("A", queue.declare(name="1")).must_succeed()
    for number in range(updates):
        first.update("A", queue.declare(name=f"1.{number}")).must_succeed()
    create = third._cloudformation.event("Create", third.id, "A", queue.declare(name="3"))
    unseen = Running(third, create, hold(PUT)).wait_until_held()
    second.create("A", queue.declare(name="2")).must_succeed()
    made = unseen.end().must_succeed()
    newest = queue.declare(name="Newest")
    create = reader._cloudformation.event("Create", reader.id, "A", newest)
    reading = Running(reader, create, hold(GET, skip=1)).wait_until_held()
    delete = third._cloudformation.event(
        "Delete", third.id, "A", queue.declare(name="3"), PhysicalResourceId=made.physical_id
    )
    third._cloudformation.send(delete).must_succeed()
    for stack in (second, first):
        stack.destroy()
    last.create("A", queue.declare(name="Last")).must_succeed()
    if updates:
        last.update("A", queue.declare(name="Really last")).must_succeed()
    reading.end().must_succeed()
    assert queue.owners == [(last.id, "A"), (reader.id, "A")]
    assert queue.config == over(BASELINE, newest)


# What nobody owns


def test_a_late_create_that_gives_way_while_the_last_other_owner_goes_leaves_what_that_one_left(world: World) -> None:
    """It read the ledger, then the queue with another's calls in between, and makes active whom it saw there."""
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    other.create("X", queue.declare(name="Theirs")).must_succeed()
    create, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    stack._cloudformation.send(delete).must_succeed()
    late = Running(stack, create, hold(DESCRIBE)).wait_until_held()
    other.delete("X").must_succeed()
    late.end().must_fail("was superseded")
    free(queue)


def test_a_put_that_is_tried_again_for_long_loses_no_layer_of_a_ledger_that_was_made_anew(world: World) -> None:
    """By then the ledger that it had read was deleted, and there is another one with the same version number."""
    queue, one, two, three = world.queue(), world.stack("one"), world.stack("two"), world.stack("three")
    one.create("A", queue.declare(name="One")).must_succeed()
    refused = Accident("refuse", call=PUT, status=400, code="ThrottlingException")
    theirs = queue.declare(name="Three")
    event = three._cloudformation.event("Create", three.id, "C", theirs)
    slow = Running(three, event, hold(PUT), accidents=(refused,)).wait_until_held()
    one.delete("A").must_succeed()
    two.create("B", queue.declare(name="Two")).must_succeed()
    slow.end().must_succeed()
    assert queue.owners == [(two.id, "B"), (three.id, "C")]
    two.delete("B").must_succeed()
    holds(queue, three, "C", theirs)


def test_a_config_set_by_hand_while_a_delete_waits_stays(world: World) -> None:
    """Its Create never came, so that nothing which it finds can be that one's."""
    queue, stack = world.queue(), world.stack()
    _, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    waiting = Running(stack, delete, hurry=40).wait_for_call(6)
    queue.set_config({NAME: "By hand"})
    waiting.end().must_succeed()
    free(queue, {NAME: "By hand"})


def test_a_departure_is_noted_also_where_the_last_other_owner_goes_in_that_moment(world: World) -> None:
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    other.create("X", queue.declare(name="Theirs")).must_succeed()
    create, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    deleting = Running(stack, delete, hold(GET, skip=1), hurry=40).wait_until_held()
    other.delete("X").must_succeed()
    late = Running(stack, create, hold(PUT)).wait_until_held()
    deleting.go_on()
    threading.Event().wait(1)
    late.end()
    deleting.end().must_succeed()
    free(queue)


def test_another_stacks_baseline_is_not_what_a_cancelled_create_wrote_late(world: World) -> None:
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    create, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    late = Running(stack, create, hold(WRITE, "after")).wait_until_held()  # it has written, and has still to look
    waiting = Running(stack, delete, hold(DESCRIBE), hurry=10).wait_until_held()
    queue.set_config(BASELINE)  # as the Delete saw it a moment before the write
    waiting.go_on()
    waiting.wait_for_call(5)  # it has removed the layer, and waits
    queue.set_config({NAME: "A"})  # the write lands
    taking_over = Running(
        other, other._cloudformation.event("Create", other.id, "X", queue.declare(name="Theirs")), hurry=10
    )
    taking_over.wait_for_call(3)
    late.end()
    waiting.end().must_succeed()
    taking_over.end().must_succeed()
    other.resources["X"] = Resource(queue.physical_id, queue.declare(name="Theirs"))
    other.delete("X").must_succeed()
    free(queue)


def test_a_create_that_had_read_the_ledger_before_the_last_ones_delete_marked_it_keeps_its_layer(world: World) -> None:
    """All its other calls fall between the mark and its deletion, which follows by a slow round trip."""
    queue, old, new = world.queue(), world.stack("old"), world.stack("new")
    old.create("A", queue.declare(name="Old")).must_succeed()
    properties = queue.declare(name="New")
    creating = Running(new, new._cloudformation.event("Create", new.id, "B", properties), hold(PUT), hurry=5)
    creating.wait_until_held()
    event = old._cloudformation.event("Delete", old.id, "A", {}, PhysicalResourceId=queue.physical_id)
    deleting = Running(old, event, hold(DELETE)).wait_until_held()
    creating.go_on()
    threading.Event().wait(2)
    deleting.end().must_succeed()
    creating.end().must_succeed()
    holds(queue, new, "B", properties)


def test_a_last_ones_delete_that_parameter_store_throttles_leaves_the_ledger_to_who_took_it_over(world: World) -> None:
    queue, old, new = world.queue(), world.stack("old"), world.stack("new")
    old.create("A", queue.declare(name="Old")).must_succeed()
    throttled = accident("refuse", call=DELETE, times=4, status=400, code="ThrottlingException")
    event = old._cloudformation.event("Delete", old.id, "A", {}, PhysicalResourceId=queue.physical_id)
    deleting = Running(old, event, accidents=throttled, hurry=5).wait_for_call(6)
    properties = queue.declare(name="New")
    new.create("B", properties, hurry=5).must_succeed()
    deleting.end().must_succeed()
    holds(queue, new, "B", properties)


def test_an_update_that_is_undone_while_another_owner_takes_over_leaves_that_ones_config(world: World) -> None:
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    stack.create("A", queue.declare(name="Good")).must_succeed()
    bad = queue.declare(name="Bad", number=NO_NUMBER)
    known = {"PhysicalResourceId": queue.physical_id, "OldResourceProperties": queue.declare(name="Good")}
    event = stack._cloudformation.event("Update", stack.id, "A", bad, **known)
    undoing = Running(stack, event, hold(DESCRIBE, skip=1)).wait_until_held()
    theirs = queue.declare(name="Theirs")
    other.create("X", theirs).must_succeed()
    undoing.end().must_fail("OutboundCallerIdNumberId")
    assert queue.owners == [(stack.id, "A"), (other.id, "X")]
    assert queue.config == over(BASELINE, theirs)


@pytest.mark.parametrize("closes_first", [True, False])
def test_a_cancelled_create_that_writes_while_its_delete_closes_the_ledger_is_still_taken_back_later(
    world: World, closes_first: bool
) -> None:
    """Its queue gets what the other Region declares: nobody knows yet that nothing is mirrored. Only the ledger tells that."""
    pair = Pair(world, NOTHING, 0.0)
    before, west = pair.west.config, pair.stacks["west"]
    pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    create, delete = cancelled_pair(west, "A", pair.declare("west", name="West"))
    record, look_again = hold(PUT, skip=1), hold(GET, skip=6)
    creating = Running(west, create, hold(WRITE), accidents=(record, look_again)).wait_until_held()
    closing = hold(DELETE) if closes_first else hold(PUT, skip=1)
    deleting = Running(west, delete, closing, hurry=40).wait_for_call(8)
    creating.go_on()
    creating.wait_until_held()
    deleting.wait_until_held()
    if closes_first:
        creating.go_on()
        creating.wait_until_held()  # it has put its record over the closed ledger
    else:
        creating.end()
    deleting.end().must_succeed()
    creating.end()
    waits = pair.west.ledger
    assert waits
    pair.stacks["east"].delete("A").must_succeed()
    assert (pair.west.config, pair.west.ledger) == (before, None)
    world.reset()


# A death besides: the next delivery must finish what the former began


def test_a_delete_that_dies_once_it_noted_a_departure_over_a_layer_is_finished_by_its_next_delivery(
    world: World,
) -> None:
    """Its Create came in between: the note took the layer out, and the queue has its config still."""
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    theirs = queue.declare(name="Theirs")
    other.create("X", theirs).must_succeed()
    create, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    dying = Running(stack, delete, hold(PUT), accidents=accident("kill", "after", call=PUT)).wait_until_held()
    stack._cloudformation.send(create, deliveries=1).must_succeed()
    assert not dying.end().last.ended
    stack._cloudformation.send(delete).must_succeed()
    holds(queue, other, "X", theirs)


def test_a_delete_that_wrote_late_and_dies_before_it_looks_again_is_finished_by_its_next_delivery(world: World) -> None:
    queue, old, new = world.queue(), world.stack("old"), world.stack("new")
    old.create("A", queue.declare(name="Old")).must_succeed()
    event = old._cloudformation.event("Delete", old.id, "A", {}, PhysicalResourceId=queue.physical_id)
    dying = Running(old, event, hold(WRITE), accidents=accident("kill", "after", call=PUT)).wait_until_held()
    properties = queue.declare(name="New")
    new.create("B", properties).must_succeed()
    assert not dying.end().last.ended
    old._cloudformation.send(event).must_succeed()
    holds(queue, new, "B", properties)


def test_the_last_of_two_deletes_at_once_that_dies_before_it_looks_again_is_finished_by_its_next_delivery(
    world: World,
) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    one.create("A", queue.declare(name="One")).must_succeed()
    two.create("B", queue.declare(name="Two")).must_succeed()
    event = two._cloudformation.event("Delete", two.id, "B", {}, PhysicalResourceId=queue.physical_id)
    dying = Running(two, event, hold(WRITE), accidents=accident("kill", "after", call=PUT)).wait_until_held()
    one.delete("A").must_succeed()
    assert not dying.end().last.ended
    two._cloudformation.send(event).must_succeed()
    free(queue)


def test_a_mark_whose_writer_died_is_ended_by_its_owners_next_delete_also_where_another_one_left_before(
    world: World,
) -> None:
    queue, stack = world.queue(), world.stack()
    for logical_id in ("B", "C"):
        stack.create(logical_id, queue.declare("RETAIN", name=logical_id)).must_succeed()
    stack.delete("C").must_succeed()
    had = queue.config
    assert not stack.delete("B", accidents=accident("kill", "before", call=DELETE), deliveries=1).succeeded
    stack.delete("B").must_succeed()
    free(queue, had)
