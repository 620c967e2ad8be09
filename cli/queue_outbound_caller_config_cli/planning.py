"""What a deployment does to each queue: its config now and after, whom it takes over from, what a removal leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from queue_outbound_caller_config_provider.arns import Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperties
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner

from .declarations import Declaration, PlannedStack
from .inventory import Row, different_members
from .phone_numbers import NumberBook

_NEWEST = float("inf")


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


def plan_stack(stack: PlannedStack, world: World) -> Iterator[Step]:
    """Yields what a stack's deployment does, one step for each resource that is declared or removed."""
    declared: dict[str, Queue] = {}
    for declaration in stack.declarations:
        step = _declared(stack, declaration, world)
        warnings = stack.warnings_for(declaration, step.row.queue.id if step.row else None)
        step = replace(step, notes=step.notes + warnings)
        if step.row is not None:
            declared[declaration.logical_id] = step.row.queue
        yield step
    for logical_id, queue in stack.deployed.items():
        if declared.get(logical_id) != queue and not stack.is_unknown(logical_id):
            yield _removed(stack, logical_id, queue, world)


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


def _declared(stack: PlannedStack, declaration: Declaration, world: World) -> Step:
    def step(action: Action, **facts: object) -> Step:
        made = Step(stack.name, declaration.logical_id, declaration.region, action)
        return replace(made, **facts)  # type: ignore[arg-type]

    if declaration.problem:
        return step(Action.UNKNOWN, notes=(declaration.problem,))
    try:
        properties = declaration.parse()
    except InvalidProperties as problem:
        return step(Action.INVALID, notes=tuple(str(one) for one in problem.problems))
    row = world.rows.get(properties.queue)
    if row is None or row.live is None:
        return step(Action.INVALID, notes=(f"QueueId {properties.queue.id} is not in {properties.queue.place.region}",))
    if row.problem:
        return step(Action.UNKNOWN, row=row, notes=(row.problem,))
    owner = Owner(stack.id or "", declaration.logical_id)
    ledger = row.ledger or Ledger(row.config)
    mine = ledger.layer_of(owner)
    if mine is not None and mine.digest == properties.digest and not declaration.unknown:
        # CloudFormation sends no event for a resource whose properties stay the same.
        drift = ("It is not as declared now, and this deployment does not change it: see `drift`",) if row.drift else ()
        return step(Action.KEEP, row=row, after=row.config, notes=drift)
    config = _with_number_arn(properties.declared.config, properties.declared.number, world, row)
    layer = Layer(owner, config, None, properties.deletion_behavior, at=_NEWEST)
    after = ledger.with_layer(layer).effective
    others = ledger.others(owner)
    taken = ledger.active is not None and ledger.active.owner != owner
    notes = (f"takes over from {others[-1].owner.short}",) if taken else ()
    action = Action.TAKE_OVER if taken else Action.CHANGE if mine else Action.CREATE
    return step(action, row=row, after=after, unknown=declaration.unknown, notes=notes)


def _removed(stack: PlannedStack, logical_id: str, queue: Queue, world: World) -> Step:
    row = world.rows.get(queue)
    step = Step(stack.name, logical_id, queue.place.region, Action.REMOVE, row)
    if row is None or row.live is None:
        return replace(step, notes=(f"queue {queue.id} is not there any more",))
    if row.problem:
        return replace(step, action=Action.UNKNOWN, notes=(row.problem,))
    if logical_id in stack.retained:
        return replace(
            step, after=row.config, notes=("DeletionPolicy Retain: the queue stays, and its owner will be dead",)
        )
    return replace(step, after=after_without(row, Owner(stack.id or "", logical_id)))


def _with_number_arn(config: CallerConfig, number: object, world: World, row: Row) -> CallerConfig:
    """Returns a config with its number as V2 ARN, if it can be found as the function would find it."""
    book = world.books.get(row.queue.instance_id)
    if number is None or book is None:
        return config
    known = book.written(number, row.queue.place.region)  # type: ignore[arg-type]
    return replace(config, number=known.arn) if known else config
