"""One config for the primary and the replica, from one place."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack
from queue_outbound_caller_config import InvalidArguments, replicate

from tests.infrastructure.synthesis import (
    CONFIG,
    INSTANCE,
    QUEUE,
    REGION,
    REPLICA,
    flow_arn,
    instance_arn,
    number_arn,
    of_type,
    queue_arn,
    template_of,
    the,
)


def two_stacks() -> dict[str, Stack]:
    app = App()
    return {region: Stack(app, region, env=Environment(region=region)) for region in (REGION, REPLICA)}


def properties(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = the(template_of(stack), CONFIG)["Properties"]
    return found


def test_ids_and_the_numbers_arn_are_the_same_in_both_regions() -> None:
    """The whole config, in a stack of each Region."""
    stacks = two_stacks()
    made = replicate(
        stacks,
        "Sales",
        instance=INSTANCE,
        queue=QUEUE,
        outbound_caller_id_name="Example Sales",
        outbound_caller_id_number=number_arn(REGION),
    )
    assert list(made) == [REGION, REPLICA]
    for stack in stacks.values():
        found = properties(stack)
        assert found["InstanceId"] == INSTANCE
        assert found["OutboundCallerConfig"] == {
            "OutboundCallerIdName": "Example Sales",
            "OutboundCallerIdNumberId": number_arn(REGION),
        }


def test_arns_of_the_instance_queue_and_flow_get_each_configs_region() -> None:
    """Whichever Region's are given."""
    stacks = two_stacks()
    replicate(stacks, "Sales", instance=instance_arn(), queue=queue_arn(), outbound_flow=flow_arn())
    found = properties(stacks[REPLICA])
    assert (found["InstanceId"], found["QueueId"]) == (instance_arn(REPLICA), queue_arn(REPLICA))
    assert found["OutboundCallerConfig"] == {"OutboundFlowId": flow_arn(REPLICA)}
    assert properties(stacks[REGION])["InstanceId"] == instance_arn()


def test_one_stack_can_hold_both() -> None:
    """Then the ids tell the Regions apart."""
    stack = Stack(App(), "Stack")
    replicate(
        {REGION: stack, REPLICA: stack}, "Sales", instance=instance_arn(), queue=QUEUE, outbound_caller_id_name="x"
    )
    instances = {resource["Properties"]["InstanceId"] for resource in of_type(template_of(stack), CONFIG).values()}
    assert instances == {instance_arn(), instance_arn(REPLICA)}


def test_a_bare_id_in_a_stack_of_another_region_is_an_error() -> None:
    """It would be taken for one of the stack's own Region."""
    stack = Stack(App(), "Stack", env=Environment(region=REGION))
    with pytest.raises(InvalidArguments, match=rf"Sales-{REPLICA}:\n  - instance is an id, and the stack is not known"):
        replicate({REGION: stack, REPLICA: stack}, "Sales", instance=INSTANCE, queue=QUEUE, outbound_caller_id_name="x")


def test_a_token_cannot_be_moved_to_another_region() -> None:
    """What is Regional has to be known."""
    stacks = two_stacks()
    not_known: list[Any] = [CfnParameter(stacks[REGION], "Queue").value_as_string, None]
    for queue in not_known:
        with pytest.raises(InvalidArguments, match=r"queue is .*, not a string that is known at synthesis"):
            replicate(stacks, "Sales", instance=INSTANCE, queue=queue, outbound_caller_id_name="x")


def test_what_is_wrong_is_told_as_for_one_config() -> None:
    """All problems at once."""
    with pytest.raises(InvalidArguments) as raised:
        replicate(two_stacks(), "Sales", instance="nowhere", queue="neither", outbound_caller_id_name="x")
    assert [problem.property for problem in raised.value.problems] == ["instance", "queue"]
