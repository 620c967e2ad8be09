"""Ctrl-C between two changes, never within one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

_T = TypeVar("_T")


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
