"""What each List operation sees from a Region, and how it is filtered and cut into pages."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.outcome import outcome
from emulator.connect import ConnectControl, PhoneNumber, two_regions_apart
from emulator.connect.sample import (
    GROUP,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_INSTANCE,
    OTHER_INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    REPLICA_GROUP,
    REPLICA_INSTANCE_NUMBER,
    SECOND_GROUP,
    SECOND_INSTANCE_NUMBER,
    UNLINKED_GROUP,
    UNLINKED_GROUP_NUMBER,
)
from emulator.connect.seed import identifier

SEED = two_regions_apart()
MISSING, INVALID = "ResourceNotFoundException", "InvalidParameterException"


def numbers(client: Any, **request: Any) -> set[str]:
    """Returns the ids that ListPhoneNumbersV2 lists."""
    pages = client.get_paginator("list_phone_numbers_v2").paginate(**request)
    return {entry["PhoneNumberId"] for page in pages for entry in page["ListPhoneNumbersSummaryList"]}


def groups(client: Any, **request: Any) -> set[str]:
    """Returns the ids that ListTrafficDistributionGroups lists."""
    pages = client.get_paginator("list_traffic_distribution_groups").paginate(**request)
    return {entry["Id"] for page in pages for entry in page["TrafficDistributionGroupSummaryList"]}


def test_with_an_instance_only_its_own_numbers_in_this_region_are_listed(primary: Any, replica: Any) -> None:
    for members in (
        {"InstanceId": INSTANCE},
        {"InstanceId": SEED.owner.instance(PRIMARY, INSTANCE)},
        {"TargetArn": SEED.owner.instance(PRIMARY, INSTANCE)},
    ):
        assert numbers(primary, **members) == {INSTANCE_NUMBER, SECOND_INSTANCE_NUMBER}
    assert numbers(replica, InstanceId=INSTANCE) == {REPLICA_INSTANCE_NUMBER}


def test_with_a_group_its_numbers_are_listed_in_either_region(primary: Any, replica: Any) -> None:
    for client in (primary, replica):
        assert numbers(client, TargetArn=SEED.group_arn(GROUP)) == {GROUP_NUMBER}


def test_with_neither_the_numbers_of_the_instances_here_are_listed_and_no_groups(primary: Any, replica: Any) -> None:
    assert numbers(primary) == {INSTANCE_NUMBER, SECOND_INSTANCE_NUMBER, OTHER_INSTANCE_NUMBER}
    assert numbers(replica) == {REPLICA_INSTANCE_NUMBER}


def test_a_target_that_does_not_reach_this_region_is_not_found(replica: Any, primary: Any) -> None:
    assert numbers(primary, TargetArn=SEED.group_arn(UNLINKED_GROUP)) == {UNLINKED_GROUP_NUMBER}
    assert outcome(replica.list_phone_numbers_v2, TargetArn=SEED.group_arn(UNLINKED_GROUP)) == MISSING
    assert outcome(replica.list_phone_numbers_v2, TargetArn=SEED.owner.group(REPLICA, GROUP)) == MISSING
    assert outcome(replica.list_phone_numbers_v2, TargetArn=SEED.owner.instance(PRIMARY, INSTANCE)) == MISSING
    assert outcome(replica.list_phone_numbers_v2, InstanceId=OTHER_INSTANCE) == MISSING


def test_a_target_that_is_no_arn_or_beside_an_instance_is_invalid(primary: Any) -> None:
    assert outcome(primary.list_phone_numbers_v2, TargetArn=GROUP) == INVALID
    assert outcome(primary.list_phone_numbers_v2, TargetArn=SEED.group_arn(GROUP), InstanceId=INSTANCE) == INVALID


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"PhoneNumberPrefix": "+1206"}, {INSTANCE_NUMBER, OTHER_INSTANCE_NUMBER}),
        ({"PhoneNumberPrefix": "+12065550100"}, {INSTANCE_NUMBER}),
        ({"PhoneNumberPrefix": "+44"}, set()),
        ({"PhoneNumberTypes": ["TOLL_FREE"]}, {SECOND_INSTANCE_NUMBER}),
        ({"PhoneNumberCountryCodes": ["DE", "FR"]}, set()),
        ({"PhoneNumberCountryCodes": ["US"], "PhoneNumberTypes": ["TOLL_FREE", "DID"], "InstanceId": INSTANCE},
         {INSTANCE_NUMBER, SECOND_INSTANCE_NUMBER}),
    ],
)  # fmt: skip
def test_prefix_type_and_country_narrow_a_list(primary: Any, members: dict[str, Any], found: set[str]) -> None:
    assert numbers(primary, **members) == found


def test_the_old_list_gives_v1_arns_of_this_region_and_old_types(primary: Any, connect: ConnectControl) -> None:
    connect.put_number(PhoneNumber(identifier("uifn"), "+80012345678", PRIMARY, INSTANCE, type="UIFN"))
    answer = primary.list_phone_numbers(InstanceId=INSTANCE)["PhoneNumberSummaryList"]
    assert {entry["Id"]: entry["PhoneNumberType"] for entry in answer} == {
        INSTANCE_NUMBER: "DID",
        SECOND_INSTANCE_NUMBER: "TOLL_FREE",
        identifier("uifn"): "TOLL_FREE",
    }
    assert answer[0]["Arn"] == SEED.owner.number_v1(PRIMARY, INSTANCE, INSTANCE_NUMBER)


def test_groups_are_those_linked_to_the_instance_from_either_region(primary: Any, replica: Any) -> None:
    linked = {GROUP, SECOND_GROUP, REPLICA_GROUP}
    for client in (primary, replica):
        assert groups(client, InstanceId=INSTANCE) == linked
    assert groups(replica, InstanceId=SEED.owner.instance(REPLICA, INSTANCE)) == linked
    assert groups(primary) == {*linked, UNLINKED_GROUP}
    assert groups(replica) == linked
    assert outcome(replica.list_traffic_distribution_groups, InstanceId=OTHER_INSTANCE) == "InvalidRequestException"


def test_a_group_goes_by_id_where_it_was_created_and_by_arn_elsewhere(primary: Any, replica: Any) -> None:
    def described(client: Any, text: str) -> str:
        return outcome(client.describe_traffic_distribution_group, TrafficDistributionGroupId=text)

    arn = SEED.group_arn(GROUP)
    assert [described(client, text) for client in (primary, replica) for text in (GROUP, arn)] == [
        "ok", "ok", MISSING, "ok"]  # fmt: skip
    assert described(replica, SEED.group_arn(UNLINKED_GROUP)) == MISSING
    assert described(primary, SEED.owner.group(REPLICA, GROUP)) == MISSING
    answer = replica.describe_traffic_distribution_group(TrafficDistributionGroupId=arn)["TrafficDistributionGroup"]
    assert (answer["Arn"], answer["InstanceArn"]) == (arn, SEED.owner.instance(PRIMARY, INSTANCE))


def test_pages_together_are_the_whole_list_without_doubles(connect: ConnectControl, primary: Any) -> None:
    for count in range(7):
        connect.put_number(PhoneNumber(identifier(f"page {count}"), f"+1206555020{count}", PRIMARY, INSTANCE))
    pages = list(primary.get_paginator("list_phone_numbers_v2").paginate(InstanceId=INSTANCE, MaxResults=4))
    assert [len(page["ListPhoneNumbersSummaryList"]) for page in pages] == [4, 4, 1]
    listed = [entry["PhoneNumberId"] for page in pages for entry in page["ListPhoneNumbersSummaryList"]]
    assert len(set(listed)) == 9
    queues = list(primary.get_paginator("list_queues").paginate(InstanceId=INSTANCE, PaginationConfig={"PageSize": 2}))
    assert [len(page["QueueSummaryList"]) for page in queues] == [2, 1]


def test_a_token_of_another_request_is_refused(primary: Any) -> None:
    token = primary.list_phone_numbers_v2(InstanceId=INSTANCE, MaxResults=1)["NextToken"]
    assert outcome(primary.list_phone_numbers_v2, InstanceId=OTHER_INSTANCE, NextToken=token) == INVALID
    assert outcome(primary.list_phone_numbers_v2, NextToken="nonsense") == INVALID
    assert outcome(primary.list_traffic_distribution_groups, NextToken=token) == "InvalidRequestException"


def test_only_queues_of_the_wanted_type_are_listed(primary: Any) -> None:
    assert len(primary.list_queues(InstanceId=INSTANCE, QueueTypes=["STANDARD"])["QueueSummaryList"]) == 3
    assert primary.list_queues(InstanceId=INSTANCE, QueueTypes=["AGENT"])["QueueSummaryList"] == []
