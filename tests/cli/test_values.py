"""The values of a template that `plan` knows before the deployment, and those that it says it cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from queue_outbound_caller_config_cli.templates import TYPE

from emulator.connect.fleet_sample import fleet as fleet_of
from emulator.connect.sample import INSTANCE, PRIMARY, SUPPORT_QUEUE, queue_id
from testing.local_aws import ACCOUNT, LocalAws, Stack
from tests.cli.conftest import Fleet
from tests.cli.test_plan import planned, resource, written

PARAMETER = "/caller-id/name"

KNOWN = {
    "an element of a list": ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
    "a literal and a variable": (
        {"Fn::Sub": ["${A} ${!B} ${AWS::Region}", {"A": {"Ref": "Given"}}]},
        f"given ${{B}} {PRIMARY}",
    ),
    "pseudo parameters": (
        {"Fn::Join": ["/", [{"Ref": "AWS::Partition"}, {"Ref": "AWS::AccountId"}, {"Ref": "AWS::StackName"}]]},
        f"aws/{ACCOUNT}/shop",
    ),
    "no value in a list": ({"Fn::Join": ["-", ["a", {"Ref": "AWS::NoValue"}, "b"]]}, "a-b"),
    "all conditions hold": ({"Fn::If": ["All", "x", "y"]}, "x"),
    "no condition holds": ({"Fn::If": ["None", "x", "y"]}, "y"),
    "one of two conditions holds": ({"Fn::If": ["Both", "x", "y"]}, "y"),
    "a whole number": (5, "5"),
    "an SSM parameter in a string": (f"The {{{{resolve:ssm:{PARAMETER}}}}}", "The Line"),
    "a parameter that is read from SSM": ({"Ref": "Stored"}, "Line"),
    "an output of another stack": ({"Fn::GetStackOutput": {"StackName": "values", "OutputName": "Name"}}, "Live"),
}
UNKNOWN = {
    "an element that is not there": ({"Fn::Select": [5, ["a"]]}, "Fn::Select has no such element"),
    "an element of something unknown": ({"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Unset"}]}]}, "parameter Unset"),
    "a map without the key": ({"Fn::FindInMap": ["Map", "a", "c"]}, "Fn::FindInMap has no Map.a.c"),
    "a map with an unknown key": ({"Fn::FindInMap": ["Map", "a", {"Ref": "Unset"}]}, "parameter Unset has no value"),
    "no such condition": ({"Fn::If": ["Missing", "x", "y"]}, "no condition Missing"),
    "a condition of something unknown": ({"Fn::If": ["OfUnset", "x", "y"]}, "parameter Unset has no value"),
    "no such export": ({"Fn::ImportValue": "no-such-export"}, "export no-such-export is not there"),
    "an unknown export": ({"Fn::ImportValue": {"Ref": "Unset"}}, "parameter Unset has no value"),
    "an SSM parameter that is not there": ("{{resolve:ssm:/none}}", "SSM parameter /none cannot be read"),
    "a parameter that SSM does not have": ({"Ref": "NotStored"}, "SSM parameter /none cannot be read"),
    "a secret": ("{{resolve:secretsmanager:name}}", "a secret is read by the deployment alone"),
    "no such output": (
        {"Fn::GetStackOutput": {"StackName": "values", "OutputName": "Other"}},
        "stack values has no such output",
    ),
    "an output of an unknown stack": (
        {"Fn::GetStackOutput": {"StackName": {"Ref": "Unset"}, "OutputName": "Name"}},
        "parameter Unset has no value",
    ),
    "another function": ({"Fn::Base64": "x"}, "Fn::Base64 is computed by CloudFormation"),
    "a condition by another function": ({"Fn::If": ["Other", "x", "y"]}, "Fn::Base64 is computed by CloudFormation"),
    "the id of a stack that is not deployed": ({"Ref": "AWS::StackId"}, "the stack is not deployed yet"),
    "an attribute in a string": ({"Fn::Sub": "${Made.Arn}"}, "Made is made by this deployment"),
    "a list with something unknown": ({"Fn::Join": ["", [{"Ref": "Made"}]]}, "Made is made by this deployment"),
}
OTHERS: dict[str, Any] = {
    "Parameters": {
        "Given": {"Type": "String", "Default": "given"},
        "Unset": {"Type": "String"},
        "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": PARAMETER},
        "NotStored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/none"},
    },
    "Mappings": {"Map": {"a": {"b": "c"}}},
    "Conditions": {
        "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, PRIMARY]},
        "All": {"Fn::And": [{"Condition": "Here"}, {"Fn::Or": [{"Fn::Not": [{"Condition": "Here"}]}, {"Condition": "Here"}]}]},
        "None": {"Fn::Not": [{"Condition": "All"}]},
        "Both": {"Fn::And": [{"Condition": "Here"}, {"Condition": "None"}]},
        "OfUnset": {"Fn::Or": [{"Fn::Equals": [{"Ref": "Unset"}, "x"]}]},
        "Other": {"Fn::Base64": "x"},
    },
}  # fmt: skip


DEPLOYED = f"""
Resources:
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {{Name: {PARAMETER}, Type: String, Value: Line}}
Outputs:
  Name: {{Value: Live}}
"""


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> Iterator[None]:
    """A stack with an SSM parameter and an output."""
    stack = Stack(local_aws, PRIMARY, "values")
    assert stack.deploy(DEPLOYED) == "CREATE_COMPLETE", stack.failures()
    yield
    stack.delete()


@pytest.fixture
def shop(fleet: Fleet, deployed: None, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """What `plan` says of a template that has each value once, as a name or as a queue."""
    fleet.connect.reset(fleet_of(len(KNOWN)))
    fleet.connect.quota_off()
    known = {
        f"Known{n}": resource(queue_id(n), {"OutboundCallerIdName": value})
        for n, (value, _) in enumerate(KNOWN.values(), 1)
    }
    unknown = {f"Unknown{n}": resource(value) for n, (value, _) in enumerate(UNKNOWN.values())}
    return planned(fleet, written(tmp_path, {**known, **unknown}, **OTHERS))


def test_what_is_known_before_the_deployment_is_put_in(shop: dict[str, dict[str, Any]]) -> None:
    found = {what: shop[f"Known{n}"]["after"].get("OutboundCallerIdName") for n, what in enumerate(KNOWN, 1)}
    assert found == {what: value for what, (_, value) in KNOWN.items()}


def test_of_the_rest_it_is_said_why_it_is_not_known(shop: dict[str, dict[str, Any]]) -> None:
    found = {what: shop[f"Unknown{n}"]["notes"][0] for n, what in enumerate(UNKNOWN)}
    assert {what: said in found[what] for what, (_, said) in UNKNOWN.items()} == dict.fromkeys(UNKNOWN, True), found


def test_the_short_forms_of_yaml_are_functions_too(fleet: Fleet, tmp_path: Path) -> None:
    template = tmp_path / "shop.yaml"
    config = """
        OutboundCallerIdName: !Join [" ", [!Ref AWS::Region, !Select [1, [a, b]]]]
        OutboundCallerIdNumberId: !GetAtt Number.Arn
        OutboundFlowId: !Transform {Name: Flow}"""
    template.write_text(
        f"""
Resources:
  Config:
    Type: {TYPE}
    Properties:
      ServiceToken: arn:aws:lambda:us-east-1:123456789012:function:provider
      InstanceId: {INSTANCE}
      QueueId: {SUPPORT_QUEUE}
      OutboundCallerConfig: {config}
"""
    )
    step = planned(fleet, str(template))["Config"]
    assert step["after"]["OutboundCallerIdName"] == f"{PRIMARY} b"
    assert step["unknown"] == ["OutboundCallerIdNumberId", "OutboundFlowId"]
