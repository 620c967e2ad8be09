"""Asks the twin Region: what its ledger says, what is mirrored, and what this Region's queue had without it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from .arns import Queue, same_resource
from .config import PROPERTY_OF, CallerConfig, Mirroring, QueueState
from .connect_api import ConnectApi
from .errors import LedgerBusy, LedgerUnreadable, OutOfTime, ProviderError, QueueNotFound, Refused
from .ledger import Ledger
from .ledger_document import recordable
from .ledger_store import LedgerStore
from .numbers import Numbers
from .reporting import Report
from .timing import RECENT
from .twin import (
    Twin,
    baseline_before,
    is_on_its_way,
    known_mirroring,
    learnt,
    ledger_behind,
    may_lack_number,
    shows_write_of,
    twin_region,
)
from .writer import Writer


class Parts:
    """What works on one queue in one Region, wired once.

    Args:
        api: Amazon Connect.
        store: The queue's ledger.
        report: Told what was not written as declared.
    """

    def __init__(self, api: ConnectApi, store: LedgerStore, report: Report) -> None:
        self.api = api
        self.store = store
        self.numbers = Numbers(api)
        self.writer = Writer(api, self.numbers, report.warn)


class Replica:
    """A queue's replica in the twin Region, as far as one event must know it.

    Args:
        queue: The queue in this Region.
        parts: Returns what works on its replica in another Region.
        report: Told why something is unknown.
    """

    def __init__(self, queue: Queue, parts: Callable[[str], Parts], report: Report) -> None:
        self._queue = queue
        self._in = parts
        self._report = report

    def recordable(self, config: CallerConfig) -> CallerConfig:
        """Returns what of the queue's present config the ledger can hold; what it cannot is left out, with a warning."""
        held = recordable(config, self._queue)
        for field in held.unset_but_in(config):
            self._report.warn(
                f"the queue's {PROPERTY_OF[field]} does not belong to its instance, so it is not recorded"
            )
        return held

    def read(self, ledger: Ledger | None, state: QueueState | None = None) -> Twin:
        """Returns what the twin Region's ledger says of this queue; if it is out of reach, why."""
        region = twin_region(self._queue.place.region, ledger, state)
        if region is None:
            return Twin()
        try:
            store = self._in(region).store
            twin = Twin(region, store.read())
            newly_mirrored = state is not None and state.modified_in == region and (state.age or 0.0) < RECENT
            if newly_mirrored and not twin.layers:
                twin = Twin(region, store.read_fresh())
        except (Refused, LedgerUnreadable, LedgerBusy, OutOfTime) as problem:
            self._report.warn(f"the ledger in {region} could not be read: {problem}")
            return Twin(region, problem=problem)
        return twin

    def first_ledger(self, state: QueueState, twin: Twin) -> Ledger:
        """Returns the ledger of a queue that has no owner in this Region yet.

        The baseline is what the queue has. But what the twin Region wrote is mirrored, so then it is the one from before that.
        As long as that cannot be told for sure, the ledger also keeps what was found.
        """
        found = self.recordable(state.config)
        if twin.region is None:
            return Ledger(found)
        if state.modified_in not in (None, twin.region):
            wrote = self._ledger_behind(replace(state, modified_in=twin.region), twin)
            # What the twin Region wrote may have been saved here once more, with another property. Then that was mirrored, too.
            theirs = self._theirs(twin.region) if wrote else None
            return self._ledger_before(found, wrote if theirs and theirs.modified_in == state.modified_in else None)
        if twin.problem is not None:
            return Ledger(found, found=found if state.modified_in else None)
        wrote = self._ledger_behind(state, twin)
        on_its_way = None if wrote else self._baseline_on_its_way(state, twin)
        if on_its_way is None:
            return self._ledger_before(found, wrote)
        before = self.recordable(on_its_way)
        return Ledger(before, found=None if before.same_as(found) else found)  # it may be that nothing is mirrored

    def _ledger_before(self, found: CallerConfig, wrote: Ledger | None) -> Ledger:
        """Returns the first ledger of a queue that has what a ledger of the twin Region says; None: it has its own."""
        if wrote is None:
            return Ledger(found)
        before = self.recordable(baseline_before(found, wrote))
        return Ledger(before, found=None if same_resource(before.number, found.number) else found)

    def _ledger_behind(self, state: QueueState, twin: Twin) -> Ledger | None:
        """Returns the ledger of the twin Region, the present or an earlier one, that says what this Region's queue has."""
        if twin.region is None or twin.ledger is None:
            return None
        if state.modified_in is None:
            return twin.ledger if shows_write_of(twin.region, twin.ledger, state) else None
        if state.config.same_as(twin.ledger.baseline):
            return None
        return ledger_behind(state.config, chain([twin.ledger], self._in(twin.region).store.earlier(twin.snapshot)))

    def _baseline_on_its_way(self, state: QueueState, twin: Twin) -> CallerConfig | None:
        """Returns the baseline if the newest change of the twin Region's queue has yet to arrive here; else None.

        It costs one call of Amazon Connect there.
        """
        if twin.region != state.modified_in or (twin.ledger and state.config.same_but_number(twin.ledger.baseline)):
            return None
        region = str(twin.region)
        theirs = self._theirs(region)
        if theirs is None or not is_on_its_way(theirs, state, region):
            return None
        try:
            # The first Create there may have put its ledger and written since that ledger was looked for.
            ledger = twin.ledger or self._in(region).store.read_fresh().ledger
        except ProviderError as problem:
            self._report.warn(f"the ledger in {region} could not be read: {problem}")
            return None
        return ledger.baseline if ledger else theirs.config

    def _theirs(self, region: str) -> QueueState | None:
        """Returns the twin Region's queue: one call of Amazon Connect there; None if it cannot be read."""
        try:
            return self._in(region).api.describe_queue()
        except ProviderError as problem:
            self._report.warn(f"the queue in {region} could not be read: {problem}")
            return None

    def learn(self, ledger: Ledger, twin: Twin) -> Ledger:
        """Returns a ledger with what is known by now of mirroring, and of a baseline that was taken before that was known."""
        if twin.problem is not None:
            return ledger
        if ledger.found is not None and ledger.baseline.same_as(ledger.found):
            # What is on its way now says nothing about then: it may be this Region's own config that comes back.
            first = self._ledger_before(ledger.found, self._ledger_behind(QueueState(ledger.found, twin.region), twin))
            ledger = replace(ledger, baseline=first.baseline, found=first.found)
        return learnt(ledger, twin)

    def with_mirroring(self, twin: Twin, ledger: Ledger | None, own: QueueState, *, ask: bool = False) -> Twin:
        """Returns the twin Region with what is known of mirroring: what the queues show now, else what was noted before.

        Args:
            twin: The twin Region.
            ledger: This Region's ledger before this event.
            own: This Region's queue before this event wrote to it.
            ask: Whether the twin Region's queue is read if that may tell more: one call of Amazon Connect there.
        """
        region = self._queue.place.region
        known = known_mirroring(region, ledger, own, twin)
        is_open = known is None and (twin.layers or twin.waits)
        # That all is mirrored may be a coincidence of the number.
        depends = known in (None, Mirroring.ALL) and ledger and ledger.found
        lacks = known is not Mirroring.BUT_NUMBER and may_lack_number(twin, own)
        if ask and twin.region is not None and (is_open or depends or lacks):
            try:
                theirs = self._in(twin.region).api.describe_queue()
                known = known_mirroring(region, ledger, own, twin, theirs)
            except QueueNotFound:
                return Twin()  # the replica was deleted, or has no such queue
            except ProviderError as problem:
                self._report.warn(f"the queue in {twin.region} could not be read: {problem}")
        return replace(twin, mirroring=known)
