"""One call from request to answer: fault, policy, quota, operation, journal, in the order that a call meets them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .arns import resource_id
from .faults import Fault, FaultError, Faults
from .journal import Call, Journal
from .model import ConnectModel, Match
from .operations import Place
from .permissions import Policies
from .queues import OPERATIONS
from .quota import Quota
from .refusal import Refusal
from .seed import Seed
from .state import World


@dataclass(frozen=True)
class Request:
    """A call as HTTP brings it: the path still encoded, Region and access key from the signature."""

    method: str
    path: str
    query: str
    body: bytes
    region: str
    access_key: str


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Engine:
    """The emulated service: all its parts, and how a call goes through them."""

    def __init__(self, seed: Seed) -> None:
        self.model = ConnectModel()
        self.start = seed
        self.world = World(seed)
        self.quota = Quota(self.world.clock.grown)
        self.faults = Faults()
        self.policies = Policies()
        self.journal = Journal()
        self._generation = 0

    def reset(self, seed: Seed | None = None) -> None:
        """Back to a seed (the first one, unless given): its settings and clock, no faults, policies, quota or calls.

        Calls in progress no longer take effect; their connections are dropped.
        """
        with self.world.lock:
            self._generation += 1
            self.world.load(seed or self.start)
            self.quota.off()
            self.faults.clear()
            self.policies.clear()
            self.journal.clear()

    def arm(self, fault: Fault) -> None:
        """Arms a fault; raises FaultError for an operation or a code that would never come."""
        if fault.operation not in {"*", *OPERATIONS}:
            raise FaultError(f"'{fault.operation}' is not emulated; these are: {', '.join(OPERATIONS)}")
        if fault.kind == "error" and fault.status is None and self.model.status(fault.code) is None:
            raise FaultError(f"the service model has no error '{fault.code}': give its status")
        self.faults.add(fault)

    def answer(self, request: Request) -> Answer | None:
        """Returns the answer to a call, or None where the connection is to be dropped without one."""
        match = self.model.match(request.method, request.path)
        if match is None:
            return self.refuse(Refusal("UnknownOperationException", f"No operation is {request.method} {request.path}"))
        call = self.journal.begin(match.operation, request.region, request.access_key)
        answer: Answer | None = None
        try:
            answer = self._answer(request, match, call)
        finally:
            call.status = answer.status if answer else None
            call.finished = time.monotonic()
        return answer

    def refuse(self, refusal: Refusal) -> Answer:
        """Returns an error answer as rest-json writes it, its status and members the model's."""
        status = refusal.status or self.model.status(refusal.code) or 500
        body = {self.model.error_member(refusal.code): refusal.message}
        return _answer(status, body, {"x-amzn-errortype": refusal.code})

    def _answer(self, request: Request, match: Match, call: Call) -> Answer | None:
        generation = self._generation
        try:
            if match.operation not in OPERATIONS:
                raise Refusal(
                    "OperationNotInEmulator",
                    f"{match.operation} is not emulated; these are: {', '.join(OPERATIONS)}",
                )
            call.input = self.model.read_input(match, request.query, request.body)
            faults = self.faults.meet(match.operation, call.region, call.input.get("QueueId"), call.access_key)
            call.fault = ", ".join(f"{fault.kind} {fault.when}" for fault in faults) or None
            if not self._suffer(faults, "before"):
                return None
            answer = self._run(match.operation, call, generation)
            return answer if answer and self._suffer(faults, "after") else None
        except Refusal as refusal:
            call.code, call.message = refusal.code, refusal.message
            return self.refuse(refusal)

    def _suffer(self, faults: list[Fault], when: str) -> bool:
        """Goes through the faults of a moment; False where the connection is to be dropped. Raises Refusal."""
        for fault in faults:
            if fault.when != when:
                continue
            if fault.kind in {"latency", "hang"}:
                self.faults.wait(fault.seconds)
            if fault.kind == "error":
                raise Refusal(fault.code, fault.message, fault.status)
            if fault.kind in {"drop", "hang"}:
                return False
        return True

    def _run(self, operation: str, call: Call, generation: int) -> Answer | None:
        """Validates, judges, counts and carries out a call; None where a reset came in between."""
        self.model.validate(operation, call.input)
        with self.world.lock:
            if generation != self._generation:
                return None
            self.world.settle()
            place = Place(self.world, call.region)
            try:
                self.policies.check(self.world, operation, call.region, call.access_key, call.input)
                bucket = operation if self.world.settings.quota_scope == "operation" else "every operation"
                self.quota.refused_calls_take = self.world.settings.refused_calls == "take some"
                if not self.quota.take(call.region, bucket):
                    raise Refusal(self.world.settings.throttling_code, "Rate exceeded")
                result = OPERATIONS[operation](place, call.input)
                call.effect = True
            finally:
                call.config = self._config_after(call)
        return _answer(200, result, {})

    def _config_after(self, call: Call) -> dict[str, str] | None:
        instance_id = resource_id(call.input.get("InstanceId") or "")
        queue = self.world.queue(call.region, instance_id, call.input.get("QueueId") or "")
        return dict(queue.config) if queue else None


def _answer(status: int, document: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Answer:
    body = b"" if document is None else json.dumps(document).encode()
    request_id = str(uuid.uuid4())
    return Answer(status, body, {"x-amzn-RequestId": request_id, "Content-Type": "application/json", **headers})
