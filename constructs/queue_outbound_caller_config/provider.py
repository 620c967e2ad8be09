"""The provider: the function behind the configs, its role and its log group."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from aws_cdk import Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct
from queue_outbound_caller_config_provider.arns import Instance
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote
from queue_outbound_caller_config_provider.schedule import MOST_LANES, VARIABLE

from .arguments import Arguments, InvalidArguments, StackPlace, Value, read_instance
from .expressions import LONGEST_PARTITION, LONGEST_REGION, is_unresolved, pseudo_parameter
from .grants import grant_of, scope_of
from .lambda_asset import HANDLER, function_code
from .lanes import Lanes, Member
from .permissions import Where, whole_instance
from .policies import Holder, RolePolicies

if TYPE_CHECKING:
    from .arguments import InstanceArgument

SERVICE_TOKEN_EXPORT = "QueueOutboundCallerConfigServiceToken"  # noqa: S105 - the name of an export
"""The export of a shared provider's service token, unless another is given."""

_SINGLETON = "QueueOutboundCallerConfigProvider"
_IS_SERVICE_TOKEN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(lambda:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):function:[\w-]+(:[\w$-]+)?"
    r"|sns:(?P<sns_region>[a-z0-9-]+):(?P<sns_account>[0-9]{12}):[\w-]+(\.fifo)?)"
)


class ServiceTokenError(ValueError):
    """A service token cannot serve the stack that it is given to."""


class StackFacts:
    """What is asked of a stack once, however many configs it has."""

    _known: ClassVar[dict[Stack, StackFacts]] = {}

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        partition, region, account = stack.partition, stack.region, stack.account
        self.place = StackPlace(*(None if is_unresolved(text) else text for text in (partition, region, account)))
        self.where = Where(
            self.place.partition or pseudo_parameter("AWS::Partition", LONGEST_PARTITION),
            self.place.region or pseudo_parameter("AWS::Region", LONGEST_REGION),
            self.place.account or pseudo_parameter("AWS::AccountId", 12),
        )
        self.provider: QueueOutboundCallerConfigProvider | None = None

    @classmethod
    def of(cls, scope: IConstruct) -> StackFacts:
        """Returns the facts of the stack that a construct is in."""
        # Asked for every config; a stack is its own stack, and to be told so by jsii costs a fifth of a config's time.
        stack = scope if isinstance(scope, Stack) else Stack.of(scope)
        found = cls._known.get(stack)
        if found is None:
            found = cls._known[stack] = cls(stack)
        return found


class ProviderBase(Construct):
    """What serves configs: a provider of this app, or one that was deployed elsewhere."""

    def __init__(self, scope: Construct, id: str, instances: Sequence[InstanceArgument] | None) -> None:
        super().__init__(scope, id)
        self._facts = StackFacts.of(self)
        self._lanes: dict[Stack, Lanes] = {}
        self._instances = self._read_instances(instances)

    @property
    def service_token(self) -> str:
        """What a resource's `ServiceToken` is."""
        raise NotImplementedError

    def token_for(self, facts: StackFacts) -> str:
        """Returns the service token as it stands in a config of a stack."""
        raise NotImplementedError

    def serve(self, arguments: Arguments, facts: StackFacts, member: Member) -> None:
        """Takes in a config: its permissions, and its place among those under way at once."""
        raise NotImplementedError

    def check(self, path: Callable[[], str], arguments: Arguments, facts: StackFacts) -> None:  # noqa: ARG002 - the other kind uses it
        """Raises InvalidArguments when the provider is known not to serve the config's instance."""
        if self._instances is None or arguments.instance.parsed is None:
            return
        wanted = arguments.instance.parsed
        known = [value.parsed for value in self._instances]
        if None in known or any(one is not None and _may_be_same(one, wanted) for one in known):
            return
        allowed = ", ".join(one.id for one in known if one is not None) or "none"
        raise InvalidArguments(
            path(),
            [
                InvalidProperty(
                    "instance",
                    f"is {wanted.id}, which the provider {self.node.path} does not serve (instances={allowed})",
                    "Add the instance to the provider's instances, or use another provider",
                )
            ],
        )

    def _read_instances(self, instances: Sequence[InstanceArgument] | None) -> list[Value[Instance]] | None:
        if instances is None:
            return None
        if isinstance(instances, str) or not instances:
            problem = InvalidProperty("instances", f"is {quote(instances)}", "Give a list of ids or ARNs of instances")
            raise InvalidArguments(self.node.path, [problem], what=type(self).__name__)
        read: list[Value[Instance]] = []
        problems: list[InvalidProperty] = []
        for index, instance in enumerate(instances):
            try:
                read.append(read_instance(instance, f"instances[{index}]"))
            except InvalidProperty as problem:
                problems.append(problem)
        if problems:
            raise InvalidArguments(self.node.path, problems, what=type(self).__name__)
        return read


class QueueOutboundCallerConfigProvider(ProviderBase):
    """The function that carries out the configs, its role, and its log group.

    Each stack gets one on its first config. Make one yourself to choose its options, or, with `instances`, to serve other
    stacks: its permissions are then those instances', and the configs' own add none.

    Arguments:
        scope: where it is made.
        id: its id.
        instances: ids, ARNs or constructs of the instances that it serves. Without them the role is allowed exactly what the
            configs of its own stack need, and only they can use it.
        log_retention: how long the function's log is kept.
        removal_policy: what becomes of the log group when the provider is removed.
        max_parallel_configs: how many configs CloudFormation has under way at once, for each Region that they call; None: all.
        code: the function's code; by default what is installed here.

    Raises:
        InvalidArguments: an instance is none.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instances: Sequence[InstanceArgument] | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        max_parallel_configs: int | None = MOST_LANES,
        code: lambda_.Code | None = None,
    ) -> None:
        super().__init__(scope, id, instances)
        self._max_parallel_configs = max_parallel_configs
        self.log_group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=removal_policy)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "log": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                            resources=[self.log_group.log_group_arn],
                        )
                    ]
                )
            },
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="Sets the outbound caller configs of Amazon Connect queues for CloudFormation",
            code=code or function_code(self),
            handler=HANDLER,
            runtime=lambda_.Runtime.PYTHON_3_14,
            timeout=Duration.minutes(15),
            memory_size=256,
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
            # After an hour CloudFormation has given up waiting, so an event that is still undelivered would come too late.
            max_event_age=Duration.hours(1),
            retry_attempts=2,
        )
        self._service_token = self.function.function_arn
        # The CDK has it wait for the role, which its reference to the role does already.
        self.function.node.default_child.add_deletion_override("DependsOn")  # type: ignore[union-attr]
        self._policies = RolePolicies(self, self.role)
        for instance in self._instances or ():
            self._policies.add(Holder(None, whole_instance(scope_of(instance, self._facts.where))))

    @classmethod
    def of(cls, scope: IConstruct) -> QueueOutboundCallerConfigProvider:
        """Returns the provider of the stack that a construct is in; the first call makes it."""
        facts = StackFacts.of(scope)
        if facts.provider is None:
            found = facts.stack.node.try_find_child(_SINGLETON)
            facts.provider = found if isinstance(found, cls) else cls(facts.stack, _SINGLETON)
        return facts.provider

    @staticmethod
    def from_service_token(
        scope: Construct, id: str, service_token: str, *, instances: Sequence[InstanceArgument] | None = None
    ) -> ProviderBase:
        """Returns a provider that was deployed elsewhere.

        Arguments:
            scope: where it is used.
            id: its id there.
            service_token: the ARN of its function, or of an SNS topic in front of it; it may be a token.
            instances: the instances that it serves, so that a config on another one is an error at synthesis.

        Raises:
            ServiceTokenError: it is no such ARN, or one of another Region or account than the stack's.
        """
        return ImportedProvider(scope, id, service_token, instances)

    @staticmethod
    def from_export(
        scope: Construct,
        id: str,
        *,
        export_name: str = SERVICE_TOKEN_EXPORT,
        instances: Sequence[InstanceArgument] | None = None,
    ) -> ProviderBase:
        """Returns the provider whose service token a stack of the same account and Region exports.

        Whether there is such an export only CloudFormation knows; without it, it says `No export named …` before it makes
        anything. Arguments are as for `from_service_token`.
        """
        return ImportedProvider(scope, id, Fn.import_value(export_name), instances)

    @property
    def service_token(self) -> str:
        """The ARN of the function."""
        return self._service_token

    def token_for(self, facts: StackFacts) -> str:
        token = self.service_token
        if facts.stack is self._facts.stack:
            return token
        return self._lanes_of(facts).on_prepare(token)

    def serve(self, arguments: Arguments, facts: StackFacts, member: Member) -> None:
        grant = grant_of(arguments, facts.where) if self._instances is None else None
        if facts.stack is self._facts.stack:
            self._policies.add(Holder(member.resource, grant, member.is_referred_to))
        self._lanes_of(facts).join(member)

    def check(self, path: Callable[[], str], arguments: Arguments, facts: StackFacts) -> None:
        """Raises InvalidArguments when the provider does not serve the config's instance, or its stack."""
        if self._instances is None and facts.stack is not self._facts.stack:
            problem = InvalidProperty(
                "provider",
                f"is {self.node.path}, which serves only configs of its own stack",
                "Give it instances=[…], or use QueueOutboundCallerConfigProviderStack",
            )
            raise InvalidArguments(path(), [problem])
        for what, name in (("region", "Region"), ("account", "account")):
            mine, theirs = getattr(self._facts.place, what), getattr(facts.place, what)
            if mine is not None and theirs is not None and mine != theirs:
                problem = InvalidProperty(
                    "provider",
                    f"is {self.node.path} in {name} {mine}, and the stack is in {theirs}",
                    f"CloudFormation calls only functions of its own {name}: give the stack a provider there",
                )
                raise InvalidArguments(path(), [problem])
        super().check(path, arguments, facts)

    def _lanes_of(self, facts: StackFacts) -> Lanes:
        lanes = self._lanes.get(facts.stack)
        if lanes is None:
            scheduled = facts.stack is self._facts.stack
            lanes = self._lanes[facts.stack] = Lanes(self._max_parallel_configs, scheduled=scheduled)
            if scheduled:
                self.function.add_environment(VARIABLE, lanes.variable)
                lanes.harmless = self._policies.without_references
                lanes.when_preparing = self._policies.write_again
                self._policies.lanes = lanes.laid
        return lanes


class ImportedProvider(ProviderBase):
    """A provider that was deployed elsewhere, known by its service token."""

    def __init__(
        self, scope: Construct, id: str, service_token: str, instances: Sequence[InstanceArgument] | None
    ) -> None:
        super().__init__(scope, id, instances)
        _check_service_token(service_token, self._facts.place, self.node.path)
        self._service_token = service_token

    @property
    def service_token(self) -> str:
        """As it was given."""
        return self._service_token

    def token_for(self, facts: StackFacts) -> str:
        return self._lanes_of(facts).on_prepare(self._service_token)

    def serve(self, arguments: Arguments, facts: StackFacts, member: Member) -> None:  # noqa: ARG002
        self._lanes_of(facts).join(member)

    def _lanes_of(self, facts: StackFacts) -> Lanes:
        return self._lanes.setdefault(facts.stack, Lanes(scheduled=False))


def _may_be_same(one: Instance, other: Instance) -> bool:
    """Tells whether two namings can mean the same instance; one by id alone may be in any place."""
    return one.id == other.id and (one.place is None or other.place is None or one.place == other.place)


def _check_service_token(token: object, stack: StackPlace, path: str) -> None:
    if not isinstance(token, str):
        raise ServiceTokenError(
            f"{path}: service_token is {quote(token)}, of type {type(token).__name__}. Give the function's ARN as text"
        )
    if is_unresolved(token):
        return
    match = _IS_SERVICE_TOKEN.fullmatch(token)
    if match is None:
        raise ServiceTokenError(
            f"{path}: service_token is {quote(token)}, which is no ARN of a Lambda function or an SNS topic. "
            f"Give the value that the provider's stack exports as {SERVICE_TOKEN_EXPORT}"
        )
    found = {
        "partition": match["partition"],
        "region": match["region"] or match["sns_region"],
        "account": match["account"] or match["sns_account"],
    }
    for what, mine in found.items():
        theirs = getattr(stack, what)
        if theirs is not None and theirs != mine:
            name = "Region" if what == "region" else what
            raise ServiceTokenError(
                f"{path}: service_token is of {name} {mine}, but the stack is in {theirs}. CloudFormation calls only functions "
                f"of its own {name}: deploy a QueueOutboundCallerConfigProviderStack there"
            )
