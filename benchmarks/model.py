"""CloudFormation and Lambda as the benchmarks play them.

CloudFormation
    It starts every resource whose `DependsOn` is done, all at once, and for Delete in the reverse order. Between the answer
    of one resource and the start of those that wait for it, `gap` seconds pass. It sends the events of its custom resource
    protocol and takes the answers over HTTPS, as S3 would.
    Left out: how it staggers the start of many resources; its own time before the first and after the final resource; that
    it stops starting others when one has failed, and rolls back (here all are tried, so that successes can be counted).
    Another resource than the configs of the template is taken to be there already.

Lambda
    Each invocation has an execution environment of its own: a process forked from one that has imported the function, so
    that it shares no memory, no connection and no client's state with any other. An environment that is free again serves
    the next invocation; when none is, there is a cold start, of `cold_start` seconds. (The process is forked anew in either
    case, so a connection or a cache that a warm environment would have kept is not counted in anyone's favour.)
    Node's functions run in one process, each invocation with a copy of the module and a client of its own.
    If a benchmark gives a limit of concurrent executions (the account's or a reserved one), an event that meets it goes back
    to Lambda's queue and is tried again after 1 s, 2 s, 4 s … 5 minutes, as the developer guide has it for asynchronous
    invocation.
    Left out: the delay of asynchronous invocation, that other functions use the same limit, and that a function has less than
    a CPU: all invocations share this machine's cores.

Amazon Connect is the emulator with the default quota, SSM is MiniStack's behind a proxy with Parameter Store's quotas and reads
that are up to 2 s old.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from .answers import Answer, AnswerBox

GAP = 1.0
"""Seconds between an answer and the start of what waited for it, unless a benchmark says otherwise."""
COLD_START = 0.5
"""Seconds of a cold start, unless a benchmark says otherwise."""
LONGEST_RETRY = 300.0
"""Seconds between two tries of an event that meets the limit of concurrent executions, at most (Lambda developer guide)."""
ACCOUNT = "123456789012"

Invoke = Callable[[dict[str, Any], float], None]
"""Runs the function on an event, so many seconds from now."""


@dataclass(frozen=True)
class Resource:
    """A config in a template: its properties, and the logical ids that it depends on."""

    properties: Mapping[str, Any]
    depends_on: frozenset[str] = frozenset()


@dataclass
class Operation:
    """What came of creating, updating or deleting all resources of a stack.

    Attributes:
        request_type: `Create`, `Update` or `Delete`.
        seconds: from CloudFormation's first step to the last answer, cold starts and gaps included.
        durations: seconds of each invocation, without the cold start.
        failures: the reasons of those that failed; resources without an answer stand as `no answer`.
        most_at_once: the most invocations that ran at the same time.
        sent_back: how often an event met the limit of concurrent executions.
    """

    request_type: str
    seconds: float = 0.0
    durations: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    most_at_once: int = 0
    sent_back: int = 0

    @property
    def succeeded(self) -> int:
        """How many resources succeeded."""
        return len(self.durations) - sum(reason != "no answer" for reason in self.failures)


class CloudFormation:
    """One stack's deployments.

    Arguments:
        name: the stack's name.
        region: its Region.
        answers: where functions put their answers.
        invoke: runs the function.
        gap, cold_start: seconds, see above.
        limit: of concurrent executions; none when None.
        patience: seconds without any answer after which the rest is taken to have none.
    """

    def __init__(
        self,
        name: str,
        region: str,
        answers: AnswerBox,
        invoke: Invoke,
        *,
        gap: float = GAP,
        cold_start: float = COLD_START,
        limit: int | None = None,
        patience: float = 960.0,
    ) -> None:
        self._arn = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/{uuid4()}"
        self._function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
        self._answers = answers
        self._invoke = invoke
        self._gap = gap
        self._cold_start = cold_start
        self._limit = limit
        self._patience = patience
        self._resources: Mapping[str, Resource] = {}
        self._physical_ids: dict[str, str] = {}

    def create(self, resources: Mapping[str, Resource]) -> Operation:
        """Creates all resources."""
        self._resources = resources
        return self._run("Create", {}, {name: resource.depends_on for name, resource in resources.items()})

    def update(self, resources: Mapping[str, Resource]) -> Operation:
        """Updates all resources."""
        old, self._resources = self._resources, resources
        return self._run("Update", old, {name: resource.depends_on for name, resource in resources.items()})

    def delete(self) -> Operation:
        """Deletes all resources."""
        waits: dict[str, set[str]] = {name: set() for name in self._resources}
        for name, resource in self._resources.items():
            for other in resource.depends_on:
                waits[other].add(name)
        return self._run("Delete", {}, waits)

    def events(
        self,
        request_type: str,
        resources: Mapping[str, Resource],
        old: Mapping[str, Resource],
        physical_ids: Mapping[str, str],
    ) -> list[dict[str, Any]]:
        """Returns the events of an operation without running it."""
        self._resources, self._physical_ids = resources, dict(physical_ids)
        listener = self._answers.listen()
        return [self._event(request_type, name, old, listener.url_of(name)) for name in resources]

    def _run(
        self, request_type: str, old: Mapping[str, Resource], waits: Mapping[str, frozenset[str] | set[str]]
    ) -> Operation:
        run = _Run(Operation(request_type), self._answers.listen(), self._cold_start, self._limit)
        waiting = {name: set(others) & self._resources.keys() for name, others in waits.items()}
        dependents: dict[str, list[str]] = {name: [] for name in waiting}
        for name, others in waiting.items():
            for other in others:
                dependents[other].append(name)
        began = time.monotonic()
        run.start(0.0, *(name for name, others in waiting.items() if not others))
        while run.is_open:
            while (started := run.next_to_start()) is not None:
                event = self._event(request_type, started, old, run.answers.url_of(started))
                self._invoke(event, run.environment(started))
            answer = run.next_answer(self._patience)
            if answer is None:
                continue
            run.done(answer)
            self._physical_ids[answer.logical_id] = answer.physical_id
            for name in dependents[answer.logical_id]:
                waiting[name].discard(answer.logical_id)
                if not waiting[name]:
                    run.start(self._gap, name)
        run.operation.seconds = time.monotonic() - began
        run.operation.failures += ["no answer"] * (len(waiting) - len(run.operation.durations))
        return run.operation

    def _event(self, request_type: str, name: str, old: Mapping[str, Resource], url: str) -> dict[str, Any]:
        event: dict[str, Any] = {
            "RequestType": request_type,
            "ServiceToken": self._function,
            "ResponseURL": url,
            "StackId": self._arn,
            "RequestId": str(uuid4()),
            "LogicalResourceId": name,
            "ResourceType": "Custom::ConnectQueueOutboundCallerConfig",
            "ResourceProperties": {"ServiceToken": self._function, **self._resources[name].properties},
        }
        if request_type != "Create":
            event["PhysicalResourceId"] = self._physical_ids[name]
        if request_type == "Update":
            event["OldResourceProperties"] = {"ServiceToken": self._function, **old[name].properties}
        return event


class _Run:
    """The state of one operation while it runs."""

    def __init__(self, operation: Operation, answers: AnswerBox.Listener, cold_start: float, limit: int | None) -> None:
        self.operation = operation
        self.answers = answers
        self._cold_start = cold_start
        self._limit = limit
        self._sent_back: Counter[str] = Counter()
        self._order = itertools.count()
        self._to_start: list[tuple[float, int, str]] = []
        self._under_way: dict[str, float] = {}
        self._free_environments = 0
        self._last_answer = time.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether there is anything to start or to wait for."""
        return bool(self._to_start or self._under_way)

    def start(self, seconds: float, *names: str) -> None:
        """Has resources start after so many seconds."""
        for name in names:
            heapq.heappush(self._to_start, (time.monotonic() + seconds, next(self._order), name))

    def next_to_start(self) -> str | None:
        """Returns a resource to start now; one that meets the limit of concurrent executions goes back to Lambda's queue."""
        while self._to_start and self._to_start[0][0] <= time.monotonic():
            name = heapq.heappop(self._to_start)[2]
            if self._limit is None or len(self._under_way) < self._limit:
                return name
            self.start(min(2.0 ** self._sent_back[name], LONGEST_RETRY), name)
            self._sent_back[name] += 1
            self.operation.sent_back += 1
        return None

    def environment(self, name: str) -> float:
        """Takes an execution environment, and returns the seconds until it is there."""
        delay = 0.0 if self._free_environments else self._cold_start
        self._free_environments = max(self._free_environments - 1, 0)
        self._under_way[name] = time.monotonic() + delay
        self.operation.most_at_once = max(self.operation.most_at_once, len(self._under_way))
        return delay

    def next_answer(self, patience: float) -> Answer | None:
        """Waits for an answer, as long as nothing is to be started; without one for too long, gives the rest up."""
        now = time.monotonic()
        if now - self._last_answer > patience and not self._to_start:
            self._under_way.clear()
            return None
        timeout = min(self._to_start[0][0] - now if self._to_start else 1.0, 1.0)
        try:
            answer = self.answers.queue.get(timeout=max(timeout, 0.001))
        except queue.Empty:
            return None
        return answer if answer.logical_id in self._under_way else None

    def done(self, answer: Answer) -> None:
        """Notes an answer."""
        self._last_answer = time.monotonic()
        self._free_environments += 1
        self.operation.durations.append(answer.at - self._under_way.pop(answer.logical_id))
        if answer.status != "SUCCESS":
            self.operation.failures.append(answer.reason)
