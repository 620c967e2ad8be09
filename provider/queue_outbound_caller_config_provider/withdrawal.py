"""Decides what Delete does to a queue, and how a failed Create or Update is undone: one owner's layer is taken out.

The queue first, then the layer out of the ledger. Dead in between: the layer is still there, and Delete does it all again.

CloudFormation does not wait for what it has cancelled: when another resource fails, the Delete of a Create, or the Update back,
comes while the former is still under way. The ledger tells that one that it comes too late: by the layer of the later event,
or, where that took the layer out, by the owner's departure. The last owner's departure stands only in a ledger that is marked
for deletion, so such a Delete lets the mark stand until the one that is late has seen it, which then deletes the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass

from .aws_faults import is_denied
from .config import CallerConfig, DeletionBehavior
from .connect_api import ConnectApi
from .errors import LedgerUnreadable, QueueNotFound, Refused
from .event import Event
from .ledger import Ledger, Owner, left_behind
from .ledger_store import LedgerStore, Snapshot
from .reporting import Report
from .writer import Writer

MOST_ROUNDS = 8
"""How often a change of the ledger by others is followed within one event; more than that many at once is no deployment."""

ENDS_WITHIN = 30.0
"""Seconds within which an event ends that has its turn, or has only to look at the ledger once more: a turn is waited for 10 s at
most, and a call that a transient fault stopped is made again for about as long."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One owner leaves one queue, as far as one event goes."""

    event: Event
    api: ConnectApi
    store: LedgerStore
    writer: Writer
    report: Report

    @property
    def owner(self) -> Owner:
        """Whose config it is."""
        return self.event.owner

    def delete(
        self, behavior: DeletionBehavior | None = None, *, put_by: str | None = None, patience: float = 0.0
    ) -> None:
        """Takes the owner's layer out and applies what then is in force; what is not there is fine.

        Arguments:
            behavior: used in place of the layer's own when it was the only one.
            put_by: the request that must have put the layer; another one's stays.
            patience: seconds to wait for an earlier event of the owner on this queue that may still be under way.
        """
        try:
            seen = self.store.read()
            mine = seen.layer_of(self.owner)
            if mine is None and patience:
                self._forestall(seen, patience)
            elif mine is None:
                if seen.abandoned:
                    self.store.delete()
                self.report.decided("this owner has no layer on the queue: nothing to do")
            elif put_by not in (None, mine.request) or "" < self.event.issued < mine.issued:
                self.report.decided("this owner's layer was put by an event that this one does not undo: it stays")
            else:
                self.withdraw(seen, behavior or mine.deletion_behavior, issued=self.event.issued, patience=patience)
        except LedgerUnreadable as problem:
            self.report.warn(str(problem))
            self.report.decided("the ledger cannot be read: the queue and the ledger stay as they are")
        except Refused as problem:
            if not problem.lasting:
                raise
            self.report.warn(str(problem))
            self.report.decided("refused for good: the queue and the ledger stay as they are")

    def withdraw(
        self,
        seen: Snapshot,
        behavior: DeletionBehavior,
        *,
        issued: str = "",
        patience: float = 0.0,
    ) -> None:
        """Applies to the queue what is in force without this owner, then takes its layer out of the ledger.

        Arguments:
            seen: the ledger.
            behavior: what the queue is left with when no other owner is left.
            issued: of the event that takes the layer out, to be remembered.
            patience: seconds to wait for an earlier event of this owner that may still be under way.
        """
        for _ in range(MOST_ROUNDS):
            if seen.ledger is None:
                return
            self.report.ledger(seen.ledger)
            mine = seen.layer_of(self.owner)
            left = seen.ledger.baseline
            try:
                now = self.api.describe_queue()
                if mine is not None and mine == seen.ledger.in_force and seen.ledger.effective.same_as(now):
                    # The layer was written, so that all which its event may still do is to look at the ledger.
                    patience = min(patience, ENDS_WITHIN)
                left = left_behind(behavior, left, now)
                wanted = self._wanted_without_owner(seen.ledger, behavior, left, now)
                if not wanted.same_as(now):
                    self.writer.write_what_can_be(wanted, now)
            except QueueNotFound:
                self.report.decided("the queue is gone: only the ledger is put in order")
                patience = 0.0
            after = self.store.remove_layer(self.owner, issued, left=left)
            # Someone wrote to the ledger meanwhile, or an earlier event of this owner may have written to the queue since it was
            # read, and looked at the ledger before this owner's layer was taken out: look again at what is in force now.
            look_again = after.version != seen.version + (mine is not None) or (patience and mine is not None)
            if not look_again:
                if after.abandoned:
                    self._end(left, patience)
                return
            seen = after

    def _forestall(self, seen: Snapshot, patience: float) -> None:
        """Notes in the ledger that this owner departed, for an earlier event of it that may yet come to put its layer there."""
        try:
            if seen.ledger is None:
                marked = self.store.mark(self.owner, self.event.issued, self.api.describe_queue())
            else:
                marked = self.store.remove_layer(self.owner, self.event.issued, noted=True)
        except QueueNotFound:
            self.report.decided("the queue is not there, so that nothing can have been done: nothing to do")
            return
        except Refused as problem:
            if not is_denied(problem.code):
                raise
            self.report.decided(f"the role may not do it, and could not before: nothing to do ({problem})")
            return
        if marked is None:
            self.delete(DeletionBehavior.RESTORE, patience=patience)  # the event has just come: there is a ledger now
        elif marked.version != seen.version + 1:
            self.withdraw(marked, DeletionBehavior.RESTORE, patience=patience)
        elif marked.abandoned:
            self._end(marked.present.baseline, patience)

    def _end(self, left: CallerConfig, patience: float) -> None:
        """Deletes a ledger without layers, once an earlier event of this owner has seen that it comes too late.

        Arguments:
            left: what the queue was left with.
            patience: seconds after which no such event is taken to be under way.
        """
        if patience:
            self.report.decided("waits for an earlier event of this resource, which may still be under way")
            if not self.store.read_unmarked(patience, pause=2.0).abandoned:
                self.report.decided("the earlier event has seen that it comes too late")
                return
            try:
                now = self.api.describe_queue()
                if not left.same_as(now):  # it wrote, and died before it could look
                    self.writer.write_what_can_be(left, now)
            except QueueNotFound:
                self.report.decided("the queue is gone")
        self.store.delete()

    def _wanted_without_owner(
        self, ledger: Ledger, behavior: DeletionBehavior, left: CallerConfig, now: CallerConfig
    ) -> CallerConfig:
        """Returns what the queue is to have once this owner is gone.

        Arguments:
            ledger: as it stands; it may still have the owner's layer, or have lost it a moment ago.
            behavior, left: what the queue is left with when no other owner is left.
            now: what the queue has, which stays where this owner has no say in it.
        """
        rest = ledger.without(self.owner)
        mine = ledger.layer_of(self.owner)
        if rest.in_force is None:
            self.report.decided("the last owner goes: its deletion behavior is applied")
            return left
        # While another owner took over, this one may have written its config, or a Delete of it what it leaves, and died.
        own = [mine.over(ledger.baseline)] if mine is not None else []
        own += [left] if behavior is not DeletionBehavior.RETAIN else []
        if ledger.in_force == rest.in_force and mine is not None and not any(now.same_as(config) for config in own):
            self.report.decided(f"{rest.in_force.owner.short} is in force: the queue stays as it is")
            return now
        self.report.decided(f"{rest.in_force.owner.short} is in force now: its config is applied")
        return rest.effective
