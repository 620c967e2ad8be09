"""The ledger of a queue: what it had before our first write, and who has laid what over it since.

- **Baseline**: the queue's outbound caller config before the first write of any owner.
- **Owner**: a resource in a stack (stack id + logical id).
- **Layer**: what one owner declares. The last layer is **in force**.

So a rename (Create of the new owner before Delete of the old), its rollback, a move between stacks and two stacks on one
queue all come out right: Delete takes out one layer, whichever it is.

Everything here is pure; `ledger_store` keeps the document in SSM Parameter Store. The document's format is a contract with
every version that may read it later: `FORMAT` counts it, and what has another number is never overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .config import FIELDS, CallerConfig, DeletionBehavior
from .errors import LedgerFull, LedgerUnreadable

FORMAT = 1
LARGEST_DOCUMENT = 8192
"""Bytes of an advanced SSM parameter (Parameter Store: "Managing parameter tiers"); a standard one holds 4,096."""
_REQUESTS_KEPT = 4


@dataclass(frozen=True, slots=True)
class Owner:
    """A resource in a stack."""

    stack_id: str
    logical_id: str

    @property
    def short(self) -> str:
        """The stack's name and the logical id, for messages."""
        return f"{[*self.stack_id.split('/'), ''][1]}/{self.logical_id}"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one owner declares.

    Attributes:
        owner: whose it is.
        declared: the declared fields, the number as its owner wrote it.
        number_arn: the V2 ARN that the declared number was looked up to, where it had to be.
        deletion_behavior: what the queue is left with when this is the last layer to go.
        requests: ids of the last requests that wrote this layer, the newest last, so that an old event which is delivered
            once more, late, is known as such.
    """

    owner: Owner
    declared: CallerConfig
    number_arn: str | None
    deletion_behavior: DeletionBehavior
    requests: tuple[str, ...] = ()

    @property
    def config(self) -> CallerConfig:
        """The declared fields in the form that goes to the API."""
        return replace(self.declared, number=self.number_arn or self.declared.number)

    @property
    def declared_fields(self) -> frozenset[str]:
        """The names of the declared fields."""
        return frozenset(field for field in FIELDS if getattr(self.declared, field) is not None)

    def written_by(self, request_id: str, after: Layer | None) -> Layer:
        """Returns the layer with the requests of its predecessor and this one."""
        earlier = () if after is None else tuple(id for id in after.requests if id != request_id)
        return replace(self, requests=(*earlier, request_id)[-_REQUESTS_KEPT:])

    def remembering_least(self) -> Layer:
        """Returns the layer with its newest request alone."""
        return replace(self, requests=self.requests[-1:])

    def supersedes(self, request_id: str) -> bool:
        """Tells whether this layer was written by a later request than the given one, which it remembers."""
        return request_id in self.requests[:-1]

    def over(self, baseline: CallerConfig) -> CallerConfig:
        """Returns the effective config; under CLEAR the baseline counts as empty."""
        return self.config if self.deletion_behavior is DeletionBehavior.CLEAR else self.config.over(baseline)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The baseline and the layers over it, the last one in force. No layers: the ledger is about to be deleted."""

    baseline: CallerConfig
    layers: tuple[Layer, ...] = ()

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

    def with_last(self, layer: Layer) -> Ledger:
        """Returns the ledger with the layer put last, in place of what its owner had."""
        return Ledger(self.baseline, (*self.without(layer.owner).layers, layer))

    def without(self, owner: Owner) -> Ledger:
        """Returns the ledger without the owner's layer."""
        return Ledger(self.baseline, tuple(layer for layer in self.layers if layer.owner != owner))


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
    """

    after: int
    ledger: Ledger
    removed: Owner | None = None

    def folded(self, before: Ledger) -> Ledger:
        """Returns the ledger that this entry's change makes of the one before it."""
        if self.removed is not None:
            return before.without(self.removed)
        return before.with_last(self.ledger.layers[-1])

    @property
    def alone(self) -> Ledger:
        """The ledger when this entry is the first of a parameter that was deleted under its writer's hands."""
        return Ledger(self.ledger.baseline, () if self.removed is not None else self.ledger.layers[-1:])


def to_document(entry: Entry) -> str:
    """Returns an entry as the text of an SSM parameter.

    Text is kept as UTF-8, not escaped: a name of 255 four-byte characters takes 1,020 bytes, not 3,060. Two opening braces in
    a row are escaped, for Parameter Store refuses `{{` as a reference to another parameter; JSON itself has none.

    Raises LedgerFull when the text is larger than a parameter holds.
    """
    document: dict[str, object] = {
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
                "requests": list(layer.requests),
            }
            for layer in entry.ledger.layers
        ],
    }
    if entry.removed is not None:
        document["removed"] = {"stack": entry.removed.stack_id, "resource": entry.removed.logical_id}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("{{", "{\\u007b")
    size = len(text.encode())
    if size > LARGEST_DOCUMENT:
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
        entry = Entry(
            after=_exactly(int, document["after"]),
            ledger=Ledger(_config_in(document["baseline"]), tuple(_layer_in(layer) for layer in document["layers"])),
            removed=None if removed is None else _owner_in(removed),
        )
        if document.keys() - {"format", "after", "baseline", "layers", "removed"}:
            raise ValueError
        if entry.removed is None and not entry.ledger.layers:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
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
        requests=tuple(_exactly(str, id) for id in members["requests"]),
    )


def _exactly(kind: Callable[[Any], Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    if kind is str:
        value.encode()  # raises ValueError for half a surrogate pair, which JSON can spell and nothing can send
    return value
