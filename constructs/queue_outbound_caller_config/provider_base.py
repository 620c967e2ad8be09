"""What serves configs: a provider of this app, or one that was deployed elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aws_cdk import CfnResource
from constructs import Construct
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote

from .arguments import Arguments, InstanceArgument, InvalidArguments, QueueArgument, Value, read_instance, read_queue
from .plan import Member
from .stack_facts import StackFacts

T = TypeVar("T")
U = TypeVar("U")


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
        if problems:
            raise InvalidArguments(self.node.path, problems, what=type(self).__name__)

    @property
    def service_token(self) -> str:
        """What a resource's `ServiceToken` is."""
        raise NotImplementedError

    def _check(self, path: Callable[[], str], arguments: Arguments, facts: StackFacts) -> None:
        """Raises InvalidArguments if the provider is known not to serve a config."""
        problems: list[InvalidProperty] = []
        known = [value.parsed and value.parsed.id for value in self._instances or ()]
        wanted = arguments.instance_id
        if self._instances is not None and wanted and None not in known and wanted not in known:
            served = f"{wanted}, which the provider {self.node.path} does not serve (instances={', '.join(map(str, known))})"
            fix = "Add the instance to the provider's instances, or use another provider"
            problems.append(InvalidProperty("instance", f"is {served}", fix))
        queue = arguments.queue.parsed
        listed = [value.parsed and value.parsed.id for value in self._queues or ()]
        if self._queues is not None and queue and None not in listed and queue.id not in listed:
            served = f"{queue.id}, which the provider {self.node.path} does not serve (it has queues=[…])"
            problems.append(InvalidProperty("queue", f"is {served}", "Add the queue to the provider's queues"))
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


def _read_all(
    values: Sequence[T] | None,
    argument: str,
    read: Callable[[T, str], Value[U]],
    problems: list[InvalidProperty],
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
