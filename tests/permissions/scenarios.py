"""Configs as users declare them, synthesized, and the role's policy and the resource's properties as deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import App, CfnParameter, Stack
from aws_cdk import aws_connect as connect
from queue_outbound_caller_config import DeletionBehavior, QueueOutboundCallerConfig, QueueOutboundCallerConfigProvider

from emulator.connect.sample import (
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.integration.world import OURS
from tests.permissions.intrinsics import Deployment

Arguments = dict[str, Any]
RESOURCE_TYPE = "Custom::ConnectQueueOutboundCallerConfig"


@dataclass(frozen=True)
class Scenario:
    """One config in a stack of its own.

    Attributes:
        name: of the scenario.
        declare: the construct's arguments, made in the stack.
        region: where the queue is.
        values: what the stack's parameters and other resources are when it is deployed; several, where one template must do
            for each of them.
    """

    name: str
    declare: Callable[[Stack], Arguments]
    region: str = PRIMARY
    values: tuple[Mapping[str, str], ...] = ({},)


@dataclass(frozen=True)
class Deployed:
    """What the deployment of a scenario makes.

    Attributes:
        documents: the policy documents of the function's role.
        properties: of the config.
        logical_id: of the config.
        region: where the queue is.
    """

    documents: list[dict[str, Any]]
    properties: dict[str, Any]
    logical_id: str
    region: str

    @property
    def config(self) -> dict[str, str]:
        """The declared members."""
        members: dict[str, str] = self.properties["OutboundCallerConfig"]
        return members


def ids(**more: Any) -> Callable[[Stack], Arguments]:
    """Declares instance and queue by id: they are where the stack is, which only the deployment knows."""
    return lambda _: {"instance": INSTANCE, "queue": SUPPORT_QUEUE, **more}


def arns(region: str, **more: Any) -> Callable[[Stack], Arguments]:
    """Declares instance and queue by ARN."""
    queue = OURS.queue(region, INSTANCE, SUPPORT_QUEUE)
    return lambda _: {"instance": OURS.instance(region, INSTANCE), "queue": queue, **more}


def constructs(stack: Stack) -> Arguments:
    """Declares all by L1 constructs of the same stack."""
    calls = connect.CfnInstance.AttributesProperty(inbound_calls=True, outbound_calls=True)
    instance = connect.CfnInstance(stack, "Instance", attributes=calls, identity_management_type="CONNECT_MANAGED")
    hours = f"{OURS.instance(PRIMARY, INSTANCE)}/operating-hours/{SUPPORT_QUEUE}"
    return {
        "instance": instance,
        "queue": connect.CfnQueue(
            stack, "Queue", hours_of_operation_arn=hours, instance_arn=instance.attr_arn, name="Support"
        ),
        "outbound_caller_id_number": connect.CfnPhoneNumber(stack, "Number", target_arn=instance.attr_arn),
        "outbound_flow": connect.CfnContactFlow(
            stack, "Flow", content="{}", instance_arn=instance.attr_arn, name="Outbound", type="OUTBOUND_WHISPER"
        ),
    }


def parameters(stack: Stack) -> Arguments:
    """Declares all by parameters, of which nothing is known."""
    return {
        "instance": CfnParameter(stack, "Instance").value_as_string,
        "queue": CfnParameter(stack, "Queue").value_as_string,
        "outbound_caller_id_number": CfnParameter(stack, "Number").value_as_string,
        "outbound_flow": CfnParameter(stack, "Flow").value_as_string,
    }


def by_instance(stack: Stack) -> Arguments:
    """Declares a config that a provider for the instance serves."""
    provider = QueueOutboundCallerConfigProvider(stack, "Shared", instances=[OURS.instance(REPLICA, INSTANCE)])
    return {**arns(REPLICA, **GROUP_FULL)(stack), "provider": provider}


def by_queue(stack: Stack) -> Arguments:
    """Declares a config that a provider for this queue alone serves."""
    provider = QueueOutboundCallerConfigProvider(stack, "Shared", instances=[INSTANCE], queues=[SUPPORT_QUEUE])
    return {**arns(REPLICA, **GROUP_FULL)(stack), "provider": provider}


V2 = OURS.number(PRIMARY, INSTANCE_NUMBER)
GROUP_V2 = OURS.number(PRIMARY, GROUP_NUMBER)
CLEAR, RETAIN = DeletionBehavior.CLEAR, DeletionBehavior.RETAIN
NAME: Arguments = {"outbound_caller_id_name": "Support"}
FULL: Arguments = {**NAME, "outbound_caller_id_number": V2, "outbound_flow": WHISPER}
GROUP_FULL: Arguments = {**FULL, "outbound_caller_id_number": GROUP_V2}
IN_EAST = {
    "Instance": OURS.instance(PRIMARY, INSTANCE),
    "Queue": OURS.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE),
    "Number": V2,
    "Flow": OURS.flow(PRIMARY, INSTANCE, WHISPER),
}
IN_WEST = {
    "Instance": OURS.instance(REPLICA, INSTANCE),
    "Queue": OURS.queue(REPLICA, INSTANCE, SUPPORT_QUEUE),
    "Number": GROUP_NUMBER,
    "Flow": OURS.flow(REPLICA, INSTANCE, WHISPER),
}
BARE = {"Instance": INSTANCE, "Queue": SUPPORT_QUEUE, "Number": "+12065550100", "Flow": WHISPER}

QUEUE_ALONE = "a provider for the queue"
"""The scenario whose policy is narrower than an instance."""

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("a name, retained", ids(**NAME, deletion_behavior=RETAIN)),
        Scenario("all", ids(**FULL)),
        Scenario("all in the replica, cleared", arns(REPLICA, **GROUP_FULL, deletion_behavior=CLEAR), REPLICA),
        Scenario("a number by UUID in the replica", arns(REPLICA, outbound_caller_id_number=GROUP_NUMBER), REPLICA),
        Scenario("a number by E.164 in the replica", arns(REPLICA, outbound_caller_id_number="+12065550110"), REPLICA),
        Scenario("all by constructs", constructs, values=(IN_EAST,)),
        Scenario("all by parameters that are ARNs", parameters, REPLICA, (IN_WEST,)),
        Scenario("all by parameters that are ids", parameters, values=(BARE,)),
        Scenario("a provider for the instance", by_instance, REPLICA),
        Scenario(QUEUE_ALONE, by_queue, REPLICA),
    )
}


@cache
def deployed() -> dict[str, tuple[Deployed, ...]]:
    """Returns what the deployments of each scenario make, each an app of its own."""
    found: dict[str, tuple[Deployed, ...]] = {}
    for scenario in SCENARIOS.values():
        with TemporaryDirectory() as folder:
            stack = Stack(App(outdir=folder, analytics_reporting=False), "Stack")
            QueueOutboundCallerConfig(stack, "Config", **scenario.declare(stack))
            app = stack.node.root
            assert isinstance(app, App)
            template = app.synth().get_stack_by_name("Stack").template
        found[scenario.name] = tuple(read(template, scenario.region, values) for values in scenario.values)
    return found


def read(
    template: Mapping[str, Any], region: str, values: Mapping[str, str], *, at: Deployment | None = None
) -> Deployed:
    """Returns what a template's only config and its role are when it is deployed."""
    resources = template["Resources"]
    at = at or Deployment()
    own = {
        logical_id: f"arn:{at.partition}:{resource['Type'].split('::')[1].lower()}:{at.region}:{at.account}:{logical_id}"
        for logical_id, resource in resources.items()
    }
    deployment = Deployment(at.region, at.account, at.partition, {**own, **values})
    logical_id = next(name for name, resource in resources.items() if resource["Type"] == RESOURCE_TYPE)
    documents = [
        resource["Properties"]["PolicyDocument"]
        for resource in resources.values()
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    ]
    return Deployed(
        [_with_lists(deployment.resolve(document)) for document in documents],
        deployment.resolve(resources[logical_id]["Properties"]),
        logical_id,
        region,
    )


def _with_lists(document: dict[str, Any]) -> dict[str, Any]:
    """A policy document whose statements have lists of actions and resources, though they may be one."""
    for statement in document["Statement"]:
        for part in ("Action", "Resource"):
            if isinstance(statement[part], str):
                statement[part] = [statement[part]]
    return document
