"""The plan of a stack: its configs, and the order of CloudFormation's work on them.

CloudFormation starts all resources that depend on nothing unfinished, so hundreds of configs at once would compete for an API
that takes two requests a second. So the configs of a stack are put into chains (`schedule.py` of the provider): each depends
(`DependsOn`) on the one before it in its chain. `DependsOn` is not a property, so a config that is added or removed makes
CloudFormation update no other. The function learns from its environment when a chain may call.

A chain makes no circular dependency with what the user has declared:

- first come the configs that depend on nothing (*independent*): nothing of the user's can lead on from them;
- then those that depend on something, but that nothing depends on: nothing of the user's can lead back to them;
- a config of which both is true waits for the final independent one of its chain, and none waits for it.

Nor does a config wait for one that may not be there: one with a condition is waited for by those with the same condition alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jsii
from aws_cdk import CfnCondition, CfnResource, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import IValidation
from queue_outbound_caller_config_provider.schedule import VARIABLE, Schedule, chains_of, to_variable

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
        policies: the policies that it waits for.
        most: how many configs of its provider CloudFormation may run at once, for each Region that they call; 0: no limit.
        function: its provider's function, which is told the schedule; None if it is in another stack.
        depends: whether it may depend on something else of the user's in the stack.
        is_awaited: whether something of the user's may wait for it: was told to, or may use an attribute that was asked for.
        condition: the path of its condition, if it has one.
    """

    resource: CfnResource
    region: str | None
    policies: list[CfnResource]
    most: int
    function: lambda_.Function | None
    depends: bool
    is_awaited: bool = False
    condition: str | None = None


@jsii.implements(IValidation)
class Plan:
    """The configs of a stack.

    The CDK asks it to validate the stack when aspects are done and before it writes the templates: that is when the chains
    are made. It is asked in each synthesis, and changes only what is to be another way.
    """

    def __init__(self, stack: Stack) -> None:
        stack.node.add_validation(self)
        self._stack = stack
        self._members: list[Member] = []
        self._laid: set[Edge] = set()

    def add(self, member: Member) -> None:
        """Adds a config."""
        if member.function and member.most and all(one.function is not member.function for one in self._members):
            # The CDK takes the hash of a nested stack's template before the chains are made, so the limit is in it first.
            member.function.add_environment(VARIABLE, str(member.most))
        self._members.append(member)

    def validate(self) -> list[str]:
        """Makes the chains what they are to be now; is called by the CDK, once all that the user declares is there.

        Nothing can be wrong here: what can is told by the constructors.
        """
        present = _look_around(self._stack, self._members, self._laid)
        logical_ids = self._stack.resolve([member.resource.logical_id for member in present])
        by_id = dict(zip(logical_ids, present, strict=True))
        sharing: dict[tuple[lambda_.Function | None, int], dict[str | None, list[str]]] = {}
        for logical_id, member in by_id.items():
            most = member.most if member.function else min(member.most, UNSCHEDULED_CHAINS)
            sharing.setdefault((member.function, most), {}).setdefault(member.region, []).append(logical_id)
        wanted: set[Edge] = set()
        for (function, most), by_region in sharing.items():
            chains = [chains_of(ids, most or len(ids)) for ids in by_region.values()]
            wanted.update(edge for own in chains for chain in own for edge in _edges([by_id[id] for id in chain]))
            if function and most:
                function.add_environment(VARIABLE, to_variable(list(map(Schedule.of, chains))))
        for later, earlier in self._laid - wanted:
            getattr(later, f"remove_{_DEPENDENCY}")(earlier)
        for later, earlier in wanted - self._laid:
            getattr(later, f"add_{_DEPENDENCY}")(earlier)
        self._laid = wanted
        return []


def _look_around(stack: Stack, members: list[Member], laid: set[Edge]) -> list[Member]:
    """Returns the configs that are still in the stack, and notes what the user has made depend on what."""
    by_resource = {member.resource: member for member in members}
    # By path, since jsii gives another object for the same resource each time it is asked for one.
    policies = {policy.node.path for policy in {one for member in members for one in member.policies}}
    present: list[Member] = []
    constructs = stack.node.find_all()
    has_conditions = any(isinstance(construct, CfnCondition) for construct in constructs)
    for resource in constructs:
        if not isinstance(resource, CfnResource):
            continue
        member = by_resource.get(resource)
        if member:
            condition = resource.cfn_options.condition if has_conditions else None
            member.condition = condition.node.path if condition else None
            present.append(member)
        for earlier in resource.obtain_dependencies():
            if (resource, earlier) in laid:
                continue
            if isinstance(earlier, CfnResource) and earlier in by_resource:
                by_resource[earlier].is_awaited = True
            if member and earlier.node.path not in policies:
                member.depends = True
    return present


def _edges(chain: Sequence[Member]) -> Iterator[Edge]:
    """Yields the dependencies of one chain, given in an order that depends on names alone.

    A config waits for its policies through the one before it, if that one needs the same.
    """
    newest: dict[str | None, Member] = {}
    final_independent: dict[str | None, Member] = {}
    for member in sorted(chain, key=lambda one: (one.depends, one.condition or "")):
        of_condition = final_independent if member.depends and member.is_awaited else newest
        before = of_condition.get(member.condition, of_condition.get(None))
        if before:
            yield member.resource, before.resource
        for policy in member.policies if before is None or before.policies != member.policies else ():
            yield member.resource, policy
        if not member.depends:
            newest[member.condition] = final_independent[member.condition] = member
        elif not member.is_awaited:
            newest[member.condition] = member
