"""What the provider's role may do: the statements of its policies.

The policy of an instance names it by its id in any Region, since a replica has the same id. All else that the function needs
is in one further policy. The account and the partition are the stack's own: the function works on nothing outside of them.

`connect:UpdateQueueOutboundCallerConfig` is judged on the queue, the flow and the number, and on the number in both forms of
its ARN: V1 (`instance/I/phone-number/N`) and V2 (`phone-number/N`, of the Region where it was claimed).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT

from .tokens import is_unresolved

LARGEST_MANAGED_POLICY = 6_144
LARGEST_INLINE_POLICIES = 10_240
"""Characters, white space not counted; the inline policies of a role share theirs (IAM quotas)."""

_UPDATE = "UpdateQueueOutboundCallerConfig"
_LONGEST_ID = 36
_LONGEST_ACCOUNT = 12
_LONGEST_PARTITION = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """What a policy reaches of one instance.

    Attributes:
        stack: the provider's stack, for account and partition.
        instance_id: the instance's id; it may be a token.
        queue_ids: the only queues; None for all of the instance.
        tags_ledgers: whether ledgers get tags when they are created.
    """

    stack: Stack
    instance_id: str
    queue_ids: tuple[str, ...] | None = None
    tags_ledgers: bool = False

    def statements(self, *, watched: bool = False) -> list[iam.PolicyStatement]:
        """Returns what any config of the instance needs, and if it is watched what the drift watch needs."""
        instance = _connect(self.stack, f"instance/{self.instance_id}")
        ledgers = _arn(self.stack, "ssm", f"parameter{LEDGER_ROOT}/{self.instance_id}")
        condition = {"StringEquals": {"connect:InstanceId": self.instance_id}}
        on_ledgers = ["GetParameter", "PutParameter", "DeleteParameter", *["AddTagsToResource"] * self.tags_ledgers]
        if self.queue_ids is None:
            of_queues = [_allow("connect", ["DescribeQueue", _UPDATE], f"{instance}/*")]
            of_ledgers = [f"{ledgers}/*"]
        else:
            queues = [f"{instance}/queue/{id}" for id in self.queue_ids]
            others = [f"{instance}/contact-flow/*", f"{instance}/phone-number/*"]
            of_queues = [_allow("connect", ["DescribeQueue", _UPDATE], *queues), _allow("connect", [_UPDATE], *others)]
            # A version of a parameter is read as NAME:VERSION.
            of_ledgers = [f"{ledgers}/{id}{version}" for id in self.queue_ids for version in ("", ":*")]
        return [
            *of_queues,
            _allow("connect", [_UPDATE], _connect(self.stack, "phone-number/*"), conditions=condition),
            _allow("ssm", on_ledgers, *of_ledgers),
            # It tells a Delete, while the other Region is out of reach, whether the instance has a replica there.
            _allow("connect", ["DescribeInstance"], instance),
            *(self.watching() if watched else []),
        ]

    def watching(self) -> list[iam.PolicyStatement]:
        """Returns what the drift watch needs beside that."""
        return [
            _allow("connect", ["SearchQueues"], _connect(self.stack, f"instance/{self.instance_id}")),
            _allow(
                "ssm", ["GetParametersByPath"], _arn(self.stack, "ssm", f"parameter{LEDGER_ROOT}/{self.instance_id}")
            ),
        ]


def shared_statements(stack: Stack, log_group_arn: str) -> list[iam.PolicyStatement]:
    """Returns what the function needs whatever the instance: its log, numbers, groups, and who owns a ledger's layers."""
    numbers, groups = (_connect(stack, f"{kind}/*") for kind in ("phone-number", "traffic-distribution-group"))
    return [
        _allow("logs", ["CreateLogStream", "PutLogEvents"], log_group_arn),
        _allow("connect", ["DescribePhoneNumber", "ListPhoneNumbersV2"], numbers),
        _allow("connect", ["DescribeTrafficDistributionGroup", "ListTrafficDistributionGroups"], groups),
        _allow("cloudformation", ["DescribeStackResources"], _arn(stack, "cloudformation", "stack/*/*")),
    ]


def vpc_statements(stack: Stack) -> list[iam.PolicyStatement]:
    """Returns what Lambda asks of the role of a function in a VPC."""
    of_vpc = [_arn(stack, "ec2", f"{kind}/*") for kind in ("network-interface", "security-group", "subnet")]
    changes = [f"{verb}NetworkInterface" for verb in ("Create", "Delete")]
    addresses = [f"{verb}PrivateIpAddresses" for verb in ("Assign", "Unassign")]
    # Descriptions name no single resource.
    describe = _allow("ec2", ["DescribeNetworkInterfaces", "DescribeSubnets"], "*")
    return [_allow("ec2", [*changes, *addresses], *of_vpc), describe]


def key_statement(key_arn: str) -> iam.PolicyStatement:
    """Returns what ledgers under a customer's key need."""
    return _allow("kms", ["Decrypt", "Encrypt", "GenerateDataKey"], key_arn)


def size(stack: Stack, statements: Sequence[iam.PolicyStatement]) -> int:
    """Returns how many characters a policy can become; IAM does not count white space."""
    document = {"Version": "2012-10-17", "Statement": [one.to_statement_json() for one in statements]}
    text = json.dumps(document, separators=(",", ":"))
    lengths = ((stack.account, _LONGEST_ACCOUNT), (stack.partition, _LONGEST_PARTITION))
    for part, longest in lengths:
        if is_unresolved(part):
            text = text.replace(part, "-" * longest)
    head, *tokens = text.split("${Token[")
    return len(head) + sum(_LONGEST_ID + len(piece.partition("]}")[2]) for piece in tokens)


def _allow(
    service: str, actions: Sequence[str], *resources: str, conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    names = [f"{service}:{action}" for action in actions]
    return iam.PolicyStatement(actions=names, resources=list(resources), conditions=conditions)


def _connect(stack: Stack, resource: str) -> str:
    return _arn(stack, "connect", resource)


def _arn(stack: Stack, service: str, resource: str) -> str:
    return f"arn:{stack.partition}:{service}:*:{stack.account}:{resource}"
