"""The other readings of what the documentation leaves open: each setting changes what a caller sees."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.outcome import OK, outcome
from emulator.connect import ConnectControl, two_regions_apart
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    REPLICA,
    SUPPORT_QUEUE,
)
from emulator.connect.settings import CHOICES, RANGES, Settings
from tests.emulator.calls import connect_client, read, write

MISSING = "ResourceNotFoundException"
NUMBER = next(number for number in two_regions_apart().numbers if number.id == INSTANCE_NUMBER)


def raw_queue(client: Any, queue: str) -> dict[str, Any]:
    """Returns a queue as it came over the wire: boto3 drops what is null."""
    bodies: list[bytes] = []

    def keep(response_dict: dict[str, Any], **_: Any) -> None:
        bodies.append(response_dict["body"])

    event = "before-parse.connect.DescribeQueue"
    client.meta.events.register(event, keep)
    client.describe_queue(InstanceId=INSTANCE, QueueId=queue)
    client.meta.events.unregister(event, keep)
    found: dict[str, Any] = json.loads(bodies[0])["Queue"]
    return found


def test_every_setting_has_a_default_that_is_one_of_its_readings() -> None:
    defaults = Settings().to_json()
    assert set(defaults) == set(CHOICES) | set(RANGES)
    assert all(defaults[name] in readings for name, readings in CHOICES.items())
    assert Settings().changes() == {}


def test_over_the_quota_the_code_is_the_one_that_is_set(connect: ConnectControl, primary: Any) -> None:
    connect.set_settings(throttling_code="TooManyRequestsException")
    connect.set_quota(rate=0, burst=1)
    read(primary)
    assert outcome(read, client=primary) == "TooManyRequestsException"
    assert connect.journal()[-1].status == 429


def test_all_operations_of_a_region_share_one_bucket_if_so_set(connect: ConnectControl, primary: Any) -> None:
    connect.set_settings(quota_scope="region")
    connect.set_quota(rate=0, burst=1)
    read(primary)
    assert outcome(primary.list_queues, InstanceId=INSTANCE) == "ThrottlingException"
    assert outcome(read, client=connect_client(connect.endpoint, REPLICA)) == OK


@pytest.mark.parametrize(("reading", "expected"), [("absent", "nothing"), ("empty", {}), ("null", None)])
def test_a_queue_without_a_config_is_described_as_set(
    connect: ConnectControl, primary: Any, reading: str, expected: Any
) -> None:
    connect.set_settings(unset_config=reading)
    assert raw_queue(primary, SUPPORT_QUEUE).get("OutboundCallerConfig", "nothing") == expected
    assert raw_queue(primary, BASIC_QUEUE)["OutboundCallerConfig"]["OutboundCallerIdName"] == "Main line"


@pytest.mark.parametrize("code", ["InvalidRequestException", "AccessDeniedException"])
def test_groups_may_not_be_listed(connect: ConnectControl, primary: Any, code: str) -> None:
    connect.set_settings(group_listing=code)
    assert outcome(primary.list_traffic_distribution_groups, InstanceId=INSTANCE) == code


@pytest.mark.parametrize("status", ["IN_PROGRESS", "FAILED"])
def test_a_number_whose_claim_is_not_finished_cannot_be_used(
    connect: ConnectControl, primary: Any, status: str
) -> None:
    connect.put_number(replace(NUMBER, status=status))
    described = primary.describe_phone_number(PhoneNumberId=INSTANCE_NUMBER)["ClaimedPhoneNumberSummary"]
    assert described["PhoneNumberStatus"]["Status"] == status
    assert outcome(write, client=primary, config={"OutboundCallerIdNumberId": INSTANCE_NUMBER}) == MISSING


def test_a_claim_is_finished_after_so_many_looks(connect: ConnectControl, primary: Any) -> None:
    connect.put_number(replace(NUMBER, status="IN_PROGRESS", settles_after=2))
    config = {"OutboundCallerIdNumberId": INSTANCE_NUMBER}
    assert [outcome(write, client=primary, config=config) for _ in range(3)] == [MISSING, MISSING, OK]


@pytest.mark.parametrize(("reading", "listed"), [("listed", True), ("not listed", False)])
def test_a_number_in_progress_is_listed_as_set(
    connect: ConnectControl, primary: Any, reading: str, listed: bool
) -> None:
    connect.set_settings(unfinished_numbers=reading)
    connect.put_number(replace(NUMBER, status="IN_PROGRESS"))
    found = primary.list_phone_numbers_v2(InstanceId=INSTANCE)["ListPhoneNumbersSummaryList"]
    assert (INSTANCE_NUMBER in {entry["PhoneNumberId"] for entry in found}) is listed


def test_a_seed_begins_with_its_settings(connect: ConnectControl, primary: Any) -> None:
    seed = replace(two_regions_apart(), settings={"returned_form": "arn"})
    connect.reset(seed)
    write(primary, {"OutboundCallerIdNumberId": GROUP_NUMBER})
    assert read(primary) == {"OutboundCallerIdNumberId": seed.number_arn(GROUP_NUMBER)}
    assert connect.queue_config(REPLICA, INSTANCE, BASIC_QUEUE) == {"OutboundCallerIdNumberId": GROUP_NUMBER}
    assert connect.state().settings == {"returned_form": "arn"}
    assert connect.settings() == Settings(returned_form="arn").to_json()
