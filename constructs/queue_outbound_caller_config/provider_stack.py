"""`QueueOutboundCallerConfigProviderStack`: one provider for an account and Region, for stacks of any app and repository."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from aws_cdk import CfnOutput, Environment, IStackSynthesizer, PermissionsBoundary, Stack
from constructs import Construct

from .arguments import InstanceArgument, told_of
from .options import ProviderOptions
from .provider import QueueOutboundCallerConfigProvider
from .provider_base import SERVICE_TOKEN_EXPORT
from .stack_facts import StackFacts


class ProviderStackOptions(ProviderOptions, total=False):
    """What a user can choose about a provider stack: its provider's options, and the arguments of `aws_cdk.Stack`."""

    analytics_reporting: bool | None
    cross_region_references: bool | None
    description: str | None
    env: Environment | Mapping[str, Any] | None
    notification_arns: Sequence[str] | None
    permissions_boundary: PermissionsBoundary | None
    stack_name: str | None
    suppress_template_indentation: bool | None
    synthesizer: IStackSynthesizer | None
    tags: Mapping[str, str] | None
    termination_protection: bool | None


_OF_STACK = ProviderStackOptions.__annotations__.keys() - ProviderOptions.__annotations__.keys()


class QueueOutboundCallerConfigProviderStack(Stack):
    """Deploys the provider once, for the instances that it is told of, and exports its service token.

    Other stacks use it by `QueueOutboundCallerConfigProvider.from_export(...)`, or in a plain template by `!ImportValue`.
    Whoever may deploy through it may set every queue that it serves: `instances` and `queues` narrow that, in the role too.

    Args:
        scope: the app or stage.
        id: the stack's id.
        instances: ids, ARNs or constructs of the instances that it serves, at most 20.
        export_name: the name of the service token's export; one of each name can be in an account and Region.
        **options: the provider's, see `ProviderOptions`, and the arguments of `aws_cdk.Stack`.

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
        **options: Unpack[ProviderStackOptions],
    ) -> None:
        given: dict[str, Any] = dict(options)
        of_stack = {name: given.pop(name) for name in _OF_STACK & given.keys()}
        super().__init__(scope, id, **{"description": "Serves Custom::ConnectQueueOutboundCallerConfig", **of_stack})
        with told_of(type(self).__name__, lambda: self.node.path):
            StackFacts.of(self).export(export_name)
        self.provider: QueueOutboundCallerConfigProvider = QueueOutboundCallerConfigProvider(
            self, "Provider", instances=instances, **given
        )
        declare_outputs(self, self.provider, export_name)


def declare_outputs(stack: Stack, provider: QueueOutboundCallerConfigProvider, export_name: str) -> None:
    """Declares a stack's outputs: the service token, exported, and where the function and its log are found."""
    name, log = provider.function.function_name, provider.log_group.log_group_name
    about = "ServiceToken of Custom::ConnectQueueOutboundCallerConfig"
    CfnOutput(stack, "ServiceToken", value=provider.service_token, export_name=export_name, description=about)
    CfnOutput(stack, "FunctionName", value=name, description="The provider's function")
    CfnOutput(stack, "LogGroupName", value=log, description="The function's log")
