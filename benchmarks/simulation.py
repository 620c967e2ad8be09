"""The provider's own Pacer under many invocations at once, in simulated time: an hour of deploys in a second.

The figures in `docs/benchmarks.md` are measured, with real processes and real time. This is what the rule was chosen with,
and what a test can afford to run. Each invocation runs the real `Pacer` on a thread of its own; one thread runs at a time,
and time moves on when all of them sleep, so the same seed gives the same run.
"""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from queue_outbound_caller_config_provider.pacing import Fault, Pacer
from queue_outbound_caller_config_provider.schedule import BURST, MOST_CHAINS, REQUESTS_A_SECOND, Schedule, chains_of

TIME_LIMIT = 880.0
"""Seconds that an invocation may use: Lambda's 15 minutes less the handler's reserve."""
_STACK_BYTES = 256 * 1024


def least_seconds(calls: int) -> float:
    """Returns how long `calls` of one API take at least at the default quota."""
    return max(calls - BURST, 0) / REQUESTS_A_SECOND


class Clock:
    """Simulated time, shared by all that sleep on it."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        self._due: list[tuple[float, int, threading.Semaphore]] = []
        self._count = 0
        self._idle = threading.Semaphore(0)

    def time(self) -> float:
        """Returns the simulated seconds since the epoch."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Waits, while others go on."""
        turn = self._wake_after(seconds)
        self._idle.release()
        turn.acquire()

    def start(self, seconds: float, work: Callable[[], None]) -> None:
        """Runs `work` on a thread of its own, `seconds` from now."""
        turn = self._wake_after(seconds)

        def run() -> None:
            turn.acquire()
            try:
                work()
            finally:
                self._idle.release()

        threading.Thread(target=run, daemon=True).start()

    def run(self) -> None:
        """Lets time pass until nobody sleeps."""
        usual = threading.stack_size(_STACK_BYTES)
        try:
            while self._due:
                self._now, _, turn = heapq.heappop(self._due)
                turn.release()
                self._idle.acquire()
        finally:
            threading.stack_size(usual)

    def _wake_after(self, seconds: float) -> threading.Semaphore:
        turn = threading.Semaphore(0)
        self._count += 1
        heapq.heappush(self._due, (self._now + max(seconds, 0.0), self._count, turn))
        return turn


class Throttled(Exception):
    """ThrottlingException."""


@dataclass
class Bucket:
    """The quota of one API."""

    clock: Clock
    tokens: float = BURST
    filled_at: float = 0.0

    def take(self) -> None:
        """Takes a token, or raises Throttled."""
        now = self.clock.time()
        self.tokens = min(BURST, self.tokens + (now - self.filled_at) * REQUESTS_A_SECOND)
        self.filled_at = now
        if self.tokens < 1:
            raise Throttled
        self.tokens -= 1


@dataclass
class Deploy:
    """A stack of configs, started as CloudFormation does: each once the one before it in its chain has answered.

    What came of it: `window`, the seconds between the first and the last call of the busiest API that was not refused;
    `succeeded` configs, `throttled` calls, and the `longest` invocation in seconds.

    Attributes:
        configs: how many.
        scheduled: whether the function knows the schedule.
        chains: how many at most; as the schedule has them when None; 0: all start at once.
        gap: seconds between an answer and the start of the next. This, `cold` and `call` are each drawn from what is given
            to half as much again.
        cold: seconds of the cold start, once a chain.
        call: seconds of one call.
        describes: calls of DescribeQueue for each config.
        start: seconds after which it starts.
    """

    configs: int
    scheduled: bool = True
    chains: int | None = None
    gap: float = 1.0
    cold: float = 0.5
    call: float = 0.06
    describes: int = 1
    start: float = 0.0
    window: float = field(init=False, default=0.0)
    succeeded: int = field(init=False, default=0)
    throttled: int = field(init=False, default=0)
    longest: float = field(init=False, default=0.0)


@dataclass
class Traffic:
    """Another client of the account: DescribeQueue every `every` seconds, with the 3 attempts of boto3's default."""

    every: float
    succeeded: int = field(init=False, default=0)
    failed: int = field(init=False, default=0)


def simulate(deploys: Sequence[Deploy], traffic: Sequence[Traffic] = (), *, seed: int) -> None:
    """Runs deploys side by side against the quotas of one account, and fills in their figures."""
    random.seed(seed)  # the Pacer's own jitter
    rng = random.Random(seed)  # noqa: S311 - no secret
    clock = Clock(rng.uniform(1000, 2000))
    buckets = {name: Bucket(clock) for name in ("DescribeQueue", "UpdateQueueOutboundCallerConfig")}
    simulation = _Simulation(clock, buckets, rng)
    for deploy in deploys:
        simulation.start(deploy)
    for client in traffic:
        clock.start(0.0, lambda client=client: simulation.call_until_done(client, deploys))  # type: ignore[misc]
    clock.run()


@dataclass
class _Simulation:
    clock: Clock
    buckets: dict[str, Bucket]
    rng: random.Random
    taken: dict[int, dict[str, list[float]]] = field(default_factory=dict)

    def start(self, deploy: Deploy) -> None:
        """Starts what CloudFormation starts at first."""
        names = [f"Config{number}" for number in range(deploy.configs)]
        schedule = Schedule.of(chains_of(names, MOST_CHAINS)) if deploy.scheduled else None
        most = MOST_CHAINS if deploy.chains is None else deploy.chains or deploy.configs

        def run(chain: Sequence[str]) -> None:
            for place, name in enumerate(chain):
                if place:
                    self.clock.sleep(self.about(deploy.gap))
                self.invoke(deploy, schedule, name)

        for chain in chains_of(names, most):
            # mypy does not infer a lambda with a default value, which binds this round's chain.
            self.clock.start(deploy.start + self.about(deploy.cold), lambda chain=chain: run(chain))  # type: ignore[misc]

    def invoke(self, deploy: Deploy, schedule: Schedule | None, logical_id: str) -> None:
        """Runs one invocation."""
        started = self.clock.time()
        taken = self.taken.setdefault(id(deploy), {})
        pacer = Pacer(
            lambda: TIME_LIMIT - (self.clock.time() - started),
            slot=schedule.time_slot(logical_id) if schedule else None,
            now=self.clock.time,
            sleep=self.clock.sleep,
        )

        def call(operation: str) -> None:
            def attempt() -> None:
                self.clock.sleep(self.about(deploy.call / 2))
                try:
                    self.buckets[operation].take()
                    taken.setdefault(operation, []).append(self.clock.time())
                finally:
                    self.clock.sleep(self.about(deploy.call / 2))

            pacer.call(operation, attempt, _fault)

        self.clock.sleep(self.about(deploy.call))  # SSM GetParameter
        call("DescribeQueue")
        self.clock.sleep(self.about(deploy.call))  # SSM PutParameter
        call("UpdateQueueOutboundCallerConfig")
        for _ in range(deploy.describes - 1):
            call("DescribeQueue")
        self.clock.sleep(self.about(deploy.call))  # SSM GetParameter
        deploy.succeeded += 1
        deploy.throttled += pacer.throttled
        deploy.longest = max(deploy.longest, self.clock.time() - started)
        deploy.window = max(max(times) - min(times) for times in taken.values())

    def call_until_done(self, client: Traffic, deploys: Sequence[Deploy]) -> None:
        """Calls as long as there are deploys."""
        while any(deploy.succeeded < deploy.configs for deploy in deploys):
            if self.is_answered():
                client.succeeded += 1
            else:
                client.failed += 1
            self.clock.sleep(client.every)

    def is_answered(self) -> bool:
        """Returns whether one of three attempts gets through, with the waits of boto3's standard mode."""
        for attempt in range(3):
            try:
                self.buckets["DescribeQueue"].take()
            except Throttled:
                self.clock.sleep(self.rng.random() * 2**attempt)
            else:
                return True
        return False

    def about(self, seconds: float) -> float:
        """Returns the seconds, or up to half as many more."""
        return seconds * self.rng.uniform(1.0, 1.5)


def _fault(problem: Exception) -> Fault:
    return Fault.THROTTLED if isinstance(problem, Throttled) else Fault.FINAL
