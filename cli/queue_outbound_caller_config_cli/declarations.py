"""The resources that a stack declares, with every value that is known before the deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.errors import InvalidProperties, InvalidProperty
from queue_outbound_caller_config_provider.ledger import Owner
from queue_outbound_caller_config_provider.properties import CONFIG_PROPERTIES, ResourceProperties

from .errors import CannotTell
from .intrinsics import Resolver, Unknown, references
from .live_stacks import LiveStack, LiveStacks
from .templates import NESTED_TYPE, TYPE, StackTemplate
from .writers import RETAINING, OtherWriter, other_writers


@dataclass(frozen=True)
class Declaration:
    """One resource of this project in a template.

    Attributes:
        logical_id: The resource's logical id.
        region: The Region of its stack.
        place: Where bare ids are.
        properties: Its properties, without the members that only the deployment knows.
        unknown: Those members, by the API's names, each with what it depends on.
        problem: Why the queue itself is not known.
        function: The ARN of the provider's function, if it is known.
        references: Logical ids of the stack's resources that `QueueId` refers to.
    """

    logical_id: str
    region: str
    place: Place
    properties: Mapping[str, Any]
    unknown: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    function: str | None = None
    references: frozenset[str] = frozenset()

    def parse(self) -> ResourceProperties:
        """Returns the parsed properties.

        Raises:
            InvalidProperties: They have problems.
        """
        properties = self.properties
        config = properties.get("OutboundCallerConfig")
        if self.unknown and not config:
            # All that is declared is known to the deployment alone. Something has to be declared to be parsed.
            properties = {**properties, "OutboundCallerConfig": {"OutboundCallerIdName": "?"}}
        parsed = ResourceProperties.parse(properties, self.place)
        account = parsed.queue.place.account
        if account != self.place.account:
            problem = f"is in account {account}, but the stack is in {self.place.account}"
            raise InvalidProperties([InvalidProperty("QueueId", problem, f"Deploy it in account {account}")])
        return parsed


@dataclass(frozen=True)
class PlannedStack:
    """A stack that is to be deployed.

    Attributes:
        name: Its name.
        region: Where to.
        id: Its id, if it is deployed already.
        declarations: The resources that it declares.
        deployed: The queues of the resources that it has now, by logical id.
        retained: The logical ids of those that CloudFormation keeps when they are removed.
        writers: What else in it sets a queue's config.
    """

    name: str
    region: str
    id: str | None
    declarations: tuple[Declaration, ...]
    deployed: dict[str, Queue] = field(default_factory=dict)
    retained: frozenset[str] = frozenset()
    writers: tuple[OtherWriter, ...] = ()

    def owner(self, logical_id: str) -> Owner:
        """Returns a resource as the ledgers name it; if the stack is not deployed yet, by the stack's name alone."""
        return Owner(self.id or f"/{self.name}", logical_id)

    def warnings_for(self, declaration: Declaration, queue_id: str | None) -> tuple[str, ...]:
        """Returns what to know about other writers of a resource's queue."""
        return tuple(
            writer.warning
            for writer in self.writers
            if queue_id in writer.queue_ids or writer.references & declaration.references
        )

    def is_unknown(self, logical_id: str) -> bool:
        """Tells whether the queue that a resource declares is known to the deployment alone."""
        return any(one.logical_id == logical_id and one.problem for one in self.declarations)

    def of_instance(self, id: str) -> PlannedStack:
        """Returns the stack with the resources of one instance alone, and those whose instance nobody can tell."""

        def is_wanted(declaration: Declaration) -> bool:
            try:
                return bool(declaration.problem) or declaration.parse().queue.instance_id == id
            except InvalidProperties:
                return True

        return replace(
            self,
            declarations=tuple(filter(is_wanted, self.declarations)),
            deployed={name: queue for name, queue in self.deployed.items() if queue.instance_id == id},
        )

    @property
    def queues(self) -> set[Queue]:
        """Every queue that the stack declares or has, as far as it is known."""
        found = set(self.deployed.values())
        for declaration in self.declarations:
            if not declaration.problem:
                try:
                    found.add(declaration.parse().queue)
                except InvalidProperties:
                    continue  # its problems are told where it is planned
        return found


def read_planned(
    stack: StackTemplate, stacks: LiveStacks, default_region: str | None, overrides: Mapping[str, str]
) -> Iterator[PlannedStack]:
    """Yields a stack with everything that is known of it, and the stacks nested in it.

    Args:
        stack: The template.
        stacks: What is deployed.
        default_region: Where it is deployed to if the file does not say.
        overrides: Values of parameters.

    Raises:
        CannotTell: Nobody says where it is deployed to, or CloudFormation cannot be asked.
    """
    region = stack.region or default_region
    if region is None:
        raise CannotTell(f"{stack.name} names no Region. Give --region, or set AWS_REGION")
    live = stacks.stack(region, stack.name)
    if live.id:
        stack = replace(stack, name=live.id.split("/")[1])  # a nested stack was looked up by its id
    resolver = Resolver(stack, live, stacks, region, overrides)
    partition, account = stacks.caller
    place = Place(partition, region, stack.account or account)
    ours = {id: one for id, one in stack.resources.items() if one.get("Type") == TYPE and resolver.is_wanted(one)}
    deployed = {
        id: queue
        for id, resource in live.resources.items()
        if resource.type == TYPE and (queue := Queue.from_physical_id(resource.physical_id)) is not None
    }
    yield PlannedStack(
        stack.name,
        region,
        live.id,
        tuple(_declaration(id, one, place, resolver) for id, one in ours.items()),
        deployed,
        _retained(live),
        tuple(other_writers(stack, live, resolver)),
    )
    for one in _nested(stack, live, resolver):
        yield from read_planned(one, stacks, region, {})


def _nested(stack: StackTemplate, live: LiveStack, resolver: Resolver) -> Iterator[StackTemplate]:
    """Yields the stacks nested in a stack: those in its template, and those that this deployment removes."""
    ids = {id: one.physical_id for id, one in live.resources.items() if one.type == NESTED_TYPE}
    for id, nested in stack.nested.items():
        if resolver.is_wanted(stack.resources[id]):
            given = resolver.resolve((stack.resources[id].get("Properties") or {}).get("Parameters") or {})
            yield replace(nested, name=ids.get(id, nested.name), account=stack.account, parameters=given)
    for id in sorted(ids.keys() - _retained(live)):
        if id not in stack.resources or not resolver.is_wanted(stack.resources[id]):
            yield StackTemplate(ids[id], {}, account=stack.account)


def _declaration(logical_id: str, resource: Mapping[str, Any], place: Place, resolver: Resolver) -> Declaration:
    written = resource.get("Properties") or {}
    resolved = {name: resolver.resolve(value) for name, value in written.items()}
    function = resolved.get("ServiceToken")
    problem, unknown = None, {}
    for name in ("InstanceId", "QueueId", "DeletionBehavior", "OutboundCallerConfig"):
        if isinstance(value := resolved.get(name), Unknown):
            problem = problem or f"{name}: {value.why}"
    members = resolved.get("OutboundCallerConfig")
    if isinstance(members, dict):
        unknown = {name: one.why for name in CONFIG_PROPERTIES if isinstance(one := members.get(name), Unknown)}
        resolved["OutboundCallerConfig"] = {name: one for name, one in members.items() if name not in unknown}
    known = {name: value for name, value in resolved.items() if not isinstance(value, Unknown)}
    return Declaration(
        logical_id,
        place.region,
        place,
        known,
        unknown,
        problem,
        function if isinstance(function, str) else None,
        frozenset(references(written.get("QueueId"))),
    )


def _retained(live: LiveStack) -> frozenset[str]:
    """Returns the resources that the deployed template says to keep."""
    resources = live.template.get("Resources") or {}
    return frozenset(
        id for id, one in resources.items() if isinstance(one, dict) and one.get("DeletionPolicy") in RETAINING
    )
