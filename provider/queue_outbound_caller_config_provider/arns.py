"""Ids and ARNs of Amazon Connect, parsed once into small values.

Forms (Amazon Connect API reference and service authorization reference):

- instance: `arn:PARTITION:connect:REGION:ACCOUNT:instance/INSTANCE`
- queue: `…:instance/INSTANCE/queue/QUEUE`
- flow: `…:instance/INSTANCE/contact-flow/FLOW`
- phone number, V2: `arn:PARTITION:connect:REGION:ACCOUNT:phone-number/NUMBER`; its Region is where it was claimed
- phone number, V1: `…:instance/INSTANCE/phone-number/NUMBER`; its Region is that of the instance that listed it

Ids are UUIDs. They are lower-cased, so that one queue has one physical id however it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from .errors import InvalidProperty, quote

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IS_UUID = re.compile(_UUID, re.IGNORECASE)
_IS_ARN = re.compile(
    r"arn:(?P<partition>[a-z][a-z0-9-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>[0-9]*):(?P<resource>.+)"
)
_IS_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")
_IS_ACCOUNT = re.compile(r"[0-9]{12}")
_IS_STACK = re.compile(r"arn:([a-z][a-z0-9-]*):cloudformation:([a-z0-9-]+):([0-9]{12}):stack/.+")
_IS_FUNCTION = re.compile(r"arn:([a-z][a-z0-9-]*):lambda:([a-z0-9-]+):([0-9]{12}):function:.+")
_IS_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_IS_UNQUOTED = re.compile(r"[1-9][0-9]{6,14}(\.0)?|[1-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}")
"""What YAML and JSON make of an E.164 number without quotes."""
_IS_LIKE_A_NUMBER = re.compile(r"[+0-9 ()./-]{4,}")

FAILED_CREATE = "/failed-create/"
"""Stands before the request's id in the physical id of a Create that failed."""
PHYSICAL_ID_SUFFIX = "/outbound-caller-config"
LEDGER_ROOT = "/queue-outbound-caller-config"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource lives: partition, Region and account are never assumed, always read."""

    partition: str
    region: str
    account: str

    def arn(self, resource: str) -> str:
        """Returns the ARN of a resource of Amazon Connect here."""
        return f"arn:{self.partition}:connect:{self.region}:{self.account}:{resource}"


def stack_place(stack_id: str) -> Place | None:
    """Returns where a stack is, by its id (an ARN); None for anything else."""
    match = _IS_STACK.fullmatch(stack_id)
    return Place(*match.groups()) if match else None


def function_place(arn: str) -> Place | None:
    """Returns where a Lambda function is, by its ARN; None for anything else."""
    match = _IS_FUNCTION.fullmatch(arn)
    return Place(*match.groups()) if match else None


def is_id(text: str) -> bool:
    """Tells whether a string is a resource id of Amazon Connect (a UUID)."""
    return _IS_UUID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Instance:
    """An Amazon Connect instance, named by its id (`place` is None) or its ARN."""

    id: str
    place: Place | None = None

    @classmethod
    def parse(cls, text: object, property: str = "InstanceId") -> Instance:
        """Returns the instance that an id or an ARN names; raises InvalidProperty for anything else."""
        place, (id,) = _parse(text, property, "instance", ("instance",))
        return cls(id, place)


@dataclass(frozen=True, slots=True)
class InstanceResource:
    """A queue or a flow as it was written: by id, or by an ARN that also names its instance and place."""

    id: str
    instance_id: str | None = None
    place: Place | None = None

    @classmethod
    def parse_queue(cls, text: object, property: str = "QueueId") -> InstanceResource:
        """Returns the queue that an id or an ARN names; raises InvalidProperty for anything else."""
        return cls._parse(text, property, "queue", "queue")

    @classmethod
    def parse_flow(cls, text: object, property: str = "OutboundFlowId") -> InstanceResource:
        """Returns the flow that an id or an ARN names; raises InvalidProperty for anything else."""
        return cls._parse(text, property, "flow", "contact-flow")

    @classmethod
    def _parse(cls, text: object, property: str, what: str, kind: str) -> InstanceResource:
        place, ids = _parse(text, property, what, ("instance", kind))
        return cls(ids[-1], ids[0] if place else None, place)


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue that a resource configures, with everything that its API calls, ARN and ledger need."""

    place: Place
    instance_id: str
    id: str

    @property
    def instance_arn(self) -> str:
        """The ARN of the queue's instance."""
        return self.place.arn(f"instance/{self.instance_id}")

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return f"{self.instance_arn}/queue/{self.id}"

    @property
    def physical_id(self) -> str:
        """The physical resource id: a contract, see CHANGELOG before changing it."""
        return self.arn + PHYSICAL_ID_SUFFIX

    @property
    def ledger_name(self) -> str:
        """The name of the SSM parameter, in the queue's Region, that holds its ledger."""
        return f"{LEDGER_ROOT}/{self.instance_id}/{self.id}"

    @classmethod
    def from_physical_id(cls, physical_id: str) -> Queue | None:
        """Returns the queue of a physical resource id, or None for an id that stands for nothing written."""
        if not physical_id.endswith(PHYSICAL_ID_SUFFIX):
            return None
        try:
            queue = InstanceResource.parse_queue(physical_id[: -len(PHYSICAL_ID_SUFFIX)])
        except InvalidProperty:
            return None
        if queue.place is None or queue.instance_id is None:
            return None
        return cls(queue.place, queue.instance_id, queue.id)

    @classmethod
    def resolve(cls, instance: Instance, queue: InstanceResource, default: Place) -> Queue:
        """Returns the queue in its place: that of the instance's ARN, else of the queue's, else `default`.

        Raises InvalidProperty when the two ARNs disagree on partition, Region, account or instance.
        """
        check_same_instance(instance, queue)
        return cls(instance.place or queue.place or default, instance.id, queue.id)


def check_same_instance(instance: Instance, queue: InstanceResource, property: str = "QueueId") -> None:
    """Raises InvalidProperty when the queue's ARN names another place or instance than the instance does."""
    if queue.place is None:
        return
    if instance.place is not None:
        _check_same_place(queue.place, instance.place, property, "the instance")
    if queue.instance_id != instance.id:
        raise InvalidProperty(
            property,
            f"is a queue of instance {queue.instance_id}, not of {instance.id}",
            "Give a queue of the instance that InstanceId names",
        )


def check_flow_of(queue: Queue, flow: InstanceResource, property: str = "OutboundFlowId") -> None:
    """Raises InvalidProperty when the flow's ARN names another place or instance than the queue's."""
    if flow.place is None:
        return
    _check_same_place(flow.place, queue.place, property, "the queue")
    if flow.instance_id != queue.instance_id:
        raise InvalidProperty(
            property,
            f"is a flow of instance {flow.instance_id}, not of {queue.instance_id}",
            "Give an outbound whisper flow of the queue's own instance",
        )


class NumberForm(Enum):
    """How a phone number is written."""

    V2 = "V2 ARN"
    V1 = "V1 ARN"
    UUID = "UUID"
    E164 = "E.164"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number as it was written.

    Attributes:
        form: which of the four forms it has.
        text: as it was written, ids in lower case.
        id: the resource id (UUID), None for E.164.
        place: of an ARN, else None.
    """

    form: NumberForm
    text: str
    id: str | None = None
    place: Place | None = None

    @classmethod
    def parse(cls, text: object, property: str = "OutboundCallerIdNumberId") -> PhoneNumber:
        """Returns the number that a V2 ARN, V1 ARN, UUID or E.164 text names; raises InvalidProperty otherwise."""
        unquoted = isinstance(text, int | float) and not isinstance(text, bool)
        value = _text(str(text) if unquoted else text, property, "phone number")
        if _IS_E164.fullmatch(value):
            return cls(NumberForm.E164, value)
        if _IS_UUID.fullmatch(value):
            return cls(NumberForm.UUID, value.lower(), value.lower())
        if unquoted or _IS_UNQUOTED.fullmatch(value):
            raise InvalidProperty(
                property,
                f"is '…{value[-4:]}', a phone number without its plus",
                'Put it in quotes, for example "+15551234567"',
            )
        if not value.startswith("arn:"):
            written = f"'…{value[-4:]}'" if _IS_LIKE_A_NUMBER.fullmatch(value) else quote(value)
            raise InvalidProperty(
                property,
                f"is {written}, which is no phone number ARN, UUID or E.164 number",
                "Write the number's ARN (ListPhoneNumbersV2 shows it), its id, or +15551234567",
            )
        place, resource = _parse_arn(value, property, "phone number")
        if match := re.fullmatch(rf"phone-number/({_UUID})", resource, re.IGNORECASE):
            id = match[1].lower()
            return cls(NumberForm.V2, place.arn(f"phone-number/{id}"), id, place)
        if match := re.fullmatch(rf"instance/({_UUID})/phone-number/({_UUID})", resource, re.IGNORECASE):
            instance_id, id = match[1].lower(), match[2].lower()
            return cls(NumberForm.V1, place.arn(f"instance/{instance_id}/phone-number/{id}"), id, place)
        raise InvalidProperty(
            property,
            f"is {quote(value)}, an ARN of something else than a phone number",
            "Write arn:…:phone-number/ID, as ListPhoneNumbersV2 shows it",
        )

    def check_usable_from(self, place: Place, property: str = "OutboundCallerIdNumberId") -> None:
        """Raises InvalidProperty when the number's ARN is of another partition or account; its Region may differ."""
        if self.place is None:
            return
        for what in ("partition", "account"):
            mine, theirs = getattr(self.place, what), getattr(place, what)
            if mine != theirs:
                raise InvalidProperty(
                    property,
                    f"is a number of {what} {mine}, but the queue is in {theirs}",
                    f"Give a number that is claimed in the queue's own {what}",
                )


def same_resource(one: str | None, other: str | None) -> bool:
    """Tells whether two ids or ARNs of numbers, or of flows, name the same resource, however each is written."""
    return resource_id(one) == resource_id(other)


def resource_id(text: str | None) -> str | None:
    """Returns the resource id of an id or ARN in lower case; None and "" are None."""
    return text.rpartition("/")[2].lower() if text else None


def _check_same_place(mine: Place, other: Place, property: str, whose: str) -> None:
    for what in ("partition", "region", "account"):
        if getattr(mine, what) != getattr(other, what):
            name = "Region" if what == "region" else what
            raise InvalidProperty(
                property,
                f"is of {name} {getattr(mine, what)}, but {whose} is of {getattr(other, what)}",
                f"Give one of the same {name}",
            )


def _text(value: object, property: str, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidProperty(property, f"is {quote(value)}, not a string", f"Give the {what} as text")
    if not value:
        raise InvalidProperty(property, "is empty", f"Give the {what}, or leave the property out if it is optional")
    return value


def _parse_arn(value: str, property: str, what: str) -> tuple[Place, str]:
    match = _IS_ARN.fullmatch(value)
    if (
        match is None
        or match["service"] != "connect"
        or not _IS_REGION.fullmatch(match["region"])
        or not _IS_ACCOUNT.fullmatch(match["account"])
    ):
        service = match["service"] if match else None
        problem = f"an ARN of {service}, not of connect" if service and service != "connect" else "no well-formed ARN"
        raise InvalidProperty(
            property,
            f"is {quote(value)}, {problem}",
            f"Write the {what}'s ARN (arn:PARTITION:connect:REGION:ACCOUNT:…) or its id",
        )
    return Place(match["partition"], match["region"], match["account"]), match["resource"]


def _parse(value: object, property: str, what: str, kinds: tuple[str, ...]) -> tuple[Place | None, tuple[str, ...]]:
    """Returns the place and the ids of an ARN whose path is `kinds[0]/ID/kinds[1]/ID…`, or (None, (id,)) of a bare id."""
    text = _text(value, property, what)
    if _IS_UUID.fullmatch(text):
        return None, (text.lower(),)
    if not text.startswith("arn:"):
        raise InvalidProperty(
            property,
            f"is {quote(text)}, which is no {what} id or ARN",
            f"Write the {what}'s id (a UUID) or its ARN",
        )
    place, resource = _parse_arn(text, property, what)
    match = re.fullmatch("/".join(f"{kind}/({_UUID})" for kind in kinds), resource, re.IGNORECASE)
    if match is None:
        raise InvalidProperty(
            property,
            f"is {quote(text)}, an ARN of something else than a {what}",
            f"Write {place.arn('/'.join(f'{kind}/ID' for kind in kinds))}",
        )
    return place, tuple(id.lower() for id in match.groups())
