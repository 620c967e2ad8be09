"""Whether what a template names exists and fits: queue, number, flow, and the role that is to use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from queue_outbound_caller_config_provider.arns import NumberForm, Queue
from queue_outbound_caller_config_provider.errors import InvalidProperties, InvalidProperty
from queue_outbound_caller_config_provider.properties import ResourceProperties, refuse_v1

from .declarations import Declaration, PlannedStack
from .flows import OUTBOUND_WHISPER
from .permissions import Verdict
from .planning import World


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, or that nobody can tell.

    Attributes:
        stack: The stack.
        logical_id: The resource.
        region: Its Region.
        text: What, and what to do.
        is_unknown: Whether it only cannot be told.
    """

    stack: str
    logical_id: str
    region: str
    text: str
    is_unknown: bool = False


Flows = Callable[[Queue], dict[str, dict[str, Any]]]
"""Returns the flows of a queue's instance in its Region, by id."""
Permitted = Callable[[str, ResourceProperties, World], Verdict]
"""Judges whether a function may use what a resource names."""


class Checker:
    """Checks the stacks that are deployed together.

    Args:
        world: The queues and numbers that they name.
        flows: Looks up flows.
        permitted: Judges the role of a function.
    """

    def __init__(self, world: World, flows: Flows, permitted: Permitted) -> None:
        self._world = world
        self._flows = flows
        self._permitted = permitted
        self._declared: dict[Queue, str] = {}
        self._told_of_roles: set[tuple[str, str]] = set()

    def check(self, stack: PlannedStack) -> Iterator[Finding]:
        """Yields the problems of a stack's resources."""
        for declaration in stack.declarations:
            for text, is_unknown in self._told(stack, declaration):
                yield Finding(stack.name, declaration.logical_id, declaration.region, text, is_unknown)

    def _told(self, stack: PlannedStack, declaration: Declaration) -> Iterator[tuple[str, bool]]:
        """Yields each finding on a resource, and whether it is only that nobody can tell."""
        properties = None
        if declaration.problem:
            yield declaration.problem, True
        else:
            try:
                properties = declaration.parse()
            except InvalidProperties as problem:
                yield from ((str(one), False) for one in problem.problems)
        queue_id = properties.queue.id if properties else None
        yield from ((text, False) for text in stack.warnings_for(declaration, queue_id))
        if properties is not None:
            yield from self._queue(f"{stack.name}/{declaration.logical_id}", properties.queue)
            yield from ((text, False) for text in _number(properties, self._world))
            if properties.queue.instance_id in self._world.books:  # else the instance is not there
                yield from ((text, False) for text in _flow(properties, self._flows))
            yield from ((f"{name}: {why}", True) for name, why in declaration.unknown.items())
            yield from self._role(stack, declaration, properties)

    def _queue(self, name: str, queue: Queue) -> Iterator[tuple[str, bool]]:
        first = self._declared.setdefault(queue, name)
        if first != name:
            yield f"QueueId is the queue of {first} too, so only one of them is active. Remove one", False
        row = self._world.rows.get(queue)
        if row is None or row.live is None:
            yield f"QueueId {queue.id} is not a queue of the instance in {queue.place.region}. Correct it", False
        elif row.problem:
            yield row.problem, True

    def _role(
        self, stack: PlannedStack, declaration: Declaration, properties: ResourceProperties
    ) -> Iterator[tuple[str, bool]]:
        """Yields what a role does not allow, or why nobody can tell; the same only once for a stack."""
        if declaration.function is None:
            verdict = Verdict(
                "the provider's function is not deployed yet, so its role cannot be judged", is_unknown=True
            )
        else:
            verdict = self._permitted(declaration.function, properties, self._world)
        if verdict.text and (stack.name, verdict.text) not in self._told_of_roles:
            self._told_of_roles.add((stack.name, verdict.text))
            yield verdict.text, verdict.is_unknown


def _number(properties: ResourceProperties, world: World) -> Iterator[str]:
    number, queue = properties.number, properties.queue
    book = world.books.get(queue.instance_id)
    if number is None or book is None:
        return
    name = "OutboundCallerConfig.OutboundCallerIdNumberId"
    if number.form is NumberForm.V1:
        try:
            refuse_v1(number, name)
        except InvalidProperty as problem:
            yield str(problem)
        return
    known = book.written(number, queue.place.region)
    if known is None:
        yield f"{name} {number.text} is not claimed to the instance or its traffic distribution groups. Claim it there"
    elif not known.usable_from(queue.place.region):
        yield (
            f"{name} {known.e164} is claimed to the instance in {known.region}, so {queue.place.region} cannot use it. "
            "Claim it to a traffic distribution group"
        )
    elif number.place is not None and number.text != known.arn:
        yield f"{name} is {number.text}, but the number's ARN is {known.arn}. Write that one"


def _flow(properties: ResourceProperties, flows: Flows) -> Iterator[str]:
    flow, queue = properties.declared.flow, properties.queue
    if flow is None:
        return
    found = flows(queue).get(flow)
    name = "OutboundCallerConfig.OutboundFlowId"
    if found is None:
        yield f"{name} {flow} is not a flow of the instance in {queue.place.region}. Correct it"
    elif found.get("ContactFlowType") != OUTBOUND_WHISPER:
        yield f"{name} {found.get('Name')} is of type {found.get('ContactFlowType')}. Give one of type {OUTBOUND_WHISPER}"
    elif found.get("ContactFlowState", "ACTIVE") != "ACTIVE" or found.get("ContactFlowStatus") == "SAVED":
        yield f"{name} {found.get('Name')} is archived or not published. Publish it"
