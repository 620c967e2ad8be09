"""The world that the events are about: queues of the Connect emulator, and their ledgers in MiniStack's SSM."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from emulator.connect import Call, ConnectControl, Emulator, Queue, Seed, sample
from testing.local_aws import ACCOUNT, LocalAws
from testing.parameter_store import ParameterStore

from .answer_box import AnswerBox
from .cloudformation import CloudFormation
from .cloudformation_api import CloudFormationApi
from .function import Function
from .stack import Stack
from .stack_records import StackRecords

PRIMARY, REPLICA = sample.PRIMARY, sample.REPLICA
INSTANCE = sample.INSTANCE
NAME, NUMBER, FLOW = "OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId"
MEMBERS = (NAME, NUMBER, FLOW)
Config = Mapping[str, str]

BASELINE: Config = {NAME: "Before", NUMBER: sample.INSTANCE_NUMBER, FLOW: sample.WHISPER}
"""What a queue of these tests has before anything else, in the primary Region."""
NO_NUMBER = sample.UNCLAIMED_NUMBER
NO_FLOW = sample.OTHER_INSTANCE_WHISPER


def number_arn(number: str, region: str = PRIMARY) -> str:
    """Returns a number's V2 ARN."""
    return f"arn:aws:connect:{region}:{ACCOUNT}:phone-number/{number}"


@dataclass(frozen=True)
class Target:
    """A queue in a Region, seen from outside the function."""

    world: World
    id: str
    region: str = PRIMARY
    instance: str = INSTANCE

    @property
    def instance_arn(self) -> str:
        """The ARN of its instance."""
        return f"arn:aws:connect:{self.region}:{ACCOUNT}:instance/{self.instance}"

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"{self.instance_arn}/queue/{self.id}"

    @property
    def physical_id(self) -> str:
        """The physical id of every config of this queue."""
        return f"{self.arn}/outbound-caller-config"

    @property
    def ledger_name(self) -> str:
        """The name of its ledger's parameter."""
        return f"/queue-outbound-caller-config/{self.instance}/{self.id}"

    def declare(self, behavior: str | None = None, **fields: str) -> dict[str, Any]:
        """Returns a resource's properties: `name`, `number` and `flow` as given."""
        names = {"name": NAME, "number": NUMBER, "flow": FLOW}
        return {
            "InstanceId": self.instance_arn,
            "QueueId": self.id,
            "OutboundCallerConfig": {names[field]: value for field, value in fields.items()},
            **({"DeletionBehavior": behavior} if behavior else {}),
        }

    @property
    def config(self) -> dict[str, str]:
        """What it has, number and flow by id."""
        return by_id(self.world.connect.queue_config(self.region, self.instance, self.id))

    def make(self, config: Config) -> None:
        """Makes the queue, or makes it anew, with a config."""
        self.world.connect.put_queue(self.region, self.instance, Queue(self.id, "A queue", config))

    def set_config(self, config: Config) -> None:
        """Gives it a config, as a person would in the console."""
        self.world.connect.set_queue_config(self.region, self.instance, self.id, config)

    @property
    def _ssm(self) -> Any:
        return self.world.local_aws.client("ssm", self.region)

    @property
    def ledger(self) -> str | None:
        """The text of its ledger's parameter, if there is one."""
        with _nothing_if_absent():
            return str(self._ssm.get_parameter(Name=self.ledger_name)["Parameter"]["Value"])
        return None

    def set_ledger(self, text: str) -> None:
        """Puts something into its ledger's parameter, as a person could."""
        self._ssm.put_parameter(Name=self.ledger_name, Value=text, Type="String", Overwrite=True)

    def delete_ledger(self) -> None:
        """Deletes its ledger's parameter, as a person could."""
        self._ssm.delete_parameter(Name=self.ledger_name)

    @property
    def owners(self) -> list[tuple[str, str]]:
        """The owners in its ledger (stack id, logical id), the active one at the end: the document's log, read on its own.

        Each version has the change that its writer made to what it had read. So the owners are found by making all changes
        in order, except those of an event that was sent before another one of the same owner which was handled already;
        the writers' views do not matter.
        """
        versions: list[Any] = []
        with _nothing_if_absent():
            pages = self._ssm.get_paginator("get_parameter_history").paginate(Name=self.ledger_name)
            versions = [entry for page in pages for entry in page["Parameters"]]
        places: dict[tuple[str, str], float] = {}
        dates: dict[tuple[str, str], str] = {}
        for version in sorted(versions, key=lambda entry: entry["Version"]):
            document = json.loads(version["Value"])
            owner = tuple(document["owner"].values())
            layers = {tuple(layer["owner"].values()): layer for layer in document["ledger"]["layers"]}
            issued = layers[owner]["issued"] if owner in layers else document["issued"]
            if issued and issued < dates.get(owner, ""):
                continue
            dates[owner] = issued or dates.get(owner, "")
            places.pop(owner, None)
            if owner in layers:
                newest = max(places.values(), default=0.0) + 0.001
                places[owner] = layers[owner]["at"] if document["keeps_place"] else max(layers[owner]["at"], newest)
        return sorted(places, key=lambda owner: places[owner])

    @property
    def writes(self) -> list[Call]:
        """The writes to it that took effect since the journal was cleared."""
        return [
            call
            for call in self.world.connect.journal("UpdateQueueOutboundCallerConfig", region=self.region)
            if call.input["QueueId"] == self.id and call.effect
        ]


@contextmanager
def _nothing_if_absent() -> Iterator[None]:
    """Passes over ParameterNotFound, by its code: boto3 makes a client's exception classes anew in each of several threads."""
    try:
        yield
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "ParameterNotFound":
            raise


@dataclass
class World:
    """Everything around the function."""

    connect: ConnectControl
    local_aws: LocalAws
    parameter_store: ParameterStore
    cloudformation_api: CloudFormationApi
    box: AnswerBox
    function: Function
    logs: Path

    def queue(self, config: Config | None = BASELINE, region: str = PRIMARY) -> Target:
        """Returns a queue that no test has used, with a config."""
        target = Target(self, str(uuid.uuid4()), region)
        target.make(config or {})
        return target

    def replicated_queue(self, config: Config | None = BASELINE) -> tuple[Target, Target]:
        """Returns a queue that no test has used, in both Regions, with the same config: here, and its replica."""
        here = Target(self, str(uuid.uuid4()), PRIMARY)
        self.connect.put_queue(PRIMARY, INSTANCE, Queue(here.id, "A queue", config or {}), everywhere=True)
        return here, Target(self, here.id, REPLICA)

    def cloudformation(self) -> CloudFormation:
        """Returns a CloudFormation that has seen nothing yet."""
        return CloudFormation(self.function, self.box, self.cloudformation_api.records)

    def stack(self, name: str = "stack", **how: Any) -> Stack:
        """Returns a new stack, with a CloudFormation of its own."""
        return Stack(self.cloudformation(), name, **how)

    def apart(self) -> World:
        """Returns this world for a play beside others: what those sleep does not pass here."""
        return replace(self, function=self.function.apart())

    def stale_reads(self, seconds: float) -> None:
        """Lets every read of Parameter Store show, for so many seconds of the function's time, what was there before a write."""
        self.parameter_store.stale_by(self.function.now)
        self.parameter_store.change(stale_seconds=seconds)

    def reset(self, seed: Seed | None = None) -> None:
        """Makes all as it was: two Regions that are apart, unless a seed is given, and every service well and quiet."""
        self.connect.reset(seed)
        self.cloudformation_api.reset()
        self.parameter_store.reset()


def by_id(config: Config) -> dict[str, str]:
    """Returns a config with number and flow by id."""
    return {member: value if member == NAME else value.rpartition("/")[2] for member, value in config.items()}


def over(baseline: Config, declared: Mapping[str, Any]) -> dict[str, str]:
    """Returns what a queue has when a resource with these properties is active: the tests' own model."""
    own = by_id(declared["OutboundCallerConfig"])
    return own if declared.get("DeletionBehavior") == "CLEAR" else {**by_id(baseline), **own}


def _of_no_queue(box: AnswerBox, region: str) -> dict[str, Any]:
    """Returns a Create that fails for want of its queue."""
    properties = {
        "InstanceId": f"arn:aws:connect:{region}:{ACCOUNT}:instance/{INSTANCE}",
        "QueueId": str(uuid.uuid4()),
        "OutboundCallerConfig": {NAME: "Warm"},
    }
    return {
        "RequestType": "Create",
        "ResponseURL": box.url("warm-up"),
        "StackId": f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/warm-up/0",
        "RequestId": "warm-up",
        "LogicalResourceId": "WarmUp",
        "ResourceProperties": properties,
    }


@contextmanager
def started(local_aws: LocalAws, environment: Mapping[str, str] | None = None) -> Iterator[World]:
    """Starts all that the tests of this folder need beside a local AWS; in the end, looks for secrets in all logs.

    Arguments:
        local_aws: SSM is there.
        environment: further variables of the function.
    """
    with tempfile.TemporaryDirectory(prefix="protocol-") as folder:
        root = Path(folder)
        with (
            Emulator(sample.two_regions_apart()) as emulator,
            AnswerBox(root / "box") as box,
            ParameterStore.in_front_of(local_aws) as parameter_store,
            CloudFormationApi(StackRecords()) as cloudformation_api,
            Function(
                connect_endpoint=emulator.endpoint,
                ssm_endpoint=parameter_store.endpoint,
                cloudformation_endpoint=cloudformation_api.endpoint,
                aws_ca_bundle=local_aws.ca_bundle,
                answers_ca_bundle=box.ca_bundle,
                logs=root / "logs",
                environment=environment,
                warm_up=[_of_no_queue(box, region) for region in (PRIMARY, REPLICA)],
            ) as function,
        ):
            yield World(
                connect=emulator.control,
                local_aws=local_aws,
                parameter_store=parameter_store,
                cloudformation_api=cloudformation_api,
                box=box,
                function=function,
                logs=root / "logs",
            )


__all__ = [
    "BASELINE",
    "FLOW",
    "MEMBERS",
    "NAME",
    "NO_FLOW",
    "NO_NUMBER",
    "NUMBER",
    "Target",
    "World",
    "by_id",
    "number_arn",
    "over",
    "started",
]
