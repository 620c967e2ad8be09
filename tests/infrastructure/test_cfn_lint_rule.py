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


Changes = dict[str, Any]
CONDITIONS = {"Sometimes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}


MISTAKES: list[tuple[Changes, str]] = [
    ({"DeletionBehaviour": "RETAIN"}, "Did you mean 'DeletionBehavior'?"),
    ({"OutboundCallerConfig": {"OutboundCallerIdNmae": "x"}}, "Did you mean 'OutboundCallerIdName'?"),
    ({"OutboundCallerConfig": {}}, "is a required property"),
    ({"OutboundCallerConfig": {"OutboundCallerIdNumberId": "555-1234"}}, "'555-1234' is not a phone number's ARN"),
    ({"OutboundCallerConfig": {"OutboundCallerIdNumberId": 12065550100}}, "put it in quotes"),
    ({"DeletionBehavior": "KEEP"}, "is not one of"),
    ({"QueueId": None}, "'QueueId' is a required property"),
]
RESOLVED = "{{resolve:ssm:/given}}"
SOMETIMES = {"Fn::If": ["Sometimes", "x", {"Ref": "AWS::NoValue"}]}
MEMBERS = ("OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId")
LEFT_TO_THE_FUNCTION: list[Changes] = [
    {"InstanceId": {"Fn::ImportValue": "ConnectInstance"}},
    *({name: RESOLVED} for name in ("ServiceToken", "InstanceId", "QueueId", "DeletionBehavior", "Revision")),
    {"OutboundCallerConfig": dict.fromkeys(MEMBERS, RESOLVED)},
    {"OutboundCallerConfig": {"OutboundCallerIdName": SOMETIMES}},
    {"OutboundCallerConfig": {"Fn::If": ["Sometimes", {"OutboundCallerIdName": "x"}, {"Ref": "AWS::NoValue"}]}},
    {"QueueId": f"arn:aws-eusc:connect:eusc-de-east-1:123456789012:instance/{ID}/queue/{ID}"},
]


def template(changes: Changes) -> str:
    """A template with one resource, its properties changed (None: left out)."""
    properties = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    resource = {"Type": "Custom::ConnectQueueOutboundCallerConfig", "Properties": properties}
    topic = {"Type": "AWS::SNS::Topic", "Condition": "Sometimes"}
    return json.dumps({"Conditions": CONDITIONS, "Resources": {"Config": resource, "Topic": topic}})


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The messages of cfn-lint, by the template: all in one run, for it takes seconds to start."""
    folder = tmp_path_factory.mktemp("templates")
    texts = [template(changes) for changes in ({}, *(changes for changes, _ in MISTAKES), *LEFT_TO_THE_FUNCTION)]
    files = {str(folder / f"{number}.json"): text for number, text in enumerate(texts)}
    for path, text in files.items():
        Path(path).write_text(text, encoding="utf-8")
    command = [CFN_LINT, "--append-rules", str(RULES), "--format", "json", "--", *files]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, list[str]] = {text: [] for text in texts}
    for match in json.loads(ran.stdout):
        found[files[match["Filename"]]].append(match["Message"])
    return found


def test_a_good_resource_has_nothing_to_say(said: dict[str, list[str]]) -> None:
    assert said[template({})] == []


@pytest.mark.parametrize(("changes", "says"), MISTAKES)
def test_a_mistake_is_shown(said: dict[str, list[str]], changes: Changes, says: str) -> None:
    messages = said[template(changes)]
    assert [message for message in messages if says in message]
    assert not [message for message in messages if "[0-9" in message], "a regular expression is not for people"


@pytest.mark.parametrize("changes", LEFT_TO_THE_FUNCTION)
def test_what_only_the_deployment_knows_is_left_to_the_function(said: dict[str, list[str]], changes: Changes) -> None:
    """And ARNs are read by their shape."""
    assert said[template(changes)] == []


def test_the_schema_knows_what_the_function_knows() -> None:
    assert set(SCHEMA["properties"]) - {"ServiceToken", "ServiceTimeout"} == {*PROPERTIES, "Revision"}
    assert set(SCHEMA["properties"]["OutboundCallerConfig"]["properties"]) == set(CONFIG_PROPERTIES)
    assert SCHEMA["properties"]["DeletionBehavior"]["enum"] == [behavior.value for behavior in DeletionBehavior]
