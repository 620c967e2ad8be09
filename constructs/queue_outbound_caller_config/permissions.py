"""What the provider's role may do: exactly what the declared configs need. Everything here is pure.

Rules, from the service authorization reference of Amazon Connect and Systems Manager, and the administrator guide ("Allow or
Deny queue API actions for phone numbers in a replica Region"):

- IAM checks UpdateQueueOutboundCallerConfig against all that the request names: the queue, the flow, and the number in both
  ARN forms: V2 in the Region where it was claimed, V1 in the instance's Region under the instance.
- A field that is declared and never restored (CLEAR, RETAIN) is granted exactly. One that may come from the queue's baseline
  is granted by instance: its flows, its numbers (V1), the account's numbers (V2). Under CLEAR, what is not declared never
  reaches the API.
- **Size.** IAM takes 10,240 characters of inline policy for a role, and while a stack is updated the role has its old policy
  and its new one. So a policy has at most `LARGEST_POLICY` characters. As long as it would be larger, the instance with the
  most queues is granted as a whole: first its queues and ledgers (`queue/*`), and when that has been done to all, its flows
  and numbers. It never reaches beyond the declared instances (for numbers as V2 ARN, which name no instance, their account).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from queue_outbound_caller_config_provider.arns import LEDGER_ROOT

from .expressions import Expression, Text, join, longest, render, tokens_in

LARGEST_POLICY = 4_900
"""Characters: two of these, and the permission to write the function's log, stay within IAM's 10,240 for a role."""

_UPDATE = "connect:UpdateQueueOutboundCallerConfig"
_DESCRIBE_QUEUE = "connect:DescribeQueue"
_DESCRIBE_NUMBER = "connect:DescribePhoneNumber"
_DESCRIBE_GROUP = "connect:DescribeTrafficDistributionGroup"
_LIST_NUMBERS = "connect:ListPhoneNumbersV2"
_LIST_GROUPS = "connect:ListTrafficDistributionGroups"
_LEDGER = ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter")


class PolicyTooLarge(ValueError):
    """Even granted as a whole, the instances of one provider do not fit into IAM's inline policy."""


class Reach(Enum):
    """How far a field of the config reaches where it is not one exact resource."""

    NONE = "it never reaches the API"
    INSTANCE = "whatever of the instance the baseline may hold"


@dataclass(frozen=True, slots=True)
class Where:
    """Partition, Region and account, each a Text."""

    partition: Text
    region: Text
    account: Text

    def arn(self, resource: Text, *, service: str = "connect", region: Text | None = None) -> Text:
        """Returns the ARN of a resource here, or in another Region."""
        place = self.region if region is None else region
        return join("arn:", self.partition, f":{service}:", place, ":", self.account, ":", resource)


@dataclass(frozen=True, slots=True)
class InstanceScope:
    """An instance that permissions are granted on.

    Attributes:
        where: its place.
        id: its id.
        own_arn: its ARN, where it is given as one that only the deployment knows.
    """

    where: Where
    id: Text
    own_arn: Text | None = None


@dataclass(frozen=True, slots=True)
class ExactNumber:
    """One phone number: its id, and its V2 ARN where that is known."""

    id: Text
    v2_arn: Text | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What one config needs.

    Attributes:
        instance: the queue's instance, where it is.
        queue_id: the queue; None for all of the instance.
        flow: the id of the only flow that a write can carry, or how far it reaches.
        number: the only number, likewise.
        lookups: whether the function may have to look for the number.
        by_id: whether the declared number may be an id: then the function asks for its ARN where no write was needed.
    """

    instance: InstanceScope
    queue_id: Text | None
    flow: Text | Reach
    number: ExactNumber | Reach
    lookups: bool
    by_id: bool = False

    @property
    def texts(self) -> tuple[Text, ...]:
        """All that its ARNs are made of."""
        instance, number = self.instance, self.number
        place = (instance.where.partition, instance.where.region, instance.where.account)
        given = (*place, instance.id, instance.own_arn, self.queue_id, self.flow)
        numbers = (number.id, number.v2_arn) if isinstance(number, ExactNumber) else ()
        return tuple(text for text in (*given, *numbers) if isinstance(text, str | Expression))


def whole_instance(instance: InstanceScope) -> Grant:
    """Returns what any config on any queue of an instance may need."""
    return Grant(instance, None, Reach.INSTANCE, Reach.INSTANCE, lookups=True)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy: actions allowed on resources."""

    actions: tuple[str, ...]
    resources: tuple[Text, ...]

    def render(self) -> dict[str, object]:
        """Returns the statement as it stands in the template."""
        return {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": [render(resource) for resource in self.resources],
        }


class _Width(IntEnum):
    EXACT = 0
    ALL_QUEUES = 1
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class Apart:
    """A config whose policy may refer to no more than the config itself does, lest there be a circle.

    Attributes:
        grant: what it needs.
        condition: names the condition under which it is in the stack, with all that it refers to; None: it always is.
    """

    grant: Grant
    condition: int | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """The statements of a policy that refers to something.

    Attributes:
        statements: the statements.
        needed_by: the positions of the configs apart that need it, each of which refers to all that it refers to.
    """

    statements: list[Statement]
    needed_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """The statements of a role's policies.

    Attributes:
        shared: of the configs that are not apart.
        free: what those apart need that refers to nothing.
        bound: what else those apart need.
    """

    shared: list[Statement]
    free: list[Statement]
    bound: list[Bound]

    @property
    def size(self) -> int:
        """How many characters they have together, at most."""
        return sum(size(one) for one in (self.shared, self.free, *(bound.statements for bound in self.bound)) if one)


def policies(shared: Sequence[Grant], apart: Sequence[Apart] = (), largest: int = LARGEST_POLICY) -> Policies:
    """Returns the statements of a role's policies, together of at most `largest` characters.

    Raises PolicyTooLarge when the instances are too many for that.
    """
    grants = list(dict.fromkeys([*shared, *(one.grant for one in apart)]))
    instances = list(dict.fromkeys(grant.instance for grant in grants))
    width = dict.fromkeys(instances, _Width.EXACT)

    def found() -> Policies:
        return Policies(_statements(shared, width), *_apart(apart, width))

    if (exact := found()).size <= largest:
        return exact
    width.update(dict.fromkeys(instances, _Width.WHOLE))
    least = found()
    if least.size > largest:
        # A bare id is taken to be where its queue is, so that with queues that are tokens each counts as another instance.
        by_queue = any(map(tokens_in, (instance.where.region for instance in instances if not instance.own_arn)))
        raise PolicyTooLarge(
            f"a policy for these {len(instances)} instances would have {least.size} characters, and {largest} fit. "
            f"Give {'instance as an ARN, or ' if by_queue else ''}some of the configs a provider of their own: "
            "provider=QueueOutboundCallerConfigProvider(...)"
        )
    width.update(dict.fromkeys(instances, _Width.EXACT))
    queues = Counter(grant.instance for grant in grants)
    for wider in (_Width.ALL_QUEUES, _Width.WHOLE):
        for instance in sorted(instances, key=lambda one: -queues[one]):
            width[instance] = wider
            if (fitting := found()).size <= largest:
                return fitting
    return least


def statements(grants: Sequence[Grant], largest: int = LARGEST_POLICY) -> list[Statement]:
    """Returns the statements of one policy; see `policies`."""
    return policies(grants, largest=largest).shared


def _apart(configs: Sequence[Apart], width: Mapping[InstanceScope, _Width]) -> tuple[list[Statement], list[Bound]]:
    """Returns what configs apart need: what refers to nothing, and by what it refers to the rest."""
    free = _Allowed()
    bound: dict[tuple[int | None, frozenset[str]], tuple[_Allowed, list[int]]] = {}
    for position, config in enumerate(configs):
        needed = [
            (resource, statement.actions)
            for statement in _statements([config.grant], width)
            for resource in statement.resources
        ]
        referred_to = frozenset(token for resource, _ in needed for token in tokens_in(resource))
        if referred_to:
            own, needed_by = bound.setdefault((config.condition, referred_to), (_Allowed(), []))
            needed_by.append(position)
        for resource, actions in needed:
            (own if tokens_in(resource) else free).allow(resource, *actions)
    return free.statements(), [Bound(own.statements(), tuple(needed_by)) for own, needed_by in bound.values()]


def size(found: Iterable[Statement]) -> int:
    """Returns how many characters a policy can become; IAM does not count white space."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": statement.actions,
                "Resource": ["-" * longest(resource) for resource in statement.resources],
            }
            for statement in found
        ],
    }
    return len(json.dumps(document, separators=(",", ":")))


@dataclass(slots=True)
class _Allowed:
    """The actions allowed on each resource; what a wider resource covers is left out at the end."""

    actions: dict[Text, set[str]] = field(default_factory=dict)
    wider: dict[Text, tuple[Text, ...]] = field(default_factory=dict)

    def allow(self, resource: Text, *actions: str, within: tuple[Text, ...] = ()) -> None:
        self.actions.setdefault(resource, set()).update(actions)
        self.wider[resource] = tuple(wide for wide in within if wide != resource)

    def statements(self) -> list[Statement]:
        merged: dict[tuple[str, ...], list[Text]] = {}
        for resource, actions in self.actions.items():
            covered = {action for wide in self.wider[resource] for action in self.actions.get(wide, ())}
            if left := tuple(sorted(actions - covered)):
                merged.setdefault(left, []).append(resource)
        return [Statement(actions, tuple(resources)) for actions, resources in sorted(merged.items())]


def _statements(grants: Iterable[Grant], width: Mapping[InstanceScope, _Width]) -> list[Statement]:
    allowed = _Allowed()
    reaches: dict[InstanceScope, _Reaches] = {}
    for grant in grants:
        reach = reaches.get(grant.instance)
        if reach is None:
            reach = reaches[grant.instance] = _Reaches(grant.instance)
        _allow(allowed, grant, reach, width[grant.instance])
    return allowed.statements()


class _Reaches:
    """The ARNs of one instance, without the id at their end, and as patterns."""

    def __init__(self, instance: InstanceScope) -> None:
        where = instance.where
        base = instance.own_arn or where.arn(join("instance/", instance.id))
        self.queue = join(base, "/queue/")
        self.flow = join(base, "/contact-flow/")
        self.v1_number = join(base, "/phone-number/")
        # The Region of a number is that where it was claimed, which nobody knows here; likewise of a group.
        self.v2_number = where.arn("phone-number/", region="*")
        self.any_group = where.arn("traffic-distribution-group/*", region="*")
        self.ledger = where.arn(join(f"parameter{LEDGER_ROOT}/", instance.id, "/"), service="ssm")
        self.listed_numbers = where.arn("phone-number/*")
        self.listed_groups = where.arn("traffic-distribution-group/*")
        self.queues, self.flows, self.ledgers = (join(one, "*") for one in (self.queue, self.flow, self.ledger))
        self.v1_numbers, self.v2_numbers = (join(one, "*") for one in (self.v1_number, self.v2_number))


def _allow(allowed: _Allowed, grant: Grant, reach: _Reaches, width: _Width) -> None:
    queue_id = "*" if grant.queue_id is None or width >= _Width.ALL_QUEUES else grant.queue_id
    allowed.allow(join(reach.queue, queue_id), _DESCRIBE_QUEUE, _UPDATE, within=(reach.queues,))
    allowed.allow(join(reach.ledger, queue_id), *_LEDGER, within=(reach.ledgers,))
    if grant.flow is not Reach.NONE:
        flow = "*" if isinstance(grant.flow, Reach) or width >= _Width.WHOLE else grant.flow
        allowed.allow(join(reach.flow, flow), _UPDATE, within=(reach.flows,))
    if grant.number is not Reach.NONE:
        v2 = _allow_number(allowed, reach, grant.number if width < _Width.WHOLE else Reach.INSTANCE)
        both = grant.flow is not Reach.NONE
        if both or grant.by_id:
            allowed.allow(v2, _DESCRIBE_NUMBER, within=(reach.v2_numbers,))
        if both:
            # The function tells a missing number from a missing flow, so it asks which instance the number's group is of.
            # The group may be of any Region, and which one only the number's answer says.
            allowed.allow(reach.any_group, _DESCRIBE_GROUP)
    if grant.lookups:
        # Lists name no single resource: the reference allows nothing narrower than all numbers and all groups.
        allowed.allow(reach.listed_numbers, _LIST_NUMBERS)
        allowed.allow(reach.listed_groups, _LIST_GROUPS)


def _allow_number(allowed: _Allowed, reach: _Reaches, number: ExactNumber | Reach) -> Text:
    """Allows writes with a number and returns its V2 ARN."""
    if isinstance(number, ExactNumber):
        v1, v2 = join(reach.v1_number, number.id), number.v2_arn or join(reach.v2_number, number.id)
    else:
        v1, v2 = reach.v1_numbers, reach.v2_numbers
    allowed.allow(v1, _UPDATE, within=(reach.v1_numbers,))
    allowed.allow(v2, _UPDATE, within=(reach.v2_numbers,))
    return v2
