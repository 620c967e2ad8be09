"""Results as a table for a person, as JSON for machines, as Markdown for pull requests."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP = 2
"""Spaces between two columns."""
_PADDING = (0, _GAP, 0, 0)
_LONG_WORD = 36
"""A longer word may be broken: an id, which a person copies, is not."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
NARROW = 80
"""In a terminal with fewer columns, each row of a table that does not fit is a block of lines: its words would be broken."""


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
        dispensable: Columns that are left out of a table that is too wide for the terminal, the first one first.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    objects: Any
    summary: tuple[str, ...] = ()
    unbroken: tuple[str, ...] = ("Region", "Number")
    dispensable: tuple[str, ...] = ()


def show(report: Report, form: str) -> None:
    """Writes a report to standard output.

    Args:
        report: What to write.
        form: `table`, `json` or `markdown`.
    """
    if form == "json":
        _write(as_json(report.objects))
    elif form == "markdown":
        _write(_markdown(report) + "\n")
    else:
        _table(report)


def as_json(objects: Any) -> str:
    """Returns objects as the text of a JSON document."""
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def note(text: str) -> None:
    """Writes a line to standard error, so that it is in no result."""
    Console(stderr=True, highlight=False).print(_text(text), soft_wrap=True)


def _plain(text: str) -> str:
    """Returns a text without what would steer a terminal: whoever may name a queue may put that into its name."""
    return _CONTROL.sub(" ", text)


def _text(text: str, style: str = "") -> Text:
    return Text(_plain(text), style=style)


def _table(report: Report) -> None:
    console = Console(highlight=False)
    console.print(_text(report.title, "bold"))
    left_out: list[str] = []
    if report.rows:
        columns = [
            _Column.of(name, [row[index] for row in report.rows], is_unbroken=name in report.unbroken)
            for index, name in enumerate(report.columns)
            if any(row[index] for row in report.rows)
        ]
        if console.width < min(NARROW, _total(column.most for column in columns)):
            for row in report.rows:
                console.print(_block(report.columns, row), "")
        else:
            left_out = _print_table(console, report, columns)
    for line in report.summary:
        console.print(_text(line))
    if left_out:
        fix = "Set COLUMNS, or use --json."
        console.print(Text(f"{console.width} columns are too few for: {', '.join(left_out)}. {fix}", style="dim"))


def _print_table(console: Console, report: Report, columns: list[_Column]) -> list[str]:
    """Writes a table, and returns the names of the columns that it has no room for."""
    left_out: list[str] = []
    for name in report.dispensable:
        if _total(column.least for column in columns) <= console.width:
            break
        left_out += [column.name for column in columns if column.name == name]
        columns = [column for column in columns if column.name != name]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=_PADDING)
    for column, width in zip(columns, _widths(columns, console.width), strict=True):
        table.add_column(column.name, overflow="fold", width=width)
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(_text(cell, _style(cell)) for cell in cells))
    console.print(table)
    return left_out


def _total(widths: Iterable[int]) -> int:
    """Returns the width of a table whose columns have these widths."""
    return sum(width + _GAP for width in widths) - _GAP


@dataclass(frozen=True)
class _Column:
    """A column of a table.

    Attributes:
        name: Its head.
        cells: Its cells.
        most: Its width if no cell is broken.
        least: Its width if no word is broken.
    """

    name: str
    cells: Sequence[str]
    most: int
    least: int

    @classmethod
    def of(cls, name: str, cells: Sequence[str], *, is_unbroken: bool) -> _Column:
        """Returns a column."""
        lines = [line for cell in (name, *cells) for line in cell.splitlines()]
        most = max(map(cell_len, lines))
        longest = max(cell_len(word) for line in lines for word in line.split())
        return cls(name, cells, most, most if is_unbroken else min(longest, _LONG_WORD))


def _widths(columns: Sequence[_Column], room: int) -> list[int]:
    """Returns the widths with which columns fit: the widest becomes narrower first, and breaks words only if none else can."""
    widths = [column.most for column in columns]
    excess = _total(widths) - room
    for _ in range(max(excess, 0)):
        number = max(range(len(widths)), key=lambda one: (widths[one] > columns[one].least, widths[one]))
        widths[number] -= 1
    return widths


def _block(columns: Sequence[str], row: Sequence[str]) -> Table:
    """Returns a row with each cell on a line of its own, after the name of its column."""
    block = Table(box=None, show_header=False, pad_edge=False, padding=_PADDING)
    block.add_column(style="bold", no_wrap=True)
    block.add_column(overflow="fold")
    for column, cell in zip(columns, row, strict=True):
        if cell:
            block.add_row(column, _text(cell, _style(cell)))
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
    text = _plain(text)
    for special in "\\`*_|<>[]":
        text = text.replace(special, f"\\{special}")
    return text.replace("\n", "<br>")


def _write(text: str) -> None:
    sys.stdout.write(text)
