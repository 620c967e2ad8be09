"""The quotas of Amazon Connect: how a call above them is refused, and what shares them."""

from __future__ import annotations

import time
from collections.abc import Callable

from conformance.outcome import OK, outcome
from conformance.points import CannotTell, point
from conformance.site import NAME, Site

PAGE = "Amazon Connect service quotas; best practices for using Amazon Connect APIs"
MOST = 60
"""Calls, after which a quota that has not been met is not there."""
RESTS, REST_SECONDS = 12, 0.5
"""While a quota is measured: short enough that it does not fill up."""
SLACK = 0.3
"""Of a call, for the time that calls are on their way."""


def _until_refused(site: Site) -> tuple[str, int, float]:
    """Calls DescribeQueue until it is refused; returns the code, and how many calls passed in how many seconds."""
    begun = time.monotonic()
    for passed in range(MOST):
        code = _call(site)
        if code != OK:
            return code, passed, time.monotonic() - begun
    raise CannotTell(f"{MOST} calls at once met no quota")


def _call(site: Site) -> str:
    return outcome(site.connect().describe_queue, InstanceId=site.subject.instance, QueueId=site.subject.queue)


def _take(site: Site, refused: Callable[[], str]) -> str:
    """Returns whether writes that are refused anyway take of the quota, which as many writes that are not refused meet."""

    def meets(write: Callable[[], str]) -> bool:
        return any("Throttling" in code or "TooMany" in code for code in (write() for _ in range(MOST // 3)))

    with site.quota():
        if meets(refused):
            return "take some"
        if meets(lambda: site.write({NAME: "Conformance"})):
            return "take none"
    raise CannotTell(f"{MOST // 3} writes at once met no quota")


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
        return _until_refused(site)[0]


@point(
    "quota-size",
    "the calls of one operation that pass in a second, and at once after a rest",
    source=PAGE,
    documented="2 and 5",
    readings={"2 and 5": "are 2 and 5"},
    needs=("quota",),
    calls=("connect:DescribeQueue",),
    over_quota=True,
)
def quota_size(site: Site) -> str:
    with site.quota():
        _, at_once, took = _until_refused(site)
        passed, seconds = 0, 0.0
        for _ in range(RESTS):
            site.sleep(REST_SECONDS)
            _, more, more_took = _until_refused(site)
            passed, seconds = passed + more, seconds + REST_SECONDS + more_took
    # What is left of a token at the beginning and at the end, and calls that take their time, can make one call's difference.
    if abs(passed - 2 * seconds) < 1 + SLACK and -SLACK < 5 - (at_once - 2 * took) < 1 + SLACK:
        return "2 and 5"
    rate = passed / seconds
    return f"{rate:.0f} and {at_once - rate * took:.0f}"


@point(
    "refused-calls",
    "calls that are refused for the quota",
    source="Nobody documents it",
    readings={"take none": "take nothing of the quota", "take some": "take what is left of a token"},
    setting="refused_calls",
    needs=("quota",),
    calls=("connect:DescribeQueue",),
    over_quota=True,
)
def refused_calls(site: Site) -> str:
    rest = 0.1
    with site.quota():
        _until_refused(site)
        # The rest is too short for one token. If such rests add up, a call after one of them passes.
        while True:
            site.sleep(rest)
            if _call(site) != OK:
                break
            _until_refused(site)
            rest /= 2
        for _ in range(MOST // 4):
            site.sleep(rest)
            if _call(site) == OK:
                return "take none"
    return "take some"


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
        refused, _, _ = _until_refused(site)
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
    return _take(site, lambda: site.write({NAME: "x" * 256}))


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
    return _take(site, lambda: site.write({NAME: "Denied"}, None, denied))
