"""Decides what Delete does to a queue, and how a failed Create or Update is undone: one owner's layer is taken out.

The queue first, then the layer out of the ledger. Dead in between: the layer is still there, and Delete does it all again. Dead
after that: the ledger knows by which event the owner departed, so that its next delivery goes on from there.

CloudFormation does not wait for what it has cancelled: when another resource fails, the Delete of a Create, or the Update back,
comes while the former is still under way. The ledger tells that one that it comes too late: by the layer of the later event,
or, where that took the layer out, by the owner's departure. The last owner's departure stands only in a ledger that is marked
for deletion, so such a Delete lets the mark stand until the one that is late has seen it, which then deletes the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .aws_faults import is_out_of_reach
from .config import CallerConfig, DeletionBehavior
from .connect_api import ConnectApi
from .errors import LedgerFull, LedgerUnreadable, QueueNotFound, Refused
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

    def delete(self, failed_create: str = "") -> None:
        """Takes the owner's layer out and applies what then is in force; what is not there is fine.

        Arguments:
            failed_create: the request of a Create that failed: what it put is undone, whatever its deletion behavior says, and
                what another event put stays.
        """
        with self._never_in_vain():
            seen = self.store.read()
            mine = seen.layer_of(self.owner)
            if mine is None and seen.departed_by(self.owner, self.event.issued):
                self._finish(seen)
            elif mine is None:
                if seen.abandoned:
                    self.store.end(self.owner)
                self.report.decided("this owner has no layer on the queue: nothing to do")
            elif "" < self.event.issued < mine.issued or (failed_create and failed_create != mine.request):
                self.report.decided("this owner's layer was put by an event that this one does not undo: it stays")
            else:
                behavior = DeletionBehavior.RESTORE if failed_create else mine.deletion_behavior
                self.withdraw(seen, behavior, issued=self.event.issued)

    def overtake(self, patience: float) -> None:
        """Undoes what an earlier event of this owner did, or is yet to do, whose end CloudFormation did not wait for.

        Arguments:
            patience: seconds for which that event may still be under way; 0: it is not waited for.
        """
        with self._never_in_vain():
            try:
                seen = self.store.read()
            except Refused as problem:
                self._could_not_before(problem)
                return
            mine = seen.layer_of(self.owner)
            if mine is None and seen.departed_by(self.owner, self.event.issued):
                self._finish(seen, patience)
            elif mine is None and patience:
                self._forestall(seen, patience)
            elif mine is None:
                self.report.decided("this owner has no layer on the queue: nothing to do")
            elif "" < self.event.issued < mine.issued:
                self.report.decided("this owner's layer was put by a later event: it stays")
            else:
                self.withdraw(seen, DeletionBehavior.RESTORE, issued=self.event.issued, patience=patience)

    @contextmanager
    def _never_in_vain(self) -> Iterator[None]:
        """Lets a Delete succeed that would fail again for the same reason, with a warning."""
        try:
            yield
        except LedgerUnreadable as problem:
            self.report.warn(str(problem))
            self.report.decided("the ledger cannot be read: the queue and the ledger stay as they are")
        except Refused as problem:
            if not problem.lasting:
                raise
            self.report.warn(str(problem))
            self.report.decided("refused for good: the queue and the ledger stay as they are")

    def _could_not_before(self, problem: Refused) -> None:
        """Takes a call that this role may not make, or cannot, for one which the earlier event could not make, either."""
        if not is_out_of_reach(problem.code):
            raise problem
        self.report.decided(f"out of this role's reach, now as before: nothing can have been done ({problem})")

    def _finish(self, seen: Snapshot, patience: float = 0.0) -> None:
        """Does what is left to do of an event that was delivered before, and died once it had taken the layer out."""
        self.report.decided("an earlier delivery of this event took the layer out: what was left to do is done")
        self.withdraw(seen, DeletionBehavior.RESTORE, issued=self.event.issued, patience=patience)

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
            rest = seen.ledger.without(self.owner, issued)
            try:
                now = self.api.describe_queue()
                if mine is not None and mine == seen.ledger.in_force and seen.ledger.effective.same_as(now):
                    # The layer was written, so that all which its event may still do is to look at the ledger.
                    patience = min(patience, ENDS_WITHIN)
                left = left_behind(behavior, left, now)
                wanted = self._wanted_without_owner(seen.ledger, behavior, left, now, issued)
                if not wanted.same_as(now):
                    self.writer.write_what_can_be(wanted, now)
            except QueueNotFound:
                self.report.decided("the queue is gone: only the ledger is put in order")
                patience = 0.0
            after = self.store.remove_layer(self.owner, issued, left=left, waits=patience > 0)
            # Someone wrote to the ledger meanwhile, or an earlier event of this owner may have written to the queue since it was
            # read, and looked at the ledger before this owner's layer was taken out: look again at what is in force now.
            changed = after.version != seen.version + (mine is not None) or after.layers != rest.layers
            if not changed and not (patience and mine is not None):
                if after.abandoned and mine is not None:
                    self.store.delete()
                elif after.abandoned:
                    self._end(left, patience)
                return
            seen = after

    def _forestall(self, seen: Snapshot, patience: float) -> None:
        """Notes in the ledger that this owner departed, for an earlier event of it that may yet come to put its layer there."""
        try:
            if seen.ledger is None:
                marked = self.store.mark(self.owner, self.event.issued, self.api.describe_queue())
            else:
                marked = self.store.remove_layer(self.owner, self.event.issued, noted=True, waits=True)
        except QueueNotFound:
            self.report.decided("the queue is not there, so that nothing can have been done: nothing to do")
            return
        except LedgerFull:
            self.report.decided("the ledger has no room for a note, so that a layer had none: nothing to do")
            return
        except Refused as problem:
            self._could_not_before(problem)
            return
        if marked is None or marked.ledger is None:
            self.overtake(patience)  # a ledger has just come, or gone
        elif marked.version != seen.version + 1:
            self.withdraw(marked, DeletionBehavior.RESTORE, patience=patience)
        elif marked.abandoned:
            # Where there was no ledger, nothing that may yet be found on the queue was written for this owner.
            self._end(None if seen.ledger is None else marked.ledger.baseline, patience)

    def _end(self, left: CallerConfig | None, patience: float) -> None:
        """Deletes a ledger without layers, once an earlier event of this owner has seen that it comes too late.

        Arguments:
            left: what the queue was left with; None where no event of this owner can have written to it.
            patience: seconds after which no such event is taken to be under way.
        """
        if patience:
            self.report.decided("waits for an earlier event of this resource, which may still be under way")
            if not self.store.read_unmarked(patience, pause=2.0).abandoned:
                self.report.decided("the earlier event has seen that it comes too late, or another owner took over")
                return
            try:
                if left is not None and not left.same_as(now := self.api.describe_queue()):
                    self.writer.write_what_can_be(left, now)  # it wrote, and died before it could look
            except QueueNotFound:
                self.report.decided("the queue is gone")
        self.store.end(self.owner, waited=True)

    def _wanted_without_owner(
        self, ledger: Ledger, behavior: DeletionBehavior, left: CallerConfig, now: CallerConfig, issued: str
    ) -> CallerConfig:
        """Returns what the queue is to have once this owner is gone.

        Arguments:
            ledger: as it stands; it may still have the owner's layer, or have lost it a moment ago.
            behavior, left: what the queue is left with when no other owner is left.
            now: what the queue has, which stays where this owner has no say in it.
            issued: of the event that takes the layer out; that of a later one stays.
        """
        rest = ledger.without(self.owner, issued)
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
