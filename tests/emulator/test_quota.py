"""Token buckets: one for each Region and operation."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.outcome import OK, outcome
from emulator.connect import ConnectControl, ControlError
from emulator.connect.quota import Quota
from emulator.connect.sample import PRIMARY
from tests.emulator.calls import read

THROTTLED = "ThrottlingException"


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time of the quota under test."""
    return Clock()


@pytest.fixture
def quota(clock: Clock) -> Quota:
    """The default quota, switched on."""
    quota = Quota(clock)
    quota.set()
    return quota


def taken(quota: Quota, calls: int, region: str = PRIMARY, operation: str = "DescribeQueue") -> int:
    """Returns how many of some calls at once are within the quota."""
    return sum(quota.take(region, operation) for _ in range(calls))


def test_it_is_off_at_first() -> None:
    assert taken(Quota(), 100) == 100


def test_after_a_rest_five_calls_pass_at_once(quota: Quota, clock: Clock) -> None:
    assert taken(quota, 10) == 5
    clock.now += 3600
    assert taken(quota, 10) == 5


def test_then_two_a_second(quota: Quota, clock: Clock) -> None:
    taken(quota, 5)
    passed = []
    for _ in range(4):
        clock.now += 0.5
        passed.append(taken(quota, 2))
    assert passed == [1, 1, 1, 1]


def test_a_refused_call_takes_no_token(quota: Quota, clock: Clock) -> None:
    taken(quota, 500)
    clock.now += 0.5
    assert taken(quota, 2) == 1


def test_a_refused_call_may_take_what_is_left_of_a_token(quota: Quota, clock: Clock) -> None:
    quota.refused_calls_take = True
    taken(quota, 500)
    for _ in range(10):
        clock.now += 0.4
        assert taken(quota, 1) == 0
    clock.now += 0.5
    assert taken(quota, 2) == 1


def test_regions_and_operations_have_buckets_of_their_own(quota: Quota) -> None:
    taken(quota, 5)
    assert taken(quota, 6, region="us-west-2") == 5
    assert taken(quota, 6, operation="UpdateQueueOutboundCallerConfig") == 5


def test_setting_it_again_fills_every_bucket(quota: Quota) -> None:
    taken(quota, 5)
    quota.set(rate=1, burst=3)
    assert taken(quota, 6) == 3


def test_over_http_a_refused_call_is_a_429_that_changes_nothing(
    primary: Any, replica: Any, connect: ConnectControl
) -> None:
    connect.set_quota(rate=0.001, burst=2)
    assert [outcome(read, client=primary) for _ in range(4)] == [OK, OK, THROTTLED, THROTTLED]
    assert outcome(read, client=replica) == OK
    assert [call.status for call in connect.journal(region=PRIMARY)] == [200, 200, 429, 429]
    connect.quota_off()
    assert outcome(read, client=primary) == OK


def test_a_quota_that_makes_no_sense_is_refused(connect: ConnectControl) -> None:
    with pytest.raises(ControlError, match="rate of 0 or more"):
        connect.set_quota(rate=-1)
    with pytest.raises(ControlError, match="burst of 1 or more"):
        connect.set_quota(burst=0)
