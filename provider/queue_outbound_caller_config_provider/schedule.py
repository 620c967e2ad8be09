"""Whose turn it is: the configs of a provider share the quota by the clock, without a word to each other.

Amazon Connect allows 2 requests a second with a burst of 5 for each API, account and Region (Connect service quotas), and
CloudFormation starts a stack's resources side by side, each invocation in an execution environment of its own. So time is
cut into frames of `lanes` slots. A config's slot is its rank modulo `lanes`, and the template lets CloudFormation start as
many configs at once as there are lanes (each waits for the one `lanes` ranks before it). An invocation that makes its call
in its own slot meets nobody, and a lane that comes back within a frame never misses its slot: how long CloudFormation
takes between two configs does not matter up to that. Clocks of Lambda are kept together by the Amazon Time Sync Service.

The schedule is made at synthesis and reaches the function as one environment variable, since it would change every config
if it were a property. It names each config by a fingerprint of its logical id: 500 of them take 1.5 kB of Lambda's 4 kB.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

REQUESTS_A_SECOND = 2.0
"""Default quota of each Connect API, per account and Region (Connect service quotas)."""
BURST = 5
"""Requests that may come at once after a pause (Connect service quotas)."""

MOST_LANES = 20
"""Lanes that a schedule has unless told otherwise: a frame of about 9 s, which CloudFormation's pause between two configs
(a few seconds) fits into, and which a config that is changed alone waits for at most."""

VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_SCHEDULE"
"""The environment variable of the function."""

_SPARE = 1.015
"""What a frame is longer than the quota asks for, so that others find a request left now and then."""
_SPARE_REQUESTS = 0.25
"""What is left of the burst after the last slot: calls come some hundredths of a second early or late."""
_FINGERPRINT = 3
"""Characters of a fingerprint. Two configs that share one share a slot, which costs a wait and no more."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A slot that comes round once a frame.

    Attributes:
        slot: which one of the frame, from 0.
        slots: how many a frame has.
        seconds: how long a slot lasts.
        rounds: how many configs share the slot, one after the other.
    """

    slot: int
    slots: int
    seconds: float
    rounds: int = 1

    @property
    def frame(self) -> float:
        """Seconds from one turn to the next."""
        return self.slots * self.seconds

    def wait(self, now: float, refused: int = 0) -> float:
        """Returns the seconds until the turn comes round.

        Arguments:
            now: seconds since the epoch.
            refused: how often this call was refused already. Within a slot, whoever was refused more often comes first: when
                two deploys share the quota, each waits for the other about as long.
        """
        place = self.slot + (3 - min(refused, 3)) / 4
        return (place * self.seconds - now) % self.frame if self.frame else 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """The configs of one provider that share a quota, in the order of their ranks.

    Attributes:
        lanes: how many configs CloudFormation has under way at once.
        fingerprints: of the configs' logical ids, joined.
    """

    lanes: int
    fingerprints: str

    @classmethod
    def of(cls, logical_ids: Sequence[str], most_lanes: int = MOST_LANES) -> Schedule:
        """Returns the schedule of configs, given in their order."""
        return cls(lanes_for(len(logical_ids), most_lanes), "".join(map(_fingerprint, logical_ids)))

    @property
    def size(self) -> int:
        """How many configs there are."""
        return len(self.fingerprints) // _FINGERPRINT

    @property
    def slot_seconds(self) -> float:
        """How long a slot lasts: such that the quota *and its burst* are used up when every config has had one."""
        if self.size <= BURST:
            return 0.0
        return _SPARE * (self.size - BURST + _SPARE_REQUESTS) / (self.size - 1) / REQUESTS_A_SECOND

    def rank(self, logical_id: str) -> int | None:
        """Returns a config's place in the order; None for one that is not listed."""
        wanted = _fingerprint(logical_id)
        for at in range(0, len(self.fingerprints), _FINGERPRINT):
            if self.fingerprints.startswith(wanted, at):
                return at // _FINGERPRINT
        return None

    def turn(self, logical_id: str) -> Turn:
        """Returns a config's turn. One that is not listed (removed in this very deploy) has any, but always the same."""
        rank = self.rank(logical_id)
        if rank is None:
            rank = int.from_bytes(hashlib.blake2s(logical_id.encode()).digest()[:4], "big")
        return Turn(rank % self.lanes, self.lanes, self.slot_seconds, -(-self.size // self.lanes))


def lanes_for(configs: int, most: int = MOST_LANES) -> int:
    """Returns how many lanes share the configs most evenly: at most `most`, and more than half of it.

    Every lane has a slot in every frame, so the slots of lanes that have run out of configs would be lost.
    """
    if configs <= most:
        return max(configs, 1)
    return min(range(most, most // 2, -1), key=lambda lanes: -(-configs // lanes) * lanes, default=1)


def to_variable(schedules: Sequence[Schedule]) -> str:
    """Returns the environment variable's value."""
    return " ".join(f"{schedule.lanes}:{schedule.fingerprints}" for schedule in schedules)


def turn_from(environment: Mapping[str, str], logical_id: str) -> Turn | None:
    """Returns a config's turn by the function's environment; None where there is no schedule, or none that is readable."""
    try:
        schedules = [
            Schedule(int(lanes), fingerprints)
            for lanes, _, fingerprints in (text.partition(":") for text in environment.get(VARIABLE, "").split())
        ]
    except ValueError:
        return None
    if not schedules or min(schedule.lanes for schedule in schedules) < 1:
        return None
    listed = [schedule for schedule in schedules if schedule.rank(logical_id) is not None]
    return max(listed or schedules, key=lambda schedule: schedule.size).turn(logical_id)


def _fingerprint(logical_id: str) -> str:
    digest = hashlib.blake2s(logical_id.encode(), digest_size=3).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_FINGERPRINT]
