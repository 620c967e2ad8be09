"""Faults of the services in the midst of an event: refused, dropped before and after they took effect, throttled for long."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect import sample
from testing.protocol.function import Accident
from testing.protocol.stack import Deployment
from testing.protocol.world import BASELINE, NAME, NO_FLOW, NO_NUMBER, World, by_id, over

from .test_kills import CASES, Case, Play, calls

SECOND = sample.SECOND_INSTANCE_NUMBER
LASTING = 99
"""More often than any call is tried again."""


def fault(kind: str, number: int) -> Accident:
    """Returns a fault of the n-th call."""
    return {
        "server error": Accident("refuse", number=number, status=500, code="InternalServiceException"),
        "throttled": Accident("refuse", number=number, status=429, code="ThrottlingException"),
        "dropped before": Accident("drop", "before", number=number),
        "dropped after": Accident("drop", "after", number=number),
        "refused after it took effect": Accident(
            "refuse", "after", number=number, status=500, code="InternalServiceException"
        ),
    }[kind]


def each_call(world: World, case: Case) -> list[tuple[int, int]]:
    """Returns each call of a deployment: its event's place, and its number."""
    made = calls(world, case, "RESTORE")
    return [(event, call) for event, count in enumerate(made) for call in range(1, count + 1)]


FAULTS = ("server error", "throttled", "dropped before", "dropped after", "refused after it took effect")


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", ["create", "replace", "rename", "leave to another"])
def test_one_fault_of_any_call_changes_nothing_about_the_end(world: World, name: str, kind: str) -> None:
    case, missed = CASES[name], 0
    where = each_call(world, case)
    for event, call in where:
        play = Play(world, case, "RESTORE")
        play.cloudformation.accidents.extend([*[()] * event, (fault(kind, call),)])
        deployment = play.deploy()
        assert deployment.succeeded, f"event {event}, call {call}: {deployment.reasons}"
        missed += not deployment.outcomes[
            event
        ].last.accidents  # how many looks it takes depends on the time that has passed
        play.check(play.target)
        play.cloudformation.check_answered_once(deployment.outcomes[event])
    assert missed <= len(where) // 4


@pytest.mark.parametrize("name", list(CASES))
def test_a_service_that_fails_from_any_call_on_fails_the_event_and_what_follows_mends_it(
    world: World, name: str
) -> None:
    case = CASES[name]
    wrong: list[str] = []
    where = each_call(world, case)
    missed = 0
    for event, call in where:
        play = Play(world, case, "RESTORE")
        play.cloudformation.accidents.extend(
            [*[()] * event, (Accident("refuse", number=call, code="InternalServiceException", onward=True),)]
        )
        deployment: Deployment = play.deploy()
        failed = deployment.outcomes[event]
        if failed.last.accidents:
            failed.must_fail("InternalServiceException", " again")
        else:
            missed += 1  # how many looks it takes depends on the time that has passed
        try:
            play.check(play.target if deployment.succeeded else play.start)
        except AssertionError as problem:
            wrong.append(f"event {event}, from call {call} {failed.last.calls[-1]} on: {problem}")
    assert not wrong, "\n\n".join(wrong)
    assert missed <= len(where) // 4


@pytest.mark.parametrize("call", range(1, 7))
def test_a_create_that_died_and_then_fails_from_any_call_on_is_undone(world: World, call: int) -> None:
    queue, stack = world.queue(), world.stack()
    died = (Accident("kill", "after", call="connect:UpdateQueueOutboundCallerConfig"),)
    failing = (Accident("refuse", number=call, onward=True),)
    stack._cloudformation.accidents.extend([died, failing])
    stack.deploy({"A": queue.declare(name="A")}, then_fails=True)
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


@pytest.mark.parametrize("behavior", ["RESTORE", "CLEAR", "RETAIN"])
@pytest.mark.parametrize("fields", [{"name": "A", "flow": NO_FLOW}, {"name": "A", "number": NO_NUMBER}])
@pytest.mark.parametrize("point", range(3, 7))
def test_a_create_that_died_and_then_fails_for_what_it_declares_leaves_no_trace(
    world: World, behavior: str, fields: dict[str, str], point: int
) -> None:
    queue, stack = world.queue(), world.stack()
    stack._cloudformation.accidents.append((Accident("kill", "after", number=point),))
    deployed = stack.deploy({"A": queue.declare(behavior, **fields)})
    assert len(deployed.outcomes[0].invocations) == 2
    assert not deployed.succeeded
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


@pytest.mark.parametrize("point", range(3, 7))
def test_an_update_that_died_and_then_fails_for_what_it_declares_is_rolled_back(world: World, point: int) -> None:
    queue, stack = world.queue(), world.stack()
    good = queue.declare(name="A", number=SECOND)
    stack.deploy({"A": good})
    stack._cloudformation.accidents.append((Accident("kill", "after", number=point),))
    assert not stack.deploy({"A": queue.declare(name="B", flow=NO_FLOW)}).succeeded
    assert queue.config == over(BASELINE, good)
    assert queue.owners == [(stack.id, "A")]
    stack.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_a_service_that_throttles_for_long_is_waited_for(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    for operation in ("DescribeQueue", "UpdateQueueOutboundCallerConfig"):
        world.connect.fail(operation, "ThrottlingException", status=429, count=9)
    created = stack.create("A", queue.declare(name="A")).must_succeed()
    assert (created.last.report["Throttled"], created.last.report["TimedOut"]) == (18, 0)
    assert queue.config[NAME] == "A"
    stack.destroy()


@pytest.mark.parametrize("operation", ["DescribeQueue", "UpdateQueueOutboundCallerConfig"])
def test_a_service_that_throttles_for_ever_fails_the_event_in_time_and_the_rollback_works(
    world: World, operation: str
) -> None:
    queue, stack = world.queue(), world.stack()
    world.connect.fail(operation, "ThrottlingException", status=429, count=None)
    created = stack.create("A", queue.declare(name="A"))
    created.must_fail("no time left", "throttled", "quota")
    assert created.last.report["TimedOut"] == 1
    world.connect.clear_faults()
    stack.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_a_delete_that_is_throttled_for_ever_fails_and_succeeds_when_tried_again(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    world.connect.fail("*", "ThrottlingException", status=429, count=None)
    stack.delete("A").must_fail("no time left")
    assert "removed" in str(queue.ledger), "it knows what is left to do"
    world.connect.clear_faults()
    stack.delete("A").must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


@pytest.mark.parametrize("operation", ["connect:DescribeQueue", "connect:UpdateQueueOutboundCallerConfig"])
@pytest.mark.parametrize("code", ["InvalidParameterException", "InvalidRequestException", "ResourceConflictException"])
def test_a_delete_never_fails_for_what_trying_again_cannot_mend(world: World, operation: str, code: str) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    refusal = Accident("refuse", call=operation, times=LASTING, status=400, code=code)
    deleted = stack.delete("A", accidents=(refusal,)).must_succeed()
    assert any(code in warning for warning in deleted.last.warnings)


@pytest.mark.parametrize(
    "operation", ["ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter", "connect:DescribeQueue"]
)
def test_a_delete_without_permission_fails_since_permission_can_be_given(world: World, operation: str) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    refusal = Accident("refuse", call=operation, times=LASTING, status=400, code="AccessDeniedException")
    stack.delete("A", accidents=(refusal,)).must_fail("AccessDeniedException", operation)
    stack.delete("A").must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


@pytest.mark.parametrize(
    "operation",
    ["ssm:GetParameter", "ssm:PutParameter", "connect:DescribeQueue", "connect:UpdateQueueOutboundCallerConfig"],
)
def test_a_create_without_permission_fails_with_the_action_and_its_delete_succeeds_without_it(
    world: World, operation: str
) -> None:
    """The policy is attached with the resource, so it may be gone before the Delete of the rollback."""
    queue, stack = world.queue(), world.stack()
    denied = (Accident("refuse", call=operation, times=LASTING, status=400, code="AccessDeniedException"),)
    stack._cloudformation.accidents.extend([denied, () if operation.startswith("connect:") else denied])
    deployed = stack.deploy({"A": queue.declare(name="A")})
    deployed.outcomes[0].must_fail("AccessDeniedException", operation)
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_an_update_without_permission_to_write_rolls_back(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    good = queue.declare(name="A")
    stack.deploy({"A": good})
    denied = (
        Accident(
            "refuse",
            call="connect:UpdateQueueOutboundCallerConfig",
            times=LASTING,
            status=403,
            code="AccessDeniedException",
        ),
    )
    stack._cloudformation.accidents.append(denied)
    assert not stack.deploy({"A": queue.declare(number=SECOND)}).succeeded
    assert queue.config == over(BASELINE, good)
    assert queue.owners == [(stack.id, "A")]


def test_a_call_that_hangs_past_the_time_is_answered_before_lambda_ends_the_invocation(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    world.connect.hang("DescribeQueue", seconds=8, count=None)
    created = stack.create("A", queue.declare(name="A"), remaining=6.0, hurry=1, deliveries=1)
    created.must_fail()
    assert not created.last.ended, "Lambda ended it"
    assert created.physical_id.startswith(queue.physical_id)
    world.connect.clear_faults()
    stack.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_after_a_time_out_was_answered_nothing_more_is_written(world: World) -> None:
    """CloudFormation rolls back then, side by side with what is still running."""
    queue, stack = world.queue(), world.stack()
    # The time is up (half of it, it is so short) during the call, and then the call ends well.
    slow: tuple[Any, ...] = (Accident("wait", "after", call="ssm:PutParameter", seconds=3.0),)
    created = stack.create("A", queue.declare(name="A"), remaining=4.0, hurry=1, deliveries=1, accidents=slow)
    created.must_fail("timed out")
    assert "connect:UpdateQueueOutboundCallerConfig" not in created.last.calls
    stack._cloudformation.check_answered_once(created)
    stack.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)
