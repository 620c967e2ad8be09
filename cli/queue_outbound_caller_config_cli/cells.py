"""How rows of the inventory are written in a table's cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from queue_outbound_caller_config_provider.config import FIELDS, CallerConfig

from .inventory import Row
from .phone_numbers import NumberBook

WORD_OF = {
    "OutboundCallerIdName": "name",
    "OutboundCallerIdNumberId": "number",
    "OutboundFlowId": "flow",
}
"""What a person calls the API's members."""


def counted(count: int, noun: str) -> str:
    """Returns a number with its noun: 1 queue, 2 queues."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def counted_by_region(rows: Iterable[Row]) -> str:
    """Returns how many queues there are in each Region: 1 queue in us-east-1 and 2 queues in us-west-2."""
    counts = Counter(row.queue.place.region for row in rows)
    return " and ".join(f"{counted(count, 'queue')} in {region}" for region, count in sorted(counts.items())) or "none"


def short_id(id: str | None) -> str:
    """Returns the first part of an id or ARN: enough for a person to tell two flows apart."""
    return f"{id.rpartition('/')[2][:8]}…" if id else ""


def field_text(config: CallerConfig, field: str, numbers: NumberBook) -> str:
    """Returns one field of a config; a number as one dials it, a flow by the first part of its id."""
    value: str | None = getattr(config, field)
    if field == "number":
        return numbers.shown(value)
    return short_id(value) if field == "flow" else value or ""


def config_text(config: CallerConfig, numbers: NumberBook) -> str:
    """Returns a whole config in a line."""
    parts = [f"{field} {field_text(config, field, numbers)}" for field in FIELDS if getattr(config, field)]
    return ", ".join(parts) or "nothing"


def owner_text(row: Row) -> str:
    """Returns the stack of a queue's active owner, and how many other owners there are."""
    if not row.layers:
        return ""
    others = len(row.layers) - 1
    return row.layers[-1].owner.short.partition("/")[0] + (f" (+{others})" if others else "")


def state_text(row: Row) -> str:
    """Says in a word or two how a queue stands."""
    if row.problem:
        return "cannot read the ledger"
    if row.live is None:
        return "not there"
    if row.is_changing:
        return "changing"
    if row.drift:
        return f"drift: {', '.join(WORD_OF[member] for member in row.drift)}"
    return "as declared" if row.layers else "not managed"
