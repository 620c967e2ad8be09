"""What a deployment does to each queue: its config now and after, whom it takes over from, what a removal leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from queue_outbound_caller_config_provider.arns import Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperties
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner
from queue_outbound_caller_config_provider.properties import ResourceProperties

from .declarations import Declaration, PlannedStack
from .inventory import Row, different_members
from .phone_numbers import NumberBook

_NEWEST = float("inf")
_DRIFTED = "It is not as declared now, and this deployment does not change it: see `drift`"
_RETAINED = "DeletionPolicy Retain: the queue stays, and its owner will be dead"


class Action(StrEnum):
    """What the deployment does about one resource."""

    CREATE = "create"
    CHANGE = "change"
    TAKE_OVER = "take over"
    REMOVE = "remove"
    KEEP = "no change"
    UNKNOWN = "cannot tell"
    INVALID = "not valid"


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
        return tuple(member for member in different_members(self.row.config, self.after) if member not in self.unknown)

    @property
    def differs(self) -> bool:
        """Whether a person should look at it: the queue or its owner changes, or nobody can tell."""
        quiet = self.action in (Action.KEEP, Action.CREATE, Action.CHANGE, Action.REMOVE)
        return bool(self.changed or self.unknown or self.notes) or not quiet


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
    """Returns what deploying the stacks does: a step for each resource that is declared or removed."""
    planner = _Planner(stacks, world)
    # CloudFormation removes what a deployment no longer declares in the end, so a renamed resource has taken over by then.
    declared = [step for stack in stacks for step in planner.declared(stack)]
    removed = [step for stack in stacks for step in planner.removed(stack)]
    return [step for stack in stacks for step in (*declared, *removed) if step.stack == stack.name]


def after_without(row: Row, owner: Owner) -> CallerConfig:
    """Returns what a queue has once an owner's layer is removed: the newest of the others, else what the behavior leaves."""
    ledger = row.ledger or Ledger(row.config)
    mine = ledger.layer_of(owner)
    if mine is None:
        return row.config
    rest = ledger.without(owner)
    if rest.active or mine.deletion_behavior is DeletionBehavior.RESTORE:
        return rest.effective
    return row.config if mine.deletion_behavior is DeletionBehavior.RETAIN else CallerConfig()


class _Planner:
    """Follows the ledgers through the steps of a deployment."""

    def __init__(self, stacks: Sequence[PlannedStack], world: World) -> None:
        self._world = world
        self._ledgers: dict[Queue, Ledger] = {}
        self._targets: dict[tuple[str, str], Queue] = {}
        self._leaving = {
            Owner(stack.id or "", id)
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
        return self._put(
            replace(step, row=row), row, Owner(stack.id or "", declaration.logical_id), properties, declaration
        )

    def _put(
        self, step: Step, row: Row, owner: Owner, properties: ResourceProperties, declaration: Declaration
    ) -> Step:
        ledger = self._ledger(row)
        mine = ledger.layer_of(owner)
        if mine is not None and mine.digest == properties.digest and not declaration.unknown:
            # CloudFormation sends no event for a resource whose properties stay the same.
            return replace(step, action=Action.KEEP, after=row.config, notes=(_DRIFTED,) if row.drift else ())
        config = _with_number_arn(properties, self._world, row)
        after = ledger.with_layer(Layer(owner, config, None, properties.deletion_behavior, at=_NEWEST))
        self._ledgers[row.queue] = after
        active = ledger.active
        notes: tuple[str, ...] = ()
        action = Action.CHANGE if mine else Action.CREATE
        if active is not None and active.owner != owner and active.owner not in self._leaving:
            action, notes = Action.TAKE_OVER, (f"takes over from {active.owner.short}",)
        return replace(step, action=action, after=after.effective, unknown=declaration.unknown, notes=notes)

    def _removed(self, stack: PlannedStack, logical_id: str, queue: Queue) -> Step:
        row = self._world.rows.get(queue)
        step = Step(stack.name, logical_id, queue.place.region, Action.REMOVE, row)
        if row is None or row.live is None:
            return replace(step, notes=(f"queue {queue.id} is not there any more",))
        if row.problem:
            return replace(step, action=Action.UNKNOWN, notes=(row.problem,))
        if logical_id in stack.retained:
            return replace(step, after=row.config, notes=(_RETAINED,))
        owner = Owner(stack.id or "", logical_id)
        after = after_without(replace(row, ledger=self._ledger(row)), owner)
        self._ledgers[queue] = self._ledger(row).without(owner)
        return replace(step, after=after)

    def _ledger(self, row: Row) -> Ledger:
        return self._ledgers.get(row.queue) or row.ledger or Ledger(row.config)


def _with_number_arn(properties: ResourceProperties, world: World, row: Row) -> CallerConfig:
    """Returns what is declared with its number as V2 ARN, if it can be found as the function would find it."""
    config, number = properties.declared.config, properties.declared.number
    book = world.books.get(row.queue.instance_id)
    known = book.written(number, row.queue.place.region) if book and number else None
    return replace(config, number=known.arn) if known else config
