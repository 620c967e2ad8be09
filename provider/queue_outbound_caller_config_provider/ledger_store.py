"""Keeps a queue's ledger in one SSM parameter, so that concurrent writers lose no layer.

What is assumed of Parameter Store, and no more:

- each PutParameter answers a version number of its own, one higher than the version before it;
- a version that was put can be read by its number (`name:version`), at the latest `READ_AGE` seconds later;
- with Overwrite=False only one of several creators succeeds;
- a read shows the parameter as it was at most `READ_AGE` seconds ago: an older version, or none yet, or one just deleted.

There is no compare-and-set, so the parameter is used as a **log**. Each version names the change that its writer made and the
version that the writer had read (`Entry`). The ledger at version n is

- what entry n says, if its writer had read n-1: nothing came in between;
- else entry n's change made to the ledger at n-1, found the same way: someone wrote in between without being seen.

Why no layer is lost: a put's own answer is exact, and every reader of a later version either reads an entry whose writer had
read everything before it, or folds all changes since such an entry. A stale read therefore costs a few more reads, no layer,
and it does not matter where a writer dies. The rest of the argument is about deletion, which has no version:

- A ledger that is no longer needed is **closed** (a put, so exact) and deleted at most `CLOSE_WITHIN` seconds later, else it is
  closed once more. A writer that finds it closed waits `CLOSING` seconds for the deletion and creates the parameter anew;
  when it is still there after that, whoever closed it is dead, or will close it once more and see the new layer.
- A writer whose read was older than the closing finds it when its put answers (`Snapshot.over_closed`). It waits `CLOSING`
  seconds before its final look at the ledger (`reconcile`), and puts its layer again if the parameter was deleted.
- A first entry whose writer had read an earlier version (`after` > 0 at version 1) was put into a parameter that had been
  deleted: only its own change counts (`Entry.folded`).
- A version number can repeat only after delete and create. Such a cycle takes a whole Delete and Create of CloudFormation, and
  would have to fit between a read and the put that follows it at once.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from .arns import Queue
from .aws import Again, Aws
from .config import CallerConfig
from .errors import LedgerBusy, LedgerUnreadable
from .ledger import Layer, Ledger, Owner, State
from .ledger_document import Entry, Snapshot, from_document, to_document, unreadable
from .settings import LedgerSettings
from .timing import CLOSE_WITHIN, CLOSING, READ_AGE

_ABSENT = ("ParameterNotFound", "ParameterVersionNotFound", "ParameterAlreadyExists")


_EARLIER = 20
"""Versions to which the history is read back: no deployment makes more changes within the time that mirroring may take."""
_STEPS_OF_DELETION = 48
"""A closing and an attempt, in turn, so that a denial, which takes both 4.5 seconds, is tried again for `DENIED_FOR`."""


class _Changed(Exception):
    """The parameter is no longer the one that was read."""


class LedgerStore:
    """The ledger of one queue in its Region.

    Args:
        queue: The queue.
        aws: Makes the calls.
        settings: How the parameter is encrypted and tagged.
    """

    def __init__(self, queue: Queue, aws: Aws, settings: LedgerSettings) -> None:
        self._queue = queue
        self._aws = aws
        self._settings = settings

    def read(self) -> Snapshot:
        """Returns the ledger as Parameter Store shows it, which may be `READ_AGE` seconds old.

        Raises:
            LedgerUnreadable: The parameter holds something else.
            Refused: Parameter Store refused the call.
        """
        for _ in range(5):
            parameter = self._get(self._queue.ledger_name)
            if parameter is None:
                return Snapshot()
            try:
                return self._fold(parameter["Version"], self.entry(parameter))
            except _Changed:
                continue
        raise LedgerBusy(self._queue.ledger_name)

    def read_not_closed(self) -> Snapshot:
        """Returns the ledger once a closed one is deleted, or after `CLOSING` seconds as it is then."""
        end = time.monotonic() + CLOSING
        while (seen := self.read()).closed and time.monotonic() < end:
            time.sleep(0.5)
        return seen

    def earlier(self, now: Snapshot) -> Iterator[Ledger]:
        """Yields what the ledger said before, the newest first, as far as its history can be read."""
        for version in range(now.version - 1, max(now.version - _EARLIER, 0), -1):
            try:
                parameter = self._get(f"{self._queue.ledger_name}:{version}")
                if parameter is None:
                    return
                yield self.entry(parameter).ledger
            except LedgerUnreadable:
                return

    def read_fresh(self) -> Snapshot:
        """Returns the ledger with everything that was put before this call."""
        time.sleep(READ_AGE)
        return self.read()

    def put_layer(
        self, layer: Layer, first: Ledger, seen: Snapshot, *, newest: bool = True, again: Again = lambda: None
    ) -> Snapshot:
        """Puts an owner's layer and returns the ledger with it.

        Args:
            layer: The layer.
            first: What the ledger begins with if there is none, or a closed one.
            seen: The ledger as just read.
            newest: Whether the layer becomes the newest; else it gets the place in its `at`.
            again: Called before each attempt of the put but the first; may raise to stop it.

        A layer that a later event superseded is not put, or is not in the ledger that is returned.

        Raises:
            LedgerFull: There is no room for another layer.
        """

        def with_layer(now: Snapshot) -> Entry | None:
            if now.supersedes(layer.owner, layer.issued):
                return None
            ledger = now.ledger or first
            ledger.check_room_for(layer.owner)
            ledger = ledger.with_layer(layer, newest=newest)
            return Entry(now.version, layer.owner, ledger, time.time(), keeps_place=not newest)

        return self._record(with_layer, seen, again)

    def remove(
        self,
        owner: Owner,
        seen: Snapshot,
        *,
        issued: str = "",
        left: CallerConfig | None = None,
        shared: bool = False,
        first: Ledger | None = None,
        until: float = 0.0,
        state: State = State.OPEN,
    ) -> Snapshot:
        """Removes an owner's layer, or notes that it is removed, and returns the ledger without it.

        Args:
            owner: Whose.
            seen: The ledger as just read.
            issued: When the event was sent that removes it (`Ledger.without`).
            left: What the queue is left with if it was the final layer; None: the baseline.
            shared: Whether the twin Region may declare a config (`Ledger.without`).
            first: What the ledger begins with if there is none; None: then none is made.
            until: Until when the ledger is kept for a cancelled event (`Removed.until`).
            state: What becomes of the ledger if no layers remain.
        """

        def without_owner(now: Snapshot) -> Entry | None:
            ledger = now.ledger or first
            if ledger is None:  # or deleted in the meantime, with everything in it
                return None
            rest = ledger.without(owner, issued, left=left, shared=shared, until=until)
            rest = replace(rest, state=State.OPEN if rest.layers else state)
            return Entry(now.version, owner, rest, time.time(), issued, left=left or now.left)

        return self._record(without_owner, seen)

    def delete(self, closed: Snapshot) -> Snapshot:
        """Deletes the parameter of a closed ledger, unless someone has recorded something meanwhile; returns what is left.

        Args:
            closed: The ledger without layers, as this process put it.
        """
        now, version = closed, closed.version
        for _ in range(_STEPS_OF_DELETION):
            if now.newest is None or now.layers or now.version != version:
                return now
            if not (now.closed and _is_fresh(now)):
                now, version = self.remove(now.newest.owner, now, state=State.CLOSED), version + 1
                continue
            request = {"Name": self._queue.ledger_name}
            in_time = partial(_check_is_fresh, now)
            try:
                self._call("DeleteParameter", request, again=in_time)
            except _Changed:
                now = self.read_fresh()  # a deletion that was answered with an error may have been made all the same
            else:
                return Snapshot()
        raise LedgerBusy(self._queue.ledger_name)

    def _record(
        self, change: Callable[[Snapshot], Entry | None], seen: Snapshot, again: Again = lambda: None
    ) -> Snapshot:
        """Puts the entry that a change makes of the ledger, and returns the ledger with it; None: there is nothing to put."""
        for _ in range(8):
            entry = change(seen)
            if entry is None:
                return seen
            try:
                return self._put(entry, seen, again)
            except _Changed:  # another event created or deleted it first
                seen = self.read_fresh()
        raise LedgerBusy(self._queue.ledger_name)

    def _put(self, entry: Entry, seen: Snapshot, again: Again) -> Snapshot:
        """Puts an entry and returns the ledger with it and all that came before it.

        Raises _Changed if it was to be the first and someone else was faster, or if the parameter was deleted meanwhile. In the
        time that a throttled put waits, the parameter may even be made anew with the version number that was read.
        """

        def unchanged() -> None:
            again()
            now = self._get(self._queue.ledger_name)
            if now is not None and (now["Version"], self.entry(now)) != (seen.version, seen.newest):
                raise _Changed

        request = {
            "Name": self._queue.ledger_name,
            "Value": to_document(entry),
            "Overwrite": entry.after > 0,
            "Tier": "Intelligent-Tiering",
            **self._settings.of_put(first=entry.after == 0),
        }
        answer = self._call("PutParameter", request, again=unchanged)
        if answer is None:
            raise _Changed
        put_at = time.monotonic()
        snapshot = self._fold(answer["Version"], entry)
        previous = seen.newest if snapshot.version == seen.version + 1 else snapshot.previous
        return replace(snapshot, previous=previous, put_at=put_at)

    def _fold(self, version: int, entry: Entry) -> Snapshot:
        """Returns the ledger at a version: what its entry says, or else its change made to the ledger at the version before."""
        if entry.after == version - 1:
            return Snapshot(version, entry.ledger, entry)
        before = Snapshot()
        if version > 1:
            parameter = self._get_version(version - 1)
            try:
                earlier = self.entry(parameter)
            except LedgerUnreadable:
                # Someone damaged it. This version is whole: someone repaired it, or its writer had read what came before.
                return Snapshot(version, entry.ledger, entry)
            before = self._fold(version - 1, earlier)
        ledger = entry.folded(before.ledger)
        return Snapshot(
            version, ledger, entry, before.newest, over_closed=before.closed and ledger.state is not State.CLOSED
        )

    def _get_version(self, version: int) -> Any:
        """Returns a version of the parameter, which may take `READ_AGE` seconds to be seen."""
        end = time.monotonic() + 2 * READ_AGE
        while (parameter := self._get(f"{self._queue.ledger_name}:{version}")) is None:
            if time.monotonic() > end:
                newest = self._get(self._queue.ledger_name)
                if newest is None or newest["Version"] < version:
                    raise _Changed  # deleted, and perhaps made again
                raise unreadable(self._queue, f"has lost version {version} of its history")
            time.sleep(0.5)
        return parameter

    def entry(self, parameter: dict[str, Any]) -> Entry:
        """Returns what a parameter of Parameter Store's response says.

        Raises:
            LedgerUnreadable: It holds something else, or it is not encrypted as the function's are.
        """
        if not self._settings.accepts(parameter["Type"]):
            raise unreadable(self._queue, "is not encrypted by the provider")
        return from_document(parameter["Value"], self._queue)

    def _get(self, name: str) -> Any:
        answer = self._call("GetParameter", {"Name": name, "WithDecryption": True})
        return answer and answer["Parameter"]

    def _call(self, operation: str, request: dict[str, Any], **how: Any) -> Any:
        region, name = self._queue.place.region, self._queue.ledger_name
        return self._aws.call(region, f"ssm:{operation}", request, about=name, absent=_ABSENT, **how)


def _is_fresh(closed: Snapshot) -> bool:
    return closed.put_at is not None and time.monotonic() - closed.put_at <= CLOSE_WITHIN


def _check_is_fresh(closed: Snapshot) -> None:
    if not _is_fresh(closed):
        raise _Changed
