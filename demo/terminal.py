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
_DIFF_COLOURS = {"+": GREEN, "-": RED, "@": CYAN}


class Terminal:
    """Writes to standard output; in colour when that is a terminal and NO_COLOR is not set."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._started = time.monotonic()

    def heading(self, text: str) -> None:
        """Begins a step."""
        self._write(f"\n{self._in(BOLD, f'━━ {text} ')}{self._in(DIM, f'[{self._elapsed()}]')}")

    def say(self, text: str) -> None:
        """A paragraph."""
        self._write("\n" + "\n".join(self._wrapped(text, "  ")))

    def progress(self, line: str) -> None:
        """A line of what is going on."""
        for part in self._wrapped(line, "  │ "):
            self._write(self._in(DIM, part))

    def show(self, text: str) -> None:
        """Text that is laid out already."""
        self._write("\n" + text + "\n")

    def diff(self, lines: Sequence[str]) -> None:
        """A unified diff."""
        coloured = [self._in(_DIFF_COLOURS.get(line[:1], ""), f"  {line}".rstrip()) for line in lines]
        self._write("\n" + "\n".join(coloured) + "\n")

    def table(self, title: str, lines: Sequence[Line]) -> None:
        """A table; what is new in it stands out."""
        shown = [self._in(BOLD if line.changed else "", f"  {line.text}") for line in lines]
        self._write("\n" + "\n".join([*self._wrapped(title, "  "), "", *shown]) + "\n")

    def right(self, text: str) -> None:
        """Something is as it should be."""
        self._check(self._in(GREEN, "✔"), text)

    def wrong(self, text: str) -> None:
        """Something is not as it should be."""
        self._check(self._in(RED, "✘"), text)

    def verdict(self, *, good: bool, text: str) -> None:
        """The final line."""
        self._write(f"\n{self._in(BOLD + (GREEN if good else RED), text)} {self._in(DIM, f'[{self._elapsed()}]')}")

    def _check(self, mark: str, text: str) -> None:
        first, *rest = self._wrapped(text, "    ")
        self._write("\n".join([f"  {mark} {first[4:]}", *rest]))

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
    def _write(text: str) -> None:
        # Through a pipe too, a reader is to see each line as it comes.
        print(text, flush=True)
