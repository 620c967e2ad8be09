"""`status`: every queue of an instance, both Regions side by side."""

from __future__ import annotations

import click

from queue_outbound_caller_config_cli.cells import (
    config_text,
    counted,
    counted_by_region,
    owner_text,
    short_id,
    state_text,
)
from queue_outbound_caller_config_cli.context import CANNOT_TELL, Options, common_options, read, reading
from queue_outbound_caller_config_cli.inventory import Inventory, Row, with_dead
from queue_outbound_caller_config_cli.phone_numbers import NumberBook, number_book
from queue_outbound_caller_config_cli.render import Report, note


@click.command(short_help="Every queue: its config, its owner and drift.")
@common_options
def status(options: Options) -> int:
    """Show every queue: its config, its owner, drift, and its baseline if that is not what it has."""
    with reading(options) as (aws, progress):
        inventory = read(options, aws, progress)
        numbers = number_book(aws, inventory.instance, inventory.numbers_used)
        rows = with_dead(aws, inventory.rows, note)
    inventory = Inventory(inventory.instance, rows, inventory.problems)
    for problem in numbers.problems:
        note(problem)
    options.show(_report(inventory, numbers))
    unread = [row for row in rows if row.problem]
    for row in unread:
        note(f"{row.name} in {row.queue.place.region}: {row.problem}")
    return CANNOT_TELL if inventory.problems or unread else 0


def _report(inventory: Inventory, numbers: NumberBook) -> Report:
    rows, shown = [], ""
    for row in inventory.rows:
        name = "" if row.queue.id == shown else row.name
        shown = row.queue.id
        config = row.config
        number = numbers.by_id(config.number)
        rows.append(
            (
                name,
                row.queue.place.region,
                config.name or "",
                number.e164 if number else config.number or "",
                number.claimed_to if number else "not known" if config.number else "",
                short_id(config.flow),
                owner_text(row),
                _baseline(row, numbers),
                state_text(row),
            )
        )
    managed = counted_by_region(row for row in inventory.rows if row.layers)
    queues = len({row.queue.id for row in inventory.rows})
    drifted = counted_by_region(row for row in inventory.rows if row.drift)
    return Report(
        title=f"{inventory.instance.alias}: {counted(queues, 'queue')} in {inventory.regions}",
        columns=("Queue", "Region", "Name", "Number", "Claimed to", "Flow", "Stack", "Baseline", "State"),
        rows=rows,
        objects=[row.to_json() for row in inventory.rows],
        dispensable=("Baseline", "Stack", "Flow", "Claimed to"),
        summary=(f"With an owner: {managed}. Not as declared: {drifted}.",),
    )


def _baseline(row: Row, numbers: NumberBook) -> str:
    """Returns a queue's baseline if the queue has something else now."""
    if row.ledger is None or row.ledger.baseline.same_as(row.config):
        return ""
    return config_text(row.ledger.baseline, numbers)
