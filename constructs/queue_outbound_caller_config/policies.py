"""The policies of the provider's role: one for each instance, and one for what all instances share.

The policy of an instance is named by the instance alone, and a config waits for it. So it is there before the first config of
the instance and is deleted after the final one, and a deploy that adds a queue changes no policy.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct
from queue_outbound_caller_config_provider.errors import InvalidProperty

from .arguments import dynamic_reference
from .permissions import LARGEST_INLINE_POLICIES, LARGEST_MANAGED_POLICY, Scope, size
from .tokens import DYNAMIC_REFERENCE, is_unresolved, resolved_json

MOST_MANAGED = 10
"""Managed policies of a role (IAM quota, before an increase). Policies beyond them are inline ones."""


class Policies:
    """The policies of a provider's role.

    Args:
        scope: the provider.
        role: its role, or the one that the user gave.
        is_own: whether the provider made the role. A role of somebody else's gets inline policies, since only those are left
            out when it was imported as one that must not change.
    """

    def __init__(self, scope: Construct, role: iam.IRole, *, is_own: bool) -> None:
        self._scope = scope
        self._role = role
        self._managed_left = MOST_MANAGED if is_own else 0
        self._inline_size = 0
        self._scopes: dict[str, tuple[Scope, iam.ManagedPolicy | iam.Policy]] = {}
        self._resources: dict[str, CfnResource | None] = {}
        self._is_watched = False

    @property
    def instance_ids(self) -> list[str]:
        """The ids of the instances that have a policy."""
        return [scope.instance_id for scope, _ in self._scopes.values()]

    def has_instance(self, key: str) -> bool:
        """Returns whether an instance has a policy."""
        return key in self._scopes

    def of_instance(self, key: str) -> CfnResource | None:
        """Returns the policy of an instance as a resource; None if the template has none, as with customized roles."""
        return self._resources.get(key)

    def add_instance(self, key: str, scope: Scope, argument: str) -> CfnResource | None:
        """Makes the policy of an instance.

        Args:
            key: the instance's id, or a token for its id or ARN.
            scope: what it reaches.
            argument: what an error is to name.

        Raises:
            InvalidProperty: it is one instance too many for a role, or its id is a dynamic reference.
        """
        name = re.sub("[^0-9A-Za-z]", "", key)
        if is_unresolved(key):
            text = resolved_json(scope.stack, key)
            if DYNAMIC_REFERENCE in text:
                raise dynamic_reference(argument)
            name = hashlib.sha256(text.encode()).hexdigest()[:16]
        policy = self._make(f"Instance{name}", scope.statements(watched=self._is_watched), argument)
        self._scopes[key] = (scope, policy)
        self._resources[key] = _resource(policy)
        return self._resources[key]

    def add_shared(self, statements: Sequence[iam.PolicyStatement]) -> CfnResource | None:
        """Makes the policy for what all instances share."""
        return _resource(self._make("Shared", statements, "instances"))

    def watch(self, argument: str) -> None:
        """Allows the drift watch to look through the instances; raises InvalidProperty if the role is too full for that."""
        if self._is_watched:
            return
        self._is_watched = True
        for scope, policy in self._scopes.values():
            more = scope.watching()
            if isinstance(policy, iam.Policy):
                self._count(more, argument)
            # What has the same resource is merged.
            policy.add_statements(*more)

    def _make(
        self, id: str, statements: Sequence[iam.PolicyStatement], argument: str
    ) -> iam.ManagedPolicy | iam.Policy:
        """Returns a policy of the role."""
        document = iam.PolicyDocument(minimize=True, statements=list(statements))
        if self._managed_left and size(Stack.of(self._scope), statements) <= LARGEST_MANAGED_POLICY:
            self._managed_left -= 1
            return iam.ManagedPolicy(self._scope, f"{id}Policy", document=document, roles=[self._role])
        self._count(statements, argument)
        policy = iam.Policy(self._scope, f"{id}InlinePolicy", document=document)
        self._role.attach_inline_policy(policy)
        return policy

    def _count(self, statements: Sequence[iam.PolicyStatement], argument: str) -> None:
        """Raises InvalidProperty if inline statements are too many for the role."""
        self._inline_size += size(Stack.of(self._scope), statements)
        if self._inline_size > LARGEST_INLINE_POLICIES:
            problem = f"is too much: the policies of {len(self._scopes)} instances fill the role"
            raise InvalidProperty(argument, problem, "Give some instances a provider of their own")


def _resource(policy: iam.ManagedPolicy | iam.Policy) -> CfnResource | None:
    found = policy.node.default_child
    return found if isinstance(found, CfnResource) else None
