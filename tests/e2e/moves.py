"""The recipes of the pages on moving here: the stack that a person deploys, one numbered deployment after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws_cdk import App, CfnResource, CustomResource, Environment, RemovalPolicy, Stack
from aws_cdk import aws_connect as connect
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources as cr
from queue_outbound_caller_config import (
    DeletionBehavior,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
)

from emulator.connect.arns import Account
from emulator.connect.sample import INSTANCE, INSTANCE_NUMBER, PRIMARY
from emulator.connect.seed import identifier
from testing.local_aws import ACCOUNT

OURS = Account("aws", ACCOUNT)
INSTANCE_ARN = OURS.instance(PRIMARY, INSTANCE)
NUMBER = OURS.number(PRIMARY, INSTANCE_NUMBER)
PROVIDER = "provider"
"""The name of the function that serves every resource of ours."""
SERVICE_TOKEN = f"arn:aws:lambda:{PRIMARY}:{ACCOUNT}:function:{PROVIDER}"
QUEUE = "Sales"
"""The logical id of a queue resource."""
SET = {"OutboundCallerIdName": "Example Sales", "OutboundCallerIdNumberId": NUMBER}
"""What the other way has set, and what the resource of ours declares."""
TYPE = "Custom::ConnectQueueOutboundCallerConfig"

Parts = Callable[[Stack, str], object]
"""Adds resources to a stack that is about a queue, which it is given the ARN of."""


@dataclass(frozen=True)
class Move:
    """A recipe, with what it is tried on.

    Attributes:
        name: Of the stack and of its queue.
        before: Adds what the stack has before the move.
        deployments: For each numbered deployment, what adds to the stack what it has then.
        makes_queue: Whether the stack makes the queue.
        imports: The deployments that import the queue; 0 is what there is before.
    """

    name: str
    before: Parts
    deployments: tuple[Parts, ...]
    makes_queue: bool = False
    imports: frozenset[int] = frozenset()

    @property
    def queue(self) -> str:
        """The id of the queue; of one that the stack makes, what stands for it until it is made."""
        return identifier(self.name)

    def synthesize(self, app: App, number: int, queue: str | None = None) -> Stack:
        """Adds the stack as it is in a deployment of the queue with an id; number 0 is what there is before."""
        stack = Stack(app, self.name, env=Environment(account=ACCOUNT, region=PRIMARY))
        # A stack cannot be empty, and before some moves there is nothing else.
        CfnResource(stack, "Handle", type="AWS::CloudFormation::WaitConditionHandle")
        (self.before, *self.deployments)[number](stack, OURS.queue(PRIMARY, INSTANCE, queue or self.queue))
        return stack

    def templates(self) -> list[dict[str, Any]]:
        """Returns the template of each deployment, and before them that of what there is before."""
        made = []
        for number in range(len(self.deployments) + 1):
            app = App()
            name = self.synthesize(app, number).stack_name
            made.append(app.synth().get_stack_by_name(name).template)
        return made


def nothing(stack: Stack, queue: str) -> None:
    """The stack has nothing to do with the queue."""


def declared(stack: Stack, queue: str | connect.CfnQueue, *, id: str = "SalesCallerId", **more: Any) -> None:
    """The resource of ours, declaring what the queue has."""
    given: dict[str, Any] = {
        "outbound_caller_id_name": SET["OutboundCallerIdName"],
        "outbound_caller_id_number": NUMBER,
        **more,
    }
    QueueOutboundCallerConfig(
        stack,
        id,
        instance=INSTANCE_ARN,
        queue=queue,
        provider=QueueOutboundCallerConfigProvider.from_service_token(stack, "Provider", service_token=SERVICE_TOKEN),
        **given,
    )


def native_queue(stack: Stack, *, sets: bool = True, keep: bool = False) -> connect.CfnQueue:
    """A queue resource with the property, or without; kept where the stack no longer has it."""
    queue = connect.CfnQueue(
        stack,
        QUEUE,
        instance_arn=INSTANCE_ARN,
        hours_of_operation_arn=f"{INSTANCE_ARN}/operating-hours/hours",
        name=stack.stack_name,
        outbound_caller_config=connect.CfnQueue.OutboundCallerConfigProperty(
            outbound_caller_id_name=SET["OutboundCallerIdName"], outbound_caller_id_number_arn=NUMBER
        )
        if sets
        else None,
    )
    if keep:
        queue.apply_removal_policy(RemovalPolicy.RETAIN)
    return queue


def aws_custom_resource(stack: Stack, queue: str, *, keep: bool = False) -> None:
    """An `AwsCustomResource` whose `on_delete` clears."""

    def call(config: Mapping[str, str]) -> cr.AwsSdkCall:
        return cr.AwsSdkCall(
            service="connect",
            action="UpdateQueueOutboundCallerConfig",
            parameters={
                "InstanceId": INSTANCE,
                "QueueId": queue.rpartition("/")[2],
                "OutboundCallerConfig": dict(config),
            },
            physical_resource_id=cr.PhysicalResourceId.of(queue),
        )

    cr.AwsCustomResource(
        stack,
        "CallerId",
        on_update=call(SET),
        on_delete=call({}),
        policy=cr.AwsCustomResourcePolicy.from_sdk_calls(resources=cr.AwsCustomResourcePolicy.ANY_RESOURCE),
        install_latest_aws_sdk=False,
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )


OWN_FUNCTION = """
import json
import urllib.request
import boto3

def handler(event, context):
    given = event["ResourceProperties"]
    config = {} if event["RequestType"] == "Delete" else given["Config"]
    boto3.client("connect").update_queue_outbound_caller_config(
        InstanceId=given["InstanceId"], QueueId=given["QueueId"], OutboundCallerConfig=config
    )
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": given["QueueId"]}
    headers = {"content-type": ""}
    urllib.request.urlopen(
        urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), headers, method="PUT")
    )
"""


def own_resource(stack: Stack, queue: str, *, keep: bool = False) -> None:
    """A custom resource with a function of the user's own, whose Delete clears."""
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(OWN_FUNCTION),
    )
    CustomResource(
        stack,
        "OldCallerId",
        service_token=function.function_arn,
        resource_type="Custom::MyCallerId",
        properties={"InstanceId": INSTANCE, "QueueId": queue.rpartition("/")[2], "Config": SET},
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )


def both(old: Parts) -> Parts:
    """Returns what adds the old way beside ours, which names the queue by its ARN."""

    def add(stack: Stack, queue: str) -> None:
        old(stack, queue)
        declared(stack, queue)

    return add


RELEASED: tuple[Parts, ...] = (
    both(lambda stack, _: native_queue(stack, keep=True)),
    declared,
    both(lambda stack, _: native_queue(stack, sets=False, keep=True)),
)
"""The stack lets its queue go, and takes it back without the property."""
NATIVE = Move("native", lambda stack, _: native_queue(stack), RELEASED, makes_queue=True, imports=frozenset({3}))
IMPORTED = Move("imported", lambda stack, _: native_queue(stack, keep=True), RELEASED, imports=frozenset({0, 3}))
AWS_CUSTOM_RESOURCE = Move(
    "aws-custom-resource",
    aws_custom_resource,
    (
        both(partial(aws_custom_resource, keep=True)),
        declared,
    ),
)
OWN_RESOURCE = Move(
    "own-resource",
    own_resource,
    (
        both(partial(own_resource, keep=True)),
        declared,
    ),
)
TERRAFORM = Move("terraform", nothing, (declared,))
CONSOLE = Move(
    "console",
    nothing,
    (
        declared,
        partial(declared, outbound_caller_id_name="Changed in code"),
    ),
)
RECIPES = (NATIVE, IMPORTED, AWS_CUSTOM_RESOURCE, OWN_RESOURCE, TERRAFORM, CONSOLE)

AT_ONCE = Move(
    "at-once",
    lambda stack, _: native_queue(stack),
    (lambda stack, _: declared(stack, native_queue(stack, sets=False)),),
    makes_queue=True,
)
"""Against the page: one deployment removes the property and adds ours."""
UNCHANGED = Move(
    "unchanged",
    lambda stack, _: native_queue(stack),
    (
        lambda stack, _: declared(stack, native_queue(stack)),
        lambda stack, _: declared(stack, native_queue(stack, sets=False)),
        lambda stack, _: declared(stack, native_queue(stack, sets=False), revision="again"),
    ),
    makes_queue=True,
)
"""Against the page: the property is removed while ours stays as it is. The final deployment is the page's own way to fix it."""
NOT_RETAINED = Move(
    "not-retained",
    aws_custom_resource,
    (declared, partial(declared, revision="again")),
)
"""Against the page: the old resource is replaced at once, without Retain. The last deployment puts it right."""
SAME_ID = Move("same-id", own_resource, (partial(declared, id="OldCallerId"),))
"""Against the page: the new resource has the old one's id."""
OF_THE_STACK = Move(
    "of-the-stack",
    nothing,
    (partial(declared, deletion_behavior=DeletionBehavior.CLEAR),),
)
"""Adopted, where the number is taken for one of the stack."""
