"""What of the CDK CLI's output a person wants to see while they wait."""

from __future__ import annotations

import re

EVENT = re.compile(
    r"(?P<stack>\S+) \|[^|]*\|[^|]*\|\s*(?P<status>[A-Z_]+)\s*\|\s*(?P<type>[\w:]+)\s*\|\s*(?P<resource>[^ (]+)(?P<rest>.*)"
)
MARKS = ("⏳", "✅", "❌", "✨  Synthesis time")
SHOWN_TYPES = ("Custom::ConnectQueueOutboundCallerConfig", "AWS::CloudFormation::Stack")
_ROLLBACK_BEGINS = "ROLLBACK_IN_PROG"
"""As the CLI writes it, in a column that has no room for more."""


def progress_of(line: str) -> str | None:
    """One line of the CLI's output as one line of progress.

    Args:
        line: The line as the CLI wrote it.

    Returns:
        The CLI's own milestones; of a stack's events the ends of our resources and of stacks, the beginning of a rollback,
        and every failure.
    """
    event = EVENT.match(line.strip())
    if event is None:
        return line.strip() if line.strip().startswith(MARKS) else None
    status = event["status"]
    if status.endswith(_ROLLBACK_BEGINS) and event["type"] == "AWS::CloudFormation::Stack":
        return f"{event['stack']}  {status.removesuffix(_ROLLBACK_BEGINS)}ROLLBACK_IN_PROGRESS"
    if status.endswith("_FAILED"):
        return f"{event['stack']}  {status}  {event['resource']} {event['rest']}"
    ended = status.endswith("_COMPLETE") and event["type"] in SHOWN_TYPES and event["stack"] != "CDKToolkit"
    return f"{event['stack']}  {status}  {event['resource']}" if ended else None
