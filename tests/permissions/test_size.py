"""The policy of 450 configs in one stack stays within IAM's quotas, and within the declared instances."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack
from queue_outbound_caller_config import DeletionBehavior, QueueOutboundCallerConfig

from emulator.connect.arns import Account
from emulator.connect.authorization import judge
from emulator.connect.seed import identifier
from tests.permissions.intrinsics import Deployment

CONFIGS = 450
INLINE_OF_A_ROLE = 10_240
MANAGED_OF_A_ROLE = 10
MANAGED_POLICY = 6_144
"""Characters, white space not counted (IAM and STS quotas)."""

LONGEST = Deployment("ap-southeast-99", "999999999999", "aws-us-gov")
OWNER = Account(LONGEST.partition, LONGEST.account)


def one_instance(_: Stack, index: int) -> dict[str, Any]:
    """450 queues of one instance, by ARN, with all fields exact and each number another."""
    instance = identifier("the instance")
    return {
        "instance": OWNER.instance(LONGEST.region, instance),
        "queue": OWNER.queue(LONGEST.region, instance, identifier(f"queue {index}")),
        "outbound_caller_id_number": OWNER.number(LONGEST.region, identifier(f"number {index}")),
        "outbound_flow": OWNER.flow(LONGEST.region, instance, identifier(f"flow {index}")),
        "deletion_behavior": DeletionBehavior.CLEAR,
    }


def several_instances(_: Stack, index: int) -> dict[str, Any]:
    """450 queues of 8 instances, by id in a stack that may be deployed anywhere."""
    return {
        "instance": identifier(f"instance {index % 8}"),
        "queue": identifier(f"queue {index}"),
        "outbound_caller_id_number": f"+1206555{index:04}",
    }


def a_token(stack: Stack, index: int) -> dict[str, Any]:
    """450 queues of an instance that only the deployment knows."""
    parameter = stack.node.try_find_child("Instance") or CfnParameter(stack, "Instance")
    assert isinstance(parameter, CfnParameter)
    return {
        "instance": parameter.value_as_string,
        "queue": identifier(f"queue {index}"),
        "outbound_caller_id_name": "x",
    }


SHAPES = {
    "one instance": (one_instance, CONFIGS),
    "several instances": (several_instances, CONFIGS),
    "a token": (a_token, CONFIGS),
    "one instance, as many queues as fit once but not twice": (one_instance, 20),
}


@pytest.fixture(scope="module", params=SHAPES)
def template(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Any]]:
    with TemporaryDirectory() as folder:
        app = App(outdir=folder, analytics_reporting=False)
        declare, count = SHAPES[request.param]
        fixed = Environment(region=LONGEST.region, account=LONGEST.account) if declare is one_instance else None
        stack = Stack(app, "Stack", env=fixed)
        for index in range(count):
            QueueOutboundCallerConfig(stack, f"Config{index}", **declare(stack, index))
        yield app.synth().get_stack_by_name("Stack").template


def policies(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The policy documents of a kind of resource, as deployed where all names are the longest."""
    resources = template["Resources"]
    instance = OWNER.instance(LONGEST.region, identifier("the instance"))
    values = {**{name: f"{OWNER.instance(LONGEST.region, name)}" for name in resources}, "Instance": instance}
    deployment = Deployment(LONGEST.region, LONGEST.account, LONGEST.partition, values)
    found = [resource["Properties"] for resource in resources.values() if resource["Type"] == kind]
    if kind == "AWS::IAM::Role":
        return [deployment.resolve(one["PolicyDocument"]) for role in found for one in role.get("Policies", ())]
    return [deployment.resolve(one["PolicyDocument"]) for one in found]


def size(documents: list[dict[str, Any]]) -> int:
    """Characters that IAM counts."""
    return sum(len(json.dumps(document, separators=(",", ":"))) for document in documents)


def test_the_role_has_room_for_the_old_policies_beside_the_new(template: Mapping[str, Any]) -> None:
    """While a stack is updated, both are attached."""
    fixed, changing = size(policies(template, "AWS::IAM::Role")), size(policies(template, "AWS::IAM::Policy"))
    assert fixed + 2 * changing <= INLINE_OF_A_ROLE
    managed = policies(template, "AWS::IAM::ManagedPolicy")
    assert len(managed) <= MANAGED_OF_A_ROLE
    assert all(size([one]) <= MANAGED_POLICY for one in managed)


def test_every_config_is_granted_its_queue_and_ledger(template: Mapping[str, Any]) -> None:
    documents = policies(template, "AWS::IAM::Policy") + policies(template, "AWS::IAM::ManagedPolicy")
    for instance, queue in declared(template):
        path = f"parameter/queue-outbound-caller-config/{instance}/{queue}"
        ledger = f"arn:{LONGEST.partition}:ssm:{LONGEST.region}:{LONGEST.account}:{path}"
        assert judge(documents, "connect:DescribeQueue", OWNER.queue(LONGEST.region, instance, queue)).allowed
        assert judge(documents, "ssm:PutParameter", ledger).allowed


def test_no_instance_but_the_declared_ones_is_reached(template: Mapping[str, Any]) -> None:
    instances = {instance for instance, _ in declared(template)}
    for document in policies(template, "AWS::IAM::Policy"):
        for resource in (text for statement in document["Statement"] for text in statement["Resource"]):
            path = resource.split(":", 5)[5]
            if path.startswith(("instance/", "parameter/")):
                assert path.removeprefix("parameter/").split("/")[1] in instances, resource
            else:
                assert path.startswith(("phone-number/", "traffic-distribution-group/")), resource
            assert resource.split(":")[4] == LONGEST.account


def declared(template: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The instance and the queue of each config, by id."""
    values = {"Instance": OWNER.instance(LONGEST.region, identifier("the instance"))}
    deployment = Deployment(LONGEST.region, LONGEST.account, LONGEST.partition, values)
    return {
        tuple(deployment.resolve(resource["Properties"][name]).rpartition("/")[2] for name in ("InstanceId", "QueueId"))
        for resource in template["Resources"].values()
        if resource["Type"].startswith("Custom::")
    }


def test_more_instances_than_fit_are_told_at_synthesis() -> None:
    """An account has two unless AWS raises its quota; each needs some 500 characters."""
    with TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = Stack(app, "Stack")
        for index in range(12):
            QueueOutboundCallerConfig(
                stack,
                f"Config{index}",
                instance=identifier(f"instance {index}"),
                queue=identifier("queue"),
                outbound_caller_id_name="x",
            )
        with pytest.raises(RuntimeError, match=r"12 instances would have \d+ characters.*provider of their own"):
            app.synth()
