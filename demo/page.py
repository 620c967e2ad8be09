"""The page of the fleet: where the output of each command has its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = _DOCS / "how-to" / "fleet.md"
RECORDING = _DOCS / "recordings" / "fleet.svg"


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

    @property
    def text(self) -> str:
        """Both, as a terminal shows them."""
        return f"$ {self.command}\n{self.output}"


def with_outputs(page: str, shown: Sequence[Shown]) -> str:
    """Returns a page with each block that follows `<!-- run: NAME -->` replaced by what was run."""
    for one in shown:
        block = f"<!-- run: {one.name} -->\n```console\n{one.text}\n```"
        pattern = rf"<!-- run: {re.escape(one.name)} -->\n```console\n.*?\n```"
        before, _, after = (
            page.partition(found[0]) if (found := re.search(pattern, page, re.DOTALL)) else (page, "", "")
        )
        page = before + block + after if found else page
    return page
