"""A queue and its replica: what the other Region's ledger says about this Region's queue.

Amazon Connect Global Resiliency mirrors queues both ways, so a replicated queue is one queue in two Regions (same instance id,
same queue id). Whether its outbound caller config is mirrored, and how fast, is not documented. So each Region keeps a ledger
with the true baseline of its own queue, and an event also reads the ledger of the twin Region. Everything here is pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .arns import same_resource
from .config import CallerConfig, Mirroring, QueueState
from .errors import ProviderError
from .ledger import Layer, Ledger, Owner
from .ledger_document import Snapshot
from .timing import MIRRORING

_PAIRS = {"us-east-1": "us-west-2", "eu-central-1": "eu-west-2", "ap-northeast-1": "ap-northeast-3"}
"""Where replicas can be (admin guide, "Set up Amazon Connect Global Resiliency")."""
_TWINS = _PAIRS | {replica: source for source, replica in _PAIRS.items()}
_SAME_TIME = 2.0
"""Seconds by which two ages may differ that were told to the second, one after the other."""


@dataclass(frozen=True, slots=True)
class Twin:
    """The other Region as one event sees it.

    Attributes:
        region: Its name; None: there is none.
        snapshot: Its ledger of this queue.
        problem: Why its ledger could not be read.
        mirroring: What is known to be mirrored between it and this Region.
    """

    region: str | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)
    problem: ProviderError | None = None
    mirroring: Mirroring | None = None

    @property
    def ledger(self) -> Ledger | None:
        """Its ledger, if there is one."""
        return self.snapshot.ledger

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of its ledger."""
        return self.snapshot.layers

    @property
    def waits(self) -> bool:
        """Whether its ledger has no layers, but something that depends on what is mirrored."""
        return self.ledger is not None and not self.layers and self.ledger.found is not None

    def without(self, owner: Owner) -> "Twin":
        """Returns the twin Region as if an owner declared nothing there."""
        ledger = self.ledger.without(owner) if self.ledger else None
        return replace(self, snapshot=replace(self.snapshot, ledger=ledger))


def twin_region(region: str, ledger: Ledger | None = None, state: QueueState | None = None) -> str | None:
    """Returns the Region that mirrors a queue's Region, or None if there is none.

    Args:
        region: The queue's own Region.
        ledger: Its ledger, which may remember the twin Region.
        state: The queue, whose newest change may have come from the twin Region.
    """
    if state is not None and state.modified_in not in (None, region):
        return state.modified_in
    return (ledger.twin if ledger else None) or _TWINS.get(region)


def shows_write_of(region: str | None, ledger: Ledger | None, state: QueueState) -> bool:
    """Tells whether a queue has what a Region's ledger says, and was last changed from that Region.

    The number is left out of the comparison, since it may not be mirrored. If nobody says where the queue was last changed (an
    older boto3 drops that member), the whole config must be the same.
    """
    if ledger is None or not ledger.layers or region is None:
        return False
    if state.modified_in is None:
        return state.config.same_as(ledger.effective)
    return state.modified_in == region and state.config.same_but_number(ledger.effective)


def ledger_behind(config: CallerConfig, ledgers: Iterable[Ledger]) -> Ledger | None:
    """Returns the first of some ledgers that says what a queue has; if none does, the first that does but for the number."""
    but_number = None
    for ledger in ledgers:
        if ledger.layers and config.same_as(ledger.effective):
            return ledger
        if ledger.layers and config.same_but_number(ledger.effective):
            but_number = but_number or ledger
    return but_number


def baseline_before(config: CallerConfig, wrote: Ledger) -> CallerConfig:
    """Returns the baseline of a queue that has what a ledger of the twin Region says."""
    if same_resource(config.number, wrote.effective.number):
        return wrote.baseline
    return replace(wrote.baseline, number=config.number)


def is_on_its_way(theirs: QueueState, own: QueueState, region: str) -> bool:
    """Tells whether the newest change of the twin Region's queue may yet arrive at this Region's.

    Args:
        theirs: The twin Region's queue.
        own: This Region's queue, last changed from there, too.
        region: The twin Region.
    """
    if theirs.modified_in != region or theirs.age is None or theirs.age > MIRRORING:
        return False
    older = own.age is not None and own.age > theirs.age + _SAME_TIME
    return older or not own.config.same_but_number(theirs.config)


def learnt(ledger: Ledger, twin: Twin) -> Ledger:
    """Returns a ledger with what is known of mirroring by now, and of the baseline that was taken before that was known."""
    known, found, baseline = twin.mirroring or ledger.mirroring, ledger.found, ledger.baseline
    if found is not None and known is Mirroring.BUT_NUMBER:
        baseline = replace(baseline, number=found.number)
    elif found is not None and known is Mirroring.NOTHING:
        baseline = found
    # That all is mirrored may be a coincidence of the number.
    return replace(ledger, baseline=baseline, found=found if known in (None, Mirroring.ALL) else None, mirroring=known)


def left_in_twin(theirs: Ledger, decided: CallerConfig | None) -> CallerConfig:
    """Returns what the twin Region's queue is left with: its baseline, or if it is mirrored what the final owner decides.

    While that is not known, it is what is right if nothing is mirrored; the final owner's own queue is written after it then.
    """
    if theirs.mirroring is None:
        return theirs.found or theirs.baseline
    if decided is None or theirs.mirroring is Mirroring.NOTHING:
        return theirs.baseline
    number = theirs.baseline.number if theirs.mirroring is Mirroring.BUT_NUMBER else decided.number
    return replace(decided, number=number)


def known_mirroring(
    region: str, ledger: Ledger | None, own: QueueState, twin: Twin, theirs: QueueState | None = None
) -> Mirroring | None:
    """Returns what the two queues show of mirroring, else what was noted before; None: nobody knows.

    That the number is not mirrored was seen by a difference, so it stays known: all else that is seen may be a coincidence.

    - Mirrored: one Region's queue has what the other Region wrote, not what was there before, and was last changed from there. If
      both Regions say the same number, nothing new is seen.
    - All but the number: the same, but its number is the one that its own Region says, and not that of the other queue, although
      that one's newest change has arrived, and is older than mirroring takes.
    - Not mirrored: each queue was last changed in its own Region, longer ago than mirroring takes.

    Args:
        region: This Region.
        ledger: Its ledger before this event.
        own: Its queue before this event wrote to it.
        twin: The twin Region.
        theirs: The twin Region's queue, if it was asked for.
    """
    noted = noted_mirroring(ledger, twin)
    if noted is Mirroring.BUT_NUMBER:
        return noted
    for writer, wrote, reader, state, source in (
        (twin.region, twin.ledger, ledger, own, theirs),
        (region, ledger, twin.ledger, theirs, own),
    ):
        if wrote is None or state is None or not shows_write_of(writer, wrote, state):
            continue
        own_too = reader is None or same_resource(state.config.number, _own_number(reader))
        if not same_resource(state.config.number, wrote.effective.number):
            if own_too and _lacks_number_of(wrote, state, source):
                return Mirroring.BUT_NUMBER
        elif not wrote.effective.same_as(wrote.baseline) or (not own_too and _came_over_own(reader, state, source)):
            return (own_too and reader is not None and noted) or Mirroring.ALL
    if noted or theirs is None or own.modified_in != region or theirs.modified_in != twin.region:
        return noted  # what was mirrored once is, even if a write never arrives
    ages = (own.age, theirs.age)
    return Mirroring.NOTHING if all(age is not None and age > MIRRORING for age in ages) else None


def may_lack_number(twin: Twin, own: QueueState) -> bool:
    """Tells whether a queue has what the twin Region wrote, but for the number."""
    ledger = twin.ledger
    if ledger is None or not shows_write_of(twin.region, ledger, own):
        return False
    return not same_resource(own.config.number, ledger.effective.number)


def _lacks_number_of(wrote: Ledger, state: QueueState, source: QueueState | None) -> bool:
    """Tells whether a queue has got the newest write of the other Region but for its number, and not an older one.

    Args:
        wrote: The ledger of the other Region.
        state: The queue.
        source: The other Region's queue.
    """
    if source is None or not _has_newest_of(state, source) or same_resource(state.config.number, source.config.number):
        return False
    if source.age is not None and source.age > MIRRORING:
        return not wrote.effective.same_as(wrote.baseline)
    # An older write may have arrived just now, unless its name or flow was not written before.
    is_first = not wrote.removed and len(wrote.layers) == 1 and wrote.layers[0].replaced is None
    return is_first and not wrote.effective.same_but_number(wrote.baseline)


def _came_over_own(reader: Ledger | None, state: QueueState, source: QueueState | None) -> bool:
    """Tells whether a queue was written in its own Region, and after that has got the newest change of the other one's queue."""
    return reader is not None and not reader.effective.same_as(reader.baseline) and _has_newest_of(state, source)


def _has_newest_of(state: QueueState, source: QueueState | None) -> bool:
    """Tells whether a queue has got the newest change of the other one's queue."""
    if source is None or source.modified_in != state.modified_in or state.age is None or source.age is None:
        return False
    return state.age <= source.age + _SAME_TIME


def _own_number(ledger: Ledger) -> str | None:
    """Returns the number that a queue has if numbers are not mirrored."""
    return ledger.found.number if ledger.found and not ledger.layers else ledger.effective.number


def wanted_config(own: Ledger, twin: Twin, *, declares: bool) -> tuple[CallerConfig, Layer | None]:
    """Returns the config that a queue should have, and the layer that it comes from (None: the baseline).

    Unknown counts as mirrored if an owner was removed, taken back or failed: nothing is restored or cleared over what a stack
    in the twin Region still declares. An owner that declares is the newest, so its config is applied.

    Args:
        own: The ledger of the queue's Region.
        twin: The twin Region.
        declares: Whether the event made its owner's layer the newest.
    """
    mirrored = twin.mirroring in (Mirroring.ALL, Mirroring.BUT_NUMBER)
    alone = twin.mirroring is Mirroring.NOTHING or (declares and not mirrored and own.active is not None)
    layers = (*own.layers, *(() if alone else twin.layers))
    layer = max(layers, key=lambda one: one.at, default=None)
    config = layer.over(own.baseline) if layer else own.baseline
    if twin.mirroring is Mirroring.BUT_NUMBER:
        config = replace(config, number=own.effective.number)
    return config, layer


def noted_mirroring(own: Ledger | None, twin: Twin) -> Mirroring | None:
    """Returns what is known to be mirrored between the two Regions, or what their ledgers noted; None: nobody knows."""
    here, there = (ledger.mirroring if ledger else None for ledger in (own, twin.ledger))
    # That the number is not mirrored is seen by a difference; that it is may be a coincidence.
    noted = Mirroring.BUT_NUMBER if Mirroring.BUT_NUMBER in (here, there) else here or there
    return twin.mirroring or noted


def expected_config(own: Ledger, twin: Twin, now: CallerConfig) -> CallerConfig:
    """Returns the config that a queue is expected to have at rest: a difference from it is drift.

    While nobody knows what they mirror, what the two Regions have together is as expected, with either number, and so is its own.

    Args:
        own: The ledger of the queue's Region.
        twin: The twin Region.
        now: What the queue has.
    """
    noted = noted_mirroring(own, twin)
    shared, _ = wanted_config(own, replace(twin, mirroring=noted), declares=False)
    if noted is None and own.layers and not now.same_as(shared):
        but_number = replace(shared, number=own.effective.number)
        return but_number if now.same_as(but_number) else own.effective
    return shared
