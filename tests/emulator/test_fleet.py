"""Searches and lists over a whole instance: what they find, filter and cut into pages."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.outcome import outcome
from emulator.connect import ConnectControl
from emulator.connect.fleet_sample import fleet, queue_name
from emulator.connect.sample import (
    BASIC_QUEUE,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_INSTANCE,
    PRIMARY,
    SALES_QUEUE,
    SECOND_WHISPER,
    WHISPER,
    many_queues,
    queue_id,
)
from tests.emulator.calls import write


def searched(client: Any, **criteria: Any) -> list[str]:
    """Returns the names of the queues that SearchQueues finds."""
    found = client.search_queues(InstanceId=INSTANCE, SearchCriteria=criteria)
    return [queue["Name"] for queue in found["Queues"]]


def name_is(comparison: str, value: str, field: str = "name") -> dict[str, Any]:
    """Returns a condition on a queue's name."""
    return {"StringCondition": {"FieldName": field, "ComparisonType": comparison, "Value": value}}


def test_a_search_returns_whole_queues_with_their_config(primary: Any) -> None:
    found = {queue["QueueId"]: queue for queue in primary.search_queues(InstanceId=INSTANCE)["Queues"]}
    basic = primary.describe_queue(InstanceId=INSTANCE, QueueId=BASIC_QUEUE)["Queue"]
    assert found[BASIC_QUEUE] == basic
    assert basic["OutboundCallerConfig"]["OutboundCallerIdNumberId"] == INSTANCE_NUMBER


def test_450_queues_take_five_pages_of_100_or_one_of_500(connect: ConnectControl, primary: Any) -> None:
    connect.reset(many_queues(447))
    for size, pages in ((None, 5), (100, 5), (500, 1)):
        found = list(primary.get_paginator("search_queues").paginate(
            InstanceId=INSTANCE, PaginationConfig={"PageSize": size} if size else {}))  # fmt: skip
        assert len(found) == pages
        assert len({queue["QueueId"] for page in found for queue in page["Queues"]}) == 450
        assert {page["ApproximateTotalCount"] for page in found} == {450}


def test_a_page_of_more_than_500_is_invalid(primary: Any) -> None:
    assert outcome(primary.search_queues, InstanceId=INSTANCE, MaxResults=501) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        (name_is("EXACT", "sales"), ["Sales"]),
        (name_is("STARTS_WITH", "S"), ["Sales", "Support"]),
        (name_is("CONTAINS", "queue"), ["BasicQueue"]),
        (name_is("EXACT", SALES_QUEUE, "resourceID"), ["Sales"]),
        ({"OrConditions": [name_is("EXACT", "Sales"), name_is("EXACT", "Support")]}, ["Sales", "Support"]),
        ({"AndConditions": [name_is("CONTAINS", "s"), name_is("CONTAINS", "l")]}, ["Sales"]),
        ({"QueueTypeCondition": "STANDARD"}, ["BasicQueue", "Sales", "Support"]),
    ],
)
def test_criteria_narrow_a_search(primary: Any, criteria: dict[str, Any], names: list[str]) -> None:
    assert searched(primary, **criteria) == names


def test_a_field_that_cannot_be_searched_is_invalid(primary: Any) -> None:
    asked = {"InstanceId": INSTANCE, "SearchCriteria": name_is("EXACT", "x", "status")}
    assert outcome(primary.search_queues, **asked) == "InvalidParameterException"


def test_a_search_by_tags_finds_no_queue_without_them(primary: Any) -> None:
    wanted = {"TagFilter": {"TagCondition": {"TagKey": "team", "TagValue": "sales"}}}
    assert primary.search_queues(InstanceId=INSTANCE, SearchFilter=wanted)["Queues"] == []


def test_a_search_in_an_instance_that_is_not_here_is_not_found(replica: Any) -> None:
    assert outcome(replica.search_queues, InstanceId=OTHER_INSTANCE) == "ResourceNotFoundException"


def test_a_search_sees_what_was_written_last(primary: Any) -> None:
    write(primary, {"OutboundCallerIdName": "New"}, SALES_QUEUE)
    found = {queue["QueueId"]: queue for queue in primary.search_queues(InstanceId=INSTANCE)["Queues"]}
    assert found[SALES_QUEUE]["OutboundCallerConfig"] == {"OutboundCallerIdName": "New"}
    assert found[SALES_QUEUE]["LastModifiedRegion"] == PRIMARY


def test_flows_are_listed_and_searched_by_type(primary: Any) -> None:
    listed = primary.list_contact_flows(InstanceId=INSTANCE, ContactFlowTypes=["OUTBOUND_WHISPER"])
    assert {flow["Id"] for flow in listed["ContactFlowSummaryList"]} == {WHISPER, SECOND_WHISPER}
    assert len(primary.list_contact_flows(InstanceId=INSTANCE)["ContactFlowSummaryList"]) == 4
    found = primary.search_contact_flows(InstanceId=INSTANCE, SearchCriteria={"TypeCondition": "OUTBOUND_WHISPER"})
    assert {flow["Id"]: flow["Name"] for flow in found["ContactFlows"]} == {
        WHISPER: "Default outbound", SECOND_WHISPER: "Sales outbound"}  # fmt: skip


def test_instances_are_listed_with_their_aliases_in_their_own_region(primary: Any, replica: Any) -> None:
    def aliases(client: Any) -> dict[str, str]:
        return {entry["Id"]: entry["InstanceAlias"] for entry in client.list_instances()["InstanceSummaryList"]}

    assert aliases(primary) == {INSTANCE: "example", OTHER_INSTANCE: "other"}
    assert aliases(replica) == {INSTANCE: "example"}


def test_a_policy_that_allows_describe_queue_alone_allows_no_search(connect: ConnectControl, primary: Any) -> None:
    allow = {"Effect": "Allow", "Action": ["connect:DescribeQueue", "connect:ListQueues"], "Resource": "*"}
    connect.set_policy("*", {"Version": "2012-10-17", "Statement": [allow]})
    assert outcome(primary.search_queues, InstanceId=INSTANCE) == "AccessDeniedException"
    assert outcome(primary.list_queues, InstanceId=INSTANCE) == "ok"


def test_the_fleet_has_the_same_queues_in_both_regions_each_with_a_config(
    connect: ConnectControl, primary: Any, replica: Any
) -> None:
    connect.reset(fleet(20))
    found = [
        {queue["QueueId"]: queue for queue in client.search_queues(InstanceId=INSTANCE)["Queues"]}
        for client in (primary, replica)
    ]
    for queues in found:
        assert len(queues) == 23
        assert queues[queue_id(1)]["Name"] == queue_name(1)
        assert all(queues[queue_id(number)]["OutboundCallerConfig"] for number in range(1, 21))
