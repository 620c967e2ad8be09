"""The journal: who asked for what, when, and what came of it."""

from __future__ import annotations

from typing import Any

from conformance.outcome import outcome
from emulator.connect import ConnectControl
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY, REPLICA, SALES_QUEUE
from tests.emulator.calls import ACCESS_KEY, connect_client, read, write

READ, WRITE = "DescribeQueue", "UpdateQueueOutboundCallerConfig"


def test_a_call_is_written_down_with_its_caller_input_and_outcome(primary: Any, connect: ConnectControl) -> None:
    config = {"OutboundCallerIdName": "New"}
    write(primary, config, SALES_QUEUE)
    (call,) = connect.journal()
    assert (call.sequence, call.operation, call.region, call.access_key) == (1, WRITE, PRIMARY, ACCESS_KEY)
    assert call.input == {"InstanceId": INSTANCE, "QueueId": SALES_QUEUE, "OutboundCallerConfig": config}
    assert (call.status, call.code, call.config, call.effect, call.ok) == (200, None, config, True, True)
    assert call.finished is not None
    assert call.finished >= call.time


def test_a_refused_call_has_its_code_and_the_config_that_stayed(primary: Any, connect: ConnectControl) -> None:
    before = read(primary)
    outcome(write, client=primary, config={"OutboundFlowId": ""})
    (call,) = connect.journal(WRITE)
    assert (call.status, call.code, call.message) == (400, "InvalidParameterException", "OutboundFlowId is empty")
    assert (call.config, call.effect, call.ok) == (before, False, False)


def test_it_is_in_order_and_can_be_asked_by_operation_region_and_caller(
    primary: Any, replica: Any, connect: ConnectControl
) -> None:
    other = connect_client(connect.endpoint, REPLICA, "AKIDOTHER")
    for client in (primary, replica, other):
        read(client)
    primary.list_queues(InstanceId=INSTANCE)
    calls = connect.journal()
    assert [call.sequence for call in calls] == [1, 2, 3, 4]
    assert sorted(call.time for call in calls) == [call.time for call in calls]
    assert [call.sequence for call in connect.journal(READ)] == [1, 2, 3]
    assert [call.sequence for call in connect.journal(region=REPLICA)] == [2, 3]
    assert [call.sequence for call in connect.journal(READ, access_key="AKIDOTHER")] == [3]


def test_it_counts_outcomes_and_can_be_cleared(primary: Any, connect: ConnectControl) -> None:
    connect.fail(READ, "ThrottlingException", count=2)
    for _ in range(3):
        outcome(read, client=primary)
    outcome(read, client=primary, queue="none")
    assert connect.counts() == {READ: {"ThrottlingException": 2, "ok": 1, "ResourceNotFoundException": 1}}
    connect.clear_journal()
    assert connect.counts() == {}
    read(primary)
    assert [call.sequence for call in connect.journal()] == [1]


def test_calls_to_the_control_api_are_not_in_it(connect: ConnectControl) -> None:
    connect.queue_config(PRIMARY, INSTANCE, BASIC_QUEUE)
    assert connect.journal() == []
