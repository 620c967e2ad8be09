"""The control API and its client: the world is looked at, changed and put back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.outcome import OK, outcome
from emulator.connect import (
    ConnectControl,
    ControlError,
    Flow,
    PhoneNumber,
    Queue,
    Seed,
    SeedError,
    TrafficDistributionGroup,
    many_queues,
    two_regions_apart,
)
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    WHISPER,
    queue_id,
)
from emulator.connect.seed import identifier
from tests.emulator.calls import read, write

MISSING = "ResourceNotFoundException"


def test_the_state_is_the_seed_until_something_changes(connect: ConnectControl) -> None:
    assert connect.state() == two_regions_apart()


def test_a_reset_puts_everything_back(connect: ConnectControl, primary: Any) -> None:
    connect.set_settings(omitted_member="kept", returned_form="v1")
    connect.set_quota(burst=1)
    connect.set_policy("*")
    connect.fail("*", count=None)
    connect.delete_instance(PRIMARY, INSTANCE)
    connect.reset()
    assert connect.state() == two_regions_apart()
    before = read(primary)
    assert before["OutboundCallerIdNumberId"] == INSTANCE_NUMBER
    write(primary, {})
    assert read(primary) == {}
    assert connect.faults() == []


def test_a_reset_to_another_seed_puts_that_in_place(connect: ConnectControl) -> None:
    connect.reset(replace(many_queues(3), account="111122223333", partition="aws-us-gov"))
    assert {key for key in connect.configs() if key[1] == queue_id(3)} == {
        (PRIMARY, queue_id(3)),
        (REPLICA, queue_id(3)),
    }
    assert connect.state().owner.instance(PRIMARY, "i") == f"arn:aws-us-gov:connect:{PRIMARY}:111122223333:instance/i"


def test_a_queue_config_is_set_unchecked_as_written(connect: ConnectControl, primary: Any) -> None:
    config = {"OutboundCallerIdNumberId": identifier("gone long ago")}
    connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, config)
    assert connect.queue_config(PRIMARY, INSTANCE, SALES_QUEUE) == config == read(primary, SALES_QUEUE)
    assert connect.configs()[REPLICA, SALES_QUEUE] == {"OutboundCallerIdName": "Sales west before"}


def test_resources_are_made_and_deleted_in_one_region(connect: ConnectControl, primary: Any, replica: Any) -> None:
    connect.put_queue(PRIMARY, INSTANCE, Queue("new-queue", "New", {"OutboundCallerIdName": "x"}))
    assert [outcome(read, client=client, queue="new-queue") for client in (primary, replica)] == [OK, MISSING]
    connect.put_flow(PRIMARY, INSTANCE, Flow("new-flow"))
    assert outcome(write, client=primary, config={"OutboundFlowId": "new-flow"}) == OK
    connect.delete_flow(PRIMARY, INSTANCE, "new-flow")
    assert outcome(write, client=primary, config={"OutboundFlowId": "new-flow"}) == MISSING
    connect.delete_queue(PRIMARY, INSTANCE, BASIC_QUEUE)
    assert [outcome(read, client=client) for client in (primary, replica)] == [MISSING, OK]
    connect.delete_instance(REPLICA, INSTANCE)
    assert outcome(replica.describe_instance, InstanceId=INSTANCE) == MISSING


def test_a_group_is_made_and_deleted_with_its_claims(connect: ConnectControl, primary: Any) -> None:
    group = identifier("a new group")
    connect.put_group(TrafficDistributionGroup(group, PRIMARY, INSTANCE))
    assert outcome(primary.describe_traffic_distribution_group, TrafficDistributionGroupId=group) == OK
    connect.delete_group(GROUP)
    assert outcome(primary.describe_phone_number, PhoneNumberId=GROUP_NUMBER) == MISSING


@pytest.mark.parametrize(
    "ask",
    [
        lambda control: control.queue_config(PRIMARY, INSTANCE, "none"),
        lambda control: control.set_queue_config(PRIMARY, "none", BASIC_QUEUE, {}),
        lambda control: control.delete_queue(PRIMARY, INSTANCE, "none"),
        lambda control: control.delete_flow("eu-west-2", INSTANCE, WHISPER),
        lambda control: control.delete_instance("eu-west-2", INSTANCE),
        lambda control: control.release_number("none"),
        lambda control: control.delete_group("none"),
    ],
)
def test_what_is_not_there_is_an_error(connect: ConnectControl, ask: Any) -> None:
    with pytest.raises(ControlError, match="not there"):
        ask(connect)


def test_what_makes_no_sense_is_an_error_that_says_so(connect: ConnectControl) -> None:
    with pytest.raises(ControlError, match="omitted_member is cleared or kept, not 'forgotten'"):
        connect.set_omitted_member("forgotten")
    with pytest.raises(ControlError, match="there is no setting 'colour'"):
        connect.set_settings(colour="red")
    with pytest.raises(ControlError, match="not OutboundCallerIDName"):
        connect.set_queue_config(PRIMARY, INSTANCE, BASIC_QUEUE, {"OutboundCallerIDName": "x"})
    with pytest.raises(ControlError, match="a group that was not created in us-west-2"):
        connect.put_number(PhoneNumber("n", "+12065550199", REPLICA, group_id=GROUP))
    assert connect.state() == two_regions_apart()


def test_a_state_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    two_regions_apart().write(path)
    assert Seed.read(path) == two_regions_apart()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"instances": [{"id": "i"}]}, r"instances\[0\]: .*'region'"),
        ({"instances": [{"id": "i", "region": "r", "queues": [{"id": "q", "nam": "x"}]}]}, r"queues\[0\]: .*'nam'"),
        ({"numbers": [7]}, r"numbers\[0\]: an object is wanted, not 7"),
        ({"queues": []}, "state: .*'queues'"),
        ([], "state: an object is wanted"),
        ({"numbers": [{"id": "n", "number": "+1", "region": "r", "group_id": "g"}]}, "not created in r"),
        (
            {"numbers": [{"id": "n", "number": "+1", "region": "r", "instance_id": "i", "account": "1"}]},
            r"numbers\[0\]: .*claimed by one alone",
        ),
        ({"instances": [{"id": "i", "region": "r", "queues": [{"id": "q", "config": {"Name": "x"}}]}]}, "not Name"),
    ],
)
def test_a_mistake_in_a_state_file_is_an_error_that_names_the_file_and_the_place(
    tmp_path: Path, document: Any, words: str
) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document))
    with pytest.raises(SeedError, match=f"(?s){path}.*{words}"):
        Seed.read(path)
