"""The properties of `Custom::ConnectQueueOutboundCallerConfig`, parsed once.

`ResourceProperties.parse` names every problem, not only the first. The parsers of single values are public, since the
CDK construct checks its concrete arguments with the same ones at synthesis.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from .arns import Instance, InstanceResource, NumberForm, PhoneNumber, Place, Queue, check_flow_of
from .config import CallerConfig, DeletionBehavior
from .errors import InvalidProperties, InvalidProperty, quote

_CLOUDFORMATIONS_OWN = ("ServiceToken", "ServiceTimeout")
PROPERTIES = ("InstanceId", "QueueId", "OutboundCallerConfig", "DeletionBehavior", "Revision")
CONFIG_PROPERTIES = ("OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId")
LONGEST_NAME = 255
"""Characters (code points) of OutboundCallerIdName, as botocore's model of the API has it."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Declared:
    """What the resource's owner declares: each field as parsed, None where it is left to the queue."""

    name: str | None = None
    number: PhoneNumber | None = None
    flow: InstanceResource | None = None

    @property
    def config(self) -> CallerConfig:
        """The declared fields as a config: the number as written, the flow by id."""
        return CallerConfig(
            self.name,
            self.number.text if self.number else None,
            self.flow.id if self.flow else None,
        )


@dataclass(frozen=True, slots=True)
class ResourceProperties:
    """The resource as its owner wrote it, every value checked."""

    queue: Queue
    declared: Declared
    deletion_behavior: DeletionBehavior
    digest: str = ""
    """Hash of the properties as they were written (`digest_of`)."""

    @classmethod
    def parse(cls, properties: Mapping[str, object], stack: Place) -> ResourceProperties:
        """Returns the parsed properties.

        Arguments:
            properties: `ResourceProperties` of a CloudFormation event.
            stack: where the stack is; bare ids are taken to be there.

        Raises InvalidProperties with every problem found.
        """
        attempt = _Attempts()
        attempt.problems += unknown_names(properties, (*PROPERTIES, *_CLOUDFORMATIONS_OWN))
        instance = attempt(lambda: Instance.parse(_required(properties, "InstanceId")))
        queue_as_written = attempt(lambda: InstanceResource.parse_queue(_required(properties, "QueueId")))
        behavior = attempt(lambda: parse_deletion_behavior(properties.get("DeletionBehavior", "RESTORE")))
        members = attempt(lambda: _members(_required(properties, "OutboundCallerConfig"))) or {}
        declared = _declared(members, attempt)
        if not attempt.problems and declared == Declared():
            attempt.problems.append(nothing_to_set())
        queue = None
        if instance and queue_as_written:
            queue = attempt(lambda: Queue.resolve(instance, queue_as_written, stack))
        if queue:
            attempt(lambda: check_declared_for(declared, queue))
        if attempt.problems or queue is None or behavior is None:
            raise InvalidProperties(attempt.problems)
        return cls(queue, declared, behavior, digest_of(properties))


class _Attempts:
    """Parses one value after the other and keeps each problem, so that all are told at once."""

    def __init__(self) -> None:
        self.problems: list[InvalidProperty] = []

    def __call__(self, parse: Callable[[], _T]) -> _T | None:
        try:
            return parse()
        except InvalidProperty as problem:
            self.problems.append(problem)
            return None


def _declared(members: Mapping[str, object], attempt: _Attempts) -> Declared:
    """Returns the declared fields of an OutboundCallerConfig."""
    attempt.problems += unknown_names(members, CONFIG_PROPERTIES, within="OutboundCallerConfig.")

    def member(property: str, parse: Callable[[object, str], _T]) -> _T | None:
        if property not in members:
            return None
        return attempt(lambda: parse(members[property], f"OutboundCallerConfig.{property}"))

    return Declared(
        member("OutboundCallerIdName", parse_name),
        member("OutboundCallerIdNumberId", PhoneNumber.parse),
        member("OutboundFlowId", InstanceResource.parse_flow),
    )


def digest_of(properties: Mapping[str, object]) -> str:
    """Returns a hash of the properties as they were written, by which an Update that takes the last one back is known."""
    written = {name: value for name, value in properties.items() if name not in _CLOUDFORMATIONS_OWN}
    return hashlib.blake2s(json.dumps(written, sort_keys=True).encode(errors="replace"), digest_size=8).hexdigest()


def check_declared_for(declared: Declared, queue: Queue) -> None:
    """Raises InvalidProperty when the declared number or flow cannot belong to the queue."""
    if declared.number:
        declared.number.check_usable_from(queue.place, "OutboundCallerConfig.OutboundCallerIdNumberId")
    if declared.flow:
        check_flow_of(queue, declared.flow, "OutboundCallerConfig.OutboundFlowId")


def parse_name(value: object, property: str = "OutboundCallerIdName") -> str:
    """Returns a caller ID name of 1 to 255 characters; raises InvalidProperty for anything else."""
    if not isinstance(value, str):
        raise InvalidProperty(property, f"is {quote(value)}, not a string", "Give the name as text")
    if not value:
        raise InvalidProperty(property, "is empty", "Give 1 to 255 characters, or leave the property out")
    if len(value) > LONGEST_NAME:
        raise InvalidProperty(property, f"has {len(value)} characters", "Give at most 255")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidProperty(property, "has a lone surrogate", "Give valid Unicode text") from None
    return value


def parse_deletion_behavior(value: object, property: str = "DeletionBehavior") -> DeletionBehavior:
    """Returns the deletion behavior that a text names; raises InvalidProperty for anything else."""
    try:
        return DeletionBehavior(str(value))
    except ValueError:
        raise InvalidProperty(property, f"is {quote(value)}", "Write RESTORE, CLEAR or RETAIN") from None


def refuse_v1(number: PhoneNumber, property: str = "OutboundCallerIdNumberId") -> None:
    """Raises InvalidProperty for a V1 ARN: what is concrete at synthesis must be written as a V2 ARN.

    The Region of a V1 ARN is that of the instance that listed the number, which need not be where it was claimed, so
    no V2 ARN can be made of its text (API page of UpdateQueueOutboundCallerConfig, "Important").
    """
    if number.form is NumberForm.V1:
        raise InvalidProperty(
            property,
            "is a V1 ARN (it has instance/ in its path), which Amazon Connect does not take here",
            f"Write the number's V2 ARN, as ListPhoneNumbersV2 shows it, or its id {number.id}",
        )


def nothing_to_set(property: str = "OutboundCallerConfig") -> InvalidProperty:
    """Returns the problem of a config that declares no field."""
    return InvalidProperty(property, "sets nothing", "Give at least one of " + ", ".join(CONFIG_PROPERTIES))


def unknown_names(properties: Iterable[str], known: tuple[str, ...], within: str = "") -> list[InvalidProperty]:
    """Returns a problem for each name that is not known: a misspelt property must never be ignored."""
    problems: list[InvalidProperty] = []
    for name in properties:
        if name not in known:
            import difflib  # noqa: PLC0415 - here, since only a mistake needs it and every cold start would pay for it

            alike = difflib.get_close_matches(name, known, n=1)
            fix = f"Did you mean {alike[0]}?" if alike else f"Known are {', '.join(known)}"
            problems.append(InvalidProperty(f"{within}{quote(name)[1:-1]}", "is not a property of this resource", fix))
    return problems


def _required(properties: Mapping[str, object], name: str) -> object:
    if name not in properties:
        raise InvalidProperty(name, "is missing", "Add it")
    return properties[name]


def _members(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InvalidProperty(
            "OutboundCallerConfig", f"is {quote(value)}, not an object", f"Give {', '.join(CONFIG_PROPERTIES)} in it"
        )
    return cast("dict[str, object]", value)
