"""The ledgers as a deployment leaves them, and what each queue then has, in its own Region and in the one that mirrors it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from queue_outbound_caller_config_provider.arns import Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, Mirroring
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.twin import (
    baseline_before,
    learnt,
    left_in_twin,
    shows_write_of,
    wanted_config,
)

from .inventory import Row


class PlannedLedgers:
    """Follows the ledgers through the steps of a deployment.

    Args:
        rows: The queues that are known, of both Regions.
    """

    def __init__(self, rows: Mapping[Queue, Row]) -> None:
        self._rows = rows
        self._planned: dict[Queue, Ledger] = {}
        self._left: dict[Queue, CallerConfig | None] = {}

    def of(self, row: Row) -> Ledger:
        """Returns a queue's ledger as it is by now; without one, what its first owner will find."""
        if (ledger := self._planned.get(row.queue) or row.ledger) is not None:
            return ledger
        theirs, state = row.twin.ledger, row.live.state if row.live else None
        if theirs and state and shows_write_of(row.twin.region, theirs, state):
            return Ledger(baseline_before(state.config, theirs))
        return Ledger(row.config)

    def put(self, row: Row, layer: Layer) -> None:
        """Puts an owner's layer."""
        self._planned[row.queue] = self.of(row).with_layer(layer)

    def remove(self, row: Row, owner: Owner, *, keep: bool = False) -> None:
        """Removes an owner's layer, and as a Delete does first, the newest ones of other owners that are dead.

        Args:
            row: The queue.
            owner: Whose layer.
            keep: Whether the queue keeps what it has if this was the final layer; else its deletion behavior decides.
        """
        ledger = self.of(row)
        if (mine := ledger.layer_of(owner)) is not None:
            behavior = DeletionBehavior.RETAIN if keep else mine.deletion_behavior
            left = {DeletionBehavior.CLEAR: CallerConfig(), DeletionBehavior.RETAIN: row.config}.get(behavior)
            theirs = self._theirs(row)
            shared = bool(theirs and theirs.layers) and row.mirroring is not Mirroring.NOTHING
            self._planned[row.queue] = _without_dead(ledger, row, owner).without(owner, left=left, shared=shared)
            self._left[row.queue] = left

    def is_planned(self, row: Row) -> bool:
        """Tells whether the deployment changes a queue's ledger."""
        return row.queue in self._planned

    def after(self, row: Row) -> CallerConfig:
        """Returns what a queue has in the end, by the ledgers of both Regions."""
        if not self.is_planned(row):
            return row.config
        twin = replace(row.twin, snapshot=Snapshot(ledger=self._theirs(row)), mirroring=row.mirroring)
        return wanted_config(self.of(row), twin, declares=False)[0]

    def twin(self, row: Row) -> Row | None:
        """Returns the row of the same queue in the other Region, if it is there."""
        found = self._rows.get(row.queue.in_region(row.twin.region)) if row.twin.region else None
        return found if found and found.live else None

    def mirrored(self, row: Row) -> CallerConfig | None:
        """Returns what the other Region's queue gets when this one is written; None: it is known to get nothing."""
        theirs, mirroring = self.twin(row), row.mirroring
        if theirs is None or mirroring is Mirroring.NOTHING:
            return None
        after = self.after(row)
        number = theirs.config.number if mirroring is Mirroring.BUT_NUMBER else after.number
        return replace(after, number=number)

    def settled(self, row: Row) -> CallerConfig | None:
        """Returns what the other Region's queue is left with when the final owner of both leaves; None: one stays."""
        ledger = self._theirs(row)
        if ledger is None or ledger.layers or not self.is_planned(row) or self.of(row).layers:
            return None
        theirs = learnt(ledger, replace(row.twin, mirroring=row.mirroring))
        return left_in_twin(theirs, self._left.get(row.queue))

    def _theirs(self, row: Row) -> Ledger | None:
        """Returns the other Region's ledger; its newest layers that are dead do not count, since they are removed first."""
        theirs = self.twin(row)
        if theirs is None:
            return row.twin.ledger
        ledger = self._planned.get(theirs.queue, theirs.ledger)
        return _without_dead(ledger, theirs) if ledger else None


def _without_dead(ledger: Ledger, row: Row, owner: Owner | None = None) -> Ledger:
    """Returns a ledger without the newest layers whose resources no longer exist, but for an owner's own."""
    for layer in reversed(ledger.others(owner)):
        if layer not in row.dead:
            break
        ledger = ledger.without(layer.owner)
    return ledger
