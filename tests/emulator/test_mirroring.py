"""What one Region's queue has after a write in the other Region."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from emulator.connect import ConnectControl, ControlError, Queue, two_regions
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_INSTANCE,
    OTHER_INSTANCE_QUEUE,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    SECOND_WHISPER,
    WHISPER,
)
from tests.emulator.calls import connect_client, read, write

NAME, NUMBER, FLOW = "OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId"
WHOLE = {NAME: "Written", NUMBER: GROUP_NUMBER, FLOW: SECOND_WHISPER}
HALF_AN_HOUR = 1800


@pytest.fixture
def east(mirrored: ConnectControl) -> Any:
    """A client in the source Region."""
    return connect_client(mirrored.endpoint, PRIMARY)


@pytest.fixture
def west(mirrored: ConnectControl) -> Any:
    """A client in the replica's Region."""
    return connect_client(mirrored.endpoint, REPLICA)


def described(client: Any, queue: str = BASIC_QUEUE) -> dict[str, Any]:
    """Returns all that DescribeQueue says."""
    found: dict[str, Any] = client.describe_queue(InstanceId=INSTANCE, QueueId=queue)["Queue"]
    return found


def test_the_sample_has_the_same_queues_with_the_same_configs_in_both_regions(mirrored: ConnectControl) -> None:
    source, replica, _ = mirrored.state().instances
    assert source.queues == replica.queues


def test_numbers_of_the_replicated_instance_are_in_its_default_group(mirrored: ConnectControl, west: Any) -> None:
    assert {number.group_id for number in two_regions().numbers if number.id == INSTANCE_NUMBER} == {GROUP}
    config = {NUMBER: two_regions().number_arn(INSTANCE_NUMBER)}
    write(west, config)
    assert mirrored.queue_config(REPLICA, INSTANCE, BASIC_QUEUE) == config


def test_a_write_in_either_region_is_seen_in_the_other(east: Any, west: Any) -> None:
    write(east, WHOLE)
    assert read(west) == WHOLE
    write(west, {NAME: "From the west"})
    assert read(east) == {NAME: "From the west"}


def test_a_config_set_in_the_console_is_mirrored_and_a_queue_made_in_one_region_is_not(
    mirrored: ConnectControl,
) -> None:
    mirrored.set_queue_config(REPLICA, INSTANCE, SALES_QUEUE, WHOLE)
    assert mirrored.queue_config(PRIMARY, INSTANCE, SALES_QUEUE) == WHOLE
    mirrored.put_queue(REPLICA, INSTANCE, Queue(SALES_QUEUE, "Sales", {NAME: "West alone"}))
    assert mirrored.queue_config(PRIMARY, INSTANCE, SALES_QUEUE) == WHOLE


def test_a_queue_made_everywhere_was_last_modified_in_one_region(
    mirrored: ConnectControl, east: Any, west: Any
) -> None:
    mirrored.put_queue(REPLICA, INSTANCE, Queue("everywhere", "Everywhere", {NAME: "Both"}), everywhere=True)
    for client in (east, west):
        assert described(client, "everywhere")["LastModifiedRegion"] == REPLICA
        assert read(client, "everywhere") == {NAME: "Both"}
    write(east, {}, "everywhere")
    assert read(west, "everywhere") == {}


def test_everything_but_the_number_leaves_the_number_of_each_region(
    mirrored: ConnectControl, east: Any, west: Any
) -> None:
    mirrored.set_mirroring("everything but the number")
    write(east, WHOLE)
    assert read(west) == {**WHOLE, NUMBER: INSTANCE_NUMBER}
    write(east, {})
    assert read(west) == {NUMBER: INSTANCE_NUMBER}


def test_nothing_is_mirrored_where_the_setting_says_so(mirrored: ConnectControl, east: Any, west: Any) -> None:
    mirrored.set_mirroring("nothing")
    before = read(west)
    write(east, WHOLE)
    assert (read(east), read(west)) == (WHOLE, before)
    assert mirrored.mirrored_writes() == []


def test_an_instance_without_a_replica_sends_no_write_anywhere(mirrored: ConnectControl, east: Any) -> None:
    mirrored.set_mirroring("everything", delay=60)
    write(east, {NAME: "Plain"}, queue=OTHER_INSTANCE_QUEUE, instance=OTHER_INSTANCE)
    assert mirrored.mirrored_writes() == []


def test_a_delayed_write_arrives_when_the_clock_has_moved_so_far(
    mirrored: ConnectControl, east: Any, west: Any
) -> None:
    mirrored.set_mirroring("everything", delay=HALF_AN_HOUR)
    before = read(west)
    write(east, WHOLE)
    assert [(entry["source"], entry["region"]) for entry in mirrored.mirrored_writes()] == [(PRIMARY, REPLICA)]
    mirrored.advance(HALF_AN_HOUR - 60)
    assert read(west) == before
    mirrored.advance(60)
    assert read(west) == WHOLE


def test_the_newest_write_wins_in_both_regions(mirrored: ConnectControl, east: Any, west: Any) -> None:
    mirrored.set_mirroring("everything", delay=60)
    write(east, {NAME: "Older"})
    write(west, {NAME: "Newer"})
    assert (read(east), read(west)) == ({NAME: "Older"}, {NAME: "Newer"})
    mirrored.advance(60)
    assert read(east) == read(west) == {NAME: "Newer"}


def test_an_older_write_that_arrives_late_overwrites_a_newer_one(
    mirrored: ConnectControl, east: Any, west: Any
) -> None:
    mirrored.delay_mirrored(120, region=PRIMARY)
    write(east, {NAME: "Older"})
    write(west, {NAME: "Newer"})
    assert read(east) == read(west) == {NAME: "Newer"}
    mirrored.advance(120)
    assert (read(east), read(west)) == ({NAME: "Newer"}, {NAME: "Older"})


def test_a_lost_write_never_arrives_and_the_next_one_does(mirrored: ConnectControl, east: Any, west: Any) -> None:
    mirrored.lose_mirrored(queue=BASIC_QUEUE)
    before = read(west)
    write(east, WHOLE)
    mirrored.advance(HALF_AN_HOUR)
    assert read(west) == before
    write(east, {NAME: "Next"})
    assert read(west) == {NAME: "Next"}


def test_the_last_change_names_its_time_and_region_in_both_regions(
    mirrored: ConnectControl, east: Any, west: Any
) -> None:
    mirrored.advance(1000)
    before = mirrored.now()
    write(west, {NAME: "From the west"})
    for client in (east, west):
        queue = described(client)
        assert queue["LastModifiedRegion"] == REPLICA
        assert before - 1 <= queue["LastModifiedTime"].timestamp() <= mirrored.now()
    assert before > time.time() + 900


def test_the_time_of_a_mirrored_write_is_its_own_or_that_of_its_arrival(
    mirrored: ConnectControl, east: Any, west: Any
) -> None:
    mirrored.set_settings(mirroring_delay=600, mirrored_time="arrived")
    write(east, WHOLE)
    mirrored.advance(1200)
    apart = described(west)["LastModifiedTime"] - described(east)["LastModifiedTime"]
    assert 599 < apart.total_seconds() < 601
    mirrored.set_settings(mirrored_time="written")
    write(east, {})
    mirrored.advance(1200)
    assert described(west)["LastModifiedTime"] == described(east)["LastModifiedTime"]


def test_an_untouched_queue_was_last_modified_in_the_source_region(east: Any, west: Any) -> None:
    assert {described(client)["LastModifiedRegion"] for client in (east, west)} == {PRIMARY}


def test_the_date_of_a_response_is_the_services_own_time(mirrored: ConnectControl, east: Any) -> None:
    mirrored.advance(5000)
    headers = east.describe_queue(InstanceId=INSTANCE, QueueId=BASIC_QUEUE)["ResponseMetadata"]["HTTPHeaders"]
    assert abs(parsedate_to_datetime(headers["date"]).timestamp() - mirrored.now()) < 2


def test_arns_of_the_instance_are_those_of_the_other_region_after_mirroring(
    mirrored: ConnectControl, east: Any
) -> None:
    seed = two_regions()
    write(east, {NUMBER: seed.number_arn(GROUP_NUMBER), FLOW: seed.owner.flow(PRIMARY, INSTANCE, WHISPER)})
    assert mirrored.queue_config(REPLICA, INSTANCE, BASIC_QUEUE) == {
        NUMBER: seed.number_arn(GROUP_NUMBER),
        FLOW: seed.owner.flow(REPLICA, INSTANCE, WHISPER),
    }


def test_a_write_does_not_come_to_a_queue_that_is_gone(mirrored: ConnectControl, east: Any) -> None:
    mirrored.set_mirroring("everything", delay=60)
    write(east, WHOLE)
    mirrored.delete_queue(REPLICA, INSTANCE, BASIC_QUEUE)
    mirrored.advance(60)
    assert (REPLICA, BASIC_QUEUE) not in mirrored.configs()


def test_a_reset_brings_back_the_seeds_settings_the_time_and_no_writes(mirrored: ConnectControl, east: Any) -> None:
    mirrored.set_mirroring("everything", delay=60)
    write(east, WHOLE)
    mirrored.advance(30)
    mirrored.lose_mirrored()
    mirrored.reset(two_regions())
    assert mirrored.mirrored_writes() == []
    assert abs(mirrored.now() - time.time()) < 5
    assert mirrored.state() == two_regions()
    write(east, WHOLE)
    assert mirrored.queue_config(REPLICA, INSTANCE, BASIC_QUEUE) == WHOLE


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda control: control.set_mirroring("half"), "mirroring is everything or everything but the number or"),
        (lambda control: control.set_mirroring("everything", delay=1801), "from 0 to 1800"),
        (lambda control: control.advance(-1), "only moves forward"),
        (lambda control: control.delay_mirrored(-1), "0 or more"),
        (lambda control: control.lose_mirrored(colour="red"), "no colour"),
    ],
)
def test_what_makes_no_sense_is_refused(mirrored: ConnectControl, ask: Any, message: str) -> None:
    with pytest.raises(ControlError, match=message):
        ask(mirrored)
