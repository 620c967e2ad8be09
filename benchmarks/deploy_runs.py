"""Which deploys are measured, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from testing.parameter_store import AWS_LIMITS

from .deploys import ADAPTIVE, ALWAYS_STALE, PLAIN, Bench, Figures, bench
from .results import Results

SIZES = (10, 50, 150, 450)
ROUNDS_OF_SMALLEST = 5
"""Ten configs take three seconds, of which half a second of another program's work would be a lot: the median is kept."""
GAPS = (0.0, 0.5, 3.0, 5.0)
LIMITED_CONFIGS = 60
LIMITED: tuple[tuple[int, int | None, bool, str], ...] = (
    (10, None, True, ""),
    (10, 8, True, ", `max_parallel_configs=8`"),
    (10, 5, True, ", `max_parallel_configs=5`"),
    (10, None, False, ", plain template"),
    (25, None, True, ""),
    (25, None, False, ", plain template"),
)
"""Limits of concurrent executions, `max_parallel_configs`, whether there are chains, and what to call it."""
TOGETHER = 100
ROUNDS_TOGETHER = 3
PEERS: tuple[tuple[str, str | None], ...] = (
    ("AwsCustomResource", None),
    ("crhelper, boto3 defaults", PLAIN),
    ("crhelper, boto3 adaptive, 10 attempts", ADAPTIVE),
)


def run_sizes(results: Results, keep: Callable[[], None]) -> None:
    """Measures deploys of each size, ours and the peers', and keeps what is there after each step."""
    _run(results, keep, lambda figures: bool(figures.note), _sizes)


def run_circumstances(results: Results, keep: Callable[[], None]) -> None:
    """Measures deploys that have something special about them, and keeps what is there after each step."""
    results.third = []

    def circumstances(servers: Bench) -> Iterable[list[Figures]]:
        yield from _circumstances(servers)
        for _ in range(ROUNDS_TOGETHER):
            together, third = servers.two_at_once(TOGETHER)
            results.third.append(third)
            yield [together]

    _run(results, keep, lambda figures: not figures.note, circumstances)


def _run(
    results: Results,
    keep: Callable[[], None],
    stays: Callable[[Figures], bool],
    parts: Callable[[Bench], Iterable[list[Figures]]],
) -> None:
    results.deploys = [figures for figures in results.deploys if stays(figures)]
    with bench() as servers:
        for figures in parts(servers):
            results.deploys += figures
            keep()


def _sizes(servers: Bench) -> Iterable[list[Figures]]:
    yield _medians([servers.ours(SIZES[0]) for _ in range(ROUNDS_OF_SMALLEST)])
    for size in SIZES[1:]:
        yield servers.ours(size)
    for size in SIZES:
        for who, handler in PEERS:
            yield [servers.peer(who, handler, size)]


def _circumstances(servers: Bench) -> Iterable[list[Figures]]:
    for gap in GAPS:
        yield servers.ours(50, ("Create",), gap=gap, note=f"gap of {gap} s")
    note = "queues that had no config: each is read back on Delete"
    yield servers.ours(50, ("Create", "Delete"), baseline={}, note=note)
    for size in (60, 450):
        yield servers.ours(size, ("Create",), chains=False, note="plain template, without chains")
    for limit, parallel, chains, what in LIMITED:
        note = f"limit of {limit}{what}"
        yield servers.ours(
            LIMITED_CONFIGS, ("Create", "Delete"), chains=chains, parallel=parallel, limit=limit, note=note
        )
    note = "no read of Parameter Store sees what was written within 2 s"
    yield servers.ours(150, ("Create", "Delete"), parameter_store=ALWAYS_STALE, note=note)


def _medians(rounds: Sequence[Sequence[Figures]]) -> list[Figures]:
    """Returns, for each operation, the figures of the round that took the median of the time."""
    return [sorted(runs, key=lambda run: run.seconds)[len(runs) // 2] for runs in zip(*rounds, strict=True)]


def run_quick() -> list[str]:
    """Measures a few small deploys, and returns the figures that are not as they must be on any machine.

    How many calls are throttled is not among them: on a busy machine, functions wait for a core and then call together.
    """
    wrong = []
    with bench() as servers:
        for figures in servers.ours(8, gap=0.2, cold_start=0.1, parameter_store=AWS_LIMITS):
            if figures.succeeded != 8:
                wrong.append(f"{figures.operation}: {figures.succeeded} of 8 succeeded: {figures.failures}")
            if figures.calls != {"DescribeQueue": 8, "UpdateQueueOutboundCallerConfig": 8}:
                wrong.append(f"{figures.operation}: not one call of each API for each config: {figures.calls}")
        for figures in servers.ours(12, ("Create",), chains=False):
            if figures.succeeded != 12:
                wrong.append(f"without chains: {figures.succeeded} of 12 succeeded: {figures.failures}")
    return wrong
