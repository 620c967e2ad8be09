"""`drift`: the queues that are not as their ledgers say; `--repair` makes them so."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import click
from queue_outbound_caller_config_provider.config import FIELDS, PROPERTY_OF, CallerConfig

from queue_outbound_caller_config_cli.aws import Aws
from queue_outbound_caller_config_cli.cells import WORD_OF, counted_by_region, field_text
from queue_outbound_caller_config_cli.changes import Change, newest_changes
from queue_outbound_caller_config_cli.context import (
    CANNOT_TELL,
    DIFFERENCES,
    Options,
    common_options,
    read,
    reading,
    rows_of,
)
from queue_outbound_caller_config_cli.interruption import make_each
from queue_outbound_caller_config_cli.inventory import Row, with_dead
from queue_outbound_caller_config_cli.phone_numbers import NumberBook, number_book
from queue_outbound_caller_config_cli.render import Report, note
from queue_outbound_caller_config_cli.repairing import Repairs

_FIELD_OF = {PROPERTY_OF[field]: field for field in FIELDS}


@click.command(short_help="Queues that are not as declared; --repair.")
@click.option("--repair", is_flag=True, help="Write what is declared, after asking.")
@click.option("--queue", "queues", multiple=True, metavar="NAME|ID", help="Only these queues; may be repeated.")
@common_options
def drift(options: Options, repair: bool, queues: tuple[str, ...]) -> int:
    """Show the queues that someone changed beside their stacks."""
    with reading(options) as (aws, progress):
        inventory = read(options, aws, progress)
        rows = rows_of(inventory, queues)
        numbers = number_book(aws, inventory.instance, inventory.numbers_used)
        drifted = with_dead(aws, (row for row in rows if row.drift), note)
        changes, not_told = newest_changes(aws, inventory.instance.id, drifted)
    for problem in (*numbers.problems, *not_told):
        note(problem)
    unread = [row for row in rows if row.problem]
    changing = [row for row in rows if row.is_changing and row.different]
    if changing:
        note(f"A deployment is changing {counted_by_region(changing)}: not compared. Run this again in a minute")
    clean = not (inventory.problems or unread or changing)
    if drifted:
        result = f"not as declared: {counted_by_region(drifted)}"
    else:
        result = "every queue is as declared" if clean else "no difference in what could be read"
    options.show(_report(f"{inventory.instance.alias}: {result}", drifted, numbers, changes, repair=repair))
    for row in unread:
        note(f"{row.name} in {row.queue.place.region}: {row.problem}")
    if repair and drifted and options.confirm(f"Write what is declared to {counted_by_region(drifted)}?"):
        with reading(options) as (aws, _):
            done = _repair(aws, drifted)
        return 0 if done and clean else CANNOT_TELL
    if not clean:
        return CANNOT_TELL
    return DIFFERENCES if drifted else 0


def _repair(aws: Aws, rows: tuple[Row, ...]) -> bool:
    """Repairs each queue, and returns whether all are repaired."""
    repairs = Repairs(aws)
    return make_each(
        "repaired",
        ((f"{row.name} in {row.queue.place.region}", partial(repairs.repair, row.queue)) for row in rows),
    )


def _report(
    title: str, rows: tuple[Row, ...], numbers: NumberBook, changes: dict[str, Change], *, repair: bool
) -> Report:
    cells, objects = [], []
    for row in rows:
        change = changes.get(row.queue.arn)
        for member in row.drift:
            field = _FIELD_OF[member]
            declared = field_text(row.expected or CallerConfig(), field, numbers) or "nothing"
            has = field_text(row.config, field, numbers) or "nothing"
            cells.append((row.name, row.queue.place.region, WORD_OF[member], declared, has, _who(row, change)))
        newest = change if change and change.is_newest_of(row) else None
        objects.append({**row.to_json(), "changedBy": newest.who if newest else None})
    return Report(
        title=title,
        columns=("Queue", "Region", "Field", "Declared", "Has", "Changed (UTC)"),
        rows=cells,
        objects=objects,
        summary=("--repair writes what is declared.",) if rows and not repair else (),
    )


def _who(row: Row, change: Change | None) -> str:
    """Says when a queue was changed last, where, and by whom as far as CloudTrail tells."""
    if row.live is None or row.live.modified_at is None:
        return change.who if change else ""
    when = _time(row.live.modified_at)
    where = row.live.state.modified_in if row.live.state.modified_in not in (None, row.queue.place.region) else None
    when += f" in {where}" if where else ""
    if change is None:
        return when
    return (
        f"{when} by {change.who}" if change.is_newest_of(row) else f"{when}; earlier {_time(change.at)} by {change.who}"
    )


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
