"""Points: one thing each that a service does, how public documents state it, and the code that finds out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .site import Site

Look = Callable[["Site"], str]


class CannotTell(Exception):
    """The check ran, and no reading follows from what it saw; the message says why."""


@dataclass(frozen=True)
class Point:
    """One point.

    Attributes:
        id: its name in tables and files.
        says: what is asked, as a sentence.
        source: where public documents speak of it.
        documented: the reading that they state; None: they leave it open.
        readings: each reading, and what it means. A check may also see an error code or a number that is none of these.
        setting: the emulator's setting with these readings.
        needs: what has to be there beside the queue: `replica`, `number`, `flow`, `ssm` …
        calls: the AWS calls that it may make, as IAM names them.
        over_quota: whether it goes beyond a quota on purpose, so that others in the account are throttled for a moment.
        look: finds out.
    """

    id: str
    says: str
    source: str
    readings: Mapping[str, str]
    look: Look
    documented: str | None = None
    setting: str | None = None
    needs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    over_quota: bool = False

    @property
    def open(self) -> bool:
        """Whether public documents leave it open."""
        return self.documented is None


POINTS: dict[str, Point] = {}
"""All points by id, in the order of the checks."""


def point(
    point_id: str,
    says: str,
    *,
    source: str,
    readings: Mapping[str, str],
    documented: str | None = None,
    setting: str | None = None,
    needs: tuple[str, ...] = (),
    calls: tuple[str, ...] = (),
    over_quota: bool = False,
) -> Callable[[Look], Look]:
    """Registers the function below as the check of a point. The arguments are `Point`'s attributes."""

    def register(look: Look) -> Look:
        if point_id in POINTS:
            raise ValueError(f"there are two points {point_id}")
        if documented is not None and documented not in readings:
            raise ValueError(f"{point_id}: the documented reading is none of its readings")
        POINTS[point_id] = Point(point_id, says, source, readings, look, documented, setting, needs, calls, over_quota)
        return look

    return register
