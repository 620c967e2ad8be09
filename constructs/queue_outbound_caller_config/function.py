"""The provider's function: what can be chosen about it, and what cannot work."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jsii
from aws_cdk import Duration, IResolveContext, IStringProducer, Lazy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote
from queue_outbound_caller_config_provider.schedule import VARIABLE

from .lambda_asset import HANDLER, function_code
from .plan import Plan

LEDGER_TAGS_VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_TAGS"
LEDGER_KEY_VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_KEY"

RECOMMENDED_CONCURRENCY = 25
"""Of `reserved_concurrent_executions`: a deploy has up to 20 configs under way, and what is beyond them is retried by Lambda."""

_OLDEST_PYTHON = (3, 12)
"""Lambda's runtimes before have a boto3 that is older than this function needs."""


@dataclass(frozen=True, slots=True)
class FunctionOptions:
    """What a user can choose about the function, as `QueueOutboundCallerConfigProvider` documents it."""

    vpc: ec2.IVpc | None
    vpc_subnets: ec2.SubnetSelection | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    environment_encryption: kms.IKey | None
    memory_size: int
    architecture: lambda_.Architecture | None
    runtime: lambda_.Runtime
    tracing: lambda_.Tracing | None
    reserved_concurrent_executions: int | None
    on_failure: lambda_.IDestination | None
    ledger_tags: Mapping[str, str] | None
    ledger_encryption_key: kms.IKey | None
    code: lambda_.Code | None

    def problems(self) -> list[InvalidProperty]:
        """Returns what cannot work."""
        found: list[InvalidProperty] = []
        if not self.code and not _is_new_enough(self.runtime.name):
            fix = "Give lambda_.Runtime.PYTHON_3_12 or newer, or code=… that brings boto3 with it"
            found.append(InvalidProperty("runtime", f"is {self.runtime.name}, whose boto3 is too old", fix))
        if self.vpc is None and (self.vpc_subnets or self.security_groups):
            found.append(InvalidProperty("vpc_subnets and security_groups", "are given without vpc", "Give vpc"))
        for name, value in (self.ledger_tags or {}).items():
            if not isinstance(name, str) or not isinstance(value, str) or not name:
                found.append(InvalidProperty("ledger_tags", f"has {quote({name: value})}", "Give strings"))
        return found

    def environment(self) -> dict[str, str]:
        """Returns the variables that tell the function about its ledgers."""
        found: dict[str, str] = {}
        if self.ledger_tags:
            found[LEDGER_TAGS_VARIABLE] = json.dumps(dict(self.ledger_tags), sort_keys=True)
        if self.ledger_encryption_key:
            found[LEDGER_KEY_VARIABLE] = self.ledger_encryption_key.key_arn
        return found

    def make(self, scope: Construct, role: iam.IRole, log_group: logs.ILogGroup) -> lambda_.Function:
        """Returns the function."""
        return lambda_.Function(
            scope,
            "Function",
            description="Sets the outbound caller configs of Amazon Connect queues for CloudFormation",
            code=self.code or function_code(scope),
            handler=HANDLER,
            runtime=self.runtime,
            timeout=Duration.minutes(15),
            memory_size=self.memory_size,
            architecture=self.architecture,
            environment=self.environment() or None,
            environment_encryption=self.environment_encryption,
            role=role,
            log_group=log_group,
            vpc=self.vpc,
            vpc_subnets=self.vpc_subnets,
            security_groups=self.security_groups,
            tracing=self.tracing,
            reserved_concurrent_executions=self.reserved_concurrent_executions,
            on_failure=self.on_failure,
            # After an hour CloudFormation has given up waiting, so an event that is still undelivered would come too late.
            max_event_age=Duration.hours(1),
            retry_attempts=2,
        )


def tell_schedule(function: lambda_.Function, plan: Plan) -> None:
    """Gives a function the schedule of its stack's configs, as of the newest synthesis."""
    function.add_environment(VARIABLE, Lazy.uncached_string(_Schedule(plan)))


def _is_new_enough(runtime: str) -> bool:
    family, _, version = runtime.partition("3.")
    return family == "python" and version.isdigit() and (3, int(version)) >= _OLDEST_PYTHON


@jsii.implements(IStringProducer)
class _Schedule:
    """What the CDK asks for the variable's value."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def produce(self, context: IResolveContext) -> str:
        """Is called by the CDK; the value is right once the plan has been made."""
        return self._plan.variable
