"""`QueueOutboundCallerConfigProviderStack`: one provider for an account and Region, for stacks of any app and repository."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from .provider import SERVICE_TOKEN_EXPORT, QueueOutboundCallerConfigProvider

if TYPE_CHECKING:
    from .arguments import InstanceArgument


class QueueOutboundCallerConfigProviderStack(Stack):
    """Deploys the provider once, scoped to the instances that it is told of, and exports its service token.

    Other stacks use it by `QueueOutboundCallerConfigProvider.from_export(...)`, or in a plain template by `!ImportValue`.

    Arguments:
        scope: the app or stage.
        id: the stack's id.
        instances: ids, ARNs or constructs of the instances that it serves. By id: in the stack's own Region and account.
        export_name: the name of the service token's export; one of each name can be in an account and Region.
        log_retention: how long the function's log is kept.
        removal_policy: what becomes of the log group when the stack is deleted.
        code: the function's code; by default what is installed here.
        **stack: arguments of `aws_cdk.Stack`: `env`, `description`, `synthesizer` and so on.

    Attributes:
        provider: for other stacks of the same app.

    Outputs: `ServiceToken` (exported), `FunctionName`, `LogGroupName`.

    Raises:
        InvalidArguments: an instance is none.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instances: Sequence[InstanceArgument],
        export_name: str = SERVICE_TOKEN_EXPORT,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        code: lambda_.Code | None = None,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **{"description": "Serves Custom::ConnectQueueOutboundCallerConfig", **stack})
        self.provider = QueueOutboundCallerConfigProvider(
            self,
            "Provider",
            instances=instances,
            log_retention=log_retention,
            removal_policy=removal_policy,
            code=code,
        )
        declare_outputs(self, self.provider, export_name)


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
