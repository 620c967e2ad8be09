"""The role's permissions as a deployment makes them of each form of the arguments."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import CfnParameter, Stack
from aws_cdk import aws_connect as connect
from queue_outbound_caller_config import DeletionBehavior, QueueOutboundCallerConfig

from tests.infrastructure.synthesis import (
    ACCOUNT,
    FLOW,
    INSTANCE,
    NUMBER,
    QUEUE,
    REGION,
    REPLICA,
    Deployment,
    flow_arn,
    instance_arn,
    number_arn,
    queue_arn,
    stack_of,
    template_of,
)

CLEAR = DeletionBehavior.CLEAR
UPDATE = "connect:UpdateQueueOutboundCallerConfig"


def parameter(stack: Stack, name: str) -> str:
    return CfnParameter(stack, name).value_as_string


def allowed(stack: Stack, values: dict[str, str] | None = None, **arguments: Any) -> dict[str, set[str]]:
    """The resources of each action for a config with these arguments, deployed to us-east-1 with these values."""
    QueueOutboundCallerConfig(
        stack, "Config", **{"instance": INSTANCE, "queue": QUEUE, "deletion_behavior": CLEAR, **arguments}
    )
    return Deployment(values).allowed(template_of(stack))


def ledger(region: str = REGION) -> str:
    return f"arn:aws:ssm:{region}:{ACCOUNT}:parameter/queue-outbound-caller-config/{INSTANCE}/{QUEUE}"


def test_ids_are_in_the_place_of_the_deployment() -> None:
    """Partition, Region and account are read, never assumed."""
    found = allowed(
        stack_of(), {"AWS::Partition": "aws-us-gov", "AWS::Region": "us-gov-west-1"}, outbound_caller_id_name="x"
    )
    assert found["connect:DescribeQueue"] == {
        f"arn:aws-us-gov:connect:us-gov-west-1:{ACCOUNT}:instance/{INSTANCE}/queue/{QUEUE}"
    }


def test_arns_of_another_region_are_granted_there() -> None:
    """The ledger too; nothing in the stack's own Region."""
    found = allowed(
        stack_of(region=REGION), instance=instance_arn(REPLICA), outbound_caller_id_number=NUMBER, outbound_flow=FLOW
    )
    assert found["ssm:GetParameter"] == {ledger(REPLICA)}
    assert not any(f":{REGION}:" in resource for resources in found.values() for resource in resources)


@pytest.mark.parametrize("instance", [INSTANCE, instance_arn(REPLICA)])
@pytest.mark.parametrize("queue", [QUEUE, queue_arn(REPLICA)])
def test_a_plain_token_is_granted_whether_it_turns_out_an_id_or_an_arn(instance: str, queue: str) -> None:
    """The queue exactly, in the Region of the ARN, be it the instance's or the queue's, else in the stack's."""
    stack = stack_of()
    found = allowed(
        stack,
        {"Instance": instance, "Queue": queue},
        instance=parameter(stack, "Instance"),
        queue=parameter(stack, "Queue"),
        outbound_caller_id_name="x",
    )
    region = REPLICA if "arn:" in instance + queue else REGION
    assert found["connect:DescribeQueue"] == {queue_arn(region)}
    assert found["ssm:PutParameter"] == {ledger(region)}


@pytest.mark.parametrize("token", ["instance", "queue"])
@pytest.mark.parametrize("concrete", ["id", "arn"])
def test_one_token_beside_a_concrete_value(token: str, concrete: str) -> None:
    """What is concrete counts where it is an ARN; a bare id says nothing of the place."""
    stack = stack_of()
    arns = {"instance": instance_arn(REPLICA), "queue": queue_arn(REPLICA)}
    ids = {"instance": INSTANCE, "queue": QUEUE}
    arguments = arns if concrete == "arn" else ids
    found = allowed(
        stack,
        {"Given": arns[token]},
        **{**arguments, token: parameter(stack, "Given")},
        outbound_caller_id_name="x",
    )
    assert found["connect:DescribeQueue"] == {queue_arn(REPLICA)}


@pytest.mark.parametrize("flow", [FLOW, flow_arn()])
def test_a_token_flow_is_granted_exactly(flow: str) -> None:
    """As id or ARN."""
    stack = stack_of()
    found = allowed(stack, {"Flow": flow}, outbound_flow=parameter(stack, "Flow"))
    assert found[UPDATE] == {queue_arn(), flow_arn()}


@pytest.mark.parametrize("number", [NUMBER, number_arn(REPLICA), "+12065550110"])
def test_a_token_number_is_granted_widely_since_it_may_turn_out_e164(number: str) -> None:
    """The instance's numbers and the account's, and the lookup."""
    stack = stack_of()
    found = allowed(stack, {"Number": number}, outbound_caller_id_number=parameter(stack, "Number"))
    assert found[UPDATE] == {
        queue_arn(),
        f"{instance_arn()}/phone-number/*",
        f"arn:aws:connect:*:{ACCOUNT}:phone-number/*",
    }
    assert "connect:ListPhoneNumbersV2" in found


def test_the_arguments_of_a_construct_are_granted_exactly() -> None:
    """It gives ARNs, of which the parts are split off; the number in both forms, and no lookup."""
    stack = stack_of()
    arn = instance_arn()
    instance = connect.CfnInstance(
        stack,
        "Instance",
        attributes=connect.CfnInstance.AttributesProperty(inbound_calls=True, outbound_calls=True),
        identity_management_type="CONNECT_MANAGED",
    )
    found = allowed(
        stack,
        {"Instance": arn, "Queue": queue_arn(), "Number": number_arn(REPLICA), "Flow": flow_arn()},
        instance=instance,
        queue=connect.CfnQueue(stack, "Queue", name="q", instance_arn=arn, hours_of_operation_arn="arn:aws:connect:x"),
        outbound_caller_id_number=connect.CfnPhoneNumber(
            stack, "Number", target_arn=arn, type="DID", country_code="US"
        ),
        outbound_flow=connect.CfnContactFlow(
            stack, "Flow", name="f", type="OUTBOUND_WHISPER", content="{}", instance_arn=arn
        ),
    )
    assert found == {
        UPDATE: {queue_arn(), flow_arn(), number_arn(REPLICA), f"{instance_arn()}/phone-number/{NUMBER}"},
        "connect:DescribeQueue": {queue_arn()},
        "connect:DescribePhoneNumber": {number_arn(REPLICA)},
        "connect:DescribeTrafficDistributionGroup": {f"arn:aws:connect:*:{ACCOUNT}:traffic-distribution-group/*"},
        "ssm:GetParameter": {ledger()},
        "ssm:PutParameter": {ledger()},
        "ssm:DeleteParameter": {ledger()},
    }


NOT_DECLARED: dict[str, Any] = {}
BY_ARN = {"outbound_caller_id_number": number_arn(REPLICA)}
BY_ID = {"outbound_caller_id_number": NUMBER}
BY_E164 = {"outbound_caller_id_number": "+12065550110"}
WITH_FLOW = {"outbound_flow": FLOW}


@pytest.mark.parametrize(
    ("behavior", "fields", "flow", "number", "lookup"),
    [
        ("CLEAR", NOT_DECLARED, "none", "none", False),
        ("CLEAR", BY_ARN, "none", "exact", False),
        ("CLEAR", BY_ID, "none", "exact", True),
        ("CLEAR", BY_E164, "none", "wide", True),
        ("CLEAR", WITH_FLOW, "exact", "none", False),
        ("RETAIN", NOT_DECLARED, "wide", "wide", True),
        ("RETAIN", BY_ARN, "wide", "exact", False),
        ("RETAIN", BY_ID, "wide", "exact", True),
        ("RETAIN", {**BY_ARN, **WITH_FLOW}, "exact", "exact", False),
        ("RETAIN", WITH_FLOW, "exact", "wide", True),
        ("RESTORE", NOT_DECLARED, "wide", "wide", True),
        ("RESTORE", {**BY_ARN, **WITH_FLOW}, "wide", "wide", True),
    ],
)
def test_a_field_is_exact_only_where_it_is_declared_and_never_restored(
    behavior: str, fields: dict[str, Any], flow: str, number: str, lookup: bool
) -> None:
    """The table of the contract's "Permissions"."""
    found = allowed(stack_of(), outbound_caller_id_name="x", deletion_behavior=behavior, **fields)
    patterns = {resource.partition(instance_arn())[2] or resource for resource in found[UPDATE]}
    assert {
        "none": not any("contact-flow" in one for one in patterns),
        "exact": f"/contact-flow/{FLOW}" in patterns,
        "wide": "/contact-flow/*" in patterns,
    }[flow]
    assert {
        "none": not any("phone-number" in one for one in patterns),
        "exact": f"/phone-number/{NUMBER}" in patterns and not any(one.endswith("phone-number/*") for one in patterns),
        "wide": "/phone-number/*" in patterns and f"arn:aws:connect:*:{ACCOUNT}:phone-number/*" in patterns,
    }[number]
    assert ("connect:ListTrafficDistributionGroups" in found) == ("connect:ListPhoneNumbersV2" in found) == lookup


def test_a_behavior_that_only_the_deployment_knows_is_granted_what_any_needs() -> None:
    """RESTORE needs the most."""
    stack = stack_of()
    found = allowed(
        stack,
        outbound_caller_id_number=number_arn(),
        deletion_behavior=parameter(stack, "Behavior"),
        outbound_flow=FLOW,
    )
    assert f"{instance_arn()}/contact-flow/*" in found[UPDATE]
    assert f"arn:aws:connect:*:{ACCOUNT}:phone-number/*" in found[UPDATE]
