"""The role's policies as resources of the template: named by what they allow, and in no circle.

**By what they allow.** A policy that changes is a new resource beside the old one, which CloudFormation removes at the very
end of an update. So the function is still allowed to put a queue right whose config this very update removes, or moves to
another queue, and, when the update fails, all that it needs to go back. Were it one resource that is updated in place, the
permission would be gone before CloudFormation sends the Delete.

**In no circle.** A config depends on its policy, and a policy refers to what the configs' arguments refer to. When something
that a policy refers to itself depends on a config (a queue made after another queue's config, say), that config must not
depend on this policy. Hence, where policies refer to anything at all:

- the configs that nothing depends on share one policy;
- of those that something depends on, all that refers to nothing is in another, and the rest in policies each of which refers
  only to what all the configs that need it refer to themselves.

**Conditions.** What a config refers to may be there only under the config's own condition. So the policy for that has the same
condition.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import jsii
from aws_cdk import AspectPriority, Aspects, CfnResource, IAspect, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from . import bulk
from .bulk import Edge
from .expressions import DYNAMIC_REFERENCE, tokens_in
from .permissions import Apart, Grant, PolicyTooLarge, Statement, policies

_SHARED = "Policy"
_FREE = "PolicyOfReferredTo"


class UnusableDynamicReference(ValueError):
    """A policy would have to hold a part of what a dynamic reference resolves to."""


@dataclass(frozen=True, slots=True, eq=False)
class Holder:
    """Who needs a grant.

    Attributes:
        resource: the config's resource, which is to depend on the policy; None for the provider itself.
        grant: what is needed; None when the provider grants it.
        is_referred_to: whether an attribute of the config was handed out, so that something may depend on it.
    """

    resource: CfnResource | None
    grant: Grant | None
    is_referred_to: Callable[[], bool] = lambda: False


class RolePolicies:
    """The policies of a provider's role, written when the CDK has heard of all configs.

    Arguments:
        scope: the provider.
        role: its role.
    """

    def __init__(self, scope: Construct, role: iam.IRole) -> None:
        self._scope = scope
        self._role = role
        self._holders: list[Holder] = []
        self._made: dict[str, iam.CfnPolicy] = {}
        self._laid: set[Edge] = set()
        self._written = 0
        self._without_references: set[CfnResource] = set()
        self.lanes: Callable[[], Collection[Edge]] = frozenset
        """Dependencies between configs that are laid by their provider, not by the user."""
        # The priority of aspects that change what is there: before the others, which only look.
        Aspects.of(scope).add(_Writer(scope, self._write), priority=AspectPriority.MUTATING)

    def add(self, holder: Holder) -> None:
        """Takes in a config, or a grant of the provider's own."""
        self._holders.append(holder)

    def without_references(self) -> Collection[CfnResource]:
        """Returns the policies that refer to nothing of the user's, so that they can be waited for without a circle."""
        return self._without_references

    def write_again(self) -> None:
        """Writes them anew where an aspect that came later has made a config, or may have added a dependency or a reference."""
        if len(self._holders) != self._written or any(map(_refers, self._holders)):
            self._write()

    def _write(self) -> None:
        holders = self._holders
        self._written = len(holders)
        if not holders:
            return
        condition_of = self._conditions()
        is_apart = self._are_apart(condition_of)
        together = [holder for holder, apart in zip(holders, is_apart, strict=True) if not apart]
        apart = [holder for holder, apart in zip(holders, is_apart, strict=True) if apart]
        try:
            found = policies(
                [holder.grant for holder in together if holder.grant],
                [Apart(holder.grant, condition_of.get(holder)) for holder in apart if holder.grant],
            )
        except PolicyTooLarge as problem:
            raise PolicyTooLarge(f"{self._scope.node.path}: {problem}") from None
        self._without_references.clear()
        wanted: set[Edge] = set()
        given: set[str] = set()

        def give(name: str, statements: Sequence[Statement], needed_by: Sequence[Holder]) -> iam.CfnPolicy | None:
            if not statements:
                return None
            given.add(name)
            policy = self._made.get(name)
            if policy is None:
                policy = self._made[name] = iam.CfnPolicy(
                    self._scope, name, policy_name=name, policy_document={}, roles=[self._role.role_name]
                )
            self._fill(policy, statements)
            # So that it is also deleted after them.
            wanted.update((holder.resource, policy) for holder in needed_by if holder.resource)
            return policy

        for name, statements, needed_by in ((_SHARED, found.shared, together), (_FREE, found.free, apart)):
            policy = give(name, statements, needed_by)
            if policy and not any(tokens_in(text) for statement in statements for text in statement.resources):
                self._without_references.add(policy)
        for bound in found.bound:
            needed_by = [apart[position] for position in bound.needed_by]
            policy = give(f"PolicyOf{_digest(needed_by[0])}", bound.statements, needed_by)
            if policy and needed_by[0] in condition_of:
                # Where the condition is false, what the policy refers to may not be there.
                policy.cfn_options.condition = _resource(needed_by[0]).cfn_options.condition
        bulk.change_dependencies(self._laid, wanted)
        self._laid = wanted
        for name in self._made.keys() - given:
            del self._made[name]
            self._scope.node.try_remove_child(name)

    def _conditions(self) -> dict[Holder, int]:
        """Returns a number for the condition of each config that has one and refers to something."""
        referring = [holder for holder in self._holders if holder.resource and _refers(holder)]
        found = bulk.conditions([_resource(holder) for holder in referring]) if referring else []
        return {holder: condition for holder, condition in zip(referring, found, strict=True) if condition is not None}

    def _are_apart(self, conditions: Collection[Holder]) -> list[bool]:
        """Returns of each holder whether its policy may refer to no more than itself does."""
        holders = self._holders
        if holders[0].resource is None or not any(map(_refers, holders)):
            return [False] * len(holders)  # the provider itself grants all, or there is nothing to be in a circle with
        awaited = bulk.are_awaited([_resource(holder) for holder in holders], self.lanes())
        return [
            is_awaited or holder in conditions or holder.is_referred_to()
            for holder, is_awaited in zip(holders, awaited, strict=True)
        ]

    def _fill(self, policy: iam.CfnPolicy, statements: Sequence[Statement]) -> None:
        document = [statement.render() for statement in statements]
        resolved = Stack.of(policy).resolve(document)
        for statement, final in zip(document, resolved, strict=True):
            # Sorted by what the template says, since the names of tokens depend on everything else in the app.
            order = {json.dumps(text, sort_keys=True): at for at, text in enumerate(final["Resource"])}
            statement["Resource"] = [_item(statement["Resource"], order[text]) for text in sorted(order)]
            final["Resource"] = sorted(order)
        path = policy.node.path
        content = json.dumps([path, resolved], sort_keys=True)
        if DYNAMIC_REFERENCE in content:
            raise UnusableDynamicReference(
                f"{path.rpartition('/')[0]}: instance, queue, or a flow or number that is not restored, is a dynamic reference "
                "({{resolve:…}}), which CloudFormation resolves too late to take the id out of it for the function's policy. Use "
                "a parameter of type AWS::SSM::Parameter::Value (StringParameter.value_for_string_parameter without a version), "
                "or give the provider instances=[…]"
            )
        digest = hashlib.sha256(content.encode()).hexdigest()[:8].upper()
        policy.policy_document = {"Version": "2012-10-17", "Statement": document}
        policy.policy_name = f"Connect{digest}"
        stem = re.sub("[^A-Za-z0-9]", "", path.partition("/")[2])
        policy.override_logical_id(f"{stem[:200]}{digest}")


@jsii.implements(IAspect)
class _Writer:
    """Calls back when the CDK is about to synthesize the provider."""

    def __init__(self, scope: Construct, write: Callable[[], None]) -> None:
        self._scope = scope
        self._write = write

    def visit(self, node: IConstruct) -> None:
        """Is called by the CDK for the provider and all in it."""
        if node is self._scope:
            self._write()


def _item(resources: object, at: int) -> object:
    assert isinstance(resources, list)  # noqa: S101 - made by Statement.render
    return resources[at]


def _refers(holder: Holder) -> bool:
    """Tells whether a grant holds a token, and so may refer to a resource."""
    return any(map(tokens_in, holder.grant.texts if holder.grant else ()))


def _resource(holder: Holder) -> CfnResource:
    assert holder.resource  # noqa: S101 - who has none is never apart
    return holder.resource


def _digest(holder: Holder) -> str:
    return hashlib.sha256(_resource(holder).node.path.encode()).hexdigest()[:8]
