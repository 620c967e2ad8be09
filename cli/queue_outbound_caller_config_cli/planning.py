"""What a deployment does to each queue: its config now and after, whom it takes over from, what a removal leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from queue_outbound_caller_config_provider.arns import Queue
from queue_outbound_caller_config_provider.config import CallerConfig
from queue_outbound_caller_config_provider.errors import InvalidProperties
from queue_outbound_caller_config_provider.ledger import Layer, Owner
from queue_outbound_caller_config_provider.properties import ResourceProperties

from .declarations import Declaration, PlannedStack
from .inventory import Row
from .phone_numbers import NumberBook
from .planned_ledgers import PlannedLedgers

_NEWEST = float("inf")
_DIFFER = (
    "{} declares something else for its queue: if the Regions mirror each other, both queues have the newer config"
)
_SETTLED = "its own stack is gone: it gets back what it had before"
_DRIFTED = "It is not as declared now, and this deployment does not change it: see `drift`"
_RETAINED = "DeletionPolicy Retain: the queue stays, and its owner will be dead"


class Action(StrEnum):
    """What the deployment does about one resource."""

    CREATE = "create"
    CHANGE = "change"
    TAKE_OVER = "take over"
    REMOVE = "remove"
    MIRRORED = "mirrored"
    LIKELY_MIRRORED = "likely mirrored"
    KEEP = "no change"
    UNKNOWN = "cannot tell"
    INVALID = "not valid"


_WRITES = (Action.CREATE, Action.CHANGE, Action.TAKE_OVER, Action.REMOVE)


@dataclass(frozen=True)
class Step:
    """What the deployment does about one resource, and to its queue.

    Attributes:
        stack: The stack's name.
        logical_id: The resource.
        region: Where the queue is.
        action: What is done.
        row: The queue, if it is known and there.
        after: What it has afterwards.
        unknown: Members that only the deployment knows.
        notes: What else a person should know, each in a sentence.
    """

    stack: str
    logical_id: str
    region: str
    action: Action
    row: Row | None = None
    after: CallerConfig | None = None
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[str, ...]:
        """The API's names of the members that change."""
        if self.row is None or self.after is None:
            return ()
        return tuple(member for member in self.row.config.differs_from(self.after) if member not in self.unknown)

    @property
    def differs(self) -> bool:
        """Whether a person should look at it: the queue or its owner changes, or nobody can tell."""
        loud = self.action in (Action.TAKE_OVER, Action.UNKNOWN, Action.INVALID)
        return bool(self.changed or self.unknown or self.notes) or loud

    @property
    def is_of_twin(self) -> bool:
        """Whether it is about the queue in the other Region, which no stack here declares."""
        return self.action in (Action.MIRRORED, Action.LIKELY_MIRRORED)


@dataclass(frozen=True)
class World:
    """The queues and numbers that the templates name.

    Attributes:
        rows: Each queue's row.
        books: The numbers of each instance, by its id.
    """

    rows: dict[Queue, Row]
    books: dict[str, NumberBook]


def plan_stacks(stacks: Sequence[PlannedStack], world: World) -> list[Step]:
    """Returns what deploying the stacks does.

    There is a step for each resource that is declared or removed, and one for the queue in the other Region where Amazon Connect
    mirrors, or may mirror, what such a resource writes.
    """
    planner = _Planner(stacks, world)
    # CloudFormation removes what a deployment no longer declares in the end, so a renamed resource has taken over by then.
    declared = [step for stack in stacks for step in planner.declared(stack)]
    removed = [step for stack in stacks for step in planner.removed(stack)]
    steps = [step for stack in stacks for step in (*declared, *removed) if step.stack == stack.name]
    return [each for step in steps for each in planner.with_twin(step)]


class _Planner:
    """Follows the ledgers through the steps of a deployment."""

    def __init__(self, stacks: Sequence[PlannedStack], world: World) -> None:
        self._world = world
        self._ledgers = PlannedLedgers(world.rows)
        self._told: set[Queue] = set()
        self._targets: dict[tuple[str, str], Queue] = {}
        self._leaving = {
            stack.owner(id)
            for stack in stacks
            for id in stack.deployed.keys() - {one.logical_id for one in stack.declarations}
        }

    def declared(self, stack: PlannedStack) -> Iterator[Step]:
        """Yields a step for each resource that a stack declares."""
        for declaration in stack.declarations:
            step = self._declared(stack, declaration)
            warnings = stack.warnings_for(declaration, step.row.queue.id if step.row else None)
            if step.row is not None:
                self._targets[stack.name, declaration.logical_id] = step.row.queue
            yield replace(step, notes=step.notes + warnings)

    def removed(self, stack: PlannedStack) -> Iterator[Step]:
        """Yields a step for each resource that a stack no longer has on its queue."""
        for logical_id, queue in stack.deployed.items():
            if self._targets.get((stack.name, logical_id)) != queue and not stack.is_unknown(logical_id):
                yield self._removed(stack, logical_id, queue)

    def with_twin(self, step: Step) -> Iterator[Step]:
        """Yields a step with what its queue has in the end, and one for the other Region's queue if that changes with it."""
        row, ledgers = step.row, self._ledgers
        if row is None or row.live is None or step.action not in _WRITES:
            yield step
            return
        step = replace(step, after=ledgers.after(row))
        twin, mirrored, settled = ledgers.twin(row), ledgers.mirrored(row), ledgers.settled(row)
        if twin is None or row.queue in self._told:
            yield step
        elif ledgers.is_planned(twin):
            differs = mirrored is not None and not mirrored.same_as(ledgers.after(twin))
            yield replace(step, notes=(*step.notes, _DIFFER.format(twin.queue.place.region))) if differs else step
        else:
            yield step
            action = Action.MIRRORED if row.mirroring else Action.LIKELY_MIRRORED
            theirs = replace(step, region=twin.queue.place.region, action=action, row=twin, notes=())
            if settled is not None:
                yield replace(theirs, after=settled, notes=() if settled.same_as(ledgers.after(row)) else (_SETTLED,))
            elif mirrored is not None and (step.changed or step.unknown):
                yield replace(theirs, after=mirrored)
        self._told.add(row.queue)

    def _declared(self, stack: PlannedStack, declaration: Declaration) -> Step:
        step = Step(stack.name, declaration.logical_id, declaration.region, Action.UNKNOWN)
        if declaration.problem:
            return replace(step, notes=(declaration.problem,))
        try:
            properties = declaration.parse()
        except InvalidProperties as problem:
            return replace(step, action=Action.INVALID, notes=tuple(str(one) for one in problem.problems))
        row = self._world.rows.get(properties.queue)
        if row is None or row.live is None:
            missing = f"QueueId {properties.queue.id} is not in {properties.queue.place.region}"
            return replace(step, action=Action.INVALID, notes=(missing,))
        if row.problem:
            return replace(step, row=row, notes=(row.problem,))
        return self._put(replace(step, row=row), row, stack.owner(declaration.logical_id), properties, declaration)

    def _put(
        self, step: Step, row: Row, owner: Owner, properties: ResourceProperties, declaration: Declaration
    ) -> Step:
        ledger = self._ledgers.of(row)
        mine = ledger.layer_of(owner)
        if mine is not None and mine.digest == properties.digest and not declaration.unknown:
            # CloudFormation sends no event for a resource whose properties stay the same.
            return replace(step, action=Action.KEEP, after=row.config, notes=(_DRIFTED,) if row.drift else ())
        config = _with_number_arn(properties, self._world, row)
        self._ledgers.put(row, Layer(owner, config, None, properties.deletion_behavior, at=_NEWEST))
        active = ledger.active
        notes: tuple[str, ...] = ()
        action = Action.CHANGE if mine else Action.CREATE
        if active is not None and active.owner != owner and active.owner not in self._leaving:
            action, notes = Action.TAKE_OVER, (f"takes over from {active.owner.short}",)
        notes += tuple(f"{member}: {why}" for member, why in declaration.unknown.items())
        return replace(step, action=action, unknown=tuple(declaration.unknown), notes=notes)

    def _removed(self, stack: PlannedStack, logical_id: str, queue: Queue) -> Step:
        row = self._world.rows.get(queue)
        step = Step(stack.name, logical_id, queue.place.region, Action.REMOVE, row)
        if row is None or row.live is None:
            return replace(step, notes=(f"queue {queue.id} is not there any more",))
        if row.problem:
            return replace(step, action=Action.UNKNOWN, notes=(row.problem,))
        if logical_id in stack.retained:
            return replace(step, notes=(_RETAINED,))
        self._ledgers.remove(row, stack.owner(logical_id))
        return step


def _with_number_arn(properties: ResourceProperties, world: World, row: Row) -> CallerConfig:
    """Returns what is declared with its number as V2 ARN, if it can be found as the function would find it."""
    config, number = properties.declared, properties.number
    book = world.books.get(row.queue.instance_id)
    known = book.written(number, row.queue.place.region) if book and number else None
    return replace(config, number=known.arn) if known else config
