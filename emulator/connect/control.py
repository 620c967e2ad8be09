"""The control API as a typed client, over urllib alone: what tests, the demo and the benchmarks use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from .control_api import KEY_HEADER
from .faults import Fault
from .journal import Call
from .quota import DEFAULT_BURST, DEFAULT_RATE
from .seed import Flow, PhoneNumber, Queue, Seed, TrafficDistributionGroup

QueueKey = tuple[str, str]
"""A queue in a Region: (Region, queue id)."""


class ControlError(Exception):
    """The control API refused: nothing is there by that name, or the request makes no sense."""


class ConnectControl:
    """A running emulator, seen and changed from outside.

    Args:
        endpoint: its URL, say `http://127.0.0.1:4600`.
        key: the random key of this emulator, which it says when it starts.
    """

    def __init__(self, endpoint: str, key: str = "") -> None:
        self.endpoint = endpoint.rstrip("/")
        self._key = key

    def health(self) -> bool:
        """Says whether the emulator answers."""
        try:
            return bool(self._call("GET", "health")["ok"])
        except (OSError, HTTPException):
            return False

    def reset(self, seed: Seed | None = None) -> None:
        """Back to a seed (the first one, unless given), with its settings and without faults, policies, quota and calls."""
        self._call("POST", "reset", seed.to_json() if seed else {})

    def state(self) -> Seed:
        """Returns the world as it is."""
        return Seed.from_json(self._call("GET", "state"))

    # Queues

    def configs(self) -> dict[QueueKey, dict[str, str]]:
        """Returns every queue's config as it was written, by (Region, queue id)."""
        return {(entry["region"], entry["queue"]): entry["config"] for entry in self.queues()}

    def queues(self) -> list[dict[str, Any]]:
        """Returns every queue: `region`, `instance`, `queue`, `name`, `config`, `modified`, `modified_region`."""
        queues: list[dict[str, Any]] = self._call("GET", "queues")["queues"]
        return queues

    def queue_config(self, region: str, instance: str, queue: str) -> dict[str, str]:
        """Returns a queue's config as it was written."""
        config: dict[str, str] = self._call("GET", _path("queues", region, instance, queue, "config"))
        return config

    def set_queue_config(self, region: str, instance: str, queue: str, config: Mapping[str, str]) -> None:
        """Sets a queue's whole config unchecked, as a person in the console would: it is mirrored, too."""
        self._call("PUT", _path("queues", region, instance, queue, "config"), dict(config))

    def put_queue(self, region: str, instance: str, queue: Queue, *, everywhere: bool = False) -> None:
        """Makes a queue, or puts another in its place.

        Args:
            region: where.
            instance: whose.
            queue: the queue.
            everywhere: in every Region of the instance, last modified in `region`; otherwise in `region` alone.
        """
        path = _path("queues", region, instance, queue.id)
        self._call("PUT", f"{path}?everywhere=true" if everywhere else path, _without_id(queue))

    def delete_queue(self, region: str, instance: str, queue: str) -> None:
        """Deletes a queue in one Region."""
        self._call("DELETE", _path("queues", region, instance, queue))

    # What queues point to

    def put_flow(self, region: str, instance: str, flow: Flow) -> None:
        """Makes a flow in one Region, or puts another in its place."""
        self._call("PUT", _path("flows", region, instance, flow.id), _without_id(flow))

    def delete_flow(self, region: str, instance: str, flow: str) -> None:
        """Deletes a flow in one Region."""
        self._call("DELETE", _path("flows", region, instance, flow))

    def delete_instance(self, region: str, instance: str) -> None:
        """Deletes an instance with its queues and flows in one Region."""
        self._call("DELETE", _path("instances", region, instance))

    def put_number(self, number: PhoneNumber) -> None:
        """Makes a number, or claims it anew."""
        self._call("PUT", _path("numbers", number.id), _without_id(number))

    def release_number(self, number: str) -> None:
        """Makes a number nobody's."""
        self._call("DELETE", _path("numbers", number, "claim"))

    def put_group(self, group: TrafficDistributionGroup) -> None:
        """Makes a traffic distribution group."""
        self._call("PUT", _path("groups", group.id), _without_id(group))

    def delete_group(self, group: str) -> None:
        """Deletes a traffic distribution group; its numbers become nobody's."""
        self._call("DELETE", _path("groups", group))

    # How it answers

    def set_omitted_member(self, reading: str) -> None:
        """Sets what UpdateQueueOutboundCallerConfig does with an omitted member: `cleared` or `kept`."""
        self.set_settings(omitted_member=reading)

    def set_returned_form(self, form: str) -> None:
        """Sets how DescribeQueue names number and flow: `id`, `as_written`, `arn` or `v1`."""
        self.set_settings(returned_form=form)

    def set_mirroring(self, what: str, delay: float | None = None) -> None:
        """Sets what is mirrored from now on: `everything`, `everything but the number` or `nothing`.

        Args:
            what: the reading.
            delay: seconds until a write arrives in the other Region, from 0 to 1800; as it is, unless given.
        """
        self.set_settings(mirroring=what, **({} if delay is None else {"mirroring_delay": delay}))

    def now(self) -> float:
        """Returns the service's time, in seconds since 1970."""
        return float(self._call("GET", "clock")["now"])

    def advance(self, seconds: float) -> None:
        """Moves the service's clock forward; mirrored writes that are due by then arrive."""
        self._call("POST", "clock/advance", {"seconds": seconds})

    def settings(self) -> dict[str, Any]:
        """Returns how open points are read, by the settings' names."""
        settings: dict[str, Any] = self._call("GET", "settings")
        return settings

    def set_settings(self, **changes: str | float) -> None:
        """Changes settings; `emulator.connect.settings` has them all."""
        self._call("PUT", "settings", changes)

    def set_quota(self, rate: float = DEFAULT_RATE, burst: int = DEFAULT_BURST) -> None:
        """Switches the quota on: calls a second, and calls at once after a rest, for each Region and operation."""
        self._call("PUT", "quota", {"rate": rate, "burst": burst})

    def quota_off(self) -> None:
        """Switches the quota off."""
        self._call("DELETE", "quota")

    def set_policy(self, access_key: str, *documents: Mapping[str, Any]) -> None:
        """Gives the caller with an access key id (`*`: all without their own) its policy documents, all of them."""
        self._call("PUT", _path("policies", access_key), list(documents))

    def clear_policies(self) -> None:
        """Takes all policies away: everyone may do everything."""
        self._call("DELETE", "policies")

    # Mirroring on its way

    def mirrored_writes(self) -> list[dict[str, Any]]:
        """Returns the writes on their way: `source`, `region`, `instance`, `queue`, `config`, `written`, `due` …."""
        writes: list[dict[str, Any]] = self._call("GET", "mirroring")["waiting"]
        return writes

    def delay_mirrored(self, seconds: float, **which: Any) -> None:
        """Lets writes arrive late in the other Region, and overwrite what is newer there by then.

        Args:
            seconds: how much later than other writes.
            **which: `region` (where they are made), `queue`, `count` (default 1, None: all from now on).
        """
        self._call("POST", "mirroring/faults", {"kind": "late", "seconds": seconds, **which})

    def lose_mirrored(self, **which: Any) -> None:
        """Lets writes never arrive in the other Region. `which` as in `delay_mirrored`."""
        self._call("POST", "mirroring/faults", {"kind": "lost", **which})

    # What goes wrong

    def fail(
        self,
        operation: str,
        code: str = "InternalServiceException",
        *,
        status: int | None = None,
        when: str = "before",
        message: str = "A fault that was asked for",
        **which: Any,
    ) -> None:
        """Lets calls fail with an error code, `before` (default) or `after` they took effect.

        Args:
            operation: the operation, or `*`.
            code: the error code, say `ThrottlingException`.
            status: the HTTP status; else the service model's for the code.
            when: `before` or `after`.
            message: the error message.
            **which: `region`, `queue`, `access_key`, `nth` (from the n-th such call on), `count` (default 1, None: all).
        """
        self._call(
            "POST",
            "faults",
            {
                "operation": operation,
                "kind": "error",
                "code": code,
                "status": status,
                "when": when,
                "message": message,
                **which,
            },
        )

    def drop(self, operation: str, when: str = "before", **which: Any) -> None:
        """Lets connections drop without an answer, `before` or `after` the call took effect. `which` as in `fail`."""
        self._call("POST", "faults", {"operation": operation, "kind": "drop", "when": when, **which})

    def delay(self, operation: str, seconds: float, when: str = "before", **which: Any) -> None:
        """Lets calls take longer. `which` as in `fail`."""
        self._call(
            "POST", "faults", {"operation": operation, "kind": "latency", "seconds": seconds, "when": when, **which}
        )

    def hang(self, operation: str, seconds: float | None = None, when: str = "before", **which: Any) -> None:
        """Lets calls hang, then drop: for so many seconds, or until the faults are cleared. `which` as in `fail`."""
        self._call(
            "POST", "faults", {"operation": operation, "kind": "hang", "seconds": seconds, "when": when, **which}
        )

    def faults(self) -> list[Fault]:
        """Returns the faults that have calls left to meet."""
        return [Fault.from_json(entry) for entry in self._call("GET", "faults")["faults"]]

    def clear_faults(self) -> None:
        """Disarms all faults, and ends the waits that they began."""
        self._call("DELETE", "faults")

    # What happened

    def journal(self, operation: str | None = None, **wanted: str) -> list[Call]:
        """Returns the calls in order of arrival.

        Args:
            operation: only calls of this operation.
            **wanted: `region`, `access_key`.
        """
        query = {**({"operation": operation} if operation else {}), **wanted}
        return [Call.from_json(entry) for entry in self._call("GET", f"journal?{urlencode(query)}")["calls"]]

    def counts(self) -> dict[str, dict[str, int]]:
        """Returns how many calls of each operation had each outcome: `ok`, an error code, `dropped`, `running`."""
        counts: dict[str, dict[str, int]] = self._call("GET", "journal/counts")
        return counts

    def clear_journal(self) -> None:
        """Forgets all calls."""
        self._call("DELETE", "journal")

    def _call(self, method: str, path: str, document: Any = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = Request(f"{self.endpoint}/_emulator/{path}", body, method=method)  # noqa: S310 - a local http URL
        request.add_header(KEY_HEADER, self._key)
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
                return json.load(answer)
        except HTTPError as problem:
            with problem:
                raise ControlError(f"{method} {path}: {json.load(problem)['error']}") from problem


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


def _without_id(resource: Queue | Flow | PhoneNumber | TrafficDistributionGroup) -> dict[str, Any]:
    return {name: value for name, value in asdict(resource).items() if name != "id"}
