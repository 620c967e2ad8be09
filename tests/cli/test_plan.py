"""`plan`: what a template or a cloud assembly does to each queue, before it is deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from queue_outbound_caller_config_cli.inventory import Row
from queue_outbound_caller_config_cli.planned_ledgers import PlannedLedgers
from queue_outbound_caller_config_cli.queues import LiveQueue
from queue_outbound_caller_config_cli.templates import TYPE
from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, QueueState
from queue_outbound_caller_config_provider.ledger import Layer, Ledger

from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_INSTANCE,
    OTHER_INSTANCE_QUEUE,
    PRIMARY,
    SALES_QUEUE,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.cli.conftest import Fleet, Ran, calls, owner

NAME = {"OutboundCallerIdName": "New"}


def resource(queue: Any = SUPPORT_QUEUE, config: Any = NAME, **properties: Any) -> dict[str, Any]:
    """Returns a resource of this project."""
    given = {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:provider", "InstanceId": INSTANCE}
    return {"Type": TYPE, "Properties": {**given, "QueueId": queue, "OutboundCallerConfig": config, **properties}}


def written(folder: Path, resources: Mapping[str, Any], **others: Any) -> str:
    """Writes a template and returns its path."""
    path = folder / "shop.json"
    path.write_text(json.dumps({"Resources": resources, **others}))
    return str(path)


def planned(fleet: Fleet, path: str, *arguments: str, code: int = 2) -> dict[str, dict[str, Any]]:
    """Returns the objects of `plan --json` by logical id, but for what is mirrored."""
    ran = fleet.run("plan", path, "--json", *arguments, instance=None)
    assert ran.code == code, ran.err
    return {step["logicalId"]: step for step in json.loads(ran.out) if "mirrored" not in step["action"]}


def test_a_new_resource_shows_now_and_after_over_what_the_queue_has(fleet: Fleet, tmp_path: Path) -> None:
    step = planned(fleet, written(tmp_path, {"Config": resource(BASIC_QUEUE)}))["Config"]
    assert step["action"] == "create"
    assert step["queueName"] == "BasicQueue"
    assert step["now"]["OutboundCallerIdName"] == "Main line"
    assert step["after"] == {
        "OutboundCallerIdName": "New", "OutboundCallerIdNumberId": INSTANCE_NUMBER, "OutboundFlowId": WHISPER}  # fmt: skip
    assert step["changed"] == ["OutboundCallerIdName"]


def test_a_resource_that_declares_what_the_queue_has_is_no_difference(fleet: Fleet, tmp_path: Path) -> None:
    arn = fleet.connect.state().number_arn(INSTANCE_NUMBER)
    same = resource(BASIC_QUEUE, {"OutboundCallerIdName": "Main line", "OutboundCallerIdNumberId": arn})
    assert planned(fleet, written(tmp_path, {"Config": same}), code=0)["Config"]["changed"] == []


@pytest.mark.parametrize("number", ["+12065550110", GROUP_NUMBER])
def test_a_number_in_any_form_is_the_one_that_the_function_would_find(
    fleet: Fleet, tmp_path: Path, number: str
) -> None:
    config = {"OutboundCallerIdNumberId": number}
    step = planned(fleet, written(tmp_path, {"Config": resource(SUPPORT_QUEUE, config)}))["Config"]
    assert step["after"] == {"OutboundCallerIdNumberId": fleet.connect.state().number_arn(GROUP_NUMBER)}


def test_another_owner_that_would_be_taken_over_is_named(fleet: Fleet, tmp_path: Path) -> None:
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SUPPORT_QUEUE, {"OutboundCallerIdName": "Theirs"})
    fleet.own(SUPPORT_QUEUE, CallerConfig("Theirs"), owners=(owner("their-stack", "Theirs"),))
    step = planned(fleet, written(tmp_path, {"Config": resource()}))["Config"]
    assert step["action"] == "take over"
    assert step["notes"] == ["takes over from their-stack/Theirs"]
    steps = planned(fleet, written(tmp_path, {"A": resource(SALES_QUEUE), "B": resource(SALES_QUEUE)}))
    assert steps["B"]["notes"] == ["takes over from shop/A"], "neither is deployed yet"


def test_what_only_the_deployment_knows_is_shown_as_such(fleet: Fleet, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "Number": {"Type": "AWS::Connect::PhoneNumber", "Properties": {}},
            "Queue": {"Type": "AWS::Connect::Queue", "Properties": {}},
            "Config": resource(SUPPORT_QUEUE, {**NAME, "OutboundCallerIdNumberId": {"Fn::GetAtt": ["Number", "Arn"]}}),
            "OfNewQueue": resource({"Ref": "Queue"}),
        },
    )
    steps = planned(fleet, path)
    assert steps["Config"]["unknown"] == ["OutboundCallerIdNumberId"]
    assert steps["Config"]["changed"] == ["OutboundCallerIdName"]
    assert steps["Config"]["notes"] == ["OutboundCallerIdNumberId: Number is made by this deployment"]
    assert steps["OfNewQueue"]["action"] == "cannot tell"
    assert steps["OfNewQueue"]["notes"] == ["QueueId: Queue is made by this deployment"]
    assert "known at deployment" in fleet.run("plan", path, instance=None).out.replace("\n", " ")


def test_properties_that_are_not_valid_are_told_with_the_fix(fleet: Fleet, tmp_path: Path) -> None:
    step = planned(fleet, written(tmp_path, {"Config": resource(SUPPORT_QUEUE, {"Nmae": "x"})}))["Config"]
    assert step["action"] == "not valid"
    assert "Nmae" in step["notes"][0]


def test_a_queue_that_is_not_there_is_told(fleet: Fleet, tmp_path: Path) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    step = planned(fleet, written(tmp_path, {"Config": resource(missing)}))["Config"]
    assert step["action"] == "not valid"
    assert missing in step["notes"][0]


def test_only_the_resources_of_an_instance_that_is_named_are_planned(fleet: Fleet, tmp_path: Path) -> None:
    other = resource(OTHER_INSTANCE_QUEUE, InstanceId=OTHER_INSTANCE)
    path = written(tmp_path, {"Ours": resource(), "Theirs": other})
    assert set(planned(fleet, path)) == {"Ours", "Theirs"}
    assert set(planned(fleet, path, "--instance", "other")) == {"Theirs"}
    ran = fleet.run("plan", written(tmp_path, {"Theirs": other}))
    assert ran.code == 1
    assert f"has no {TYPE} of instance {INSTANCE}" in ran.err


def test_the_exit_code_can_be_left_out(fleet: Fleet, tmp_path: Path) -> None:
    planned(fleet, written(tmp_path, {"Config": resource()}), "--no-exit-code", code=0)


def markdown(ran: Ran) -> str:
    """Returns the output without Markdown's escapes."""
    return ran.out.replace("\\", "")


def test_the_table_and_markdown_show_each_field_that_changes(fleet: Fleet, tmp_path: Path) -> None:
    path = written(tmp_path, {"Config": resource(BASIC_QUEUE)})
    for ran in (fleet.run("plan", path, instance=None), fleet.run("plan", path, "--markdown", instance=None)):
        assert "1 of 1 resource would change a queue" in ran.out
        assert "→ New" in markdown(ran)
        assert "Main line" in markdown(ran)


def native(config: bool) -> dict[str, Any]:
    """Returns a queue resource with or without the property."""
    return {"Type": "AWS::Connect::Queue", "Properties": {"OutboundCallerConfig": NAME} if config else {"Name": "x"}}


CUSTOM_AWS: dict[str, Any] = {
    "Type": "Custom::AWS",
    "Properties": {
        "ServiceToken": "arn",
        "Create": json.dumps(
            {
                "service": "Connect",
                "action": "updateQueueOutboundCallerConfig",
                "parameters": {"QueueId": SUPPORT_QUEUE},
            }
        ),
    },
}
OWN_FUNCTION: dict[str, Any] = {
    "Type": "AWS::Lambda::Function",
    "Properties": {"Code": {"ZipFile": "c.update_queue_outbound_caller_config()"}},
}
OWN_RESOURCE: dict[str, Any] = {
    "Type": "AWS::CloudFormation::CustomResource",
    "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Queue": SUPPORT_QUEUE},
}


OF_THE_STACK: dict[str, Any] = {"Fn::GetAtt": ["Queue", "QueueArn"]}
NAMES_A_REFERENCE = {
    "ServiceToken": "arn",
    "Update": {"Fn::Join": ["", ["updateQueueOutboundCallerConfig", OF_THE_STACK]]},
}
OTHER_WRITERS = [
    ({"Queue": native(True)}, OF_THE_STACK, "Queue (AWS::Connect::Queue)"),
    ({"Old": CUSTOM_AWS}, SUPPORT_QUEUE, "Old (Custom::AWS)"),
    (
        {"Queue": native(False), "Old": {"Type": "Custom::AWS", "Properties": NAMES_A_REFERENCE}},
        OF_THE_STACK,
        "Old (Custom::AWS)",
    ),
    ({"Function": OWN_FUNCTION, "Old": OWN_RESOURCE}, SUPPORT_QUEUE, "Old (AWS::CloudFormation::CustomResource)"),
]


@pytest.mark.parametrize(("others", "queue", "named"), OTHER_WRITERS)
def test_another_writer_on_the_same_queue_is_named(
    fleet: Fleet, tmp_path: Path, others: dict[str, Any], queue: Any, named: str
) -> None:
    step = planned(fleet, written(tmp_path, {**others, "Config": resource(queue)}))["Config"]
    assert any(named in text for text in step["notes"])


def test_a_writer_on_another_queue_or_a_queue_without_the_property_is_not_named(fleet: Fleet, tmp_path: Path) -> None:
    path = written(tmp_path, {"Old": CUSTOM_AWS, "Queue": native(False), "Config": resource(SALES_QUEUE)})
    assert planned(fleet, path)["Config"]["notes"] == []


def test_plan_writes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    planned(fleet, written(tmp_path, {"Config": resource()}))
    assert calls(fleet.connect, "UpdateQueueOutboundCallerConfig") == []


@pytest.mark.parametrize(
    ("behavior", "after"),
    [
        (DeletionBehavior.RESTORE, {"OutboundCallerIdName": "Before"}),
        (DeletionBehavior.CLEAR, {}),
        (DeletionBehavior.RETAIN, {"OutboundCallerIdName": "Declared"}),
    ],
)
def test_a_removal_leaves_what_its_deletion_behavior_says(
    fleet: Fleet, behavior: DeletionBehavior, after: dict[str, str]
) -> None:

    queue = Queue(Place("aws", PRIMARY, "123456789012"), INSTANCE, SUPPORT_QUEUE)
    mine = owner("shop", "Config")
    ledger = Ledger(CallerConfig("Before"), (Layer(mine, CallerConfig("Declared"), None, behavior),))
    row = Row(queue, LiveQueue(queue, "Support", QueueState(CallerConfig("Declared"))), ledger)
    ledgers = PlannedLedgers({queue: row})
    ledgers.remove(row, mine)
    assert ledgers.after(row).to_api() == after
