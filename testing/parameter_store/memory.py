"""What the proxy remembers of parameters: what was there before the newest writes, tiers and versions."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .behavior import Behavior

STANDARD_BYTES, ADVANCED_BYTES = 4096, 8192
VERSIONS = 100
"""How many versions of a parameter Parameter Store keeps."""
Key = tuple[str, str]
"""A parameter: (Region, name)."""


@dataclass
class Snapshot:
    """A parameter as GetParameter returned it: `encrypted` as without decryption, `plain` with it."""

    encrypted: dict[str, Any]
    plain: dict[str, Any]

    @property
    def version(self) -> int:
        """Its version."""
        return int(self.plain["Version"])


@dataclass
class _Past:
    """What was there (None: nothing) before a write, and until when, or for how many reads, it is still seen."""

    snapshot: Snapshot | None
    until: float
    reads: int


@dataclass
class _Known:
    pasts: list[_Past] = field(default_factory=list)
    tier: str = "Standard"
    version: int = 0


class Truth:
    """Stands for: this read sees what is there now."""


TRUTH = Truth()


class Memory:
    """What is remembered of each parameter. Safe to share between threads.

    Attributes:
        clock: seconds of the clock by which reads are stale.
    """

    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self._lock = threading.Lock()
        self._known: dict[Key, _Known] = {}
        self._random = random.Random(1)  # noqa: S311 - the same draws in every run

    def clear(self) -> None:
        """Forgets what was there before, not the tiers and versions, which are the parameters' own."""
        with self._lock:
            for known in self._known.values():
                known.pasts.clear()
            self._random = random.Random(1)  # noqa: S311 - the same draws in every run

    def written(self, key: Key, before: Snapshot | None, behavior: Behavior) -> None:
        """A write took effect, and this was there before it."""
        with self._lock:
            past = _Past(before, self.clock() + behavior.stale_seconds, behavior.stale_reads)
            self._known.setdefault(key, _Known()).pasts.append(past)

    def put(self, key: Key, tier: str, version: int, size: int) -> None:
        """PutParameter answered with this tier and version; a value that only the advanced tier takes makes it that."""
        with self._lock:
            known = self._known.setdefault(key, _Known())
            known.tier, known.version = "Advanced" if size > STANDARD_BYTES else tier, version

    def deleted(self, key: Key) -> None:
        """A parameter was deleted."""
        with self._lock:
            known = self._known.setdefault(key, _Known())
            known.tier, known.version = "Standard", 0

    def seen(self, key: Key, behavior: Behavior) -> Snapshot | Truth | None:
        """Returns what a read sees: the oldest that it may see, or the truth."""
        with self._lock:
            known = self._known.get(key)
            if known is None or not behavior.stale:
                return TRUTH
            now = self.clock()
            known.pasts = [past for past in known.pasts if past.until > now or past.reads > 0]
            if not known.pasts or self._random.random() >= behavior.stale_share:
                return TRUTH
            past = known.pasts[0]
            past.reads -= 1
            return past.snapshot

    def stale_names(self, region: str, behavior: Behavior) -> list[str]:
        """Returns the parameters of a Region of which reads may see something old."""
        with self._lock:
            return [key[1] for key, known in self._known.items() if key[0] == region and known.pasts and behavior.stale]

    def too_large(self, key: Key, size: int, wanted: str | None) -> str | None:
        """Returns why a value is too large for its tier, or None when it fits."""
        with self._lock:
            current = self._known.get(key, _Known()).tier
        if size > ADVANCED_BYTES:
            return f"Parameter value is {size} bytes long: advanced parameters take up to {ADVANCED_BYTES}."
        if size <= STANDARD_BYTES or current == "Advanced" or wanted in {"Advanced", "Intelligent-Tiering"}:
            return None
        return (
            f"Standard tier parameters support a maximum parameter value of {STANDARD_BYTES} characters. To create a larger "
            "parameter value, upgrade the parameter to use the advanced-parameter tier."
        )

    def forgotten(self, key: Key, version: int) -> bool:
        """Says whether a version is so old that Parameter Store no longer has it."""
        with self._lock:
            known = self._known.get(key)
            return known is not None and version <= known.version - VERSIONS
