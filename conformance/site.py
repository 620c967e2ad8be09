"""Where checks run: the clients, what they may touch, and what has to be put back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from .keeper import Keeper
from .outcome import outcome
from .own_queue import OwnQueue
from .stack import CheckStack

NAME, NUMBER, FLOW = "OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId"
MEMBERS = (NAME, NUMBER, FLOW)
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """What the checks look at and change.

    Attributes:
        partition, account, region, instance: of the queue; the instance by id.
        queue: the queue's id. Its caller config is the only thing of Amazon Connect that is changed.
        flow: the id of an outbound whisper flow.
        number: the ARN (V2) of a number that is claimed to the instance in this Region.
        group_number: the ARN (V2) of a number that is claimed to a traffic distribution group of this Region.
        replica: the other Region, if the instance has a replica there.
        foreign_number: the ARN of a number that exists and is not the instance's to use.
        unfinished_number: the ARN of a number whose claim is in progress or has failed.
        role: the ARN of a role that the caller may assume with a session policy.
    """

    partition: str
    account: str
    region: str
    instance: str
    queue: str
    flow: str | None = None
    number: str | None = None
    group_number: str | None = None
    replica: str | None = None
    foreign_number: str | None = None
    unfinished_number: str | None = None
    role: str | None = None

    def arn(self, resource: str, region: str | None = None) -> str:
        """Returns the ARN of a resource of Amazon Connect in this account."""
        return f"arn:{self.partition}:connect:{region or self.region}:{self.account}:{resource}"

    def instance_arn(self, region: str | None = None) -> str:
        """Returns the instance's ARN."""
        return self.arn(f"instance/{self.instance}", region)

    def queue_arn(self, region: str | None = None) -> str:
        """Returns the queue's ARN."""
        return self.arn(f"instance/{self.instance}/queue/{self.queue}", region)

    def flow_arn(self, region: str | None = None) -> str:
        """Returns the flow's ARN."""
        return self.arn(f"instance/{self.instance}/contact-flow/{self.flow}", region)

    def number_v1(self, number: str, region: str | None = None) -> str:
        """Returns a number's V1 ARN, as a Region's instance lists it."""
        return self.arn(f"instance/{self.instance}/phone-number/{number.rpartition('/')[2]}", region)

    def has(self) -> set[str]:
        """Returns which needs of points it meets."""
        given = {
            "flow": self.flow,
            "number": self.number or self.group_number,
            "instance number": self.number,
            "group number": self.group_number,
            "replica": self.replica,
            "foreign number": self.foreign_number,
            "unfinished number": self.unfinished_number,
            "role": self.role,
        }
        return {name for name, value in given.items() if value}

    @property
    def any_number(self) -> str:
        """The ARN of a number that the queue may use."""
        return self.number or self.group_number or ""


class Site:
    """One place to run checks. `StandIn` and `Aws` say where its clients go.

    Args:
        subject: what the checks look at.
        keeper: what has to be put back.
        has: further needs that it meets, for example `ssm`.

    Attributes:
        name: `stand-in` or `aws`.
        run: a random name of this run, for what it makes.
    """

    name = ""
    attempts = 1
    """How often a call is tried: where others share the quota, a throttled one says nothing."""
    stack_pause = 2.0
    """Seconds between two looks at a stack."""

    def __init__(self, subject: Subject, keeper: Keeper, has: Sequence[str]) -> None:
        self.subject, self.keeper = subject, keeper
        self.has = subject.has() | set(has)
        self.marks = 0
        """How many names of its own this run has written."""
        self.run = uuid.uuid4().hex[:12]
        self.hooks: list[Callable[[str], None]] = []
        """Called before each call with its IAM action, for example `connect:DescribeQueue`."""
        self.answered: list[Callable[[str], None]] = []
        """The same after each answer."""
        self._clients: dict[tuple[str, str, str, int], Any] = {}

    # To be said by each site

    def options(self, service: str) -> dict[str, Any]:
        """Returns the arguments of a boto3 client: endpoint and credentials."""
        raise NotImplementedError

    def under(self, service: str, documents: Sequence[Document], region: str | None = None) -> Any:
        """Returns a client that these policies alone allow something."""
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        """Lets time pass for the service."""
        raise NotImplementedError

    def quota(self) -> AbstractContextManager[None]:
        """Returns a block that begins with full quotas, and keeps to them."""
        raise NotImplementedError

    # Only where resources may be lost

    def spare_number(self) -> str:
        """Returns the ARN of a number that may be released."""
        raise NotImplementedError

    def release_number(self, number: str) -> None:
        """Releases a number."""
        raise NotImplementedError

    def spare_flow(self) -> str:
        """Returns the id of a flow that may be deleted."""
        raise NotImplementedError

    def delete_flow(self, flow: str) -> None:
        """Deletes a flow."""
        raise NotImplementedError

    # Clients

    def client(self, service: str, region: str | None = None, key: str = "", **options: Any) -> Any:
        """Returns a client that checks nothing itself, and tries again only what was throttled or did not arrive."""
        where, attempts = region or self.subject.region, self.attempts
        if (service, where, key, attempts) not in self._clients:
            made = boto3.client(
                service,
                region_name=where,
                config=Config(
                    retries={"total_max_attempts": attempts, "mode": "standard"},
                    parameter_validation=False,
                    read_timeout=30,
                ),
                **(options or self.options(service)),
            )
            made.meta.events.register("before-send", self._on_call)
            made.meta.events.register("response-received", self._on_call)
            self._clients[service, where, key, attempts] = made
        return self._clients[service, where, key, attempts]

    def _on_call(self, event_name: str, **_: Any) -> None:
        moment, service, operation = event_name.split(".")[:3]
        for hook in self.hooks if moment == "before-send" else self.answered:
            hook(f"{service}:{operation}")

    def connect(self, region: str | None = None) -> Any:
        """Returns the client of Amazon Connect."""
        return self.client("connect", region)

    # The queue

    def write(self, config: Mapping[str, str], region: str | None = None, client: Any = None) -> str:
        """Writes the queue's caller config and returns `ok` or the error code."""
        return outcome(
            (client or self.connect(region)).update_queue_outbound_caller_config,
            InstanceId=self.subject.instance,
            QueueId=self.subject.queue,
            OutboundCallerConfig=dict(config),
        )

    def describe(self, region: str | None = None) -> dict[str, Any]:
        """Returns the queue as DescribeQueue does."""
        found: dict[str, Any] = self.connect(region).describe_queue(
            InstanceId=self.subject.instance, QueueId=self.subject.queue
        )["Queue"]
        return found

    def read(self, region: str | None = None) -> dict[str, str]:
        """Returns the queue's caller config; empty without one."""
        return dict(self.describe(region).get("OutboundCallerConfig") or {})

    def described_body(self) -> dict[str, Any]:
        """Returns the queue as it came over the wire: boto3 drops what is null."""
        bodies: list[bytes] = []

        def keep(response_dict: dict[str, Any], **_: Any) -> None:
            bodies.append(response_dict["body"])

        events = self.connect().meta.events
        events.register("before-parse.connect.DescribeQueue", keep)
        try:
            self.describe()
        finally:
            events.unregister("before-parse.connect.DescribeQueue", keep)
        found: dict[str, Any] = json.loads(bodies[-1])["Queue"]
        return found

    # Parameter Store

    @property
    def ssm(self) -> Any:
        """The client of Parameter Store."""
        return self.client("ssm")

    @property
    def prefix(self) -> str:
        """The path of this run's parameters."""
        return f"/queue-outbound-caller-config-conformance/{self.run}"

    def parameter(self, name: str) -> str:
        """Returns the name of a parameter of this run, which is deleted in the end."""
        full = f"{self.prefix}/{name}"
        self.keeper.parameter_made(full)
        return full

    @cached_property
    def stack(self) -> CheckStack:
        """This run's stack, not deployed at first."""
        return CheckStack(self)

    def forget_what_was_made(self) -> None:
        """Begins with another stack and another queue, because these are deleted."""
        for name in ("stack", "own_queue"):
            self.__dict__.pop(name, None)

    @cached_property
    def own_queue(self) -> OwnQueue:
        """This run's queue, not made at first."""
        return OwnQueue(self)
