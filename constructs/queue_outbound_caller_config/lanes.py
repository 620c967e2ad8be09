"""How many configs CloudFormation starts at once, and in which order.

CloudFormation starts all resources that depend on nothing unfinished, so hundreds of configs at once would fight for an API
that takes two requests a second. Here they are laid in lanes: each depends (`DependsOn`) on the one that is as many ranks
before it as there are lanes. `DependsOn` is no property, so a config that is added or removed makes CloudFormation update no
other. The function learns from its environment whose turn it is (`schedule.py` of the provider).

No cycle arises with the dependencies that the user has laid:

- A config that depends on nothing of the user's (*independent*) may stand before any other. Independent ones come first.
- A config that depends on something may stand before another one only if nothing depends on that other one (*referred to*).

For a cycle with a lane's edges would have to come back to a config with such an edge over one of the user's, and then from a
config that is referred to over a lane's edge to one that is not independent, which is never laid.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import jsii
from aws_cdk import CfnResource, IResolveContext, IStringProducer, Lazy
from queue_outbound_caller_config_provider.schedule import MOST_LANES, Schedule, lanes_for, to_variable

from . import bulk
from .bulk import Edge

UNSCHEDULED_LANES = 8
"""Lanes of configs whose provider is in another stack: its function cannot know the schedule of each stack that uses it, so
fewer are under way at once, and they find their pace by being refused now and then."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A config as its lanes see it.

    Attributes:
        resource: its resource in the template.
        region: where its calls go, if that is known at synthesis; each Region has a quota of its own.
        has_tokens: whether a property of it may depend on something else in the stack.
        is_referred_to: whether an attribute of it was handed out, so that something may depend on it.
    """

    resource: CfnResource
    region: str | None
    has_tokens: bool
    is_referred_to: Callable[[], bool]


class Lanes:
    """The lanes of the configs of one provider in one stack.

    They are laid while CDK prepares the templates, for only then it knows every dependency: when it resolves `variable`, or
    what `on_prepare` returned for the first config.

    Arguments:
        most: how many configs CloudFormation may have under way at once, for each Region that they call; None or 0: no limit.
        scheduled: whether the provider's function is told the schedule.
    """

    def __init__(self, most: int | None = MOST_LANES, *, scheduled: bool = True) -> None:
        self._most = (most or 0) if scheduled else min(most or 0, UNSCHEDULED_LANES)
        self._scheduled = scheduled
        self._members: list[Member] = []
        self._laid: set[Edge] = set()
        self._variable = ""
        self._is_laid = False
        self.harmless: Callable[[], Collection[CfnResource]] = frozenset
        """Resources that configs depend on, and that themselves depend on nothing of the user's."""
        self.when_preparing: Callable[[], None] = lambda: None
        """Done before the lanes are laid, once all aspects have been by."""

    def join(self, member: Member) -> None:
        """Adds a config. Where dependencies leave the choice, CloudFormation creates configs in the order of joining."""
        self._members.append(member)

    @property
    def variable(self) -> str:
        """A token for the value of the function's environment variable (`schedule.VARIABLE`)."""
        return Lazy.uncached_string(_Producer(self._lay, lambda: self._variable))

    def on_prepare(self, text: str) -> str:
        """Returns `text` for a config that is to join: for a template without the function, so without `variable`.

        The first config gets it as a token that has the lanes laid. One is enough: each would have them laid anew.
        """
        return text if self._members else Lazy.uncached_string(_Producer(self._lay, lambda: text))

    def laid(self) -> Collection[Edge]:
        """Returns the dependencies that the last synthesis has laid."""
        return self._laid

    def _lay(self, *, preparing: bool) -> None:
        """Makes the edges and the schedules what they are to be now."""
        if preparing:
            self.when_preparing()
        if not self._members or not self._most or (self._is_laid and not preparing):
            return
        self._is_laid = True
        places = self._places()
        edges: set[Edge] = set()
        schedules: list[Schedule] = []
        by_region: dict[str | None, list[_Place]] = {}
        for place in places:
            by_region.setdefault(place.member.region, []).append(place)
        for ranked in by_region.values():
            ranked.sort(key=lambda place: not place.is_independent)
            lanes = lanes_for(len(ranked), self._most)
            edges.update(_edges(ranked, lanes))
            if self._scheduled:
                schedules.append(Schedule.of([place.logical_id for place in ranked], self._most))
        bulk.change_dependencies(self._laid, edges)
        self._laid = edges
        self._variable = to_variable(schedules)

    def _places(self) -> list[_Place]:
        """Returns where each config stands among the dependencies that the user has laid."""
        resources = [member.resource for member in self._members]
        logical_ids = bulk.logical_ids(resources)
        depending: set[CfnResource | None] = set()
        targets: set[CfnResource | None] = set()
        harmless = self.harmless()
        for later, earlier in bulk.dependencies([*resources, *harmless]):
            if earlier not in harmless and (later, earlier) not in self._laid:
                depending.add(later)
                targets.add(earlier)
        return [
            _Place(
                member,
                logical_id,
                is_independent=not member.has_tokens and member.resource not in depending,
                is_referred_to=member.resource in targets or member.is_referred_to(),
            )
            for member, logical_id in zip(self._members, logical_ids, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Place:
    member: Member
    logical_id: str
    is_independent: bool
    is_referred_to: bool


def _edges(ranked: Sequence[_Place], lanes: int) -> Iterator[Edge]:
    for earlier, later in zip(ranked, ranked[lanes:], strict=False):
        if earlier.is_independent or not later.is_referred_to:
            yield later.member.resource, earlier.member.resource


@jsii.implements(IStringProducer)
class _Producer:
    """Lays the lanes when CDK asks for the value of a token."""

    def __init__(self, lay: Callable[..., None], value: Callable[[], str]) -> None:
        self._lay = lay
        self._value = value

    def produce(self, context: IResolveContext) -> str:
        self._lay(preparing=context.preparing)
        return self._value()
