"""Keeps a queue's ledger in one SSM parameter, so that concurrent writers lose no layer.

Parameter Store has no compare-and-set, but three things hold: each PutParameter gets a version number of its own, one
higher than the last; earlier versions can still be read (`name:version`); and with Overwrite=False only one of several
creators succeeds. So the parameter is used as a **log**. Each version names the change that its writer made and the
version that the writer had read (`Entry`). The ledger at version n is

- what entry n says, if its writer had read n-1: nothing came in between;
- else entry n's change made to the ledger at n-1, found the same way: someone wrote in between without being seen.

Why no layer is lost: a change, once put, has a version number, and every reader of any later version either reads an
entry whose writer had read (hence includes) everything before it, or folds all changes since such an entry. No repair is
needed, so it does not matter where a writer dies. The rest of the argument is about deletion, which has no version:

- The last layer's removal is put like any other change and leaves a ledger without layers, a mark that the parameter is
  about to be deleted. Who wrote the mark deletes it at once, or once an earlier event of the owner that may still be under
  way has seen it (`Ledger.departed`). A writer that finds the mark waits until the parameter is gone and creates it anew. It
  takes the mark for abandoned after `MARK_SECONDS`, when its writer must be dead, or waiting. So whoever deletes what was
  marked a while ago marks it once more (`LedgerStore.end`).
- A writer that had read the ledger before it was marked finds the mark in the gap in the version numbers, and waits for the
  deletion. After its write to the queue the lifecycle reads the ledger once more and puts its layer again if it was deleted.
- Whoever finds that the versions it is reading are gone, since the parameter was deleted in the meantime, begins again.
- A first entry whose writer had read an earlier version (`after` > 0 at version 1) was put into a parameter that had been
  deleted and made again by that very put: only its own layer counts (`Entry.alone`).
- A version number can repeat only after delete and create. Read and put stand next to each other in each method here, with
  no other call between them, and before a put is tried again the writer reads once more. So such a cycle, which takes a whole
  Delete and Create of CloudFormation, would have to fit into one request.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from .aws_faults import AWS_ERRORS, classify, code_of, refused
from .config import CallerConfig
from .errors import LedgerUnreadable
from .ledger import Entry, Layer, Ledger, Owner, from_document, to_document
from .pacing import Pacer

MARK_SECONDS = 5.0
"""How long a writer waits for a marked parameter to go: its deletion follows the mark by one round trip, unless who marked it
waits for an earlier event."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ledger at one version; version 0 and None when there is no parameter."""

    version: int
    ledger: Ledger | None
    over_mark: bool = False
    """Whether a layer was put over a mark that its writer had not seen: who wrote the mark may be about to delete it."""
    newest: Entry | None = None
    """What the parameter says at that version."""

    @property
    def present(self) -> Ledger:
        """The ledger; raises LedgerUnreadable when there is none any more."""
        if self.ledger is None:
            raise LedgerUnreadable("The ledger was deleted while it was in use. Deploy again")
        return self.ledger

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers; none where there is no ledger."""
        return self.ledger.layers if self.ledger else ()

    @property
    def held(self) -> bool:
        """Whether someone has a layer."""
        return self.ledger is not None and bool(self.ledger.layers)

    @property
    def abandoned(self) -> bool:
        """Whether the ledger has no layers: it is marked for deletion."""
        return self.ledger is not None and not self.ledger.layers

    def layer_of(self, owner: Owner) -> Layer | None:
        """Returns the owner's layer, if there is one."""
        return self.ledger.layer_of(owner) if self.ledger else None

    def may_be_ended_by(self, owner: Owner) -> bool:
        """Tells whether a mark is the owner's to delete: no other one can be waiting for an event that has yet to see it."""
        mine = self.newest is not None and self.newest.removed == owner and not self.newest.waits
        return self.abandoned and (mine or not self.present.others_departed(owner))

    def departed_by(self, owner: Owner, issued: str) -> bool:
        """Tells whether it was an event issued then that took the owner out (`Ledger.departed_by`)."""
        return self.ledger is not None and self.ledger.departed_by(owner, issued)

    def outdates(self, owner: Owner, issued: str) -> bool:
        """Tells whether an event of the owner comes too late (`Ledger.outdates`)."""
        return self.ledger is not None and self.ledger.outdates(owner, issued)


ABSENT = Snapshot(0, None)


class _Changed(Exception):
    """The parameter is no longer the one that was read: it was written to before a put was tried again, or was deleted."""


class LedgerStore:
    """The ledger of one queue.

    Arguments:
        client: boto3's SSM client in the queue's Region.
        name: the parameter's name.
        pacer: tries again what is worth it.
        record: told the name of each call made, for the log.
    """

    def __init__(
        self,
        client: Any,
        name: str,
        pacer: Pacer,
        record: Callable[[str], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._name = name
        self._pacer = pacer
        self._record = record
        self._sleep = sleep

    def read(self) -> Snapshot:
        """Returns the ledger as it stands; raises LedgerUnreadable when the parameter holds something else."""
        while True:
            newest = self._newest()
            if newest is None:
                return ABSENT
            try:
                return self._fold(*newest)
            except _Changed:
                continue

    def put_layer(self, layer: Layer, baseline: CallerConfig, seen: Snapshot | None = None) -> Snapshot:
        """Puts an owner's layer last and returns the ledger with it.

        Arguments:
            layer: the layer.
            baseline: the queue's config now; it becomes the ledger's baseline if there is no ledger yet.
            seen: the ledger as read just now, with no call in between, or as not there: only one creator succeeds. None: it is
                read.

        A layer that comes too late (`Ledger.outdates`) is not put, or is found left out of the ledger returned.
        """
        if seen is not None and seen.ledger is not None and seen.held:
            baseline = seen.ledger.baseline  # still the right one, should that ledger be deleted before the put
        while True:
            if seen is None or seen.abandoned:
                seen = self.read_unmarked(MARK_SECONDS, 0.25, until=lambda at: at.outdates(layer.owner, layer.issued))
            if seen.outdates(layer.owner, layer.issued):
                return seen
            if seen.ledger is None:
                first = Entry(0, Ledger(baseline, (layer,)))
                if self._put(first) is not None:
                    return Snapshot(1, first.ledger, newest=first)
                seen = None  # someone else was faster
            else:
                under = seen.ledger if seen.ledger.layers else replace(seen.ledger, baseline=baseline)
                try:
                    snapshot = self._append(seen, under.with_last(layer))
                except _Changed:
                    seen, baseline = None, under.baseline
                    continue
                if snapshot.over_mark:
                    self._sleep(MARK_SECONDS)  # so that the look after the write to the queue finds it deleted
                return snapshot

    def remove_layer(
        self,
        owner: Owner,
        issued: str = "",
        *,
        left: CallerConfig | None = None,
        noted: bool = False,
        waits: bool = False,
    ) -> Snapshot:
        """Takes an owner's layer out and returns the ledger without it.

        Arguments:
            owner: whose.
            issued: of the event that takes it out (`Ledger.without`).
            left: what the queue was left with if the layer was the last: the baseline of whoever comes next.
            noted: whether an owner without a layer is noted as departed, too.
            waits: whether the caller waits then for an earlier event of the owner.
        """
        seen = self.read()
        if seen.ledger is None or (seen.ledger.layer_of(owner) is None and not noted):
            return seen
        rest = seen.ledger.without(owner, issued)
        if not rest.layers:
            rest = replace(rest, baseline=rest.baseline if left is None else left)
        try:
            return self._append(seen, rest, owner, issued, waits=waits)
        except _Changed:
            return self.read()

    def mark(self, owner: Owner, issued: str, baseline: CallerConfig) -> Snapshot | None:
        """Makes a ledger that says nothing but that an owner has departed; returns None when there is one already."""
        entry = Entry(0, Ledger(baseline).without(owner, issued), owner, issued, waits=True)
        return None if self._put(entry) is None else Snapshot(1, entry.ledger, newest=entry)

    def delete(self) -> None:
        """Deletes the parameter of a ledger that was marked right before; one that is not there is fine."""
        self._call("DeleteParameter", {"Name": self._name}, still=lambda: self.read().abandoned)

    def end(self, owner: Owner, *, waited: bool = False) -> None:
        """Deletes the parameter of a ledger that was marked a while ago, unless someone has put a layer over the mark by now.

        The mark is put once more right before. Who puts a layer earlier is seen here, who does later looks again.

        Arguments:
            owner: who says so; it has no layer.
            waited: whether it has waited long enough. Else a mark that others left is theirs to delete: they may be waiting.
        """
        while (seen := self.read()).abandoned and (waited or seen.may_be_ended_by(owner)):
            try:
                after = self._append(seen, seen.present, owner)
            except _Changed:
                continue
            if after.abandoned and (
                waited or not after.present.others_departed(owner) or after.version == seen.version + 1
            ):
                self.delete()
            return

    def read_unmarked(
        self, patience: float, pause: float, until: Callable[[Snapshot], bool] = lambda _: False
    ) -> Snapshot:
        """Returns the ledger once a parameter that is marked for deletion is gone, or after some seconds as it is then.

        Arguments:
            patience: how many seconds.
            pause: seconds between two looks.
            until: ends the wait sooner.
        """
        end = time.monotonic() + patience
        while (seen := self.read()).abandoned and not until(seen) and time.monotonic() < end:
            self._sleep(pause)
        return seen

    def _newest(self) -> tuple[int, Entry] | None:
        """Returns the newest version and its entry; None when there is no parameter."""
        parameter = self._call("GetParameter", {"Name": self._name})
        if parameter is None:
            return None
        return parameter["Parameter"]["Version"], from_document(parameter["Parameter"]["Value"], self._name)

    def _append(
        self, seen: Snapshot, ledger: Ledger, removed: Owner | None = None, issued: str = "", *, waits: bool = False
    ) -> Snapshot:
        """Puts an entry over what was read, and returns the ledger with it and all that came before it."""
        entry = Entry(seen.version, ledger, removed, issued, waits)
        answer = self._put(entry, seen)
        if answer is None:
            raise _Changed
        return self._fold(answer["Version"], entry)

    def _put(self, entry: Entry, seen: Snapshot = ABSENT) -> Any:
        """Puts an entry; returns None when it was to be the first and someone else was faster.

        None as well when it has to be tried again, for SSM throttles, say, and by then the newest version is another one than its
        writer has seen: in so long a time the parameter may even have been deleted and made anew, with the same version number.
        """

        def unchanged() -> bool:
            newest = self._newest() or (0, None)
            return newest == (seen.version, seen.newest)

        return self._call(
            "PutParameter",
            {
                "Name": self._name,
                "Value": to_document(entry),
                "Type": "String",
                "Overwrite": entry.after > 0,
                "Tier": "Intelligent-Tiering",
            },
            still=unchanged,
        )

    def _fold(self, version: int, entry: Entry) -> Snapshot:
        """Returns the ledger at a version: back to an entry whose writer had seen all before it, then forward.

        Raises _Changed when the parameter is no longer the one that had this version.
        """
        newest = (version, entry)
        newer: list[Entry] = []
        at = version
        while entry.after != at - 1 and at > 1:
            newer.append(entry)
            at -= 1
            parameter = self._call("GetParameter", {"Name": f"{self._name}:{at}"})
            if parameter is None:
                if self._newest() != newest:
                    raise _Changed
                raise LedgerUnreadable(
                    f"SSM parameter {self._name} has lost version {at} of its history. Delete the parameter to take what "
                    "the queue has now as the baseline"
                )
            try:
                entry = from_document(parameter["Parameter"]["Value"], self._name)
            except LedgerUnreadable:
                # Damaged by hand. The version over it is whole: it was put back by hand, or its writer had read what came before.
                ledger = newer.pop().ledger
                break
        else:
            ledger = entry.ledger if entry.after == at - 1 else entry.alone
        over_mark = False
        for later in reversed(newer):
            over_mark = not ledger.layers
            ledger = later.folded(ledger)
        return Snapshot(version, ledger, over_mark and bool(ledger.layers), newest[1])

    def _call(self, operation: str, request: dict[str, object], still: Callable[[], bool] = lambda: True) -> Any:
        """Returns an answer of SSM; None where the parameter is not there, or is there already.

        Arguments:
            operation: of SSM.
            request: its members.
            still: whether the call is still to be made, asked before each attempt but the first.
        """
        attempts = itertools.count()

        def attempt() -> Any:
            if next(attempts) and not still():
                return None
            self._record(operation)
            method = {
                "GetParameter": self._client.get_parameter,
                "PutParameter": self._client.put_parameter,
                "DeleteParameter": self._client.delete_parameter,
            }[operation]
            try:
                return method(**request)
            except ClientError as problem:
                if code_of(problem) in ("ParameterNotFound", "ParameterVersionNotFound", "ParameterAlreadyExists"):
                    return None
                raise

        try:
            return self._pacer.call(operation, attempt, classify)
        except AWS_ERRORS as problem:
            raise refused(problem, f"ssm:{operation}", self._name) from problem
