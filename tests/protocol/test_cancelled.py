"""CloudFormation does not wait for an event that it cancels: the next event comes while the former is still running.

By enumeration: the event that is cancelled is held before its first call and after each one, and goes on at several moments
of the one that supersedes it.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from emulator.connect import sample
from testing.protocol.cancelled import Cancel
from testing.protocol.cloudformation import accident
from testing.protocol.function import Accident
from testing.protocol.running import moments, play_each
from testing.protocol.stack import Deployment, Stack
from testing.protocol.world import BASELINE, NAME, NO_NUMBER, Target, World, by_id, over

from .test_orders import BEHAVIORS, free, holds

SECOND = sample.SECOND_INSTANCE_NUMBER
WRITE = "connect:UpdateQueueOutboundCallerConfig"
POINTS = [Cancel(*moment, until) for moment, until in product(moments(5), (1, 9))]
"""Each moment of a Create or an Update (the fifth call is its last look at the ledger), and two moments to go on at."""
FEWER = [Cancel(*moment, until=4) for moment in moments(5)]
each_behavior = pytest.mark.parametrize(
    ("behavior", "points"), [("RESTORE", POINTS), ("CLEAR", FEWER), ("RETAIN", FEWER)], ids=BEHAVIORS
)


def cancelled(stack: Stack, template: dict[str, Any], cancel: Cancel) -> Deployment:
    """Deploys, and cancels the last event."""
    deployment = stack.deploy(template, then_fails=True, cancel=cancel)
    late = next(outcome for outcome in deployment.outcomes if outcome.cancelled)
    assert late.invocations[0].accidents[:1] in (["hold"], []), "one that makes fewer calls had ended"
    assert all(outcome.succeeded for outcome in deployment.outcomes if not outcome.cancelled)
    for outcome in deployment.outcomes:
        stack._cloudformation.check_answered_once(outcome, int(outcome.last.ended))
    return deployment


@each_behavior
def test_a_cancelled_create_leaves_the_queue_as_it_was(world: World, behavior: str, points: list[Cancel]) -> None:
    def one(world: World, cancel: Cancel) -> None:
        queue, stack = world.queue(), world.stack()
        deployment = cancelled(stack, {"A": queue.declare(behavior, name="A", number=SECOND)}, cancel)
        assert deployment.events == ["Create", "Delete"]
        free(queue)

    play_each(world, points, one)


@pytest.mark.parametrize("behavior", ["RESTORE", "CLEAR"])
def test_a_cancelled_create_that_changes_nothing_leaves_nothing(world: World, behavior: str) -> None:
    def one(world: World, cancel: Cancel) -> None:
        queue, stack = world.queue({NAME: "As it is"}), world.stack()
        cancelled(stack, {"A": queue.declare(behavior, name="As it is")}, cancel)
        free(queue, {NAME: "As it is"})

    play_each(world, FEWER, one)


@each_behavior
def test_a_cancelled_rename_leaves_the_old_owner_in_force(world: World, behavior: str, points: list[Cancel]) -> None:
    def one(world: World, cancel: Cancel) -> None:
        queue, stack = world.queue(), world.stack()
        old = queue.declare(behavior, name="Old")
        stack.deploy({"Old": old})
        cancelled(stack, {"New": queue.declare(behavior, name="New", number=SECOND)}, cancel)
        holds(queue, stack, "Old", old)

    play_each(world, points, one)


@each_behavior
def test_a_cancelled_update_leaves_the_config_of_before(world: World, behavior: str, points: list[Cancel]) -> None:
    def one(world: World, cancel: Cancel) -> None:
        queue, stack = world.queue(), world.stack()
        good = queue.declare(behavior, name="Good")
        stack.deploy({"A": good})
        deployment = cancelled(stack, {"A": queue.declare(behavior, name="Bad", number=SECOND)}, cancel)
        assert deployment.events == ["Update", "Update"]
        holds(queue, stack, "A", good)
        stack.destroy()
        assert queue.ledger is None

    play_each(world, points, one)


@each_behavior
def test_a_cancelled_replacement_leaves_both_queues_as_they_were(
    world: World, behavior: str, points: list[Cancel]
) -> None:
    def one(world: World, cancel: Cancel) -> None:
        old, new, stack = world.queue(), world.queue(), world.stack()
        good = old.declare(behavior, name="A")
        stack.deploy({"A": good})
        # The way back is about the old queue first: four calls and more before it looks at the new one.
        later = Cancel(cancel.number, cancel.when, cancel.until + 4)
        assert cancelled(stack, {"A": new.declare(behavior, name="B")}, later).events == ["Update", "Update"]
        holds(old, stack, "A", good)
        free(new)

    play_each(world, points, one)


def test_a_cancelled_take_over_leaves_the_queue_to_the_other_stack(world: World) -> None:
    def one(world: World, cancel: Cancel) -> None:
        queue, stack, other = world.queue(), world.stack(), world.stack("other")
        theirs = queue.declare(name="Theirs")
        other.create("X", theirs).must_succeed()
        cancelled(stack, {"A": queue.declare(name="Ours", number=SECOND)}, cancel)
        holds(queue, other, "X", theirs)
        other.destroy()
        free(queue)

    play_each(world, POINTS, one)


@pytest.mark.parametrize("fields", [{"name": "A", "number": NO_NUMBER}, {"number": "+12065550199"}])
def test_a_cancelled_create_that_fails_besides_leaves_the_queue_as_it_was(world: World, fields: dict[str, str]) -> None:
    def one(world: World, cancel: Cancel) -> None:
        queue, stack = world.queue(), world.stack()
        cancelled(stack, {"A": queue.declare("CLEAR", **fields)}, cancel)
        free(queue)

    play_each(world, FEWER, one)


def test_a_cancelled_create_that_dies_is_undone_without_it(world: World) -> None:
    """Nothing comes by that would see that it is too late. Its last write is put right, all the same."""

    def one(world: World, moment: tuple[int, str]) -> None:
        queue, stack = world.queue(), world.stack()
        cancelled(stack, {"A": queue.declare("CLEAR", name="A")}, Cancel(*moment, until=5, dies=True))
        free(queue)

    play_each(world, moments(5), one)


def test_the_delete_of_a_cancelled_create_waits_for_it_and_says_so(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    deployment = cancelled(stack, {"A": queue.declare(name="A")}, Cancel(1, until=8))
    create, delete = deployment.outcomes
    assert delete.last.calls[:5] == [
        "ssm:GetParameter",
        "cloudformation:DescribeStackResources",
        "connect:DescribeQueue",
        "ssm:GetParameter",  # the twin Region's
        "ssm:PutParameter",
    ]
    assert set(delete.last.calls[5:-2]) == {"ssm:GetParameter"}, "it looks until no late event can come"
    assert len(delete.last.calls) <= 16, "few looks"
    assert delete.last.calls[-2:] == ["ssm:PutParameter", "ssm:DeleteParameter"]
    assert "waits for an earlier event" in delete.last.log
    assert create.answer is not None
    assert create.answer["Status"] == "FAILED"
    assert "was superseded" in create.answer["Reason"]
    assert WRITE not in create.last.calls


def test_a_create_that_begins_only_while_its_delete_waits_does_nothing(world: World) -> None:
    """Lambda delivers an event late, or once more after a death."""
    queue, stack = world.queue(), world.stack()
    cloudformation = stack._cloudformation
    create = cloudformation.event("Create", stack.id, "A", queue.declare(name="A"))
    delete = cloudformation.event("Delete", stack.id, "A", queue.declare(name="A"), PhysicalResourceId="stack-A-1X2Y3Z")
    begun = []

    def called(number: int) -> None:
        if number == 6:
            begun.append(world.cloudformation().send(create, deliveries=1))

    cloudformation.send(delete, hurry=20, called=called).must_succeed()
    begun[0].must_fail("was superseded")
    free(queue)


def test_a_delete_waits_only_shortly_for_a_create_that_has_written(world: World) -> None:
    """Its answer came a moment too late for CloudFormation."""
    queue, stack = world.queue(), world.stack()
    created = stack.create("A", queue.declare(name="A")).must_succeed()
    event = stack._cloudformation.event
    delete = event("Delete", stack.id, "A", created.event["ResourceProperties"], PhysicalResourceId="stack-A-1X2Y3Z")
    deleted = stack._cloudformation.send(delete).must_succeed()
    assert deleted.last.seconds < 45
    free(queue)


def test_the_delete_of_a_create_that_never_comes_ends_in_time(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    delete = stack._cloudformation.event("Delete", stack.id, "A", queue.declare(name="A"), PhysicalResourceId="x-A-1")
    deleted = stack._cloudformation.send(delete, remaining=900).must_succeed()
    assert 25 <= deleted.last.seconds < 40, "no longer than a cancelled Create can take"
    assert len(deleted.last.calls) <= 16
    free(queue)


@pytest.mark.parametrize("operation", ["connect:DescribeQueue", "ssm:PutParameter"])
def test_a_delete_that_may_not_even_note_that_it_came_succeeds(world: World, operation: str) -> None:
    """Its Create could do nothing, either."""
    queue, stack = world.queue(), world.stack()
    denied = Accident("refuse", call=operation, times=99, status=400, code="AccessDeniedException")
    delete = stack._cloudformation.event("Delete", stack.id, "A", queue.declare(name="A"), PhysicalResourceId="x-A-1")
    stack._cloudformation.send(delete, accidents=(denied,)).must_succeed()
    free(queue)


def test_a_delete_of_a_create_on_no_queue_waits_for_nothing(world: World) -> None:
    nowhere, stack = Target(world, "00000000-0000-4000-8000-00000000dead"), world.stack()
    delete = stack._cloudformation.event("Delete", stack.id, "A", nowhere.declare(name="A"), PhysicalResourceId="x-A-1")
    assert stack._cloudformation.send(delete).must_succeed().last.seconds < 5
    assert nowhere.ledger is None


def test_events_without_a_date_are_taken_as_they_come(world: World) -> None:
    """Should CloudFormation ever sign its addresses another way."""
    queue, stack = world.queue(), world.stack()
    event, send = stack._cloudformation.event, stack._cloudformation.send

    def undated(*arguments: Any, **more: Any) -> Any:
        made = event(*arguments, **more)
        return {**made, "ResponseURL": made["ResponseURL"].partition("&X-Amz-Date")[0]}

    properties = queue.declare(name="A")
    send(undated("Delete", stack.id, "A", properties, PhysicalResourceId="stack-A-1X2Y3Z")).must_succeed()
    assert queue.ledger is None
    created = send(undated("Create", stack.id, "A", properties)).must_succeed()
    assert queue.config == over(BASELINE, properties)
    known = {"PhysicalResourceId": created.physical_id}
    send(undated("Update", stack.id, "A", queue.declare(name="B"), OldResourceProperties=properties, **known))
    assert queue.config[NAME] == "B"
    send(undated("Delete", stack.id, "A", properties, **known)).must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


@pytest.mark.parametrize("behavior", BEHAVIORS)
@pytest.mark.parametrize("call", range(4, 8))
def test_a_create_that_failed_and_could_not_undo_it_is_undone_by_its_delete_whatever_the_behavior(
    world: World, behavior: str, call: int
) -> None:
    queue, stack = world.queue(), world.stack()
    failing = Accident("refuse", number=call, onward=True)
    stack._cloudformation.accidents.append((*accident("refuse", "after", call=WRITE, times=99), failing))
    deployment = stack.deploy({"A": queue.declare(behavior, name="A", number=SECOND)})
    assert "/failed-create/" in deployment.outcomes[0].physical_id
    free(queue)


def test_the_delete_of_a_failed_create_leaves_what_a_later_create_of_the_same_resource_put(world: World) -> None:
    """A deployment that keeps what failed is tried again: the new resource comes first, the clean-up of the old one last."""
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A", number=NO_NUMBER)).must_fail("OutboundCallerIdNumberId")
    failed = stack.resources["A"]
    good = queue.declare(name="A")
    stack.create("A", good).must_succeed()
    stack.delete("A", failed).must_succeed()
    holds(queue, stack, "A", good)


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_an_event_delivered_late_does_nothing_once_its_owner_left_a_queue_that_others_hold(
    world: World, kind: str
) -> None:
    queue, stack, other = world.queue(), world.stack(), world.stack("other")
    theirs = queue.declare(name="Theirs")
    other.create("X", theirs).must_succeed()
    done = {
        "Create": stack.create("A", queue.declare(name="1")),
        "Update": stack.update("A", queue.declare(name="2")),
        "Delete": stack.delete("A"),
    }
    stack._cloudformation.send(done[kind].must_succeed().event)
    holds(queue, other, "X", theirs)


def test_a_delete_delivered_late_leaves_what_its_owner_put_since(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="1")).must_succeed()
    deleted = stack.delete("A").must_succeed()
    stack.create("A", again := queue.declare(name="2")).must_succeed()
    stack._cloudformation.send(deleted.event).must_succeed()
    holds(queue, stack, "A", again)


@pytest.mark.parametrize(("point", "when"), [(1, "after"), (3, "before")])
def test_a_delete_that_dies_at_any_call_while_its_create_is_under_way_is_finished_by_its_next_delivery(
    world: World, point: int, when: str
) -> None:
    def one(world: World, number: int) -> None:
        queue, stack = world.queue(), world.stack()
        stack._cloudformation.accidents.append(accident("kill", when, number=number))
        stack.deploy({"A": queue.declare("CLEAR", name="A")}, then_fails=True, cancel=Cancel(point, "after", until=6))
        free(queue)

    play_each(world, range(1, 9), one)
