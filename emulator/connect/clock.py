"""The service's own clock, which tests can move."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any


class Clock:
    """Tells the time of the emulated service: the system's, and what it was moved forward by."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Returns seconds since 1970."""
        return time.time() + self._ahead

    def grown(self) -> float:
        """Returns seconds that only grow, whatever the system's time does."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: Any) -> None:
        """Moves the clock forward.

        Raises:
            ValueError: `seconds` is negative or not a number. A clock that goes back would let old writes win over new ones.
        """
        if not isinstance(seconds, int | float) or not seconds >= 0:
            raise ValueError("seconds are a number: the clock only moves forward")
        self._ahead += seconds

    def reset(self) -> None:
        """Back to the system's time."""
        self._ahead = 0.0

    def http_date(self) -> str:
        """Returns the time as the `Date` header of an HTTP response has it."""
        return formatdate(self.now(), usegmt=True)
