"""When to call, how long to wait after a refusal, when to give up.

Amazon Connect allows 2 requests a second with a burst of 5 for each API, account and Region (Connect service quotas), and
CloudFormation starts a stack's resources side by side, each in an execution environment of its own.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from .errors import OutOfTime
from .schedule import TimeSlot
from .timing import DENIED_FOR

_T = TypeVar("_T")

_SHORTEST_REMAINING = 2.0
"""Seconds that must remain for another attempt."""


class Fault(Enum):
    """What a failed call means for trying again."""

    THROTTLED = "the quota is used up: wait, and try again as long as there is time"
    TRANSIENT = "a fault of the service or the connection: try again a few times"
    DENIED = "IAM denied it, and a policy that was attached a moment ago may yet allow it"
    LATER = "trying again cannot help now: a policy, the credential or the function's setup must change first"
    FINAL = "the same call would be refused again"


class Pacer:
    """Makes calls, trying again what is worth it, within the invocation's time.

    The first call of an invocation to Amazon Connect waits for the config's time slot. Each API has a quota of its own, so
    later calls are made at once, unless the invocation has called that same API before: then it waits for the next slot.

    Args:
        remaining: seconds that the invocation may still use.
        slot: the config's time slot (`schedule.time_slot_from(os.environ, logical_id)`), for calls of Amazon Connect; None:
            at once, for calls of other services, which have quotas of their own.
        persistent: whether throttled and denied calls are tried again for long. If not, as for a Region that may be down, the
            event continues without the response.
        now: seconds since the epoch, which other execution environments count the same.
        sleep: waits for seconds.
    """

    def __init__(
        self,
        remaining: Callable[[], float],
        *,
        slot: TimeSlot | None = None,
        persistent: bool = True,
        now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._remaining = remaining
        self._slot = slot
        self._persistent = persistent
        self._denied_since: float | None = None
        # Looked up now, not when the module was imported: tests let time pass faster.
        self._now = now or time.time
        self._sleep = sleep or time.sleep
        self._calls: Counter[str] = Counter()
        self._had_slot = False
        self.throttled = 0
        """Calls that were refused for the quota."""

    def call(self, operation: str, attempt: Callable[[], _T], classify: Callable[[Exception], Fault]) -> _T:
        """Returns what `attempt` returns, trying again what `classify` finds worth it.

        Raises the last exception when trying again cannot help, and OutOfTime when the time is nearly used up.
        """
        if not self._had_slot or self._calls[operation]:
            self.await_time_slot()
        self._calls[operation] += 1
        refused: Counter[Fault] = Counter()
        while True:
            try:
                return attempt()
            except Exception as problem:
                fault = classify(problem)
                refused[fault] += 1
                self.throttled += fault is Fault.THROTTLED
                wait = self._wait_after(fault, refused[fault])
                if wait is None:
                    raise
                left = self._remaining()
                if wait >= left:
                    wait = left * random.uniform(0.3, 0.7)  # noqa: S311 - jitter, no secret
                if left < _SHORTEST_REMAINING:
                    raise OutOfTime(
                        f"{operation}: no time left after {self.throttled} throttled calls. "
                        f"Deploy again, or raise the quota of this API ({problem})"
                    ) from problem
                self._sleep(wait)

    def _wait_after(self, fault: Fault, times: int) -> float | None:
        """Returns the seconds until the next attempt; None if there is none.

        Args:
            fault: What the attempt failed for.
            times: How often this call failed for that.
        """
        if fault is Fault.THROTTLED and (self._persistent or times < 3):
            return retry_after(times, self._slot, self._now(), begun=self._calls.total() > 1)
        if fault is Fault.TRANSIENT and times <= (6 if self._persistent else 1):
            return min(0.1 * 2.0**times, 5.0) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
        if fault is Fault.DENIED and self._persistent:
            if self._denied_since is None:
                self._denied_since = self._now()
            return 2.0 if self.denied_for < DENIED_FOR else None
        return None

    @property
    def denied_for(self) -> float:
        """Seconds since the first denial."""
        return 0.0 if self._denied_since is None else self._now() - self._denied_since

    def await_time_slot(self) -> None:
        """Waits for the next time slot, unless the invocation would use up half of its time."""
        self._had_slot = True
        if self._slot is not None:
            wait = self._slot.wait(self._now())
            if 0 < wait < self._remaining() / 2:
                self._sleep(wait)


def retry_after(refused: int, slot: TimeSlot | None, now: float, *, begun: bool = False) -> float:
    """Returns the seconds to wait after the n-th refusal of a call for the quota.

    Without a time slot, nobody knows how many wait: each wait is longer than the one before by about as much, so that few are
    refused often, and the last ones do not sleep while the quota has long been free.

    With one, a refusal means that another deploy or client needs the quota. The call stands back for a cycle or a little more,
    or, once the invocation has begun, for less, so that its chain does not miss a slot. Then it comes in any slot: in its own
    it would meet the same others again.
    """
    if slot is None or slot.rounds == 1:
        return refused * random.uniform(1.4, 3.8)  # noqa: S311 - jitter, no secret
    least, most = (0.0, 0.5) if begun else (1.0, 1.5)
    wait = slot.cycle * random.uniform(least, most)  # noqa: S311 - jitter, no secret
    return wait + slot.wait(now + wait, for_any=True)
