"""The text of a ledger in its SSM parameter: JSON, strictly read.

The format is a contract with every version that may read it later: `FORMAT` counts it, and what has another number is never
overwritten. Anyone who may write the parameter could set the next caller ID, so a ledger is parsed as strictly as the properties
of a resource: forms, lengths, and the account of numbers and stacks.
"""

import json
import time
from dataclasses import asdict, dataclass, is_dataclass, replace
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from .arns import PhoneNumber, Place, Queue, is_id, stack_place
from .config import FIELDS, CallerConfig
from .errors import InvalidProperty, LedgerFull, LedgerUnreadable
from .ledger import Layer, Ledger, Owner, State, seconds_of
from .properties import parse_name
from .timing import MOST_SKEW

FORMAT = 2
LARGEST_DOCUMENT = 8192
"""Bytes of an advanced SSM parameter (Parameter Store: "Managing parameter tiers"); a standard one holds 4,096."""


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
        left: What CLEAR or RETAIN of the final owner leaves.
    """

    after: int
    owner: Owner
    ledger: Ledger
    at: float
    issued: str = ""
    keeps_place: bool = False
    left: CallerConfig | None = None

    def folded(self, before: Ledger | None) -> Ledger:
        """Returns the ledger that this entry's change makes of the one before it.

        There is none before the first entry of a parameter that was deleted while its writer did not see it.
        """
        before = before or Ledger(self.ledger.baseline, found=self.ledger.found)
        layer = self.ledger.layer_of(self.owner)
        if layer is not None:
            return before.with_layer(layer, newest=not self.keeps_place)
        until = self.ledger.removal_of(self.owner).until
        rest = before.without(self.owner, self.issued, until=until)
        final = replace(rest, baseline=self.ledger.baseline, found=self.ledger.found, state=self.ledger.state)
        return rest if rest.layers else final


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ledger at one version; version 0 and None if there is no parameter.

    Attributes:
        version: The parameter's version.
        ledger: The ledger.
        newest: What the parameter says at that version.
        previous: The entry before the newest one, if it is known.
        put_at: When this process put the newest entry, by its monotonic clock; None: it only read it.
        over_closed: Whether it was put over a closed ledger that its writer had not seen, which may yet be deleted.
    """

    version: int = 0
    ledger: Ledger | None = None
    newest: Entry | None = None
    previous: Entry | None = None
    put_at: float | None = None
    over_closed: bool = False

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers; none if there is no ledger."""
        return self.ledger.layers if self.ledger else ()

    @property
    def left(self) -> CallerConfig | None:
        """What CLEAR or RETAIN of the final owner leaves; None: the baseline, or there are owners."""
        return self.newest.left if self.newest and not self.layers else None

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
    document = {"format": FORMAT, **asdict(entry)}
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
        if (written := document.pop("format")) != FORMAT:
            raise unreadable(queue, f"has format {written!r}, this version reads {FORMAT}")
        entry: Entry = _Reader(queue.place).read(Entry, document)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError, InvalidProperty):
        raise unreadable(queue, "does not hold a ledger of this queue") from None
    return entry


def recordable(config: CallerConfig, queue: Queue) -> CallerConfig:
    """Returns what of a queue's config a ledger can hold: the fields that would be read back."""
    reader = _Reader(queue.place)
    for field in FIELDS:
        try:
            reader.check(CallerConfig(**{field: getattr(config, field)}))
        except (ValueError, InvalidProperty):
            config = config.without(field)
    return config


def unreadable(queue: Queue, problem: str) -> LedgerUnreadable:
    """Returns the error for a ledger's parameter that cannot be read."""
    return LedgerUnreadable(
        f"SSM parameter {queue.ledger_name} {problem}; nothing was changed. "
        "Put its last good version back, or delete it for a new baseline"
    )


class _Reader:
    """Reads a document; raises an exception of Python's for anything that `to_document` does not write."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def read(self, kind: Any, value: Any) -> Any:
        """Returns a part of a ledger from what JSON has, by the types that its class declares."""
        if get_origin(kind) is UnionType:  # X | None
            return None if value is None else self.read(get_args(kind)[0], value)
        if get_origin(kind) is tuple:
            return tuple(self.read(get_args(kind)[0], one) for one in value)
        if isinstance(kind, type) and is_dataclass(kind):
            types = get_type_hints(kind)
            if value.keys() != types.keys():
                raise ValueError
            part = kind(**{name: _in_time(name, self.read(types[name], its)) for name, its in value.items()})
            self.check(part)
            return part
        if issubclass(kind, StrEnum):
            return kind(value)
        if type(value) is not kind:
            raise TypeError
        if kind is str:
            value.encode()  # raises ValueError for half a surrogate pair, which JSON can spell and nothing can send
        return value

    def check(self, part: Any) -> None:
        """Raises an exception for what no owner could have declared, or no queue have: neither may be of another account."""
        match part:
            case Owner():
                place = stack_place(part.stack_id)
                if place is None or (place.partition, place.account) != (self._place.partition, self._place.account):
                    raise ValueError
            case Layer(number_arn=str(number)):
                PhoneNumber.parse(number).check_usable_from(self._place)
            case Ledger() if part.layers and part.state is not State.OPEN:
                raise ValueError
            case CallerConfig(name, number, flow):
                if name is not None:
                    parse_name(name)
                if number is not None:
                    PhoneNumber.parse(number).check_usable_from(self._place)
                if flow is not None and not is_id(flow):
                    raise ValueError


def _in_time(name: str, value: Any) -> Any:
    """Returns a member's value; a time or a date in the future counts for nothing, else no later event would be handled."""
    latest = time.time() + MOST_SKEW
    if name in ("at", "until"):
        return value if value <= latest else 0.0
    return "" if name == "issued" and seconds_of(value) > latest else value
