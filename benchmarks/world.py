"""What is deployed, and where: queues in an emulated instance, and the template that the construct makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import App, Stack
from queue_outbound_caller_config import QueueOutboundCallerConfig, QueueOutboundCallerConfigProvider
from queue_outbound_caller_config_provider.schedule import MOST_CHAINS, VARIABLE

from emulator.connect.seed import Flow, Instance, PhoneNumber, Queue, Seed, identifier

from .model import ACCOUNT, Resource

REGION = "us-east-1"
INSTANCE = identifier("benchmark instance")
INSTANCE_ARN = f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{INSTANCE}"
FLOWS = tuple(identifier(f"whisper flow {number}") for number in range(2))
NUMBERS = tuple(identifier(f"number {number}") for number in range(2))
TYPE = "Custom::ConnectQueueOutboundCallerConfig"


def queue_ids(count: int, prefix: str = "queue") -> list[str]:
    """Returns the ids of a stack's queues."""
    return [identifier(f"{prefix} {number}") for number in range(count)]


def queue_arn(queue: str) -> str:
    """Returns a queue's ARN."""
    return f"{INSTANCE_ARN}/queue/{queue}"


def number_arn(number: str) -> str:
    """Returns a number's V2 ARN."""
    return f"arn:aws:connect:{REGION}:{ACCOUNT}:phone-number/{number}"


def caller_config(version: int) -> dict[str, str]:
    """Returns a whole config: version 0 is what the queues have before, others are what is deployed."""
    return {
        "OutboundCallerIdName": f"Caller {version}",
        "OutboundCallerIdNumberId": number_arn(NUMBERS[version % 2]),
        "OutboundFlowId": FLOWS[version % 2],
    }


def seed(queues: list[str], baseline: Mapping[str, str]) -> Seed:
    """Returns an instance with queues that have a config already."""
    instance = Instance(
        INSTANCE,
        REGION,
        queues=tuple(Queue(queue, queue, dict(baseline)) for queue in queues),
        flows=tuple(Flow(flow) for flow in FLOWS),
    )
    numbers = (
        PhoneNumber(number, f"+1206555010{at}", REGION, instance_id=INSTANCE) for at, number in enumerate(NUMBERS)
    )
    return Seed((instance,), numbers=tuple(numbers))


@dataclass(frozen=True)
class Template:
    """What the construct made of a stack's configs.

    Attributes:
        resources: the configs by logical id.
        schedule: the value of the function's environment variable.
        document: the template.
    """

    resources: dict[str, Resource]
    schedule: str
    document: dict[str, Any]

    def changed(self, version: int) -> dict[str, Resource]:
        """Returns the resources with another config each."""
        return {
            name: Resource({**resource.properties, "OutboundCallerConfig": caller_config(version)}, resource.depends_on)
            for name, resource in self.resources.items()
        }

    def plain(self) -> dict[str, Resource]:
        """Returns the resources as a template without chains has them."""
        return {name: Resource(resource.properties) for name, resource in self.resources.items()}


def template(queues: list[str], *, fields: tuple[str, ...] = (), parallel: int | None = None) -> Template:
    """Synthesizes a stack with a config for each queue.

    Arguments:
        queues: their ids.
        fields: the fields to declare; all of them when empty.
        parallel: how many configs CloudFormation runs at once; None: as the construct has it.
    """
    app = App()
    stack = Stack(app, "Benchmark", env={"region": REGION, "account": ACCOUNT})
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", max_parallel_configs=parallel or MOST_CHAINS)
    add_configs(stack, queues, fields, provider)
    document = app.synth().get_stack_by_name("Benchmark").template
    everything: dict[str, dict[str, Any]] = document["Resources"]
    configs = {name: resource for name, resource in everything.items() if resource["Type"] == TYPE}
    variables = [
        resource["Properties"]["Environment"]["Variables"].get(VARIABLE, "")
        for resource in everything.values()
        if resource["Type"] == "AWS::Lambda::Function" and "Environment" in resource["Properties"]
    ]
    return Template(
        {
            name: Resource(
                {key: value for key, value in resource["Properties"].items() if key != "ServiceToken"},
                frozenset(resource.get("DependsOn", ())) & configs.keys(),
            )
            for name, resource in configs.items()
        },
        next(iter(variables), ""),
        document,
    )


def add_configs(
    stack: Stack,
    queues: list[str],
    fields: tuple[str, ...] = (),
    provider: QueueOutboundCallerConfigProvider | None = None,
) -> None:
    """Adds a config for each queue to a stack; without a provider, with the stack's own."""
    config = caller_config(1)
    arguments = {
        "outbound_caller_id_name": config["OutboundCallerIdName"],
        "outbound_caller_id_number": config["OutboundCallerIdNumberId"],
        "outbound_flow": config["OutboundFlowId"],
    }
    declared: dict[str, Any] = {name: value for name, value in arguments.items() if not fields or name in fields}
    for number, queue in enumerate(queues):
        QueueOutboundCallerConfig(
            stack, f"Queue{number}", instance=INSTANCE_ARN, queue=queue, provider=provider, **declared
        )
