"""When a config may call: the configs of a provider share the quota by the clock, without a word to each other.

Amazon Connect allows 2 requests a second with a burst of 5 for each API, account and Region (Connect service quotas), and
CloudFormation starts a stack's resources side by side, each invocation in an execution environment of its own. So the
template puts the configs into at most 20 chains, of which CloudFormation runs one config each at a time, and time is cut into
cycles of one slot for each chain. An invocation that makes its call in its chain's slot meets nobody, and a chain that comes
back within a cycle never misses its slot. The clocks of Lambda are kept together by the Amazon Time Sync Service.

With 45 configs there are 16 chains of at most 3. Which chain a config is in depends on a hash of its name, so that a config
that is added or removed moves few of the others.

The schedule is made at synthesis and reaches the function as one environment variable, since it would change every config
if it were a property. It names each config by a fingerprint of its logical id: 500 of them take 1.5 kB of Lambda's 4 kB.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

REQUESTS_A_SECOND = 2.0
"""Default quota of each Connect API, per account and Region (Connect service quotas)."""
BURST = 5
"""Requests that may come at once after a pause (Connect service quotas)."""

MOST_CHAINS = 20
"""Chains that a schedule has unless told otherwise: a cycle of about 9 s. CloudFormation's pause between two configs (a few
seconds) fits into it, and a config that is changed alone waits for it at most."""

VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_SCHEDULE"
"""The environment variable of the function."""

_ROOM = 1.02
"""How many places the chains have for each config. With fewer, a new config would push more of the others into another chain;
with more, more slots would be empty."""
_SPARE = 1.015
"""Stretches each cycle by 1.5 %, which leaves quota for other clients."""
_SPARE_REQUESTS = 0.25
"""What is left of the burst after the final slot: calls come some hundredths of a second early or late."""
_FINGERPRINT = 3
"""Characters of a fingerprint. Two configs that share one share a slot, which costs a wait and no more."""


@dataclass(frozen=True, slots=True)
class TimeSlot:
    """A time slot that comes round once a cycle.

    Attributes:
        slot: which one of the cycle, from 0.
        slots: how many a cycle has.
        seconds: how long a slot lasts.
        rounds: how many configs share the slot, one after the other.
    """

    slot: int
    slots: int
    seconds: float
    rounds: int = 1

    @property
    def cycle(self) -> float:
        """Seconds from one slot of this chain to the next."""
        return self.slots * self.seconds

    def wait(self, now: float) -> float:
        """Returns the seconds until the slot comes round, `now` in seconds since the epoch."""
        return (self.slot * self.seconds - now) % self.cycle if self.cycle else 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """The configs of one provider that share a quota.

    Attributes:
        chains: for each chain, the fingerprints of its configs' logical ids, joined.
    """

    chains: tuple[str, ...]

    @classmethod
    def of(cls, logical_ids: Sequence[str], most_chains: int = MOST_CHAINS) -> Schedule:
        """Returns the schedule of configs."""
        return cls(tuple("".join(map(_fingerprint, chain)) for chain in chains_of(logical_ids, most_chains)))

    @property
    def size(self) -> int:
        """How many configs there are."""
        return sum(map(len, self.chains)) // _FINGERPRINT

    @property
    def is_readable(self) -> bool:
        """Whether the chains are whole fingerprints."""
        return all(len(chain) % _FINGERPRINT == 0 for chain in self.chains)

    @property
    def slot_seconds(self) -> float:
        """How long a slot lasts: such that the quota *and its burst* are used up when every config has had one.

        A few slots are empty, since some chains are a config shorter than others: a quarter of them is made up for.
        """
        if self.size <= BURST:
            return 0.0
        slots = self.size + (len(self.chains) * self.rounds - self.size) / 4
        return _SPARE * (self.size - BURST + _SPARE_REQUESTS) / (slots - 1) / REQUESTS_A_SECOND

    @property
    def rounds(self) -> int:
        """How many configs the longest chain has."""
        return max(map(len, self.chains)) // _FINGERPRINT

    def chain(self, logical_id: str) -> int | None:
        """Returns the number of a config's chain; None for one that is not listed."""
        wanted = _fingerprint(logical_id)
        for number, chain in enumerate(self.chains):
            if any(chain.startswith(wanted, at) for at in range(0, len(chain), _FINGERPRINT)):
                return number
        return None

    def time_slot(self, logical_id: str) -> TimeSlot:
        """Returns a config's slot. One that is not listed (removed in this very deploy) has any, but always the same."""
        number = self.chain(logical_id)
        if number is None:
            number = _hash(logical_id) % len(self.chains)
        return TimeSlot(number, len(self.chains), self.slot_seconds, self.rounds)


def chains_of(names: Sequence[str], most: int = MOST_CHAINS) -> list[list[str]]:
    """Returns the chains of configs: at most `most`, all of about the same length.

    Each config goes to the chain that it prefers among those with room left; its preference is a hash of both.
    """
    if len(names) <= most:
        return [[name] for name in names]
    length = math.ceil(len(names) / most)
    while math.ceil(len(names) * _ROOM / length) > most:
        length += 1
    count = math.ceil(len(names) * _ROOM / length)
    chains: list[list[str]] = [[] for _ in range(count)]
    open_chains = set(range(count))
    for name in sorted(names, key=_hash):
        number = max(open_chains, key=lambda chain, name=name: _hash(f"{chain} {name}"))  # type: ignore[misc]
        chains[number].append(name)
        if len(chains[number]) == length:
            open_chains.remove(number)
    return chains


def to_variable(schedules: Sequence[Schedule]) -> str:
    """Returns the environment variable's value."""
    return " ".join(",".join(schedule.chains) for schedule in schedules)


def time_slot_from(environment: Mapping[str, str], logical_id: str) -> TimeSlot | None:
    """Returns a config's slot by the function's environment; None if it has no schedule."""
    schedules = [Schedule(tuple(text.split(","))) for text in environment.get(VARIABLE, "").split()]
    schedules = [schedule for schedule in schedules if schedule.size and schedule.is_readable]
    if not schedules:
        return None
    listed = [schedule for schedule in schedules if schedule.chain(logical_id) is not None]
    return max(listed or schedules, key=lambda schedule: schedule.size).time_slot(logical_id)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=8).digest(), "big")


def _fingerprint(logical_id: str) -> str:
    digest = hashlib.blake2s(logical_id.encode(), digest_size=3).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_FINGERPRINT]
