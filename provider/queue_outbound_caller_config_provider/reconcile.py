"""Makes a queue what its ledger says: the one mechanism behind Create, Update, Delete, the drift watch and the command line.

An event first records its intent in the ledger, then reconciles: it compares what the queue has with what the ledger says,
writes if they differ, and looks at the ledger again. If it dies in between, the intent is recorded, and the next event continues.

Why the queue ends as the ledger says, although several events may run at once and a read of the ledger may be `READ_AGE`
seconds old. Take the event whose record is the newest, and any earlier one:

- The newest event knows all earlier records, since a put's answer is exact. It reads the queue after its record. So what it
  leaves is right unless an earlier event writes after that.
- An earlier event that writes within `WRITE_WITHIN` of its own record is found by the newest one as a recent record. The newest
  event then looks at the queue once more when that time is over (`_recent_for`).
- An earlier event that writes later looks at the ledger with a fresh read afterwards. If the newest record was put before that
  write, it sees it and follows it; if not, the newest event read the queue after the write.

An owner's own earlier record is not waited for, since CloudFormation sends an event only when it has the answer to the one
before. That does not hold for what it cancelled (`Intent.cancelled_for`): a write of that event is waited for longer, since
it would be the owner's own and nobody else would look.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from .config import CallerConfig, QueueState
from .errors import LedgerBusy, LedgerUnreadable, QueueNotFound, Refused, Superseded
from .ledger import Owner, State
from .ledger_document import Snapshot
from .owners import Owners
from .replica import Parts, Replica
from .reporting import Report
from .timing import CLOSING, RECENT, WRITE_WITHIN
from .twin import Twin, expected_config, learnt, left_in_twin, noted_mirroring, wanted_config

_MOST_ROUNDS = 8
"""How often a change of the ledger by others is followed within one event; no deployment has more than that many at once."""


NOBODY = Owner("", "")


@dataclass(frozen=True, slots=True)
class Intent:
    """Who reconciles, and why.

    Attributes:
        owner: Whose event it is; nobody for the drift watch and the command line.
        issued: When CloudFormation sent the event, if it put the owner's layer, which a later one may supersede; else None.
        declares: Whether the layer was put as the newest. Only then a failure is its own, and unknown mirroring does
            not make it write what the twin Region declares.
        cancelled_for: For how many seconds an earlier event of the same owner may be writing, since CloudFormation cancelled it;
            0: there is none.
    """

    owner: Owner = NOBODY
    issued: str | None = None
    declares: bool = False
    cancelled_for: float = 0.0


@dataclass(frozen=True, slots=True)
class Settled:
    """How a reconciliation ended.

    Attributes:
        snapshot: The ledger that the queue agrees with.
        sent: The config that was written; None if the queue had it already.
    """

    snapshot: Snapshot
    sent: CallerConfig | None


class _Moved(Exception):
    """The ledger changed while a write was waiting for the quota."""


class Reconciler:
    """Reconciles one queue with its ledger.

    Args:
        parts: What works on the queue.
        twin_parts: Returns the same for the queue's replica in another Region.
        owners: Asks CloudFormation about the owners.
        report: Told what is decided and why.
    """

    def __init__(self, parts: Parts, twin_parts: Callable[[str], Parts], owners: Owners, report: Report) -> None:
        self.parts = parts
        self.queue = parts.api.queue
        self.owners = owners
        self.report = report
        self.twin_parts = twin_parts
        self.replica = Replica(self.queue, twin_parts, report)

    def drop_dead(self, parts: Parts, snapshot: Snapshot, owner: Owner | None, *, newest_only: bool = True) -> Snapshot:
        """Removes layers whose resources no longer exist, but for the owner's own, and returns the ledger.

        CloudFormation is asked before another owner's layer becomes active; of the older ones only if there is no room.
        """
        for layer in reversed(snapshot.ledger.others(owner) if snapshot.ledger else ()):
            if self.owners.is_dead(layer, parts.api.queue):
                self.report.decided(f"{layer.owner.short} no longer exists: its layer is removed")
                snapshot = parts.store.remove(layer.owner, snapshot, state=State.WAITING)
            elif newest_only:
                break
        return snapshot

    def living_twin(self, twin: Twin) -> Twin:
        """Returns the twin Region's view without the newest layers whose resources no longer exist."""
        if twin.region is None or not twin.layers:
            return twin
        try:
            return replace(twin, snapshot=self.drop_dead(self.twin_parts(twin.region), twin.snapshot, None))
        except (Refused, LedgerUnreadable, LedgerBusy) as problem:
            self.report.warn(f"the ledger in {twin.region} could not be changed: {problem}")
            return twin

    def settle_twin(self, twin: Twin, closing: Snapshot) -> None:
        """Makes the twin Region's queue what a ledger without layers there is left with, and deletes that ledger.

        It waits, or it is closed: by an earlier delivery of this event, or by a Delete there at this moment, which does the same.

        Args:
            twin: The twin Region.
            closing: The ledger of this Region, without layers. If the queues are mirrored, CLEAR or RETAIN of its final owner
                counts for both.
        """
        if twin.region is None or twin.ledger is None or twin.layers or closing.ledger is None:
            return
        parts = self.twin_parts(twin.region)
        try:
            theirs = learnt(twin.ledger, replace(twin, mirroring=noted_mirroring(closing.ledger, twin)))
            left = left_in_twin(theirs, closing.left)
            now = parts.api.describe_queue().config
            if not left.same_as(now):
                parts.writer.write_what_can_be(left, now)
            if theirs.mirroring is None and not left.same_as(closing.ledger.baseline):
                # If the two mirror each other after all, the newest write counts in both.
                self.parts.writer.write_what_can_be(closing.ledger.baseline, self.parts.api.describe_queue().config)
        except QueueNotFound:
            self.report.decided(f"the queue is in one Region only: the ledger in {twin.region} is deleted")
        else:
            self.report.decided(f"the queue in {twin.region} has what its own ledger says, and that ledger is deleted")
        changed = parts.store.delete(twin.snapshot)
        if changed.ledger is not None:  # by an event there, meanwhile
            self.settle_twin(replace(twin, snapshot=changed), closing)

    def reconcile(self, recorded: Snapshot, intent: Intent, twin: Twin, state: QueueState | None = None) -> Settled:
        """Makes the queue what the ledger says, until the ledger stays the same.

        Args:
            recorded: The ledger, with the intent recorded in it.
            intent: Whose.
            twin: The twin Region, as read before.
            state: The queue, if it was read after the record.

        Raises:
            Superseded: A later event of the owner was handled meanwhile; the queue has what that one says.
            LedgerBusy: The ledger was changed again and again.
        """
        sent: CallerConfig | None = None
        recent = self._recent_for(recorded, intent)
        for _ in range(_MOST_ROUNDS):
            state = state or self.parts.api.describe_queue()
            twin = self.replica.with_mirroring(twin, recorded.ledger, state)
            superseded = intent.issued is not None and recorded.supersedes(intent.owner, intent.issued)
            acting = replace(intent, issued=None, declares=False) if superseded else intent
            try:
                wrote = self._write(recorded, acting, twin, state)
                latest = self._look(recorded, wrote=wrote is not None)
            except _Moved:
                wrote, latest = None, self.parts.store.read_fresh()
            sent, state = wrote or sent, None
            if latest.version != recorded.version:
                recorded = latest
            elif recent:
                time.sleep(recent)
                recent = 0.0
            elif superseded:
                if sent is not None and twin.layers and not recorded.layers:
                    self._let_wait(recorded, intent.owner)
                raise Superseded(
                    "CloudFormation had cancelled this event, and a newer one superseded it. It left nothing behind"
                )
            else:
                return Settled(recorded, sent)
        raise LedgerBusy(self.queue.ledger_name)

    def repair(self, seen: Snapshot) -> bool:
        """Makes the queue what its ledger says, although there was no event; returns whether something was written.

        A dead owner's layer that is active stays so: who is active is changed by owners alone.

        Raises:
            ProviderError: It could not be done, or the queue was changed from a twin Region of which nothing is known.
        """
        state = self.parts.api.describe_queue()
        twin = self.replica.read(seen.ledger, state)
        if twin.problem is not None and state.modified_in == twin.region:
            raise twin.problem
        twin = self.replica.with_mirroring(twin, seen.ledger, state, ask=True)
        known = replace(seen, ledger=self.replica.learn(seen.ledger, twin) if seen.ledger else None)
        return self.reconcile(known, Intent(declares=twin.mirroring is None), twin, state).sent is not None

    def _write(self, recorded: Snapshot, intent: Intent, twin: Twin, state: QueueState) -> CallerConfig | None:
        """Writes what the ledger says if the queue has something else; returns what was sent."""
        ledger = recorded.ledger
        if ledger is None:
            return None
        if intent.issued is not None:  # one resource in both Regions is being replaced: what it declares there is over
            twin = twin.without(intent.owner)
        wanted, layer = wanted_config(ledger, twin, declares=intent.declares)
        self.report.ledger(ledger, wanted)
        right = wanted if intent.declares else expected_config(ledger, twin, state.config)
        if right.same_as(state.config):
            self.report.decided("the queue has the effective config: no write")
            return None
        again = partial(self._check_not_moved, recorded)
        if layer is not None and intent.declares and layer.owner == intent.owner:
            self.report.decided("the queue differs from the effective config: write")
            return self.parts.writer.write(wanted, layer.declared_fields, state.config, again)
        self.report.decided(f"{layer.owner.short if layer else 'the baseline'} is active now: its config is applied")
        return self.parts.writer.write_what_can_be(wanted, state.config, again)

    def _check_not_moved(self, recorded: Snapshot) -> None:
        """Stops a write that has waited for the quota while the ledger changed."""
        store = self.parts.store  # one read may be old: what has not moved must be written
        if store.read().version != recorded.version and store.read_fresh().version != recorded.version:
            raise _Moved

    def _let_wait(self, recorded: Snapshot, owner: Owner) -> None:
        """Lets the ledger wait for the twin Region, whose config was written here, since nobody else may know that."""
        store = self.parts.store
        if store.remove(owner, recorded, state=State.WAITING).over_closed or recorded.closed:
            time.sleep(CLOSING)  # whoever closed it has deleted it by now, with this record
            store.remove(owner, store.read(), first=recorded.ledger, state=State.WAITING)

    def _look(self, recorded: Snapshot, *, wrote: bool) -> Snapshot:
        """Returns the ledger as it is after the write, with everything that this event must follow."""
        if recorded.over_closed:
            time.sleep(CLOSING)  # whoever closed the ledger has deleted it by now, or has seen this layer
        late = recorded.put_at is None or time.monotonic() - recorded.put_at > WRITE_WITHIN
        if not (wrote and late) and self.parts.store.read().version == recorded.version:
            return recorded
        # Another version is a change, an old read, or one of a ledger that was deleted since: only a fresh read can tell.
        return self.parts.store.read_fresh()

    @staticmethod
    def _recent_for(recorded: Snapshot, intent: Intent) -> float:
        """Returns for how many seconds someone else may still be writing to the queue."""
        previous = recorded.previous
        if recorded.put_at is None or previous is None:
            return 0.0
        longest = intent.cancelled_for if previous.owner == intent.owner else RECENT
        return min(max(previous.at + longest - time.time(), 0.0), longest)
