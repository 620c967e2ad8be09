"""When a config may call: the configs of a provider share the quota by the clock, without a word to each other.

Amazon Connect allows 2 requests a second with a burst of 5 for each API, account and Region (Connect service quotas), and
CloudFormation starts a stack's resources side by side, each invocation in an execution environment of its own. So the
template puts the configs into at most 20 chains, of which CloudFormation runs one config each at a time, and time is cut into
cycles of one slot for each chain. An invocation that makes its call in its chain's slot meets nobody, and a chain that comes
back within a cycle never misses its slot. The clocks of Lambda are kept together by the Amazon Time Sync Service.

With 45 configs there are 16 chains of at most 3. Which chain a config is in depends on a hash of its name, so that a config
that is added or removed moves few of the others.

In a large deploy four slots in a row begin at once. It takes as long, and between two such moments the quota is free for others:
another client's call that meets a moment and is refused gets through half a second later.

The schedule is made at synthesis and reaches the function as one environment variable, since it would change every config
if it were a property. It names each config by a fingerprint of its logical id: 500 of them take 1.5 kB of Lambda's 4 kB.
"""

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
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

_ROOM = 1.005
"""How many places the chains have for each config. With fewer, a new config would push more of the others into another chain;
with more, more slots would be empty."""
_SPARE = 1.015
"""Stretches each cycle by 1.5 %, which leaves quota for other clients."""
_SPARE_REQUESTS = 0.25
"""What is left of the burst after the final slot: calls come some hundredths of a second early or late."""
_TOGETHER = 4
"""Slots that begin at once in a large deploy: fewer than the burst, which must be there again two seconds later."""
_FEW = 4
"""Configs in a chain with which a deploy is over soon: there, to wait for others would cost more than a tenth of the time."""
_LEAD = 0.02
"""Seconds that a config calls earlier for each config that waits for it in its chain: when two deploys meet, the chains that have
most left get through, and so all chains end at about the same time."""
_LONGEST_LEAD = 0.1
_ROUNDING = 1e-6
"""Slots by which the moment when one begins may be missed: a float's precision, fifty years after the epoch."""
_FINGERPRINT = 3
"""Characters of a fingerprint. Two configs that share one share a slot, which costs a wait and no more."""
_SCHEDULE = re.compile(r",*[\w-]{3}([\w-]{3}|,)*")
"""A schedule in the variable: fingerprints, and commas between the chains."""


@dataclass(frozen=True, slots=True)
class TimeSlot:
    """A time slot that comes round once a cycle.

    Attributes:
        slot: which one of the cycle, from 0.
        slots: how many a cycle has.
        seconds: how long a slot lasts.
        rounds: how many configs share the slot, one after the other.
        together: how many slots in a row begin when the first of them does.
        lead: seconds that it begins earlier than that.
    """

    slot: int
    slots: int
    seconds: float
    rounds: int = 1
    together: int = 1
    lead: float = 0.0

    @property
    def cycle(self) -> float:
        """Seconds from one slot of this chain to the next."""
        return self.slots * self.seconds

    def wait(self, now: float, *, for_any: bool = False) -> float:
        """Returns the seconds until the slot, or any slot of the cycle, comes round; `now` in seconds since the epoch."""
        if not self.cycle:
            return 0.0
        # By their numbers from the epoch: the next slot with which others begin, and the one that ours begins with.
        begins = math.ceil((now + self.lead) / (self.seconds * self.together) - _ROUNDING) * self.together
        if not for_any:
            own = begins + (self.slot - begins) % self.slots
            begins = own - own % self.together
        return max(begins * self.seconds - self.lead - now, 0.0)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The configs of one provider that share a quota.

    Attributes:
        chains: for each chain, the fingerprints of its configs' logical ids.
    """

    chains: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, chains: Iterable[Iterable[str]]) -> "Schedule":
        """Returns the schedule of some chains, which are lists of logical ids (`chains_of`)."""
        return cls(tuple(tuple(map(_fingerprint, chain)) for chain in chains))

    @property
    def size(self) -> int:
        """How many configs there are."""
        return sum(map(len, self.chains))

    @property
    def slot_seconds(self) -> float:
        """How long a slot lasts: such that the quota *and its burst* are used up when every config has had one.

        A few slots are empty, since some chains are a config shorter than others: a quarter of them is made up for.
        """
        if self.size <= BURST:
            return 0.0
        slots = self.size + (len(self.chains) * self.rounds - self.size) / 4
        return _SPARE * (self.size - BURST + _SPARE_REQUESTS) / (slots - self.together) / REQUESTS_A_SECOND

    @property
    def together(self) -> int:
        """How many slots begin at once."""
        return _TOGETHER if self.rounds > _FEW and len(self.chains) > _TOGETHER**2 else 1

    @property
    def rounds(self) -> int:
        """How many configs the longest chain has."""
        return max(map(len, self.chains))

    def place(self, logical_id: str) -> tuple[int, int] | None:
        """Returns the number of a config's chain and its own number there; None for one that is not listed."""
        wanted = _fingerprint(logical_id)
        for number, chain in enumerate(self.chains):
            if wanted in chain:
                return number, chain.index(wanted)
        return None

    def time_slot(self, logical_id: str, *, backwards: bool = False) -> TimeSlot:
        """Returns a config's slot. One that is not listed (removed in this very deploy) has any, but always the same.

        Args:
            logical_id: the config's.
            backwards: whether CloudFormation goes through the chains from their ends, as it does to delete.
        """
        number, before = self.place(logical_id) or (_hash(logical_id) % len(self.chains), 0)
        waiting = before if backwards else len(self.chains[number]) - before - 1
        lead = min(waiting * _LEAD, _LONGEST_LEAD) if self.together > 1 else 0.0
        return TimeSlot(number, len(self.chains), self.slot_seconds, self.rounds, self.together, lead)


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
    return " ".join(",".join(map("".join, schedule.chains)) for schedule in schedules)


def time_slot_from(environment: Mapping[str, str], logical_id: str, *, backwards: bool = False) -> TimeSlot | None:
    """Returns a config's slot (see `Schedule.time_slot`) by the function's environment; None if it has no schedule."""
    texts = filter(_SCHEDULE.fullmatch, environment.get(VARIABLE, "").split())
    schedules = [Schedule(tuple(tuple(re.findall("...", chain)) for chain in text.split(","))) for text in texts]
    best = max(schedules, key=lambda schedule: (schedule.place(logical_id) is not None, schedule.size), default=None)
    return best.time_slot(logical_id, backwards=backwards) if best else None


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=8).digest(), "big")


def _fingerprint(logical_id: str) -> str:
    digest = hashlib.blake2s(logical_id.encode(), digest_size=3).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_FINGERPRINT]
