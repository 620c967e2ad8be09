"""One call, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

OK = "ok"


def outcome(method: Callable[..., Any], **request: Any) -> str:
    """Returns `ok`, or the error code of a call."""
    try:
        method(**request)
    except ClientError as problem:
        return str(problem.response["Error"]["Code"])
    return OK


def until(holds: Callable[[], bool], seconds: float, pause: float = 0.05) -> float | None:
    """Waits until something holds; returns after how many seconds it did, or None when the time is up."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > seconds:
            return None
        time.sleep(pause)
    return time.monotonic() - begun
