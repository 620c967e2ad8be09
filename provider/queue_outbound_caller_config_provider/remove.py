"""An owner is removed from a queue: Delete, and the rollback of a failed replacement."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from .arns import FAILED_CREATE, Queue
from .config import CallerConfig, DeletionBehavior, Mirroring, QueueState
from .errors import (
    InvalidProperties,
    LedgerFull,
    LedgerUnreadable,
    ProviderError,
    QueueNotFound,
    Refused,
    Superseded,
    TwinOutOfReach,
)
from .event import Event
from .ledger import Ledger, State
from .ledger_document import Snapshot
from .properties import ResourceProperties
from .reconcile import Intent, Reconciler
from .reporting import Report
from .timing import GRACE, READ_AGE
from .twin import Twin

_CREATE_AND_REMOVAL = 2
"""Versions of a ledger that had one event before the one that removes its owner."""


def delete(event: Event, on: Callable[[Queue], Reconciler], report: Report) -> None:
    """Handles a Delete; what does not exist is deleted already.

    Args:
        event: The event.
        on: Returns what works on a queue.
        report: Told what is decided and why.
    """
    known, _, failed_create = event.known_id.partition(FAILED_CREATE)
    queue = Queue.from_physical_id(known)
    if event.known_id == event.nothing_id:
        report.decided("nothing was created: nothing to do")
    elif queue is not None:
        with never_brick(on(queue)) as at:
            _delete_layer(at, event, failed_create)
    else:
        _delete_without_answer(event, on, report)


def _delete_layer(at: Reconciler, event: Event, failed_create: str) -> None:
    """Removes the owner's layer.

    Args:
        at: The queue.
        event: The Delete.
        failed_create: Request of the failed Create that it undoes: what another event put stays.
    """
    seen = at.parts.store.read()
    if not seen.layer_of(event.owner) and (seen.ledger or not failed_create):  # that has mostly left no ledger
        seen = at.parts.store.read_fresh()
    mine = seen.layer_of(event.owner)
    if mine is None:
        # An event without a date is not remembered, so a Delete that failed half way cannot be told from one with nothing to do.
        may_be_half_done = seen.ledger is not None and (not seen.layers or not event.issued)
        if seen.ledger is not None and (may_be_half_done or seen.ledger.removal_of(event.owner).owner):
            at.report.decided("the layer was removed before: the rest of the clean-up is done")
            seen = at.drop_dead(at.parts, seen, event.owner)
            finish(at, seen, Intent(event.owner), at.living_twin(at.replica.read(seen.ledger)))
        else:
            at.report.decided("this owner has no layer on the queue: nothing to do")
    elif "" < event.issued < mine.issued or (failed_create and failed_create != mine.request):
        at.report.decided("this owner's layer was put by an event that this one does not undo: it stays")
    else:
        behavior = DeletionBehavior.RESTORE if failed_create else mine.deletion_behavior
        remove_layer(at, event, seen, behavior)


def _delete_without_answer(event: Event, on: Callable[[Queue], Reconciler], report: Report) -> None:
    """Undoes a Create that CloudFormation had no response of, whether it has run, is running or is yet to run.

    CloudFormation makes up a physical id then, so only the properties say which queue the Create was about. The Create may still
    be running: CloudFormation cancels it when another resource fails, and does not wait for it.
    """
    try:
        queue = ResourceProperties.parse(event.properties, event.stack).queue
    except InvalidProperties:
        report.decided("neither the physical id nor the properties name a queue: nothing to do")
        return
    report.decided("the physical id does not name a queue: a Create that did not respond is undone")
    with never_brick(on(queue)) as at:
        supersede(at, event)


@contextmanager
def never_brick(at: Reconciler) -> Iterator[Reconciler]:
    """Lets a Delete succeed with a warning if a retry cannot help."""
    try:
        yield at
    except (LedgerUnreadable, LedgerFull, Refused) as problem:
        if isinstance(problem, Refused) and not problem.permanent:
            raise
        at.report.warn(str(problem))
        why = "refused permanently" if isinstance(problem, Refused) else "the ledger cannot be used"
        at.report.decided(f"{why}: the queue and the ledger stay as they are")


def remove_layer(
    at: Reconciler, event: Event, seen: Snapshot, behavior: DeletionBehavior, *, cancelled: bool = False
) -> None:
    """Removes the owner's layer, applies what then is active, and deletes a ledger that nobody needs.

    Args:
        at: The queue.
        event: The event that removes it.
        seen: The ledger as just read.
        behavior: What the queue is left with if this is the final owner.
        cancelled: Whether an earlier event of this owner may still be running.
    """
    twin = at.living_twin(at.replica.read(seen.ledger))
    seen = at.drop_dead(at.parts, seen, event.owner)
    for _ in range(3):
        final = seen.ledger is not None and not seen.ledger.others(event.owner)
        if final:
            twin = _known(at, twin, behavior)
        kept = _queue(at) if final and behavior is DeletionBehavior.RETAIN else None
        left = CallerConfig() if behavior is DeletionBehavior.CLEAR else None
        if kept:
            left = at.replica.recordable(kept.config)
        until = time.time() + GRACE + READ_AGE if cancelled and event.issued else 0.0
        waits = until or twin.layers or twin.problem or (seen.ledger is not None and seen.ledger.waits_until)
        then = State.WAITING if waits else State.CLOSED
        shared = bool(twin.layers or twin.problem)
        recorded = at.parts.store.remove(
            event.owner, seen, issued=event.issued, left=left, shared=shared, until=until, state=then
        )
        if recorded.layers or final:
            break
        seen = recorded  # the other owners were removed at the same moment
    intent = Intent(event.owner, cancelled_for=GRACE if cancelled else 0.0)
    finish(at, recorded, intent, twin, before=seen.ledger, state=kept)


def finish(
    at: Reconciler,
    recorded: Snapshot,
    intent: Intent,
    twin: Twin,
    *,
    before: Ledger | None = None,
    state: QueueState | None = None,
) -> None:
    """Makes the queue what a ledger without the owner says, and deletes a ledger that nobody needs.

    Args:
        at: The queue.
        recorded: The ledger without the owner.
        intent: Of the event.
        twin: The twin Region.
        before: The ledger with the owner, if it is known.
        state: What the queue keeps, whatever is written to it now; else it is read.
    """
    if isinstance(twin.problem, LedgerUnreadable) and not recorded.layers:
        at.report.decided(f"the ledger in {twin.region} cannot be read: the queue stays as it is")
        return
    try:
        if recorded.ledger is not None and (twin.layers or recorded.ledger.found or twin.waits):
            state = at.parts.api.describe_queue()
            seen = replace(before or recorded.ledger, found=recorded.ledger.found)
            twin = at.replica.with_mirroring(twin, seen, state, ask=True)
            recorded = replace(recorded, ledger=at.replica.learn(recorded.ledger, twin))
            twin = Twin() if twin.layers and _is_apart(recorded, twin, state) else twin
        recorded = at.reconcile(_as_decided(recorded, twin), intent, twin, state).snapshot
    except QueueNotFound:
        at.report.decided("the queue no longer exists: only the ledger is updated")
        twin = Twin() if twin.layers else twin
    close(at, recorded, twin)


def _as_decided(recorded: Snapshot, twin: Twin) -> Snapshot:
    """Returns the ledger with what the final owner of both Regions leaves by CLEAR or RETAIN as its baseline."""
    if recorded.left is None or recorded.ledger is None or twin.layers or twin.problem:
        return recorded
    return replace(recorded, ledger=replace(recorded.ledger, baseline=recorded.left, found=None))


def _is_apart(recorded: Snapshot, twin: Twin, state: QueueState) -> bool:
    """Tells whether what the twin Region declares is none of this queue's concern.

    That is so if nothing is mirrored. While that is not known, it is so, too, if there was one event before this one, and the
    queue has the baseline: then nothing was written from here that could have replaced what is on its way.
    """
    if twin.mirroring is not None or recorded.ledger is None or recorded.layers or recorded.left is not None:
        return twin.mirroring is Mirroring.NOTHING
    return recorded.version <= _CREATE_AND_REMOVAL and recorded.ledger.baseline.same_as(state.config)


def close(at: Reconciler, recorded: Snapshot, twin: Twin) -> None:
    """Deletes a ledger without layers, and the one that waited for it in the twin Region, once neither is needed.

    Args:
        at: The queue.
        recorded: Its ledger.
        twin: The twin Region.
    """
    latest = _when_no_late_event_can_come(at, recorded)
    if latest.version != recorded.version:
        finish(at, latest, Intent(), at.living_twin(at.replica.read(latest.ledger)))
        return
    ledger = recorded.ledger
    if ledger is None or ledger.layers:
        return
    if twin.layers:
        at.report.decided(f"a stack in {twin.region} still declares a config of this queue: the ledger waits for it")
        if recorded.newest and ledger != recorded.newest.ledger:  # more is known by now than it says
            recorded = at.parts.store.remove(recorded.newest.owner, recorded, state=State.WAITING)
        # Both owners may be removed at this moment, and each may have read the other's ledger before that one changed.
        time.sleep(2 * READ_AGE)
        twin = at.replica.read(recorded.ledger)
        if not (twin.layers or twin.problem):
            recorded = _as_decided(recorded, twin)
            close(at, at.reconcile(recorded, Intent(), twin).snapshot, twin)
        return
    at.settle_twin(twin, recorded)
    left = at.parts.store.delete(recorded)
    if left.ledger is not None:
        at.report.decided("the ledger was changed in the meantime: what it says is applied")
        finish(at, left, Intent(), at.living_twin(at.replica.read(left.ledger)))


def _when_no_late_event_can_come(at: Reconciler, recorded: Snapshot) -> Snapshot:
    """Returns the ledger once no cancelled event of a removed owner can arrive any more, or once another owner was added."""
    now, pause = recorded, READ_AGE  # an older read could show no ledger at all
    while now.ledger is not None and not now.layers and (left := now.ledger.waits_until - time.time()) > 0:
        if now is recorded:
            at.report.decided("waits for an earlier event of this resource, which may still be running")
        time.sleep(min(pause, left))
        now, pause = at.parts.store.read(), pause * 2
    return now


def supersede(at: Reconciler, event: Event) -> None:
    """Removes an owner whose earlier event CloudFormation did not wait for: it has run, is running, or is yet to run.

    Without a layer of the owner, a tombstone is put, and waits until such an event has seen it or can no longer arrive: a Create
    or an Update that is older than `GRACE` asks CloudFormation before it puts its layer.
    """
    try:
        seen = at.parts.store.read()
        if seen.layer_of(event.owner) is None:
            _put_tombstone(at, event, seen)
            return
    except Refused as problem:
        if not problem.is_out_of_reach:
            raise
        at.report.decided(f"this role cannot reach the queue, and could not before: nothing was done ({problem})")
        return
    if not seen.supersedes(event.owner, event.issued):
        remove_layer(at, event, seen, DeletionBehavior.RESTORE, cancelled=True)
    else:
        at.report.decided("this owner's layer was put by a later event: it stays")


def _put_tombstone(at: Reconciler, event: Event, seen: Snapshot) -> None:
    """Notes in the ledger that the owner is removed, for an earlier event of it that may still arrive."""
    if not at.owners.wants(event.owner, event.request_type):
        raise Superseded(
            f"CloudFormation is not carrying out this {event.request_type} of {event.owner.logical_id}, so nothing was done"
        )
    if not event.issued:
        at.report.decided("this owner has no layer on the queue: nothing to do")
        return
    try:
        state = None if seen.ledger else at.parts.api.describe_queue()
    except QueueNotFound:
        at.report.decided("the queue does not exist, so nothing was done: nothing to do")
        return
    first = at.replica.first_ledger(state, at.replica.read(None, state)) if state else None
    until = time.time() + GRACE + READ_AGE
    recorded = at.parts.store.remove(
        event.owner, seen, issued=event.issued, first=first, until=until, state=State.WAITING
    )
    if seen.ledger is None and recorded.version == 1:
        close(at, recorded, Twin())  # the tombstone is all there is, so nobody has written to the queue from here
    else:
        twin = at.living_twin(at.replica.read(recorded.ledger))
        finish(at, recorded, Intent(event.owner, cancelled_for=GRACE), twin)


def _queue(at: Reconciler) -> QueueState | None:
    """Returns the queue; None if it does not exist."""
    try:
        return at.parts.api.describe_queue()
    except QueueNotFound:
        return None


def _known(at: Reconciler, twin: Twin, behavior: DeletionBehavior) -> Twin:
    """Returns the twin Region as far as it must be known to restore or clear a queue.

    Raises:
        TwinOutOfReach: Nobody knows whether a stack in the twin Region still declares a config.
    """
    if twin.problem is None or isinstance(twin.problem, LedgerUnreadable):
        return twin
    if behavior is DeletionBehavior.RETAIN or _has_no_replica(at, twin):
        return Twin()
    raise TwinOutOfReach(
        f"The ledger in {twin.region} cannot be read, so a stack there may still declare this queue's config. Nothing was "
        f"changed. Delete again when it can be ({twin.problem})"
    )


def _has_no_replica(at: Reconciler, twin: Twin) -> bool:
    """Tells whether the instance is known to have no replica: it says so, or the twin Region does not know the queue."""
    try:
        if at.parts.api.has_replica() is False:
            return True
        at.twin_parts(str(twin.region)).api.describe_queue()
    except QueueNotFound:
        return True
    except ProviderError as problem:
        at.report.warn(f"whether the instance has a replica is not known: {problem}")
    return False
