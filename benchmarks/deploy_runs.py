"""Which deploys are measured, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .deploys import ADAPTIVE, PLAIN, Bench, Figures, bench
from .results import Results, ThirdClient

SIZES = (10, 50, 150, 450)
ROUNDS_OF_SMALLEST = 5
"""Ten configs take three seconds, of which half a second of another program's work would be a lot: the median is kept."""
GAPS = (0.0, 0.5, 3.0, 5.0)
PEERS: tuple[tuple[str, str | None], ...] = (
    ("AwsCustomResource", None),
    ("crhelper, boto3 defaults", PLAIN),
    ("crhelper, boto3 adaptive, 10 attempts", ADAPTIVE),
)


def run_all(results: Results, keep: Callable[[], None]) -> None:
    """Measures everything, and keeps what is there after each step."""
    results.deploys.clear()
    with bench() as servers:
        for figures in _all(servers):
            results.deploys += figures
            keep()
        together, third = servers.two_at_once(100)
        results.deploys.append(together)
        results.third = ThirdClient(100, third["answered"], third["failed"])
        keep()


def _all(servers: Bench) -> Iterable[list[Figures]]:
    yield _medians([servers.ours(SIZES[0]) for _ in range(ROUNDS_OF_SMALLEST)])
    for size in SIZES[1:3]:
        yield servers.ours(size)
    for size in SIZES[:3]:
        for who, handler in PEERS:
            yield [servers.peer(who, handler, size)]
    for gap in GAPS:
        yield servers.ours(50, ("Create",), gap=gap, note=f"gap of {gap} s")
    yield servers.ours(SIZES[3])
    for who, handler in PEERS:
        yield [servers.peer(who, handler, SIZES[3])]
    yield servers.ours(
        50, ("Create", "Delete"), baseline={}, note="queues that had no config: each is read back on Delete"
    )
    for size in (50, 450):
        yield servers.ours(size, ("Create",), chains=False, note="plain template, without chains")


def _medians(rounds: Sequence[Sequence[Figures]]) -> list[Figures]:
    """Returns, for each operation, the figures of the round that took the median of the time."""
    return [sorted(runs, key=lambda run: run.seconds)[len(runs) // 2] for runs in zip(*rounds, strict=True)]


def run_quick() -> list[str]:
    """Measures a few small deploys, and returns the figures that are not as they must be: counts and success, no times."""
    wrong = []
    with bench() as servers:
        for figures in servers.ours(8, gap=0.2, cold_start=0.1):
            if figures.succeeded != 8:
                wrong.append(f"{figures.operation}: {figures.succeeded} of 8 succeeded: {figures.failures}")
            if figures.calls != {"DescribeQueue": 8, "UpdateQueueOutboundCallerConfig": 8}:
                wrong.append(f"{figures.operation}: not one call of each API for each config: {figures.calls}")
            if figures.throttled > 2:
                wrong.append(f"{figures.operation}: {figures.throttled} throttled calls")
        for figures in servers.ours(12, ("Create",), chains=False):
            if figures.succeeded != 12:
                wrong.append(f"without chains: {figures.succeeded} of 12 succeeded: {figures.failures}")
    return wrong
