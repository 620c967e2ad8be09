"""The results as pictures: `docs/images/benchmark-….svg`."""

# ruff: noqa: RUF001 - typeset as the page is: a times sign is what it looks like

from __future__ import annotations

from pathlib import Path

from .deploys import Figures
from .drawing import Bar, Group, bars
from .results import Results
from .simulation import least_seconds

OURS = "this project"
_SIZES = (50, 150, 450)
_SHORT = {
    "crhelper, boto3 defaults": "crhelper, default",
    "crhelper, boto3 adaptive, 10 attempts": "crhelper, adaptive",
}

_WHO = ("crhelper: a function of one's own, with boto3's", "default or adaptive retries. Quota: 2 calls a second.")


def draw(results: Results, folder: Path) -> None:
    """Writes the pictures into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "benchmark-succeeded.svg").write_text(_succeeded(results))
    (folder / "benchmark-time.svg").write_text(_times(results))
    if results.cold_starts:
        (folder / "benchmark-cold-start.svg").write_text(_cold_start(results))


def _creates(results: Results, configs: int) -> list[Figures]:
    """Returns the figures of creating so many configs, of those runs that have nothing special about them."""
    return [
        figures
        for figures in results.deploys
        if figures.operation == "Create" and not figures.note and figures.configs == configs
    ]


def _name(figures: Figures) -> str:
    return _SHORT.get(figures.who, figures.who)


def _succeeded(results: Results) -> str:
    groups = [
        Group(
            f"{size} queues in one deploy",
            [_success(run) for run in _creates(results, size)],
        )
        for size in _SIZES
    ]
    return bars(
        "How many queues got their caller ID",
        ". ".join(
            f"Of {size} queues: " + ", ".join(f"{_name(run)} {run.succeeded}" for run in _creates(results, size))
            for size in _SIZES
        ),
        groups,
        _WHO,
    )


def _success(run: Figures) -> Bar:
    label = f"all {run.configs}" if run.succeeded == run.configs else str(run.succeeded)
    return Bar(_name(run), run.succeeded / run.configs, label, run.who == OURS)


def _times(results: Results) -> str:
    took = [run.seconds for size in _SIZES for run in _creates(results, size) if run.succeeded == size]
    longest = max([least_seconds(_SIZES[-1]), *took])
    groups = []
    for size in _SIZES:
        least = least_seconds(size)
        shown = [Bar("least at this quota", least / longest, f"{least:.1f} s")]
        for run in _creates(results, size):
            if run.succeeded == size:
                shown.append(Bar(_name(run), run.seconds / longest, f"{run.seconds:.1f} s", run.who == OURS))
            else:
                shown.append(Bar(_name(run), 0, f"never: {size - run.succeeded} failed"))
        groups.append(Group(f"{size} queues in one deploy", shown))
    return bars(
        "Seconds until every queue has its caller ID",
        ". ".join(f"{group.heading}: " + ", ".join(f"{b.name} {b.label}" for b in group.bars) for group in groups),
        groups,
        _WHO,
    )


def _cold_start(results: Results) -> str:
    floor = results.cold_starts[0].cpu_seconds
    longest = max(start.cpu_seconds for start in results.cold_starts)
    return bars(
        "CPU time of the function's start",
        ", ".join(f"{start.what}: {start.cpu_seconds * 1000:.0f} ms" for start in results.cold_starts),
        [
            Group(
                "In a fresh process",
                [
                    Bar(name, start.cpu_seconds / longest, f"{start.cpu_seconds * 1000:.0f} ms", name == OURS)
                    for name, start in zip(
                        ("boto3 clients alone", OURS, "plain crhelper"), results.cold_starts, strict=True
                    )
                ],
            )
        ],
        [f"Target: at most 1.2 × boto3 alone, here {floor * 1200:.0f} ms."],
    )
