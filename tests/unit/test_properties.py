"""The resource's properties: every problem is named, with its fix, within what CloudFormation shows."""

from __future__ import annotations

from typing import Any

import pytest
from queue_outbound_caller_config_provider.arns import NumberForm, PhoneNumber, Place
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import LONGEST_REASON, InvalidProperties, InvalidProperty
from queue_outbound_caller_config_provider.properties import ResourceProperties, refuse_v1

STACK = Place("aws", "us-east-1", "123456789012")
INSTANCE = "11111111-1111-4111-8111-111111111111"
QUEUE = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
NUMBER = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
FLOW = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"


def properties(config: Any = None, **others: Any) -> dict[str, Any]:
    return {
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "InstanceId": INSTANCE,
        "QueueId": QUEUE,
        "OutboundCallerConfig": {"OutboundCallerIdName": "Support"} if config is None else config,
        **others,
    }


def problem_of(raw: dict[str, Any]) -> str:
    with pytest.raises(InvalidProperties) as refusal:
        ResourceProperties.parse(raw, STACK)
    message = str(refusal.value)
    assert len(message) <= LONGEST_REASON
    return message


def test_a_whole_resource_is_parsed() -> None:
    parsed = ResourceProperties.parse(
        properties(
            {"OutboundCallerIdName": "Ünï 📞", "OutboundCallerIdNumberId": "+15551234567", "OutboundFlowId": FLOW},
            DeletionBehavior="RETAIN",
            ServiceTimeout="1900",
        ),
        STACK,
    )
    assert parsed.queue.arn == f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE}/queue/{QUEUE}"
    assert parsed.number is not None
    assert parsed.number.form is NumberForm.E164
    assert parsed.deletion_behavior is DeletionBehavior.RETAIN


def test_deletion_restores_unless_told_otherwise() -> None:
    assert ResourceProperties.parse(properties(), STACK).deletion_behavior is DeletionBehavior.RESTORE


@pytest.mark.parametrize("name", ["x", "x" * 255, "📞" * 255])
def test_a_name_of_1_to_255_characters_is_taken(name: str) -> None:
    assert ResourceProperties.parse(properties({"OutboundCallerIdName": name}), STACK).declared.name == name


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"OutboundCallerIdName": ""}, "OutboundCallerIdName is empty"),
        ({"OutboundCallerIdName": "x" * 256}, "OutboundCallerIdName has 256 characters"),
        ({"OutboundCallerIdName": ["a"]}, "OutboundCallerIdName is '['a']', not a string"),
        ({"OutboundCallerIdName": "\ud800"}, "lone surrogate"),
        ({"OutboundCallerIdNumberId": ""}, "OutboundCallerIdNumberId is empty"),
        ({"OutboundFlowId": ""}, "OutboundFlowId is empty"),
        ({"OutboundCallerIdNumberId": "555"}, "not a phone number ARN, UUID or E.164"),
        ({}, "OutboundCallerConfig sets nothing"),
        ("Support", "not an object"),
        ({"OutboundCallerIdNmae": "x"}, "Did you mean OutboundCallerIdName?"),
        (
            {"OutboundFlowId": f"arn:aws:connect:us-west-2:123456789012:instance/{INSTANCE}/contact-flow/{FLOW}"},
            "Region",
        ),
        (
            {"OutboundCallerIdNumberId": f"arn:aws:connect:us-east-1:999999999999:phone-number/{NUMBER}"},
            "account 999999999999",
        ),
    ],
)
def test_a_bad_config_is_refused_by_the_propertys_name(config: object, says: str) -> None:
    message = problem_of(properties(config))
    assert "OutboundCallerConfig" in message
    assert says in message


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"DeletionBehavior": "restore"}, "Write RESTORE, CLEAR or RETAIN"),
        ({"DeletionBehavior": None}, "Write RESTORE, CLEAR or RETAIN"),
        ({"InstanceID": INSTANCE}, "Did you mean InstanceId?"),
        ({"x" * 300: "1"}, "is not a property of this resource"),
        ({"InstanceId": "prod"}, "InstanceId is 'prod', which is not a valid instance id or ARN"),
    ],
)
def test_a_bad_property_is_refused_by_its_name(others: dict[str, Any], says: str) -> None:
    assert says in problem_of(properties(**others))


@pytest.mark.parametrize("name", ["InstanceId", "QueueId", "OutboundCallerConfig"])
def test_a_missing_property_is_named(name: str) -> None:
    raw = properties()
    del raw[name]
    assert f"{name} is missing" in problem_of(raw)


def test_all_problems_are_told_at_once() -> None:
    message = problem_of(
        properties({"OutboundCallerIdName": "", "OutboundFlowId": "x"}, QueueId="q", DeletionBehavior="KEEP", Extra="1")
    )
    assert message.startswith("Extra is not a property")
    assert message.endswith(" (also wrong: QueueId, DeletionBehavior, OutboundCallerIdName, OutboundFlowId)")


def test_a_number_and_a_flow_that_cannot_belong_to_the_queue_are_both_told() -> None:
    elsewhere = f"arn:aws:connect:us-west-2:123456789012:instance/{INSTANCE}/contact-flow/{FLOW}"
    theirs = f"arn:aws:connect:us-east-1:999999999999:phone-number/{NUMBER}"
    message = problem_of(properties({"OutboundCallerIdNumberId": theirs, "OutboundFlowId": elsewhere}))
    assert "OutboundCallerIdNumberId is of account 999999999999" in message
    assert "(also wrong: OutboundFlowId)" in message


def test_a_v1_arn_that_is_concrete_is_refused_with_what_to_write_instead() -> None:
    v1 = PhoneNumber.parse(f"arn:aws:connect:us-west-2:123456789012:instance/{INSTANCE}/phone-number/{NUMBER}")
    with pytest.raises(InvalidProperty, match=f"V1 ARN.*V2 ARN.*{NUMBER}"):
        refuse_v1(v1)
