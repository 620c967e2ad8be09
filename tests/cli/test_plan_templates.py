"""What `plan` and `check` read: a template in JSON or YAML, a cloud assembly, nested stacks; and what is none of these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from queue_outbound_caller_config_cli.templates import TYPE

from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY, REPLICA, SALES_QUEUE, SUPPORT_QUEUE
from tests.cli.conftest import Fleet
from tests.cli.test_plan import native, planned, resource, written


def nested(path: str, **parameters: Any) -> dict[str, Any]:
    """Returns a nested stack as the CDK writes it."""
    properties = {"TemplateURL": {"Fn::Sub": "https://example.com/asset.json"}, "Parameters": parameters}
    return {"Type": "AWS::CloudFormation::Stack", "Properties": properties, "Metadata": {"aws:asset:path": path}}


def test_parameters_conditions_and_functions_are_resolved(fleet: Fleet, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "Config": resource(
                {"Fn::Sub": "${Prefix}:instance/${Instance}/queue/${Queue}"},
                {"OutboundCallerIdName": {"Fn::Join": [" ", ["Line", {"Fn::FindInMap": ["Names", "a", "b"]}]]}},
                InstanceId={"Ref": "Instance"},
            ),
            "Left": {**resource(SALES_QUEUE), "Condition": "InRegion"},
            "Out": {**resource(SALES_QUEUE), "Condition": "NotInRegion"},
        },
        Parameters={
            "Instance": {"Type": "String", "Default": INSTANCE},
            "Prefix": {"Type": "String", "Default": f"arn:aws:connect:{PRIMARY}:123456789012"},
            "Queue": {"Type": "String"},
        },
        Mappings={"Names": {"a": {"b": "seven"}}},
        Conditions={
            "InRegion": {"Fn::Equals": [{"Ref": "AWS::Region"}, PRIMARY]},
            "NotInRegion": {"Fn::Not": [{"Condition": "InRegion"}]},
        },
    )
    steps = planned(fleet, path, "--parameter", f"Queue={SUPPORT_QUEUE}")
    assert steps["Config"]["after"] == {"OutboundCallerIdName": "Line seven"}
    assert set(steps) == {"Config", "Left"}


def test_yaml_with_short_forms_is_read(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(f"""
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Queue: {{Type: String, Default: {SUPPORT_QUEUE}}}
Resources:
  Config:
    Type: {TYPE}
    Properties:
      ServiceToken: !ImportValue Token
      InstanceId: {INSTANCE}
      QueueId: !Ref Queue
      OutboundCallerConfig:
        OutboundCallerIdName: !Sub "In ${{AWS::Region}}"
""")
    assert planned(fleet, str(path))["Config"]["after"] == {"OutboundCallerIdName": f"In {PRIMARY}"}


def assembly(folder: Path, templates: Mapping[str, Mapping[str, Any]], version: str = "44.0.0") -> str:
    """Writes a cloud assembly with a stack for each Region, and returns its folder."""
    artifacts = {}
    for region, resources in templates.items():
        (folder / f"{region}.json").write_text(json.dumps({"Resources": resources}))
        artifacts[f"Shop-{region}"] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://unknown-account/{region}",
            "properties": {"templateFile": f"{region}.json"},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": version, "artifacts": artifacts}))
    return str(folder)


def test_a_cloud_assembly_is_planned_in_each_region(fleet: Fleet, tmp_path: Path) -> None:
    path = assembly(tmp_path, {PRIMARY: {"East": resource()}, REPLICA: {"West": resource()}})
    steps = planned(fleet, path)
    assert {id: (step["stack"], step["region"]) for id, step in steps.items()} == {
        "East": (f"Shop-{PRIMARY}", PRIMARY), "West": (f"Shop-{REPLICA}", REPLICA)}  # fmt: skip
    assert set(planned(fleet, path, "--region", REPLICA)) == {"West"}


def test_a_nested_stack_is_planned_with_what_its_parent_gives_it(fleet: Fleet, tmp_path: Path) -> None:
    """Beside what the parent declares; a queue that the parent makes is known to the deployment alone."""
    parameter = {"Type": "String"}
    inner: dict[str, Any] = {"Parameters": {"Queue": parameter}, "Resources": {"Inner": resource({"Ref": "Queue"})}}
    outer: dict[str, Any] = {
        "Parameters": {"Queue": parameter, "Made": parameter},
        "Resources": {
            "Outer": resource({"Ref": "Queue"}),
            "OfMade": resource({"Ref": "Made"}),
            "Deeper": nested("Deeper.nested.template.json", Queue=BASIC_QUEUE),
        },
    }
    for name, template in (("Nested", outer), ("Deeper", inner)):
        (tmp_path / f"{name}.nested.template.json").write_text(json.dumps(template))
    made = {"Fn::GetAtt": ["Queue", "QueueArn"]}
    template = {
        "Config": resource(),
        "Queue": native(False),
        "Nested": nested("Nested.nested.template.json", Queue=SALES_QUEUE, Made=made),
        "Left": {**nested("Nested.nested.template.json"), "Condition": "Never"},
        "Remote": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://example.com/t.json"}},
    }
    path = assembly(tmp_path, {PRIMARY: template})
    document = {"Resources": template, "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    (tmp_path / f"{PRIMARY}.json").write_text(json.dumps(document))
    steps = planned(fleet, path)
    assert {id: (step["stack"], step["queueId"]) for id, step in steps.items()} == {
        "Config": (f"Shop-{PRIMARY}", SUPPORT_QUEUE),
        "Outer": (f"Shop-{PRIMARY}-Nested", SALES_QUEUE),
        "OfMade": (f"Shop-{PRIMARY}-Nested", None),
        "Inner": (f"Shop-{PRIMARY}-Nested-Deeper", BASIC_QUEUE),
    }


def test_a_stack_that_is_nested_in_itself_is_told(fleet: Fleet, tmp_path: Path) -> None:
    path = written(
        tmp_path, {"Again": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "shop.json"}}}
    )
    ran = fleet.run("plan", path, instance=None)
    assert ran.code == 1
    assert "shop.json is nested in itself" in ran.err


@pytest.mark.parametrize("subcommand", ["plan", "check"])
def test_a_nested_stack_that_is_not_read_is_told(fleet: Fleet, tmp_path: Path, subcommand: str) -> None:
    """Beside what is read; the exit code says that nobody can tell."""
    path = assembly(tmp_path, {PRIMARY: {"East": resource()}})
    for name, resources in (
        ("Ours", {"Nested": resource(SALES_QUEUE)}),
        ("Theirs", {"T": {"Type": "AWS::SNS::Topic"}}),
    ):
        (tmp_path / f"{name}.nested.template.json").write_text(json.dumps({"Resources": resources}))
    ran = fleet.run(subcommand, path, instance=None)
    assert ran.code == 1
    assert (
        "Ours.nested.template.json is the template of a nested stack, and nothing in the assembly says of which"
        in ran.err
    )
    assert "Theirs" not in ran.err
    (tmp_path / f"{PRIMARY}.json").write_text(json.dumps({"Resources": {}}))
    assert "Ours.nested" in fleet.run(subcommand, path, instance=None).err


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "has no manifest.json"),
        ({"manifest.json": "{}"}, "is not a cloud assembly's"),
        (
            {"manifest.json": '{"version": "99.0.0", "artifacts": {"a": {"type": "aws:cloudformation:stack"}}}'},
            "99.0.0",
        ),
        ({"manifest.json": "{"}, "is neither JSON nor YAML"),
        ({"manifest.json": '{"version": "44.0.0", "artifacts": {}}'}, f"has no {TYPE}"),
    ],
)
def test_a_folder_that_is_no_assembly_is_told(fleet: Fleet, tmp_path: Path, files: dict[str, str], said: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    ran = fleet.run("plan", str(tmp_path), instance=None)
    assert ran.code == 1
    assert said in ran.err


@pytest.mark.parametrize("text", ["{", "a: [", "- a", "Resources: 5", ""])
def test_a_file_that_is_no_template_is_told(fleet: Fleet, tmp_path: Path, text: str) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(text)
    ran = fleet.run("plan", str(path), instance=None)
    assert ran.code == 1
    assert str(path) in ran.err
    assert "Traceback" not in ran.err


def test_a_template_without_our_resource_or_a_path_that_is_not_there_is_told(fleet: Fleet, tmp_path: Path) -> None:
    path = written(tmp_path, {"Topic": {"Type": "AWS::SNS::Topic"}})
    for ran, said in (
        (fleet.run("plan", path, instance=None), f"has no {TYPE}"),
        (fleet.run("plan", str(tmp_path / "none"), instance=None), "is not there. Run `cdk synth`"),
        (fleet.run("plan", path, "--parameter", "x", instance=None), "Write --parameter x=VALUE"),
        (fleet.run("plan", path, "--parameter", "x=1", instance=None), "--parameter x is not a parameter of"),
    ):
        assert ran.code == 1
        assert said in ran.err
