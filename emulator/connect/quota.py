"""Token buckets, as Amazon Connect's quotas are: one for each Region and operation, or for each Region."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_RATE = 2.0
"""Calls a second (Amazon Connect service quotas)."""
DEFAULT_BURST = 5
"""Calls at once after a rest (the same)."""


@dataclass
class _Bucket:
    tokens: float
    filled: float


class Quota:
    """Says whether a call is within the quota. Off at first.

    Args:
        clock: seconds that only grow.

    Attributes:
        refused_calls_take: whether a refused call takes what is left of a token.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.rate: float | None = None
        self.burst = DEFAULT_BURST
        self.refused_calls_take = False

    def set(self, rate: float = DEFAULT_RATE, burst: int = DEFAULT_BURST) -> None:
        """Switches the quota on; every bucket is full again."""
        if not isinstance(rate, int | float) or not isinstance(burst, int) or rate < 0 or burst < 1:
            raise ValueError("a quota has a rate of 0 or more calls a second and a burst of 1 or more calls")
        with self._lock:
            self.rate, self.burst = rate, burst
            self._buckets.clear()

    def off(self) -> None:
        """Switches the quota off."""
        with self._lock:
            self.rate = None
            self._buckets.clear()

    def take(self, region: str, bucket_name: str) -> bool:
        """Takes a token; returns False if the bucket has none."""
        with self._lock:
            if self.rate is None:
                return True
            now = self._clock()
            bucket = self._buckets.setdefault((region, bucket_name), _Bucket(float(self.burst), now))
            bucket.tokens = min(float(self.burst), bucket.tokens + (now - bucket.filled) * self.rate)
            bucket.filled = now
            if bucket.tokens < 1:
                if self.refused_calls_take:
                    bucket.tokens = 0.0
                return False
            bucket.tokens -= 1
            return True
