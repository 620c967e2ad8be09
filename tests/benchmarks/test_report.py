"""The pictures of the benchmarks show the figures of their page, and stay readable whatever the figures are."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import pictures
from benchmarks.deploys import Figures
from benchmarks.results import ColdStart, Results
from tests.docs.markdown import DOCS, rows
from tests.docs.pictures import Picture, pairs

SUCCEEDED = Picture(DOCS / "images" / "benchmark-succeeded.svg")
TIMES = Picture(DOCS / "images" / "benchmark-time.svg")
PEERS = ("AwsCustomResource", "crhelper, boto3 defaults", "crhelper, boto3 adaptive, 10 attempts")


def lines(picture: Picture) -> list[str]:
    """Returns a picture's rows: the texts of one height, from left to right."""
    found: dict[float, list[str]] = {}
    for text in sorted(picture.texts, key=lambda text: text.box.left):
        found.setdefault(text.box.bottom, []).append(text.words)
    return [" | ".join(words) for _, words in sorted(found.items())]


def table(head: str) -> list[list[str]]:
    """Returns the rows of the page's table that begins with these columns."""
    page = (DOCS / "benchmarks.md").read_text()
    return rows(page[page.index(head) :].partition("\n\n")[0])


def test_the_pictures_show_the_figures_of_the_page() -> None:
    ours = [row for row in table("| configs | operation |") if row[1] == "Create" and row[0] in ("50", "150", "450")]
    assert len(ours) == 3
    for configs, _, succeeded, seconds, *_ in ours:
        assert succeeded == f"{configs} of {configs}"
        assert f"this project | all {configs}" in lines(SUCCEEDED)
        assert f"this project | {seconds}" in lines(TIMES)
    for who, configs, succeeded, *_ in table("| function | configs |"):
        if who == "AwsCustomResource" and configs != "10":
            assert f"{who} | {succeeded.split()[0]}" in lines(SUCCEEDED)
            assert f"{who} | never: {int(configs) - int(succeeded.split()[0])} failed" in lines(TIMES)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999, 1])
@pytest.mark.parametrize("seconds", [0.1, 3599.9])
def test_they_stay_readable_whatever_the_figures_are(tmp_path: Path, share: float, seconds: float) -> None:
    results = Results(cold_starts=[ColdStart(what, 0.9, 50) for what in ("floor", "ours", "plain")])
    for size in (50, 150, 450):
        results.deploys += [
            Figures(who, size, "Create", size if who == pictures.OURS else int(size * share), seconds, 1, {}, 0, 1, 1)
            for who in (pictures.OURS, *PEERS)
        ]
    pictures.draw(results, tmp_path)
    drawn = sorted(tmp_path.glob("*.svg"))
    assert len(drawn) == 3
    for picture in map(Picture, drawn):
        assert [(a.words, b.words) for a, b in pairs(picture.texts) if a.box.meets(b.box)] == []
        assert [text.words for text in picture.texts if not picture.frame.holds(text.box)] == []
