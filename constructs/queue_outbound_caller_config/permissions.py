"""What the provider's role may do: the statements of its policies.

The policy of an instance names it by its id in any Region, since a replica has the same id. All else that the function needs
is in one further policy. The account and the partition are the stack's own: the function works on nothing outside of them.

`connect:UpdateQueueOutboundCallerConfig` is judged on the queue, the flow and the number, and on the number in both forms of
its ARN: V1 (`instance/I/phone-number/N`) and V2 (`phone-number/N`, of the Region where it was claimed).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT

LARGEST_MANAGED_POLICY = 6_144
LARGEST_INLINE_POLICIES = 10_240
"""Characters, white space not counted; the inline policies of a role share theirs (IAM quotas)."""

_UPDATE = "UpdateQueueOutboundCallerConfig"
_LONGEST_ID = 36
_LONGEST_ACCOUNT = 12
_LONGEST_PARTITION = 10
_TOKEN = re.compile(r"\$\{Token\[.*?\]\}")


def instance_statements(
    stack: Stack, instance_id: str, queue_ids: Sequence[str] | None, *, tags_ledgers: bool
) -> list[iam.PolicyStatement]:
    """Returns what any config of an instance needs.

    Args:
        stack: the provider's stack, for account and partition.
        instance_id: the instance's id; it may be a token.
        queue_ids: the only queues; None for all of the instance.
        tags_ledgers: whether ledgers get tags when they are created.
    """
    instance, ledgers = _arn(stack, "connect", f"instance/{instance_id}"), _ledgers(stack, instance_id)
    on_ledgers = ["GetParameter", "PutParameter", "DeleteParameter", *["AddTagsToResource"] * tags_ledgers]
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


def watch_statements(stack: Stack, instance_id: str) -> list[iam.PolicyStatement]:
    """Returns what the drift watch of an instance needs beside that."""
    return [
        _allow("connect", ["SearchQueues"], _arn(stack, "connect", f"instance/{instance_id}")),
        _allow("ssm", ["GetParametersByPath"], _ledgers(stack, instance_id)),
    ]


def shared_statements(
    stack: Stack, log_group_arn: str, *, in_vpc: bool = False, ledger_key: kms.IKey | None = None
) -> list[iam.PolicyStatement]:
    """Returns what the function needs whatever the instance: its log, numbers, groups, and who owns a ledger's layers.

    In a VPC it also needs what Lambda asks for there; for ledgers under a customer's key it also needs that.
    """
    numbers, groups = (_arn(stack, "connect", f"{kind}/*") for kind in ("phone-number", "traffic-distribution-group"))
    found = [
        _allow("logs", ["CreateLogStream", "PutLogEvents"], log_group_arn),
        _allow("connect", ["DescribePhoneNumber", "ListPhoneNumbersV2"], numbers),
        _allow("connect", ["DescribeTrafficDistributionGroup", "ListTrafficDistributionGroups"], groups),
        _allow("cloudformation", ["DescribeStackResources"], _arn(stack, "cloudformation", "stack/*/*")),
    ]
    if in_vpc:
        of_vpc = [_arn(stack, "ec2", f"{kind}/*") for kind in ("network-interface", "security-group", "subnet")]
        changes = [f"{change}NetworkInterface" for change in ("Create", "Delete")]
        addresses = [f"{change}PrivateIpAddresses" for change in ("Assign", "Unassign")]
        found.append(_allow("ec2", [*changes, *addresses], *of_vpc))
        # Descriptions name no single resource.
        found.append(_allow("ec2", ["DescribeNetworkInterfaces", "DescribeSubnets"], "*"))
    if ledger_key:
        found.append(_allow("kms", ["Decrypt", "Encrypt", "GenerateDataKey"], ledger_key.key_arn))
    return found


def size(stack: Stack, statements: Sequence[iam.PolicyStatement]) -> int:
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
