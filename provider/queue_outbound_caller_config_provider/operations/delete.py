"""Delete: an owner is removed from a queue, by the physical id and the ledger, and by the properties only if need be."""

from __future__ import annotations

from collections.abc import Callable

from queue_outbound_caller_config_provider.arns import FAILED_CREATE, Queue
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperties
from queue_outbound_caller_config_provider.event import Event
from queue_outbound_caller_config_provider.properties import ResourceProperties
from queue_outbound_caller_config_provider.reconcile import Intent, Reconciler
from queue_outbound_caller_config_provider.reporting import Report

from .remove import finish, never_brick, remove_layer, supersede


def delete(event: Event, on: Callable[..., Reconciler], report: Report) -> None:
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
        at = on(queue)
        with never_brick(at):
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
    at.parts.api.await_time_slot()
    seen = at.parts.store.read()
    mine = seen.layer_of(event.owner)
    if mine is None and (seen.ledger is not None or not failed_create):  # a failed Create has mostly left no ledger
        seen = at.parts.store.read_fresh()
        mine = seen.layer_of(event.owner)
    if mine is None:
        # An event without a date is not remembered, so a Delete that failed half way cannot be told from one with nothing to do.
        may_be_half_done = seen.ledger is not None and (not seen.layers or not event.issued)
        if seen.ledger is not None and (may_be_half_done or seen.ledger.has_removed(event.owner)):
            at.report.decided("the layer was removed before: the rest of the clean-up is done")
            seen = at.drop_dead(at.parts, seen, event.owner)
            finish(at, seen, Intent.to_remove(event), at.living_twin(at.replica.read(seen.ledger)))
        else:
            at.report.decided("this owner has no layer on the queue: nothing to do")
    elif "" < event.issued < mine.issued or (failed_create and failed_create != mine.request):
        at.report.decided("this owner's layer was put by an event that this one does not undo: it stays")
    else:
        behavior = DeletionBehavior.RESTORE if failed_create else mine.deletion_behavior
        remove_layer(at, event, seen, behavior)


def _delete_without_answer(event: Event, on: Callable[..., Reconciler], report: Report) -> None:
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
    at = on(queue)
    with never_brick(at):
        supersede(at, event)
