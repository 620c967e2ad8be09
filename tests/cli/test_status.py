"""`status`: every queue in both Regions, in few calls, for people and for machines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig

from emulator.connect.fleet_sample import fleet as fleet_of
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.cli.conftest import Fleet, calls, owner


def rows(fleet: Fleet, *arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Returns the objects of `status --json` by Region and queue."""
    ran = fleet.run("status", "--json", *arguments)
    assert ran.code == 0, ran.err
    return {(row["region"], row["queueId"]): row for row in json.loads(ran.out)}


def test_json_has_one_object_for_each_queue_and_region(fleet: Fleet) -> None:
    found = rows(fleet)
    assert {region for region, _ in found} == {PRIMARY, REPLICA}
    assert len(found) == 6
    basic = found[PRIMARY, BASIC_QUEUE]
    assert basic["queueName"] == "BasicQueue"
    assert basic["instanceId"] == INSTANCE
    assert basic["config"] == {
        "OutboundCallerIdName": "Main line", "OutboundCallerIdNumberId": INSTANCE_NUMBER, "OutboundFlowId": WHISPER}  # fmt: skip
    assert (basic["owners"], basic["baseline"], basic["drift"]) == ([], None, [])


def test_owners_are_listed_newest_last_with_the_baseline(fleet: Fleet) -> None:
    older, newer = owner("old", "A"), owner("new", "B")
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SUPPORT_QUEUE, {"OutboundCallerIdName": "Declared"})
    fleet.own(SUPPORT_QUEUE, CallerConfig("Declared"), baseline=CallerConfig("Before"), owners=(older, newer))
    row = rows(fleet)[PRIMARY, SUPPORT_QUEUE]
    assert [(one["stackId"], one["logicalId"], one["active"]) for one in row["owners"]] == [
        (older.stack_id, "A", False), (newer.stack_id, "B", True)]  # fmt: skip
    assert row["baseline"] == {"OutboundCallerIdName": "Before"}
    assert row["drift"] == []


def test_an_owner_whose_stack_is_gone_is_dead(fleet: Fleet) -> None:
    fleet.own(SUPPORT_QUEUE, CallerConfig("Declared"))
    (found,) = rows(fleet)[PRIMARY, SUPPORT_QUEUE]["owners"]
    assert found["dead"] is True


def test_a_number_that_is_written_as_arn_is_no_drift_from_its_id(fleet: Fleet) -> None:
    arn = fleet.connect.state().number_arn(GROUP_NUMBER)
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SUPPORT_QUEUE, {"OutboundCallerIdNumberId": GROUP_NUMBER})
    fleet.own(SUPPORT_QUEUE, CallerConfig(number=arn))
    assert rows(fleet)[PRIMARY, SUPPORT_QUEUE]["drift"] == []


def test_members_that_differ_from_the_ledger_are_drift(fleet: Fleet) -> None:
    fleet.own(SUPPORT_QUEUE, CallerConfig("Declared", GROUP_NUMBER))
    row = rows(fleet)[PRIMARY, SUPPORT_QUEUE]
    assert row["drift"] == ["OutboundCallerIdName", "OutboundCallerIdNumberId"]
    assert row["expected"] == {"OutboundCallerIdName": "Declared", "OutboundCallerIdNumberId": GROUP_NUMBER}


def test_a_ledger_without_its_queue_is_shown_too(fleet: Fleet) -> None:
    fleet.own("00000000-0000-4000-8000-000000000000", CallerConfig("Lost"))
    row = rows(fleet)[PRIMARY, "00000000-0000-4000-8000-000000000000"]
    assert (row["queueName"], row["config"], row["drift"]) == (None, {}, [])


def test_a_table_shows_numbers_as_one_dials_them_and_where_they_are_claimed(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    ran = fleet.run("status")
    assert ran.code == 0
    assert "+12065550100" in ran.out
    assert "+12065550110" in ran.out
    assert {"instance", "group", "not managed"} <= {
        word for word in ("instance", "group", "not managed") if word in ran.out}  # fmt: skip


def test_450_queues_take_ten_calls_that_fit_into_the_default_quota(fleet: Fleet) -> None:
    fleet.connect.reset(fleet_of(447))
    fleet.connect.set_quota()
    assert len(rows(fleet, "--region", PRIMARY)) == 450
    made = calls(fleet.connect)
    assert len(made) <= 10
    assert [call.code for call in made if call.code] == []


def test_450_queues_in_each_of_two_regions_take_ten_calls(fleet: Fleet) -> None:
    fleet.connect.reset(fleet_of(447))
    assert len(rows(fleet)) == 900
    assert len(calls(fleet.connect)) <= 10


def test_pages_of_100_are_asked_for_if_500_are_refused(fleet: Fleet) -> None:
    fleet.connect.fail("SearchQueues", "InvalidParameterException")
    assert len(rows(fleet, "--region", PRIMARY)) == 3
    assert [call.input["MaxResults"] for call in calls(fleet.connect, "SearchQueues")] == [500, 100]


def test_queues_are_read_one_by_one_if_the_search_is_denied(fleet: Fleet) -> None:
    allow = {"Effect": "Allow", "Action": ["connect:Describe*", "connect:List*"], "Resource": "*"}
    fleet.connect.set_policy("*", {"Version": "2012-10-17", "Statement": [allow]})
    assert len(rows(fleet, "--region", PRIMARY)) == 3
    assert len(calls(fleet.connect, "DescribeQueue")) == 3


def test_no_line_on_a_pipe_has_a_colour_or_more_than_80_columns(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a broken word: a column that does not fit is left out, and told."""
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SUPPORT_QUEUE, {"OutboundCallerIdName": "Declared"})
    fleet.own(SUPPORT_QUEUE, CallerConfig("Declared"), owners=(owner("QueueCallerConfig-us-east-1", "Support"),))
    ran = fleet.run("status")
    assert "\x1b" not in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    assert {"BasicQueue", "+12065550100", "us-east-1", "declared"} <= set(ran.out.split())
    assert "80 columns are too few for: Baseline, Stack. Set COLUMNS, or use --json." in ran.out
    monkeypatch.setenv("COLUMNS", "160")
    assert "QueueCallerConfig-us-east-1" in fleet.run("status").out


def test_the_table_shows_a_baseline_that_the_queue_no_longer_has_and_counts_by_region(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    fleet.own(SUPPORT_QUEUE, CallerConfig("Declared"), baseline=CallerConfig("Before", INSTANCE_NUMBER, WHISPER))
    fleet.own(SALES_QUEUE, CallerConfig("Sales before"), baseline=CallerConfig("Sales before"))
    out = fleet.run("status").out
    assert f"name Before, number +12065550100 (instance us-east-1), flow {WHISPER[:8]}…" in out
    assert out.count("name ") == 1, "Sales has its baseline"
    assert "With an owner: 2 queues in us-east-1. Not as declared: 1 queue in us-east-1." in out


def test_in_a_narrow_terminal_a_row_is_a_block_of_lines_without_a_broken_word(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = [line.rstrip() for line in fleet.run("status").out.splitlines()]
    first = lines.index("Queue       BasicQueue")
    assert lines[first + 1 : first + 8] == [
        "Region      us-east-1",
        "Name        Main line",
        "Number      +12065550100",
        "Claimed to  instance us-east-1",
        f"Flow        {WHISPER[:8]}…",
        "State       not managed",
        "",
    ]
    assert max(len(line) for line in lines) <= 50
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    monkeypatch.setenv("COLUMNS", "70")
    assert "Queue  Region     Owner (stack/logical id)" in fleet.run("owners").out  # a table that fits


def test_markdown_is_a_table(fleet: Fleet) -> None:
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "a|b *c*"})
    lines = fleet.run("status", "--markdown").out.splitlines()
    header = next(index for index, line in enumerate(lines) if line.startswith("| Queue"))
    assert set(lines[header + 1]) == set("|- ")
    assert all(line.count(" | ") == lines[header].count(" | ") for line in lines[header : header + 8])
    assert any(r"a\|b \*c\*" in line for line in lines)


@pytest.mark.parametrize("form", ["--markdown", "--region=us-east-1"])
def test_a_name_cannot_steer_the_terminal(fleet: Fleet, form: str) -> None:
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "a\x1b]0;b\x07\x9bc"})
    out = fleet.run("status", form).out
    assert "a ]0;b  c" in out.replace("\\", "")
    assert not set("\x1b\x07\x9b") & set(out)


def test_an_unreadable_ledger_is_named_and_the_exit_code_is_1(fleet: Fleet) -> None:
    name = f"/queue-outbound-caller-config/{INSTANCE}/{SUPPORT_QUEUE}"
    fleet.put(name, "not a ledger")
    ran = fleet.run("status", "--json")
    assert ran.code == 1
    assert name in ran.err
    assert "Put its last good version back, or delete it for a new baseline" in ran.err, "the fix, whole"
    problem = {row["queueId"]: row["problem"] for row in json.loads(ran.out) if row["region"] == PRIMARY}
    assert name in problem[SUPPORT_QUEUE]
    assert problem[BASIC_QUEUE] is None


def test_a_region_that_cannot_be_read_leaves_the_other_one_shown(fleet: Fleet) -> None:
    fleet.connect.delete_instance(REPLICA, INSTANCE)
    ran = fleet.run("status", "--json", "--region", PRIMARY, "--region", REPLICA)
    assert ran.code == 1
    assert {row["region"] for row in json.loads(ran.out)} == {PRIMARY}
    assert REPLICA in ran.err


@pytest.mark.parametrize("form", ["table", "json"])
def test_status_writes_nothing(fleet: Fleet, form: str) -> None:
    fleet.run("status", *(["--json"] if form == "json" else []))
    assert calls(fleet.connect, "UpdateQueueOutboundCallerConfig") == []
