"""`QueueOutboundCallerConfig` in the template: what each form of each argument becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsii
import pytest
from aws_cdk import Annotations as CdkAnnotations
from aws_cdk import App, CfnOutput, CfnParameter, IStableStringProducer, Lazy, Stack, Token
from aws_cdk import aws_connect as connect
from aws_cdk.assertions import Annotations, Match, Template
from aws_cdk.aws_ssm import StringParameter
from aws_cdk.interfaces.aws_connect import QueueReference
from constructs import Construct
from queue_outbound_caller_config import (
    DeletionBehavior,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
)

from tests.infrastructure.synthesis import (
    CONFIG,
    FLOW,
    INSTANCE,
    NUMBER,
    QUEUE,
    REPLICA,
    flow_arn,
    instance_arn,
    number_arn,
    queue_arn,
    stack_of,
    template_of,
    the,
)


def config_of(stack: Stack, **arguments: Any) -> QueueOutboundCallerConfig:
    return QueueOutboundCallerConfig(stack, "Config", **{"instance": INSTANCE, "queue": QUEUE, **arguments})


def properties_of(stack: Stack, **arguments: Any) -> dict[str, Any]:
    """The properties in the template of a config with these arguments."""
    config_of(stack, **arguments)
    properties: dict[str, Any] = the(template_of(stack), CONFIG)["Properties"]
    return properties


def test_text_goes_into_the_template_as_it_is() -> None:
    """All properties of the contract, and the time-out."""
    properties = properties_of(
        stack_of(),
        instance=instance_arn(),
        queue=queue_arn(),
        outbound_caller_id_name="Example Inc.",
        outbound_caller_id_number=number_arn(REPLICA),
        outbound_flow=flow_arn(),
        deletion_behavior=DeletionBehavior.RETAIN,
    )
    assert properties.pop("ServiceToken")["Fn::GetAtt"][1] == "Arn"
    assert properties == {
        "InstanceId": instance_arn(),
        "QueueId": queue_arn(),
        "OutboundCallerConfig": {
            "OutboundCallerIdName": "Example Inc.",
            "OutboundCallerIdNumberId": number_arn(REPLICA),
            "OutboundFlowId": flow_arn(),
        },
        "DeletionBehavior": "RETAIN",
        "ServiceTimeout": "1900",
    }


def test_what_is_left_out_is_no_property() -> None:
    """Not even an empty one; the behavior is RESTORE."""
    properties = properties_of(stack_of(), outbound_caller_id_name="Example Inc.")
    assert properties["OutboundCallerConfig"] == {"OutboundCallerIdName": "Example Inc."}
    assert properties["DeletionBehavior"] == "RESTORE"


def test_l1_constructs_are_given_by_their_arns() -> None:
    """An ARN names the Region, which an id does not. `Ref` of each is its primary identifier, the ARN."""
    stack = stack_of()
    instance = connect.CfnInstance(
        stack,
        "Instance",
        attributes=connect.CfnInstance.AttributesProperty(inbound_calls=True, outbound_calls=True),
        identity_management_type="CONNECT_MANAGED",
    )
    queue = connect.CfnQueue(
        stack, "Queue", name="Sales", instance_arn=instance.attr_arn, hours_of_operation_arn="arn:aws:connect:x"
    )
    number = connect.CfnPhoneNumber(stack, "Number", target_arn=instance.attr_arn, type="DID", country_code="US")
    flow = connect.CfnContactFlow(
        stack, "Flow", name="Whisper", type="OUTBOUND_WHISPER", content="{}", instance_arn=instance.attr_arn
    )
    properties = properties_of(
        stack, instance=instance, queue=queue, outbound_caller_id_number=number, outbound_flow=flow
    )
    assert properties["InstanceId"] == {"Ref": "Instance"}
    assert properties["QueueId"] == {"Ref": "Queue"}
    assert properties["OutboundCallerConfig"] == {
        "OutboundCallerIdNumberId": {"Ref": "Number"},
        "OutboundFlowId": {"Ref": "Flow"},
    }


class AQueue:
    """What a library's own queue has in common with CfnQueue."""

    queue_ref = QueueReference(queue_arn=queue_arn())


def test_a_reference_interface_is_given_by_its_arn() -> None:
    """Whatever implements it."""
    assert properties_of(stack_of(), queue=AQueue(), outbound_caller_id_name="x")["QueueId"] == queue_arn()


def _parameter(stack: Stack) -> Any:
    return CfnParameter(stack, "Given").value_as_string


def _lazy(_: Stack) -> Any:
    @jsii.implements(IStableStringProducer)
    class Produce:
        def produce(self) -> str:
            return "given later"

    return Lazy.string(Produce())


def _resolvable(stack: Stack) -> Any:
    return CfnParameter(stack, "Given").value


def _dynamic_reference(_: Stack) -> Any:
    return "{{resolve:ssm:/given}}"


def _token_of_a_dynamic_reference(stack: Stack) -> Any:
    return StringParameter.from_string_parameter_attributes(
        stack, "Given", parameter_name="/given", force_dynamic_reference=True
    ).string_value


def _part_of_a_text(stack: Stack) -> Any:
    return f"arn:aws:connect:{stack.region}:not-checked"


ARGUMENTS = (
    "instance",
    "queue",
    "outbound_caller_id_name",
    "outbound_caller_id_number",
    "outbound_flow",
    "deletion_behavior",
)


@pytest.mark.parametrize("token", [_parameter, _resolvable, _lazy, _part_of_a_text])
def test_every_argument_may_be_a_token(token: Callable[[Stack], Any]) -> None:
    """It reaches the template unchecked; the deployment checks it."""
    stack = stack_of()
    value = token(stack)
    properties = properties_of(stack, **dict.fromkeys(ARGUMENTS, value))
    expected = stack.resolve(value)
    assert properties["InstanceId"] == properties["QueueId"] == properties["DeletionBehavior"] == expected
    assert set(map(str, properties["OutboundCallerConfig"].values())) == {str(expected)}


ALL_BUT_INSTANCE = ("queue", "outbound_caller_id_name", "outbound_caller_id_number", "outbound_flow")


@pytest.mark.parametrize("reference", [_dynamic_reference, _token_of_a_dynamic_reference])
def test_what_the_policy_does_not_name_may_be_a_dynamic_reference(reference: Callable[[Stack], Any]) -> None:
    stack = stack_of()
    properties = properties_of(stack, **dict.fromkeys(ALL_BUT_INSTANCE, reference(stack)))
    assert set(properties["OutboundCallerConfig"].values()) == {"{{resolve:ssm:/given}}"}
    assert properties["QueueId"] == "{{resolve:ssm:/given}}"


def test_attributes_are_tokens_for_other_resources() -> None:
    """Ref and Fn::GetAtt by the contract's names."""
    stack = stack_of()
    config = config_of(stack, outbound_caller_id_name="x")
    for name in (
        "ref",
        "queue_arn",
        "outbound_caller_id_name",
        "outbound_caller_id_number_arn",
        "outbound_caller_id_number_id",
        "outbound_flow_id",
    ):
        value = getattr(config, name)
        assert Token.is_unresolved(value)
        CfnOutput(stack, name.replace("_", ""), value=value)
    outputs = {name: output["Value"] for name, output in template_of(stack)["Outputs"].items()}
    (id,) = {output["Fn::GetAtt"][0] for output in outputs.values() if "Fn::GetAtt" in output}
    assert outputs == {
        "ref": {"Ref": id},
        "queuearn": {"Fn::GetAtt": [id, "QueueArn"]},
        "outboundcalleridname": {"Fn::GetAtt": [id, "OutboundCallerIdName"]},
        "outboundcalleridnumberarn": {"Fn::GetAtt": [id, "OutboundCallerIdNumberArn"]},
        "outboundcalleridnumberid": {"Fn::GetAtt": [id, "OutboundCallerIdNumberId"]},
        "outboundflowid": {"Fn::GetAtt": [id, "OutboundFlowId"]},
    }


def test_a_number_by_id_is_warned_of_with_what_to_write() -> None:
    """Whether the Region is the right one cannot be known."""
    stack = stack_of()
    config_of(stack, outbound_caller_id_number=NUMBER)
    Annotations.from_stack(stack).has_warning(
        "/Stack/Config", Match.string_like_regexp(f"Write its ARN: .*{NUMBER}.*queue-outbound-caller-config:numberById")
    )


def test_the_warning_can_be_acknowledged() -> None:
    """By its id, for all below a construct."""
    stack = stack_of()
    CdkAnnotations.of(stack).acknowledge_warning("queue-outbound-caller-config:numberById", "claimed in this Region")
    config_of(stack, outbound_caller_id_number=NUMBER)
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


@pytest.mark.parametrize("number", [number_arn(REPLICA), "+12065550110", "${Token[TOKEN.1]}"])
def test_other_forms_of_a_number_are_not_warned_of(number: str) -> None:
    """An ARN is right everywhere, an E.164 number is looked up, and of a token nothing is known."""
    stack = stack_of(region="us-east-1")
    value = CfnParameter(stack, "Number").value_as_string if "Token" in number else number
    config_of(stack, outbound_caller_id_number=value)
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_the_config_waits_for_what_its_function_is_allowed() -> None:
    """And so is deleted before the permission is."""
    stack = stack_of()
    config_of(stack, outbound_caller_id_name="x")
    template = template_of(stack)
    assert [template["Resources"][id]["Type"] for id in the(template, CONFIG)["DependsOn"]] == [
        "AWS::IAM::ManagedPolicy"
    ]


def test_configs_of_one_stack_share_a_provider() -> None:
    """And each stack has its own."""
    app = App()
    stacks = [Stack(app, name) for name in ("One", "Other")]
    for stack in stacks:
        for name in ("A", "B"):
            queue = CfnParameter(stack, f"Queue{name}").value_as_string
            QueueOutboundCallerConfig(stack, name, instance=INSTANCE, queue=queue, outbound_caller_id_name="x")
    for stack in stacks:
        Template.from_stack(stack).resource_count_is("AWS::Lambda::Function", 1)


def test_a_provider_that_the_user_made_with_the_id_of_the_stacks_own_is_the_stacks_own() -> None:
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "QueueOutboundCallerConfigProvider")
    assert QueueOutboundCallerConfigProvider.of(Construct(stack, "Scope")) is provider


def test_the_flow_of_the_sample_is_a_uuid() -> None:
    """An id alone is fine for a flow."""
    assert properties_of(stack_of(), outbound_flow=FLOW)["OutboundCallerConfig"] == {"OutboundFlowId": FLOW}
