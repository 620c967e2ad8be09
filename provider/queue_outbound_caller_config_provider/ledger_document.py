"""The text of a ledger in its SSM parameter: JSON, strictly read.

The format is a contract with every version that may read it later: `FORMAT` counts it, and what has another number is never
overwritten. Anyone who may write the parameter could set the next caller ID, so a ledger is parsed as strictly as the properties
of a resource: forms, lengths, and the account of numbers and stacks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .arns import PhoneNumber, Place, Queue, is_id, stack_place
from .config import FIELDS, CallerConfig, DeletionBehavior, Mirroring
from .errors import InvalidProperty, LedgerFull, LedgerUnreadable
from .ledger import Layer, Ledger, Owner, Removed, Replaced, State, seconds_of
from .properties import parse_name
from .timing import MOST_SKEW

FORMAT = 2
LARGEST_DOCUMENT = 8192
"""Bytes of an advanced SSM parameter (Parameter Store: "Managing parameter tiers"); a standard one holds 4,096."""
_LONGEST_TEXT = 500
"""Characters of an id or ARN in a config (botocore's model: OutboundFlowId)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of the document: the change that its writer made, and the ledger as that writer saw it after.

    Attributes:
        after: The version that the writer had read, 0 for none. If it is not the version just before this one, someone wrote
            in between, and only the change counts (`folded`).
        owner: Whose layer was put or removed.
        ledger: The ledger with the change made.
        at: When the writer put it, in seconds since the epoch.
        issued: When the event was sent that removed the owner.
        keeps_place: Whether the layer was put back to a place that it had before.
    """

    after: int
    owner: Owner
    ledger: Ledger
    at: float
    issued: str = ""
    keeps_place: bool = False

    def folded(self, before: Ledger) -> Ledger:
        """Returns the ledger that this entry's change makes of the one before it."""
        layer = self.ledger.layer_of(self.owner)
        if layer is not None:
            return before.with_layer(layer, newest=not self.keeps_place)
        mine = next((gone for gone in self.ledger.removed if gone.owner == self.owner.fingerprint), None)
        until = mine.until if mine else 0.0
        final = before.without(self.owner, self.issued, left=self.ledger.baseline, until=until)
        return final if final.layers else replace(final, state=self.ledger.state)

    @property
    def alone(self) -> Ledger:
        """The ledger if this entry is the first of a parameter that was deleted while its writer did not see it."""
        return self.folded(Ledger(self.ledger.baseline, found=self.ledger.found))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ledger at one version; version 0 and None if there is no parameter.

    Attributes:
        version: The parameter's version.
        ledger: The ledger.
        newest: What the parameter says at that version.
        before: When the entry before the newest one was put, in seconds since the epoch; 0 for none.
        before_owner: Whose change that was.
        put_at: When this process put the newest entry, by its monotonic clock; None: it only read it.
        over_closed: Whether a layer was put over a closed ledger that its writer had not seen, which may yet be deleted.
    """

    version: int = 0
    ledger: Ledger | None = None
    newest: Entry | None = None
    before: float = 0.0
    before_owner: Owner | None = None
    put_at: float | None = None
    over_closed: bool = False

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers; none if there is no ledger."""
        return self.ledger.layers if self.ledger else ()

    @property
    def closed(self) -> bool:
        """Whether the ledger is about to be deleted."""
        return self.ledger is not None and self.ledger.state is State.CLOSED

    def layer_of(self, owner: Owner) -> Layer | None:
        """Returns the owner's layer, if there is one."""
        return self.ledger.layer_of(owner) if self.ledger else None

    def supersedes(self, owner: Owner, issued: str) -> bool:
        """Tells whether a later event of the owner was handled (`Ledger.supersedes`)."""
        return self.ledger is not None and self.ledger.supersedes(owner, issued)


def to_document(entry: Entry) -> str:
    """Returns an entry as the text of an SSM parameter.

    Strings are kept as UTF-8, not escaped: a name of 255 four-byte characters takes 1,020 bytes, not 3,060. Two opening braces
    in a row are escaped, since Parameter Store takes `{{` for a reference to another parameter; JSON itself has none.

    Raises:
        LedgerFull: The text is larger than a parameter holds.
    """
    ledger = entry.ledger
    document: dict[str, Any] = {
        "format": FORMAT,
        "after": entry.after,
        "change": {
            "stack": entry.owner.stack_id,
            "resource": entry.owner.logical_id,
            "at": entry.at,
            "issued": entry.issued,
            "keepsPlace": entry.keeps_place,
        },
        "baseline": _config_out(ledger.baseline),
        "layers": [_layer_out(layer) for layer in ledger.layers],
        "removed": [[gone.owner, gone.issued, gone.until] for gone in ledger.removed],
        "state": ledger.state.value,
        "twin": ledger.twin,
        "mirroring": ledger.mirroring,
        "found": None if ledger.found is None else _config_out(ledger.found),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("{{", "{\\u007b")
    if (size := len(text.encode())) > LARGEST_DOCUMENT:
        slim = replace(ledger, removed=(), layers=tuple(replace(layer, replaced=None) for layer in ledger.layers))
        if slim != ledger:
            return to_document(replace(entry, ledger=slim))
        owners = ", ".join(layer.owner.short for layer in ledger.layers)
        raise LedgerFull(
            f"The queue's ledger would have {size} bytes, and a parameter holds {LARGEST_DOCUMENT}. Nothing was written. "
            f"Remove configs that no longer need this queue: {owners}"
        )
    return text


def from_document(text: str, queue: Queue) -> Entry:
    """Returns the entry that a parameter's text holds.

    Args:
        text: The parameter's value.
        queue: The queue whose ledger it is.

    Raises:
        LedgerUnreadable: The text is not what this version writes for this queue: another format, broken JSON, foreign or
            impossible content.
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise unreadable(queue, f"has format {document['format']!r}, this version reads {FORMAT}")
        return _Reader(queue.place).entry(document)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError, InvalidProperty):
        raise unreadable(queue, "does not hold a ledger of this queue") from None


def recordable(config: CallerConfig, queue: Queue) -> CallerConfig:
    """Returns what of a queue's config a ledger can hold: the fields that would be read back."""
    reader = _Reader(queue.place)
    return config.without(*(field for field in FIELDS if not reader.reads(config, field)))


def unreadable(queue: Queue, problem: str) -> LedgerUnreadable:
    """Returns the error for a ledger's parameter that cannot be read."""
    return LedgerUnreadable(
        f"SSM parameter {queue.ledger_name} {problem}; nothing was changed. Put its last good version back, or delete it to "
        "take what the queue has now as the baseline"
    )


def _config_out(config: CallerConfig) -> dict[str, str]:
    return {field: value for field in FIELDS if (value := getattr(config, field)) is not None}


def _layer_out(layer: Layer) -> dict[str, Any]:
    return {
        "stack": layer.owner.stack_id,
        "resource": layer.owner.logical_id,
        "declared": _config_out(layer.declared),
        "numberArn": layer.number_arn,
        "deletionBehavior": layer.deletion_behavior.value,
        "request": layer.request,
        "issued": layer.issued,
        "at": layer.at,
        "digest": layer.digest,
        "replaced": None if layer.replaced is None else [layer.replaced.digest, layer.replaced.at],
    }


class _Reader:
    """Reads a document; raises an exception of Python's for anything that `to_document` does not write."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def entry(self, document: Mapping[str, Any]) -> Entry:
        change = document["change"]
        ledger = Ledger(
            self._config(document["baseline"]),
            tuple(self._layer(layer) for layer in document["layers"]),
            tuple(
                Removed(_exactly(str, owner), _past(issued), self._soon(until))
                for owner, issued, until in document["removed"]
            ),
            State(document["state"]),
            _optional(str, document["twin"]),
            None if document["mirroring"] is None else Mirroring(document["mirroring"]),
            None if document["found"] is None else self._config(document["found"]),
        )
        known = ("format", "after", "change", "baseline", "layers", "removed", "state", "twin", "mirroring", "found")
        if document.keys() - set(known) or (ledger.layers and ledger.state is not State.OPEN):
            raise ValueError
        return Entry(
            after=_exactly(int, document["after"]),
            owner=self._owner(change),
            ledger=ledger,
            at=_exactly(float, change["at"]),
            issued=_past(change["issued"]),
            keeps_place=_exactly(bool, change["keepsPlace"]),
        )

    def reads(self, config: CallerConfig, field: str) -> bool:
        """Tells whether one field of a config could be read back."""
        value = getattr(config, field)
        try:
            self._config({} if value is None else {field: value})
        except (ValueError, InvalidProperty):
            return False
        return True

    @staticmethod
    def _soon(until: Any) -> float:
        """Returns a time that a ledger is kept until; one that is far in the future counts for nothing."""
        time_: float = _exactly(float, until)
        return time_ if time_ <= time.time() + MOST_SKEW else 0.0

    def _owner(self, members: Mapping[str, Any]) -> Owner:
        place = stack_place(_exactly(str, members["stack"]))
        if place is None or (place.partition, place.account) != (self._place.partition, self._place.account):
            raise ValueError
        return Owner(members["stack"], _exactly(str, members["resource"]))

    def _config(self, members: Mapping[str, Any]) -> CallerConfig:
        if members.keys() - set(FIELDS):
            raise ValueError
        config = CallerConfig(**{field: _exactly(str, value) for field, value in members.items()})
        if config.name is not None:
            parse_name(config.name)
        if config.number is not None:
            PhoneNumber.parse(config.number).check_usable_from(self._place)
        if config.flow is not None and (len(config.flow) > _LONGEST_TEXT or not is_id(config.flow.rpartition("/")[2])):
            raise ValueError
        return config

    def _layer(self, members: Mapping[str, Any]) -> Layer:
        arn, replaced = _optional(str, members["numberArn"]), members["replaced"]
        if arn is not None:
            PhoneNumber.parse(arn).check_usable_from(self._place)
        return Layer(
            owner=self._owner(members),
            declared=self._config(members["declared"]),
            number_arn=arn,
            deletion_behavior=DeletionBehavior(members["deletionBehavior"]),
            request=_exactly(str, members["request"]),
            issued=_past(members["issued"]),
            at=at if (at := _exactly(float, members["at"])) <= time.time() + MOST_SKEW else 0.0,
            digest=_exactly(str, members["digest"]),
            replaced=None if replaced is None else Replaced(_exactly(str, replaced[0]), _exactly(float, replaced[1])),
        )


def _exactly(kind: Callable[[Any], Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    if kind is str:
        value.encode()  # raises ValueError for half a surrogate pair, which JSON can spell and nothing can send
    return value


def _past(issued: Any) -> str:
    """Returns the date of an event; a date in the future counts for nothing, else no later event would be handled."""
    date: str = _exactly(str, issued)
    return date if seconds_of(date) <= time.time() + MOST_SKEW else ""


def _optional(kind: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else _exactly(kind, value)
