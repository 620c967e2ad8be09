"""How events are delivered: twice, late, never, and many to one execution environment."""

from __future__ import annotations

import pytest

from testing.protocol.cloudformation import Outcome, accident
from testing.protocol.stack import Stack
from testing.protocol.world import BASELINE, NAME, NO_NUMBER, World, over

from .test_orders import BEHAVIORS, SECOND, free, holds, left


def redelivered(stack: Stack, outcome: Outcome) -> Outcome:
    """Delivers an event once more, late."""
    return stack._cloudformation.send(outcome.event).must_succeed()


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_each_event_delivered_twice_in_a_row_ends_as_once(world: World, behavior: str) -> None:
    queue, stack = world.queue(), world.stack()
    first, second = queue.declare(behavior, name="A", number=SECOND), queue.declare(behavior, name="B")
    created = stack.create("A", first).must_succeed()
    assert redelivered(stack, created).data == created.data
    holds(queue, stack, "A", first)
    updated = stack.update("A", second).must_succeed()
    assert redelivered(stack, updated).data == updated.data
    holds(queue, stack, "A", second)
    redelivered(stack, stack.delete("A").must_succeed())
    free(queue, left(behavior, over(BASELINE, second)))


def test_an_old_create_or_update_delivered_late_does_not_bring_old_values_back(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    created = stack.create("A", queue.declare(name="1")).must_succeed()
    updated = stack.update("A", queue.declare(name="2")).must_succeed()
    stack.update("A", queue.declare(name="3")).must_succeed()
    for old in (created, updated):
        assert "was superseded" in redelivered(stack, old).last.log
        holds(queue, stack, "A", queue.declare(name="3"))


def test_the_last_event_of_who_was_taken_over_delivered_late_does_not_take_the_queue_back(world: World) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    created = one.create("A", queue.declare(name="One")).must_succeed()
    two.create("B", queue.declare(name="Two")).must_succeed()
    redelivered(one, created)
    assert queue.owners == [(one.id, "A"), (two.id, "B")]
    assert queue.config[NAME] == "Two"


def test_a_delete_delivered_late_takes_nothing_from_the_next_owner(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("Old", queue.declare(name="Old"))
    stack.create("New", queue.declare(name="New"))
    deleted = stack.delete("Old").must_succeed()
    redelivered(stack, deleted)
    holds(queue, stack, "New", queue.declare(name="New"))


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_each_event_delivered_twice_at_once_ends_as_once(world: World, behavior: str) -> None:
    queue, stack = world.queue(), world.stack()
    cloudformation = stack._cloudformation
    first, second = queue.declare(behavior, name="A", number=SECOND), queue.declare(behavior, name="B")
    old = {"PhysicalResourceId": queue.physical_id}
    for _ in range(3):
        create = cloudformation.event("Create", stack.id, "A", first)
        update = cloudformation.event("Update", stack.id, "A", second, OldResourceProperties=first, **old)
        delete = cloudformation.event("Delete", stack.id, "A", second, **old)
        for event, properties in ((create, first), (update, second)):
            assert all(outcome.succeeded for outcome in cloudformation.send_at_once(event, event, hurry=1))
            holds(queue, stack, "A", properties)
        assert all(outcome.succeeded for outcome in cloudformation.send_at_once(delete, delete, hurry=1))
        free(queue, left(behavior, over(BASELINE, second)))
        queue.set_config(BASELINE)


def test_a_killed_create_that_lambda_delivers_three_times_is_answered_by_the_third(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack._cloudformation.accidents.extend([accident("kill", "after", number=3), accident("kill", "before", number=3)])
    created = stack.create("A", queue.declare(name="A")).must_succeed()
    assert [invocation.ended for invocation in created.invocations] == [False, False, True]
    stack._cloudformation.check_answered_once(created)
    holds(queue, stack, "A", queue.declare(name="A"))
    stack.destroy()
    free(queue)


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_create_whose_answer_never_came_is_undone_by_the_delete_with_an_id_of_cloudformations(
    world: World, behavior: str
) -> None:
    queue, stack = world.queue(), world.stack()
    killed = accident("kill", "after", call="connect:UpdateQueueOutboundCallerConfig")
    created = stack.create("A", queue.declare(behavior, name="A"), accidents=killed, deliveries=1)
    assert created.answer is None
    assert queue.config[NAME] == "A"
    stack.destroy()
    free(queue)


def test_a_delete_with_an_id_of_cloudformations_touches_no_other_owner_and_never_fails(world: World) -> None:
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    one.create("A", queue.declare(name="One")).must_succeed()
    event = two._cloudformation.event
    for properties in (queue.declare(name="Two"), {}, {"QueueId": "nonsense"}, {"InstanceId": 3, "QueueId": ["x"]}):
        strange = event("Delete", two.id, "A", properties, PhysicalResourceId="two-A-1A2B3C4D5E6F")
        two._cloudformation.send(strange).must_succeed()
    holds(queue, one, "A", queue.declare(name="One"))


def test_an_update_whose_answer_never_came_is_undone_by_the_swapped_one(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    good = queue.declare(name="A")
    stack.deploy({"A": good})
    stack._cloudformation.accidents.append(accident("kill", "after", call="connect:UpdateQueueOutboundCallerConfig"))
    stack._cloudformation.deliveries = 1
    assert stack.deploy({"A": queue.declare(name="B", number=SECOND)}).events == ["Update", "Update"]
    holds(queue, stack, "A", good)


def test_one_execution_environment_handles_many_events_one_after_the_other(world: World) -> None:
    """Nothing of one event (data, ids, reasons) is left for the next one."""
    queue, other, stack = world.queue(), world.queue(), world.stack()
    event = stack._cloudformation.event
    known = {"PhysicalResourceId": queue.physical_id}
    events = [
        event("Create", stack.id, "A", queue.declare(name="A")),
        event("Create", stack.id, "B", {"QueueId": "nonsense"}),
        event("Create", stack.id, "C", other.declare(name="C", number=NO_NUMBER)),
        event(
            "Update", stack.id, "A", queue.declare(name="A2"), OldResourceProperties=queue.declare(name="A"), **known
        ),
        event("Delete", stack.id, "A", queue.declare(name="A2"), **known),
    ]
    done = world.function.invoke_warm(list(events))
    assert [invocation.problem for invocation in done] == [None] * 5
    answers = [world.box.slot(each["RequestId"]).taken for each in events]
    assert [len(answer) for answer in answers] == [1] * 5
    assert [answer[0].answer["Status"] for answer in answers] == ["SUCCESS", "FAILED", "FAILED", "SUCCESS", "SUCCESS"]
    assert [bool(answer[0].answer["Data"]) for answer in answers] == [True, False, False, True, False]
    assert answers[1][0].answer["PhysicalResourceId"] != queue.physical_id
    free(queue)
    free(other)
