"""What the driver's stacks tell CloudFormation's own API while the function runs."""

from __future__ import annotations

from emulator.connect import two_regions
from testing.protocol.cancelled import Cancel
from testing.protocol.cloudformation import accident
from testing.protocol.stack import CLEAN_UP_TRIES, Stack
from testing.protocol.world import BASELINE, NAME, World


def status(world: World, stack: Stack, logical_id: str = "A") -> str:
    """Returns a resource's status, also when the stack no longer has it."""
    world.cloudformation_api.records.lists_removed = True
    return world.cloudformation_api.records.describe(stack.id, logical_id)[1][0].status


def test_a_deployment_and_its_rollback_end_in_the_statuses_of_cloudformation(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    assert stack.deploy({"A": queue.declare(name="One")}).succeeded
    assert status(world, stack) == "CREATE_COMPLETE"
    assert not stack.deploy({"A": queue.declare(name="Two"), "B": queue.declare(name="New")}, then_fails=True).succeeded
    assert (status(world, stack), status(world, stack, "B")) == ("UPDATE_COMPLETE", "DELETE_COMPLETE")


def test_a_cancelled_create_has_failed_although_its_function_is_still_running(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.create("A", queue.declare(name="One"), cancel=Cancel(1))
    assert status(world, stack) == "CREATE_FAILED"
    stack.delete("A").must_succeed()
    assert status(world, stack) == "DELETE_COMPLETE"


def test_a_retained_resource_is_skipped_and_no_delete_is_sent(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.deploy({"A": queue.declare(name="One")})
    stack.retained.add("A")
    assert stack.deploy({}).events == []
    assert status(world, stack) == "DELETE_SKIPPED"
    assert stack.resources == {}
    assert stack.destroy() == []


def test_a_clean_up_that_fails_three_times_is_abandoned(world: World) -> None:
    queue, stack = world.queue(), world.stack()
    stack.deploy({"A": queue.declare(name="One")})
    stack.abandons = True
    stack._cloudformation.accidents.extend([accident("refuse", number=1, onward=True)] * CLEAN_UP_TRIES)
    deployment = stack.deploy({})
    assert deployment.succeeded
    assert deployment.events == ["Delete"] * CLEAN_UP_TRIES
    assert status(world, stack) == "DELETE_FAILED"
    assert stack.resources == {}


def test_a_replicated_queue_is_mirrored_where_the_seed_says_so(world: World) -> None:
    world.reset(two_regions())
    here, there = world.replicated_queue()
    assert here.config == there.config == dict(BASELINE)
    there.set_config({NAME: "From the west"})
    assert here.config == {NAME: "From the west"}
    world.reset()
    here, there = world.replicated_queue()
    there.set_config({NAME: "From the west"})
    assert here.config == dict(BASELINE)
