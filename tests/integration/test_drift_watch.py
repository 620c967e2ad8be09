"""The drift watch: what differs from the ledgers is told and counted, and repaired if that was asked for."""

from __future__ import annotations

import json
import os
import time
from typing import Any
from urllib.parse import quote

import pytest
from queue_outbound_caller_config_provider import handler
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT
from queue_outbound_caller_config_provider.settings import KEY_VARIABLE
from queue_outbound_caller_config_provider.timing import MIRRORING

from emulator.connect import Queue, two_regions
from emulator.connect.sample import (
    GROUP_NUMBER,
    INSTANCE,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    SECOND_WHISPER,
    SUPPORT_QUEUE,
    WHISPER,
)
from testing.local_aws import ACCOUNT
from tests.integration.stack import Resource
from tests.integration.world import OURS, World, properties

LONG_AGO = 1000.0
LEDGER = f"{LEDGER_ROOT}/{INSTANCE}/{SUPPORT_QUEUE}"
BY_HAND = {"OutboundCallerIdName": "By hand"}


class Context:
    """Lambda's context, as far as the watch looks at it."""

    invoked_function_arn = f"arn:aws:lambda:{PRIMARY}:{ACCOUNT}:function:provider"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


def watch(*, repair: bool = False, **more: Any) -> dict[str, int]:
    asked = {"instances": [INSTANCE], "repair": repair, **more}
    found = handler.handler({"QueueOutboundCallerConfigDriftWatch": asked}, Context())
    assert found is not None
    return found


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]


@pytest.fixture
def deployed(world: World) -> Resource:
    """A config that was deployed a while ago."""
    resource = Resource()
    assert resource.create(properties(name="Declared")).ok
    time.sleep(LONG_AGO)
    return resource


@pytest.mark.usefixtures("deployed")
def test_a_queue_that_is_as_declared_is_no_drift(world: World) -> None:
    assert watch() == {"Drifted": 0, "Repaired": 0, "Unreadable": 0, "LedgerTampered": 0}


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("named", [SUPPORT_QUEUE, quote(OURS.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE), safe="")])
def test_a_console_edit_is_told_with_what_differs_and_who_did_it(
    world: World, capsys: pytest.CaptureFixture[str], named: str
) -> None:
    """CloudTrail names the queue as the request did: by id, or by ARN in percent-encoding."""
    before = world.config()
    world.set_config(BY_HAND)
    capsys.readouterr()
    change = {"who": "arn:aws:iam::1:user/someone", "at": "now", "instanceId": INSTANCE, "queueId": named}
    assert watch(change=change)["Drifted"] == 1
    assert world.config() == BY_HAND, "told, not repaired"
    (line,) = lines(capsys)
    assert line["Drifted"] == 1
    assert line["queue"].endswith(SUPPORT_QUEUE)
    assert line["expected"]["name"] == "Declared"
    assert line["found"] == {"name": "By hand", "number": None, "flow": None}
    assert set(line["differs"]) == {"OutboundCallerIdName", *before.keys()}
    assert line["changedBy"] == change


@pytest.mark.usefixtures("deployed")
def test_what_differs_is_repaired_if_that_was_asked_for(world: World) -> None:
    before = world.config()
    world.set_config(BY_HAND)
    found = watch(repair=True)
    assert (found["Drifted"], found["Repaired"]) == (1, 1)
    assert world.config() == before
    assert watch(repair=True)["Drifted"] == 0


def test_what_a_repair_left_out_is_in_its_line_of_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It warns of nothing that another queue's repair left out."""
    for queue, declared in ((SALES_QUEUE, {"name": "Sales"}), (SUPPORT_QUEUE, {"name": "Support", "flow": WHISPER})):
        assert Resource(logical_id=queue).create(properties(queue=queue, **declared)).ok
    time.sleep(LONG_AGO)
    for queue in (SALES_QUEUE, SUPPORT_QUEUE):
        world.set_config(BY_HAND, queue=queue)
    world.connect.delete_flow(PRIMARY, INSTANCE, WHISPER)
    capsys.readouterr()
    assert watch(repair=True)["Repaired"] == 2
    repaired = {line["queue"].rpartition("/")[2]: line for line in lines(capsys) if line.get("Repaired")}
    assert repaired[SUPPORT_QUEUE]["warnings"] == [f"OutboundFlowId {WHISPER} no longer exists: left out"]
    assert repaired[SALES_QUEUE]["warnings"] == []
    assert len(repaired[SALES_QUEUE]["decisions"]) == len(repaired[SUPPORT_QUEUE]["decisions"]) == 1


@pytest.mark.usefixtures("deployed")
def test_a_queue_that_amazon_connect_lets_nobody_change_is_not_repaired(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.set_config(BY_HAND)
    world.connect.fail("UpdateQueueOutboundCallerConfig", "InvalidRequestException", status=400, count=None)
    capsys.readouterr()
    assert watch(repair=True)["Repaired"] == 0
    _, line = lines(capsys)
    assert (line["Repaired"], line["queue"].rpartition("/")[2]) == (0, SUPPORT_QUEUE)
    assert "InvalidRequestException" in line["warnings"][-1]
    assert world.config() == BY_HAND


@pytest.mark.usefixtures("deployed")
def test_a_provider_of_some_queues_looks_at_no_other(world: World) -> None:
    """Another provider serves it, whose own watch looks at it."""
    world.set_config(BY_HAND)
    assert watch(repair=True, queues=[SALES_QUEUE])["Drifted"] == 0
    assert world.config() == BY_HAND
    assert watch(queues=[SALES_QUEUE, SUPPORT_QUEUE])["Drifted"] == 1
    change = {"who": "the other provider", "at": "now", "names": [LEDGER]}
    assert watch(queues=[SALES_QUEUE], ledgerChange=change)["LedgerTampered"] == 0
    assert watch(queues=[SUPPORT_QUEUE], ledgerChange=change)["LedgerTampered"] == 1
    elsewhere = {**change, "names": [f"{LEDGER_ROOT}/{SUPPORT_QUEUE}/{SUPPORT_QUEUE}"]}
    assert watch(ledgerChange=elsewhere)["LedgerTampered"] == 0


def test_an_event_that_may_still_be_running_is_no_drift(world: World) -> None:
    assert Resource().create(properties(name="Declared")).ok
    world.set_config(BY_HAND)
    assert watch(repair=True)["Drifted"] == 0
    assert world.config() == BY_HAND


def test_a_write_that_is_on_its_way_from_the_other_region_is_no_drift(world: World) -> None:
    """The other Region's deployment has recorded it, and Amazon Connect may take half an hour to mirror it."""
    world.connect.reset(two_regions())
    west = Resource(region=REPLICA)
    assert Resource().create(properties(name="East")).ok
    assert west.create(properties(region=REPLICA, name="West")).ok
    assert world.config()["OutboundCallerIdName"] == "West", "mirrored"
    time.sleep(LONG_AGO)
    world.connect.lose_mirrored()
    assert west.update(properties(region=REPLICA, name="Further west")).ok
    assert watch(repair=True)["Drifted"] == 0
    time.sleep(MIRRORING)
    found = watch(repair=True)
    assert (found["Drifted"], found["Repaired"]) == (1, 1), "it never came"
    assert world.config()["OutboundCallerIdName"] == "Further west"


def test_a_number_that_turns_out_not_to_be_mirrored_is_no_drift(world: World) -> None:
    """When the second Region's config was created, no number showed that."""
    world.connect.reset(two_regions())
    world.connect.set_mirroring("everything but the number")
    assert Resource(region=REPLICA).create(properties(region=REPLICA, flow=WHISPER)).ok
    assert Resource().create(properties(flow=SECOND_WHISPER, number=GROUP_NUMBER)).ok
    assert world.config(REPLICA) == {"OutboundFlowId": SECOND_WHISPER}
    time.sleep(LONG_AGO + MIRRORING)
    assert watch(instances=[OURS.instance(REPLICA, INSTANCE)])["Drifted"] == 0


def test_a_waiting_ledger_is_repaired_to_what_clear_left_once_nothing_is_known_to_be_mirrored(world: World) -> None:
    world.connect.reset(two_regions())
    world.connect.set_mirroring("nothing")
    world.set_config({"OutboundCallerIdName": "Before"}, REPLICA)
    assert Resource().create(properties(name="East")).ok
    west = Resource(region=REPLICA)
    assert west.create(properties(region=REPLICA, behavior="CLEAR", name="West")).ok
    assert west.delete().ok
    world.set_config(BY_HAND, REPLICA)
    time.sleep(LONG_AGO)
    world.connect.advance(LONG_AGO + MIRRORING)
    found = watch(instances=[OURS.instance(REPLICA, INSTANCE)], repair=True)
    assert (found["Drifted"], found["Repaired"], world.config(REPLICA)) == (1, 1, {})
    assert world.config()["OutboundCallerIdName"] == "East"


@pytest.mark.usefixtures("deployed")
def test_a_hundred_queues_cost_one_call_of_connect_and_a_ledger_that_cannot_be_read_is_told(world: World) -> None:
    for number in range(150):
        world.connect.put_queue(
            PRIMARY, INSTANCE, Queue(f"{number:08}-1111-4111-8111-111111111111", f"Queue {number}", {})
        )
    name = f"{LEDGER_ROOT}/{INSTANCE}/{1:08}-1111-4111-8111-111111111111"
    world.aws.client("ssm", PRIMARY).put_parameter(Name=name, Value="my notes", Type="String")
    world.connect.clear_journal()
    assert watch()["Unreadable"] == 1
    assert [call.operation for call in world.calls()] == ["SearchQueues"] * 2


@pytest.mark.usefixtures("deployed")
def test_with_a_key_a_plain_ledger_is_told_and_nothing_is_compared_with_it(world: World) -> None:
    os.environ[KEY_VARIABLE] = "alias/ours"  # the world puts the environment back
    world.set_config(BY_HAND)
    found = watch()
    assert (found["Unreadable"], found["Drifted"]) == (1, 0)


@pytest.mark.usefixtures("deployed")
def test_what_was_changed_here_is_repaired_while_the_other_region_is_out_of_reach(world: World) -> None:
    before = world.config()
    world.parameter_store.down(REPLICA)
    world.set_config(BY_HAND)
    found = watch(repair=True)
    assert (found["Drifted"], found["Repaired"]) == (1, 1)
    assert world.config() == before


def test_a_write_to_a_ledger_by_someone_else_is_counted_and_named(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also if it is not the first of those that DeleteParameters names."""
    for names in ([LEDGER], ["/else", LEDGER]):
        assert watch(ledgerChange={"who": "someone", "at": "now", "names": names})["LedgerTampered"] == 1
        (line,) = lines(capsys)
        assert (line["ledger"], line["changedBy"]["who"]) == (LEDGER, "someone")


@pytest.mark.parametrize(
    "asked",
    [
        {"instances": "not a list"},
        {"instances": ["nowhere"]},
        {"instances": None},
        {"instances": [INSTANCE], "queues": SUPPORT_QUEUE},
    ],
)
def test_what_it_is_asked_wrongly_is_refused_in_one_line(world: World, asked: object) -> None:
    assert handler.handler({"QueueOutboundCallerConfigDriftWatch": asked}, Context()) is None
