"""The construct's arguments, read once: the template's value of each, and its meaning if that is known at synthesis.

Each may be a string, an L1 construct, a `…Ref` interface of `aws_cdk.interfaces.aws_connect`, or a token. Concrete values are
checked with the provider's own parsers, so that synthesis and deployment say the same, and all problems of a resource are
told at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Literal, Self, TypeAlias, TypeVar

from aws_cdk import IResolvable, Token
from aws_cdk.interfaces.aws_connect import IContactFlowRef, IInstanceRef, IPhoneNumberRef, IQueueRef
from constructs import Construct
from queue_outbound_caller_config_provider import properties
from queue_outbound_caller_config_provider.arns import Instance, InstanceResource, PhoneNumber, Place
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote

InstanceArgument: TypeAlias = str | IInstanceRef | IResolvable
"""An instance: id, ARN, construct or token."""
InstancesArgument: TypeAlias = Sequence[InstanceArgument] | None
"""Instances; None: not told."""
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

DYNAMIC_REFERENCE = "{{resolve:"
_UNKNOWN = ("${Token[", DYNAMIC_REFERENCE, "dummy-value-for-")
"""A CDK token; a dynamic reference, which CloudFormation resolves; what a context lookup returns before it has run."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Parse: TypeAlias = Callable[[object, str], T]
"""Returns what a string means; told what an error is to name."""

FIELDS = {"outbound_caller_id_name": "name", "outbound_caller_id_number": "number", "outbound_flow": "flow"}
"""The arguments of which one is given, and what they are called here."""

_REFERENCES = {"instance": "instance", "queue": "queue", "phone number": "phone_number", "flow": "contact_flow"}
"""What L1 constructs and `…Ref` interfaces call each kind: they have a reference `KIND_ref` with a `KIND_arn` in it."""


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


class Problems(list[InvalidProperty]):
    """The problems of a construct's arguments, gathered so that all are told at once."""

    def add(self, property: str, problem: str, fix: str) -> None:
        """Adds a problem."""
        self.append(InvalidProperty(property, problem, fix))

    def attempt(self, read: Callable[..., T], *given: object) -> T | None:
        """Returns what a function returns; None if it raises a problem."""
        try:
            return read(*given)
        except InvalidProperty as problem:
            self.append(problem)
            return None


@contextmanager
def told_of(what: str, path: Callable[[], str]) -> Iterator[Problems]:
    """Has the problems of a construct's arguments reach the user, in the end, as InvalidArguments."""
    problems = Problems()
    try:
        yield problems
    except InvalidProperty as problem:
        problems.append(problem)
    if problems:
        raise InvalidArguments(path(), problems, what=what)


@dataclass(frozen=True, slots=True)
class Value(Generic[T_co]):
    """One argument.

    Attributes:
        text: its value in the template; it may be a token.
        parsed: what it means; None if only the deployment knows.
    """

    text: str
    parsed: T_co | None

    @property
    def id(self) -> str | None:
        """The id of the resource that it names, if that is known."""
        return getattr(self.parsed, "id", None)


@dataclass(frozen=True, slots=True)
class StackPlace:
    """Where a stack is, each part None if only the deployment knows."""

    partition: str | None = None
    region: str | None = None
    account: str | None = None

    def conflict(self, other: "StackPlace | Place") -> str | None:
        """Says what another place is of if it is known not to be this one, a stack's."""
        for part in ("partition", "Region", "account"):
            mine, theirs = getattr(self, part.lower()), getattr(other, part.lower())
            if mine and theirs and mine != theirs:
                return f"of {part} {theirs}, but the stack is in {mine}"
        return None

    def check_account(self, place: Place | None, argument: str, problems: Problems) -> None:
        """Adds a problem if a resource is known to be of another account or partition than the stack."""
        if place and (conflict := StackPlace(self.partition, None, self.account).conflict(place)):
            fix = "A stack sets queues of its own account alone: declare it in a stack of that account"
            problems.add(argument, f"is {conflict}", fix)

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
    def read(cls, given: Mapping[str, Any], stack: StackPlace, problems: Problems) -> Self:
        """Returns the arguments.

        Args:
            given: by the construct's own names for them.
            stack: the place of bare ids.
            problems: gets every problem found.
        """

        def required(argument: str, what: str, parse: Parse[T]) -> Value[T]:
            return problems.attempt(read, given[argument], argument, what, parse) or Value("", None)

        def optional(argument: str, what: str, parse: Parse[T]) -> Value[T] | None:
            return None if given[argument] is None else required(argument, what, parse)

        made = cls(
            required("instance", "instance", Instance.parse),
            required("queue", "queue", InstanceResource.parse_queue),
            optional("outbound_caller_id_name", "name", properties.parse_name),
            optional("outbound_caller_id_number", "phone number", _parse_number),
            optional("outbound_flow", "flow", InstanceResource.parse_flow),
            required("deletion_behavior", "behavior", properties.parse_deletion_behavior),
            optional("revision", "revision", lambda text, _: str(text)),
        )
        if not (made.name or made.number or made.flow):
            fields = "outbound_caller_id_name, outbound_caller_id_number and outbound_flow"
            problems.add(fields, "are all left out", "Give at least one of them")
        made._check_together(stack, problems)
        return made

    def _check_together(self, stack: StackPlace, problems: Problems) -> None:
        """Checks what is concrete against what else is."""
        one, other, known = self.instance.parsed, self.queue.parsed, self.place
        stack.check_account(known, "instance" if one and one.place else "queue", problems)
        if one and other:
            problems.attempt(other.check_belongs_to, one, "queue")
        # A bare id is in the stack's place. Of a token only the account is certain: that of the stack.
        bare = stack if one and other else StackPlace(account=stack.account)
        number = self.number and self.number.parsed
        if number and number.place:
            problems.attempt(number.check_usable_from, known or bare.like(number.place), "outbound_caller_id_number")
        flow = self.flow and self.flow.parsed
        if flow and flow.place:
            instance = Instance(self.instance_id or flow.instance_id or "", known or bare.like(flow.place))
            problems.attempt(flow.check_belongs_to, instance, "outbound_flow")

    def properties(self) -> dict[str, object]:
        """Returns the properties of the resource in the template, but for what is CloudFormation's own."""
        members = dict(zip(properties.CONFIG_PROPERTIES, (self.name, self.number, self.flow), strict=True))
        return {
            "InstanceId": self.instance.text,
            "QueueId": self.queue.text,
            "OutboundCallerConfig": {name: value.text for name, value in members.items() if value is not None},
            "DeletionBehavior": self.behavior.text,
            **({"Revision": self.revision.text} if self.revision else {}),
        }

    @property
    def instance_id(self) -> str | None:
        """The instance's id, if it is known: the instance's ARN and the queue's agree."""
        return self.instance.id or getattr(self.queue.parsed, "instance_id", None)

    @property
    def place(self) -> Place | None:
        """The place that the instance's ARN names, otherwise the queue's."""
        return next((value.place for value in (self.instance.parsed, self.queue.parsed) if value and value.place), None)


def is_unresolved(text: str) -> bool:
    """Tells whether only the deployment knows what a string is."""
    return any(mark in text for mark in _UNKNOWN)


def read(value: object, argument: str, what: str, parse: Parse[T]) -> Value[T]:
    """Returns an argument that is given as a string, construct or token; raises InvalidProperty for anything else."""
    text = _text_of(value, argument, what)
    return Value(text, None if is_unresolved(text) else parse(text, argument))


def _text_of(value: object, argument: str, what: str) -> str:
    """Returns what the template has for a token or a construct."""
    if isinstance(value, str):
        return str(value)  # of an enum too
    for kind, name in _REFERENCES.items():
        found = getattr(value, f"{name}_ref", None)
        if found is not None and kind != what:
            raise InvalidProperty(argument, f"is of kind {kind} ({type(value).__name__})", f"Give the {what}")
        if found is not None:
            return str(getattr(found, f"{name}_arn"))
    # A stack can resolve others, but is not the CDK's IResolvable.
    is_cdks = hasattr(value, "__jsii_ref__") or hasattr(type(value), "__jsii_ifaces__")
    if is_cdks and not isinstance(value, Construct) and callable(getattr(value, "resolve", None)):
        return Token.as_string(value)
    forms = " or a construct" if what in _REFERENCES else ""
    problem = f"is {quote(value)}, of type {type(value).__name__}"
    raise InvalidProperty(argument, problem, f"Give the {what} as a string{forms}")


def _parse_number(text: object, argument: str) -> PhoneNumber:
    number = PhoneNumber.parse(text, argument)
    properties.refuse_v1(number, argument)
    return number
