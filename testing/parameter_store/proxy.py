"""The proxy itself: SSM's JSON protocol in front, MiniStack behind."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from testing.local_aws import LocalAws

from .behavior import QUIET, Behavior, Denial, Fault
from .calls import Answer, Asked, Call, Upstream
from .memory import Memory, Snapshot, Truth
from .server import Server

_WRITES = frozenset({"PutParameter", "DeleteParameter"})


class _Bucket:
    def __init__(self, burst: int) -> None:
        self.tokens, self.filled = float(burst), time.monotonic()

    def take(self, rate: float, burst: int) -> bool:
        now = time.monotonic()
        self.tokens = min(float(burst), self.tokens + (now - self.filled) * rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class ParameterStore:
    """The proxy on a free loopback port (`AWS_ENDPOINT_URL_SSM`).

    Args:
        url: MiniStack's endpoint; may also be set later, before the first call.
        ca_bundle: what trusts MiniStack.
        key: what opens MiniStack's door; the proxy has it, so its callers need none.

    Attributes:
        behavior: how it answers; `QUIET` at first.
        calls: the calls that arrived.
    """

    def __init__(self, url: str = "", ca_bundle: Path | None = None, key: str = "") -> None:
        self.url, self.ca_bundle, self.key = url, ca_bundle, key
        self.door = f"/{secrets.token_urlsafe(16)}"
        self.behavior: Behavior = QUIET
        self.calls: list[Call] = []
        self._memory = Memory()
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._released = threading.Event()
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @classmethod
    def in_front_of(cls, local_aws: LocalAws) -> Self:
        """Returns the proxy of a local AWS."""
        return cls(local_aws.endpoint, local_aws.ca_bundle, local_aws.credentials["AWS_SESSION_TOKEN"])

    @property
    def endpoint(self) -> str:
        """Its URL, with a random path: whoever does not know it gets nothing."""
        return f"http://127.0.0.1:{self._server.server_port}{self.door}"

    # How it behaves

    def behave(self, behavior: Behavior) -> None:
        """Behaves so from now on, with full buckets; calls that hang are let go."""
        with self._lock:
            self.behavior = behavior
            self._buckets.clear()
            self._released.set()
            self._released = threading.Event()

    def change(self, **changes: Any) -> None:
        """Changes parts of the behavior."""
        self.behave(replace(self.behavior, **changes))

    def deny(self, action: str = "*", name: str = "*", **more: str) -> None:
        """Denies calls from now on. `more` as in `Denial`: `region`, `why`."""
        self.change(denials=(*self.behavior.denials, Denial(action, name, **more)))

    def fail(self, action: str = "*", code: str | None = "InternalServerError", **more: Any) -> None:
        """Lets the next call fail. `more` as in `Fault`; a code of None drops the connection."""
        self.arm(Fault(action, code, **more))

    def arm(self, fault: Fault) -> None:
        """Arms a fault."""
        with self._lock:
            self._faults.append(fault)

    def down(self, region: str, mood: str = "down") -> None:
        """Takes a Region down (`down`, `hanging`), or makes it `well` again."""
        self.change(moods={**self.behavior.moods, region: mood})

    def clear_faults(self) -> None:
        """Disarms all faults."""
        with self._lock:
            self._faults.clear()

    def stale_by(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Lets reads be stale by another clock, for callers whose time passes faster; forgets what is stale now."""
        self._memory.clear()
        self._memory.clock = clock

    def reset(self) -> None:
        """Quiet again; no faults, no calls, nothing old to be seen."""
        with self._lock:
            self._faults.clear()
            self.calls = []
        self.stale_by()
        self.behave(QUIET)

    # Calls

    def answer(self, asked: Asked, upstream: Upstream) -> Answer | None:
        """Returns the answer to a call, or None where the connection ends without one."""
        call = Call(asked.region, asked.action, asked.selected[0], time.monotonic())
        self.calls.append(call)
        answer = self._answer(asked, upstream)
        call.outcome = "dropped" if answer is None else _outcome(answer)
        return answer

    def _answer(self, asked: Asked, upstream: Upstream) -> Answer | None:
        behavior, released = self.behavior, self._released
        mood = behavior.moods.get(asked.region, "well")
        if mood == "hanging":
            released.wait()
        if mood != "well":
            return None
        before = self._fault(asked, "before")
        if before is not None:
            return _faulty(before)
        refused = self._refused(asked, behavior)
        answer = refused or self._carried_out(asked, upstream, behavior)
        after = self._fault(asked, "after")
        return answer if after is None else _faulty(after)

    def _fault(self, asked: Asked, when: str) -> Fault | None:
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.meets(asked.region, asked.action, asked.selected[0], when):
                    if fault.count is not None:
                        left = [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                        self._faults[index : index + 1] = left
                    return fault
        return None

    def _refused(self, asked: Asked, behavior: Behavior) -> Answer | None:
        name = asked.selected[0]
        for denial in behavior.denials:
            if denial.meets(asked.region, asked.action, name):
                arn = f"arn:aws:ssm:{asked.region}:123456789012:parameter/{name.lstrip('/')}"
                why = denial.why.format(action=asked.action)
                text = "User: arn:aws:sts::123456789012:assumed-role/role/function is not authorized to perform: "
                return _error("AccessDeniedException", f"{text}ssm:{asked.action} on resource: {arn} {why}")
        quota = behavior.rate(asked.action)
        if quota is not None:
            rate, burst, bucket = quota
            with self._lock:
                if not self._buckets.setdefault((asked.region, bucket), _Bucket(burst)).take(rate, burst):
                    return _error("ThrottlingException", "Rate exceeded")
        if asked.action == "PutParameter":
            problem = self._memory.too_large(asked.key, _size(asked), asked.document.get("Tier"))
            return _error("ValidationException", problem) if problem else None
        return None

    def _carried_out(self, asked: Asked, upstream: Upstream, behavior: Behavior) -> Answer:
        if asked.action == "GetParameter":
            return self._get(asked, upstream, behavior)
        if asked.action == "GetParametersByPath" and behavior.stale:
            return self._get_by_path(asked, upstream, behavior)
        if asked.action not in _WRITES:
            return upstream.send(asked)
        before = _snapshot(asked, upstream) if behavior.stale else None
        status, body = upstream.send(asked)
        if status == 200:
            if behavior.stale:
                self._memory.written(asked.key, before, behavior)
            if asked.action == "PutParameter":
                document = json.loads(body)
                self._memory.put(asked.key, document.get("Tier", "Standard"), document["Version"], _size(asked))
            else:
                self._memory.deleted(asked.key)
        return status, body

    def _get(self, asked: Asked, upstream: Upstream, behavior: Behavior) -> Answer:
        name, version = asked.selected
        if version is not None and self._memory.forgotten(asked.key, version):
            return _no_version(name, version)
        seen = self._memory.seen(asked.key, behavior)
        if isinstance(seen, Truth):
            return upstream.send(asked)
        if seen is None:
            return _error("ParameterNotFound", f"Parameter {name} not found")
        if version is not None and version > seen.version:
            return _no_version(name, version)
        if version is not None and version < seen.version:
            return upstream.send(asked)
        return 200, {"Parameter": seen.plain if asked.document.get("WithDecryption") else seen.encrypted}

    def _get_by_path(self, asked: Asked, upstream: Upstream, behavior: Behavior) -> Answer:
        status, body = upstream.send(asked)
        if status != 200:
            return status, body
        page = json.loads(body)
        found = {parameter["Name"]: parameter for parameter in page["Parameters"]}
        path = asked.selected[0].rstrip("/") + "/"
        for name in self._memory.stale_names(asked.region, behavior):
            if not name.startswith(path) or (name not in found and page.get("NextToken")):
                continue
            seen = self._memory.seen((asked.region, name), behavior)
            if seen is None:
                found.pop(name, None)
            elif isinstance(seen, Snapshot):
                found[name] = seen.plain if asked.document.get("WithDecryption") else seen.encrypted
        return 200, {**page, "Parameters": list(found.values())}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reset()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def control(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Answers the proxy's own HTTP API (see `ParameterStoreControl`)."""
        document = json.loads(body) if body else {}
        try:
            match method, path:
                case "GET", "behavior":
                    return 200, self.behavior.to_json()
                case "PUT", "behavior":
                    self.behave(Behavior.from_json(document))
                case "POST", "faults":
                    self.arm(Fault(**document))
                case "GET", "calls":
                    return 200, [asdict(call) for call in self.calls]
                case "POST", "reset":
                    self.reset()
                case _:
                    return 404, {"error": f"no {method} {path}"}
        except (ValueError, TypeError) as problem:
            return 400, {"error": str(problem)}
        return 200, {}


def _size(asked: Asked) -> int:
    return len(str(asked.document.get("Value", "")).encode())


def _snapshot(asked: Asked, upstream: Upstream) -> Snapshot | None:
    forms = []
    for decrypted in (False, True):
        document = {"Name": asked.selected[0], "WithDecryption": decrypted}
        status, body = upstream.send(asked, document, "GetParameter")
        if status != 200:
            return None
        forms.append(json.loads(body)["Parameter"])
    return Snapshot(*forms)


def _error(code: str, message: str, status: int = 400) -> Answer:
    return status, {"__type": code, "message": message}


def _no_version(name: str, version: int) -> Answer:
    return _error("ParameterVersionNotFound", f"Systems Manager could not find version {version} of {name}.")


def _faulty(fault: Fault) -> Answer | None:
    return None if fault.code is None else _error(fault.code, "A fault that was asked for", fault.status)


def _outcome(answer: Answer) -> str:
    status, body = answer
    if status < 300:
        return "ok"
    document = json.loads(body) if isinstance(body, bytes) else body
    return str(document.get("__type", status)).rpartition("#")[2]
