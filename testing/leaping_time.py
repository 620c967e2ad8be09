"""Time that leaps over every sleep, for a function that runs in the tests' own process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def leaping_time() -> Iterator[None]:
    """Lets `time.sleep` return at once, and both of `time`'s clocks go on as if it had slept."""
    slept = 0.0
    real_time, real_monotonic = time.time, time.monotonic

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += max(seconds, 0.0)

    with (
        patch.object(time, "sleep", sleep),
        patch.object(time, "time", lambda: real_time() + slept),
        patch.object(time, "monotonic", lambda: real_monotonic() + slept),
    ):
        yield
