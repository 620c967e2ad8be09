"""What the demo writes: headings, progress as it comes, tables, and a verdict."""

from __future__ import annotations

import os
import sys
import time

BOLD, DIM, RED, GREEN, PLAIN = "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m"


class Terminal:
    """Writes to standard output; in colour when that is a terminal and NO_COLOR is not set."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._started = time.monotonic()

    def heading(self, text: str) -> None:
        """Begin a step."""
        self._write(f"\n{self._in(BOLD, f'━━ {text} ')}{self._in(DIM, f'[{self._elapsed()}]')}")

    def progress(self, line: str) -> None:
        """One line of what is going on."""
        self._write(self._in(DIM, f"   │ {line}"))

    def show(self, text: str) -> None:
        """A table or a paragraph."""
        self._write("\n" + text + "\n")

    def right(self, text: str) -> None:
        """Something is as it should be."""
        self._write(f"   {self._in(GREEN, '✔')} {text}")

    def wrong(self, text: str) -> None:
        """Something is not as it should be."""
        self._write(f"   {self._in(RED, '✘')} {text}")

    def verdict(self, *, good: bool, text: str) -> None:
        """The last line."""
        self._write(f"\n{self._in(BOLD + (GREEN if good else RED), text)} {self._in(DIM, f'[{self._elapsed()}]')}")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:.0f} s"

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._colours else text

    @staticmethod
    def _write(text: str) -> None:
        # Through a pipe too, a reader is to see each line as it comes.
        print(text, flush=True)
