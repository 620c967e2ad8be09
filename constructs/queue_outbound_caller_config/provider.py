"""The provider: the function behind the configs, its role and its log group."""

import json
from typing import Any, Unpack, cast

from aws_cdk import CfnResource, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct
from queue_outbound_caller_config_provider.errors import InvalidProperty
from queue_outbound_caller_config_provider.settings import KEY_VARIABLE, TAGS_VARIABLE

from .arguments import Arguments, InstancesArgument, Problems, told_of
from .lambda_asset import HANDLER, function_code
from .options import ProviderFunctionOptions, ProviderOptions
from .policies import Policies
from .provider_base import SERVICE_TOKEN_EXPORT, SINGLETON, ImportedProvider, ProviderBase, queue_id
from .stack_facts import StackFacts, deploy_after


class QueueOutboundCallerConfigProvider(ProviderBase):
    """The function that carries out the configs, its role, and its log group.

    Each stack gets one on its first config. Make one yourself to choose its options, or, with `instances`, to serve other
    stacks. Whoever may deploy through a provider may set every queue that it serves: `instances` and `queues` narrow that, in
    the role too.

    Args:
        scope: where it is made.
        id: its id.
        instances: ids, ARNs or constructs of the instances that it serves, at most 20. Without them these are the instances
            of its own stack's configs, and only they can use it.
        **options: what can be chosen, see `ProviderOptions`.

    Attributes:
        function, role, log_group: what it is made of.

    Raises:
        InvalidArguments: an argument cannot be used.
    """

    def __init__(
        self, scope: Construct, id: str, *, instances: InstancesArgument = None, **options: Unpack[ProviderOptions]
    ) -> None:
        super().__init__(scope, id, instances, options)
        keep = options.get("log_retention", logs.RetentionDays.THREE_MONTHS)
        self.log_group: logs.ILogGroup = options.get("log_group") or logs.LogGroup(
            self, "Log", retention=keep, removal_policy=RemovalPolicy.DESTROY
        )
        role = options.get("role")
        self.role: iam.IRole = role or iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.function: lambda_.Function = self._make_function(options)
        self.service_token: str = self.function.function_arn
        self._tokens = {self._facts.stack: self.service_token}
        with told_of(SINGLETON, lambda: self.node.path):
            self._policies = Policies(self.function, self.role, self._served, options)

    @classmethod
    def of(cls, scope: IConstruct) -> "QueueOutboundCallerConfigProvider":
        """Returns the provider of the stack that a construct is in; the first call makes it, unless the user has, with its id."""
        facts = StackFacts.of(scope)
        facts.provider = facts.provider or facts.stack.node.try_find_child(SINGLETON) or cls(facts.stack, SINGLETON)
        return cast("QueueOutboundCallerConfigProvider", facts.provider)

    @staticmethod
    def from_service_token(
        scope: Construct, id: str, service_token: str, *, instances: InstancesArgument = None
    ) -> ProviderBase:
        """Returns a provider that was deployed elsewhere.

        Args:
            scope: where it is used.
            id: its id there.
            service_token: the ARN of its function, or of an SNS topic in front of it; it may be a token.
            instances: the instances that it serves, so that a config on another one is an error at synthesis.

        Raises:
            InvalidArguments: it is not such an ARN, or one of another Region or account than the stack's.
        """
        return ImportedProvider(scope, id, service_token, instances)

    @staticmethod
    def from_export(
        scope: Construct, id: str, *, export_name: str = SERVICE_TOKEN_EXPORT, instances: InstancesArgument = None
    ) -> ProviderBase:
        """Returns the provider whose service token a stack of the same account and Region exports.

        If that stack is a `QueueOutboundCallerConfigProviderStack` of the same app and stage, with the same `env`, it is deployed
        first. Otherwise only CloudFormation knows whether there is such an export; without it, CloudFormation says `No export
        named …` before it makes anything. Arguments are as for `from_service_token`.
        """
        StackFacts.of(scope).import_(export_name)
        return ImportedProvider(scope, id, Fn.import_value(export_name), instances)

    @property
    def instance_ids(self) -> list[str]:
        """The ids of the instances that it serves so far; an id may be a token."""
        return [id for id, _ in self._policies.of_instances]

    @property
    def queue_ids(self) -> list[str]:
        """The ids of the only queues that it serves; none: all queues of its instances. An id may be a token."""
        return [queue_id(queue) for queue in self._served.queues or ()]

    def _make_function(self, options: ProviderOptions) -> lambda_.Function:
        of_function = ProviderFunctionOptions.__annotations__
        chosen: dict[str, Any] = {name: value for name, value in options.items() if name in of_function}
        function = lambda_.Function(
            self,
            "Function",
            description="Sets the outbound caller configs of Amazon Connect queues for CloudFormation",
            code=options.get("code") or function_code(self),
            handler=HANDLER,
            timeout=Duration.minutes(15),
            role=self.role,
            log_group=self.log_group,
            # After an hour CloudFormation has given up waiting, so an event that is still undelivered would come too late.
            max_event_age=Duration.hours(1),
            retry_attempts=2,
            **{"runtime": lambda_.Runtime.PYTHON_3_14, "memory_size": 256, **chosen},
        )
        if tags := options.get("ledger_tags"):
            function.add_environment(TAGS_VARIABLE, json.dumps(dict(tags), sort_keys=True))
        if key := options.get("ledger_encryption_key"):
            function.add_environment(KEY_VARIABLE, key.key_arn)
        return function

    def _serve(self, arguments: Arguments, facts: StackFacts, problems: Problems) -> tuple[str, list[CfnResource]]:
        if self._served.instances is None and facts.stack is not self._facts.stack:
            fix = "Give it instances=[…], or use QueueOutboundCallerConfigProviderStack"
            raise InvalidProperty("provider", f"is {self.node.path}, which serves only configs of its own stack", fix)
        super()._serve(arguments, facts, problems)
        key = arguments.instance_id or arguments.instance.text
        if self._served.instances is None:
            self._policies.add_instance(key, "instance")
        return self._token_in(facts.stack), self._policies.awaited_by(key)

    def _token_in(self, stack: Stack) -> str:
        """Returns the service token as a stack has it."""
        if stack not in self._tokens:
            known, top, home = self.service_token, _top(stack), _top(self._facts.stack)
            if top is not home:
                # An export, whatever kind of reference the app has set: with a weak one the provider could be deleted before
                # its users.
                deploy_after(top, home)
                known = home.export_value(self.service_token)
            self._tokens[stack] = known
        return self._tokens[stack]


def _top(stack: Stack) -> Stack:
    """Returns the stack that a nested stack is in, directly or not; any other stack itself."""
    parent = stack.nested_stack_parent
    return _top(parent) if parent else stack
