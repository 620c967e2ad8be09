"""What was seen, as a file without any id of an account, and as tables.

The file says of each point what is documented, what the stand-ins do, and what AWS was seen to do. The emulator takes its
settings' defaults from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import botocore

from .points import POINTS, Point
from .run import Result

FILE = Path(__file__).with_name("seen.json")
PAGE = Path(__file__).parents[1] / "docs" / "emulator.md"
BEGIN, END = "<!-- points:", "<!-- end of points -->"
FORMAT = 1
NOT_YET = "not yet seen"
Document = dict[str, Any]


class BadFile(ValueError):
    """A file of what was seen cannot be used; the message says why."""


def read(path: Path = FILE) -> Document:
    """Returns what a file says.

    Raises:
        BadFile: it is not such a file.
    """
    try:
        document = json.loads(path.read_text())
    except ValueError as problem:
        raise BadFile(f"{path}: {problem}") from problem
    if (
        not isinstance(document, dict)
        or document.get("format") != FORMAT
        or not isinstance(document.get("points"), dict)
    ):
        raise BadFile(f"{path}: a file of what was seen has format {FORMAT} and points")
    return document


def write(document: Mapping[str, Any], path: Path = FILE) -> None:
    """Writes the file."""
    path.write_text(json.dumps(document, indent=2) + "\n")


def updated(before: Mapping[str, Any], results: Iterable[Result], site: str, today: date | None = None) -> Document:
    """Returns the file's content after some results; a reading that was seen before keeps its date."""
    points: dict[str, Any] = {}
    new = {result.point.id: result.reading for result in results if result.reading is not None}
    for each in POINTS.values():
        known = dict(before.get("points", {}).get(each.id, {}))
        entry: dict[str, Any] = {"says": each.says, "documented": each.documented}
        if each.setting:
            entry["setting"] = each.setting
        for name in ("stand-in", "aws"):
            if name in known:
                entry[name] = known[name]
        if each.id in new and entry.get(site, {}).get("reading") != new[each.id]:
            day = today or datetime.now(UTC).date()
            entry[site] = {"reading": new[each.id], "on": day.isoformat(), "botocore": botocore.__version__}
        points[each.id] = entry
    return {"format": FORMAT, "points": points}


def merged(before: Mapping[str, Any], other: Mapping[str, Any]) -> Document:
    """Returns the file's content with what another file has seen on AWS.

    Raises:
        BadFile: the other file has a point that is not known, or a reading that is not a string.
    """
    points = {name: dict(entry) for name, entry in before["points"].items()}
    for name, entry in other["points"].items():
        seen = entry.get("aws")
        if seen is None:
            continue
        if name not in points or not isinstance(seen.get("reading"), str):
            raise BadFile(f"'{name}' is not a point, or has no reading")
        points[name]["aws"] = {key: str(seen.get(key, "")) for key in ("reading", "on", "botocore")}
    return {**before, "points": points}


def meaning(each: Point, reading: str | None) -> str:
    """Returns a reading in words."""
    return NOT_YET if reading is None else each.readings.get(reading, reading)


def text_table(results: Iterable[Result]) -> str:
    """Returns results as a table for a person in a terminal."""
    rows = [(result.point.id, result.reading or "-", _remark(result)) for result in results]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in rows)


def _remark(result: Result) -> str:
    if result.reading is None:
        return result.why
    says = f"{result.point.says}: {meaning(result.point, result.reading)}"
    documented = result.point.documented
    return says if documented in {None, result.reading} else f"{says} (documented: {meaning(result.point, documented)})"


def markdown_tables(document: Mapping[str, Any]) -> str:
    """Returns the tables of docs/emulator.md: what is documented, and what is left open."""
    entries = document["points"]
    lines = ["### Documented", "", "| point | what | documented, and so here | AWS |", "| --- | --- | --- | --- |"]
    for each in POINTS.values():
        if not each.open:
            lines.append(
                f"| `{each.id}` | {each.says} ({each.source}) | {meaning(each, each.documented)} | {_on_aws(each, entries)} |"
            )
    lines += [
        "",
        "### Left open",
        "",
        "| point | what | here | other readings | AWS |",
        "| --- | --- | --- | --- | --- |",
    ]
    for each in POINTS.values():
        if each.open:
            here = entries.get(each.id, {}).get("stand-in", {}).get("reading")
            lines.append(
                f"| `{each.id}` | {each.says} ({each.source}) | {meaning(each, here)} | {_others(each, here)} "
                f"| {_on_aws(each, entries)} |"
            )
    return "\n".join(lines)


def page_with_tables(page: str, document: Mapping[str, Any]) -> str:
    """Returns docs/emulator.md with the tables of what was seen between its two marks."""
    begin = page.index("\n", page.index(BEGIN)) + 1
    return f"{page[:begin]}\n{markdown_tables(document)}\n\n{page[page.index(END) :]}"


def _on_aws(each: Point, entries: Mapping[str, Any]) -> str:
    seen = entries.get(each.id, {}).get("aws")
    return f"{meaning(each, seen['reading'])} ({seen['on']}, botocore {seen['botocore']})" if seen else NOT_YET


def _others(each: Point, here: str | None) -> str:
    if each.setting is None:
        return ""
    return ", ".join(
        f"`{each.setting}={reading}`: {text}" for reading, text in each.readings.items() if reading != here
    )
