"""Ids and ARNs of Amazon Connect, parsed once into small values.

Forms (Amazon Connect API reference and service authorization reference):

- instance: `arn:PARTITION:connect:REGION:ACCOUNT:instance/INSTANCE`
- queue: `…:instance/INSTANCE/queue/QUEUE`
- flow: `…:instance/INSTANCE/contact-flow/FLOW`
- phone number, V2: `arn:PARTITION:connect:REGION:ACCOUNT:phone-number/NUMBER`; its Region is where it was claimed
- phone number, V1: `…:instance/INSTANCE/phone-number/NUMBER`; its Region is that of the instance that listed it

Ids are UUIDs. They are lower-cased, so that one queue has one physical id however it was written.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import unquote

from .errors import InvalidProperty, quote

_UUID = r"(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_PLACE = r"arn:([a-z][a-z0-9-]*):{service}:([a-z]+(?:-[a-z]+)+-[0-9]+):([0-9]{{12}}):"
_PATHS = {"instance": "instance/ID", "queue": "instance/ID/queue/ID", "flow": "instance/ID/contact-flow/ID"}
_IS_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_IS_UNQUOTED = re.compile(r"[1-9][0-9]{6,14}(\.0)?|[1-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}")
"""What YAML and JSON make of an E.164 number without quotes."""

FAILED_CREATE = "/failed-create/"
"""Comes before the request's id in the physical id of a Create that failed."""
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
    return _parse_arn(stack_id, "cloudformation", "stack/.+")[0]


def function_place(arn: str) -> Place | None:
    """Returns where a Lambda function is, by its ARN; None for anything else."""
    return _parse_arn(arn, "lambda", "function:.+")[0]


def is_id(text: str) -> bool:
    """Tells whether a string is a resource id of Amazon Connect (a UUID)."""
    return re.fullmatch(_UUID, text) is not None


@dataclass(frozen=True, slots=True)
class Instance:
    """An Amazon Connect instance, named by its id (`place` is None) or its ARN."""

    id: str
    place: Place | None = None

    @classmethod
    def parse(cls, text: object, property: str = "InstanceId") -> "Instance":
        """Returns the instance that an id or an ARN names; raises InvalidProperty for anything else."""
        named = _parse(text, property, "instance")
        return cls(named.id, named.place)


@dataclass(frozen=True, slots=True)
class InstanceResource:
    """A queue or a flow as it was written: by id, or by an ARN that also names its instance and place."""

    id: str
    instance_id: str | None = None
    place: Place | None = None

    @staticmethod
    def parse_queue(text: object, property: str = "QueueId") -> "InstanceResource":
        """Returns the queue that an id or an ARN names; raises InvalidProperty for anything else."""
        return _parse(text, property, "queue")

    @staticmethod
    def parse_flow(text: object, property: str = "OutboundFlowId") -> "InstanceResource":
        """Returns the flow that an id or an ARN names; raises InvalidProperty for anything else."""
        return _parse(text, property, "flow")

    def check_belongs_to(self, instance: Instance, property: str) -> None:
        """Raises InvalidProperty if the ARN names another place or another instance than `instance`."""
        if self.place is None:
            return
        if instance.place is not None:
            _check_same(property, "partition", self.place.partition, instance.place.partition)
            _check_same(property, "Region", self.place.region, instance.place.region)
            _check_same(property, "account", self.place.account, instance.place.account)
        _check_same(property, "instance", self.instance_id, instance.id)


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue that a resource configures, with everything that its API calls, ARN and ledger need."""

    place: Place
    instance_id: str
    id: str

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return self.place.arn(f"instance/{self.instance_id}/queue/{self.id}")

    @property
    def physical_id(self) -> str:
        """The physical resource id: a contract, see CHANGELOG before changing it."""
        return self.arn + PHYSICAL_ID_SUFFIX

    @property
    def ledger_name(self) -> str:
        """The name of the SSM parameter, in the queue's Region, that holds its ledger."""
        return f"{LEDGER_ROOT}/{self.instance_id}/{self.id}"

    @classmethod
    def from_physical_id(cls, physical_id: str) -> "Queue | None":
        """Returns the queue of a physical resource id; None for an id of a resource that configures nothing."""
        place, ids = _parse_arn(physical_id, "connect", _PATHS["queue"] + PHYSICAL_ID_SUFFIX)
        return cls(place, *ids) if place else None

    def in_region(self, region: str) -> "Queue":
        """Returns the queue with the same ids in another Region: its replica, if there is one."""
        return replace(self, place=replace(self.place, region=region))

    @classmethod
    def resolve(cls, instance: Instance, queue: InstanceResource, default: Place) -> "Queue":
        """Returns the queue in its place: that of the instance's ARN, else of the queue's, else `default`.

        Raises InvalidProperty if the two ARNs disagree on partition, Region, account or instance.
        """
        queue.check_belongs_to(instance, "QueueId")
        return cls(instance.place or queue.place or default, instance.id, queue.id)


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
        form: Which of the four forms it has.
        text: As it was written, ids in lower case.
        id: The resource id (UUID), None for E.164.
        place: Of an ARN, else None.
    """

    form: NumberForm
    text: str
    id: str | None = None
    place: Place | None = None

    @classmethod
    def parse(cls, text: object, property: str = "OutboundCallerIdNumberId") -> "PhoneNumber":
        """Returns the number that a V2 ARN, V1 ARN, UUID or E.164 string names; raises InvalidProperty otherwise."""
        unquoted = isinstance(text, int | float) and not isinstance(text, bool)
        value = non_empty_string(str(text) if unquoted else text, property)
        if _IS_E164.fullmatch(value):
            return cls(NumberForm.E164, value)
        if is_id(value):
            return cls(NumberForm.UUID, value.lower(), value.lower())
        for form, path in ((NumberForm.V2, "phone-number/ID"), (NumberForm.V1, "instance/ID/phone-number/ID")):
            place, ids = _parse_arn(value, "connect", path)
            if place is not None:
                return cls(form, value.lower(), ids[-1], place)
        if unquoted or _IS_UNQUOTED.fullmatch(value):
            fix = 'Put it in quotes, for example "+15551234567"'
            raise InvalidProperty(property, f"is '…{value[-4:]}', a phone number without its plus", fix)
        problem = f"is {quote(value, 40)}, which is not a phone number ARN, UUID or E.164 number"
        fix = "Write arn:…:phone-number/ID (ListPhoneNumbersV2 shows it), its id, or +15551234567"
        raise InvalidProperty(property, problem, fix)

    @property
    def masked(self) -> str:
        """The number for a message or a log line: its id, or the last four digits."""
        return self.id or f"…{self.text[-4:]}"

    def check_usable_from(self, place: Place, property: str = "OutboundCallerIdNumberId") -> None:
        """Raises InvalidProperty if the number's ARN is of another partition or account; its Region may differ."""
        if self.place is not None:
            _check_same(property, "partition", self.place.partition, place.partition)
            _check_same(property, "account", self.place.account, place.account)


def same_resource(one: str | None, other: str | None) -> bool:
    """Tells whether two ids or ARNs of numbers, or of flows, name the same resource, however each is written."""
    return resource_id(one) == resource_id(other)


def resource_id(text: str | None) -> str | None:
    """Returns the resource id of an id or ARN in lower case; None and "" are None."""
    return text.rpartition("/")[2].lower() if text else None


def id_in_request(text: object) -> str | None:
    """Returns the resource id in a request that CloudTrail shows: there is an id, an ARN, or an ARN in percent-encoding."""
    return resource_id(unquote(text)) if isinstance(text, str) else None


def non_empty_string(value: object, property: str) -> str:
    """Returns a value that is a string and not empty; raises InvalidProperty for anything else."""
    if not isinstance(value, str):
        raise InvalidProperty(property, f"is {quote(value)}, not a string", "Write it as a string")
    if not value:
        raise InvalidProperty(property, "is empty", "Give it a value, or leave the property out if it is optional")
    return value


def _check_same(property: str, what: str, given: str | None, needed: str) -> None:
    if given != needed:
        problem = f"is of {what} {given}, but must be of {needed}"
        raise InvalidProperty(property, problem, f"Give one of the same {what}")


def _parse(value: object, property: str, kind: str) -> InstanceResource:
    """Returns what an id or an ARN of this kind (a key of `_PATHS`) names; raises InvalidProperty for anything else."""
    text = non_empty_string(value, property)
    if is_id(text):
        return InstanceResource(text.lower())
    place, ids = _parse_arn(text, "connect", _PATHS[kind])
    if place is None:
        problem = f"is {quote(text)}, which is not a valid {kind} id or ARN"
        fix = f"Write its id (a UUID) or arn:PARTITION:connect:REGION:ACCOUNT:{_PATHS[kind]}"
        raise InvalidProperty(property, problem, fix)
    return InstanceResource(ids[-1], ids[0], place)


def _parse_arn(text: str, service: str, path: str) -> tuple[Place | None, list[str]]:
    """Returns the place of an ARN and the ids in its path; no place if the ARN or its path is another one.

    Args:
        text: The ARN.
        service: Its service.
        path: Its resource, as a pattern; each `ID` in it is a UUID.
    """
    match = re.fullmatch(_PLACE.format(service=service) + path.replace("ID", f"({_UUID})"), text)
    if match is None:
        return None, []
    partition, region, account, *ids = match.groups()
    return Place(partition, region, account), [id.lower() for id in ids]
