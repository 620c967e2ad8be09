"""`owners`: who holds which queue, which owners are dead, and how to forget one."""

from __future__ import annotations

import difflib
from functools import partial

import click
from queue_outbound_caller_config_provider.ledger import Owner

from queue_outbound_caller_config_cli.cells import config_text, counted
from queue_outbound_caller_config_cli.context import CANNOT_TELL, Options, common_options, read, reading, rows_of
from queue_outbound_caller_config_cli.errors import CannotTell
from queue_outbound_caller_config_cli.interruption import make_each
from queue_outbound_caller_config_cli.inventory import Row, with_dead
from queue_outbound_caller_config_cli.phone_numbers import NumberBook, number_book
from queue_outbound_caller_config_cli.planned_ledgers import PlannedLedgers
from queue_outbound_caller_config_cli.render import Report, note
from queue_outbound_caller_config_cli.repairing import Repairs

ALL_DEAD = "every dead one"


@click.command(short_help="Who declares which queue; --forget dead ones.")
@click.option("--dead", is_flag=True, help="Only owners whose resource no longer exists.")
@click.option(
    "--forget",
    is_flag=False,
    flag_value=ALL_DEAD,
    metavar="[STACK/LOGICAL_ID]",
    help="Remove dead owners, all or one, after showing what that does to their queues.",
)
@click.option(
    "--keep", is_flag=True, help="With --forget: a queue keeps what it has when its final owner is forgotten."
)
@click.option("--queue", "queues", multiple=True, metavar="NAME|ID", help="Only these queues; may be repeated.")
@common_options
def owners(options: Options, dead: bool, forget: str | None, keep: bool, queues: tuple[str, ...]) -> int:
    """Show who holds what, and which owners are dead."""
    if keep and forget is None:
        raise click.UsageError("--keep says how to forget an owner. Give --forget, too")
    with reading(options) as (aws, progress):
        inventory = read(options, aws, progress)
        held = [row for row in rows_of(inventory, queues) if row.layers or row.problem]
        rows = with_dead(aws, held, note)
        numbers = number_book(aws, inventory.instance, inventory.numbers_used) if forget else NumberBook(())
    unread = [row for row in rows if row.problem]
    for row in unread:
        note(f"{row.name} in {row.queue.place.region}: {row.problem}")
    clean = not (inventory.problems or unread)
    if forget is None:
        options.show(_report(inventory.instance.alias, rows, only_dead=dead))
        return 0 if clean else CANNOT_TELL
    chosen = _chosen(rows, forget)
    options.show(_preview(inventory.instance.alias, rows, chosen, numbers, keep=keep))
    if not chosen:
        return 0 if clean else CANNOT_TELL
    if not options.confirm(f"Forget {counted(len(chosen), 'owner')}?"):
        return CANNOT_TELL
    return 0 if _forget(options, chosen, keep=keep) and clean else CANNOT_TELL


def _chosen(rows: tuple[Row, ...], forget: str) -> list[tuple[Row, Owner]]:
    """Returns the owners to forget; only dead ones can be.

    Raises:
        CannotTell: The owner that was named is not there, or is alive.
    """
    every = [(row, layer) for row in rows for layer in row.layers]
    dead = [(row, layer.owner) for row, layer in every if layer in row.dead]
    if forget == ALL_DEAD:
        return dead
    names = {layer.owner.short for _, layer in every}
    found = [(row, owner) for row, owner in dead if forget in _names(owner)]
    if found:
        return found
    if any(forget in _names(layer.owner) for _, layer in every):
        raise CannotTell(f"{forget} still exists in its stack. Remove the resource there: its Delete does the same")
    alike = difflib.get_close_matches(forget, names, n=1)
    fix = f"Did you mean {alike[0]}?" if alike else "`owners` shows every one"
    raise CannotTell(f"There is no owner {forget}. {fix}")


def _names(owner: Owner) -> tuple[str, ...]:
    """Returns how an owner may be named: by its stack's name or id, and its logical id."""
    return owner.short, f"{owner.stack_id}/{owner.logical_id}"


def _forget(options: Options, chosen: list[tuple[Row, Owner]], *, keep: bool) -> bool:
    """Forgets owners, and returns whether all are forgotten."""
    with reading(options) as (aws, _):
        repairs = Repairs(aws)
        return make_each(
            "forgotten",
            (
                (
                    f"{owner.short} on {row.name} in {row.queue.place.region}",
                    partial(repairs.forget, row.queue, owner, keep=keep),
                )
                for row, owner in chosen
            ),
        )


def _preview(
    alias: str, rows: tuple[Row, ...], chosen: list[tuple[Row, Owner]], numbers: NumberBook, *, keep: bool
) -> Report:
    """Returns what each queue has once all that are chosen are forgotten."""
    ledgers = PlannedLedgers({row.queue: row for row in rows})
    for row, owner in chosen:
        ledgers.remove(row, owner, keep=keep)
    cells, objects = [], []
    for row, owner in chosen:
        after = ledgers.after(row) if row.live else None
        now, then = config_text(row.config, numbers), "not there: only its ledger changes"
        if after is not None:
            then = "stays as it is" if after.same_as(row.config) else f"→ {config_text(after, numbers)}"
        cells.append((row.name, row.queue.place.region, owner.short, now, then))
        objects.append(
            {**row.to_json(), "forgets": owner.short, "after": after.to_api() if after is not None else None}
        )
    return Report(
        title=f"{alias}: {counted(len(chosen), 'dead owner')} to forget",
        columns=("Queue", "Region", "Owner", "Now", "After"),
        rows=cells,
        objects=objects,
        summary=("--keep leaves a queue as it is when its final owner is forgotten.",) if chosen and not keep else (),
    )


def _report(alias: str, rows: tuple[Row, ...], *, only_dead: bool) -> Report:
    rows = tuple(row for row in rows if row.dead or not only_dead)
    cells = [
        (row.name, row.queue.place.region, layer.owner.short, _state(row, index))
        for row in rows
        for index, layer in enumerate(row.layers)
        if layer in row.dead or not only_dead
    ]
    dead = sum(len(row.dead) for row in rows)
    return Report(
        title=f"{alias}: {counted(len(cells), 'owner')}, {dead} dead",
        columns=("Queue", "Region", "Owner (stack/logical id)", "State"),
        rows=cells,
        objects=[row.to_json() for row in rows],
        summary=("A dead owner's resource no longer exists in its stack: --forget removes it.",) if dead else (),
    )


def _state(row: Row, index: int) -> str:
    active = "active" if index == len(row.layers) - 1 else "under a newer one"
    return f"dead, {active}" if row.layers[index] in row.dead else active
