"""Who changed a queue last, as far as CloudTrail's event history tells the caller."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .aws import Aws, Refusal
from .errors import CannotTell
from .inventory import Row

_MOST_PAGES = 4
"""LookupEvents answers 50 events a page, twice a second."""


@dataclass(frozen=True)
class Change:
    """A write to a queue's caller config.

    Attributes:
        who: The caller's ARN.
        at: When.
    """

    who: str
    at: str


def newest_changes(aws: Aws, instance_id: str, rows: Iterable[Row]) -> dict[str, Change]:
    """Returns the newest write to each of some queues, by queue ARN; nothing where CloudTrail cannot be asked."""
    wanted = {(row.queue.place.region, row.queue.id): row.queue.arn for row in rows}
    found: dict[str, Change] = {}
    for region in {region for region, _ in wanted}:
        for event in _events(aws, region):
            request = event.get("requestParameters") or {}
            arn = wanted.get((region, str(request.get("QueueId") or request.get("queueId")).lower()))
            if arn and instance_id in str(request) and not event.get("errorCode"):
                who = (event.get("userIdentity") or {}).get("arn") or event.get("sourceIPAddress", "unknown")
                found.setdefault(arn, Change(who, event.get("eventTime", "")))
    return found


def _events(aws: Aws, region: str) -> Iterable[dict[str, Any]]:
    """Yields CloudTrail's events of writes to caller configs, the newest first."""
    request = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "UpdateQueueOutboundCallerConfig"}],
        "MaxResults": 50,
    }
    try:
        for number, page in enumerate(aws.pages("cloudtrail", region, "LookupEvents", request)):
            for entry in page.get("Events", []):
                yield json.loads(entry.get("CloudTrailEvent") or "{}")
            if number + 1 >= _MOST_PAGES:
                return
    except (Refusal, CannotTell, ValueError):
        return
