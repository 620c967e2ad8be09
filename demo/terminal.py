"""What the demo writes: headings, progress as it comes, diffs, tables, checks and a verdict."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Sequence

from .table import Line

BOLD, DIM, RED, GREEN, CYAN, PLAIN = "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[36m", "\033[0m"


class Terminal:
    """Writes to standard output; in colour when that is a terminal and NO_COLOR is not set."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._started = time.monotonic()
        self._list = ""

    def heading(self, text: str) -> None:
        """Begins a step."""
        self._block([f"{self._in(BOLD, f'━━ {text} ')}{self._in(DIM, f'[{self._elapsed()}]')}"])

    def say(self, text: str) -> None:
        """Writes a paragraph."""
        self._block(self._wrapped(text, "  "))

    def show(self, text: str) -> None:
        """Writes text that is laid out already."""
        self._block([text])

    def command(self, text: str) -> None:
        """Names the command that runs now."""
        self._block([f"  $ {text}"])
        self._list = "progress"

    def progress(self, line: str) -> None:
        """Writes a line of what is going on."""
        self._item("progress", [self._in(DIM, part) for part in self._wrapped(line, "  │ ")])

    def diff(self, lines: Sequence[str]) -> None:
        """Writes a unified diff."""
        self._block([self._in(_colour_of(line), f"  {line}".rstrip()) for line in lines])

    def table(self, title: str, lines: Sequence[Line]) -> None:
        """Writes a table; what is new in it stands out."""
        self._block(self._wrapped(title, "  "))
        self._block([self._in(BOLD if line.changed else "", f"  {line.text}") for line in lines])

    def right(self, text: str) -> None:
        """Says that something is as it should be."""
        self._check(self._in(GREEN, "✔"), text)

    def wrong(self, text: str) -> None:
        """Says that something is not as it should be."""
        self._check(self._in(RED, "✘"), text)

    def verdict(self, *, good: bool, text: str) -> None:
        """Writes the final line."""
        self._block([f"{self._in(BOLD + (GREEN if good else RED), text)} {self._in(DIM, f'[{self._elapsed()}]')}"])

    def _check(self, mark: str, text: str) -> None:
        first, *rest = self._wrapped(text, "    ")
        self._item("checks", [f"  {mark} {first[4:]}", *rest])

    def _block(self, lines: Sequence[str]) -> None:
        """Writes lines that stand apart from what is above them."""
        self._list = ""
        self._write(["", *lines])

    def _item(self, list: str, lines: Sequence[str]) -> None:
        """Writes an item of a list; the first one stands apart from what is above it."""
        self._write(lines if self._list == list else ["", *lines])
        self._list = list

    @staticmethod
    def _wrapped(text: str, indent: str) -> list[str]:
        """Returns a paragraph's lines, none wider than the terminal unless a word is."""
        width = shutil.get_terminal_size().columns
        return textwrap.wrap(
            text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:.0f} s"

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._colours and colour else text

    @staticmethod
    def _write(lines: Sequence[str]) -> None:
        # Through a pipe too, a reader is to see each line as it comes.
        print("\n".join(lines), flush=True)


def _colour_of(line: str) -> str:
    """Returns the colour of a line of a diff."""
    if line.startswith(("--- ", "+++ ")):
        return BOLD
    return {"+": GREEN, "-": RED, "@": CYAN}.get(line[:1], "")
