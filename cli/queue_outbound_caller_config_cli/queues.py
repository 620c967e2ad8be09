"""Every queue of an instance in one Region with its caller config, in as few calls as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, QueueState
from queue_outbound_caller_config_provider.connect_api import queue_state
from queue_outbound_caller_config_provider.errors import DENIED

from .aws import Aws, Refusal

PAGE = 500
"""The largest page of SearchQueues by botocore's model."""
DOCUMENTED_PAGE = 100
"""The largest page of SearchQueues by its API page: used if the service refuses the larger one."""
_INVALID = frozenset({"InvalidParameterException", "InvalidRequestException"})

Progress = Callable[[int, int], object]
"""Told how many queues were read, and of how many."""


@dataclass(frozen=True)
class LiveQueue:
    """A queue as Amazon Connect has it now.

    Attributes:
        queue: Which queue.
        name: Its name.
        state: Its outbound caller config, and where and how long ago it was changed.
        modified_at: When it was changed last, if the service says so.
    """

    queue: Queue
    name: str
    state: QueueState
    modified_at: datetime | None = None

    @property
    def config(self) -> CallerConfig:
        """Its outbound caller config."""
        return self.state.config


def live_queues(aws: Aws, place: Place, instance_id: str, progress: Progress) -> list[LiveQueue]:
    """Returns the standard queues of an instance in one Region, ordered by name.

    Uses SearchQueues, or if that is denied ListQueues and a DescribeQueue for each queue, which takes a second for two.

    Raises:
        CannotTell: Amazon Connect refused the calls.
    """
    try:
        found = list(_searched(aws, place, instance_id, progress))
    except Refusal as refusal:
        if refusal.code not in DENIED:
            raise refusal.explained from None
        found = list(_described(aws, place, instance_id, progress, refusal))
    return sorted(found, key=lambda one: (one.name.lower(), one.queue.id))


def describe(aws: Aws, queue: Queue) -> LiveQueue | None:
    """Returns one queue of any type; None if there is no such queue.

    Raises:
        CannotTell: Amazon Connect refused the call.
    """
    request = {"InstanceId": queue.instance_id, "QueueId": queue.id}
    try:
        answer = aws.call("connect", queue.place.region, "DescribeQueue", request)
    except Refusal as refusal:
        if refusal.code == "ResourceNotFoundException":
            return None
        raise refusal.explained from None
    return _live(queue.place, queue.instance_id, answer["Queue"], answer)


def _searched(aws: Aws, place: Place, instance_id: str, progress: Progress) -> Iterator[LiveQueue]:
    try:
        yield from _pages(aws, place, instance_id, progress, PAGE)
    except Refusal as refusal:
        if refusal.code not in _INVALID:
            raise
        yield from _pages(aws, place, instance_id, progress, DOCUMENTED_PAGE)


def _pages(aws: Aws, place: Place, instance_id: str, progress: Progress, size: int) -> Iterator[LiveQueue]:
    read = 0
    for page in aws.pages("connect", place.region, "SearchQueues", {"InstanceId": instance_id, "MaxResults": size}):
        read += len(page["Queues"])
        progress(read, page.get("ApproximateTotalCount", read))
        yield from (_live(place, instance_id, entry, page) for entry in page["Queues"])


def _described(aws: Aws, place: Place, instance_id: str, progress: Progress, refusal: Refusal) -> Iterator[LiveQueue]:
    """Yields the queues one by one; raises what denied the search if they cannot be listed either."""
    request = {"InstanceId": instance_id, "QueueTypes": ["STANDARD"], "MaxResults": 1000}
    try:
        pages = list(aws.pages("connect", place.region, "ListQueues", request))
    except Refusal:
        raise refusal.explained from None
    entries = [entry for page in pages for entry in page["QueueSummaryList"]]
    for read, entry in enumerate(entries):
        progress(read, len(entries))
        live = describe(aws, Queue(place, instance_id, entry["Id"].lower()))
        if live is not None:
            yield live
    progress(len(entries), len(entries))


def _live(place: Place, instance_id: str, entry: dict[str, Any], answer: dict[str, Any]) -> LiveQueue:
    queue = Queue(place, instance_id, entry["QueueId"].lower())
    name = entry.get("Name") or entry["QueueId"]
    return LiveQueue(queue, name, queue_state(entry, answer), entry.get("LastModifiedTime"))
