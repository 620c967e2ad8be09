"""An event that CloudFormation cancels: it sends the next one of that resource while the function is still running.

It does so when another resource of the stack fails, or a user cancels an update: it marks what is in progress as cancelled,
takes no answer to it any more, and rolls back at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .function import HURRY, Accident

_PATIENCE = 60.0
"""Seconds of real time, after which a test has hung."""


@dataclass(frozen=True)
class Cancel:
    """When an event is superseded.

    Attributes:
        number, when: it is held at its n-th call, `before` or `after`; one that makes fewer ends by itself.
        until: it goes on when the function makes its n-th call for the event that supersedes it, or has ended.
        dies: it is killed there instead.
    """

    number: int
    when: str = "before"
    until: int = 3
    dies: bool = False


class UnderWay:
    """An event in progress, held where it was cancelled.

    Arguments:
        cancel: where.
        deliver: delivers it.
    """

    def __init__(self, cancel: Cancel, deliver: Callable[..., Any]) -> None:
        self._cancel = cancel
        self._goes_on = threading.Event()
        self._is_held = threading.Event()
        accidents = [Accident("hold", cancel.when, cancel.number)]
        if cancel.dies:
            accidents.append(Accident("kill", cancel.when, cancel.number))

        def run() -> None:
            try:
                deliver(accidents=tuple(accidents), held=self._hold)
            finally:
                self._is_held.set()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        assert self._is_held.wait(_PATIENCE)

    def how_the_next_one_runs(self) -> dict[str, Any]:
        """Returns how the event that supersedes this one is sent: not in such a hurry that its waits end before this one."""
        hurry = HURRY if self._cancel.dies else 40
        return {"hurry": hurry, "called": self._next_made_a_call}

    def _next_made_a_call(self, number: int) -> None:
        if number >= self._cancel.until:
            self._goes_on.set()

    def finish(self) -> None:
        """Lets it go on to its end."""
        self._goes_on.set()
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive()

    def _hold(self) -> None:
        self._is_held.set()
        assert self._goes_on.wait(_PATIENCE)
