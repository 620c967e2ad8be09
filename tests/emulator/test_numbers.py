"""Which number may be named how and from where: the API pages' rule as one table."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.outcome import OK, outcome
from emulator.connect import ConnectControl, PhoneNumber, two_regions_apart
from emulator.connect.sample import (
    GROUP,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_ACCOUNT,
    OTHER_ACCOUNT_NUMBER,
    OTHER_INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    REPLICA_GROUP_NUMBER,
    REPLICA_INSTANCE_NUMBER,
    SALES_QUEUE,
    SECOND_GROUP_NUMBER,
    UNCLAIMED_NUMBER,
    UNLINKED_GROUP_NUMBER,
)
from emulator.connect.seed import identifier
from tests.emulator.calls import read, write

SEED = two_regions_apart()
MISSING, INVALID = "ResourceNotFoundException", "InvalidParameterException"

WRITES = [
    # number, from the primary by UUID and by V2 ARN, from the replica by UUID and by V2 ARN
    (INSTANCE_NUMBER, OK, OK, MISSING, MISSING),
    (REPLICA_INSTANCE_NUMBER, MISSING, MISSING, OK, OK),
    (GROUP_NUMBER, OK, OK, MISSING, OK),
    (SECOND_GROUP_NUMBER, OK, OK, MISSING, OK),
    (REPLICA_GROUP_NUMBER, MISSING, OK, OK, OK),
    (UNLINKED_GROUP_NUMBER, MISSING, MISSING, MISSING, MISSING),
    (OTHER_INSTANCE_NUMBER, MISSING, MISSING, MISSING, MISSING),
    (OTHER_ACCOUNT_NUMBER, MISSING, MISSING, MISSING, MISSING),
    (UNCLAIMED_NUMBER, MISSING, MISSING, MISSING, MISSING),
]
SIGHTS = [
    (INSTANCE_NUMBER, OK, OK, MISSING, MISSING),
    (GROUP_NUMBER, OK, OK, MISSING, OK),
    (REPLICA_GROUP_NUMBER, MISSING, OK, OK, OK),
    (UNLINKED_GROUP_NUMBER, OK, OK, MISSING, MISSING),
    (OTHER_INSTANCE_NUMBER, OK, OK, MISSING, MISSING),
    (OTHER_ACCOUNT_NUMBER, MISSING, MISSING, MISSING, MISSING),
    (UNCLAIMED_NUMBER, MISSING, MISSING, MISSING, MISSING),
]
NAMES = {number.id: number.number for number in SEED.numbers}


def by_number(row: Any) -> str | None:
    """Names a row of a table by its number."""
    return NAMES.get(row) if isinstance(row, str) else None


@pytest.mark.parametrize(("number", "home_id", "home_arn", "away_id", "away_arn"), WRITES, ids=by_number)
def test_a_queue_takes_a_number_as_the_api_page_says(
    primary: Any, replica: Any, number: str, home_id: str, home_arn: str, away_id: str, away_arn: str
) -> None:
    arn = SEED.number_arn(number)
    outcomes = [
        outcome(write, client=client, config={"OutboundCallerIdNumberId": text}, queue=SALES_QUEUE)
        for client in (primary, replica)
        for text in (number, arn)
    ]
    assert outcomes == [home_id, home_arn, away_id, away_arn]


@pytest.mark.parametrize(("number", "home_id", "home_arn", "away_id", "away_arn"), SIGHTS, ids=by_number)
def test_a_number_is_described_as_the_api_page_says(
    primary: Any, replica: Any, number: str, home_id: str, home_arn: str, away_id: str, away_arn: str
) -> None:
    outcomes = [
        outcome(client.describe_phone_number, PhoneNumberId=text)
        for client in (primary, replica)
        for text in (number, SEED.number_arn(number))
    ]
    assert outcomes == [home_id, home_arn, away_id, away_arn]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SEED.owner.number_v1(PRIMARY, INSTANCE, INSTANCE_NUMBER), INVALID),
        ("+12065550100", INVALID),
        ("not-a-uuid", INVALID),
        (f"arn:aws:sns:{PRIMARY}:{SEED.account}:phone-number/{INSTANCE_NUMBER}", INVALID),
        (f"arn:aws-cn:connect:{PRIMARY}:{SEED.account}:phone-number/{INSTANCE_NUMBER}", INVALID),
        (f"arn:aws:connect:{PRIMARY}:{SEED.account}:instance/{INSTANCE}/queue/{INSTANCE_NUMBER}", INVALID),
        (SEED.owner.number(REPLICA, INSTANCE_NUMBER), MISSING),
        (f"arn:aws:connect:{PRIMARY}:{OTHER_ACCOUNT}:phone-number/{INSTANCE_NUMBER}", MISSING),
        (identifier("no such number"), MISSING),
    ],
)
def test_a_text_that_names_no_number_here_is_refused_and_nothing_is_written(
    primary: Any, text: str, expected: str
) -> None:
    before = read(primary)
    assert outcome(write, client=primary, config={"OutboundCallerIdNumberId": text}) == expected
    assert outcome(primary.describe_phone_number, PhoneNumberId=text) == expected
    assert read(primary) == before


def test_a_v1_arn_of_this_instance_is_taken_in_the_admin_guides_reading(
    primary: Any, replica: Any, connect: ConnectControl
) -> None:
    connect.set_settings(v1_number_arns="accepted")
    for client, region, other in ((primary, PRIMARY, REPLICA), (replica, REPLICA, PRIMARY)):
        here, there = (SEED.owner.number_v1(entry, INSTANCE, GROUP_NUMBER) for entry in (region, other))
        assert outcome(write, client=client, config={"OutboundCallerIdNumberId": here}) == OK
        assert outcome(write, client=client, config={"OutboundCallerIdNumberId": there}) == MISSING


def test_the_code_for_a_number_of_another_instance_can_be_set(primary: Any, connect: ConnectControl) -> None:
    connect.set_settings(unusable_number=INVALID)
    assert outcome(write, client=primary, config={"OutboundCallerIdNumberId": OTHER_INSTANCE_NUMBER}) == INVALID
    assert outcome(write, client=primary, config={"OutboundCallerIdNumberId": identifier("none")}) == MISSING


def test_a_group_number_by_uuid_from_another_region_is_not_found_whatever_that_code(
    replica: Any, connect: ConnectControl
) -> None:
    connect.set_settings(unusable_number=INVALID)
    assert outcome(write, client=replica, config={"OutboundCallerIdNumberId": GROUP_NUMBER}) == MISSING


def test_a_number_that_is_released_can_no_longer_be_written_but_stays_where_it_is(
    primary: Any, connect: ConnectControl
) -> None:
    before = read(primary)
    connect.release_number(INSTANCE_NUMBER)
    assert outcome(write, client=primary, config={"OutboundCallerIdNumberId": INSTANCE_NUMBER}) == MISSING
    assert read(primary) == before


def test_a_number_that_is_claimed_anew_can_be_written(replica: Any, connect: ConnectControl) -> None:
    connect.put_number(PhoneNumber(INSTANCE_NUMBER, "+12065550100", PRIMARY, group_id=GROUP))
    config = {"OutboundCallerIdNumberId": SEED.owner.number(PRIMARY, INSTANCE_NUMBER)}
    assert outcome(write, client=replica, config=config) == OK


def test_a_description_says_what_the_number_is_claimed_to(replica: Any, primary: Any) -> None:
    summary = replica.describe_phone_number(PhoneNumberId=SEED.number_arn(GROUP_NUMBER))["ClaimedPhoneNumberSummary"]
    assert summary["PhoneNumberArn"] == SEED.number_arn(GROUP_NUMBER)
    assert summary["TargetArn"] == SEED.group_arn(GROUP)
    assert "InstanceId" not in summary
    summary = primary.describe_phone_number(PhoneNumberId=INSTANCE_NUMBER)["ClaimedPhoneNumberSummary"]
    assert summary["TargetArn"] == SEED.owner.instance(PRIMARY, INSTANCE)
    assert summary["InstanceId"] == INSTANCE
