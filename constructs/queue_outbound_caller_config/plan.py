"""The plan of a provider: its configs, and the order of CloudFormation's work on them.

CloudFormation starts all resources that depend on nothing unfinished, so hundreds of configs at once would compete for an API
that takes two requests a second. So the configs of a stack are put into chains (`schedule.py` of the provider): each depends
(`DependsOn`) on the one before it in its chain. `DependsOn` is not a property, so a config that is added or removed makes
CloudFormation update no other. The function learns from its environment when a chain may call.

A chain makes no circular dependency with what the user has declared:

- first come the configs that depend on nothing (*independent*): nothing of the user's can lead on from them;
- then those that depend on something, but that nothing depends on: nothing of the user's can lead back to them;
- a config of which both is true waits for the final independent one of its chain, and none waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import jsii
from aws_cdk import CfnResource, Stack
from constructs import IValidation
from queue_outbound_caller_config_provider.schedule import Schedule, chains_of, to_variable

UNSCHEDULED_CHAINS = 8
"""Chains of configs whose provider is in another stack: its function cannot know the schedule of each stack that uses it, so
fewer run at once, and they find their pace by being throttled now and then."""

_DEPENDENCY = "resource_dependency" if hasattr(CfnResource, "add_resource_dependency") else "dependency"
"""The newest aws-cdk-lib warns of the older name, and the oldest that this package works with has no other."""

Edge = tuple[CfnResource, CfnResource]
"""A dependency: the resource that waits, and the one that it waits for."""


@dataclass(slots=True, eq=False)
class Member:
    """A config as the plan sees it.

    Attributes:
        resource: its resource in the template.
        region: where its calls go, if that is known at synthesis; each Region has a quota of its own.
        policy: the policy that it waits for.
        handed_out: its attributes that were asked for, so that something may refer to them.
        depends: whether it may depend on something else of the user's in the stack.
        is_awaited: whether something of the user's was told to wait for it.
    """

    resource: CfnResource
    region: str | None
    policy: CfnResource | None
    handed_out: Mapping[str, str]
    depends: bool
    is_awaited: bool = False

    @property
    def is_referred_to(self) -> bool:
        """Whether something may depend on it."""
        return self.is_awaited or bool(self.handed_out)


@dataclass(slots=True, eq=False)
class StackPlan:
    """The chains of the configs of one provider in one stack.

    Attributes:
        stack: the stack.
        most: how many configs CloudFormation may run at once, for each Region that they call; 0: no limit.
        scheduled: whether the provider's function is told the schedule.
        members: the configs.
        variable: the value of the function's environment variable.
    """

    stack: Stack
    most: int
    scheduled: bool
    members: list[Member] = field(default_factory=list)
    variable: str = ""
    _laid: set[Edge] = field(default_factory=set)

    def lay(self) -> None:
        """Makes the chains what they are to be now, once all that the user declares is there."""
        members = self._look_around()
        logical_ids = self.stack.resolve([member.resource.logical_id for member in members])
        by_region: dict[str | None, dict[str, Member]] = {}
        for member, logical_id in zip(members, logical_ids, strict=True):
            by_region.setdefault(member.region, {})[logical_id] = member
        wanted: set[Edge] = set()
        for named in by_region.values():
            for chain in chains_of(list(named), self.most or len(named)):
                wanted.update(_edges([named[name] for name in chain]))
        for later, earlier in self._laid - wanted:
            getattr(later, f"remove_{_DEPENDENCY}")(earlier)
        for later, earlier in wanted - self._laid:
            wait_for(later, earlier)
        self._laid = wanted
        if self.scheduled and self.most:
            self.variable = to_variable([Schedule.of(list(named), self.most) for named in by_region.values()])

    def _look_around(self) -> list[Member]:
        """Returns the configs that are still in the stack, and notes what the user has made depend on what."""
        members = {member.resource: member for member in self.members}
        # By path, since jsii gives another object for the same resource each time it is asked for one.
        policies = {policy.node.path for policy in {member.policy for member in self.members} if policy}
        present: list[Member] = []
        for resource in self.stack.node.find_all():
            if not isinstance(resource, CfnResource):
                continue
            member = members.get(resource)
            if member:
                present.append(member)
            for earlier in resource.obtain_dependencies():
                awaited = members.get(earlier) if isinstance(earlier, CfnResource) else None
                if awaited and (resource, earlier) not in self._laid:
                    awaited.is_awaited = True
                if member and (resource, earlier) not in self._laid and earlier.node.path not in policies:
                    member.depends = True
        return present


@jsii.implements(IValidation)
class Plan:
    """The configs of one provider, by the stack that they are in.

    The CDK asks it to validate the provider when aspects are done and before it writes the templates: that is when the chains
    are made. It is asked in each synthesis, and changes only what is to be another way.

    Args:
        home: the provider's stack.
        most: how many configs CloudFormation may run at once, for each Region that they call; None or 0: no limit.
        scheduled: whether the function is told the schedule of its own stack.
    """

    def __init__(self, home: Stack, most: int | None, *, scheduled: bool) -> None:
        self._home = home
        self._most = most or 0
        self._scheduled = scheduled
        self._stacks: dict[Stack, StackPlan] = {}

    def add(self, stack: Stack, member: Member) -> None:
        """Adds a config of a stack."""
        found = self._stacks.get(stack)
        if found is None:
            scheduled = self._scheduled and stack is self._home
            most = self._most if scheduled else min(self._most, UNSCHEDULED_CHAINS)
            found = self._stacks[stack] = StackPlan(stack, most, scheduled)
        found.members.append(member)

    @property
    def variable(self) -> str:
        """The value of the function's environment variable, as of the newest synthesis."""
        home = self._stacks.get(self._home)
        return home.variable if home else ""

    def validate(self) -> list[str]:
        """Makes the chains; is called by the CDK. Nothing can be wrong here: what can is told by the constructors."""
        for stack in self._stacks.values():
            stack.lay()
        return []


def wait_for(later: CfnResource, earlier: CfnResource) -> None:
    """Has a resource wait for another, and be deleted before it."""
    getattr(later, f"add_{_DEPENDENCY}")(earlier)


def _edges(chain: Sequence[Member]) -> Iterator[Edge]:
    """Yields the dependencies of one chain, given in an order that depends on names alone.

    A config waits for its policy through the one before it, if that one needs the same.
    """
    newest: Member | None = None
    final_independent: Member | None = None
    for member in sorted(chain, key=lambda one: one.depends):
        before = final_independent if member.depends and member.is_referred_to else newest
        if before:
            yield member.resource, before.resource
        if member.policy and (before is None or before.policy is not member.policy):
            yield member.resource, member.policy
        if not member.depends:
            newest = final_independent = member
        elif not member.is_referred_to:
            newest = member
