"""The ledger of a queue in one Region: what the queue had before the first resource, and what each resource declares.

- **Baseline**: the queue's outbound caller config before the first write of any owner.
- **Owner**: a resource in a stack (stack id + logical id).
- **Layer**: what one owner declares. The newest layer is **active**.

So these all end right: a rename (CloudFormation creates the new owner before it deletes the old one), its rollback, a move
between stacks, and two stacks on one queue. Delete removes the layer of its own owner, and no other.

An owner's events are ordered by when CloudFormation sent them, not by when they ran. It sends the next event while a cancelled
one is still running, and Lambda may deliver an event a second time, late.

Everything here is pure. `ledger_document` is the text of a ledger, `ledger_store` keeps it in Parameter Store.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from .config import FIELDS, CallerConfig, DeletionBehavior, Mirroring
from .errors import LedgerFull

MOST_LAYERS_OF_A_STACK = 3
_REMOVED_KEPT = 8
AFTER = 0.001
"""Seconds between two layers that were put at the same time."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A resource in a stack."""

    stack_id: str
    logical_id: str

    @property
    def short(self) -> str:
        """The stack's name and the logical id, for messages."""
        return f"{[*self.stack_id.split('/'), ''][1]}/{self.logical_id}"

    @property
    def fingerprint(self) -> str:
        """Hash of a removed owner."""
        return hashlib.blake2s(f"{self.stack_id} {self.logical_id}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Replaced:
    """What an owner's layer replaced: the digest of the properties then, and the place that they had."""

    digest: str
    at: float


@dataclass(frozen=True, slots=True)
class Layer:
    """What one owner declares.

    Attributes:
        owner: Whose it is.
        declared: The declared fields, the number as its owner wrote it.
        number_arn: The V2 ARN that was found for the declared number, if it had to be looked up.
        deletion_behavior: What the queue is left with if this is the final layer.
        request: Id of the event that put it; the same when that event is delivered again.
        issued: When CloudFormation sent that event (`Event.issued`).
        at: Its place among the layers of both Regions: when it became the newest, in seconds since the epoch.
        digest: Hash of the properties as they were written (`ResourceProperties.digest`).
        replaced: What it replaced, if its owner had a layer before.
    """

    owner: Owner
    declared: CallerConfig
    number_arn: str | None
    deletion_behavior: DeletionBehavior
    request: str = ""
    issued: str = ""
    at: float = 0.0
    digest: str = ""
    replaced: Replaced | None = None

    @property
    def config(self) -> CallerConfig:
        """The declared fields in the form that is sent to the API."""
        return replace(self.declared, number=self.number_arn or self.declared.number)

    @property
    def declared_fields(self) -> frozenset[str]:
        """The names of the declared fields."""
        return frozenset(field for field in FIELDS if getattr(self.declared, field) is not None)

    def over(self, baseline: CallerConfig) -> CallerConfig:
        """Returns the effective config; under CLEAR the baseline counts as empty."""
        return self.config if self.deletion_behavior is DeletionBehavior.CLEAR else self.config.over(baseline)


@dataclass(frozen=True, slots=True)
class Removed:
    """An owner that was removed.

    Attributes:
        owner: Its fingerprint.
        issued: When CloudFormation sent the event that removed it.
        until: Until when the ledger is kept, in seconds since the epoch: a cancelled event of the owner may still arrive.
    """

    owner: str
    issued: str
    until: float = 0.0


class State(StrEnum):
    """What becomes of a ledger; only `OPEN` ones have layers."""

    OPEN = "open"
    CLOSED = "closed"
    """It is about to be deleted."""
    WAITING = "waiting"
    """It keeps the baseline until the twin Region has no layers either, or a removed owner until its late event has come."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The baseline and the layers over it, the newest one active.

    Attributes:
        baseline: What the queue had before; in a ledger without layers, what it is left with.
        layers: The layers in the order of their places.
        removed: Owners that were removed recently, so that a late event of theirs puts no layer back.
        state: What becomes of it.
        twin: The Region that mirrors this queue, when a change from there was seen.
        mirroring: What was seen to be mirrored between the two Regions, if anything was seen.
        found: What the baseline is if nothing is mirrored, while that is not certain: what the queue had when its first owner
            came, or what CLEAR or RETAIN of this Region's final owner left. Else the baseline is certain.
    """

    baseline: CallerConfig
    layers: tuple[Layer, ...] = ()
    removed: tuple[Removed, ...] = ()
    state: State = State.OPEN
    twin: str | None = None
    mirroring: Mirroring | None = None
    found: CallerConfig | None = None

    @property
    def active(self) -> Layer | None:
        """The layer that the queue's config comes from."""
        return self.layers[-1] if self.layers else None

    @property
    def effective(self) -> CallerConfig:
        """The config that the queue should have, as far as this Region knows."""
        return self.active.over(self.baseline) if self.active else self.baseline

    def layer_of(self, owner: Owner) -> Layer | None:
        """Returns the owner's layer, if it has one."""
        return next((layer for layer in self.layers if layer.owner == owner), None)

    def others(self, owner: Owner | None) -> tuple[Layer, ...]:
        """Returns the layers of all other owners."""
        return tuple(layer for layer in self.layers if layer.owner != owner)

    def supersedes(self, owner: Owner, issued: str) -> bool:
        """Tells whether an event of the owner was handled that is newer than the one sent at `issued`."""
        layer = self.layer_of(owner)
        newer = layer.issued > issued if layer else self.removal_of(owner).issued >= issued
        return issued != "" and newer

    def removal_of(self, owner: Owner) -> Removed:
        """Returns how the owner was removed, if that was recently; else an empty one."""
        return next((gone for gone in self.removed if gone.owner == owner.fingerprint), Removed("", ""))

    @property
    def waits_until(self) -> float:
        """Until when a cancelled event of a removed owner may still come, in seconds since the epoch; 0: none may."""
        return max((gone.until for gone in self.removed), default=0.0)

    def with_layer(self, layer: Layer, *, newest: bool = True) -> "Ledger":
        """Returns the ledger with a layer in place of what its owner had, unless a later event superseded it.

        Args:
            layer: The layer.
            newest: Whether it is put after all others; else where its `at` says.
        """
        if self.supersedes(layer.owner, layer.issued):
            return self
        others = self.others(layer.owner)
        if newest and others:
            layer = replace(layer, at=max(layer.at, others[-1].at + AFTER))
        layers = tuple(sorted((*others, layer), key=lambda one: one.at))
        return replace(self, layers=layers, state=State.OPEN)

    def without(
        self,
        owner: Owner,
        issued: str = "",
        *,
        left: CallerConfig | None = None,
        shared: bool = False,
        until: float = 0.0,
    ) -> "Ledger":
        """Returns the ledger without the owner's layer.

        Args:
            owner: Whose.
            issued: When the event was sent that removes it, to be remembered; a layer that a later event put stays.
            left: What the queue is left with if this was the final layer; None: the baseline.
            shared: Whether the twin Region may declare a config. Then `left` counts only as far as nothing is mirrored.
            until: Until when the ledger is kept for a cancelled event (`Removed.until`).
        """
        if self.layer_of(owner) and self.supersedes(owner, issued):
            return self
        removed, known = self.removed, self.removal_of(owner)
        if issued and (known.issued, known.until) != (issued, until) and known.issued <= issued:
            others = (gone for gone in removed if gone.owner != owner.fingerprint)
            removed = (*others, Removed(owner.fingerprint, issued, until))[-_REMOVED_KEPT:]
        rest = self.others(owner)
        kept = replace(self, layers=rest, removed=removed)
        if rest or left is None:
            return kept
        if shared:
            return replace(kept, found=None if left.same_as(self.baseline) else left)
        return replace(kept, baseline=left, found=None)

    def check_room_for(self, owner: Owner) -> None:
        """Raises LedgerFull if the owner's stack has as many layers on this queue as a stack may have."""
        same = [layer.owner.logical_id for layer in self.others(owner) if layer.owner.stack_id == owner.stack_id]
        if len(same) >= MOST_LAYERS_OF_A_STACK:
            raise LedgerFull(
                f"{owner.short}: this stack has {len(same)} other configs on the queue already ({', '.join(same)}). "
                "Keep one and remove the others"
            )


def seconds_of(issued: str) -> float:
    """Returns the date of an event in seconds since the epoch; 0 for none."""
    try:
        return datetime.strptime(issued, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def place_taken_back(before: Layer | None, digest: str, old_digest: str) -> float | None:
    """Returns the place that an Update takes back, or None if it makes its layer the newest.

    CloudFormation rolls an Update back with another one, old and new properties swapped. So the Update takes a place back if
    its new properties are the ones that the owner's layer replaced, or the owner's layer as it is although the Update comes
    from other ones (the one that it takes back failed, or never ran).

    Args:
        before: The owner's layer.
        digest: Of the Update's properties.
        old_digest: Of the properties before the Update.
    """
    if before is None or digest == old_digest:
        return None
    if digest == before.digest:
        return before.at
    if before.replaced is not None and old_digest == before.digest and digest == before.replaced.digest:
        return before.replaced.at
    return None
