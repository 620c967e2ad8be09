"""How the proxy behaves: quotas, staleness, denials, faults and Regions that are down."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

READS = frozenset({"GetParameter", "GetParameters", "GetParametersByPath"})
"""Operations that share the quota of GetParameter."""
MOODS = ("well", "down", "hanging")


class BehaviorError(ValueError):
    """A behavior that makes no sense."""


@dataclass(frozen=True)
class Denial:
    """Calls that IAM denies.

    Attributes:
        action: the operation, `*` and `?` allowed.
        name: the parameter's name, `*` and `?` allowed.
        region: only calls in this Region.
        why: the end of the message, as IAM writes it.
    """

    action: str = "*"
    name: str = "*"
    region: str | None = None
    why: str = "because no identity-based policy allows the ssm:{action} action"

    def meets(self, region: str, action: str, name: str) -> bool:
        """Says whether a call is denied."""
        return _matches(self.action, action) and _matches(self.name, name) and self.region in {None, region}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with the next calls of a kind.

    Attributes:
        action: the operation, `*` and `?` allowed.
        code: the error code; without one the connection ends without an answer.
        status: the HTTP status of an error.
        when: `before` or `after` the call took effect.
        region, name: only calls in this Region, or of this parameter (`*` and `?` allowed).
        count: how many calls it meets; None for all from then on.
    """

    action: str = "*"
    code: str | None = "InternalServerError"
    status: int = 500
    when: str = "before"
    region: str | None = None
    name: str = "*"
    count: int | None = 1

    def __post_init__(self) -> None:
        if self.when not in {"before", "after"}:
            raise BehaviorError(f"when is before or after, not '{self.when}'")

    def meets(self, region: str, action: str, name: str, when: str) -> bool:
        """Says whether it happens to a call at this moment."""
        return (
            self.when == when
            and _matches(self.action, action)
            and _matches(self.name, name)
            and self.region in {None, region}
        )


@dataclass(frozen=True)
class Behavior:
    """How calls are answered.

    Attributes:
        read_rate, read_burst: reads a second in each Region (GetParameter, GetParameters and GetParametersByPath share
            them), and at once after a rest; a rate of None means no quota.
        put_rate, put_burst: the same for PutParameter.
        stale_seconds: for so many seconds after a write, reads see what was there before.
        stale_reads: the first so many reads of a parameter after a write see what was there before.
        stale_share: the share of reads, drawn at random, that are stale while they may be.
        denials: what IAM denies.
        moods: Regions that are not `well`: `down` ends connections without an answer, `hanging` never answers.
    """

    read_rate: float | None = None
    read_burst: int = 40
    put_rate: float | None = None
    put_burst: int = 20
    stale_seconds: float = 0.0
    stale_reads: int = 0
    stale_share: float = 1.0
    denials: tuple[Denial, ...] = ()
    moods: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for mood in self.moods.values():
            if mood not in MOODS:
                raise BehaviorError(f"a Region is {', '.join(MOODS)}, not '{mood}'")
        if self.stale_seconds < 0 or self.stale_reads < 0 or not 0 <= self.stale_share <= 1:
            raise BehaviorError("staleness is 0 or more, and a share is from 0 to 1")

    @property
    def stale(self) -> bool:
        """Whether any read may be stale."""
        return self.stale_seconds > 0 or self.stale_reads > 0

    def rate(self, action: str) -> tuple[float, int, str] | None:
        """Returns the quota of an operation (calls a second, calls at once, the bucket's name), if it has one."""
        if action in READS and self.read_rate is not None:
            return self.read_rate, self.read_burst, "read"
        if action == "PutParameter" and self.put_rate is not None:
            return self.put_rate, self.put_burst, "put"
        return None

    def to_json(self) -> dict[str, Any]:
        """Returns the behavior by its attributes."""
        return asdict(self)

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Behavior:
        """Returns the behavior that `to_json` wrote; what is missing is quiet."""
        known = {entry.name for entry in fields(Behavior)}
        if unknown := set(document) - known:
            raise BehaviorError(f"a behavior has no {', '.join(sorted(unknown))}")
        denials = tuple(Denial(**entry) for entry in document.get("denials", ()))
        return Behavior(**{**document, "denials": denials})


QUIET = Behavior()
"""As MiniStack answers: no quota, no denial, no stale read."""
AWS_LIMITS = Behavior(read_rate=40.0, put_rate=3.0)
"""The default throughput: 40 reads a second, and 3 writes a second with a burst of 20."""


def _matches(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern)
