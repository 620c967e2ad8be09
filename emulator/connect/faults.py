"""Faults on request: what goes wrong, with which call, and how often."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .field_types import check_types

_CODE = re.compile(r"[A-Za-z0-9.]+")
KINDS = ("error", "drop", "latency", "hang")
MOMENTS = ("before", "after")


class FaultError(ValueError):
    """A fault that makes no sense."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        operation: the operation, or `*` for all.
        kind: `error` (answers a code), `drop` (closes the connection without an answer), `latency` (waits, then goes
            on), `hang` (waits, then drops).
        when: `before` or `after` the operation took effect.
        code: for `error`, the error code.
        status: for `error`, the HTTP status; else the service model's for the code, or 500.
        message: for `error`, its message.
        seconds: for `latency` and `hang`, how long; a hang without it lasts until the faults are cleared.
        region, queue, access_key: only calls with these.
        nth: begins with the n-th call that matches, counted from 1.
        count: how many calls it meets; None for all from then on.
    """

    operation: str = "*"
    kind: str = "error"
    when: str = "before"
    code: str = "InternalServiceException"
    status: int | None = None
    message: str = "A fault that was asked for"
    seconds: float | None = None
    region: str | None = None
    queue: str | None = None
    access_key: str | None = None
    nth: int = 1
    count: int | None = 1

    def __post_init__(self) -> None:
        check_types(self)
        if not _CODE.fullmatch(self.code) or (self.status is not None and not 400 <= self.status < 600):
            raise FaultError("a code has letters, digits and dots, and a status is from 400 to 599")
        if self.seconds is not None and self.seconds < 0:
            raise FaultError("seconds are 0 or more")
        if self.kind not in KINDS:
            raise FaultError(f"kind is one of {', '.join(KINDS)}, not '{self.kind}'")
        if self.when not in MOMENTS:
            raise FaultError(f"when is before or after, not '{self.when}'")
        if self.kind == "latency" and self.seconds is None:
            raise FaultError("a latency needs its seconds")
        if self.nth < 1 or (self.count is not None and self.count < 1):
            raise FaultError("nth and count are counted from 1")

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Fault:
        """Returns a fault; raises FaultError for what is unknown."""
        unknown = set(document) - {entry.name for entry in fields(Fault)}
        if unknown:
            raise FaultError(f"a fault has no {', '.join(sorted(unknown))}")
        return Fault(**document)

    def to_json(self) -> dict[str, Any]:
        """Returns the fault by its attributes."""
        return asdict(self)

    def meets(self, operation: str, region: str, queue: str | None, access_key: str) -> bool:
        """Says whether a call is one of those that the fault is for."""
        return (
            self.operation in {"*", operation}
            and self.region in {None, region}
            and self.queue in {None, queue}
            and self.access_key in {None, access_key}
        )


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.count is not None and self.seen >= self.fault.nth - 1 + self.fault.count


class Faults:
    """The faults that wait for their calls, those asked for first in front."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._release = threading.Event()

    def add(self, fault: Fault) -> None:
        """Arms a fault."""
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Disarms all faults, and ends the waits that they began."""
        with self._lock:
            self._armed.clear()
            self._release.set()
            self._release = threading.Event()

    def waiting(self) -> list[Fault]:
        """Returns the faults that have calls left to meet."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def meet(self, operation: str, region: str, queue: str | None, access_key: str) -> list[Fault]:
        """Returns what goes wrong with a call: every latency that is due, and the first other fault that is."""
        due: list[Fault] = []
        with self._lock:
            for armed in self._armed:
                fault = armed.fault
                if not fault.meets(operation, region, queue, access_key):
                    continue
                if fault.kind != "latency" and any(entry.kind != "latency" for entry in due):
                    continue
                armed.seen += 1
                if armed.seen >= fault.nth:
                    due.append(fault)
            self._armed = [armed for armed in self._armed if not armed.spent]
        return due

    def wait(self, seconds: float | None) -> None:
        """Waits so long, or (None) until the faults are cleared."""
        with self._lock:
            release = self._release
        release.wait(seconds)
