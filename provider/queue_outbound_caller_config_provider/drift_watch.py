"""The drift watch: compares every ledger of the provider's instances with its live queue, and repairs a difference if told to.

CloudFormation sends no event for a console edit, so nothing else would notice it. One SearchQueues call reads a hundred queues,
and one GetParametersByPath ten ledgers.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from .arns import LEDGER_ROOT, Instance, Place, Queue, id_in_request
from .aws import Aws, pages
from .config import Mirroring, QueueState
from .connect_api import queue_state
from .errors import InvalidProperty, LedgerUnreadable, ProviderError
from .ledger import Ledger
from .ledger_document import Entry, Snapshot
from .reconcile import Reconciler
from .reporting import Report, write_line
from .timing import LONGEST_EVENT, MIRRORING
from .twin import Twin, expected_config, noted_mirroring, twin_region

WATCH = "QueueOutboundCallerConfigDriftWatch"
"""The member of an event that says what to look at."""
_QUEUES_PAGE = 100
_LEDGERS_PAGE = 10
"""The largest pages of SearchQueues (API page) and of GetParametersByPath."""
_METRICS = ("Drifted", "Repaired", "Unreadable", "LedgerTampered")


class DriftWatch:
    """One look at the ledgers of some instances.

    Args:
        asked: What to look at: the `instances`; the only `queues`, by id (none: all that have a ledger); whether to `repair` a
            queue that differs; the `change` of a queue and the `ledgerChange` by somebody else that CloudTrail told of.
        here: Where the function is; instances that are named by id are there.
        aws: Calls AWS.
        hasty: Calls the twin Region, and gives up soon.
        on: Returns what works on a queue, and tells a report what it decides.

    Raises:
        InvalidProperty: What is asked for are not instances, each by id or ARN, or the queues are not a list.
    """

    def __init__(
        self, asked: Mapping[str, Any], here: Place, *, aws: Aws, hasty: Aws, on: Callable[[Queue, Report], Reconciler]
    ) -> None:
        named = _list("instances", asked.get("instances"))
        self._instances = [Instance.parse(one, f"instances[{at}]") for at, one in enumerate(named)]
        self._only = _list("queues", asked.get("queues", []))
        self._repairs = asked.get("repair") is True
        self._change: Mapping[str, str] = asked.get("change") or {}
        self._ledger_change: Mapping[str, Any] = asked.get("ledgerChange") or {}
        self._here = here
        self._aws = aws
        self._hasty = hasty
        self._on = on
        self._counts = dict.fromkeys(_METRICS, 0)

    def run(self) -> dict[str, int]:
        """Compares ledgers and queues; returns how many drifted, were repaired, could not be read."""
        change = dict(self._ledger_change)
        for name in change.pop("names", []):  # DeleteParameters may name others, too
            instance_id, _, queue_id = name.removeprefix(f"{LEDGER_ROOT}/").partition("/")
            if any(instance.id == instance_id for instance in self._instances) and self._is_ours(queue_id):
                self._tell("LedgerTampered", {"ledger": name, "changedBy": change})
        for instance in self._instances:
            self._look_at(instance.place or self._here, instance.id)
        return self._counts

    def _is_ours(self, queue_id: str) -> bool:
        return not self._only or queue_id in self._only

    def _look_at(self, place: Place, instance_id: str) -> None:
        ledgers = self._ledgers(place, instance_id, self._aws)
        if not ledgers:
            return
        region, twins = twin_region(place.region), dict[str, Snapshot]()
        try:
            if region:
                twins = self._ledgers(replace(place, region=region), instance_id, self._hasty)
        except ProviderError as problem:
            write_line({"Unreadable": 0}, {"region": region, "problem": str(problem)})
        queues = self._queues(place, instance_id)
        for queue_id in filter(self._is_ours, ledgers.keys() & queues.keys()):
            twin = Twin(region, twins.get(queue_id, Snapshot()))
            self._compare(Queue(place, instance_id, queue_id), ledgers[queue_id], twin, queues[queue_id])

    def _compare(self, queue: Queue, seen: Snapshot, twin: Twin, state: QueueState) -> None:
        """Compares one queue with its ledger, tells of a difference, and repairs it if that was asked for."""
        if seen.ledger is None or _is_changing(seen.ledger, seen.newest, twin):
            return
        if expected_config(seen.ledger, twin, state.config).same_as(state.config):
            return
        at = self._on(queue, Report())
        twin = at.replica.with_mirroring(twin, seen.ledger, state, ask=True)
        expected = expected_config(at.replica.learn(seen.ledger, twin), twin, state.config)
        if expected.same_as(state.config):  # as far as is mirrored, which the ledgers do not note yet
            return
        facts: dict[str, Any] = {
            "queue": queue.arn,
            "differs": expected.differs_from(state.config),
            "expected": expected.by_id(),
            "found": state.config.by_id(),
            "changedIn": state.modified_in,
            "owner": seen.layers[-1].owner.short if seen.layers else None,
        }
        if id_in_request(self._change.get("queueId")) == queue.id:
            facts["changedBy"] = self._change
        self._tell("Drifted", facts)
        if self._repairs:
            self._repair(at, seen.version, facts)

    def _repair(self, at: Reconciler, version: int, facts: dict[str, Any]) -> None:
        """Makes a queue what its ledger says, unless an event has changed the ledger meanwhile."""
        facts |= {"decisions": at.report.decisions, "warnings": at.report.warnings}
        try:
            seen = at.parts.store.read()
            if seen.ledger is None or seen.version != version or not at.repair(seen):
                write_line({"Repaired": 0}, facts)
                return
        except ProviderError as problem:
            write_line({"Repaired": 0}, {**facts, "notRepaired": str(problem)})
        else:
            self._tell("Repaired", facts)

    def _ledgers(self, place: Place, instance_id: str, aws: Aws) -> dict[str, Snapshot]:
        """Returns the ledgers of an instance in a Region, by queue id; one that cannot be read is told of and left out."""
        found: dict[str, Snapshot] = {}
        path = f"{LEDGER_ROOT}/{instance_id}"
        request = {"Path": path, "WithDecryption": True, "MaxResults": _LEDGERS_PAGE}
        for page in pages(partial(aws.call, place.region, "ssm:GetParametersByPath", about=path), request):
            for parameter in page["Parameters"]:
                queue = Queue(place, instance_id, parameter["Name"].rpartition("/")[2])
                try:
                    entry = self._on(queue, Report()).parts.store.entry(parameter)
                    found[queue.id] = Snapshot(parameter["Version"], entry.ledger, entry)
                except LedgerUnreadable as problem:
                    self._tell("Unreadable", {"queue": queue.arn, "problem": str(problem)})
        return found

    def _queues(self, place: Place, instance_id: str) -> dict[str, QueueState]:
        """Returns the queues of an instance, by id."""
        request = {"InstanceId": instance_id, "MaxResults": _QUEUES_PAGE}
        search = partial(self._aws.call, place.region, "connect:SearchQueues", about=instance_id)
        return {one["QueueId"]: queue_state(one, page) for page in pages(search, request) for one in page["Queues"]}

    def _tell(self, metric: str, facts: Mapping[str, Any]) -> None:
        """Counts something and writes its line to the log."""
        self._counts[metric] += 1
        write_line({metric: 1}, facts)


def _is_changing(own: Ledger, newest: Entry | None, twin: Twin) -> bool:
    """Tells whether an event that changed the ledger may not have written yet, or its write may be on the way from the twin."""
    now, theirs = time.time(), twin.snapshot.newest
    if newest is None or now - newest.at < LONGEST_EVENT:
        return True
    is_mirrored = noted_mirroring(own, twin) in (Mirroring.ALL, Mirroring.BUT_NUMBER)
    return is_mirrored and theirs is not None and now - theirs.at < MIRRORING


def _list(name: str, value: object) -> list[str]:
    """Returns a list of what is asked for; raises InvalidProperty for anything else."""
    if not isinstance(value, list):
        raise InvalidProperty(name, "is not a list", f"Give the ids of the provider's {name}")
    return value
