"""`owners`: who holds which queue, which owners are dead, and how to forget one."""

from __future__ import annotations

import click

from queue_outbound_caller_config_cli.context import CANNOT_TELL, Options, common_options, read, reading
from queue_outbound_caller_config_cli.inventory import Row, with_dead
from queue_outbound_caller_config_cli.render import Report, note


@click.command()
@click.option("--dead", is_flag=True, help="Only owners whose resource no longer exists.")
@common_options
def owners(options: Options, dead: bool) -> int:
    """Show who holds what, and which owners are dead."""
    with reading(options) as (aws, progress):
        inventory = read(options, aws, progress)
        rows = with_dead(aws, (row for row in inventory.rows if row.layers or row.problem), note)
    concerned = tuple(row for row in rows if row.dead) if dead else rows
    options.show(_report(inventory.instance.alias, concerned))
    unread = [row for row in rows if row.problem]
    for row in unread:
        note(f"{row.name} in {row.queue.place.region}: {row.problem}")
    return CANNOT_TELL if inventory.problems or unread else 0


def _report(alias: str, rows: tuple[Row, ...]) -> Report:
    cells = [
        (row.name, row.queue.place.region, layer.owner.short, _state(row, index))
        for row in rows
        for index, layer in enumerate(row.layers)
    ]
    dead = sum(len(row.dead) for row in rows)
    return Report(
        title=f"{alias}: {len(cells)} owners, {dead} of them dead",
        columns=("Queue", "Region", "Owner (stack/logical id)", "State"),
        rows=cells,
        objects=[row.to_json() for row in rows],
        summary=("A dead owner's resource no longer exists in its stack: --forget removes it.",) if dead else (),
    )


def _state(row: Row, index: int) -> str:
    active = "active" if index == len(row.layers) - 1 else "under a newer one"
    return f"dead, {active}" if row.layers[index] in row.dead else active
