"""What AWS refuses in the midst of an event: nothing is taken for undone, gone or lasting that is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from queue_outbound_caller_config_provider.event import Event, MalformedEvent, out_of_sns
from queue_outbound_caller_config_provider.ledger_document import LARGEST_DOCUMENT

from emulator.connect import Flow, sample
from testing.protocol.function import Accident
from testing.protocol.stack import Stack
from testing.protocol.world import BASELINE, FLOW, INSTANCE, NAME, NUMBER, PRIMARY, Target, World, over

from .test_interleavings import cancelled_pair
from .test_orders import free, holds

GET, PUT = "ssm:GetParameter", "ssm:PutParameter"
WRITE = "connect:UpdateQueueOutboundCallerConfig"
LASTING = 999


@pytest.mark.parametrize(
    "accident",
    [
        Accident("drop", call=GET, skip=1, times=LASTING),
        Accident("refuse", call=GET, skip=1, times=LASTING, status=400, code="AccessDeniedException"),
    ],
    ids=["out of reach", "denied"],
)
def test_a_create_that_loses_the_ledger_after_its_write_is_undone_by_its_delete(
    world: World, accident: Accident
) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A"), accidents=(accident,)).must_fail()
    stack.delete("A").must_succeed()
    free(queue)


def test_a_create_that_loses_the_ledger_before_it_knows_of_its_put_is_undone_by_its_delete(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    accidents = (Accident("refuse", "after", call=PUT), Accident("drop", call=GET, skip=1, times=LASTING))
    stack.create("A", queue.declare(name="A"), accidents=accidents).must_fail()
    stack.delete("A").must_succeed()
    free(queue)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "ExpiredTokenException"),
        (403, "UnrecognizedClientException"),
        (403, "RequestTimeoutException"),
        (409, "ResourceConflictException"),
    ],
)
@pytest.mark.parametrize("call", [GET, "connect:DescribeQueue", WRITE])
def test_a_delete_refused_for_its_credential_clock_or_moment_fails_and_keeps_the_ledger(
    world: World, status: int, code: str, call: str
) -> None:
    """Another time it is taken: so it is not a reason to leave the queue as it is, or to leave out a field."""
    queue, stack = world.queue(), world.stack()
    declared = queue.declare(name="A")
    stack.create("A", declared).must_succeed()
    refusals = (Accident("refuse", call=call, times=LASTING, status=status, code=code),)
    stack.delete("A", accidents=refusals).must_fail(code)
    assert queue.config == over(BASELINE, declared)
    assert queue.ledger is not None
    stack.delete("A").must_succeed()
    free(queue)


def test_a_write_that_meets_another_change_of_the_queue_is_tried_again(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    declared = queue.declare(name="A")
    conflict = Accident("refuse", call=WRITE, times=2, status=409, code="ResourceConflictException")
    stack.create("A", declared, accidents=(conflict,)).must_succeed()
    holds(queue, stack, "A", declared)
    stack.delete("A", accidents=(conflict,)).must_succeed()
    free(queue)


@pytest.mark.parametrize("do", ["refuse", "drop"])
def test_a_number_is_not_left_out_because_nobody_could_say_whether_it_is_there(world: World, do: str) -> None:
    """The baseline's flow is gone, and which of the two is gone cannot be found out now."""
    flow = "11111111-2222-4333-8444-555555555556"
    world.connect.put_flow(PRIMARY, INSTANCE, Flow(flow, "Short-lived"))
    world.connect.set_returned_form("arn")
    queue, stack = world.queue({NAME: "Before", NUMBER: sample.INSTANCE_NUMBER, FLOW: flow}), world.stack()
    stack.create("A", queue.declare(name="A", flow=sample.WHISPER)).must_succeed()
    world.connect.delete_flow(PRIMARY, INSTANCE, flow)
    faults = (Accident(do, call="connect:DescribePhoneNumber", times=LASTING),)
    stack.delete("A", accidents=faults).must_fail("DescribePhoneNumber")
    stack.delete("A").must_succeed()
    assert queue.config == {NAME: "Before", NUMBER: sample.INSTANCE_NUMBER}
    assert queue.ledger is None


def test_an_event_in_the_message_of_a_topic_is_handled_and_answered(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    event = stack._cloudformation.event("Create", stack.id, "A", queue.declare(name="A"))
    message = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(event)}}]}
    assert Event.parse(out_of_sns(message)) == Event.parse(event)
    stack._cloudformation.function.invoke(message)
    (answered,) = stack._cloudformation.box.slot(event["RequestId"]).taken
    assert answered.answer["Status"] == "SUCCESS"
    holds(queue, stack, "A", queue.declare(name="A"))


@pytest.mark.parametrize("message", ["none", None])
def test_another_message_of_a_topic_is_no_event(message: object) -> None:
    with pytest.raises(MalformedEvent, match="SNS"):
        out_of_sns({"Records": [{"Sns": {"Message": message}}]})


@pytest.mark.parametrize("event", [{}, [], None, {"Records": []}, {"Records": [{}, {}]}, {"Records": [{"s3": {}}]}])
def test_what_is_no_message_of_a_topic_stays_as_it_is(event: object) -> None:
    assert out_of_sns(event) is event


# A Delete or a rollback that fails for good


DENIED: dict[str, Any] = {"status": 400, "code": "AccessDeniedException"}


def fill_ledger(world: World, queue: Target) -> None:
    """Fills a queue's ledger so far that not even a note fits in."""
    owners: list[Stack] = []

    def room() -> int:
        return LARGEST_DOCUMENT - 60 - len((queue.ledger or "").encode())

    while room() > 700:
        owners.append(world.stack("others"))
        owners[-1].create("R", queue.declare(name="n" * 100)).must_succeed()
    for stack in reversed(owners):
        if room() > 0:
            stack.update("R", queue.declare(name="n" * (100 + min(room(), 150)))).must_succeed()


def test_a_replacement_to_a_queue_whose_ledger_is_full_is_rolled_back(world: World) -> None:
    old, new, stack = world.queue(), world.queue(), world.stack()
    fill_ledger(world, new)
    before = new.config
    good = old.declare(name="A")
    stack.deploy({"A": good})
    deployed = stack.deploy({"A": new.declare(name="B")})
    deployed.outcomes[0].must_fail("ledger would have")
    holds(old, stack, "A", good)
    assert new.config == before


def test_the_delete_of_an_unanswered_create_on_a_queue_whose_ledger_is_full_succeeds(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    fill_ledger(world, queue)
    _, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    stack._cloudformation.send(delete).must_succeed()


def test_the_delete_of_a_cancelled_create_whose_role_may_not_read_the_ledger_succeeds(world: World) -> None:
    """A shared provider that is not told of the instance: each Create of the stack waits for the permission, the first one
    to give up fails, and CloudFormation cancels the others."""
    queue, stack = world.queue(), world.stack()
    denied = Accident("refuse", call=GET, times=999, **DENIED)
    _, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    stack._cloudformation.send(delete, accidents=(denied,)).must_succeed()


def test_a_replacement_to_a_queue_whose_ledger_the_role_may_not_read_is_rolled_back(world: World) -> None:
    old, new, stack = world.queue(), world.queue(), world.stack()
    good = old.declare(name="A")
    stack.deploy({"A": good})
    failing = stack.update("A", new.declare(name="B"), accidents=(Accident("refuse", call=GET, times=999, **DENIED),))
    failing.must_fail("AccessDenied")
    stack.resources["A"].properties = new.declare(name="B")
    of_the_old_queue = 4  # reads of its ledger: before the put, in the twin Region, and two looks
    denied = Accident("refuse", call=GET, skip=of_the_old_queue, times=999, **DENIED)
    stack.update("A", good, accidents=(denied,)).must_succeed()
    holds(old, stack, "A", good)


def test_a_delete_whose_reads_are_throttled_while_it_waits_ends_in_time(world: World) -> None:
    """Hundreds of Deletes that wait ask Parameter Store more than its 40 reads a second."""
    queue, stack = world.queue(), world.stack()
    _, delete = cancelled_pair(stack, "A", queue.declare(name="A"))
    # Each look is refused twice.
    throttled = tuple(
        Accident("refuse", call=GET, skip=look, times=2, status=400, code="ThrottlingException")
        for look in range(1, 200)
    )
    stack._cloudformation.send(delete, accidents=throttled, remaining=900, deliveries=1).must_succeed()
    free(queue)


def test_a_create_in_a_region_that_does_not_exist_can_be_deleted(world: World) -> None:
    """A misspelt Region in an ARN: there is no address to connect to, and never will be."""
    queue, stack = world.queue(), world.stack()
    nowhere = (Accident("drop", call=GET, times=999),)
    stack.create("A", queue.declare(name="A"), accidents=nowhere).must_fail("could not reach AWS")
    stack.delete("A", accidents=nowhere).must_succeed()


def test_a_replacement_to_a_region_that_does_not_exist_is_rolled_back(world: World) -> None:
    old, new, stack = world.queue(), world.queue(), world.stack()
    good, nowhere = old.declare(name="A"), new.declare(name="B")
    stack.deploy({"A": good})
    stack.update("A", nowhere, accidents=(Accident("drop", call=GET, times=999),)).must_fail("could not reach AWS")
    stack.resources["A"].properties = nowhere
    stack.update("A", good, accidents=(Accident("drop", call=GET, skip=4, times=999),)).must_succeed()
    holds(old, stack, "A", good)
