"""The ledger of a queue: what it had before our first write, and who has laid what over it since.

- **Baseline**: the queue's outbound caller config before the first write of any owner.
- **Owner**: a resource in a stack (stack id + logical id).
- **Layer**: what one owner declares. The last layer is **in force**.

So a rename (Create of the new owner before Delete of the old), its rollback, a move between stacks and two stacks on one
queue all come out right: Delete takes out one layer, whichever it is.

An owner's events count in the order in which CloudFormation **issued** them, not in that in which they get here: it goes on
to the next one while the one that it has cancelled is still under way, and Lambda may deliver any of them once more, late.

Everything here is pure; `ledger_store` keeps the document in SSM Parameter Store. The document's format is a contract with
every version that may read it later: `FORMAT` counts it, and what has another number is never overwritten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .config import FIELDS, CallerConfig, DeletionBehavior
from .errors import LedgerFull, LedgerUnreadable

FORMAT = 1
LARGEST_DOCUMENT = 8192
"""Bytes of an advanced SSM parameter (Parameter Store: "Managing parameter tiers"); a standard one holds 4,096."""
_DEPARTURES_KEPT = 8


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
        """A short text that stands for the owner where it is no longer one."""
        return hashlib.blake2s(f"{self.stack_id} {self.logical_id}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Layer:
    """What one owner declares.

    Attributes:
        owner: whose it is.
        declared: the declared fields, the number as its owner wrote it.
        number_arn: the V2 ARN that the declared number was looked up to, where it had to be.
        deletion_behavior: what the queue is left with when this is the last layer to go.
        request: id of the event that put it, the same when that event is delivered again.
        issued: when CloudFormation issued that event (`Event.issued`).
    """

    owner: Owner
    declared: CallerConfig
    number_arn: str | None
    deletion_behavior: DeletionBehavior
    request: str = ""
    issued: str = ""

    @property
    def config(self) -> CallerConfig:
        """The declared fields in the form that goes to the API."""
        return replace(self.declared, number=self.number_arn or self.declared.number)

    @property
    def declared_fields(self) -> frozenset[str]:
        """The names of the declared fields."""
        return frozenset(field for field in FIELDS if getattr(self.declared, field) is not None)

    def over(self, baseline: CallerConfig) -> CallerConfig:
        """Returns the effective config; under CLEAR the baseline counts as empty."""
        return self.config if self.deletion_behavior is DeletionBehavior.CLEAR else self.config.over(baseline)


@dataclass(frozen=True, slots=True)
class Departure:
    """An owner that went, by its fingerprint, and when CloudFormation issued the event that took its layer out."""

    owner: str
    issued: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The baseline and the layers over it, the last one in force. No layers: the ledger is about to be deleted.

    The owners that went of late are known, so that an event of theirs which is still under way puts no layer back.
    """

    baseline: CallerConfig
    layers: tuple[Layer, ...] = ()
    departed: tuple[Departure, ...] = ()

    @property
    def in_force(self) -> Layer | None:
        """The layer that the queue's config comes from."""
        return self.layers[-1] if self.layers else None

    @property
    def effective(self) -> CallerConfig:
        """The config that the queue should have."""
        return self.in_force.over(self.baseline) if self.in_force else self.baseline

    def layer_of(self, owner: Owner) -> Layer | None:
        """Returns the owner's layer, if it has one."""
        return next((layer for layer in self.layers if layer.owner == owner), None)

    def outdates(self, owner: Owner, issued: str) -> bool:
        """Tells whether an event of the owner comes too late: one that was issued after it was handled already."""
        if not issued:
            return False
        layer = self.layer_of(owner)
        return (layer is not None and layer.issued > issued) or any(
            gone.owner == owner.fingerprint and gone.issued >= issued for gone in self.departed
        )

    def departed_by(self, owner: Owner, issued: str) -> bool:
        """Tells whether an event of the owner that was issued then has taken the owner out, or noted that it is gone."""
        return bool(issued) and Departure(owner.fingerprint, issued) in self.departed

    def others_departed(self, owner: Owner) -> bool:
        """Tells whether others went of late: a Delete of theirs may be waiting with this ledger's mark."""
        return any(gone.owner != owner.fingerprint for gone in self.departed)

    def with_last(self, layer: Layer) -> Ledger:
        """Returns the ledger with the layer put last, in place of what its owner had, unless it comes too late."""
        if self.outdates(layer.owner, layer.issued):
            return self
        return replace(self, layers=(*self._layers_of_others(layer.owner), layer))

    def without(self, owner: Owner, issued: str = "") -> Ledger:
        """Returns the ledger without the owner's layer.

        Arguments:
            owner: whose.
            issued: of the event that takes it out, which is remembered; a layer that a later one put stays. "": nothing is
                remembered, and the layer goes, whoever put it.
        """
        layer = self.layer_of(owner)
        if layer is not None and issued and layer.issued > issued:
            return self
        departed = self.departed
        if issued and not self.outdates(owner, issued):
            others = (gone for gone in departed if gone.owner != owner.fingerprint)
            departed = (*others, Departure(owner.fingerprint, issued))[-_DEPARTURES_KEPT:]
        return Ledger(self.baseline, self._layers_of_others(owner), departed)

    def _layers_of_others(self, owner: Owner) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.layers if layer.owner != owner)


def left_behind(behavior: DeletionBehavior, baseline: CallerConfig, now: CallerConfig) -> CallerConfig:
    """Returns what a queue is left with when its last owner goes."""
    return {
        DeletionBehavior.RESTORE: baseline,
        DeletionBehavior.CLEAR: CallerConfig(),
        DeletionBehavior.RETAIN: now,
    }[behavior]


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of the document: the change that its writer made, and the ledger as that writer saw it after.

    Attributes:
        after: the version that the writer had read, 0 for none. When it is not the version just before this one,
            someone wrote in between, and only the change counts (see `folded`).
        ledger: the ledger with the change made.
        removed: the owner whose layer was taken out; None when the change was to put the last layer.
        issued: when the event was issued that took it out; "" when it is not to be remembered.
        waits: whether the writer waits for an earlier event of that owner, for which this was put.
    """

    after: int
    ledger: Ledger
    removed: Owner | None = None
    issued: str = ""
    waits: bool = False

    def folded(self, before: Ledger) -> Ledger:
        """Returns the ledger that this entry's change makes of the one before it."""
        if self.removed is not None:
            return before.without(self.removed, self.issued)
        return before.with_last(self.ledger.layers[-1])

    @property
    def alone(self) -> Ledger:
        """The ledger when this entry is the first of a parameter that was deleted under its writer's hands."""
        return self.folded(Ledger(self.ledger.baseline))


def to_document(entry: Entry) -> str:
    """Returns an entry as the text of an SSM parameter.

    Text is kept as UTF-8, not escaped: a name of 255 four-byte characters takes 1,020 bytes, not 3,060. Two opening braces in
    a row are escaped, for Parameter Store refuses `{{` as a reference to another parameter; JSON itself has none.
    Departures stand in the member of the last change, where version 1.0.0 reads on over what it does not know; they are left
    out where they would not fit.

    Raises LedgerFull when the text is larger than a parameter holds.
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "after": entry.after,
        "baseline": _config_out(entry.ledger.baseline),
        "layers": [
            {
                "stack": layer.owner.stack_id,
                "resource": layer.owner.logical_id,
                "declared": _config_out(layer.declared),
                "numberArn": layer.number_arn,
                "deletionBehavior": layer.deletion_behavior.value,
                "requests": [layer.request],
                "issued": layer.issued,
            }
            for layer in entry.ledger.layers
        ],
    }
    if entry.removed is not None:
        owner = entry.removed
        document["removed"] = {"stack": owner.stack_id, "resource": owner.logical_id, "issued": entry.issued}
        document["removed"] |= {"waits": True} if entry.waits else {}
    if entry.ledger.departed:
        departed = {gone.owner: gone.issued for gone in entry.ledger.departed}
        (document.get("removed") or document["layers"][-1])["departed"] = departed
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("{{", "{\\u007b")
    size = len(text.encode())
    if size > LARGEST_DOCUMENT:
        if entry.ledger.departed:
            return to_document(replace(entry, ledger=replace(entry.ledger, departed=())))
        raise LedgerFull(
            f"The queue's ledger would have {size} bytes with {len(entry.ledger.layers)} owners, and a parameter holds "
            f"{LARGEST_DOCUMENT}. Remove the configs of stacks that no longer need this queue. Nothing was written"
        )
    return text


def from_document(text: str, where: str) -> Entry:
    """Returns the entry that a parameter's text holds.

    Arguments:
        text: the parameter's value.
        where: the parameter's name, for the message.

    Raises LedgerUnreadable for anything that this version did not write: other formats, broken JSON, foreign content.
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise _unreadable(where, f"has format {document['format']!r}, this version reads {FORMAT}")
        removed = document.get("removed")
        layers = tuple(_layer_in(layer) for layer in document["layers"])
        departed = (removed or document["layers"][-1]).get("departed", {}).items()
        entry = Entry(
            after=_exactly(int, document["after"]),
            ledger=Ledger(
                _config_in(document["baseline"]),
                layers,
                tuple(Departure(_exactly(str, owner), _exactly(str, issued)) for owner, issued in departed),
            ),
            removed=None if removed is None else _owner_in(removed),
            issued=_exactly(str, (removed or {}).get("issued", "")),
            waits=_exactly(bool, (removed or {}).get("waits", False)),
        )
        if document.keys() - {"format", "after", "baseline", "layers", "removed"}:
            raise ValueError
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError):
        raise _unreadable(where, "holds no ledger of this resource") from None
    return entry


def _unreadable(where: str, problem: str) -> LedgerUnreadable:
    return LedgerUnreadable(
        f"SSM parameter {where} {problem}; nothing was changed. Put its last good version back, or delete it to take what "
        "the queue has now as the baseline"
    )


def _config_out(config: CallerConfig) -> dict[str, str]:
    return {field: value for field in FIELDS if (value := getattr(config, field)) is not None}


def _config_in(members: Mapping[str, Any]) -> CallerConfig:
    if members.keys() - set(FIELDS):
        raise ValueError
    return CallerConfig(**{field: _exactly(str, value) for field, value in members.items()})


def _owner_in(members: Mapping[str, Any]) -> Owner:
    return Owner(_exactly(str, members["stack"]), _exactly(str, members["resource"]))


def _layer_in(members: Mapping[str, Any]) -> Layer:
    arn = members["numberArn"]
    return Layer(
        owner=_owner_in(members),
        declared=_config_in(members["declared"]),
        number_arn=None if arn is None else _exactly(str, arn),
        deletion_behavior=DeletionBehavior(members["deletionBehavior"]),
        request=_exactly(str, members["requests"][-1]),
        issued=_exactly(str, members.get("issued", "")),
    )


def _exactly(kind: Callable[[Any], Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    if kind is str:
        value.encode()  # raises ValueError for half a surrogate pair, which JSON can spell and nothing can send
    return value
