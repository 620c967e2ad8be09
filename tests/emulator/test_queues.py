"""CreateQueue and DeleteQueue, which AWS::Connect::Queue calls."""

from __future__ import annotations

from typing import Any

from conformance.outcome import outcome
from emulator.connect import ConnectControl, two_regions
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY, REPLICA, UNCLAIMED_NUMBER
from tests.emulator.calls import connect_client, read

MISSING = "ResourceNotFoundException"
CONFIG = {"OutboundCallerIdName": "New"}


def create(client: Any, name: str = "New queue", config: dict[str, str] | None = None) -> Any:
    """Makes a queue and returns the answer."""
    more = {} if config is None else {"OutboundCallerConfig": config}
    return client.create_queue(InstanceId=INSTANCE, Name=name, HoursOfOperationId="hours", **more)


def test_a_queue_is_made_with_its_config_and_deleted(connect: ConnectControl, primary: Any) -> None:
    made = create(primary, config=CONFIG)
    assert made["QueueArn"] == two_regions().owner.queue(PRIMARY, INSTANCE, made["QueueId"])
    assert read(primary, made["QueueId"]) == CONFIG
    primary.delete_queue(InstanceId=INSTANCE, QueueId=made["QueueId"])
    assert outcome(read, client=primary, queue=made["QueueId"]) == MISSING


def test_a_name_is_taken_once_and_a_number_must_be_usable(primary: Any) -> None:
    assert outcome(create, client=primary, name="BasicQueue") == "DuplicateResourceException"
    config = {"OutboundCallerIdNumberId": UNCLAIMED_NUMBER}
    assert outcome(create, client=primary, config=config) == MISSING
    assert outcome(primary.delete_queue, InstanceId=INSTANCE, QueueId="none") == MISSING


def test_a_mirrored_instance_has_it_in_both_regions(mirrored: ConnectControl) -> None:
    east, west = (connect_client(mirrored.endpoint, region) for region in (PRIMARY, REPLICA))
    made = create(west, config=CONFIG)["QueueId"]
    assert read(east, made) == read(west, made) == CONFIG
    east.delete_queue(InstanceId=INSTANCE, QueueId=made)
    assert outcome(read, client=west, queue=made) == MISSING


def test_an_instance_that_is_not_mirrored_has_it_in_one_region(connect: ConnectControl, primary: Any) -> None:
    made = create(primary)["QueueId"]
    assert (REPLICA, made) not in connect.configs()
    primary.delete_queue(InstanceId=INSTANCE, QueueId=BASIC_QUEUE)
    assert (REPLICA, BASIC_QUEUE) in connect.configs()
