"""`QueueOutboundCallerConfigProviderStack`: one provider for an account and Region, for stacks of any app and repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from queue_outbound_caller_config_provider.errors import InvalidProperty
from queue_outbound_caller_config_provider.schedule import MOST_CHAINS

from .arguments import InstanceArgument, InvalidArguments, QueueArgument
from .provider import QueueOutboundCallerConfigProvider
from .service_token import SERVICE_TOKEN_EXPORT
from .stack_facts import StackFacts


class QueueOutboundCallerConfigProviderStack(Stack):
    """Deploys the provider once, for the instances that it is told of, and exports its service token.

    Other stacks use it by `QueueOutboundCallerConfigProvider.from_export(...)`, or in a plain template by `!ImportValue`.
    Whoever may deploy through it may set every queue that it serves: `instances` and `queues` narrow that, in the role too.

    Args:
        scope: the app or stage.
        id: the stack's id.
        instances: ids, ARNs or constructs of the instances that it serves, at most 20.
        export_name: the name of the service token's export; one of each name can be in an account and Region.
        queues, role, vpc, vpc_subnets, security_groups, log_group, log_retention, removal_policy, environment_encryption,
            memory_size, architecture, runtime, tracing, reserved_concurrent_executions, on_failure, ledger_tags,
            ledger_encryption_key, max_parallel_configs, code: as for `QueueOutboundCallerConfigProvider`.
        **stack: arguments of `aws_cdk.Stack`: `env`, `description`, `synthesizer` and so on.

    Attributes:
        provider: for other stacks of the same app.

    Outputs: `ServiceToken` (exported), `FunctionName`, `LogGroupName`.

    Raises:
        InvalidArguments: an argument cannot be used.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instances: Sequence[InstanceArgument],
        export_name: str = SERVICE_TOKEN_EXPORT,
        queues: Sequence[QueueArgument] | None = None,
        role: iam.IRole | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        log_group: logs.ILogGroup | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        environment_encryption: kms.IKey | None = None,
        memory_size: int = 256,
        architecture: lambda_.Architecture | None = None,
        runtime: lambda_.Runtime = lambda_.Runtime.PYTHON_3_14,
        tracing: lambda_.Tracing | None = None,
        reserved_concurrent_executions: int | None = None,
        on_failure: lambda_.IDestination | None = None,
        ledger_tags: Mapping[str, str] | None = None,
        ledger_encryption_key: kms.IKey | None = None,
        max_parallel_configs: int | None = MOST_CHAINS,
        code: lambda_.Code | None = None,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **{"description": "Serves Custom::ConnectQueueOutboundCallerConfig", **stack})
        _export(self, export_name)
        self.provider = QueueOutboundCallerConfigProvider(
            self,
            "Provider",
            instances=instances,
            queues=queues,
            role=role,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            log_group=log_group,
            log_retention=log_retention,
            removal_policy=removal_policy,
            environment_encryption=environment_encryption,
            memory_size=memory_size,
            architecture=architecture,
            runtime=runtime,
            tracing=tracing,
            reserved_concurrent_executions=reserved_concurrent_executions,
            on_failure=on_failure,
            ledger_tags=ledger_tags,
            ledger_encryption_key=ledger_encryption_key,
            max_parallel_configs=max_parallel_configs,
            code=code,
        )
        declare_outputs(self, self.provider, export_name)


def _export(stack: Stack, name: str) -> None:
    facts = StackFacts.of(stack)
    if facts.app.is_exported(name, stack):
        problem = InvalidProperty(
            "export_name",
            f"is {name}, which another provider stack of this app exports in the same account and Region",
            "Give one of them another export_name, or use one provider stack for both",
        )
        raise InvalidArguments(stack.node.path, [problem], what=type(stack).__name__)
    facts.app.export(name, stack)


def declare_outputs(stack: Stack, provider: QueueOutboundCallerConfigProvider, export_name: str) -> None:
    """Declares a stack's outputs: the service token, exported, and where the function and its log are found."""
    CfnOutput(
        stack,
        "ServiceToken",
        value=provider.service_token,
        export_name=export_name,
        description="ServiceToken of Custom::ConnectQueueOutboundCallerConfig",
    )
    CfnOutput(stack, "FunctionName", value=provider.function.function_name, description="The provider's function")
    CfnOutput(stack, "LogGroupName", value=provider.log_group.log_group_name, description="The function's log")
