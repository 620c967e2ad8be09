"""Tables for a terminal, in plain text."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def table(header: Row, rows: Sequence[Row], *, marked: Sequence[bool] = ()) -> str:
    """Lay rows out in columns as wide as their widest cell.

    Args:
        header: The columns' names.
        rows: The cells, one for each column.
        marked: Which rows get a mark before them, to lead the eye; none when empty.

    Returns:
        The lines, with a rule under the header.
    """
    marks = ["▸ " if mark else "  " for mark in (*marked, *[False] * (len(rows) - len(marked)))]
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [
        "  " + _line(header, widths),
        "  " + "  ".join("─" * width for width in widths),
        *(mark + _line(row, widths) for mark, row in zip(marks, rows, strict=True)),
    ]
    return "\n".join(lines)


def _line(cells: Row, widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
