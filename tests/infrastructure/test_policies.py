"""The role's policies as resources: a new name for new content, and no circle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aspects, CfnOutput, CfnResource, IAspect, Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct
from queue_outbound_caller_config import DeletionBehavior, QueueOutboundCallerConfig
from queue_outbound_caller_config_provider.schedule import MOST_LANES

from tests.infrastructure.synthesis import (
    CONFIG,
    FLOW,
    INSTANCE,
    POLICY,
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
    assert len(of_type(template, POLICY)) == 2


def test_each_config_waits_for_the_policy_that_has_its_permission() -> None:
    """Not for one of the others."""
    stack = stack_of()
    chain(stack, attribute=True)
    third = config(stack, "Third", CfnResource(stack, "Free", type="Custom::Other").get_att("QueueArn").to_string())
    CfnOutput(stack, "Out", value=third.queue_arn)
    template = template_of(stack)
    check_no_circle(template)
    assert len(of_type(template, POLICY)) == 3
    for resource in of_type(template, CONFIG).values():
        (policy,) = (id for id in resource["DependsOn"] if template["Resources"][id]["Type"] == POLICY)
        queue = resource["Properties"]["QueueId"]
        needle = queue if isinstance(queue, str) else queue["Fn::GetAtt"][0]
        assert needle in json.dumps(template["Resources"][policy])


def test_attributes_handed_out_need_no_policy_of_their_own_where_nothing_is_referred_to() -> None:
    """450 outputs shall not become 450 policies, nor two."""
    stack = stack_of()
    for at in range(3):
        made = config(stack, f"Config{at}", queue_id(at))
        if at:
            CfnOutput(stack, f"Out{at}", value=made.queue_arn)
    assert len(of_type(template_of(stack), POLICY)) == 1


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
    with pytest.raises(RuntimeError, match=r"40 instances .* provider of their own"):
        template_of(stack)
