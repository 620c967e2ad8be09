"""What the provider's role may do: the statements of its policies.

The policy of an instance names it by its id in any Region, since a replica has the same id. All else that the function needs
is in one further policy. The account and the partition are the stack's own: the function works on nothing outside of them.

`connect:UpdateQueueOutboundCallerConfig` is judged on the queue, the flow and the number, and on the number in both forms of
its ARN: V1 (`instance/I/phone-number/N`) and V2 (`phone-number/N`, of the Region where it was claimed).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT

from .tokens import is_unresolved

LARGEST_MANAGED_POLICY = 6_144
LARGEST_INLINE_POLICIES = 10_240
"""Characters, white space not counted; the inline policies of a role share theirs (IAM quotas)."""

_UPDATE = "connect:UpdateQueueOutboundCallerConfig"
_LEDGER = ("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")
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
        ledger = [*_LEDGER, "ssm:AddTagsToResource"] if self.tags_ledgers else list(_LEDGER)
        # DescribeInstance tells a Delete, while the other Region is out of reach, whether the instance has a replica there.
        of_instance = ["connect:DescribeInstance", *(["connect:SearchQueues"] if watched else [])]
        by_path = iam.PolicyStatement(actions=["ssm:GetParametersByPath"], resources=[self._ledger_path])
        return [
            *self._on_queues(),
            iam.PolicyStatement(
                actions=[_UPDATE],
                resources=[_connect(self.stack, "phone-number/*")],
                conditions={"StringEquals": {"connect:InstanceId": self.instance_id}},
            ),
            iam.PolicyStatement(actions=ledger, resources=self._ledgers()),
            iam.PolicyStatement(actions=of_instance, resources=[self._instance]),
            *([by_path] if watched else []),
        ]

    @property
    def _instance(self) -> str:
        return _connect(self.stack, f"instance/{self.instance_id}")

    @property
    def _ledger_path(self) -> str:
        return _arn(self.stack, "ssm", f"parameter{LEDGER_ROOT}/{self.instance_id}")

    def _on_queues(self) -> list[iam.PolicyStatement]:
        describe = "connect:DescribeQueue"
        if self.queue_ids is None:
            return [iam.PolicyStatement(actions=[describe, _UPDATE], resources=[f"{self._instance}/*"])]
        queues = [f"{self._instance}/queue/{id}" for id in self.queue_ids]
        rest = [f"{self._instance}/contact-flow/*", f"{self._instance}/phone-number/*"]
        return [
            iam.PolicyStatement(actions=[describe, _UPDATE], resources=queues),
            iam.PolicyStatement(actions=[_UPDATE], resources=rest),
        ]

    def _ledgers(self) -> list[str]:
        if self.queue_ids is None:
            return [f"{self._ledger_path}/*"]
        # A version of a parameter is read as NAME:VERSION.
        return [f"{self._ledger_path}/{id}{version}" for id in self.queue_ids for version in ("", ":*")]


def shared_statements(stack: Stack, log_group_arn: str) -> list[iam.PolicyStatement]:
    """Returns what the function needs whatever the instance: its log, numbers, groups, and who owns a ledger's layers."""
    return [
        iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group_arn]),
        iam.PolicyStatement(
            actions=["connect:DescribePhoneNumber", "connect:ListPhoneNumbersV2"],
            resources=[_connect(stack, "phone-number/*")],
        ),
        iam.PolicyStatement(
            actions=["connect:DescribeTrafficDistributionGroup", "connect:ListTrafficDistributionGroups"],
            resources=[_connect(stack, "traffic-distribution-group/*")],
        ),
        iam.PolicyStatement(
            actions=["cloudformation:DescribeStackResources"], resources=[_arn(stack, "cloudformation", "stack/*/*")]
        ),
    ]


def vpc_statements(stack: Stack) -> list[iam.PolicyStatement]:
    """Returns what Lambda asks of the role of a function in a VPC."""
    of_vpc = [_arn(stack, "ec2", f"{kind}/*") for kind in ("network-interface", "security-group", "subnet")]
    return [
        iam.PolicyStatement(
            actions=[
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:UnassignPrivateIpAddresses",
            ],
            resources=of_vpc,
        ),
        # Descriptions name no single resource.
        iam.PolicyStatement(actions=["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], resources=["*"]),
    ]


def key_statement(key_arn: str) -> iam.PolicyStatement:
    """Returns what ledgers under a customer's key need."""
    return iam.PolicyStatement(actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], resources=[key_arn])


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


def _connect(stack: Stack, resource: str) -> str:
    return _arn(stack, "connect", resource)


def _arn(stack: Stack, service: str, resource: str) -> str:
    return f"arn:{stack.partition}:{service}:*:{stack.account}:{resource}"
