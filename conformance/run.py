"""Runs the checks of points on a site, and puts everything back in the end, also when it is interrupted."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from .points import CannotTell, Point
from .site import Site

NOT_OF_THE_SERVICE = frozenset(
    {"AccessDenied", "AccessDeniedException", "ThrottlingException", "TooManyRequestsException", "Throttling"}
)
"""Codes that say nothing about a point, unless they are one of its readings."""


@dataclass(frozen=True)
class Result:
    """What came of a point: the reading that was seen, or why none was."""

    point: Point
    reading: str | None
    why: str = ""


class _Interruptions:
    """Turns the first SIGINT or SIGTERM into KeyboardInterrupt while checks run, and holds all others back."""

    def __init__(self) -> None:
        self.checking = True
        self.came = False
        self._before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        if self.checking:
            self.checking = False
            raise KeyboardInterrupt

    def end(self) -> None:
        """Lets the signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


def runnable(site: Site, points: Sequence[Point], over_quota: bool) -> list[tuple[Point, str]]:
    """Returns each point with why it cannot be looked at here; an empty reason: it can."""
    found = []
    for each in points:
        missing = sorted(set(each.needs) - site.has)
        reason = f"needs {', '.join(missing)}" if missing else ""
        if each.over_quota and not over_quota:
            reason = "would go over a quota"
        found.append((each, reason))
    return found


def run(
    site: Site,
    points: Sequence[Point],
    *,
    over_quota: bool = False,
    told: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Looks at points one after the other.

    Args:
        site: where.
        points: which.
        over_quota: whether points that go over a quota are looked at.
        told: called with each result.

    Returns:
        A result for each point.

    Raises:
        KeyboardInterrupt: it was interrupted; everything is put back.
        RestoreError: something could not be put back.
    """
    results: list[Result] = []
    interruptions = _Interruptions()
    try:
        # Nothing may stand between this block and the restoration: an interruption raises once, and inside of it only.
        try:
            _note_the_queue(site)
            for each, reason in runnable(site, points, over_quota):
                results.append(Result(each, None, reason) if reason else _look(site, each))
                told(results[-1])
            interruptions.checking = False
        except KeyboardInterrupt:
            interruptions.checking = False
        site.keeper.restore(site.client, site.stack_pause)
        site.forget_what_was_made()
    finally:
        interruptions.end()
    if interruptions.came:
        raise KeyboardInterrupt
    return results


def _look(site: Site, each: Point) -> Result:
    """Looks at one point. Whatever goes wrong is its result: the other points, and the restoration, must not suffer."""
    try:
        reading = each.look(site)
    except CannotTell as problem:
        return Result(each, None, str(problem))
    except Exception as problem:
        return Result(each, None, f"failed: {problem!r}")
    if reading in NOT_OF_THE_SERVICE and reading not in each.readings:
        return Result(each, None, f"the check itself met {reading}: is everything in policy.json allowed?")
    return Result(each, reading)


def _note_the_queue(site: Site) -> None:
    subject = site.subject
    regions = [subject.region, *([subject.replica] if subject.replica else [])]
    configs: dict[str, dict[str, Any]] = {region: site.read(region) for region in regions}
    site.keeper.queue_found(subject.instance, subject.queue, configs, subject.partition, subject.account)
