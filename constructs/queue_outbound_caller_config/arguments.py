"""The construct's arguments, read once: the template's value of each, and its meaning if that is known at synthesis.

Each may be a string, an L1 construct, a `…Ref` interface of `aws_cdk.interfaces.aws_connect`, or a token. Concrete values are
checked with the provider's own parsers, so that synthesis and deployment say the same, and all problems of a resource are
told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from aws_cdk import IResolvable, Token
from aws_cdk.interfaces.aws_connect import IContactFlowRef, IInstanceRef, IPhoneNumberRef, IQueueRef
from constructs import Construct
from queue_outbound_caller_config_provider.arns import (
    Instance,
    InstanceResource,
    PhoneNumber,
    Place,
)
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote
from queue_outbound_caller_config_provider.properties import (
    CONFIG_PROPERTIES,
    parse_deletion_behavior,
    parse_name,
    refuse_v1,
)

from .tokens import DYNAMIC_REFERENCE, is_unresolved

InstanceArgument: TypeAlias = str | IInstanceRef | IResolvable
"""An instance: id, ARN, construct or token."""
QueueArgument: TypeAlias = str | IQueueRef | IResolvable
"""A queue: id, ARN, construct or token."""
NumberArgument: TypeAlias = str | IPhoneNumberRef | IResolvable
"""A phone number: V2 ARN, id, E.164, construct or token."""
FlowArgument: TypeAlias = str | IContactFlowRef | IResolvable
"""An outbound whisper flow: id, ARN, construct or token."""
NameArgument: TypeAlias = str | IResolvable
"""A caller ID name, or a token."""
BehaviorArgument: TypeAlias = DeletionBehavior | Literal["RESTORE", "CLEAR", "RETAIN"] | IResolvable
"""A deletion behavior, its name, or a token."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_FIELDS = ("outbound_caller_id_name", "outbound_caller_id_number", "outbound_flow")
_REFERENCES = {
    "instance": ("instance_ref", "instance_arn"),
    "queue": ("queue_ref", "queue_arn"),
    "phone number": ("phone_number_ref", "phone_number_arn"),
    "flow": ("contact_flow_ref", "contact_flow_arn"),
}
"""What L1 constructs and `…Ref` interfaces of each kind have: the reference, and the ARN in it."""


class InvalidArguments(ValueError):
    """Arguments of a construct cannot be used.

    Attributes:
        path: the construct's path.
        problems: every problem found; `property` in them is the Python argument.
    """

    def __init__(self, path: str, problems: list[InvalidProperty], *, what: str = "QueueOutboundCallerConfig") -> None:
        self.path = path
        self.problems = problems
        super().__init__(f"{what} {path}:" + "".join(f"\n  - {problem}" for problem in problems))


@dataclass(frozen=True, slots=True)
class Value(Generic[T_co]):
    """One argument.

    Attributes:
        text: its value in the template; it may be a token.
        parsed: what it means; None if only the deployment knows.
    """

    text: str
    parsed: T_co | None


@dataclass(frozen=True, slots=True)
class StackPlace:
    """Where a stack is, each part None if only the deployment knows."""

    partition: str | None = None
    region: str | None = None
    account: str | None = None

    def like(self, place: Place) -> Place:
        """Returns the place with what is unknown taken from another."""
        return Place(self.partition or place.partition, self.region or place.region, self.account or place.account)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one config, all that is concrete of them checked."""

    instance: Value[Instance]
    queue: Value[InstanceResource]
    name: Value[str] | None
    number: Value[PhoneNumber] | None
    flow: Value[InstanceResource] | None
    behavior: Value[DeletionBehavior]
    revision: Value[str] | None

    @classmethod
    def read(cls, path: Callable[[], str], stack: StackPlace, given: Mapping[str, Any]) -> Arguments:
        """Returns the arguments.

        Args:
            path: gives the construct's path, for an error.
            stack: the place of bare ids.
            given: by the construct's own names for them.

        Raises:
            InvalidArguments: with every problem found.
        """
        reader = _Reader(given)
        instance = reader.attempt(lambda: read_instance(given["instance"]))
        queue = reader.attempt(lambda: read_queue(given["queue"]))
        name = reader.optional("outbound_caller_id_name", "name", parse_name)
        number = reader.optional("outbound_caller_id_number", "phone number", _parse_number)
        flow = reader.optional("outbound_flow", "flow", InstanceResource.parse_flow)
        behavior = reader.attempt(
            lambda: _read(given["deletion_behavior"], "deletion_behavior", "behavior", parse_deletion_behavior)
        )
        revision = reader.optional("revision", "revision", lambda text, _: str(text))
        if all(given[argument] is None for argument in _FIELDS):
            names = " and ".join((", ".join(_FIELDS[:-1]), _FIELDS[-1]))
            reader.problems.append(InvalidProperty(names, "are all left out", "Give at least one of them"))
        if instance and queue:
            for check in _checks_together(instance, queue, number, flow, stack):
                reader.attempt(check)
        if reader.problems or instance is None or queue is None or behavior is None:
            raise InvalidArguments(path(), reader.problems)
        return cls(instance, queue, name, number, flow, behavior, revision)

    def properties(self, service_token: str) -> dict[str, object]:
        """Returns the properties of the resource in the template, but for its time-out."""
        members = dict(zip(CONFIG_PROPERTIES, (self.name, self.number, self.flow), strict=True))
        return {
            "ServiceToken": service_token,
            "InstanceId": self.instance.text,
            "QueueId": self.queue.text,
            "OutboundCallerConfig": {name: value.text for name, value in members.items() if value is not None},
            "DeletionBehavior": self.behavior.text,
            **({"Revision": self.revision.text} if self.revision else {}),
        }

    @property
    def has_tokens(self) -> bool:
        """Whether anything given may refer to another resource."""
        given = (self.instance, self.queue, self.name, self.number, self.flow, self.behavior, self.revision)
        return any(is_unresolved(value.text) for value in given if value is not None)

    @property
    def instance_id(self) -> str | None:
        """The instance's id, if it is known: the instance's ARN and the queue's agree."""
        if self.instance.parsed:
            return self.instance.parsed.id
        return self.queue.parsed.instance_id if self.queue.parsed else None

    @property
    def region(self) -> str | None:
        """The queue's Region, if an ARN says it."""
        for value in (self.instance, self.queue):
            if value.parsed is not None and value.parsed.place is not None:
                return value.parsed.place.region
        return None


class _Reader:
    """Gathers the problems of a construct's arguments."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.problems: list[InvalidProperty] = []

    def attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except InvalidProperty as problem:
            self.problems.append(problem)
            return None

    def optional(self, argument: str, what: str, parse: Callable[[object, str], T]) -> Value[T] | None:
        value = self._given[argument]
        return None if value is None else self.attempt(lambda: _read(value, argument, what, parse))


def read_instance(value: InstanceArgument, argument: str = "instance") -> Value[Instance]:
    """Returns an instance that is given by id, ARN, construct or token; raises InvalidProperty for anything else."""
    found = _read(value, argument, "instance", Instance.parse)
    if DYNAMIC_REFERENCE in found.text:
        raise dynamic_reference(argument)
    return found


def read_queue(value: QueueArgument, argument: str = "queue") -> Value[InstanceResource]:
    """Returns a queue that is given by id, ARN, construct or token; raises InvalidProperty for anything else."""
    return _read(value, argument, "queue", InstanceResource.parse_queue)


def dynamic_reference(argument: str) -> InvalidProperty:
    """Returns the problem of a dynamic reference where the function's policy needs a part of the value."""
    return InvalidProperty(
        argument,
        "is a dynamic reference ({{resolve:…}}), which CloudFormation resolves too late for the function's policy",
        "Use a parameter of type AWS::SSM::Parameter::Value (StringParameter.value_for_string_parameter without a version)",
    )


def _parse_number(text: object, argument: str) -> PhoneNumber:
    number = PhoneNumber.parse(text, argument)
    refuse_v1(number, argument)
    return number


def _read(value: object, argument: str, what: str, parse: Callable[[object, str], T]) -> Value[T]:
    if isinstance(value, str):
        if is_unresolved(value):
            return Value(value, None)
        parsed = parse(value, argument)
        return Value(value.value if isinstance(value, DeletionBehavior) else value, parsed)
    for kind, (reference, arn) in _REFERENCES.items():
        found = getattr(value, reference, None)
        if found is None:
            continue
        if kind != what:
            raise InvalidProperty(argument, f"is a {kind} ({type(value).__name__})", f"Give the {what}")
        text = str(getattr(found, arn))
        return Value(text, None if is_unresolved(text) else parse(text, argument))
    if _is_resolvable(value):
        return Value(Token.as_string(value), None)
    forms = " or a construct" if what in _REFERENCES else ""
    raise InvalidProperty(
        argument, f"is {quote(value)}, of type {type(value).__name__}", f"Give the {what} as a string{forms}"
    )


def _is_resolvable(value: object) -> bool:
    """Returns whether a value is the CDK's IResolvable; a stack can resolve others, but is not one."""
    is_cdks = hasattr(value, "__jsii_ref__") or hasattr(type(value), "__jsii_ifaces__")
    return is_cdks and not isinstance(value, Construct) and callable(getattr(value, "resolve", None))


def _checks_together(
    instance: Value[Instance],
    queue: Value[InstanceResource],
    number: Value[PhoneNumber] | None,
    flow: Value[InstanceResource] | None,
    stack: StackPlace,
) -> list[Callable[[], None]]:
    """Returns the checks of what is concrete against what else is."""
    one, other = instance.parsed, queue.parsed
    known = (one and one.place) or (other and other.place)
    # A bare id is in the stack's place. Of a token only the account is certain: that of the stack.
    elsewhere = stack if one and other else StackPlace(account=stack.account)
    place = StackPlace(known.partition, known.region, known.account) if known else elsewhere
    instance_id = (one and one.id) or (other and other.instance_id)
    checks: list[Callable[[], None]] = []
    if known and stack.account and known.account != stack.account:
        checks.append(lambda: _refuse_account(known.account, stack, "instance" if one and one.place else "queue"))
    if one and other:
        checks.append(lambda: other.check_belongs_to(one, "queue"))
    the_number = number.parsed if number else None
    if the_number and the_number.place:
        near = place.like(the_number.place)
        checks.append(lambda: the_number.check_usable_from(near, "outbound_caller_id_number"))
    the_flow = flow.parsed if flow else None
    if the_flow and the_flow.place:
        its_instance = Instance(instance_id or the_flow.instance_id or "", place.like(the_flow.place))
        checks.append(lambda: the_flow.check_belongs_to(its_instance, "outbound_flow"))
    return checks


def _refuse_account(account: str, stack: StackPlace, argument: str) -> None:
    problem = f"is of account {account}, but the stack is in {stack.account}"
    fix = "A stack sets queues of its own account alone: declare it in a stack of that account"
    raise InvalidProperty(argument, problem, fix)
