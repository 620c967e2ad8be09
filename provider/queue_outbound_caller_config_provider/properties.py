"""The properties of `Custom::ConnectQueueOutboundCallerConfig`, parsed once.

`ResourceProperties.parse` names every problem, not only the first. The parsers of single values are public, since the
CDK construct checks its concrete arguments with the same ones at synthesis.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from .arns import Instance, InstanceResource, NumberForm, PhoneNumber, Place, Queue, non_empty_string
from .config import PROPERTY_OF, CallerConfig, DeletionBehavior
from .errors import InvalidProperties, InvalidProperty, quote

_CLOUDFORMATIONS_OWN = ("ServiceToken", "ServiceTimeout")
PROPERTIES = ("InstanceId", "QueueId", "OutboundCallerConfig", "DeletionBehavior", "Revision")
CONFIG_PROPERTIES = tuple(PROPERTY_OF.values())
LONGEST_NAME = 255
"""Characters (code points) of OutboundCallerIdName, as botocore's model of the API has it."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ResourceProperties:
    """The resource as its owner wrote it, every value checked.

    Attributes:
        queue: Which queue it configures.
        declared: The declared fields, the number as written, the flow by id; None is left to the queue.
        number: The declared number.
        deletion_behavior: What the queue is left with when its final owner is removed.
        digest: Hash of the properties as they were written (`digest_of`).
    """

    queue: Queue
    declared: CallerConfig
    number: PhoneNumber | None
    deletion_behavior: DeletionBehavior
    digest: str

    @classmethod
    def parse(cls, properties: Mapping[str, object], stack: Place) -> "ResourceProperties":
        """Returns the parsed properties.

        Args:
            properties: `ResourceProperties` of a CloudFormation event.
            stack: Where the stack is; bare ids are taken to be there.

        Raises:
            InvalidProperties: Every problem that was found.
        """
        reader = _Reader(properties, (*PROPERTIES, *_CLOUDFORMATIONS_OWN))
        instance = reader.required("InstanceId", Instance.parse)
        queue = reader.required("QueueId", InstanceResource.parse_queue)
        behavior = reader.optional("DeletionBehavior", parse_deletion_behavior) or DeletionBehavior.RESTORE
        members = reader.required("OutboundCallerConfig", _members)
        fields = _Reader(members or {}, CONFIG_PROPERTIES, "OutboundCallerConfig.")
        name = fields.optional("OutboundCallerIdName", parse_name)
        number = fields.optional("OutboundCallerIdNumberId", PhoneNumber.parse)
        flow = fields.optional("OutboundFlowId", InstanceResource.parse_flow)
        target = fields.attempt(lambda: Queue.resolve(instance, queue, stack)) if instance and queue else None
        if target and number:
            fields.attempt(
                lambda: number.check_usable_from(target.place, "OutboundCallerConfig.OutboundCallerIdNumberId")
            )
        if target and flow:
            of_queue = Instance(target.instance_id, target.place)
            fields.attempt(lambda: flow.check_belongs_to(of_queue, "OutboundCallerConfig.OutboundFlowId"))
        problems = reader.problems + fields.problems
        if problems or target is None:
            raise InvalidProperties(problems)
        declared = CallerConfig(name, number.text if number else None, flow.id if flow else None)
        return cls(target, declared, number, behavior, digest_of(properties))


class _Reader:
    """Reads one property after the other and keeps each problem, so that all are reported at once.

    Args:
        given: The properties.
        known: The names that they may have: a misspelt property must never be ignored.
        within: What comes before a name in a message.
    """

    def __init__(self, given: Mapping[str, object], known: tuple[str, ...], within: str = "") -> None:
        self._given = given
        self._within = within
        self.problems = [_unknown(name, known, within) for name in given if name not in known]

    def required(self, name: str, parse: Callable[[object, str], _T]) -> _T | None:
        if name not in self._given:
            self.problems.append(InvalidProperty(name, "is missing", "Add it"))
        return self.optional(name, parse)

    def optional(self, name: str, parse: Callable[[object, str], _T]) -> _T | None:
        return self.attempt(lambda: parse(self._given[name], self._within + name)) if name in self._given else None

    def attempt(self, parse: Callable[[], _T]) -> _T | None:
        try:
            return parse()
        except InvalidProperty as problem:
            self.problems.append(problem)
            return None


def digest_of(properties: Mapping[str, object]) -> str:
    """Returns a hash of the properties as they were written, by which an Update that reverts the newest one is known."""
    written = {name: value for name, value in properties.items() if name not in _CLOUDFORMATIONS_OWN}
    return hashlib.blake2s(json.dumps(written, sort_keys=True).encode(errors="replace"), digest_size=8).hexdigest()


def parse_name(value: object, property: str = "OutboundCallerIdName") -> str:
    """Returns a caller ID name of 1 to 255 characters; raises InvalidProperty for anything else."""
    name = non_empty_string(value, property)
    if len(name) > LONGEST_NAME:
        raise InvalidProperty(property, f"has {len(name)} characters", "Give 1 to 255")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidProperty(property, "has a lone surrogate", "Give a string of valid Unicode") from None
    return name


def parse_deletion_behavior(value: object, property: str = "DeletionBehavior") -> DeletionBehavior:
    """Returns the deletion behavior that a string names; raises InvalidProperty for anything else."""
    try:
        return DeletionBehavior(str(value))
    except ValueError:
        raise InvalidProperty(property, f"is {quote(value)}", "Write RESTORE, CLEAR or RETAIN") from None


def refuse_v1(number: PhoneNumber, property: str = "OutboundCallerIdNumberId") -> None:
    """Raises InvalidProperty for a V1 ARN: a number that is known at synthesis must be written as a V2 ARN.

    The Region of a V1 ARN is that of the instance that listed the number, which need not be where it was claimed, so
    no V2 ARN can be made of it (API page of UpdateQueueOutboundCallerConfig, "Important").
    """
    if number.form is NumberForm.V1:
        problem = "is a V1 ARN (it has instance/ in its path), which Amazon Connect does not accept here"
        fix = f"Write the number's V2 ARN, as ListPhoneNumbersV2 shows it, or its id {number.id}"
        raise InvalidProperty(property, problem, fix)


def _unknown(name: str, known: tuple[str, ...], within: str) -> InvalidProperty:
    """Returns the problem of a property that there is not."""
    import difflib  # noqa: PLC0415 - here, since only a mistake needs it and every cold start would pay for it

    alike = difflib.get_close_matches(name, known, n=1)
    fix = f"Did you mean {alike[0]}?" if alike else f"Valid names are {', '.join(known)}"
    return InvalidProperty(f"{within}{quote(name)[1:-1]}", "is not a property of this resource", fix)


def _members(value: object, property: str) -> Mapping[str, object]:
    known = ", ".join(CONFIG_PROPERTIES)
    if not isinstance(value, dict):
        raise InvalidProperty(property, f"is {quote(value)}, not an object", f"Write an object with {known}")
    if not value:
        raise InvalidProperty(property, "sets nothing", f"Give at least one of {known}")
    return cast("dict[str, object]", value)
