"""The provider's function."""

from __future__ import annotations

import json

import jsii
from aws_cdk import Duration, IResolveContext, IStringProducer, Lazy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from queue_outbound_caller_config_provider.schedule import VARIABLE

from .lambda_asset import HANDLER, function_code
from .options import ProviderOptions
from .plan import Plan

LEDGER_TAGS_VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_TAGS"
LEDGER_KEY_VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_KEY"


def make_function(
    scope: Construct, role: iam.IRole, log_group: logs.ILogGroup, options: ProviderOptions
) -> lambda_.Function:
    """Returns the function of a provider."""
    environment: dict[str, str] = {}
    if tags := options.get("ledger_tags"):
        environment[LEDGER_TAGS_VARIABLE] = json.dumps(dict(tags), sort_keys=True)
    if key := options.get("ledger_encryption_key"):
        environment[LEDGER_KEY_VARIABLE] = key.key_arn
    return lambda_.Function(
        scope,
        "Function",
        description="Sets the outbound caller configs of Amazon Connect queues for CloudFormation",
        code=options.get("code") or function_code(scope),
        handler=HANDLER,
        runtime=options.get("runtime", lambda_.Runtime.PYTHON_3_14),
        timeout=Duration.minutes(15),
        memory_size=options.get("memory_size", 256),
        architecture=options.get("architecture"),
        environment=environment or None,
        environment_encryption=options.get("environment_encryption"),
        role=role,
        log_group=log_group,
        vpc=options.get("vpc"),
        vpc_subnets=options.get("vpc_subnets"),
        security_groups=options.get("security_groups"),
        tracing=options.get("tracing"),
        reserved_concurrent_executions=options.get("reserved_concurrent_executions"),
        on_failure=options.get("on_failure"),
        # After an hour CloudFormation has given up waiting, so an event that is still undelivered would come too late.
        max_event_age=Duration.hours(1),
        retry_attempts=2,
    )


def tell_schedule(function: lambda_.Function, plan: Plan) -> None:
    """Gives a function the schedule of its stack's configs, as of the newest synthesis."""
    function.add_environment(VARIABLE, Lazy.uncached_string(_Schedule(plan)))


@jsii.implements(IStringProducer)
class _Schedule:
    """What the CDK asks for the variable's value."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def produce(self, context: IResolveContext) -> str:  # noqa: ARG002 - as the CDK calls it
        """Is called by the CDK; the value is right once the plan has been made."""
        return self._plan.variable
