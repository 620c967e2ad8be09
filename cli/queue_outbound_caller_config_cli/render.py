"""Results as a table for a person, as JSON for machines, as Markdown for pull requests."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

NARROW = 80
"""In a terminal with fewer columns, each row of a table that does not fit is a block of lines: its words would be broken."""
_PADDING = (0, 2, 0, 0)


@dataclass(frozen=True)
class Report:
    """What a command found.

    Attributes:
        title: What it is, in a line.
        columns: The table's columns.
        rows: The table's cells.
        objects: The same for machines.
        summary: What a person should know beside the table, each in a sentence.
        unbroken: Columns whose cells a person copies, so that no line break is put into them.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    objects: Any
    summary: tuple[str, ...] = ()
    unbroken: tuple[str, ...] = ("Region", "Number")


def show(report: Report, form: str) -> None:
    """Writes a report to standard output.

    Args:
        report: What to write.
        form: `table`, `json` or `markdown`.
    """
    if form == "json":
        _write(json.dumps(report.objects, indent=2, ensure_ascii=False))
    elif form == "markdown":
        _write(_markdown(report))
    else:
        _table(report)


def note(text: str) -> None:
    """Writes a line to standard error, so that it is in no result."""
    Console(stderr=True, highlight=False).print(Text(text), soft_wrap=True)


def _table(report: Report) -> None:
    console = Console(highlight=False)
    console.print(Text(report.title, style="bold"))
    if report.rows:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=_PADDING)
        filled = [index for index, _ in enumerate(report.columns) if any(row[index] for row in report.rows)]
        for index in filled:
            column = report.columns[index]
            table.add_column(column, overflow="fold", no_wrap=column in report.unbroken)
        for row in report.rows:
            table.add_row(*(Text(row[index], style=_style(row[index])) for index in filled))
        fitting = Measurement.get(console, console.options.update_width(1000), table).maximum
        if console.width < min(NARROW, fitting):
            for row in report.rows:
                console.print(_block(report.columns, row), "")
        else:
            console.print(table)
    for line in report.summary:
        console.print(Text(line))


def _block(columns: Sequence[str], row: Sequence[str]) -> Table:
    """Returns a row with each cell on a line of its own, after the name of its column."""
    block = Table(box=None, show_header=False, pad_edge=False, padding=_PADDING)
    block.add_column(style="bold", no_wrap=True)
    block.add_column(overflow="fold")
    for column, cell in zip(columns, row, strict=True):
        if cell:
            block.add_row(column, Text(cell, style=_style(cell)))
    return block


def _style(cell: str) -> str:
    if cell.startswith(("drift", "dead", "remove", "not ", "cannot")):
        return "red"
    return "yellow" if "→" in cell or cell.startswith(("change", "take over", "create")) else ""


def _markdown(report: Report) -> str:
    lines = [f"**{report.title}**", ""]
    if report.rows:
        lines += [_line(report.columns), _line(["---"] * len(report.columns))]
        lines += [_line([_cell(cell) for cell in row]) for row in report.rows]
        lines.append("")
    lines += [f"{line}  " for line in report.summary]
    return "\n".join(lines).rstrip()


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Returns a cell that Markdown shows as it is: nothing in it can end the cell or start markup."""
    for special in "\\`*_|<>[]":
        text = text.replace(special, f"\\{special}")
    return text.replace("\n", "<br>")


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
