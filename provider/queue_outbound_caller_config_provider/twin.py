"""A queue and its replica: what the other Region's ledger says about this Region's queue.

Amazon Connect Global Resiliency mirrors queues both ways, so a replicated queue is one queue in two Regions (same instance id,
same queue id). Whether its outbound caller config is mirrored, and how fast, is not documented. So each Region keeps a ledger
with the true baseline of its own queue, and an event also reads the ledger of the twin Region. Everything here is pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .arns import same_resource
from .config import CallerConfig, QueueState
from .errors import ProviderError
from .ledger import Layer, Ledger
from .ledger_document import Snapshot
from .timing import MIRRORING

_PAIRS = {"us-east-1": "us-west-2", "eu-central-1": "eu-west-2", "ap-northeast-1": "ap-northeast-3"}
"""Where replicas can be (admin guide, "Set up Amazon Connect Global Resiliency")."""
_TWINS = _PAIRS | {replica: source for source, replica in _PAIRS.items()}


@dataclass(frozen=True, slots=True)
class Twin:
    """The other Region as one event sees it.

    Attributes:
        region: Its name; None: there is none.
        snapshot: Its ledger of this queue.
        problem: Why its ledger could not be read.
    """

    region: str | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)
    problem: ProviderError | None = None

    @property
    def ledger(self) -> Ledger | None:
        """Its ledger, if there is one."""
        return self.snapshot.ledger

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of its ledger."""
        return self.snapshot.layers

    @property
    def newest_at(self) -> float:
        """The place of its newest layer; 0 for none."""
        return self.layers[-1].at if self.layers else 0.0

    def baseline(self, state: QueueState) -> CallerConfig:
        """Returns the baseline of a queue of this Region that has no owner here yet.

        That is what it has; but what the twin Region wrote is mirrored, so its baseline is the one from before that write.
        """
        if self.ledger is None or not shows_write_of(self.region, self.ledger, state):
            return state.config
        before = self.ledger.baseline
        if same_resource(state.config.number, self.ledger.effective.number):
            return before
        return replace(before, number=state.config.number)


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

    The number is left out of the comparison, since it may not be mirrored.
    """
    if ledger is None or not ledger.layers or state.modified_in != region:
        return False
    said = ledger.effective
    return state.config.name == said.name and same_resource(state.config.flow, said.flow)


def is_mirrored(
    region: str, ledger: Ledger | None, own: QueueState, twin: Twin, theirs: QueueState | None = None
) -> bool | None:
    """Tells whether the two queues were seen to mirror each other (True), to be apart (False), or neither (None).

    - Mirrored: one Region's queue has what the other Region wrote, and was last changed from there.
    - Apart: each queue was last changed in its own Region, longer ago than mirroring takes.

    Args:
        region: This Region.
        ledger: Its ledger before this event.
        own: Its queue before this event wrote to it.
        twin: The twin Region.
        theirs: The twin Region's queue, if it was asked for.
    """
    if shows_write_of(twin.region, twin.ledger, own) or (theirs and shows_write_of(region, ledger, theirs)):
        return True
    if theirs is None or own.modified_in != region or theirs.modified_in != twin.region:
        return None
    ages = (own.age, theirs.age)
    return False if all(age is not None and age > MIRRORING for age in ages) else None


def active_of_both(own: Ledger | None, twin: Twin, mirrored: bool | None) -> Layer | None:
    """Returns the layer that a queue's config comes from when an owner was removed, taken back or failed.

    Unknown counts as mirrored: nothing is restored or cleared over what a stack in the twin Region still declares.
    """
    layers = (*(own.layers if own else ()), *(twin.layers if mirrored is not False else ()))
    return max(layers, key=lambda layer: layer.at, default=None)
