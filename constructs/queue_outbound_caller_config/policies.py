"""The policies of the provider's role: one for each instance, and one for what all instances share.

The policy of an instance is named by the instance alone, and a config waits for it. So it is there before the first config of
the instance and is deleted after the final one, and a deploy that adds a queue changes no policy.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import cast

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from queue_outbound_caller_config_provider.errors import InvalidProperty

from . import permissions
from .options import ProviderOptions
from .plan import wait_for
from .provider_base import Served
from .tokens import DYNAMIC_REFERENCE, id_of_instance, is_unresolved

MOST_MANAGED = 10
"""Managed policies of a role (IAM quota, before an increase). Policies beyond them are inline ones."""


class Policies:
    """The policies of a provider's role.

    Args:
        function: the provider's function. It, and so everything that uses it, waits for the policies and is deleted before them.
        role: its role, or the one that the user gave.
        served: what they reach.
        options: the provider's. A role of somebody else's gets inline policies, since only those are left out when it was
            imported as one that must not change.

    Attributes:
        resources: the policy of each instance by the instance's id, or by the token that it was given by; None if the template
            has none, as with customized roles.
    """

    def __init__(self, function: lambda_.Function, role: iam.IRole, served: Served, options: ProviderOptions) -> None:
        self._function = function
        self._role = role
        self._served = served
        self._tags_ledgers = bool(options.get("ledger_tags"))
        self._managed_left = 0 if options.get("role") else MOST_MANAGED
        self._inline_size = 0
        self._is_watched = False
        self._of_instances: list[tuple[str, iam.ManagedPolicy | iam.Policy]] = []
        self.resources: dict[str, CfnResource | None] = {}

    @property
    def instance_ids(self) -> list[str]:
        """The ids of the instances that have a policy; an id may be a token."""
        return [id for id, _ in self._of_instances]

    def add_instance(self, key: str, argument: str) -> None:
        """Makes the policy of an instance, unless it has one.

        Args:
            key: the instance's id, or a token for its id or ARN.
            argument: what an error is to name.

        Raises:
            InvalidProperty: it is one instance too many for a role, none of the queues is its, or its id is a dynamic reference.
        """
        if key in self.resources:
            return
        stack = Stack.of(self._function)
        instance_id, name = key, re.sub("[^0-9A-Za-z]", "", key)
        if is_unresolved(key):
            text = json.dumps(stack.resolve(key), sort_keys=True)
            if DYNAMIC_REFERENCE in text:
                problem = "is a dynamic reference ({{resolve:…}}), which is resolved too late for the function's policy"
                without = "StringParameter.value_for_string_parameter without a version"
                fix = f"Use a parameter of type AWS::SSM::Parameter::Value ({without})"
                raise InvalidProperty(argument, problem, fix)
            instance_id, name = id_of_instance(key), hashlib.sha256(text.encode()).hexdigest()[:16]
        queue_ids = self._served.queue_ids(key, argument)
        statements = permissions.instance_statements(stack, instance_id, queue_ids, tags_ledgers=self._tags_ledgers)
        if self._is_watched:
            statements += permissions.watch_statements(stack, instance_id)
        policy = self._make(f"Instance{name}", statements, argument)
        self._of_instances.append((instance_id, policy))
        # What a token refers to may itself wait for the function.
        self.resources[key] = _resource(policy) if is_unresolved(key) else self._awaited(policy)

    def add_shared(self, statements: Sequence[iam.PolicyStatement]) -> None:
        """Makes the policy for what all instances share."""
        self._awaited(self._make("Shared", statements, "instances"))

    def watch(self) -> None:
        """Allows the drift watch to look through the instances; raises InvalidProperty if the role is too full for that."""
        for instance_id, policy in () if self._is_watched else self._of_instances:
            more = permissions.watch_statements(Stack.of(policy), instance_id)
            if isinstance(policy, iam.Policy):
                self._count(more, "instances")
            # What has the same resource is merged.
            policy.add_statements(*more)
        self._is_watched = True

    def _awaited(self, policy: iam.ManagedPolicy | iam.Policy) -> CfnResource | None:
        """Has the function wait for a policy, and returns its resource."""
        resource, function = _resource(policy), _resource(self._function)
        if resource and function:
            wait_for(function, resource)
        return resource

    def _make(
        self, id: str, statements: Sequence[iam.PolicyStatement], argument: str
    ) -> iam.ManagedPolicy | iam.Policy:
        """Returns a policy of the role."""
        document = iam.PolicyDocument(minimize=True, statements=list(statements))
        scope = cast("Construct", self._function.node.scope)
        if self._managed_left and permissions.size(Stack.of(scope), statements) <= permissions.LARGEST_MANAGED_POLICY:
            self._managed_left -= 1
            return iam.ManagedPolicy(scope, f"{id}Policy", document=document, roles=[self._role])
        self._count(statements, argument)
        policy = iam.Policy(scope, f"{id}InlinePolicy", document=document)
        self._role.attach_inline_policy(policy)
        return policy

    def _count(self, statements: Sequence[iam.PolicyStatement], argument: str) -> None:
        """Raises InvalidProperty if inline statements are too many for the role."""
        self._inline_size += permissions.size(Stack.of(self._function), statements)
        if self._inline_size > permissions.LARGEST_INLINE_POLICIES:
            problem = f"is too much: the policies of {len(self._of_instances)} instances fill the role"
            raise InvalidProperty(argument, problem, "Give some instances a provider of their own")


def _resource(construct: Construct) -> CfnResource | None:
    found = construct.node.default_child
    return found if isinstance(found, CfnResource) else None
