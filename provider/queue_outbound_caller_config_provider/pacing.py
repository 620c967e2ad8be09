"""When to call, how long to wait after a refusal, when to give up.

Amazon Connect allows 2 requests a second with a burst of 5 for each API, account and Region (Connect service quotas), and
CloudFormation starts a stack's resources side by side, each in an execution environment of its own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from .errors import OutOfTime

_T = TypeVar("_T")


class Fault(Enum):
    """What a failed call means for trying again."""

    THROTTLED = "the quota is used up: wait, and try again as long as there is time"
    TRANSIENT = "a fault of the service or the connection: try again a few times"
    DENIED = "IAM said no, which a policy attached a moment ago may still mend"
    FINAL = "trying again cannot help"


class Pacer:
    """Makes calls, trying again what is worth it, within the invocation's time.

    Arguments:
        remaining: seconds that the invocation may still use.
        denied_patience: seconds for which a refusal by IAM is tried again.
    """

    def __init__(
        self,
        remaining: Callable[[], float],
        *,
        denied_patience: float = 20.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._remaining = remaining
        self._denied_patience = denied_patience
        self._clock = clock
        self._sleep = sleep
        self._started = clock()
        self.throttled = 0
        """Calls that were refused for the quota."""

    def call(self, operation: str, attempt: Callable[[], _T], classify: Callable[[Exception], Fault]) -> _T:
        """Returns what `attempt` returns, trying again what `classify` finds worth it.

        Raises the last exception when trying again cannot help, and OutOfTime when the time is nearly used up.
        """
        transient = 0
        throttled = 0
        while True:
            try:
                return attempt()
            except Exception as problem:
                fault = classify(problem)
                if fault is Fault.THROTTLED:
                    self.throttled += 1
                    throttled += 1
                    wait = random.uniform(0.5, min(1.0 + throttled, 8.0))  # noqa: S311 - jitter, no secret
                elif fault is Fault.TRANSIENT and transient < 6:
                    wait = min(0.2 * 2**transient, 5.0) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
                    transient += 1
                elif fault is Fault.DENIED and self._clock() - self._started < self._denied_patience:
                    wait = 2.0
                else:
                    raise
                if wait >= self._remaining():
                    raise OutOfTime(
                        f"{operation}: no time left after {self.throttled} throttled calls ({problem}). "
                        "Deploy again, or raise the Amazon Connect quota of this API"
                    ) from problem
                self._sleep(wait)
