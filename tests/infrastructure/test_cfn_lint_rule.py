"""The cfn-lint rule: the editor shows mistakes of the resource in a plain template."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.properties import CONFIG_PROPERTIES, PROPERTIES

CFN_LINT = str(Path(sys.executable).with_name("cfn-lint"))
RULES = Path(__file__).parents[2] / "constructs/queue_outbound_caller_config/cfn_lint"
SCHEMA = json.loads((RULES / "schema.json").read_text(encoding="utf-8"))
ID = "11111111-1111-4111-8111-111111111111"
GOOD = {
    "ServiceToken": {"Fn::ImportValue": "QueueOutboundCallerConfigServiceToken"},
    "InstanceId": ID,
    "QueueId": f"arn:aws-us-gov:connect:us-gov-west-1:123456789012:instance/{ID}/queue/{ID}",
    "OutboundCallerConfig": {"OutboundCallerIdName": "Support", "OutboundCallerIdNumberId": "+15551234567"},
    "DeletionBehavior": "RETAIN",
}


CONDITIONS = {"Sometimes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}


def lint(folder: Path, **changes: Any) -> list[str]:
    """The messages of cfn-lint for a template with one resource, its properties changed (None: left out)."""
    properties = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    resource = {"Type": "Custom::ConnectQueueOutboundCallerConfig", "Properties": properties}
    topic = {"Type": "AWS::SNS::Topic", "Condition": "Sometimes"}
    template = folder / "template.json"
    template.write_text(json.dumps({"Conditions": CONDITIONS, "Resources": {"Config": resource, "Topic": topic}}))
    command = [CFN_LINT, "-t", str(template), "--append-rules", str(RULES), "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return [match["Message"] for match in json.loads(ran.stdout)]


def test_a_good_resource_has_nothing_to_say(tmp_path: Path) -> None:
    assert lint(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"DeletionBehaviour": "RETAIN"}, "Did you mean 'DeletionBehavior'?"),
        ({"OutboundCallerConfig": {"OutboundCallerIdNmae": "x"}}, "Did you mean 'OutboundCallerIdName'?"),
        ({"OutboundCallerConfig": {}}, "is a required property"),
        ({"OutboundCallerConfig": {"OutboundCallerIdNumberId": "555-1234"}}, "'555-1234' is not a phone number's ARN"),
        ({"OutboundCallerConfig": {"OutboundCallerIdNumberId": 12065550100}}, "put it in quotes"),
        ({"DeletionBehavior": "KEEP"}, "is not one of"),
        ({"QueueId": None}, "'QueueId' is a required property"),
    ],
)
def test_a_mistake_is_shown(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    messages = lint(tmp_path, **changes)
    assert [message for message in messages if says in message]
    assert not [message for message in messages if "[0-9" in message], "a regular expression is not for people"


RESOLVED = "{{resolve:ssm:/given}}"
SOMETIMES = {"Fn::If": ["Sometimes", "x", {"Ref": "AWS::NoValue"}]}
MEMBERS = ("OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId")


@pytest.mark.parametrize(
    "changes",
    [
        {"InstanceId": {"Fn::ImportValue": "ConnectInstance"}},
        *({name: RESOLVED} for name in ("ServiceToken", "InstanceId", "QueueId", "DeletionBehavior", "Revision")),
        {"OutboundCallerConfig": dict.fromkeys(MEMBERS, RESOLVED)},
        {"OutboundCallerConfig": {"OutboundCallerIdName": SOMETIMES}},
        {"OutboundCallerConfig": {"Fn::If": ["Sometimes", {"OutboundCallerIdName": "x"}, {"Ref": "AWS::NoValue"}]}},
        {"QueueId": f"arn:aws-eusc:connect:eusc-de-east-1:123456789012:instance/{ID}/queue/{ID}"},
    ],
)
def test_what_only_the_deployment_knows_is_left_to_the_function(tmp_path: Path, changes: dict[str, Any]) -> None:
    """And ARNs are read by their shape."""
    assert lint(tmp_path, **changes) == []


def test_the_schema_knows_what_the_function_knows() -> None:
    assert set(SCHEMA["properties"]) - {"ServiceToken", "ServiceTimeout"} == {*PROPERTIES, "Revision"}
    assert set(SCHEMA["properties"]["OutboundCallerConfig"]["properties"]) == set(CONFIG_PROPERTIES)
    assert SCHEMA["properties"]["DeletionBehavior"]["enum"] == [behavior.value for behavior in DeletionBehavior]
