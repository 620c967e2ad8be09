"""Queues that are made and deleted: CreateQueue and DeleteQueue, and what the other Region shows of it."""

from __future__ import annotations

from collections.abc import Callable

from conformance.outcome import OK, outcome
from conformance.own_queue import CALLS
from conformance.points import CannotTell, point
from conformance.site import NAME, NUMBER, Site

from .mirroring import GUIDE, STEPS
from .queue_config import INVALID, MISSING

CREATE, DELETE = "CreateQueue, API reference", "DeleteQueue, API reference"
NEEDS = ("new queue",)
TAKEN = "DuplicateResourceException"
NOBODYS = "00000000-0000-4000-8000-000000000000"
WHEN = {"at once": "at once", "later": "within 30 minutes", "never": "not within 30 minutes"}


def _described(site: Site, queue: str, region: str | None = None) -> str:
    return outcome(site.connect(region).describe_queue, InstanceId=site.subject.instance, QueueId=queue)


def _when(site: Site, holds: Callable[[], bool]) -> str:
    for step in STEPS:
        site.sleep(step)
        if holds():
            return "later" if step else "at once"
    return "never"


@point(
    "queue-name-taken",
    "CreateQueue with the name of a queue that is there",
    source=CREATE,
    documented=TAKEN,
    readings={TAKEN: "is DuplicateResourceException", OK: "makes a second one"},
    needs=NEEDS,
    calls=CALLS,
)
def queue_name_taken(site: Site) -> str:
    site.own_queue.id()
    return site.own_queue.create({NAME: site.own_queue.name})


@point(
    "new-queue-config",
    "the caller config in CreateQueue",
    source=CREATE,
    documented="whole",
    readings={"whole": "is that of the new queue", "without": "is not taken"},
    needs=NEEDS,
    calls=CALLS,
)
def new_queue_config(site: Site) -> str:
    queue = site.own_queue.id()
    described = site.connect().describe_queue(InstanceId=site.subject.instance, QueueId=queue)["Queue"]
    return "whole" if described.get("OutboundCallerConfig") == {NAME: site.own_queue.name} else "without"


@point(
    "new-queue-number",
    "CreateQueue with a UUID that no number has",
    source=CREATE,
    documented=MISSING,
    readings={MISSING: "is ResourceNotFoundException", INVALID: "is InvalidParameterException", OK: "is accepted"},
    needs=NEEDS,
    calls=CALLS,
)
def new_queue_number(site: Site) -> str:
    return site.own_queue.create({NUMBER: NOBODYS}, site.own_queue.new_name())


@point(
    "new-queue-elsewhere",
    "a queue that CreateQueue made is in the other Region",
    source=GUIDE,
    readings=WHEN,
    needs=(*NEEDS, "replica"),
    calls=CALLS,
)
def new_queue_elsewhere(site: Site) -> str:
    queue = site.own_queue.made_anew()
    return _when(site, lambda: _described(site, queue, site.subject.replica) == OK)


@point(
    "unknown-queue-deleted",
    "DeleteQueue of a queue that is not there",
    source=DELETE,
    documented=MISSING,
    readings={MISSING: "is ResourceNotFoundException", OK: "is accepted", INVALID: "is InvalidParameterException"},
    needs=NEEDS,
    calls=CALLS,
)
def unknown_queue_deleted(site: Site) -> str:
    return outcome(site.connect().delete_queue, InstanceId=site.subject.instance, QueueId=NOBODYS)


@point(
    "deleted-queue",
    "a queue that was deleted, in DescribeQueue",
    source=DELETE,
    documented=MISSING,
    readings={MISSING: "is ResourceNotFoundException", OK: "is still found"},
    needs=NEEDS,
    calls=CALLS,
)
def deleted_queue(site: Site) -> str:
    queue = site.own_queue.id()
    _must_be_deleted(site)
    return _described(site, queue)


@point(
    "deleted-queue-elsewhere",
    "a queue that was deleted is gone in the other Region",
    source=GUIDE,
    readings=WHEN,
    needs=(*NEEDS, "replica"),
    calls=CALLS,
)
def deleted_queue_elsewhere(site: Site) -> str:
    queue = site.own_queue.id()
    if _when(site, lambda: _described(site, queue, site.subject.replica) == OK) == "never":
        raise CannotTell("the queue was not mirrored")
    _must_be_deleted(site)
    return _when(site, lambda: _described(site, queue, site.subject.replica) == MISSING)


def _must_be_deleted(site: Site) -> None:
    code = site.own_queue.delete()
    if code != OK:
        raise CannotTell(f"DeleteQueue was answered {code}")
