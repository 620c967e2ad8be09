"""The page of the fleet: where the output of each command has its place."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = _DOCS / "how-to" / "fleet.md"
RECORDING = _DOCS / "recordings" / "fleet.svg"
NARROW_RECORDING = _DOCS / "recordings" / "fleet-narrow.svg"
"""The same for a phone."""


@dataclass(frozen=True)
class Shown:
    """A command and what it wrote.

    Attributes:
        name: What the page calls it.
        command: The command as a person types it.
        output: What it wrote, shortened.
    """

    name: str
    command: str
    output: str

    def text(self, columns: int) -> str:
        """Returns both, as a terminal shows them to a person who breaks a command that is too long for a line."""
        typed = f"$ {self.command}"
        if len(typed) > columns:
            indented = textwrap.wrap(typed, columns - 2, subsequent_indent="    ", break_on_hyphens=False)
            typed = " \\\n".join(indented)
        return f"{typed}\n{self.output}"


def with_outputs(page: str, shown: Sequence[Shown], columns: int) -> str:
    """Returns a page with each block that follows `<!-- run: NAME -->` replaced by what was run."""
    for one in shown:
        block = f"<!-- run: {one.name} -->\n```console\n{one.text(columns)}\n```"
        pattern = rf"<!-- run: {re.escape(one.name)} -->\n```console\n.*?\n```"
        before, _, after = (
            page.partition(found[0]) if (found := re.search(pattern, page, re.DOTALL)) else (page, "", "")
        )
        page = before + block + after if found else page
    return page
