"""The provider: the function behind the configs, its role and its log group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

from aws_cdk import CfnResource, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct
from queue_outbound_caller_config_provider.errors import InvalidProperty
from queue_outbound_caller_config_provider.schedule import MOST_CHAINS

from .arguments import Arguments, InstanceArgument, InvalidArguments
from .function import make_function, tell_schedule
from .options import ProviderOptions, problems_of
from .permissions import Scope, key_statement, shared_statements, vpc_statements
from .plan import Member, Plan, wait_for
from .policies import Policies
from .provider_base import SERVICE_TOKEN_EXPORT, ImportedProvider, ProviderBase
from .stack_facts import StackFacts, deploy_after
from .tokens import id_of_instance, id_of_queue, is_unresolved

_SINGLETON = "QueueOutboundCallerConfigProvider"


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
        self,
        scope: Construct,
        id: str,
        *,
        instances: Sequence[InstanceArgument] | None = None,
        **options: Unpack[ProviderOptions],
    ) -> None:
        super().__init__(scope, id, instances, options.get("queues"))
        self._options = options
        self._refuse([*problems_of(options), *self._problems_of_queues()])
        self.log_group: logs.ILogGroup = options.get("log_group") or logs.LogGroup(
            self,
            "Log",
            retention=options.get("log_retention", logs.RetentionDays.THREE_MONTHS),
            removal_policy=options.get("removal_policy", RemovalPolicy.DESTROY),
        )
        role = options.get("role")
        self.role: iam.IRole = role or iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.function: lambda_.Function = make_function(self, self.role, self.log_group, options)
        self._service_token = self.function.function_arn
        self._tokens = {self._facts.stack: self._service_token}
        self._plan = Plan(self._facts.stack, options.get("max_parallel_configs", MOST_CHAINS), scheduled=True)
        self._is_told_schedule = False
        self.node.add_validation(self._plan)
        self._policies = Policies(self, self.role, is_own=role is None)
        self._grant()

    @classmethod
    def of(cls, scope: IConstruct) -> QueueOutboundCallerConfigProvider:
        """Returns the provider of the stack that a construct is in; the first call makes it."""
        facts = StackFacts.of(scope)
        if not isinstance(facts.provider, cls):
            found = facts.stack.node.try_find_child(_SINGLETON)
            facts.provider = found if isinstance(found, cls) else cls(facts.stack, _SINGLETON)
        return facts.provider

    @staticmethod
    def from_service_token(
        scope: Construct, id: str, service_token: str, *, instances: Sequence[InstanceArgument] | None = None
    ) -> ProviderBase:
        """Returns a provider that was deployed elsewhere.

        Args:
            scope: where it is used.
            id: its id there.
            service_token: the ARN of its function, or of an SNS topic in front of it; it may be a token.
            instances: the instances that it serves, so that a config on another one is an error at synthesis.

        Raises:
            ServiceTokenError: it is not such an ARN, or one of another Region or account than the stack's.
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

        If that stack is a `QueueOutboundCallerConfigProviderStack` of the same app, it is deployed first. Otherwise only
        CloudFormation knows whether there is such an export; without it, CloudFormation says `No export named …` before it
        makes anything. Arguments are as for `from_service_token`.
        """
        facts = StackFacts.of(scope)
        facts.app.import_(export_name, facts.stack)
        return ImportedProvider(scope, id, Fn.import_value(export_name), instances)

    @property
    def service_token(self) -> str:
        """The ARN of the function."""
        return self._service_token

    @property
    def instance_ids(self) -> list[str]:
        """The ids of the instances that it serves so far; an id may be a token."""
        return self._policies.instance_ids

    def allow_drift_watch(self) -> None:
        """Allows the function what a drift watch needs: to look through its instances and their ledgers.

        Raises:
            InvalidArguments: they are more instances than the role has room for then.
        """
        try:
            self._policies.watch("instances")
        except InvalidProperty as problem:
            self._refuse([problem])

    def _grant(self) -> None:
        stack = self._facts.stack
        statements = shared_statements(stack, self.log_group.log_group_arn)
        if self._options.get("vpc"):
            statements += vpc_statements(stack)
        if key := self._options.get("ledger_encryption_key"):
            statements.append(key_statement(key.key_arn))
        self._wait_for(self._policies.add_shared(statements))
        try:
            for at, value in enumerate(self._instances or ()):
                self._add_instance(value.parsed.id if value.parsed else value.text, f"instances[{at}]")
        except InvalidProperty as problem:
            self._refuse([problem])

    def _add_instance(self, key: str, argument: str) -> CfnResource | None:
        """Returns the policy of an instance, which is made if there is none.

        Args:
            key: the instance's id, or a token for its id or ARN.
            argument: what an error is to name.
        """
        if not self._policies.has_instance(key):
            instance_id = id_of_instance(key) if is_unresolved(key) else key
            tags_ledgers = bool(self._options.get("ledger_tags"))
            scope = Scope(self._facts.stack, instance_id, self._queue_ids(key, argument), tags_ledgers)
            policy = self._policies.add_instance(key, scope, argument)
            if not is_unresolved(key):
                self._wait_for(policy)
        return self._policies.of_instance(key)

    def _wait_for(self, policy: CfnResource | None) -> None:
        """Has the function, and so everything that uses it, wait for a policy and be deleted before it."""
        resource = self.function.node.default_child
        if policy and isinstance(resource, CfnResource):
            wait_for(resource, policy)

    def _queue_ids(self, key: str, argument: str) -> tuple[str, ...] | None:
        """Returns the ids of the queues that it serves of an instance; None: all."""
        if self._queues is None:
            return None
        unknown = [id_of_queue(value.text) for value in self._queues if value.parsed is None]
        known = [value.parsed for value in self._queues if value.parsed]
        of_this = (None, key) if not is_unresolved(key) else {queue.instance_id for queue in known}
        found = (*unknown, *(queue.id for queue in known if queue.instance_id in of_this))
        if not found:
            raise InvalidProperty(
                argument, "has none of the queues", "Leave it out, or add one of its queues to queues"
            )
        return found

    def _problems_of_queues(self) -> list[InvalidProperty]:
        """Returns the problems of the queues in view of the instances."""
        if self._queues is None:
            return []
        if self._instances is None:
            return [InvalidProperty("queues", "are given without instances", "Give instances=[…] too")]
        known = [value.parsed.id for value in self._instances if value.parsed]
        problems: list[InvalidProperty] = []
        for at, value in enumerate(self._queues):
            of = value.parsed.instance_id if value.parsed else None
            if of is None and len(self._instances) > 1:
                problem = "does not say of which of the instances it is"
                problems.append(InvalidProperty(f"queues[{at}]", problem, "Give the queue's ARN as a string"))
            elif of and len(known) == len(self._instances) and of not in known:
                fix = "Add that instance to instances, or leave the queue out"
                problems.append(InvalidProperty(f"queues[{at}]", f"is of instance {of}, which is not served", fix))
        return problems

    def _check(self, path: Callable[[], str], arguments: Arguments, facts: StackFacts) -> None:
        home, theirs = self._facts.place, facts.place
        problem = ""
        fix = "CloudFormation calls only functions of its own Region and account: give the stack a provider there"
        if self._instances is None and facts.stack is not self._facts.stack:
            problem = "which serves only configs of its own stack"
            fix = "Give it instances=[…], or use QueueOutboundCallerConfigProviderStack"
        elif home.region and theirs.region and home.region != theirs.region:
            problem = f"in Region {home.region}, and the stack is in {theirs.region}"
        elif home.account and theirs.account and home.account != theirs.account:
            problem = f"in account {home.account}, and the stack is in {theirs.account}"
        if problem:
            raise InvalidArguments(path(), [InvalidProperty("provider", f"is {self.node.path}, {problem}", fix)])
        super()._check(path, arguments, facts)

    def _token_for(self, facts: StackFacts) -> str:
        known = self._tokens.get(facts.stack)
        if known is None:
            stack, home = _top(facts.stack), _top(self._facts.stack)
            known = self._service_token
            if stack is not home:
                # An export, whatever kind of reference the app has set: with a weak one the provider could be deleted before
                # its users.
                deploy_after(stack, home)
                known = home.export_value(self._service_token)
            self._tokens[facts.stack] = known
        return known

    def _policy_for(self, path: Callable[[], str], arguments: Arguments) -> CfnResource | None:
        key = arguments.instance_id or arguments.instance.text
        if self._instances is not None:
            return self._policies.of_instance(key)
        try:
            return self._add_instance(key, "instance")
        except InvalidProperty as problem:
            raise InvalidArguments(path(), [problem]) from None

    def _add(self, facts: StackFacts, member: Member) -> None:
        self._plan.add(facts.stack, member)
        if facts.stack is self._facts.stack and not self._is_told_schedule:
            self._is_told_schedule = True
            tell_schedule(self.function, self._plan)


def _top(stack: Stack) -> Stack:
    """Returns the stack that a nested stack is in, directly or not; any other stack itself."""
    while stack.nested_stack_parent is not None:
        stack = stack.nested_stack_parent
    return stack
