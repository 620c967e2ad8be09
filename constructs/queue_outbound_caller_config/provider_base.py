"""A provider as configs use it: one of this app, or one that was deployed elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from aws_cdk import CfnResource, Fn, Token
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from queue_outbound_caller_config_provider.arns import Instance, InstanceResource, Place
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote
from queue_outbound_caller_config_provider.schedule import MOST_CHAINS

from .arguments import Arguments, InstancesArgument, Parse, Problems, StackPlace, T, Value, is_unresolved, read, told_of
from .options import ProviderOptions, check_options
from .stack_facts import StackFacts

SERVICE_TOKEN_EXPORT = "QueueOutboundCallerConfigServiceToken"  # noqa: S105 - the name of an export
"""The export of a shared provider's service token, unless another is given."""

SINGLETON = "QueueOutboundCallerConfigProvider"
ELSEWHERE = "Deploy a QueueOutboundCallerConfigProviderStack in the stack's own account and Region"
_IS_SERVICE_TOKEN = re.compile(
    r"arn:(?P<partition>[a-z0-9-]+):(lambda|(?P<topic>sns)):(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):"
    r"(?(topic)[\w-]+(\.fifo)?|function:[\w-]+(:[\w$-]+)?)"
)


@dataclass(frozen=True, slots=True)
class Served:
    """What a provider serves.

    Attributes:
        instances: the instances; None: not told.
        queues: the only queues; None: all of its instances.
    """

    instances: list[Value[Instance]] | None
    queues: list[Value[InstanceResource]] | None

    @classmethod
    def read(cls, instances: object, queues: object, stack: StackPlace, problems: Problems) -> Self:
        """Returns what a provider's arguments say, and adds the problems of them."""
        served = _read_all(instances, "instance", Instance.parse, problems)
        only = _read_all(queues, "queue", InstanceResource.parse_queue, problems)
        for at, instance in enumerate(served or ()):
            stack.check_account(getattr(instance.parsed, "place", None), f"instances[{at}]", problems)
        for at, value in enumerate(only or ()):
            if _are_without(served, of := getattr(value.parsed, "instance_id", None)):
                fix = "Add that instance to instances, or leave the queue out"
                problems.add(f"queues[{at}]", f"is of instance {of}, which is not served", fix)
        return cls(served, only)

    def check(self, arguments: Arguments, provider: Construct, problems: Problems) -> None:
        """Adds a problem if a config is known to be of another instance or queue."""
        known = (("instance", arguments.instance_id, self.instances), ("queue", arguments.queue.id, self.queues))
        for what, wanted, values in known:
            if _are_without(values, wanted):
                served = ", ".join(str(value.id) for value in values or ())
                problem = f"is {wanted}, which the provider {provider.node.path} does not serve ({what}s={served})"
                problems.add(what, problem, f"Add the {what} to the provider's {what}s, or use another provider")

    def queue_ids(self, instance: str, argument: str) -> tuple[str, ...] | None:
        """Returns the ids of the only queues of an instance; None: all.

        Args:
            instance: its id, or a token for its id or ARN.
            argument: what an error is to name.

        Raises:
            InvalidProperty: none of the queues is of the instance.
        """
        if self.queues is None:
            return None
        any_of_them = is_unresolved(instance)
        found = tuple(
            queue_id(value)
            for value in self.queues
            if any_of_them or value.parsed is None or value.parsed.instance_id in (None, instance)
        )
        if not found:
            fix = "Leave it out, or add one of its queues to queues"
            raise InvalidProperty(argument, "has none of the queues", fix)
        return found


class ProviderBase(Construct):
    """A provider as configs use it: a `QueueOutboundCallerConfigProvider`, or what its `from_…` methods return.

    Attributes:
        service_token: the `ServiceToken` of a resource: the ARN of the function, or of the topic in front of it.
        function: the function itself if it is of this app.
        most: how many of its configs CloudFormation may run at once, for each Region that they call; 0: no limit.

    Args:
        scope: where it is made.
        id: its id.
        instances: the instances that it serves; None: not told.
        options: what was chosen.

    Raises:
        InvalidArguments: one of them cannot be used.
    """

    service_token: str
    function: lambda_.Function | None = None

    def __init__(self, scope: Construct, id: str, instances: InstancesArgument, options: ProviderOptions) -> None:
        super().__init__(scope, id)
        self._facts = StackFacts.of(self)
        self._place: StackPlace | Place | None = self._facts.place
        self.most: int = options.get("max_parallel_configs", MOST_CHAINS) or 0
        with told_of(SINGLETON, lambda: self.node.path) as problems:
            self._served = Served.read(instances, options.get("queues"), self._facts.place, problems)
            check_options(options, problems)

    def _check_place(self, user: Construct) -> None:
        """Raises InvalidProperty if the provider is known to be of another account or Region than what uses it."""
        if self._place and (conflict := StackFacts.of(user).place.conflict(self._place)):
            raise InvalidProperty("provider", f"is {self.node.path}, which is {conflict}", ELSEWHERE)

    def _serve(self, arguments: Arguments, facts: StackFacts, problems: Problems) -> tuple[str, list[CfnResource]]:
        """Returns a config's service token, and the policies that it waits for if they are of this app.

        Args:
            arguments: the config's.
            facts: those of its stack.
            problems: gets the reason if the provider does not serve it.
        """
        self._check_place(facts.stack)
        self._served.check(arguments, self, problems)
        return self.service_token, []


class ImportedProvider(ProviderBase):
    """A provider that was deployed elsewhere, known by its service token."""

    def __init__(self, scope: Construct, id: str, service_token: str, instances: InstancesArgument) -> None:
        super().__init__(scope, id, instances, {})
        with told_of(SINGLETON, lambda: self.node.path) as problems:
            self._place = read(service_token, "service_token", "service token", _parse_service_token).parsed
            if self._place and (conflict := self._facts.place.conflict(self._place)):
                problems.add("service_token", f"is {conflict}", ELSEWHERE)
        self.service_token: str = service_token


def _parse_service_token(text: object, _argument: str) -> Place:
    match = _IS_SERVICE_TOKEN.fullmatch(str(text))
    if match is None:
        problem = f"is {quote(text)}, which is not the ARN of a Lambda function or an SNS topic"
        fix = f"Give the value that the provider's stack exports as {SERVICE_TOKEN_EXPORT}"
        raise InvalidProperty("service_token", problem, fix)
    return Place(*match.group("partition", "region", "account"))


def queue_id(value: Value[InstanceResource]) -> str:
    """Returns the id of a queue; it may be a token."""
    # A token is an id or an ARN: in `ID/-/-/ID` and in `arn:…:instance/INSTANCE/queue/ID/-/-/…` the id is the fourth part.
    return value.id or Fn.select(3, Fn.split("/", f"{value.text}/-/-/{value.text}"))


def _are_without(values: Sequence[Value[Instance] | Value[InstanceResource]] | None, id: str | None) -> bool:
    """Tells whether all of some values are known, and none of them is a resource that is known, too."""
    ids = [value.id for value in values or ()]
    return bool(id and ids) and id not in ids and None not in ids


def _read_all(values: object, what: str, parse: Parse[T], problems: Problems) -> list[Value[T]] | None:
    if values is None:
        return None
    if isinstance(values, str) or not (isinstance(values, Sequence) and values) or Token.is_unresolved(values):
        problems.add(f"{what}s", f"is {quote(values)}", f"Give a list of ids or ARNs of {what}s")
        return None
    found = [problems.attempt(read, value, f"{what}s[{at}]", what, parse) for at, value in enumerate(values)]
    return [value for value in found if value]
