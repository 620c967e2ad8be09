"""Faults on request: which call they meet, what the caller sees, and whether the write took effect."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError

from conformance.outcome import OK, outcome
from emulator.connect import ConnectControl, ControlError
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY, SALES_QUEUE, SUPPORT_QUEUE
from tests.emulator.calls import connect_client, read, write

READ, WRITE = "DescribeQueue", "UpdateQueueOutboundCallerConfig"
NEW = {"OutboundCallerIdName": "New"}
GONE = (ConnectionClosedError, HTTPClientError)


def until(condition: Callable[[], bool]) -> None:
    """Waits until something is so, at most half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_fault_meets_the_next_call_of_its_operation_alone(primary: Any, connect: ConnectControl) -> None:
    connect.fail(READ, "ThrottlingException")
    assert outcome(primary.list_queues, InstanceId=INSTANCE) == OK
    assert [outcome(read, client=primary) for _ in range(2)] == ["ThrottlingException", OK]
    assert connect.faults() == []


@pytest.mark.parametrize(
    ("code", "given", "status"),
    [
        ("ThrottlingException", None, 429),
        ("InternalServiceException", None, 500),
        ("ResourceNotFoundException", None, 404),
        ("ServiceUnavailable", 503, 503),
        ("InternalServiceException", 502, 502),
    ],
)
def test_an_error_has_the_models_status_or_the_one_that_is_given(
    primary: Any, connect: ConnectControl, code: str, given: int | None, status: int
) -> None:
    connect.fail(READ, code, status=given, message="as asked")
    with pytest.raises(ClientError) as raised:
        read(primary)
    assert raised.value.response["Error"] == {"Code": code, "Message": "as asked"}
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_it_can_begin_with_the_nth_call_and_last_for_some(primary: Any, connect: ConnectControl) -> None:
    connect.fail(READ, "ThrottlingException", nth=2, count=2)
    outcomes = [outcome(read, client=primary) for _ in range(5)]
    assert outcomes == [OK, "ThrottlingException", "ThrottlingException", OK, OK]


def test_without_a_count_it_lasts_until_the_faults_are_cleared(primary: Any, connect: ConnectControl) -> None:
    connect.fail("*", count=None)
    assert {outcome(read, client=primary) for _ in range(5)} == {"InternalServiceException"}
    connect.clear_faults()
    assert outcome(read, client=primary) == OK


def test_it_can_wait_for_a_region_a_queue_or_a_caller(primary: Any, replica: Any, connect: ConnectControl) -> None:
    other = connect_client(connect.endpoint, PRIMARY, "AKIDOTHER")
    connect.fail(READ, region="us-west-2")
    assert [outcome(read, client=client) for client in (primary, replica)] == [OK, "InternalServiceException"]
    connect.fail(READ, queue=SALES_QUEUE)
    assert [outcome(read, client=primary, queue=queue) for queue in (BASIC_QUEUE, SALES_QUEUE)] == [
        OK,
        "InternalServiceException",
    ]
    connect.fail(READ, access_key="AKIDOTHER")
    assert [outcome(read, client=client) for client in (primary, other)] == [OK, "InternalServiceException"]


def test_faults_are_met_one_a_call_in_the_order_in_which_they_were_asked_for(
    primary: Any, connect: ConnectControl
) -> None:
    connect.fail(READ, "ThrottlingException")
    connect.fail(READ, "InternalServiceException")
    assert [outcome(read, client=primary) for _ in range(3)] == ["ThrottlingException", "InternalServiceException", OK]


@pytest.mark.parametrize(("when", "left"), [("before", {}), ("after", NEW)])
def test_a_failed_write_took_effect_or_not(
    primary: Any, connect: ConnectControl, when: str, left: dict[str, str]
) -> None:
    connect.fail(WRITE, when=when)
    assert outcome(write, client=primary, config=NEW, queue=SUPPORT_QUEUE) == "InternalServiceException"
    assert read(primary, SUPPORT_QUEUE) == left
    assert [call.effect for call in connect.journal(WRITE)] == [when == "after"]


@pytest.mark.parametrize(("when", "left"), [("before", {}), ("after", NEW)])
def test_a_write_whose_connection_dropped_took_effect_or_not(
    primary: Any, connect: ConnectControl, when: str, left: dict[str, str]
) -> None:
    connect.drop(WRITE, when)
    with pytest.raises(ConnectionClosedError):
        write(primary, NEW, SUPPORT_QUEUE)
    assert read(primary, SUPPORT_QUEUE) == left
    (call,) = connect.journal(WRITE)
    assert (call.status, call.fault, call.effect) == (None, f"drop {when}", when == "after")


def test_a_drop_does_not_hide_an_error_that_the_call_would_have_had(primary: Any, connect: ConnectControl) -> None:
    connect.drop(WRITE, "after")
    assert outcome(write, client=primary, config={"OutboundFlowId": ""}) == "InvalidParameterException"


def test_a_delay_makes_a_call_longer_and_goes_together_with_an_error(primary: Any, connect: ConnectControl) -> None:
    connect.delay(READ, 0.2)
    connect.fail(READ, "ThrottlingException")
    before = time.monotonic()
    assert outcome(read, client=primary) == "ThrottlingException"
    assert time.monotonic() - before >= 0.2


def test_a_delay_of_one_call_holds_up_no_other(primary: Any, connect: ConnectControl) -> None:
    connect.delay(WRITE, 5)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(write, primary, NEW)
        until(lambda: len(connect.journal(WRITE)) == 1)
        assert outcome(read, client=primary) == OK
        assert not slow.done()
        connect.clear_faults()
        slow.result(5)
    assert read(primary) == NEW


def test_a_hang_ends_when_the_faults_are_cleared_and_has_no_effect(primary: Any, connect: ConnectControl) -> None:
    connect.hang(WRITE)
    with ThreadPoolExecutor(1) as pool:
        hung = pool.submit(write, primary, NEW, SUPPORT_QUEUE)
        until(lambda: connect.counts().get(WRITE) == {"running": 1})
        connect.clear_faults()
        with pytest.raises(GONE):
            hung.result(5)
    assert read(primary, SUPPORT_QUEUE) == {}


def test_a_hang_of_some_seconds_ends_by_itself(primary: Any, connect: ConnectControl) -> None:
    connect.hang(WRITE, 0.1, when="after")
    with pytest.raises(GONE):
        write(primary, NEW, SUPPORT_QUEUE)
    assert read(primary, SUPPORT_QUEUE) == NEW


def test_a_call_that_waits_when_the_emulator_is_reset_never_takes_effect(primary: Any, connect: ConnectControl) -> None:
    connect.delay(WRITE, 5)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(write, primary, NEW, SUPPORT_QUEUE)
        until(lambda: len(connect.journal(WRITE)) == 1)
        connect.reset()
        with pytest.raises(GONE):
            waiting.result(5)
    assert read(primary, SUPPORT_QUEUE) == {}
    assert connect.journal(WRITE) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"operation": "DescibeQueue"}, "'DescibeQueue' is not emulated"),
        ({"operation": READ, "code": "ThrotlingException"}, "no error 'ThrotlingException': give its status"),
        ({"operation": READ, "when": "during"}, "before or after"),
        ({"operation": READ, "nth": 0}, "counted from 1"),
        ({"operation": READ, "count": 0}, "counted from 1"),
        ({"operation": READ, "quene": "x"}, "a fault has no quene"),
    ],
)
def test_a_fault_that_would_never_come_is_refused(connect: ConnectControl, fault: dict[str, Any], words: str) -> None:
    with pytest.raises(ControlError, match=words):
        connect.fail(**fault)
    assert connect.faults() == []
