"""`drift --repair` and `owners --forget`: the only commands that write, each after asking."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior

from emulator.connect import Seed, two_regions, two_regions_apart
from emulator.connect.fleet_sample import fleet as fleet_of
from emulator.connect.sample import INSTANCE, PRIMARY, REPLICA, SALES_QUEUE, SUPPORT_QUEUE
from testing.parameter_store import ParameterStore
from tests.cli.conftest import Fleet, calls, owner

UPDATE = "UpdateQueueOutboundCallerConfig"
GONE = "aaaaaaaa-0000-4000-8000-00000000000f"
"""The id of a queue that was deleted."""


def name_of(fleet: Fleet, queue: str = SALES_QUEUE) -> str | None:
    """Returns the caller ID name that a queue has."""
    return fleet.connect.queue_config(PRIMARY, INSTANCE, queue).get("OutboundCallerIdName")


def ledger(fleet: Fleet, queue: str = SALES_QUEUE) -> dict[str, Any] | None:
    """Returns a queue's ledger, if there is one."""
    ssm = fleet.aws.client("ssm", PRIMARY)
    try:
        answer = ssm.get_parameter(Name=f"/queue-outbound-caller-config/{INSTANCE}/{queue}")
    except ssm.exceptions.ParameterNotFound:
        return None
    document: dict[str, Any] = json.loads(answer["Parameter"]["Value"])
    return document


def test_a_repair_writes_what_is_declared_to_the_drifted_queues_alone(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("Declared"), owners=(owner("shop", "Config"),))
    ran = fleet.run("drift", "--repair", "--yes")
    assert ran.code == 0, ran.err
    assert name_of(fleet) == "Declared"
    assert len(calls(fleet.connect, UPDATE)) == 1
    assert "Sales in us-east-1: repaired" in ran.err
    assert fleet.run("drift").code == 0


def test_without_yes_and_without_a_terminal_nothing_is_written(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    ran = fleet.run("drift", "--repair")
    assert ran.code == 2
    assert "Give --yes" in ran.err
    assert name_of(fleet) == "Sales before"


def test_only_the_queues_that_are_named_are_repaired(fleet: Fleet) -> None:
    for queue in (SALES_QUEUE, SUPPORT_QUEUE):
        fleet.own(queue, CallerConfig("Declared"))
    assert fleet.run("drift", "--repair", "--yes", "--queue", "Sales").code == 0
    assert (name_of(fleet), name_of(fleet, SUPPORT_QUEUE)) == ("Declared", None)


@pytest.mark.parametrize(("code", "status"), [("AccessDeniedException", 403), ("InvalidRequestException", 400)])
def test_a_queue_that_cannot_be_repaired_is_told_and_the_others_are(fleet: Fleet, code: str, status: int) -> None:
    for queue in (SALES_QUEUE, SUPPORT_QUEUE):
        fleet.own(queue, CallerConfig("Declared"))
    fleet.connect.fail(UPDATE, code, status=status, queue=SALES_QUEUE, count=None)
    ran = fleet.run("drift", "--repair", "--yes")
    assert ran.code == 1
    assert re.search(f"Sales in us-east-1: not repaired: .*{code}", ran.err)
    assert name_of(fleet, SUPPORT_QUEUE) == "Declared"


def test_a_region_is_repaired_while_the_other_ones_ledgers_are_out_of_reach(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for queue in (SALES_QUEUE, SUPPORT_QUEUE):
        fleet.own(queue, CallerConfig("Declared"))
    with ParameterStore.in_front_of(fleet.aws) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", store.endpoint)
        store.deny(region=REPLICA)
        ran = fleet.run("drift", "--region", PRIMARY, "--repair", "--yes")
    assert ran.code == 0, ran.err
    assert "the ledger in us-west-2 could not be read" in ran.err
    assert name_of(fleet) == name_of(fleet, SUPPORT_QUEUE) == "Declared"


def interrupt(fleet: Fleet, *arguments: str, once: str) -> None:
    """Runs a command, presses Ctrl-C once it has called an operation, and sees that it ends soon and says so."""
    command = [sys.executable, "-m", "queue_outbound_caller_config_cli", *arguments, "--instance", INSTANCE]
    environment = {**fleet.aws.environment(PRIMARY), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not calls(fleet.connect, once):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Interrupted" in err


def test_ctrl_c_ends_a_wait_for_the_quota_in_both_regions(fleet: Fleet) -> None:
    """It would take a minute for the queues one by one."""
    fleet.connect.reset(fleet_of(120))
    fleet.connect.set_quota()
    fleet.connect.fail("SearchQueues", "AccessDeniedException", status=403, count=None)
    interrupt(fleet, "status", once="DescribeQueue")


def test_ctrl_c_in_the_middle_of_a_repair_ends_after_the_queue_at_hand(fleet: Fleet) -> None:
    for queue in (SALES_QUEUE, SUPPORT_QUEUE):
        fleet.own(queue, CallerConfig("Declared"))
    fleet.connect.delay(UPDATE, 2.0, count=None)
    interrupt(fleet, "drift", "--repair", "--yes", once=UPDATE)
    assert len(calls(fleet.connect, UPDATE)) == 1
    assert [name_of(fleet), name_of(fleet, SUPPORT_QUEUE)].count("Declared") == 1


def test_where_the_regions_mirror_each_other_both_get_what_the_newer_stack_declares(fleet: Fleet) -> None:
    fleet.connect.reset(two_regions())
    fleet.own(SALES_QUEUE, CallerConfig("East"), owners=(owner("east", "A"),))
    fleet.own(SALES_QUEUE, CallerConfig("West"), region=REPLICA, owners=(owner("x", "X"), owner("west", "B", REPLICA)))
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "Edited"})
    assert fleet.run("drift").code == 2
    ran = fleet.run("drift", "--repair", "--yes")
    assert ran.code == 0, ran.err
    names = {config["OutboundCallerIdName"] for key, config in fleet.connect.configs().items() if key[1] == SALES_QUEUE}
    assert names == {"West"}
    assert fleet.run("drift").code == 0


def test_where_the_regions_are_apart_each_gets_what_its_own_stack_declares(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("East"), owners=(owner("east", "A"),))
    fleet.own(SALES_QUEUE, CallerConfig("West"), region=REPLICA, owners=(owner("x", "X"), owner("west", "B", REPLICA)))
    ran = fleet.run("drift", "--repair", "--yes")
    assert ran.code == 0, ran.err
    names = {
        key[0]: config["OutboundCallerIdName"]
        for key, config in fleet.connect.configs().items()
        if key[1] == SALES_QUEUE
    }
    assert names == {PRIMARY: "East", REPLICA: "West"}


def test_forgetting_the_final_dead_owner_restores_the_baseline_and_deletes_the_ledger(fleet: Fleet) -> None:
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "Declared"})
    fleet.own(SALES_QUEUE, CallerConfig("Declared"), baseline=CallerConfig("Before"))
    preview = fleet.run("owners", "--forget")
    assert preview.code == 1
    assert "→ name Before" in " ".join(preview.out.split())
    assert name_of(fleet) == "Declared"
    ran = fleet.run("owners", "--forget", "--yes")
    assert ran.code == 0, ran.err
    assert name_of(fleet) == "Before"
    assert ledger(fleet) is None


def test_forgetting_shows_what_each_queue_has_once_every_dead_owner_of_it_is_forgotten(fleet: Fleet) -> None:
    """The older one would be active without the newer one, but it is dead, too. A queue that is not there gets nothing."""
    fleet.own(
        SALES_QUEUE,
        CallerConfig("Sales before"),
        baseline=CallerConfig("Before"),
        owners=(owner("a", "X"), owner("b", "Y")),
    )
    fleet.own(GONE, CallerConfig("Gone"), baseline=CallerConfig("Before"))
    for chosen in ((), ("a/X",), ("b/Y",)):
        ran = fleet.run("owners", "--forget", *chosen, "--json")
        after = {(one["queueId"], one["after"] and one["after"]["OutboundCallerIdName"]) for one in json.loads(ran.out)}
        assert after == {(SALES_QUEUE, "Before")} | (set() if chosen else {(GONE, None)})
    kept = json.loads(fleet.run("owners", "--forget", "--keep", "--json", "--queue", "Sales").out)
    assert {one["after"]["OutboundCallerIdName"] for one in kept} == {"Sales before"}
    ran = fleet.run("owners", "--forget", "--yes", "--queue", GONE)
    assert (ran.code, ledger(fleet, GONE)) == (0, None), ran.err


@pytest.mark.parametrize("arguments", [("--keep",), ()])
def test_a_queue_keeps_what_it_has_if_that_is_asked_for_or_declared(fleet: Fleet, arguments: tuple[str, ...]) -> None:
    behavior = DeletionBehavior.RESTORE if arguments else DeletionBehavior.RETAIN
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "Declared"})
    fleet.own(SALES_QUEUE, CallerConfig("Declared"), baseline=CallerConfig("Before"), behavior=behavior)
    ran = fleet.run("owners", "--forget", "shop/Config", "--yes", *arguments)
    assert ran.code == 0, ran.err
    assert "stays as it is" in " ".join(ran.out.split())
    assert name_of(fleet) == "Declared"
    assert ledger(fleet) is None


@pytest.mark.parametrize("world", [two_regions, two_regions_apart])
def test_dead_owners_in_both_regions_leave_each_queue_as_is_asked_for(fleet: Fleet, world: Callable[[], Seed]) -> None:
    fleet.connect.reset(world())
    before = {key: config for key, config in fleet.connect.configs().items() if key[1] == SALES_QUEUE}
    for region in (PRIMARY, REPLICA):
        fleet.own(SALES_QUEUE, CallerConfig("Declared"), region=region, owners=(owner("shop", "Config", region),))
    ran = fleet.run("owners", "--forget", "--keep", "--yes")
    assert ran.code == 0, ran.err
    assert before == {key: config for key, config in fleet.connect.configs().items() if key[1] == SALES_QUEUE}
    assert fleet.run("owners", "--json").out == "[]\n"


def test_an_owner_that_is_not_there_is_told_with_those_that_are(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    ran = fleet.run("owners", "--forget", "shop/Confg", "--yes")
    assert ran.code == 1
    assert "There is no owner shop/Confg. Did you mean shop/Config?" in ran.err
    assert ledger(fleet) is not None


def test_with_no_dead_owner_there_is_nothing_to_forget(fleet: Fleet) -> None:
    ran = fleet.run("owners", "--forget", "--yes")
    assert ran.code == 0
    assert "0 dead owners to forget" in ran.out
