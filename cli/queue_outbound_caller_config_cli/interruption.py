"""Changes one after another: Ctrl-C between two of them, never within one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from queue_outbound_caller_config_provider.errors import ProviderError

from .render import note

_T = TypeVar("_T")


def make_each(done: str, changes: Iterable[tuple[str, Callable[[], list[str]]]]) -> bool:
    """Makes changes, tells of each one, and returns whether all are made.

    Args:
        done: The word for a change that was made.
        changes: What each one is about, and what makes it and returns what was decided.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, after the change at hand.
    """
    failed = 0
    with between(changes) as remaining:
        for name, change in remaining:
            try:
                told = change()
            except ProviderError as problem:
                failed += 1
                note(f"{name}: not {done}: {problem}")
            else:
                note(f"{name}: {done} ({'; '.join(told)})")
    return not failed


@contextmanager
def between(items: Iterable[_T]) -> Iterator[Iterator[_T]]:
    """Gives an iterator that ends early after Ctrl-C, once the item at hand is done; a second Ctrl-C ends at once.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, after the item at hand.
    """
    pressed = False
    previous: Callable[[int, FrameType | None], object] | int | None = signal.getsignal(signal.SIGINT)

    def note_it(_signum: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    def remaining() -> Iterator[_T]:
        for item in items:
            if pressed:
                return
            yield item

    signal.signal(signal.SIGINT, note_it)
    try:
        yield remaining()
    finally:
        signal.signal(signal.SIGINT, previous)
    if pressed:
        raise KeyboardInterrupt
