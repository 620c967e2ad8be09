"""The quotas of Amazon Connect: how a call above them is refused, and what shares them."""

from __future__ import annotations

from conformance.points import CannotTell, point
from conformance.site import NAME, OK, Site, outcome

PAGE = "Amazon Connect service quotas; best practices for using Amazon Connect APIs"
MOST = 60
"""Calls, after which a quota that has not been met is not there."""


def _exhausted(site: Site) -> str:
    """Calls DescribeQueue until it is refused, and returns the code."""
    for _ in range(MOST):
        code = outcome(site.connect().describe_queue, InstanceId=site.subject.instance, QueueId=site.subject.queue)
        if code != OK:
            return code
    raise CannotTell(f"{MOST} calls at once met no quota")


@point(
    "throttling-code",
    "a call above the quota",
    source=PAGE,
    readings={
        "ThrottlingException": "is ThrottlingException",
        "TooManyRequestsException": "is TooManyRequestsException",
    },
    setting="throttling_code",
    needs=("quota",),
    calls=("connect:DescribeQueue",),
    over_quota=True,
)
def throttling_code(site: Site) -> str:
    with site.quota():
        return _exhausted(site)


@point(
    "quota-scope",
    "the operations of a Region",
    source=PAGE,
    readings={"operation": "have a quota each", "region": "share one quota"},
    setting="quota_scope",
    needs=("quota",),
    calls=("connect:DescribeQueue", "connect:ListQueues"),
    over_quota=True,
)
def quota_scope(site: Site) -> str:
    with site.quota():
        refused = _exhausted(site)
        code = outcome(site.connect().list_queues, InstanceId=site.subject.instance, MaxResults=1)
    return "operation" if code == OK else "region" if code == refused else code


@point(
    "invalid-calls",
    "calls that are refused for a broken limit",
    source="Nobody documents it",
    readings={"take none": "take nothing of the quota", "take some": "count like any other"},
    needs=("quota",),
    calls=("connect:UpdateQueueOutboundCallerConfig",),
    over_quota=True,
)
def invalid_calls(site: Site) -> str:
    with site.quota():
        codes = {site.write({NAME: "x" * 256}) for _ in range(20)}
    return "take some" if any("Throttling" in code or "TooMany" in code for code in codes) else "take none"


@point(
    "denied-calls",
    "calls that IAM denies",
    source="Nobody documents it",
    readings={"take none": "take nothing of the quota", "take some": "count like any other"},
    needs=("quota", "role"),
    calls=("connect:UpdateQueueOutboundCallerConfig", "sts:AssumeRole"),
    over_quota=True,
)
def denied_calls(site: Site) -> str:
    denied = site.under(
        "connect", [{"Statement": [{"Effect": "Allow", "Action": "connect:ListQueues", "Resource": "*"}]}]
    )
    with site.quota():
        codes = {site.write({NAME: "Denied"}, None, denied) for _ in range(20)}
    return "take some" if any("Throttling" in code or "TooMany" in code for code in codes) else "take none"
