"""Changes that a person asked for, made by the provider's own reconciliation: a drifted queue repaired, an owner forgotten."""

from __future__ import annotations

from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior
from queue_outbound_caller_config_provider.errors import ProviderError
from queue_outbound_caller_config_provider.event import Event
from queue_outbound_caller_config_provider.ledger import Owner, State
from queue_outbound_caller_config_provider.ledger_document import Snapshot, recordable
from queue_outbound_caller_config_provider.reconcile import Reconciler
from queue_outbound_caller_config_provider.remove import remove_layer
from queue_outbound_caller_config_provider.replica import Parts
from queue_outbound_caller_config_provider.reporting import Report

from .aws import Aws
from .ledgers import owners_of, settings_of, store_of


class Repairs:
    """Makes changes to queues, one after another.

    Args:
        aws: The caller's AWS.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def repair(self, queue: Queue) -> list[str]:
        """Makes a queue what its ledger says; returns what was decided and what a person should know.

        Raises:
            ProviderError: It could not be done; nothing is half done.
        """
        report = Report()
        at = self._on(queue, report)
        seen = at.parts.store.read()
        if seen.ledger is None:
            return ["has no ledger any more: nothing to do"]
        if not at.repair(seen) and report.warnings:
            raise ProviderError(report.warnings[-1])
        return _told(report)

    def forget(self, queue: Queue, owner: Owner, *, keep: bool) -> list[str]:
        """Removes a dead owner's layer as its Delete would have; returns what was decided.

        Args:
            queue: The queue.
            owner: The owner.
            keep: Whether the queue keeps what it has if this was the final owner, whatever its deletion behavior.

        Raises:
            ProviderError: It could not be done; nothing is half done.
        """
        event = _event(queue, owner)
        report = Report(event)
        at = self._on(queue, report)
        seen = at.parts.store.read()
        mine = seen.layer_of(owner)
        if mine is None:
            return [f"{owner.short} has no layer any more: nothing to do"]
        _remove_dead_in_twin(at, seen, keep=keep)
        remove_layer(at, event, seen, DeletionBehavior.RETAIN if keep else mine.deletion_behavior)
        return _told(report)

    def _on(self, queue: Queue, report: Report) -> Reconciler:
        def in_twin(region: str) -> Parts:
            return self._parts(queue.in_region(region), report)

        owners = owners_of(self._aws, queue.place.region, report.warn)
        return Reconciler(self._parts(queue, report), in_twin, owners, report)

    def _parts(self, queue: Queue, report: Report) -> Parts:
        store = store_of(self._aws, queue, settings_of(self._aws, queue))
        return Parts(self._aws.connect_api(queue), store, report)


def _remove_dead_in_twin(at: Reconciler, seen: Snapshot, *, keep: bool) -> None:
    """Removes the owners in the other Region's ledger if all are dead, and notes there what the final one leaves its queue with.

    Else `remove_layer` removes them, and leaves that queue its baseline: then it would not keep what it has.
    """
    twin = at.replica.read(seen.ledger)
    if twin.region is None or not twin.layers:
        return
    there, parts = at.queue.in_region(twin.region), at.twin_parts(twin.region)
    if not all(at.owners.is_dead(layer, there) for layer in twin.layers):
        return
    behavior = DeletionBehavior.RETAIN if keep else twin.layers[0].deletion_behavior
    left = CallerConfig() if behavior is DeletionBehavior.CLEAR else None
    if behavior is DeletionBehavior.RETAIN:
        left = recordable(parts.api.describe_queue().config, there)
    snapshot = twin.snapshot
    for layer in reversed(twin.layers):
        at.report.decided(f"{layer.owner.short} in {twin.region} no longer exists: its layer is removed")
        snapshot = parts.store.remove(layer.owner, snapshot, left=left, state=State.WAITING)


def _event(queue: Queue, owner: Owner) -> Event:
    """Returns what stands for CloudFormation's event: there is none."""
    place: Place = queue.place
    return Event("Delete", "command line", "", owner, place, queue.physical_id, {}, {})


def _told(report: Report) -> list[str]:
    return [*report.decisions, *report.warnings]
