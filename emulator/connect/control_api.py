"""The control API under `/_emulator/`: look at the world, change it, and make things go wrong. docs/emulator.md has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from .engine import Engine
from .faults import Fault
from .mirroring import MirroringFault
from .quota import DEFAULT_BURST, DEFAULT_RATE
from .seed import Flow, PhoneNumber, Queue, Seed, TrafficDistributionGroup

PREFIX = "/_emulator/"
KEY_HEADER = "X-Emulator-Key"


@dataclass(frozen=True)
class _Asked:
    """One request of the control API: the labels of its path, its query and its document."""

    labels: tuple[str, ...]
    query: dict[str, str]
    document: Any


class ControlApi:
    """Answers the control API for an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._routes: list[tuple[str, re.Pattern[str], Callable[[_Asked], Any]]] = [
            (method, re.compile(re.sub(r"\{\w+\}", "([^/]+)", PREFIX + path)), action)
            for method, path, action in self._table()
        ]

    def answer(self, method: str, path: str, query: str, body: bytes) -> tuple[int, Any]:
        """Returns status and document: 404 if nothing is there, 400 with the reason if the request makes no sense."""
        try:
            document = json.loads(body) if body else {}
        except (ValueError, RecursionError) as problem:
            return 400, {"error": f"the body is not JSON: {problem}"}
        for known, pattern, action in self._routes:
            found = pattern.fullmatch(path)
            if known != method or found is None:
                continue
            labels = tuple(unquote(label) for label in found.groups())
            self._engine.world.settle()
            try:
                result = action(_Asked(labels, dict(parse_qsl(query)), document))
            except KeyError as problem:
                return 404, {"error": f"not there: {problem}"}
            except (ValueError, TypeError, AttributeError) as problem:
                return 400, {"error": str(problem)}
            return 200, {} if result is None else result
        return 404, {"error": f"the control API has no {method} {path}"}

    def _table(self) -> list[tuple[str, str, Callable[[_Asked], Any]]]:
        engine, world = self._engine, self._engine.world
        return [
            ("GET", "health", lambda _: {"ok": True}),
            ("GET", "state", lambda _: world.dump().to_json()),
            ("POST", "reset", self._reset),
            ("GET", "queues", lambda _: self._queues()),
            ("PUT", "queues/{region}/{instance}/{queue}", self._put_queue),
            ("DELETE", "queues/{region}/{instance}/{queue}", lambda asked: world.delete_queue(*asked.labels)),
            ("GET", "queues/{region}/{instance}/{queue}/config", self._config),
            ("PUT", "queues/{region}/{instance}/{queue}/config", self._put_config),
            ("PUT", "flows/{region}/{instance}/{flow}", self._put_flow),
            ("DELETE", "flows/{region}/{instance}/{flow}", lambda asked: world.delete_flow(*asked.labels)),
            ("DELETE", "instances/{region}/{instance}", lambda asked: world.delete_instance(*asked.labels)),
            ("PUT", "numbers/{number}", self._put_number),
            ("DELETE", "numbers/{number}/claim", lambda asked: world.release_number(*asked.labels)),
            ("PUT", "groups/{group}", self._put_group),
            ("DELETE", "groups/{group}", lambda asked: world.delete_group(*asked.labels)),
            ("GET", "settings", lambda _: world.settings.to_json()),
            ("PUT", "settings", self._settings),
            ("GET", "clock", lambda _: {"now": world.clock.now()}),
            ("POST", "clock/advance", self._advance),
            ("GET", "mirroring", lambda _: {"waiting": [write.to_json() for write in world.mirror.waiting()]}),
            ("POST", "mirroring/faults", self._mirroring_fault),
            ("GET", "quota", lambda _: {"rate": engine.quota.rate, "burst": engine.quota.burst}),
            ("PUT", "quota", self._quota),
            ("DELETE", "quota", lambda _: engine.quota.off()),
            ("GET", "faults", lambda _: {"faults": [fault.to_json() for fault in engine.faults.waiting()]}),
            ("POST", "faults", lambda asked: engine.arm(Fault.from_json(_object(asked)))),
            ("DELETE", "faults", lambda _: engine.faults.clear()),
            ("GET", "policies", lambda _: engine.policies.all()),
            ("PUT", "policies/{key}", lambda asked: engine.policies.set(asked.labels[0], _list(asked))),
            ("DELETE", "policies/{key}", lambda asked: engine.policies.clear(asked.labels[0])),
            ("DELETE", "policies", lambda _: engine.policies.clear()),
            ("GET", "journal", self._journal),
            ("GET", "journal/counts", lambda _: engine.journal.counts()),
            ("DELETE", "journal", lambda _: engine.journal.clear()),
        ]

    def _reset(self, asked: _Asked) -> None:
        self._engine.reset(Seed.from_json(_object(asked)) if asked.document else None)

    def _queues(self) -> dict[str, Any]:
        world = self._engine.world
        with world.lock:
            return {
                "queues": [
                    {
                        "region": region,
                        "instance": instance_id,
                        "queue": queue.id,
                        "name": queue.name,
                        "config": dict(queue.config),
                        "modified": queue.modified,
                        "modified_region": queue.modified_region,
                    }
                    for (region, instance_id), instance in world.instances.items()
                    for queue in instance.queues.values()
                ]
            }

    def _config(self, asked: _Asked) -> dict[str, str]:
        queue = self._engine.world.queue(*asked.labels)
        if queue is None:
            raise KeyError("/".join(asked.labels))
        return dict(queue.config)

    def _put_config(self, asked: _Asked) -> None:
        region, instance_id, queue_id = asked.labels
        self._engine.world.put_config(region, instance_id, queue_id, _object(asked))

    def _put_queue(self, asked: _Asked) -> None:
        region, instance_id, queue_id = asked.labels
        world, queue = self._engine.world, Queue(queue_id, **_object(asked))
        if asked.query.get("everywhere") == "true":
            world.put_queue_everywhere(region, instance_id, queue)
        else:
            world.put_queue(region, instance_id, queue)

    def _put_flow(self, asked: _Asked) -> None:
        region, instance_id, flow_id = asked.labels
        self._engine.world.put_flow(region, instance_id, Flow(flow_id, **_object(asked)))

    def _put_number(self, asked: _Asked) -> None:
        self._engine.world.put_number(PhoneNumber(asked.labels[0], **_object(asked)))

    def _put_group(self, asked: _Asked) -> None:
        self._engine.world.put_group(TrafficDistributionGroup(asked.labels[0], **_object(asked)))

    def _settings(self, asked: _Asked) -> None:
        world = self._engine.world
        with world.lock:
            world.settings = world.settings.changed(_object(asked))

    def _advance(self, asked: _Asked) -> dict[str, float]:
        world = self._engine.world
        with world.lock:
            world.clock.advance(_object(asked).get("seconds"))
            world.settle()
            return {"now": world.clock.now()}

    def _mirroring_fault(self, asked: _Asked) -> None:
        with self._engine.world.lock:
            self._engine.world.mirror.arm(MirroringFault.from_json(_object(asked)))

    def _quota(self, asked: _Asked) -> None:
        self._engine.quota.set(_object(asked).get("rate", DEFAULT_RATE), _object(asked).get("burst", DEFAULT_BURST))

    def _journal(self, asked: _Asked) -> dict[str, Any]:
        wanted = {name: text for name, text in asked.query.items() if name in {"operation", "region", "access_key"}}
        return {"calls": [call.to_json() for call in self._engine.journal.calls(**wanted)]}


def _object(asked: _Asked) -> dict[str, Any]:
    if not isinstance(asked.document, dict):
        raise ValueError(f"an object is wanted, not {asked.document!r}")
    return asked.document


def _list(asked: _Asked) -> list[Any]:
    if not isinstance(asked.document, list):
        raise ValueError(f"a list is wanted, not {asked.document!r}")
    return asked.document
