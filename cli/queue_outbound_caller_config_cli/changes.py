"""Who changed a queue last, as far as CloudTrail's event history tells the caller."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from queue_outbound_caller_config_provider.arns import id_in_request

from .aws import Aws, Refusal
from .errors import CannotTell
from .inventory import Row

_MOST_PAGES = 4
"""LookupEvents answers 50 events a page, twice a second."""
_SAME = timedelta(minutes=1)
"""How far apart CloudTrail and Amazon Connect may say that one write was made."""


@dataclass(frozen=True)
class Change:
    """A write to a queue's caller config.

    Attributes:
        who: The caller's ARN.
        at: When.
    """

    who: str
    at: datetime

    def is_newest_of(self, row: Row) -> bool:
        """Tells whether it is the queue's newest change. CloudTrail tells of a write some minutes late."""
        modified = row.live.modified_at if row.live else None
        return modified is None or self.at > modified - _SAME


def newest_changes(aws: Aws, instance_id: str, rows: Iterable[Row]) -> tuple[dict[str, Change], list[str]]:
    """Returns CloudTrail's newest write to each of some queues, by queue ARN, and why CloudTrail cannot be asked.

    A queue that was changed by mirroring was written to in the other Region, so that Region is asked.
    """
    wanted: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        modified_in = row.live.state.modified_in if row.live else None
        wanted.setdefault((modified_in or row.queue.place.region, row.queue.id), []).append(row)
    found: dict[str, Change] = {}
    problems: list[str] = []
    for region in sorted({region for region, _ in wanted}):
        try:
            for event in _events(aws, region):
                request = event.get("requestParameters") or {}
                if event.get("errorCode") or id_in_request(request.get("InstanceId")) != instance_id:
                    continue
                for row in wanted.get((region, id_in_request(request.get("QueueId")) or ""), ()):
                    found.setdefault(row.queue.arn, _change(event))
        except (Refusal, CannotTell) as problem:
            problems.append(f"Who changed a queue is not known: {problem}")
    return found, problems


def _change(event: dict[str, Any]) -> Change:
    who = (event.get("userIdentity") or {}).get("arn") or event.get("sourceIPAddress", "unknown")
    return Change(who, datetime.fromisoformat(event["eventTime"]))


def _events(aws: Aws, region: str) -> Iterable[dict[str, Any]]:
    """Yields CloudTrail's events of writes to caller configs, the newest first."""
    request = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "UpdateQueueOutboundCallerConfig"}],
        "MaxResults": 50,
    }
    for number, page in enumerate(aws.pages("cloudtrail", region, "LookupEvents", request)):
        for entry in page.get("Events", []):
            yield json.loads(entry.get("CloudTrailEvent") or "{}")
        if number + 1 >= _MOST_PAGES:
            return
