"""Mirroring between an instance and its replica: each write of a caller config travels to the other Region.

The admin guide ("Create a replica of your existing Amazon Connect instance") says that changes are synchronized both ways,
in near real time, else within 30 minutes. The newest write wins, whichever Region it was made in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from .field_types import check_types

NUMBER = "OutboundCallerIdNumberId"
FLOW = "OutboundFlowId"
KINDS = ("late", "lost")


class MirroringFaultError(ValueError):
    """A fault of mirroring that makes no sense."""


@dataclass(frozen=True)
class MirroringFault:
    """What happens to the next writes on their way to the other Region.

    Attributes:
        kind: `late` (it arrives `seconds` later than others, and overwrites what is newer by then), or `lost` (it
            never arrives).
        seconds: of `late`.
        region: only writes made in this Region.
        queue: only writes to this queue.
        count: how many writes it meets; None for all from then on.
    """

    kind: str
    seconds: float = 0.0
    region: str | None = None
    queue: str | None = None
    count: int | None = 1

    def __post_init__(self) -> None:
        check_types(self)
        if self.kind not in KINDS:
            raise MirroringFaultError(f"kind is {' or '.join(KINDS)}, not '{self.kind}'")
        if self.seconds < 0 or (self.count is not None and self.count < 1):
            raise MirroringFaultError("seconds are 0 or more, and count is 1 or more")

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> MirroringFault:
        """Returns a fault; raises MirroringFaultError for what is unknown."""
        unknown = set(document) - {entry.name for entry in fields(MirroringFault)}
        if unknown or "kind" not in document:
            raise MirroringFaultError(f"a fault of mirroring has a kind, and no {', '.join(sorted(unknown))}")
        return MirroringFault(**document)

    def meets(self, region: str, queue: str) -> bool:
        """Says whether a write is one of those that the fault is for."""
        return self.region in {None, region} and self.queue in {None, queue}


@dataclass(frozen=True)
class MirroredWrite:
    """A write on its way to another Region.

    Attributes:
        source: the Region where it was made.
        region: the Region it travels to.
        instance, queue: where it belongs.
        config: the whole caller config as written, in the words of the source Region.
        with_number: whether the number is mirrored, too.
        written: when it was made.
        due: when it arrives.
        overwrites: whether it overwrites what is newer.
    """

    source: str
    region: str
    instance: str
    queue: str
    config: Mapping[str, str]
    with_number: bool
    written: float
    due: float
    overwrites: bool = False

    def over(self, present: Mapping[str, str]) -> dict[str, str]:
        """Returns the config of the other Region's queue after this write."""
        config = {member: _moved(member, text, self.source, self.region) for member, text in self.config.items()}
        if not self.with_number:
            config.pop(NUMBER, None)
            if NUMBER in present:
                config[NUMBER] = present[NUMBER]
        return config

    def to_json(self) -> dict[str, Any]:
        """Returns the write by its attributes."""
        return asdict(self)


class Mirror:
    """The writes that are on their way, and what is to happen to the next ones. The world's lock guards it."""

    def __init__(self) -> None:
        self._waiting: list[MirroredWrite] = []
        self._faults: list[MirroringFault] = []

    def clear(self) -> None:
        """Forgets all writes and faults."""
        self._waiting.clear()
        self._faults.clear()

    def arm(self, fault: MirroringFault) -> None:
        """Arms a fault for the writes to come."""
        self._faults.append(fault)

    def send(self, write: MirroredWrite) -> None:
        """Sends a write on its way."""
        fault = self._next_fault(write)
        if fault is None:
            self._waiting.append(write)
        elif fault.kind == "late":
            self._waiting.append(replace(write, due=write.due + fault.seconds, overwrites=True))

    def arrived(self, now: float) -> list[MirroredWrite]:
        """Returns the writes that have arrived by now, in the order of their arrival, and keeps the others."""
        due = sorted((write for write in self._waiting if write.due <= now), key=lambda write: write.due)
        self._waiting = [write for write in self._waiting if write.due > now]
        return due

    def waiting(self) -> list[MirroredWrite]:
        """Returns the writes that are on their way."""
        return list(self._waiting)

    def _next_fault(self, write: MirroredWrite) -> MirroringFault | None:
        for index, fault in enumerate(self._faults):
            if fault.meets(write.source, write.queue):
                if fault.count is not None:
                    self._faults[index : index + 1] = [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                return fault
        return None


def _moved(member: str, text: str, source: str, region: str) -> str:
    """Returns an ARN of the source Region's instance as one of the other Region's; a number's V2 ARN stays as it is."""
    if ":instance/" in text and member in {NUMBER, FLOW}:
        return text.replace(f":connect:{source}:", f":connect:{region}:", 1)
    return text
