"""Tables for a terminal, which show what a row was before it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Row = Sequence[str]


@dataclass(frozen=True)
class Line:
    """A line of a table; `changed` if it has what is new."""

    text: str
    changed: bool = False


def table(header: Row, rows: Sequence[tuple[Row, Row]]) -> list[Line]:
    """Lays out rows in columns as wide as their widest cell.

    Args:
        header: The columns' names.
        rows: The cells of each row before, and now. A cell that changed gets a second line below, with an arrow.

    Returns:
        The lines, with a rule below the header.
    """
    cells = [line for before, now in rows for line in _lines(before, now)]
    widths = [max(len(row[column]) for row, _ in ((header, False), *cells)) for column in range(len(header))]
    return [
        Line(_laid_out(header, widths)),
        Line("  ".join("─" * width for width in widths)),
        *(Line(_laid_out(row, widths), changed) for row, changed in cells),
    ]


def _lines(before: Row, now: Row) -> Iterator[tuple[Row, bool]]:
    """Yields the cells of a row's one or two lines, and whether they are what is new."""
    yield before, False
    if before != now:
        yield [f"→ {new}" if new != old else "" for old, new in zip(before, now, strict=True)], True


def _laid_out(cells: Row, widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
