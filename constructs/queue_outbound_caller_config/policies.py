"""The policies of the provider's role: one for each instance, and one for what all instances share.

The policy of an instance is named by the instance alone, and a config waits for it. So it is there before the first config of
the instance and is deleted after the final one, and a deploy that adds a queue changes no policy. It names the instance by its
id in any Region, since a replica has the same id. The account and the partition are the stack's own: the function works on
nothing outside of them.

`connect:UpdateQueueOutboundCallerConfig` is judged on the queue, the flow and the number, and on the number in both forms of
its ARN: V1 (`instance/I/phone-number/N`) and V2 (`phone-number/N`, of the Region where it was claimed).
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from aws_cdk import CfnResource, DefaultTokenResolver, Fn, Reference, Stack, StringConcat, Tokenization
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT
from queue_outbound_caller_config_provider.errors import InvalidProperty

from .arguments import DYNAMIC_REFERENCE, is_unresolved
from .options import ProviderOptions
from .provider_base import Served

Statements: TypeAlias = list[iam.PolicyStatement]
Policy: TypeAlias = iam.ManagedPolicy | iam.Policy

MOST_MANAGED = 10
"""Managed policies of a role (IAM quota, before an increase). Policies beyond them are inline ones."""
LARGEST_MANAGED_POLICY = 6_144 - 300
LARGEST_INLINE_POLICIES = 10_240
"""Characters, white space not counted; the inline policies of a role share theirs (IAM quotas). In a managed one, 300 are kept
for what a drift watch adds later (`watch_statements`)."""

_UPDATE = "UpdateQueueOutboundCallerConfig"
_LONGEST_PARTITION, _LONGEST_ACCOUNT, _LONGEST_ID = 10, 12, 36
_TOKEN = re.compile(r"\$\{Token\[.*?\]\}")


class Policies:
    """The policies of a provider's role.

    Args:
        function: the provider's function. It, and so everything that uses it, waits for the policies and is deleted before them.
        role: its role, or the one that the user gave.
        served: what they reach.
        options: the provider's. A role of somebody else's gets inline policies, since only those are left out when it was
            imported as one that must not change.

    Attributes:
        of_instances: the id of each instance, which may be a token, and its policy.
        resources: the policy of each instance by the instance's id, or by each token that it was given by; empty if the
            template has none, as with customized roles.

    Raises:
        InvalidProperty: as `add_instance`, or a queue is a dynamic reference.
    """

    def __init__(self, function: lambda_.Function, role: iam.IRole, served: Served, options: ProviderOptions) -> None:
        self._function = function
        self._waiting = cast("Construct", function.node.default_child).node
        self._role = role
        self._served = served
        self._tags_ledgers = bool(options.get("ledger_tags"))
        self._managed_left = 0 if options.get("role") else MOST_MANAGED
        self._inline_size, self._is_watched = 0, False
        self.of_instances: list[tuple[str, Policy]] = []
        self.resources: dict[str, list[CfnResource]] = {}
        shared = shared_statements(Stack.of(function), function.log_group.log_group_arn, options)
        self._waiting.add_dependency(self._make("Shared", shared, "instances"))
        for at, queue in enumerate(served.queues or ()):
            _meaning(Stack.of(function), queue.text, f"queues[{at}]")
        for at, value in enumerate(served.instances or ()):
            self.add_instance(value.id or value.text, f"instances[{at}]")

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
            name = hashlib.sha256(_meaning(stack, key, argument).encode()).hexdigest()[:16]
            instance_id = Fn.select(1, Fn.split("/", f"{key}/{key}"))  # of an id, or of an ARN (`arn:…:instance/ID`)
        # Another token may have meant the same: `Fn.import_value` returns a new one each time.
        if name not in self.resources:
            queue_ids = self._served.queue_ids(key, argument)
            statements = instance_statements(stack, instance_id, queue_ids, tagged=self._tags_ledgers)
            if self._is_watched:
                statements += watch_statements(stack, instance_id)
            policy = self._make(f"Instance{name}", statements, argument)
            self.of_instances.append((instance_id, policy))
            self.resources[name] = [one for one in policy.node.find_all() if isinstance(one, CfnResource)]
            if not is_unresolved(key):  # what a token refers to may itself wait for the function
                self._waiting.add_dependency(policy)
        self.resources[key] = self.resources[name]

    def awaited_by(self, key: str) -> list[CfnResource]:
        """Returns the policies that a config waits for: its instance's, or all if it names its instance by a token of its own."""
        everything = (resource for found in self.resources.values() for resource in found)
        return self.resources.get(key) or list(dict.fromkeys(everything))

    def watch(self) -> None:
        """Allows the drift watch to look through the instances; raises InvalidProperty if the role is too full for that."""
        for instance_id, policy in () if self._is_watched else self.of_instances:
            more = watch_statements(Stack.of(policy), instance_id)
            if isinstance(policy, iam.Policy):
                self._count(more, "provider")
            # What has the same resource is merged.
            policy.add_statements(*more)
        self._is_watched = True

    def _make(self, id: str, statements: Statements, argument: str) -> Policy:
        """Returns a policy of the role."""
        document = iam.PolicyDocument(minimize=True, statements=statements)
        scope = cast("Construct", self._function.node.scope)
        if self._managed_left and size(Stack.of(scope), statements) <= LARGEST_MANAGED_POLICY:
            self._managed_left -= 1
            return iam.ManagedPolicy(scope, f"{id}Policy", document=document, roles=[self._role])
        self._count(statements, argument)
        policy = iam.Policy(scope, f"{id}InlinePolicy", document=document)
        self._role.attach_inline_policy(policy)
        return policy

    def _count(self, statements: Statements, argument: str) -> None:
        """Raises InvalidProperty if inline statements are too many for the role."""
        self._inline_size += size(Stack.of(self._function), statements)
        if self._inline_size > LARGEST_INLINE_POLICIES:
            problem = "is too much: the policies of the instances, or of the queues, fill the role"
            raise InvalidProperty(argument, problem, "Give some of them a provider of their own")


def _meaning(stack: Stack, text: str, argument: str) -> str:
    """Returns what a token means; raises InvalidProperty if a policy cannot have it."""
    resolved = json.dumps(stack.resolve(text), sort_keys=True)
    if DYNAMIC_REFERENCE in resolved:
        problem = "is a dynamic reference ({{resolve:…}}), which is resolved too late for the function's policy"
        fix = "Use a parameter of type AWS::SSM::Parameter::Value (StringParameter.value_for_string_parameter without a version)"
        raise InvalidProperty(argument, problem, fix)
    # Resolved here, a reference to another stack has a logical id alone, which a resource of a third stack may have too.
    targets = _References(stack, text).targets
    return resolved + "".join(target.node.path for target in targets if Stack.of(target) is not stack)


class _References(DefaultTokenResolver):
    """What a token refers to, itself or in a function such as `Fn.select`."""

    def __init__(self, stack: Stack, text: str) -> None:
        super().__init__(StringConcat())
        self.targets: list[IConstruct] = []
        Tokenization.resolve(text, scope=stack, resolver=self, preparing=False)

    def resolve_token(self, t: Any, context: Any, post_processor: Any) -> Any:
        """Notes what a token refers to; is called by the CDK."""
        if isinstance(t, Reference):
            self.targets.append(t.target)
        return super().resolve_token(t, context, post_processor)


def instance_statements(stack: Stack, instance_id: str, queue_ids: Sequence[str] | None, *, tagged: bool) -> Statements:
    """Returns what any config of an instance needs.

    Args:
        stack: the provider's stack, for account and partition.
        instance_id: the instance's id; it may be a token.
        queue_ids: the only queues; None for all of the instance.
        tagged: whether ledgers get tags when they are created.
    """
    instance, ledgers = _arn(stack, "connect", f"instance/{instance_id}"), _ledgers(stack, instance_id)
    on_ledgers = ["GetParameter", "PutParameter", "DeleteParameter", *["AddTagsToResource"] * tagged]
    if queue_ids is None:
        of_queues = [_allow("connect", ["DescribeQueue", _UPDATE], f"{instance}/*")]
        of_ledgers = [f"{ledgers}/*"]
    else:
        queues = [f"{instance}/queue/{id}" for id in queue_ids]
        others = [f"{instance}/contact-flow/*", f"{instance}/phone-number/*"]
        of_queues = [_allow("connect", ["DescribeQueue", _UPDATE], *queues), _allow("connect", [_UPDATE], *others)]
        # A version of a parameter is read as NAME:VERSION.
        of_ledgers = [f"{ledgers}/{id}{version}" for id in queue_ids for version in ("", ":*")]
    of_numbers = _allow("connect", [_UPDATE], _arn(stack, "connect", "phone-number/*"))
    of_numbers.add_condition("StringEquals", {"connect:InstanceId": instance_id})
    return [
        *of_queues,
        of_numbers,
        _allow("ssm", on_ledgers, *of_ledgers),
        # It tells a Delete, while the other Region is out of reach, whether the instance has a replica there.
        _allow("connect", ["DescribeInstance"], instance),
    ]


def watch_statements(stack: Stack, instance_id: str) -> Statements:
    """Returns what the drift watch of an instance needs beside that."""
    return [
        _allow("connect", ["SearchQueues"], _arn(stack, "connect", f"instance/{instance_id}")),
        _allow("ssm", ["GetParametersByPath"], _ledgers(stack, instance_id)),
    ]


def shared_statements(stack: Stack, log_group_arn: str, options: ProviderOptions) -> Statements:
    """Returns what the function needs whatever the instance: its log, numbers, groups, and who owns a ledger's layers.

    In a VPC it also needs what Lambda asks for there; for ledgers under a customer's key it also needs that.
    """
    numbers, groups = (_arn(stack, "connect", f"{kind}/*") for kind in ("phone-number", "traffic-distribution-group"))
    found = [
        _allow("logs", ["CreateLogStream", "PutLogEvents"], log_group_arn),
        _allow("connect", ["DescribePhoneNumber", "ListPhoneNumbersV2"], numbers),
        _allow("connect", ["ListTrafficDistributionGroups"], groups),
        _allow("cloudformation", ["DescribeStackResources"], _arn(stack, "cloudformation", "stack/*/*")),
    ]
    if options.get("vpc"):
        of_vpc = [_arn(stack, "ec2", f"{kind}/*") for kind in ("network-interface", "security-group", "subnet")]
        changes = [f"{change}NetworkInterface" for change in ("Create", "Delete")]
        addresses = [f"{change}PrivateIpAddresses" for change in ("Assign", "Unassign")]
        found.append(_allow("ec2", [*changes, *addresses], *of_vpc))
        # Descriptions name no single resource.
        found.append(_allow("ec2", ["DescribeNetworkInterfaces", "DescribeSubnets"], "*"))
    if ledger_key := options.get("ledger_encryption_key"):
        found.append(_allow("kms", ["Decrypt", "Encrypt", "GenerateDataKey"], ledger_key.key_arn))
    return found


def size(stack: Stack, statements: Statements) -> int:
    """Returns how many characters a policy can become; IAM does not count white space."""
    document = {"Version": "2012-10-17", "Statement": [one.to_statement_json() for one in statements]}
    lengths = {stack.account: _LONGEST_ACCOUNT, stack.partition: _LONGEST_PARTITION}
    text = json.dumps(document, separators=(",", ":"))
    return len(_TOKEN.sub(lambda token: "-" * lengths.get(token[0], _LONGEST_ID), text))


def _allow(service: str, actions: Sequence[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[f"{service}:{action}" for action in actions], resources=list(resources))


def _ledgers(stack: Stack, instance_id: str) -> str:
    return _arn(stack, "ssm", f"parameter{LEDGER_ROOT}/{instance_id}")


def _arn(stack: Stack, service: str, resource: str) -> str:
    return f"arn:{stack.partition}:{service}:*:{stack.account}:{resource}"
