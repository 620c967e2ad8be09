"""`numbers`: each number, where it is claimed, how it is written from each Region, and which queues use it."""

from __future__ import annotations

import click
from queue_outbound_caller_config_provider.arns import resource_id

from queue_outbound_caller_config_cli.cells import counted, counted_by_region
from queue_outbound_caller_config_cli.context import CANNOT_TELL, Options, common_options, read, reading
from queue_outbound_caller_config_cli.inventory import Inventory, Row
from queue_outbound_caller_config_cli.phone_numbers import KnownNumber, NumberBook, number_book
from queue_outbound_caller_config_cli.render import Report, note

_MOST_SHOWN = 5
"""Queues of one number that a table names."""


@click.command(short_help="Each number, and which queues use it.")
@click.option("--unused", is_flag=True, help="Only numbers that no queue uses.")
@common_options
def numbers(options: Options, unused: bool) -> int:
    """Show each number: ARN, where it is claimed, and the queues that use it."""
    with reading(options) as (aws, progress):
        inventory = read(options, aws, progress)
        book = number_book(aws, inventory.instance)
    for problem in book.problems:
        note(problem)
    options.show(_report(inventory, book, unused=unused))
    return CANNOT_TELL if inventory.problems or book.problems else 0


def _report(inventory: Inventory, book: NumberBook, *, unused: bool) -> Report:
    users: dict[str, list[Row]] = {}
    for row in inventory.rows:
        if row.config.number:
            users.setdefault(str(resource_id(row.config.number)), []).append(row)
    known = [number for number in book.numbers if not (unused and number.id in users)]
    unknown = [] if unused else sorted(users.keys() - {number.id for number in book.numbers})
    regions = inventory.instance.regions
    without = [row for row in inventory.rows if row.live is not None and not row.config.number]
    rows = [
        (
            number.e164,
            number.arn,
            number.claimed_to,
            *(number.form_for(region) for region in regions),
            _queues(users.get(number.id)),
        )
        for number in known
    ]
    rows += [(id, "", "not known", *("" for _ in regions), _queues(users[id])) for id in unknown]
    if without and not unused:
        rows.append(("without", "", "", *("" for _ in regions), _queues(without)))
    free = sum(number.id not in users for number in book.numbers)
    return Report(
        title=f"{inventory.instance.alias}: {counted(len(known) + len(unknown), 'number')}",
        columns=("Number", "ARN", "Claimed to", *(f"From {region}" for region in regions), "Queues"),
        rows=rows,
        objects=[_object(number, users.get(number.id, []), regions) for number in known]
        + [{"id": id, "arn": None, "number": None, "queues": _users(users[id])} for id in unknown]
        + [{"id": None, "arn": None, "number": None, "queues": _users(one)} for one in [without] if one and not unused],
        unbroken=("Number", "ARN"),
        dispensable=("ARN",),
        summary=(
            f"Used by no queue in {inventory.regions}: {counted(free, 'number')}. "
            f"Without a number: {counted_by_region(without)}.",
        ),
    )


def _object(number: KnownNumber, users: list[Row], regions: tuple[str, ...]) -> dict[str, object]:
    return {
        "id": number.id,
        "arn": number.arn,
        "number": number.e164,
        "claimedTo": "group" if number.of_group else "instance",
        "claimedIn": number.region,
        "forms": {region: number.form_for(region) for region in regions},
        "queues": _users(users),
    }


def _users(rows: list[Row]) -> list[dict[str, str]]:
    return [{"region": row.queue.place.region, "queueId": row.queue.id, "queueName": row.name} for row in rows]


def _queues(rows: list[Row] | None) -> str:
    """Returns the queues of one number for a cell, by Region."""
    if not rows:
        return "none"
    parts = []
    for region in dict.fromkeys(row.queue.place.region for row in rows):
        names = [row.name for row in rows if row.queue.place.region == region]
        more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
        parts.append(f"{region}: {', '.join(names[:_MOST_SHOWN])}{more}")
    return "; ".join(parts)
