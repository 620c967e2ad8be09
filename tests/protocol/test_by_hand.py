"""What people do themselves: queues, instances, numbers, flows and ledgers that go or change under a resource."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect import Flow, PhoneNumber, Queue, sample
from testing.protocol.cloudformation import accident
from testing.protocol.stack import Stack
from testing.protocol.world import (
    BASELINE,
    FLOW,
    INSTANCE,
    NAME,
    NO_FLOW,
    NO_NUMBER,
    NUMBER,
    PRIMARY,
    REPLICA,
    Target,
    World,
    by_id,
    over,
)

SECOND = sample.SECOND_INSTANCE_NUMBER


def deployed(world: World, **declared: str) -> tuple[Target, Stack, dict[str, Any]]:
    """Returns a queue that a stack holds."""
    queue, stack = world.queue(), world.stack()
    properties = queue.declare(**(declared or {"name": "A", "number": SECOND}))
    stack.create("A", properties).must_succeed()
    return queue, stack, properties


# The queue, the instance


def test_deleting_the_config_of_a_queue_that_is_gone_succeeds_and_clears_the_ledger(world: World) -> None:
    queue, stack, _ = deployed(world)
    world.connect.delete_queue(PRIMARY, INSTANCE, queue.id)
    assert "the queue no longer exists" in stack.delete("A").must_succeed().last.log
    assert queue.ledger is None


def test_updating_the_config_of_a_queue_that_is_gone_says_so_and_the_stack_can_be_deleted(world: World) -> None:
    queue, stack, _ = deployed(world)
    world.connect.delete_queue(PRIMARY, INSTANCE, queue.id)
    stack.update("A", queue.declare(name="B")).must_fail("ResourceNotFoundException", queue.id, "QueueId")
    stack.destroy()
    assert queue.ledger is None


def test_creating_on_a_queue_that_is_not_there_says_so_and_leaves_no_ledger(world: World) -> None:
    queue, stack = Target(world, sample.OTHER_INSTANCE_QUEUE), world.stack()
    stack.create("A", queue.declare(name="A")).must_fail("ResourceNotFoundException", "QueueId")
    assert queue.ledger is None
    stack.destroy()


def test_deleting_after_the_instance_went_succeeds_and_clears_the_ledger(world: World) -> None:
    queue, stack, _ = deployed(world)
    world.connect.delete_instance(PRIMARY, INSTANCE)
    stack.delete("A").must_succeed()
    assert queue.ledger is None


def test_moving_away_from_a_queue_that_is_gone_succeeds(world: World) -> None:
    queue, stack, _ = deployed(world)
    other = world.queue()
    world.connect.delete_queue(PRIMARY, INSTANCE, queue.id)
    assert stack.deploy({"A": other.declare(name="A")}).events == ["Update", "Delete"]
    assert other.config == over(BASELINE, other.declare(name="A"))
    assert queue.ledger is None


def test_a_rollback_to_a_queue_that_is_gone_ends_and_the_stack_can_be_deleted(world: World) -> None:
    """Moving away is the fix, and that may fail for another resource of the stack."""
    queue, new, stack = world.queue(), world.queue(), world.stack()
    good = queue.declare(name="A", number=SECOND)
    stack.deploy({"A": good})
    world.connect.delete_queue(PRIMARY, INSTANCE, queue.id)
    deployed = stack.deploy({"A": new.declare(name="A")}, then_fails=True)
    assert not deployed.succeeded
    assert (new.config, new.ledger) == (by_id(BASELINE), None)
    assert stack.resources["A"].physical_id.startswith(queue.physical_id)
    assert any("rolled back to a queue that was deleted" in outcome.last.log for outcome in deployed.outcomes)
    stack.deploy({"A": new.declare(name="A")})
    assert (new.config, queue.ledger) == (over(BASELINE, new.declare(name="A")), None)
    stack.destroy()
    assert (new.config, new.ledger) == (by_id(BASELINE), None)


def test_a_rollback_to_a_queue_that_is_gone_ends_also_if_it_died_after_its_record(world: World) -> None:
    queue, stack, _ = deployed(world)
    good = stack.resources["A"].properties
    stack.update("A", queue.declare(name="B")).must_succeed()
    world.connect.delete_queue(PRIMARY, INSTANCE, queue.id)
    dies = accident("kill", "after", call="ssm:PutParameter")
    stack.update("A", good, accidents=dies).must_succeed()


def test_a_config_changed_by_hand_is_set_again_by_the_next_update_and_the_baseline_stays(world: World) -> None:
    queue, stack, _ = deployed(world)
    queue.set_config({NAME: "By hand"})
    assert stack.deploy({"A": queue.declare(name="B")}).succeeded
    assert queue.config == over(BASELINE, queue.declare(name="B"))
    stack.destroy()
    assert queue.config == by_id(BASELINE)


# The number, the flow


@pytest.mark.parametrize("gone", ["number", "flow", "both"])
@pytest.mark.parametrize("form", ["id", "as_written", "arn", "v1"])
def test_a_baseline_whose_number_or_flow_is_gone_is_restored_without_it(world: World, gone: str, form: str) -> None:
    number, flow = "+12065550999", "11111111-2222-4333-8444-555555555555"
    number_id = "99999999-2222-4333-8444-555555555555"
    world.connect.set_returned_form(form)
    world.connect.put_number(PhoneNumber(number_id, number, PRIMARY, instance_id=INSTANCE))
    world.connect.put_flow(PRIMARY, INSTANCE, Flow(flow, "Short-lived"))
    queue, stack = world.queue({NAME: "Before", NUMBER: number_id, FLOW: flow}), world.stack()
    stack.create("A", queue.declare(name="A", number=SECOND, flow=sample.WHISPER)).must_succeed()
    lost = {"number": {NUMBER}, "flow": {FLOW}, "both": {NUMBER, FLOW}}[gone]
    if NUMBER in lost:
        world.connect.release_number(number_id)
    if FLOW in lost:
        world.connect.delete_flow(PRIMARY, INSTANCE, flow)
    deleted = stack.delete("A").must_succeed()
    assert queue.config == {
        member: value for member, value in {NAME: "Before", NUMBER: number_id, FLOW: flow}.items() if member not in lost
    }
    assert queue.ledger is None
    for member in lost:
        assert any(member in warning and "no longer exists" in warning for warning in deleted.last.warnings)


def test_a_baselines_number_read_as_an_id_is_found_again_in_the_replica_region(world: World) -> None:
    west = {NAME: "West", NUMBER: sample.GROUP_NUMBER}
    queue, stack = world.queue(west, REPLICA), world.stack()
    stack.create("A", queue.declare(name="A", number=sample.REPLICA_INSTANCE_NUMBER)).must_succeed()
    assert queue.config[NUMBER] == sample.REPLICA_INSTANCE_NUMBER
    stack.destroy()
    assert queue.config == west


@pytest.mark.parametrize(("field", "missing"), [("number", NO_NUMBER), ("flow", NO_FLOW)])
def test_a_declared_number_or_flow_that_is_not_there_is_an_error_that_names_it(
    world: World, field: str, missing: str
) -> None:
    queue, stack = world.queue(), world.stack()
    failed = stack.create("A", queue.declare(**{"name": "A", field: missing}))
    failed.must_fail("ResourceNotFoundException", missing)
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)
    stack.destroy()


def test_a_declared_number_that_was_released_fails_the_update_and_its_rollback_names_it(world: World) -> None:
    """What cannot be set any more cannot be rolled back to either; the reason says what is missing, and Delete still works."""
    number_id = "99999999-3333-4333-8444-555555555555"
    world.connect.put_number(PhoneNumber(number_id, "+12065550998", PRIMARY, instance_id=INSTANCE))
    queue, stack, properties = deployed(world, name="A", number=number_id)
    world.connect.release_number(number_id)
    stack.update("A", queue.declare(name="B", number=number_id)).must_fail("ResourceNotFoundException", number_id)
    stack.resources["A"].properties = properties
    stack.delete("A").must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


# Both readings of an omitted member


@pytest.mark.parametrize("behavior", ["RESTORE", "CLEAR", "RETAIN"])
def test_a_create_that_relies_on_an_omission_the_service_does_not_honour_fails_and_leaves_the_queue_as_it_was(
    world: World, behavior: str
) -> None:
    world.connect.set_omitted_member("kept")
    queue, stack = world.queue(), world.stack()
    properties = queue.declare(behavior, name="A")
    deployed = stack.deploy({"A": properties})
    if behavior == "CLEAR":
        assert not deployed.succeeded
        deployed.outcomes[0].must_fail("kept", "OutboundCallerIdNumberId", "OutboundFlowId")
        assert (queue.config, queue.ledger) == (by_id(BASELINE), None)
    else:
        assert deployed.succeeded
        assert queue.config == over(BASELINE, properties)


def test_an_update_that_relies_on_an_omission_the_service_does_not_honour_fails_and_rolls_back(world: World) -> None:
    world.connect.set_omitted_member("kept")
    queue, stack = world.queue({NAME: "Before"}), world.stack()
    good = queue.declare(name="A", number=SECOND)
    stack.deploy({"A": good})
    deployed = stack.deploy({"A": queue.declare(name="B")})
    assert deployed.events == ["Update", "Update"]
    deployed.outcomes[0].must_fail("kept OutboundCallerIdNumberId")
    assert queue.config == {NAME: "A", NUMBER: SECOND}
    assert queue.owners == [(stack.id, "A")]


@pytest.mark.parametrize("behavior", ["RESTORE", "CLEAR"])
def test_a_delete_that_relies_on_an_omission_the_service_does_not_honour_succeeds_and_warns(
    world: World, behavior: str
) -> None:
    world.connect.set_omitted_member("kept")
    queue, stack = world.queue({NAME: "Before"}), world.stack()
    stack.create("A", queue.declare(behavior, name="A", number=SECOND)).must_succeed()
    deleted = stack.delete("A").must_succeed()
    assert any("kept OutboundCallerIdNumberId" in warning for warning in deleted.last.warnings)
    assert queue.ledger is None
    assert queue.config[NUMBER] == SECOND


@pytest.mark.parametrize("reading", ["cleared", "kept"])
def test_what_is_whole_is_written_alike_under_both_readings(world: World, reading: str) -> None:
    world.connect.set_omitted_member(reading)
    queue, stack = world.queue(), world.stack()
    stack.deploy({"A": queue.declare(name="A", number=SECOND, flow=sample.SECOND_WHISPER)})
    stack.deploy({"B": queue.declare(name="B")})
    assert queue.config == over(BASELINE, queue.declare(name="B"))
    stack.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


# Sizes


def test_the_answer_to_a_name_of_255_four_byte_characters_fits(world: World) -> None:
    queue, stack = world.queue(), world.stack("s" * 100)
    name = "📞" * 255
    for outcome in (
        stack.create("A" * 255, queue.declare(name=name)),
        stack.update("A" * 255, queue.declare("CLEAR", name=name)),
    ):
        outcome.must_succeed()
        assert outcome.data["OutboundCallerIdName"] == name
        stack._cloudformation.check_answered_once(outcome)
    assert queue.config[NAME] == name
    stack.destroy()


def test_a_name_made_of_what_json_and_parameter_store_mark_with_comes_through(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    name = '{{x}} "\\ \u0001\u2028 📞 {{{{ é'
    stack.create("A", queue.declare(name=name)).must_succeed()
    assert queue.config[NAME] == name
    stack.deploy({"A": queue.declare(number=SECOND)})
    stack.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_the_queue_of_another_instance_and_one_made_again_by_hand_start_anew(world: World) -> None:
    queue, stack, _ = deployed(world)
    world.connect.delete_queue(PRIMARY, INSTANCE, queue.id)
    stack.destroy()
    world.connect.put_queue(PRIMARY, INSTANCE, Queue(queue.id, "Again", {NAME: "New"}))
    stack.create("A", queue.declare(name="A")).must_succeed()
    stack.destroy()
    assert (queue.config, queue.ledger) == ({NAME: "New"}, None)
