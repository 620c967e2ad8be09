"""The role's policies as resources of the template: named by what they allow, and in no circle.

**By what they allow.** A policy that changes is a new resource beside the old one, which CloudFormation removes at the very
end of an update. So the function is still allowed to put a queue right whose config this very update removes, or moves to
another queue, and, when the update fails, all that it needs to go back. Were it one resource that is updated in place, the
permission would be gone before CloudFormation sends the Delete.

**In no circle.** A config depends on its policy, and a policy refers to what the configs' arguments refer to. When something
that a policy refers to itself depends on a config (a queue made after another queue's config, say), that config must not
depend on this policy. Hence, where policies refer to anything at all:

- the configs that nothing depends on share one policy;
- of those that something depends on, all that refer to nothing share another, and each other one has its own.
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
from .expressions import is_unresolved
from .permissions import Grant, Statement, policies

_SHARED = "Policy"
_REFERRED_TO = "PolicyOfReferredTo"


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

    def _write(self) -> None:
        groups = self._groups()
        found = policies([[holder.grant for holder in group if holder.grant] for group in groups.values()])
        self._without_references.clear()
        wanted: set[Edge] = set()
        for (name, group), statements in zip(groups.items(), found, strict=True):
            if not statements:
                continue
            policy = self._made.get(name)
            if policy is None:
                policy = self._made[name] = iam.CfnPolicy(
                    self._scope, name, policy_name=name, policy_document={}, roles=[self._role.role_name]
                )
            if not any(_refers(holder) for holder in group):
                self._without_references.add(policy)
            self._fill(policy, statements)
            # So that it is also deleted after them.
            wanted.update((holder.resource, policy) for holder in group if holder.resource)
        bulk.change_dependencies(self._laid, wanted)
        self._laid = wanted

    def _groups(self) -> dict[str, list[Holder]]:
        """Returns who shares a policy, by its construct id."""
        holders = self._holders
        if not any(map(_refers, holders)) or holders[0].resource is None:
            return {_SHARED: holders}
        awaited = bulk.are_awaited([holder.resource for holder in holders if holder.resource], self.lanes())
        groups: dict[str, list[Holder]] = {_SHARED: []}
        for holder, is_awaited in zip(holders, awaited, strict=True):
            name = _SHARED
            if holder.resource and (holder.is_referred_to() or is_awaited):
                name = _REFERRED_TO
                if _refers(holder):
                    name = f"PolicyOf{hashlib.sha256(holder.resource.node.path.encode()).hexdigest()[:8]}"
            groups.setdefault(name, []).append(holder)
        return {name: group for name, group in groups.items() if group}

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
    """Tells whether a grant holds a token, and so may refer to a resource; a pseudo parameter is none."""
    texts = holder.grant.texts if holder.grant else ()
    return any(not isinstance(text, str) and is_unresolved(text.json) for text in texts)
