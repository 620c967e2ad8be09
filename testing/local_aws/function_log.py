"""The log of the Lambda functions in a Region, from CloudWatch Logs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def function_log(logs: Any, region: str) -> str:
    """Read every log group whole.

    Args:
        logs: A boto3 client of CloudWatch Logs.
        region: The Region's name, for the headings.

    Returns:
        One line for each event, under one heading for each log group.
    """
    lines: list[str] = []
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            lines.append(f"--- {name} in {region}")
            events = [
                event
                for events_page in logs.get_paginator("filter_log_events").paginate(logGroupName=name)
                for event in events_page["events"]
            ]
            for event in sorted(events, key=lambda event: event["timestamp"]):
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                lines.append(f"{at:%H:%M:%S} {readable(event['message'].rstrip())}")
    return "\n".join(lines) or f"--- no log group in {region}"


def readable(message: str) -> str:
    """One event's text; of crhelper's JSON the message and, on lines of its own, the traceback."""
    try:
        record = json.loads(message)
    except ValueError:
        return message
    if not isinstance(record, dict) or "message" not in record:
        return message
    return "\n".join(
        str(part) for part in (f"{record.get('level', '')} {record['message']}", record.get("exception")) if part
    )
