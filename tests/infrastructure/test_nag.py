"""What the nag packs find, in the example app and in what a platform team may add."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Acknowledgment, App, Stack, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from cdk_nag import (
    AwsSolutionsChecks,
    HIPAASecurityChecks,
    NIST80053R5Checks,
    PCIDSS321Checks,
)
from queue_outbound_caller_config import (
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigDriftWatch,
    QueueOutboundCallerConfigMonitoring,
    QueueOutboundCallerConfigProvider,
)

import app as example
from app_config import Config
from tests.infrastructure.synthesis import INSTANCE, queue_id

CONFIG_FILE = Path(__file__).parents[2] / "config.toml"

WHY_WILDCARDS = {
    r":connect:\*:<AWS::AccountId>:phone-number/\*": "a baseline's number is known only to the deployment, in the Region of its "
    "traffic distribution group; a condition keeps writes to queues of the instance",
    r":connect:\*:<AWS::AccountId>:traffic-distribution-group/\*": "whose group a number belongs to is known only by asking",
    r":connect:\*:<AWS::AccountId>:instance/[0-9a-f-]{36}": "an instance and its replica have the same id in two Regions, and "
    "a deploy that adds a queue changes no policy",
    r":ssm:\*:<AWS::AccountId>:parameter/queue-outbound-caller-config/[0-9a-f-]{36}/\*": "the ledgers of the instance",
    r":cloudformation:\*:<AWS::AccountId>:stack/\*/\*": "whose stack a layer is of is known only from the ledger",
}


def test_every_finding_of_cdk_nag_has_a_written_reason(tmp_path: Path) -> None:
    """AwsSolutions: wildcards alone, each for a reason, and no reason without a finding."""
    app = App(outdir=str(tmp_path))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    example.build(app, Config.read(CONFIG_FILE))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    (report,) = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    rules = {violation["ruleName"] for violation in report["violations"]}
    unexplained = {rule for rule in rules if not any(re.search(pattern, rule) for pattern in WHY_WILDCARDS)}
    assert unexplained == set()
    assert all(rule.startswith("AwsSolutions-IAM5[Resource::") for rule in rules)
    unused = {pattern for pattern in WHY_WILDCARDS if not any(re.search(pattern, rule) for rule in rules)}
    assert unused == set()


FINDINGS = {
    r"^AwsSolutions-IAM5\[Resource::arn:<AWS::Partition>:(connect|ssm|cloudformation):\*:": "by instance, in any Region",
    r"^(HIPAA\.Security|NIST\.800\.53\.R5)-LambdaConcurrency$": "reserved_concurrent_executions=25",
    r"^(HIPAA\.Security|NIST\.800\.53\.R5)-LambdaDLQ$": "knows no on_failure=…; CloudFormation tells of what gets no answer",
    r"^(HIPAA\.Security|NIST\.800\.53\.R5|PCI\.DSS\.321)-LambdaInsideVPC$": "vpc=…",
    r"^(HIPAA\.Security|NIST\.800\.53\.R5|PCI\.DSS\.321)-CloudWatchLogGroupEncrypted$": "log_group=… with a key",
    r"^(HIPAA\.Security|NIST\.800\.53\.R5|PCI\.DSS\.321)-CloudWatchLogGroupRetentionPeriod$": "log_retention=… or log_group=…",
    r"^(HIPAA\.Security|NIST\.800\.53\.R5)-CloudWatchAlarmAction$": "alarm_actions=[…]",
}
"""Every finding that the packs have, each with its reason or the argument that a platform team meets it with."""


@pytest.mark.parametrize("pack", [AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks])
def test_every_finding_of_the_nag_packs_has_a_written_reason(tmp_path: Path, pack: Any) -> None:
    """None is about an inline policy or about a managed policy of AWS's."""
    app = App(outdir=str(tmp_path))
    Validations.of(app).add_plugins(pack(app))
    stack = Stack(app, "Stack")
    QueueOutboundCallerConfig(stack, "Config", instance=INSTANCE, queue=queue_id(1), outbound_caller_id_name="x")
    provider = QueueOutboundCallerConfigProvider.of(stack)
    name = provider.function.function_name
    QueueOutboundCallerConfigMonitoring(stack, "Monitoring", function_name=name)
    QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    (report,) = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    rules = {violation["ruleName"] for violation in report["violations"]}
    assert [rule for rule in rules if not any(re.search(pattern, rule) for pattern in FINDINGS)] == []


def test_a_platform_team_meets_them_by_arguments(tmp_path: Path) -> None:
    """Control Tower's guard rules ask for the same: a log kept for a year, keys, a VPC. LambdaDLQ knows no `on_failure`."""
    app = App(outdir=str(tmp_path))
    Validations.of(app).add_plugins(HIPAASecurityChecks(app), NIST80053R5Checks(app), PCIDSS321Checks(app))
    stack = Stack(app, "Stack")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:123456789012:key/k")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    QueueOutboundCallerConfigProvider(
        stack,
        "Provider",
        instances=[INSTANCE],
        vpc=vpc,
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")],
        log_group=logs.LogGroup(stack, "Log", retention=logs.RetentionDays.ONE_YEAR, encryption_key=key),
        environment_encryption=key,
        reserved_concurrent_executions=25,
    )
    for pack in ("HIPAA.Security", "NIST.800.53.R5"):
        Validations.of(stack).acknowledge(Acknowledgment(id=f"{pack}::{pack}-LambdaDLQ", reason="as above"))
    app.synth()
