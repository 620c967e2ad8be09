"""The stacks that a person wants to deploy, with the queues and numbers that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from queue_outbound_caller_config_provider.arns import Queue
from queue_outbound_caller_config_provider.twin import twin_region

from .aws import Aws
from .context import Options
from .declarations import PlannedStack, read_planned
from .errors import CannotTell, NotThere
from .instances import find_instance
from .inventory import Row, read_inventory, with_dead
from .live_stacks import LiveStacks
from .phone_numbers import NumberBook, number_book
from .planning import World
from .render import note
from .templates import TYPE, read_stacks, unread_nested


def read_planned_stacks(
    options: Options, aws: Aws, path: Path, name: str | None, parameters: Mapping[str, str]
) -> tuple[list[PlannedStack], tuple[str, ...]]:
    """Returns the stacks of a cloud assembly or a template that declare, or have, resources of this project.

    Beside them it returns what is left out, each with what to do.

    Raises:
        CannotTell: There are none, or they cannot be read.
    """
    stacks = LiveStacks(aws)
    default = options.regions[0] if options.regions else aws.default_region
    read = read_stacks(path, name)
    for given in parameters:
        if not any(given in (stack.template.get("Parameters") or {}) for stack in read):
            raise CannotTell(f"--parameter {given} is not a parameter of {path}. Check its name")
    found = [planned for stack in read for planned in read_planned(stack, stacks, default, parameters)]
    wanted = [stack for stack in found if not options.regions or stack.region in options.regions]
    if options.instance:
        id = options.find(aws).id
        wanted = [stack.of_instance(id) for stack in wanted]
    ours = [stack for stack in wanted if stack.declarations or stack.deployed]
    nested = tuple(
        f"{one} is the template of a nested stack, and nothing in the assembly says of which: it is left out here. Run "
        "`cdk synth` with asset metadata (its default), or give the template by itself, with --stack NAME"
        for one in unread_nested(path, read)
    )
    if nested and not ours:
        raise CannotTell(" ".join(nested))
    if not ours:
        where = f" of instance {options.instance}" if options.instance else ""
        where += f" in {', '.join(options.regions)}" if options.regions else ""
        raise CannotTell(f"{path} has no {TYPE}{where}. Give the template that declares one")
    return ours, nested


def read_world(
    aws: Aws, stacks: Sequence[PlannedStack], progress: Callable[[int, int], object], *, to_plan: bool = False
) -> tuple[World, tuple[str, ...]]:
    """Returns the queues and numbers of every instance that the stacks name, and what could not be read.

    Args:
        aws: The caller's AWS.
        stacks: The stacks.
        progress: Told how many queues were read.
        to_plan: Whether more is read: the queues of the Region that mirrors a named one, and which of the owners are dead.

    Raises:
        CannotTell: An instance cannot be read.
    """
    rows: dict[Queue, Row] = {}
    books: dict[str, NumberBook] = {}
    problems: list[str] = []
    regions: dict[str, set[str]] = {}
    for queue in {queue for stack in stacks for queue in stack.queues}:
        regions.setdefault(queue.instance_id, set()).add(queue.place.region)
    for id, named in regions.items():
        place = next(queue.place for stack in stacks for queue in stack.queues if queue.instance_id == id)
        try:
            instance = find_instance(aws, place.arn(f"instance/{id}"), ())
        except NotThere as problem:  # its queues are told not to be there
            problems.append(str(problem))
            continue
        twins = {twin_region(region) for region in named} if to_plan else set()
        wanted = named | (twins & set(instance.regions))
        concerned = replace(instance, places=tuple(instance.place(region) for region in sorted(filter(None, wanted))))
        inventory = read_inventory(aws, concerned, progress)
        book = number_book(aws, instance)  # of every Region, so that a number of another one is told as such
        rows |= {row.queue: row for row in inventory.rows}
        books[id] = book
        problems += [*inventory.problems, *book.problems]
    if to_plan:
        queues = {queue.id for stack in stacks for queue in stack.queues}
        rows |= {
            row.queue: row for row in with_dead(aws, (row for row in rows.values() if row.queue.id in queues), note)
        }
    return World(rows, books), tuple(problems)


def parameters_of(given: Iterable[str]) -> dict[str, str]:
    """Returns parameters written as NAME=VALUE.

    Raises:
        CannotTell: One is written otherwise.
    """
    pairs = [one.partition("=") for one in given]
    for name, equals, _ in pairs:
        if not equals:
            raise CannotTell(f"--parameter {name} has no value. Write --parameter {name}=VALUE")
    return {name: value for name, _, value in pairs}
