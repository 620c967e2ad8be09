"""The ledgers as a deployment leaves them, and what each queue then has, in its own Region and in the one that mirrors it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from queue_outbound_caller_config_provider.arns import Queue, resource_id
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, Mirroring
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner, State
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.twin import baseline_before, shows_write_of, wanted_config

from .inventory import Row


class PlannedLedgers:
    """Follows the ledgers through the steps of a deployment.

    Args:
        rows: The queues that are known, of both Regions.
    """

    def __init__(self, rows: Mapping[Queue, Row]) -> None:
        self._rows = rows
        self._planned: dict[Queue, Ledger] = {}

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

    def remove(self, row: Row, owner: Owner) -> None:
        """Removes an owner's layer; if it was the final one, its deletion behavior decides what is left."""
        ledger = self.of(row)
        if (mine := ledger.layer_of(owner)) is not None:
            left = {DeletionBehavior.CLEAR: CallerConfig(), DeletionBehavior.RETAIN: row.config}.get(
                mine.deletion_behavior
            )
            theirs = self._twin_ledger(row)
            shared = bool(theirs and theirs.layers) and row.mirroring is not Mirroring.NOTHING
            self._planned[row.queue] = ledger.without(owner, left=left, shared=shared)

    def is_planned(self, row: Row) -> bool:
        """Tells whether the deployment changes a queue's ledger."""
        return row.queue in self._planned

    def after(self, row: Row) -> CallerConfig:
        """Returns what a queue has in the end, by the ledgers of both Regions."""
        if not self.is_planned(row):
            return row.config
        twin = replace(row.twin, snapshot=Snapshot(ledger=self._twin_ledger(row)), mirroring=row.mirroring)
        return wanted_config(self.of(row), twin, declares=False)[0]

    def twin(self, row: Row) -> Row | None:
        """Returns the row of the same queue in the other Region, if it is there."""
        found = self._rows.get(row.queue.in_region(row.twin.region)) if row.twin.region else None
        return found if found and found.live else None

    def _twin_ledger(self, row: Row) -> Ledger | None:
        theirs = self.twin(row)
        return self._planned.get(theirs.queue, theirs.ledger) if theirs else row.twin.ledger

    def mirrored(self, row: Row) -> CallerConfig | None:
        """Returns what the other Region's queue gets when this one is written; None: it is known to get nothing."""
        theirs, mirroring = self.twin(row), row.mirroring
        if theirs is None or mirroring is Mirroring.NOTHING:
            return None
        after = self.after(row)
        number = theirs.config.number if mirroring is Mirroring.BUT_NUMBER else after.number
        return replace(after, number=number, flow=resource_id(after.flow))

    def settled(self, row: Row) -> CallerConfig | None:
        """Returns what the other Region's queue gets back when the final owner of both leaves; None: one stays."""
        ledger = row.twin.ledger
        if ledger is None or ledger.state is not State.WAITING or not self.is_planned(row) or self.of(row).layers:
            return None
        return ledger.baseline


def after_without(row: Row, owner: Owner) -> CallerConfig:
    """Returns what a queue has once an owner's layer is removed."""
    ledgers = PlannedLedgers({})
    ledgers.remove(row, owner)
    return ledgers.after(row)
