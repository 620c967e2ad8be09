"""`drift`, `owners` and `numbers`: what was changed, who holds what, and which number is used where."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig

from emulator.connect import two_regions
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    REPLICA_GROUP_NUMBER,
    SALES_QUEUE,
    SUPPORT_QUEUE,
)
from testing.parameter_store import Denial, ParameterStore
from tests.cli.conftest import Fleet, owner


def objects(fleet: Fleet, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """Returns the objects that a command writes as JSON."""
    ran = fleet.run(*arguments, "--json")
    assert ran.code == code, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def test_queues_as_declared_are_no_drift_and_the_exit_code_is_0(fleet: Fleet) -> None:
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "Declared"})
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    assert objects(fleet, "drift") == []
    assert "every queue is as declared" in fleet.run("drift").out


def test_a_queue_that_someone_changed_is_drift_and_the_exit_code_is_2(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    (row,) = objects(fleet, "drift", code=2)
    assert (row["queueId"], row["region"], row["drift"]) == (SALES_QUEUE, PRIMARY, ["OutboundCallerIdName"])
    assert row["config"] == {"OutboundCallerIdName": "Sales before"}
    assert row["expected"] == {"OutboundCallerIdName": "Declared"}
    assert row["lastModifiedRegion"] == PRIMARY
    table = fleet.run("drift").out
    assert "Declared" in table
    assert "Sales before" in table.replace("\n", " ")


def test_a_queue_that_has_what_the_newer_stack_of_the_other_region_declares_is_no_drift(fleet: Fleet) -> None:
    """As long as nobody knows whether the two Regions mirror each other."""
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "West"})
    fleet.connect.set_queue_config(REPLICA, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "West"})
    fleet.own(SALES_QUEUE, CallerConfig("East"), owners=(owner("east", "A"),))
    fleet.own(SALES_QUEUE, CallerConfig("West"), region=REPLICA, owners=(owner("x", "X"), owner("west", "B", REPLICA)))
    assert objects(fleet, "drift") == []
    assert objects(fleet, "drift", "--region", PRIMARY) == []


def test_a_deployment_that_is_running_is_no_drift_and_nobody_can_tell_yet(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("Declared"), at=time.time())
    fleet.own(SUPPORT_QUEUE, CallerConfig(), at=time.time())
    assert objects(fleet, "drift", code=1) == []
    ran = fleet.run("drift")
    assert "A deployment is changing 1 queue in us-east-1: not compared. Run this again in a minute" in ran.err
    assert "every queue is as declared" not in ran.out
    assert fleet.run("drift", "--queue", "Support").code == 0, "it has what is declared already"
    assert "changing" in fleet.run("status").out


def test_owners_are_listed_with_the_dead_ones_marked(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("Declared"), owners=(owner("old", "A"), owner("new", "B")))
    (row,) = objects(fleet, "owners")
    assert [(one["logicalId"], one["active"], one["dead"]) for one in row["owners"]] == [
        ("A", False, True), ("B", True, True)]  # fmt: skip
    table = fleet.run("owners").out
    assert "old/A" in table
    assert "dead, active" in table


def test_an_unreadable_ledger_of_another_queue_does_not_hide_the_rest(fleet: Fleet) -> None:
    fleet.put(f"/queue-outbound-caller-config/{INSTANCE}/{SUPPORT_QUEUE}", "{}")
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    found = objects(fleet, "drift", code=1)
    assert [row["queueId"] for row in found] == [SALES_QUEUE]


def test_a_foreign_parameter_below_the_path_is_left_alone(fleet: Fleet) -> None:
    fleet.put(f"/queue-outbound-caller-config/{INSTANCE}/notes", "mine")
    assert objects(fleet, "owners") == []


def test_each_number_says_where_it_is_claimed_how_it_is_written_and_who_uses_it(fleet: Fleet) -> None:
    found = {number["number"]: number for number in objects(fleet, "numbers")}
    group = found["+12065550110"]
    assert group["arn"] == fleet.connect.state().number_arn(GROUP_NUMBER)
    assert (group["claimedTo"], group["claimedIn"]) == ("group", PRIMARY)
    assert group["forms"] == {PRIMARY: "ARN or id", REPLICA: "ARN only"}
    assert [(one["region"], one["queueId"]) for one in group["queues"]] == [(REPLICA, BASIC_QUEUE)]
    assert found["+12065550100"]["forms"] == {PRIMARY: "ARN or id", REPLICA: "not usable"}
    assert found["+15035550112"]["forms"] == {PRIMARY: "ARN only", REPLICA: "ARN or id"}
    without = [(one["region"], one["queueName"]) for one in found[None]["queues"]]
    assert without == [(PRIMARY, "Sales"), (REPLICA, "Sales"), (PRIMARY, "Support"), (REPLICA, "Support")]


def test_a_wide_table_has_the_arns_and_a_narrow_one_says_that_it_has_not(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = fleet.connect.state().number_arn(GROUP_NUMBER)
    assert "80 columns are too few for: ARN" in fleet.run("numbers").out
    monkeypatch.setenv("COLUMNS", "160")
    assert arn in fleet.run("numbers").out


def test_numbers_that_no_queue_uses_can_be_listed_alone(fleet: Fleet) -> None:
    unused = {number["id"] for number in objects(fleet, "numbers", "--unused")}
    assert REPLICA_GROUP_NUMBER in unused
    assert not unused & {GROUP_NUMBER, INSTANCE_NUMBER}


def test_a_number_that_is_used_but_no_longer_claimed_is_listed(fleet: Fleet) -> None:
    fleet.connect.release_number(INSTANCE_NUMBER)
    (found,) = [number for number in objects(fleet, "numbers") if number["id"] == INSTANCE_NUMBER]
    assert found["arn"] is None
    assert [one["queueId"] for one in found["queues"]] == [BASIC_QUEUE]


def test_what_the_other_region_wrote_is_no_drift_if_its_ledgers_cannot_be_read(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.connect.reset(two_regions())
    fleet.own(SALES_QUEUE, CallerConfig("East"))
    fleet.own(SALES_QUEUE, CallerConfig("West"), region=REPLICA)
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "Newer in the east"})
    with ParameterStore.in_front_of(fleet.aws) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", store.endpoint)
        store.change(denials=(Denial(region=PRIMARY),))
        ran = fleet.run("drift", "--region", REPLICA, "--json")
    assert (ran.code, json.loads(ran.out)) == (1, [])
    assert (
        "Sales in us-west-2: us-east-1 changed it last, and the ledgers there cannot be read: AccessDenied" in ran.err
    )


def test_what_denied_a_call_is_told_once_and_whole(fleet: Fleet) -> None:
    deny = {"Effect": "Deny", "Action": "connect:ListPhoneNumbersV2", "Resource": "*"}
    fleet.connect.set_policy("*", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, deny]})
    told = [line for line in fleet.run("numbers").err.splitlines() if "ListPhoneNumbersV2 in us-east-1" in line]
    assert len(told) == 1, "three groups are refused, too"
    assert "is denied with an explicit deny in an identity-based policy. Allow it (User: " in told[0]


def test_denied_groups_are_told_and_the_instances_own_numbers_are_shown(fleet: Fleet) -> None:
    fleet.connect.fail("ListTrafficDistributionGroups", "AccessDeniedException", status=403, count=None)
    ran = fleet.run("numbers")
    assert ran.code == 1
    assert "Some numbers are not known" in ran.err
    assert "connect:ListTrafficDistributionGroups in us-east-1 is denied. Allow it" in ran.err, "not: in the provider"
    assert "+12065550100" in ran.out
