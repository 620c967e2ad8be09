"""The role's policies as resources: a new name for new content, and no circle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aspects, CfnCondition, CfnOutput, CfnResource, Fn, IAspect, Stack
from aws_cdk import aws_iam as iam
from aws_cdk.aws_connect import CfnInstance
from constructs import IConstruct
from queue_outbound_caller_config import DeletionBehavior, QueueOutboundCallerConfig
from queue_outbound_caller_config_provider.schedule import MOST_LANES

from tests.infrastructure.synthesis import (
    ACCOUNT,
    CONFIG,
    FLOW,
    INSTANCE,
    POLICY,
    REGION,
    Deployment,
    of_type,
    queue_id,
    stack_of,
    template_of,
    the,
)


def config(stack: Stack, name: str, queue: str = queue_id(1), **arguments: Any) -> QueueOutboundCallerConfig:
    given = {"instance": INSTANCE, "queue": queue, "outbound_caller_id_name": "x", **arguments}
    return QueueOutboundCallerConfig(stack, name, **given)


def template_with(*queues: str, before: int = 0) -> dict[str, Any]:
    """The template of a stack that configures these queues, with `before` other tokens made first."""
    stack = stack_of()
    for at in range(before):
        str(CfnResource(stack, f"Other{at}", type="Custom::Other").get_att("Arn"))
    for at, queue in enumerate(queues):
        config(stack, f"Config{at}", queue)
    made_here = CfnResource(stack, "Queue", type="Custom::Queue").get_att("QueueArn").to_string()
    config(stack, "ConfigOfToken", made_here)
    return template_of(stack)


def references(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        if "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        for item in value.values():
            yield from references(item)


def check_no_circle(template: Mapping[str, Any]) -> None:
    """Raises CycleError where CloudFormation would find a circular dependency."""
    TopologicalSorter(
        {
            id: {*references(resource.get("Properties", {})), *resource.get("DependsOn", ())}
            for id, resource in template["Resources"].items()
        }
    ).prepare()


def test_a_changed_policy_is_a_new_resource_with_a_new_name() -> None:
    """So the old one stays until the configs that need it are deleted or moved."""
    (one,), (other,) = (of_type(template_with(queue), POLICY).items() for queue in (queue_id(1), queue_id(2)))
    assert one[0] != other[0]
    assert one[1]["Properties"]["PolicyName"] != other[1]["Properties"]["PolicyName"]


def test_the_same_permissions_have_the_same_name() -> None:
    """Whatever else is in the app, and in whatever order the configs are declared."""
    first = template_with(queue_id(1), queue_id(2))
    second = template_with(queue_id(2), queue_id(1), before=120)
    assert of_type(first, POLICY) == of_type(second, POLICY)


def test_synthesizing_twice_gives_the_same_template() -> None:
    """And a config that is added in between gets its permission."""
    stack = stack_of()
    config(stack, "One")
    first = template_of(stack)
    assert template_of(stack) == first
    config(stack, "Two", queue_id(2))
    second = template_of(stack)
    assert len(Deployment().allowed(second)["connect:DescribeQueue"]) == 2
    (id,) = of_type(second, POLICY)
    assert all(resource["DependsOn"] == [id] for resource in of_type(second, CONFIG).values())


def test_synthesizing_twice_gives_the_same_policies_where_configs_wait_for_each_other() -> None:
    """As lanes they do. That is no wish of the user's, for which a config would get another policy."""
    stack = stack_of()
    made_here = CfnResource(stack, "Queue", type="Custom::Queue").get_att("QueueArn").to_string()
    config(stack, "ConfigOfToken", made_here)
    for at in range(MOST_LANES + 5):
        config(stack, f"Config{at}", queue_id(at))
    first = template_of(stack)
    assert len(of_type(first, POLICY)) == 1
    assert template_of(stack) == first


def test_a_policy_that_nothing_needs_any_more_is_not_in_a_second_synthesis() -> None:
    """What it refers to need not be there then, and nobody should have what it allows."""
    stack = stack_of()
    made = config(stack, "Config", made_here(stack, "Queue").get_att("QueueArn").to_string())
    assert len(of_type(template_of(stack), POLICY)) == 1
    CfnOutput(stack, "Out", value=made.queue_arn)
    template = template_of(stack)
    (one,) = of_type(template, CONFIG).values()
    assert sorted(of_type(template, POLICY)) == sorted(one["DependsOn"])


class Later:
    """An aspect that does something once it comes by a resource."""

    def __init__(self, resource: CfnResource, do: Callable[[], object]) -> None:
        self._resource = resource
        self._do: list[Callable[[], object]] = [do]

    def visit(self, node: IConstruct) -> None:
        if node is self._resource and self._do:
            self._do.pop()()


def test_a_config_that_an_aspect_makes_after_the_policies_gets_its_permission() -> None:
    """Aspects go from construct to construct, so that one may come after the provider, whatever its priority."""
    stack = stack_of()
    config(stack, "One")
    last = made_here(stack, "Last")
    Aspects.of(stack).add(jsii.implements(IAspect)(Later)(last, lambda: config(stack, "Two", queue_id(2))))
    template = template_of(stack)
    assert len(Deployment().allowed(template)["connect:DescribeQueue"]) == 2
    assert all(resource.get("DependsOn") for resource in of_type(template, CONFIG).values())


def test_a_dependency_that_an_aspect_adds_after_the_policies_makes_no_circle() -> None:
    stack = stack_of()
    first = config(stack, "First", made_here(stack, "Queue1").get_att("QueueArn").to_string())
    other = made_here(stack, "Queue2")
    config(stack, "Second", other.get_att("QueueArn").to_string())
    last = made_here(stack, "Last")
    Aspects.of(stack).add(jsii.implements(IAspect)(Later)(last, lambda: other.node.add_dependency(first)))
    template = template_of(stack)
    check_no_circle(template)
    for resource in of_type(template, CONFIG).values():
        assert json.dumps(resource["Properties"]["QueueId"]["Fn::GetAtt"][0]) in policies_of(template, resource)


def test_other_aspects_see_the_whole_policy() -> None:
    """cdk-nag, say, which looks at what is there when it comes by."""
    seen: list[Any] = []

    @jsii.implements(IAspect)
    class Look:
        def visit(self, node: IConstruct) -> None:
            if isinstance(node, iam.CfnPolicy):
                seen.append(Stack.of(node).resolve(node.policy_document))

    stack = stack_of()
    Aspects.of(stack).add(Look())
    config(stack, "Config")
    assert the(template_of(stack), POLICY)["Properties"]["PolicyDocument"] == seen[0]


def policies_of(template: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The policies that a config waits for, as text."""
    waits_for = (template["Resources"][id] for id in config["DependsOn"])
    return json.dumps([resource for resource in waits_for if resource["Type"] == POLICY])


def chain(stack: Stack, *, attribute: bool) -> None:
    """A config, a resource made after it, and another config on a queue that this resource gives."""
    first = config(stack, "First")
    made_after = CfnResource(
        stack, "MadeAfter", type="Custom::Other", properties={"Use": first.ref if attribute else ""}
    )
    if not attribute:
        made_after.node.add_dependency(first)
    config(stack, "Second", made_after.get_att("QueueArn").to_string())


@pytest.mark.parametrize("attribute", [True, False])
def test_a_queue_that_is_made_after_another_queues_config_makes_no_circle(attribute: bool) -> None:
    """Be it that the attribute is used or that the dependency is declared."""
    stack = stack_of()
    chain(stack, attribute=attribute)
    template = template_of(stack)
    check_no_circle(template)
    first, second = (resource["DependsOn"] for resource in of_type(template, CONFIG).values())
    assert not {*first} & {*second}


def test_each_config_waits_for_the_policy_that_has_its_permission() -> None:
    """Not for one of the others."""
    stack = stack_of()
    chain(stack, attribute=True)
    third = config(stack, "Third", CfnResource(stack, "Free", type="Custom::Other").get_att("QueueArn").to_string())
    CfnOutput(stack, "Out", value=third.queue_arn)
    template = template_of(stack)
    check_no_circle(template)
    for resource in of_type(template, CONFIG).values():
        queue = resource["Properties"]["QueueId"]
        needle = queue if isinstance(queue, str) else queue["Fn::GetAtt"][0]
        assert needle in policies_of(template, resource)


def test_attributes_handed_out_need_no_policy_of_their_own_where_nothing_is_referred_to() -> None:
    """450 outputs shall not become 450 policies, nor two."""
    stack = stack_of()
    for at in range(3):
        made = config(stack, f"Config{at}", queue_id(at))
        if at:
            CfnOutput(stack, f"Out{at}", value=made.queue_arn)
    assert len(of_type(template_of(stack), POLICY)) == 1


def made_here(stack: Stack, name: str, type: str = "Custom::Queue") -> CfnResource:
    return CfnResource(stack, name, type=type)


def outputs(stack: Stack, configs: int, instance: Any) -> None:
    """Configs of queues of the stack itself, and an output for each config."""
    for at in range(configs):
        made = config(
            stack, f"Config{at}", made_here(stack, f"Queue{at}").get_att("Arn").to_string(), instance=instance
        )
        CfnOutput(stack, f"Out{at}", value=made.queue_arn)


@pytest.mark.parametrize("configs", [4, 8, 40])
@pytest.mark.parametrize("own_instance", [False, True])
def test_configs_that_are_referred_to_and_refer_to_something_fit_into_the_role(
    configs: int, own_instance: bool
) -> None:
    """What all of them need is there once, and where their queues do not fit, they are granted the instance's."""
    stack = stack_of()
    own = CfnInstance(
        stack,
        "Instance",
        attributes=CfnInstance.AttributesProperty(inbound_calls=True, outbound_calls=True),
        identity_management_type="SAML",
    )
    outputs(stack, configs, own if own_instance else f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{INSTANCE}")
    template = template_of(stack)
    check_no_circle(template)
    assert all("connect:DescribeQueue" in policies_of(template, made) for made in of_type(template, CONFIG).values())


def test_where_the_queues_alone_say_the_region_of_an_instance_its_arn_is_asked_for() -> None:
    """A bare id is taken to be where the queue is, which only the deployment knows."""
    stack = stack_of()
    outputs(stack, 8, INSTANCE)
    with pytest.raises(RuntimeError, match="Give instance as an ARN, or some of the configs a provider of their own"):
        template_of(stack)


def test_a_policy_refers_to_what_is_there_under_a_condition_only_under_it() -> None:
    """Else the whole stack fails where the condition is false."""
    stack = stack_of()
    condition = CfnCondition(stack, "Condition", expression=Fn.condition_equals(stack.region, "eu-west-1"))
    queue = made_here(stack, "Queue")
    queue.cfn_options.condition = condition
    sometimes = config(stack, "Sometimes", queue.get_att("QueueArn").to_string())
    resource = sometimes.node.default_child
    assert isinstance(resource, CfnResource)
    resource.cfn_options.condition = condition
    config(stack, "Always", made_here(stack, "Other").get_att("QueueArn").to_string())
    template = template_of(stack)
    for policy in of_type(template, POLICY).values():
        assert ("Queue" in set(references(policy["Properties"]))) == (policy.get("Condition") == "Condition")
    first, second = of_type(template, CONFIG).values()
    assert '"Queue"' in policies_of(template, first)
    assert '"Other"' in policies_of(template, second)


def test_a_flow_taken_from_another_config_makes_no_circle() -> None:
    """Its attribute is a token like any other."""
    stack = stack_of()
    first = config(stack, "First", outbound_flow=FLOW)
    config(
        stack,
        "Second",
        queue_id(2),
        outbound_flow=first.outbound_flow_id,
        deletion_behavior=DeletionBehavior.CLEAR,
    )
    check_no_circle(template_of(stack))


def test_too_many_instances_are_an_error_at_synthesis() -> None:
    """Before a deployment fails on IAM's limit."""
    stack = Stack(App(), "Stack")
    for at in range(40):
        config(stack, f"Config{at}", instance=queue_id(at))
    with pytest.raises(
        RuntimeError, match=r"QueueOutboundCallerConfigProvider: .* 40 instances .* provider of their own"
    ):
        template_of(stack)
