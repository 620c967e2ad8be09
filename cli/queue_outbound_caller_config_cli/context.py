"""What every command is given: the instance, the caller's AWS, how to show results and how long waits show."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
import click
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from .aws import Aws
from .errors import CannotTell, explained
from .instances import ConnectInstance, find_instance
from .inventory import Inventory, Row, read_inventory
from .render import Report, note, show

_F = TypeVar("_F", bound=Callable[..., Any])
DIFFERENCES = 2
"""The exit code of `plan`, `drift` and `check` if something differs."""
CANNOT_TELL = 1


@dataclass(frozen=True)
class Options:
    """The options that every command has.

    Attributes:
        instance: Id, ARN or alias, as it was given.
        regions: The Regions that were given.
        form: `table`, `json` or `markdown`.
        yes: Whether to go on without asking.
    """

    instance: str | None
    regions: tuple[str, ...]
    form: str
    yes: bool

    def aws(self, on_wait: Callable[[float], object] = lambda _: None) -> Aws:
        """Returns the caller's AWS.

        Raises:
            CannotTell: The caller's configuration cannot be used.
        """
        try:
            return Aws(boto3.session.Session(), on_wait)
        except BotoCoreError as problem:
            raise explained(problem, "AWS configuration", "") from None

    def find(self, aws: Aws) -> ConnectInstance:
        """Returns the instance that was named.

        Raises:
            CannotTell: None was named, or it is not there.
        """
        if not self.instance:
            raise CannotTell("No instance is named. Give --instance with its id, ARN or alias")
        return find_instance(aws, self.instance, self.regions)

    def show(self, report: Report) -> None:
        """Writes a report in the form that was asked for."""
        show(report, self.form)

    def confirm(self, question: str) -> bool:
        """Asks before something is written, unless `--yes` was given. Without a terminal to ask on, the answer is no."""
        if self.yes:
            return True
        if not sys.stdin.isatty():
            note("Nothing was changed: there is no terminal to ask on. Give --yes")
            return False
        return click.confirm(question, default=False, err=True)


def common_options(function: _F) -> _F:
    """Gives a command the common options, as its first argument `options`."""

    def wrapped(
        instance: str | None, region: tuple[str, ...], json: bool, markdown: bool, yes: bool, **others: Any
    ) -> Any:
        if json and markdown:
            raise click.UsageError("--json and --markdown exclude each other. Give one of them")
        form = "json" if json else "markdown" if markdown else "table"
        return function(Options(instance, region, form, yes), **others)

    wrapped.__name__, wrapped.__doc__ = function.__name__, function.__doc__
    wrapped.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined] # where click keeps options
    for option in reversed(
        (
            click.option(
                "--instance",
                envvar="CONNECT_INSTANCE",
                metavar="ID|ARN|ALIAS",
                help="The instance. plan and check: only its resources.",
            ),
            click.option(
                "--region",
                multiple=True,
                metavar="REGION",
                help="A Region to look at; may be repeated. Default: the credentials', and the replica's.",
            ),
            click.option("--json", is_flag=True, help="The result as JSON."),
            click.option("--markdown", is_flag=True, help="The result as Markdown."),
            click.option("--yes", is_flag=True, help="Do not ask before something is written."),
        )
    ):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value] # click calls it with the options


@contextmanager
def reading(options: Options) -> Iterator[tuple[Aws, Callable[[int, int], object]]]:
    """Gives a command its AWS, and a progress bar on standard error that appears once a quota has to be waited for."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    task = bar.add_task("Waiting for the quota of Amazon Connect", total=None)

    def on_wait(_: float) -> None:
        bar.start()

    def progress(read: int, of: int) -> None:
        bar.update(task, completed=read, total=of)

    try:
        yield options.aws(on_wait), progress
    finally:
        bar.stop()


def read(options: Options, aws: Aws, progress: Callable[[int, int], object]) -> Inventory:
    """Returns the inventory of the instance that was named; Regions that cannot be read are told on standard error."""
    inventory = read_inventory(aws, options.find(aws), progress)
    for problem in inventory.problems:
        note(problem)
    return inventory


def rows_of(inventory: Inventory, queues: tuple[str, ...]) -> list[Row]:
    """Returns the rows of the queues that were named by name or id; with none named, every row.

    Raises:
        CannotTell: There is no queue of that name or id.
    """
    names = {name: row for row in inventory.rows for name in (row.name.lower(), row.queue.id)}
    for queue in queues:
        if queue.lower() not in names:
            alike = difflib.get_close_matches(queue.lower(), names, n=1)
            fix = f"Did you mean {names[alike[0]].name}?" if alike else "`status` shows every queue"
            raise CannotTell(f"--queue {queue} is not a queue of {inventory.instance.alias}. {fix}")
    wanted = {queue.lower() for queue in queues}
    return [row for row in inventory.rows if not wanted or wanted & {row.name.lower(), row.queue.id}]
