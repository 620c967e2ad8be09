"""The calls that arrived, in order: who asked for what, and what came of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Call:
    """One call.

    Attributes:
        sequence: 1 for the first since the journal was cleared, in order of arrival.
        time: seconds of a clock that only grows, at arrival.
        region, access_key: of the signature.
        operation: the operation's name.
        input: its members, as the request had them.
        status: the HTTP status that was answered; None while none is, and when the connection was dropped.
        code: the error code, if any.
        message: the error message, if any.
        config: of a call that names a queue, the queue's config afterwards, as written; None where it has none.
        effect: whether the operation ran to its end, answered or not.
        fault: the kind and moment of the fault that it met, say `drop after`.
        finished: `time` at the end; None until then.
    """

    sequence: int
    time: float
    region: str
    access_key: str
    operation: str
    input: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    code: str | None = None
    message: str | None = None
    config: dict[str, str] | None = None
    effect: bool = False
    fault: str | None = None
    finished: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the caller got a success."""
        return self.status is not None and self.status < 300

    def to_json(self) -> dict[str, Any]:
        """Returns the call by its attributes."""
        return asdict(self)

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Call:
        """Returns a call that `to_json` wrote."""
        return Call(**document)


class Journal:
    """All calls since the journal was cleared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    def begin(self, operation: str, region: str, access_key: str) -> Call:
        """Writes down a call that arrives; its further parts are filled in as they are known."""
        with self._lock:
            call = Call(len(self._calls) + 1, time.monotonic(), region, access_key, operation)
            self._calls.append(call)
            return call

    def clear(self) -> None:
        """Forgets all calls."""
        with self._lock:
            self._calls.clear()

    def calls(self, **wanted: str) -> list[Call]:
        """Returns the calls with these attributes, say `operation="DescribeQueue"`."""
        with self._lock:
            return [call for call in self._calls if all(getattr(call, name) == text for name, text in wanted.items())]

    def counts(self) -> dict[str, dict[str, int]]:
        """Returns how many calls of each operation had each outcome: `ok`, an error code, `dropped` or `running`."""
        counts: dict[str, Counter[str]] = {}
        for call in self.calls():
            counts.setdefault(call.operation, Counter())[_outcome(call)] += 1
        return {operation: dict(counter) for operation, counter in counts.items()}


def _outcome(call: Call) -> str:
    if call.finished is None:
        return "running"
    if call.status is None:
        return "dropped"
    return call.code or "ok"
