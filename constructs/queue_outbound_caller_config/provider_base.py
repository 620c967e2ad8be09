"""What serves configs: a provider of this app, or one that was deployed elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from aws_cdk import CfnResource
from constructs import Construct
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote
from queue_outbound_caller_config_provider.schedule import MOST_CHAINS

from .arguments import (
    Arguments,
    InstanceArgument,
    InvalidArguments,
    QueueArgument,
    StackPlace,
    Value,
    read_instance,
    read_queue,
)
from .plan import Member, Plan
from .stack_facts import StackFacts
from .tokens import is_unresolved

T = TypeVar("T")
U = TypeVar("U")

SERVICE_TOKEN_EXPORT = "QueueOutboundCallerConfigServiceToken"  # noqa: S105 - the name of an export
"""The export of a shared provider's service token, unless another is given."""

_IS_SERVICE_TOKEN = re.compile(
    r"arn:[a-z0-9-]+:(lambda:[a-z0-9-]+:[0-9]{12}:function:[\w-]+(:[\w$-]+)?|sns:[a-z0-9-]+:[0-9]{12}:[\w-]+(\.fifo)?)"
)


class ServiceTokenError(ValueError):
    """A service token cannot serve the stack that it is given to."""


class ProviderBase(Construct):
    """What serves configs: a `QueueOutboundCallerConfigProvider`, or what its `from_…` methods return.

    Args:
        scope: where it is made.
        id: its id.
        instances: the instances that it serves; None: not told.
        queues: the only queues that it serves; None: all of its instances.

    Raises:
        InvalidArguments: an instance or a queue is none.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        instances: Sequence[InstanceArgument] | None,
        queues: Sequence[QueueArgument] | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._facts = StackFacts.of(self)
        problems: list[InvalidProperty] = []
        self._instances = _read_all(instances, "instances", read_instance, problems)
        self._queues = _read_all(queues, "queues", read_queue, problems)
        self._refuse(problems)

    @property
    def service_token(self) -> str:
        """What a resource's `ServiceToken` is."""
        raise NotImplementedError

    def _refuse(self, problems: list[InvalidProperty]) -> None:
        if problems:
            raise InvalidArguments(self.node.path, problems, what=type(self).__name__)

    def _check(self, path: Callable[[], str], arguments: Arguments, facts: StackFacts) -> None:  # noqa: ARG002
        """Raises InvalidArguments if the provider is known not to serve a config."""
        queue = arguments.queue.parsed
        problems = [
            InvalidProperty(
                argument,
                f"is {wanted}, which the provider {self.node.path} does not serve ({argument}s={', '.join(map(str, ids))})",
                f"Add the {argument} to the provider's {argument}s, or use another provider",
            )
            for argument, wanted, ids in (
                ("instance", arguments.instance_id, _ids(self._instances)),
                ("queue", queue and queue.id, _ids(self._queues)),
            )
            if wanted and ids and None not in ids and wanted not in ids
        ]
        if problems:
            raise InvalidArguments(path(), problems)

    def _token_for(self, facts: StackFacts) -> str:
        """Returns the service token as it is in a config of a stack."""
        raise NotImplementedError

    def _policy_for(self, path: Callable[[], str], arguments: Arguments) -> CfnResource | None:  # noqa: ARG002
        """Returns the policy that a config needs, if it is of this app."""
        return None

    def _add(self, facts: StackFacts, member: Member) -> None:
        """Adds a config."""
        raise NotImplementedError


class ImportedProvider(ProviderBase):
    """A provider that was deployed elsewhere, known by its service token."""

    def __init__(
        self, scope: Construct, id: str, service_token: str, instances: Sequence[InstanceArgument] | None
    ) -> None:
        super().__init__(scope, id, instances)
        _check_service_token(service_token, self._facts.place, self.node.path)
        self._service_token = service_token
        self._plan = Plan(self._facts.stack, MOST_CHAINS, scheduled=False)
        self.node.add_validation(self._plan)

    @property
    def service_token(self) -> str:
        """As it was given."""
        return self._service_token

    def _token_for(self, facts: StackFacts) -> str:  # noqa: ARG002 - it is the same everywhere
        return self._service_token

    def _add(self, facts: StackFacts, member: Member) -> None:
        self._plan.add(facts.stack, member)


def _ids(values: Sequence[Value[object]] | None) -> list[str | None]:
    return [getattr(value.parsed, "id", None) for value in values or ()]


def _read_all(
    values: Sequence[T] | None, argument: str, read: Callable[[T, str], Value[U]], problems: list[InvalidProperty]
) -> list[Value[U]] | None:
    if values is None:
        return None
    if isinstance(values, str) or not values:
        problems.append(InvalidProperty(argument, f"is {quote(values)}", f"Give a list of ids or ARNs of {argument}"))
        return None
    found: list[Value[U]] = []
    for at, value in enumerate(values):
        try:
            found.append(read(value, f"{argument}[{at}]"))
        except InvalidProperty as problem:
            problems.append(problem)
    return found


def _check_service_token(token: object, stack: StackPlace, path: str) -> None:
    if isinstance(token, str) and is_unresolved(token):
        return
    if not isinstance(token, str) or not _IS_SERVICE_TOKEN.fullmatch(token):
        raise ServiceTokenError(
            f"{path}: service_token is {quote(token)}, which is not the ARN of a Lambda function or an SNS topic. "
            f"Give the value that the provider's stack exports as {SERVICE_TOKEN_EXPORT}"
        )
    _, partition, _, region, account, *_ = token.split(":")
    for name, mine, theirs in (
        ("partition", partition, stack.partition),
        ("Region", region, stack.region),
        ("account", account, stack.account),
    ):
        if theirs is not None and theirs != mine:
            raise ServiceTokenError(
                f"{path}: service_token is of {name} {mine}, but the stack is in {theirs}. CloudFormation calls only functions "
                f"of its own {name}: deploy a QueueOutboundCallerConfigProviderStack there"
            )
