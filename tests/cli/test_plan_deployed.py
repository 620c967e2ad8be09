"""`plan` of a stack that is deployed already: what stays, what changes, what a removal leaves."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from queue_outbound_caller_config.lambda_asset import HANDLER, asset_bytes
from queue_outbound_caller_config_cli.aws import Aws
from queue_outbound_caller_config_cli.intrinsics import Resolver
from queue_outbound_caller_config_cli.live_stacks import LiveResource, LiveStack, LiveStacks
from queue_outbound_caller_config_cli.templates import TYPE, StackTemplate
from queue_outbound_caller_config_cli.writers import OtherWriter, other_writers
from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior
from queue_outbound_caller_config_provider.ledger import Layer
from queue_outbound_caller_config_provider.ledger_document import from_document, to_document
from queue_outbound_caller_config_provider.timing import RECENT

from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY, SALES_QUEUE, SUPPORT_QUEUE
from testing.local_aws import ACCOUNT, LocalAws, Stack
from tests.cli.conftest import Fleet, owner
from tests.cli.test_plan import CUSTOM_AWS, OWN_FUNCTION, OWN_RESOURCE, native, resource

BUCKET = "plan-function-code"


@pytest.fixture(scope="module")
def code(local_aws: LocalAws) -> dict[str, str]:
    """The function's code in a bucket."""
    s3 = local_aws.client("s3", PRIMARY)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="function.zip", Body=asset_bytes())
    return {"S3Bucket": BUCKET, "S3Key": "function.zip"}


def template(code: dict[str, str], **resources: dict[str, Any]) -> dict[str, Any]:
    """Returns a template with the function and some resources of this project."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13", "Handler": HANDLER, "Timeout": 60, "Code": code,
            "Role": f"arn:aws:iam::{ACCOUNT}:role/function",
        },
    }  # fmt: skip
    for one in resources.values():
        one["Properties"]["ServiceToken"] = {"Fn::GetAtt": ["Function", "Arn"]}
    return {
        "Parameters": {"Name": {"Type": "String", "Default": "Default"}},
        "Resources": {"Function": function, **resources},
        "Outputs": {"Name": {"Value": {"Ref": "Name"}, "Export": {"Name": "plan-exported-name"}}},
    }


@pytest.fixture
def shop(fleet: Fleet, code: dict[str, str]) -> Iterator[Stack]:
    """A stack that declares three queues, one of them retained."""
    stack = Stack(fleet.aws, PRIMARY, f"shop-{uuid.uuid4().hex[:8]}")
    config = {"OutboundCallerIdName": {"Ref": "Name"}}
    status = stack.deploy(
        template(
            code,
            Basic=resource(BASIC_QUEUE, config),
            Sales=resource(SALES_QUEUE, config),
            Support={**resource(SUPPORT_QUEUE, config), "DeletionPolicy": "Retain"},
        ),
        Name="Live",
    )
    assert status == "CREATE_COMPLETE", stack.failures()
    yield stack
    stack.delete()


def planned(fleet: Fleet, stack: Stack, folder: Path, document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Returns the steps of `plan --json` by logical id, but for what is mirrored."""
    path = folder / "template.json"
    path.write_text(json.dumps(document))
    ran = fleet.run("plan", str(path), "--stack", stack.name, "--json", instance=None)
    assert ran.out, ran.err
    steps: dict[str, list[dict[str, Any]]] = {}
    for step in json.loads(ran.out):
        if "mirrored" not in step["action"]:
            steps.setdefault(step["logicalId"], []).append(step)
    return steps


def leave_dead_owner(fleet: Fleet, queue_id: str) -> None:
    """Puts a layer under those of a queue whose stack CloudFormation does not know."""
    queue = Queue(Place("aws", PRIMARY, ACCOUNT), INSTANCE, queue_id)
    found = fleet.aws.client("ssm", PRIMARY).get_parameter(Name=queue.ledger_name)["Parameter"]
    entry = from_document(found["Value"], queue)
    layer = Layer(owner("gone", "Config"), CallerConfig("Dead"), None, DeletionBehavior.RESTORE, at=1.0)
    ledger = replace(entry.ledger, layers=(layer, *entry.ledger.layers))
    fleet.put(queue.ledger_name, to_document(replace(entry, after=found["Version"], ledger=ledger)))


def test_what_stays_changes_goes_and_is_retained_is_told_apart(
    fleet: Fleet, shop: Stack, code: dict[str, str], tmp_path: Path
) -> None:
    document = template(
        code,
        Basic=resource(BASIC_QUEUE, {"OutboundCallerIdName": {"Ref": "Name"}}),
        New=resource(SALES_QUEUE, {"OutboundCallerIdName": {"Fn::ImportValue": "plan-exported-name"}}),
    )
    steps = planned(fleet, shop, tmp_path, document)
    assert {id: [step["action"] for step in found] for id, found in steps.items()} == {
        "Basic": ["no change"],  # the deployed stack's parameter has another value than the default
        "New": ["create"],  # a rename: the resource that had the queue is removed in the same deployment
        "Sales": ["remove"],
        "Support": ["remove"],
    }
    assert steps["Basic"][0]["after"]["OutboundCallerIdName"] == "Live"
    assert steps["New"][0]["after"] == {"OutboundCallerIdName": "Live"}
    assert steps["Sales"][0]["after"] == {"OutboundCallerIdName": "Live"}
    assert steps["Support"][0]["after"] == {"OutboundCallerIdName": "Live"}
    assert "DeletionPolicy Retain" in steps["Support"][0]["notes"][0]


def test_a_resource_that_moves_to_another_queue_creates_there_and_restores_here(
    fleet: Fleet, shop: Stack, code: dict[str, str], tmp_path: Path
) -> None:
    leave_dead_owner(fleet, BASIC_QUEUE)
    dead = fleet.run("owners", "--dead").out
    assert "1 owner, 1 dead" in dead, "not the living one of the same queue"
    document = template(code, Basic=resource(SALES_QUEUE, {"OutboundCallerIdName": "Moved"}))
    created, removed = planned(fleet, shop, tmp_path, document)["Basic"]
    assert (created["queueId"], created["after"]) == (SALES_QUEUE, {"OutboundCallerIdName": "Moved"})
    assert (removed["queueId"], removed["action"]) == (BASIC_QUEUE, "remove")
    assert removed["after"]["OutboundCallerIdName"] == "Main line"


def test_a_changed_property_is_a_change_over_the_same_baseline(
    fleet: Fleet, shop: Stack, code: dict[str, str], tmp_path: Path
) -> None:
    document = template(code, Basic=resource(BASIC_QUEUE, {"OutboundCallerIdNumberId": "+12065550110"}))
    (step,) = planned(fleet, shop, tmp_path, document)["Basic"]
    assert step["action"] == "change"
    assert step["changed"] == ["OutboundCallerIdName", "OutboundCallerIdNumberId"]
    assert step["after"]["OutboundCallerIdName"] == "Main line"


def test_a_removed_resource_gives_the_queue_back_what_it_had(
    fleet: Fleet, shop: Stack, code: dict[str, str], tmp_path: Path
) -> None:
    document = template(code, Basic=resource(BASIC_QUEUE, {"OutboundCallerIdName": {"Ref": "Name"}}))
    (step,) = planned(fleet, shop, tmp_path, document)["Sales"]
    assert (step["action"], step["after"]) == ("remove", {"OutboundCallerIdName": "Sales before"})


def test_a_nested_stack_is_compared_with_what_is_deployed(
    fleet: Fleet, local_aws: LocalAws, code: dict[str, str], tmp_path: Path
) -> None:
    """It is changed, or removed with its parent's resource, unless that is retained."""

    def inner(**resources: dict[str, Any]) -> str:
        for one in resources.values():
            one["Properties"]["ServiceToken"] = {"Ref": "Token"}
        return json.dumps({"Parameters": {"Token": {"Type": "String"}}, "Resources": resources})

    def outer(url: str) -> dict[str, Any]:
        token = {"Token": {"Fn::GetAtt": ["Function", "Arn"]}}
        properties = {"TemplateURL": url, "Parameters": token}
        document = template(code)
        document["Resources"]["Nested"] = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
        del document["Outputs"]
        return document

    before = inner(Basic=resource(BASIC_QUEUE), Sales=resource(SALES_QUEUE))
    local_aws.client("s3", PRIMARY).put_object(Bucket=BUCKET, Key="inner.json", Body=before)
    stack = Stack(fleet.aws, PRIMARY, f"nests-{uuid.uuid4().hex[:8]}")
    try:
        url = f"https://s3.amazonaws.com/{BUCKET}/inner.json"
        status = stack.deploy(outer(url))
        assert status == "CREATE_COMPLETE", stack.failures()
        changed = resource(BASIC_QUEUE, {"OutboundCallerIdName": "Changed"})
        (tmp_path / "inner.json").write_text(inner(Basic=changed, Support=resource(SUPPORT_QUEUE)))
        steps = planned(fleet, stack, tmp_path, outer("inner.json"))
        assert {id: step["action"] for id, (step,) in steps.items()} == {
            "Basic": "change", "Sales": "remove", "Support": "create"}  # fmt: skip
        assert steps["Sales"][0]["after"] == {"OutboundCallerIdName": "Sales before"}
        assert steps["Basic"][0]["stack"].startswith(f"{stack.name}-Nested-")
        gone = planned(fleet, stack, tmp_path, template(code))
        assert {id: step["action"] for id, (step,) in gone.items()} == {"Basic": "remove", "Sales": "remove"}
        retained = outer(url)
        retained["Resources"]["Nested"]["DeletionPolicy"] = "Retain"
        assert stack.deploy(retained) == "UPDATE_COMPLETE", stack.failures()
        (tmp_path / "none.json").write_text(json.dumps(template(code)))
        ran = fleet.run("plan", str(tmp_path / "none.json"), "--stack", stack.name, instance=None)
        assert f"has no {TYPE}" in ran.err, "CloudFormation keeps the nested stack, and so its resources"
    finally:
        stack.delete()


def test_a_drifted_queue_that_the_deployment_does_not_touch_is_told(
    fleet: Fleet, shop: Stack, code: dict[str, str], tmp_path: Path
) -> None:
    time.sleep(RECENT)  # until then the deployment may still be writing
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, BASIC_QUEUE, {"OutboundCallerIdName": "Edited"})
    document = template(code, Basic=resource(BASIC_QUEUE, {"OutboundCallerIdName": {"Ref": "Name"}}))
    (step,) = planned(fleet, shop, tmp_path, document)["Basic"]
    assert (step["action"], step["changed"]) == ("no change", [])
    assert "see `drift`" in step["notes"][0]


def writers(before: dict[str, Any], after: dict[str, Any], queue: str | None = None) -> list[OtherWriter]:
    """Returns the other writers of a stack that is deployed with one template and gets another."""
    physical = f"arn:aws:connect:{PRIMARY}:{ACCOUNT}:instance/{INSTANCE}/queue/{queue}"
    live = LiveStack(
        "id", resources={"Queue": LiveResource("AWS::Connect::Queue", physical)}, template={"Resources": before}
    )
    stack = StackTemplate("shop", {"Resources": after})
    stacks = LiveStacks(Aws.__new__(Aws))
    return list(other_writers(stack, live, Resolver(stack, live, stacks, PRIMARY, {})))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (native(True), native(True), "sets OutboundCallerConfig too"),
        (native(True), native(False), "removes OutboundCallerConfig from Queue"),
        (native(True), None, "deletes Queue"),
    ],
)
def test_what_happens_to_a_native_queue_is_warned_of(before: dict[str, Any], after: Any, said: str) -> None:
    (writer,) = writers({"Queue": before}, {"Queue": after} if after else {}, SUPPORT_QUEUE)
    assert said in writer.warning
    assert writer.queue_ids == {SUPPORT_QUEUE}


def test_a_native_queue_that_is_retained_or_never_had_the_property_is_fine() -> None:
    assert writers({"Queue": {**native(True), "DeletionPolicy": "Retain"}}, {}, SUPPORT_QUEUE) == []
    assert writers({"Queue": native(False)}, {"Queue": native(False)}, SUPPORT_QUEUE) == []


CLEARS = {**CUSTOM_AWS, "Properties": {**CUSTOM_AWS["Properties"], "Delete": CUSTOM_AWS["Properties"]["Create"]}}


@pytest.mark.parametrize("before", [{"Old": CLEARS}, {"Function": OWN_FUNCTION, "Old": OWN_RESOURCE}])
def test_removing_a_custom_resource_whose_delete_may_write_is_warned_of(before: dict[str, Any]) -> None:
    (writer,) = writers(before, {})
    assert "this deployment removes Old" in writer.warning
    assert SUPPORT_QUEUE in writer.queue_ids
    retained = {**before, "Old": {**before["Old"], "DeletionPolicy": "Retain"}}
    assert writers(retained, {}) == []


BEHIND: dict[str, Any] = {
    "Old": {
        "Type": "Custom::Mine",
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Framework", "Arn"]}, "Queue": SUPPORT_QUEUE},
    },
    "Framework": {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": {"ON_EVENT": {"Fn::GetAtt": ["Mine", "Arn"]}}}},
    },
    "Mine": {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Code": {"S3Bucket": "b"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}},
    },
    "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
}


def allowed(action: str) -> dict[str, Any]:
    """Returns a policy of the function's role."""
    document = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    return {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": document}}


def test_a_custom_resource_is_known_by_what_its_function_is_allowed() -> None:
    (writer,) = writers({}, {**BEHIND, "Policy": allowed("connect:UpdateQueueOutboundCallerConfig")})
    assert writer.logical_id == "Old"
    assert writer.queue_ids == {SUPPORT_QUEUE}
    assert writers({}, {**BEHIND, "Policy": allowed("connect:DescribeQueue")}) == []


def test_removing_a_custom_resource_whose_delete_does_nothing_is_fine() -> None:
    assert writers({"Old": CUSTOM_AWS}, {}) == []
