"""`check`: queue, number, flow and role of a template, without writing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.connect.sample import (
    GROUP_NUMBER,
    INBOUND_FLOW,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    SUPPORT_QUEUE,
    UNCLAIMED_NUMBER,
    WHISPER,
)
from tests.cli.conftest import Fleet, calls
from tests.cli.test_plan import OTHER_WRITERS, resource, written

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:provider"
PLACE = f"arn:aws:connect:{PRIMARY}:123456789012"


def findings(fleet: Fleet, path: str, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Returns the exit code and the objects of `check --json`, without what concerns the role."""
    ran = fleet.run("check", path, "--json", *arguments, instance=None)
    found = json.loads(ran.out)
    return ran.code, [one for one in found if FUNCTION not in one["finding"] and "role" not in one["finding"]]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"OutboundCallerIdNumberId": "+12065559999"}, "+12065559999 is not claimed to the instance"),
        ({"OutboundCallerIdNumberId": UNCLAIMED_NUMBER}, "is not claimed to the instance"),
        ({"OutboundCallerIdNumberId": f"{PLACE}:instance/{INSTANCE}/phone-number/{INSTANCE_NUMBER}"}, "is a V1 ARN"),
        (
            {"OutboundCallerIdNumberId": f"{PLACE}:phone-number/{INSTANCE_NUMBER}".replace(PRIMARY, REPLICA)},
            f"but the number's ARN is {PLACE}:phone-number/{INSTANCE_NUMBER}. Write that one",
        ),
        ({"OutboundFlowId": "00000000-0000-4000-8000-000000000000"}, "is not a flow of the instance"),
        ({"OutboundFlowId": INBOUND_FLOW}, "Sample inbound flow is of type CONTACT_FLOW"),
        ({"OutboundCallerIdName": "x" * 256}, "has 256 characters"),
    ],
)
def test_what_does_not_fit_is_told(fleet: Fleet, tmp_path: Path, config: dict[str, str], said: str) -> None:
    code, found = findings(fleet, written(tmp_path, {"Config": resource(SUPPORT_QUEUE, config)}))
    assert code == 2
    assert [said in one["finding"] for one in found] == [True]


def test_an_instance_that_is_not_there_or_is_of_another_account_hides_no_other_finding(
    fleet: Fleet, tmp_path: Path
) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    config = {"OutboundCallerIdName": "x", "OutboundFlowId": WHISPER}
    theirs = f"arn:aws:connect:{PRIMARY}:999999999999:instance/{INSTANCE}/queue/{SUPPORT_QUEUE}"
    path = written(
        tmp_path,
        {
            "Nowhere": resource(SALES_QUEUE, config, InstanceId=nowhere),
            "Theirs": resource(theirs, config),
            "Flow": resource(SUPPORT_QUEUE, {"OutboundFlowId": INBOUND_FLOW}),
        },
    )
    code, found = findings(fleet, path)
    assert code == 2
    assert {one["logicalId"]: one["finding"].partition(". ")[0] for one in found} == {
        "Nowhere": f"QueueId {SALES_QUEUE} is not a queue of the instance in {PRIMARY}",
        "Theirs": "QueueId is in account 999999999999, but the stack is in 123456789012",
        "Flow": "OutboundCallerConfig.OutboundFlowId Sample inbound flow is of type CONTACT_FLOW",
    }
    told = fleet.run("plan", path, instance=None)
    assert (told.code, f"Instance {nowhere} is not in {PRIMARY}" in told.err) == (1, True)


def test_a_number_of_the_instance_in_another_region_is_told(fleet: Fleet, tmp_path: Path) -> None:
    arn = fleet.connect.state().number_arn(INSTANCE_NUMBER)
    path = written(tmp_path, {"Config": resource(SUPPORT_QUEUE, {"OutboundCallerIdNumberId": arn})})
    code, found = findings(fleet, path, "--region", REPLICA)
    assert code == 2
    assert f"is claimed to the instance in {PRIMARY}, so {REPLICA} cannot use it" in found[0]["finding"]
    assert findings(fleet, path, "--region", PRIMARY)[1] == []


def test_what_fits_gives_no_finding(fleet: Fleet, tmp_path: Path) -> None:
    config = {"OutboundCallerIdName": "x", "OutboundCallerIdNumberId": GROUP_NUMBER, "OutboundFlowId": WHISPER}
    assert findings(fleet, written(tmp_path, {"Config": resource(SUPPORT_QUEUE, config)}))[1] == []


def test_a_queue_that_is_not_there_or_declared_twice_is_told(fleet: Fleet, tmp_path: Path) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    code, found = findings(fleet, written(tmp_path, {"A": resource(), "B": resource(), "C": resource(missing)}))
    assert code == 2
    assert {one["logicalId"]: one["finding"] for one in found} == {
        "B": "QueueId is the queue of shop/A too, so only one of them is active. Remove one",
        "C": f"QueueId {missing} is not a queue of the instance in {PRIMARY}. Correct it",
    }


def test_a_provider_that_is_deployed_with_its_configs_is_told_once(fleet: Fleet, tmp_path: Path) -> None:
    new = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}}
    path = written(tmp_path, {"A": resource(**new), "B": resource(SALES_QUEUE, **new)})
    ran = fleet.run("check", path, "--json", instance=None)
    assert ran.code == 1
    (one,) = json.loads(ran.out)
    assert one["finding"] == "the provider's function is not deployed yet, so its role cannot be judged"


@pytest.mark.parametrize("asked", ["check", "plan"])
def test_an_unreadable_ledger_is_told_and_the_exit_code_is_1(fleet: Fleet, tmp_path: Path, asked: str) -> None:
    name = f"/queue-outbound-caller-config/{INSTANCE}/{SUPPORT_QUEUE}"
    fleet.put(name, "not a ledger")
    ran = fleet.run(asked, written(tmp_path, {"Config": resource()}), "--json", instance=None)
    assert ran.code == 1
    assert name in ran.out


@pytest.mark.parametrize("asked", ["check", "discover"])
def test_flows_that_may_not_be_listed_are_told(fleet: Fleet, tmp_path: Path, asked: str) -> None:
    fleet.connect.fail("ListContactFlows", "AccessDeniedException", status=403, count=None)
    path = written(tmp_path, {"Config": resource(SUPPORT_QUEUE, {"OutboundFlowId": WHISPER})})
    ran = fleet.run(asked, path, instance=None) if asked == "check" else fleet.run(asked)
    assert ran.code == 1
    assert "connect:ListContactFlows in us-east-1 is denied" in ran.err


@pytest.mark.parametrize(("others", "queue", "named"), OTHER_WRITERS)
def test_another_writer_is_told(fleet: Fleet, tmp_path: Path, others: dict[str, Any], queue: Any, named: str) -> None:
    _, found = findings(fleet, written(tmp_path, {**others, "Config": resource(queue)}))
    assert any(named in one["finding"] for one in found)


def test_a_role_that_cannot_be_read_is_told_and_the_exit_code_is_1(fleet: Fleet, tmp_path: Path) -> None:
    ran = fleet.run("check", written(tmp_path, {"Config": resource()}), instance=None)
    assert ran.code == 1
    assert "cannot tell" in ran.out.replace("\n", " ")


def test_check_writes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    findings(fleet, written(tmp_path, {"Config": resource()}))
    assert calls(fleet.connect, "UpdateQueueOutboundCallerConfig") == []
