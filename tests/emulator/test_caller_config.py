"""UpdateQueueOutboundCallerConfig and DescribeQueue, save what concerns the number."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.outcome import OK, outcome
from emulator.connect import ConnectControl, two_regions_apart
from emulator.connect.sample import (
    BASIC_QUEUE,
    INBOUND_FLOW,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_INSTANCE,
    OTHER_INSTANCE_QUEUE,
    OTHER_INSTANCE_WHISPER,
    PRIMARY,
    QUEUE_FLOW,
    REPLICA,
    SALES_QUEUE,
    SECOND_WHISPER,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.emulator.calls import connect_client, read, write

OWNER = two_regions_apart().owner
MISSING, INVALID = "ResourceNotFoundException", "InvalidParameterException"


def written(client: Any, config: dict[str, Any], **where: str) -> str:
    """Returns the outcome of a write."""
    return outcome(write, client=client, config=config, **where)


def test_a_write_is_read_back_and_changes_that_queue_in_that_region_alone(
    primary: Any, connect: ConnectControl
) -> None:
    before = connect.configs()
    config = {"OutboundCallerIdName": "New", "OutboundCallerIdNumberId": INSTANCE_NUMBER, "OutboundFlowId": WHISPER}
    write(primary, config, SALES_QUEUE)
    assert read(primary, SALES_QUEUE) == config
    assert connect.configs() == {**before, (PRIMARY, SALES_QUEUE): config}


def test_an_omitted_member_is_cleared_at_first(primary: Any) -> None:
    write(primary, {"OutboundCallerIdName": "Only a name"})
    assert read(primary) == {"OutboundCallerIdName": "Only a name"}


def test_an_omitted_member_is_kept_in_the_other_reading(primary: Any, connect: ConnectControl) -> None:
    connect.set_omitted_member("kept")
    before = read(primary)
    write(primary, {"OutboundCallerIdName": "Only a name"})
    assert read(primary) == {**before, "OutboundCallerIdName": "Only a name"}


@pytest.mark.parametrize(("reading", "left"), [("cleared", {}), ("kept", {"OutboundCallerIdName": "Sales before"})])
def test_an_empty_config_clears_all_or_nothing_by_the_reading(
    primary: Any, connect: ConnectControl, reading: str, left: dict[str, str]
) -> None:
    connect.set_omitted_member(reading)
    write(primary, {}, SALES_QUEUE)
    assert read(primary, SALES_QUEUE) == left


def test_a_queue_without_a_config_is_described_without_one(primary: Any) -> None:
    assert "OutboundCallerConfig" not in primary.describe_queue(InstanceId=INSTANCE, QueueId=SUPPORT_QUEUE)["Queue"]


@pytest.mark.parametrize("member", ["OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId"])
def test_an_empty_text_is_refused_and_nothing_is_written(primary: Any, member: str) -> None:
    before = read(primary)
    assert written(primary, {"OutboundCallerIdName": "New", member: ""}) == INVALID
    assert read(primary) == before


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        (WHISPER, OK),
        (OWNER.flow(PRIMARY, INSTANCE, SECOND_WHISPER), OK),
        (INBOUND_FLOW, INVALID),
        (QUEUE_FLOW, INVALID),
        (OTHER_INSTANCE_WHISPER, MISSING),
        (OWNER.flow(REPLICA, INSTANCE, WHISPER), MISSING),
        (OWNER.flow(PRIMARY, OTHER_INSTANCE, OTHER_INSTANCE_WHISPER), MISSING),
        ("no-such-flow", MISSING),
    ],
)
def test_only_an_outbound_whisper_flow_of_this_instance_in_this_region_is_taken(
    primary: Any, flow: str, expected: str
) -> None:
    assert written(primary, {"OutboundFlowId": flow}) == expected


@pytest.mark.parametrize(
    ("instance", "queue", "expected"),
    [
        (INSTANCE, BASIC_QUEUE, OK),
        (OWNER.instance(PRIMARY, INSTANCE), BASIC_QUEUE, OK),
        (OWNER.instance(REPLICA, INSTANCE), BASIC_QUEUE, MISSING),
        (OTHER_INSTANCE, BASIC_QUEUE, MISSING),
        (INSTANCE, OTHER_INSTANCE_QUEUE, MISSING),
        (INSTANCE, OWNER.queue(PRIMARY, INSTANCE, BASIC_QUEUE), INVALID),
        ("no-such-instance", BASIC_QUEUE, MISSING),
    ],
)
def test_the_instance_goes_by_id_or_by_its_arn_here_and_the_queue_by_id(
    primary: Any, instance: str, queue: str, expected: str
) -> None:
    assert written(primary, {}, instance=instance, queue=queue) == expected
    assert outcome(read, client=primary, instance=instance, queue=queue) == expected


def test_a_region_without_the_instance_has_none(connect: ConnectControl) -> None:
    assert outcome(read, client=connect_client(connect.endpoint, "eu-west-2")) == MISSING


@pytest.mark.parametrize(
    ("form", "number", "flow"),
    [
        ("id", INSTANCE_NUMBER, WHISPER),
        ("as_written", INSTANCE_NUMBER, OWNER.flow(PRIMARY, INSTANCE, WHISPER)),
        ("arn", OWNER.number(PRIMARY, INSTANCE_NUMBER), OWNER.flow(PRIMARY, INSTANCE, WHISPER)),
        ("v1", OWNER.number_v1(PRIMARY, INSTANCE, INSTANCE_NUMBER), OWNER.flow(PRIMARY, INSTANCE, WHISPER)),
    ],
)
def test_number_and_flow_are_returned_in_the_form_that_is_set(
    primary: Any, connect: ConnectControl, form: str, number: str, flow: str
) -> None:
    connect.set_returned_form(form)
    written_flow = OWNER.flow(PRIMARY, INSTANCE, WHISPER)
    write(primary, {"OutboundCallerIdNumberId": INSTANCE_NUMBER, "OutboundFlowId": written_flow})
    assert read(primary) == {"OutboundCallerIdNumberId": number, "OutboundFlowId": flow}


def test_an_instance_says_where_it_is_replicated(primary: Any, replica: Any) -> None:
    for client in (primary, replica):
        replication = client.describe_instance(InstanceId=INSTANCE)["ReplicationConfiguration"]
        assert replication["SourceRegion"] == PRIMARY
        assert [entry["Region"] for entry in replication["ReplicationStatusSummaryList"]] == [PRIMARY, REPLICA]
    assert "ReplicationConfiguration" not in primary.describe_instance(InstanceId=OTHER_INSTANCE)


def test_a_flow_says_its_type(primary: Any) -> None:
    answer = primary.describe_contact_flow(InstanceId=INSTANCE, ContactFlowId=INBOUND_FLOW)
    assert answer["ContactFlow"]["Type"] == "CONTACT_FLOW"
