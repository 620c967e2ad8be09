"""An event that is being handled beside the test, and may be held at one of its calls; many plays at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from .cloudformation import Outcome
from .function import Accident
from .stack import Stack
from .world import World

AT_ONCE = 4
"""How many plays run at once: their events wait most of the time, and two cores keep up with so many."""

_MOST_HOLDS = 9

Point = TypeVar("Point")


class Running:
    """An event that is being handled beside the test.

    Arguments:
        stack: whose it is.
        event: the event.
        hold: where it is held until it is let go on.
        **how: as in `CloudFormation.send`.
    """

    def __init__(self, stack: Stack, event: Any, hold: Accident | None = None, **how: Any) -> None:
        self._goes_on, self._is_held = threading.Semaphore(0), threading.Event()
        self.calls = 0

        def held() -> None:
            self._is_held.set()
            assert self._goes_on.acquire(timeout=60)

        def called(number: int) -> None:
            self.calls = number

        def run() -> None:
            try:
                accidents = ((hold,) if hold else ()) + tuple(how.pop("accidents", ()))
                self.outcome: Outcome = stack._cloudformation.send(
                    event, deliveries=1, accidents=accidents, held=held, called=called, **how
                )
            finally:
                self._is_held.set()

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def wait_until_held(self) -> Running:
        """Waits until it is held, or has ended."""
        assert self._is_held.wait(60)
        return self

    def wait_for_call(self, number: int) -> Running:
        """Waits until it makes its n-th call, or has ended."""
        while self.calls < number and self._thread.is_alive():
            threading.Event().wait(0.01)
        return self

    def go_on(self) -> None:
        """Lets it go on, until it is held once more or ends."""
        self._is_held.clear()
        self._goes_on.release()

    def end(self) -> Outcome:
        """Lets it go on, and returns what came of it."""
        self._goes_on.release(_MOST_HOLDS)
        self._thread.join(120)
        assert not self._thread.is_alive()
        return self.outcome


def hold(call: str, when: str = "before", skip: int = 0) -> Accident:
    """Returns an accident that holds an event.

    Args:
        call: Which kind of call it is held at, for example `ssm:PutParameter`.
        when: `before` or `after` that call.
        skip: How many such calls it makes before that.
    """
    return Accident("hold", when, call=call, skip=skip)


def moments(calls: int) -> list[tuple[int, str]]:
    """Returns the moments of an event that can be told apart from outside, as (call, when).

    They are before its first call and after each one: until the next call is sent, AWS stays as the one before left it.
    """
    return [(1, "before"), *((call, "after") for call in range(1, calls + 1))]


def play_each(world: World, points: Iterable[Point], play: Callable[[World, Point], None]) -> None:
    """Plays every point, several at once, each with queues and stacks and a time of day of its own.

    Raises ExceptionGroup with all that went wrong, each with its point.
    """

    def problem(point: Point) -> Exception | None:
        try:
            play(world.apart(), point)
        except Exception as raised:
            raised.add_note(f"at {point}")
            return raised
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        problems = [found for found in pool.map(problem, points) if found is not None]
    if problems:
        raise ExceptionGroup("some points end wrong", problems)
