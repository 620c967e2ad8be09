"""The README and the pages of the site, as the tests read them: code blocks, tables, links and headings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testing.local_aws import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
README = PROJECT_ROOT / "README.md"
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block of code and where it stands."""

    page: Path
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT_ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Returns the README, the changelog and every page of the site."""
    return [README, PROJECT_ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def blocks(*languages: str) -> list[Block]:
    """Returns the code blocks of the given languages, or all of them."""
    return [block for page in pages() for block in _blocks(page) if not languages or block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page, line, match["language"], textwrap.dedent(match["code"]))


def prose(page: Path) -> str:
    """Returns a page without its code blocks."""
    return _FENCE.sub("", page.read_text())


def section(page: Path, name: str) -> str:
    """Returns what stands between the marks `[start:name]` and `[end:name]` of a page."""
    _, _, rest = page.read_text().partition(f"[start:{name}] -->")
    text, end, _ = rest.partition(f"<!-- --8<-- [end:{name}]")
    if not end:
        raise LookupError(f"{page} has no section {name}")
    return text


def rows(text: str) -> list[list[str]]:
    """Returns the rows of a table, without its head, cell by cell."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[2:]]


def code_spans(text: str) -> list[str]:
    """Returns what stands between single backticks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
