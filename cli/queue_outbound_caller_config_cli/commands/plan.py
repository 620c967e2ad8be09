"""`plan`: what deploying a template or a cloud assembly does to each queue."""

from __future__ import annotations

from pathlib import Path

import click
from queue_outbound_caller_config_provider.config import FIELDS, PROPERTY_OF, CallerConfig

from queue_outbound_caller_config_cli.cells import WORD_OF, counted, field_text
from queue_outbound_caller_config_cli.context import CANNOT_TELL, DIFFERENCES, Options, common_options, reading
from queue_outbound_caller_config_cli.phone_numbers import NumberBook
from queue_outbound_caller_config_cli.planned_world import parameters_of, read_planned_stacks, read_world
from queue_outbound_caller_config_cli.planning import Action, Step, World, plan_stacks
from queue_outbound_caller_config_cli.render import Report, note

_FIELD_OF = {PROPERTY_OF[field]: field for field in FIELDS}
_LIKELY = (
    "Nobody knows yet whether the two Regions mirror a caller config: what is likely mirrored may stay as it is now."
)
_AT_DEPLOYMENT = "known at deployment"


@click.command(short_help="What a deployment does to each queue.")
@click.argument("path", type=click.Path(path_type=Path), default="cdk.out")
@click.option(
    "--stack", metavar="NAME", help="The stack that a template's file is deployed as. Default: the file's name."
)
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the template.")
@click.option("--exit-code/--no-exit-code", default=True, show_default=True, help="End with 2 if something differs.")
@common_options
def plan(options: Options, path: Path, stack: str | None, parameters: tuple[str, ...], exit_code: bool) -> int:
    """Show what deploying PATH (cdk.out, or a template) does to each queue: now, and after."""
    with reading(options) as (aws, progress):
        stacks, left_out = read_planned_stacks(options, aws, path, stack, parameters_of(parameters))
        world, problems = read_world(aws, stacks, progress, to_plan=True)
    problems += left_out
    for problem in problems:
        note(problem)
    steps = plan_stacks(stacks, world)
    options.show(_report(path, steps, world))
    if problems or any(step.row and step.row.problem for step in steps):
        return CANNOT_TELL
    return DIFFERENCES if exit_code and any(step.differs for step in steps) else 0


def _report(path: Path, steps: list[Step], world: World) -> Report:
    cells: list[tuple[str, ...]] = []
    for step in steps:
        if step.differs:
            cells += _cells(step, world)
    own = [step for step in steps if not step.is_of_twin]
    changed = [step for step in own if step.changed]
    quiet = [step for step in own if not step.differs]
    new = sum(step.action is Action.CREATE for step in quiet)
    unchanged = f"No queue is changed by {counted(len(quiet), 'resource')}{f', {new} of them new' if new else ''}."
    return Report(
        title=f"{path.name}: {len(changed)} of {counted(len(own), 'resource')} would change a queue",
        columns=("Queue", "Region", "Action", "Field", "Now", "After"),
        rows=cells,
        objects=[_object(step) for step in steps],
        summary=(
            *([unchanged] if quiet else []),
            *([_LIKELY] if any(step.action is Action.LIKELY_MIRRORED for step in steps) else []),
        ),
    )


def _cells(step: Step, world: World) -> list[tuple[str, ...]]:
    """Returns a line for each field that changes, and one for each note."""
    name = step.row.name if step.row else step.logical_id
    head = (name, step.region, step.action.value)
    book = world.books.get(step.row.queue.instance_id) if step.row else None
    lines: list[tuple[str, ...]] = [
        (*head, WORD_OF[member], *_now_and_after(step, member, book or NumberBook(())))
        for member in (*step.changed, *step.unknown)
    ]
    lines = lines or [(*head, "", "", "")]
    return lines + [("", "", "", "note", "", text) for text in step.notes]


def _now_and_after(step: Step, member: str, book: NumberBook) -> tuple[str, str]:
    field = _FIELD_OF[member]
    now = field_text(step.row.config if step.row else CallerConfig(), field, book) or "nothing"
    after = field_text(step.after or CallerConfig(), field, book) or "nothing"
    return now, _AT_DEPLOYMENT if member in step.unknown else f"→ {after}"


def _object(step: Step) -> dict[str, object]:
    return {
        "stack": step.stack,
        "logicalId": step.logical_id,
        "region": step.region,
        "queueId": step.row.queue.id if step.row else None,
        "queueName": step.row.name if step.row else None,
        "action": step.action.value,
        "now": step.row.config.to_api() if step.row else None,
        "after": step.after.to_api() if step.after is not None else None,
        "changed": list(step.changed),
        "unknown": list(step.unknown),
        "notes": list(step.notes),
    }
