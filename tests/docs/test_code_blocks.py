"""Every block of code in the README and on the pages: Python synthesizes, templates pass cfn-lint, commands exist."""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import aws_cdk
import botocore.session
import cfnlint.api as cfnlint
import constructs
import pytest
import yaml
from aws_cdk import cloud_assembly_schema
from botocore import xform_name
from cfnlint.config import ManualArgs

from emulator.connect import ConnectControl
from testing.local_aws import PROJECT_ROOT
from testing.local_aws.cdk_cli import CDK
from tests.docs.markdown import Block, blocks, pages

LANGUAGES = {"python", "yaml", "json", "bash", "console", "text", "typescript", "hcl"}
RULES = PROJECT_ROOT / "constructs" / "queue_outbound_caller_config" / "cfn_lint"
MAKEFILE = (PROJECT_ROOT / "Makefile").read_text()


def lint(template: str) -> list[str]:
    """Returns what cfn-lint finds, with this project's rule for its own resource."""
    config = ManualArgs(regions=["us-east-1"], append_rules=[str(RULES)])
    return [str(match) for match in cfnlint.lint(template, config=config)]


def identified(found: list[Block]) -> list[Any]:
    return [pytest.param(block, id=str(block)) for block in found]


def test_every_block_names_its_language() -> None:
    assert not [str(block) for block in blocks() if block.language not in LANGUAGES]


def test_every_fence_is_read() -> None:
    assert len(blocks()) * 2 == sum(len(re.findall(r"^ *```", page.read_text(), re.M)) for page in pages())


@pytest.mark.parametrize("page", sorted({block.page for block in blocks("python")}), ids=lambda page: page.name)
def test_the_python_of_a_page_runs_and_what_it_makes_synthesizes(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connect: ConnectControl
) -> None:
    """The blocks of a page are one story: each goes on from those before it. `control` is the emulator's."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__", "control": connect}
    for block in blocks("python"):
        if block.page == page:
            exec(compile(block.code, str(block), "exec"), names)  # noqa: S102 - that is what a reader would do with it
    if "app" in names:
        assembly = names["app"].synth()
        assert any(stack.template.get("Resources") for stack in assembly.stacks_recursively)


@pytest.mark.parametrize("block", identified(blocks("yaml", "json")))
def test_data_is_well_formed_and_a_template_passes_cfn_lint(block: Block) -> None:
    if re.search(r"^ *\"?Resources\"?:", block.code, re.M):
        assert lint(block.code) == []
    elif block.language == "json":
        json.loads(block.code)
    else:
        assert yaml.safe_load(block.code) is not None


@pytest.mark.parametrize("block", identified(blocks("bash", "console")))
def test_a_command_is_one_that_there_is(block: Block) -> None:
    for line in commands(block):
        words = shlex.split(line, comments=True)
        if words:
            check_command(words)


def commands(block: Block) -> list[str]:
    lines = block.code.replace("\\\n", " ").splitlines()
    if block.language == "console":
        return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return lines


def check_command(words: list[str]) -> None:
    match words:
        case ["python3", "-m", "venv", _] | ["npm", "install", _]:
            pass  # the quick start's, which has a test of its own
        case [".venv/bin/python", *arguments]:
            check_command(["python", *(argument.removeprefix("PROJECT/") for argument in arguments)])
        case ["make", *arguments]:
            for argument in arguments:
                assert "=" in argument or re.search(rf"^{re.escape(argument)}:", MAKEFILE, re.M), argument
                if "=" in argument:
                    assert f"$({argument.partition('=')[0]})" in MAKEFILE, argument
        case ["python", "-m", "pip", "install", *arguments]:
            known = {"--upgrade", "dist/*.whl", "boto3", "click", "pyyaml", "rich"}
            assert set(arguments) <= known, arguments
        case ["python", "-m", module, *arguments]:
            known_text = module_help(module)
            assert all(argument in known_text for argument in arguments if argument.startswith("--")), arguments
        case ["cdk" | "npx", *arguments]:
            check_cdk([argument for argument in arguments if argument != "cdk"])
        case ["queue-outbound-caller-config", command, *arguments]:
            known_text = module_help("queue_outbound_caller_config_cli", command)
            assert all(argument in known_text for argument in arguments if argument.startswith("--")), arguments
        case ["aws", service, operation, *arguments]:
            check_aws(service, operation, arguments)
        case _:
            pytest.fail(f"no check for the command {words[0]!r}")


def check_cdk(arguments: list[str]) -> None:
    command, *rest = arguments
    known = cdk_help(command)
    for option in rest:
        if option.startswith("--"):
            assert option.partition("=")[0] in known, option


@functools.cache
def cdk_help(command: str) -> str:
    """Returns what the CDK CLI says of one of its commands."""
    done = subprocess.run([str(CDK), command, "--help"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"cdk {command}"), f"the CDK CLI has no command {command}"
    return done.stdout


@functools.cache
def module_help(module: str, *command: str) -> str:
    """Returns what a module of this project says of its arguments."""
    done = subprocess.run(
        [sys.executable, "-m", module, *command, "--help"], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT
    )
    return done.stdout


def check_aws(service: str, operation: str, arguments: list[str]) -> None:
    """Checks a command of the AWS CLI against the API that botocore knows."""
    if (service, operation) in {("cloudformation", "deploy"), ("s3", "cp")}:
        return  # the CLI's own commands, of no one API
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in operations, operation
    shape = model.operation_model(operations[operation]).input_shape
    known = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else ())}
    options = {argument for argument in arguments if argument.startswith("--")} - {"--query", "--output", "--region"}
    assert options <= known, options - known


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CDK for Node, out of the packages that jsii brings for Python."""
    folder = tmp_path_factory.mktemp("typescript")
    modules = (
        (aws_cdk, "aws-cdk-lib"),
        (constructs, "constructs"),
        (cloud_assembly_schema, "@aws-cdk/cloud-assembly-schema"),
    )
    for module, name in modules:
        (archive,) = (Path(str(module.__file__)).parent / "_jsii").glob("*.tgz")
        into = folder / "node_modules" / name
        with tarfile.open(archive) as package:
            package.extractall(into, filter="data")
        for entry in (into / "package").iterdir():
            entry.rename(into / entry.name)
    return folder


@pytest.mark.parametrize("block", identified(blocks("typescript")))
def test_the_typescript_runs_and_what_it_makes_passes_cfn_lint(block: Block, node_modules: Path) -> None:
    """Without annotations of types it is JavaScript, too."""
    (node_modules / "app.mjs").write_text(block.code)
    out = node_modules / "cdk.out"
    environment = {**os.environ, "CDK_OUTDIR": str(out)}
    subprocess.run(["node", "app.mjs"], cwd=node_modules, env=environment, check=True)
    (template,) = out.glob("*.template.json")
    assert lint(template.read_text()) == []
    kinds = {resource["Type"] for resource in json.loads(template.read_text())["Resources"].values()}
    assert "Custom::ConnectQueueOutboundCallerConfig" in kinds


TERRAFORM = {
    "aws_cloudformation_stack": {"name", "template_body", "timeout_in_minutes", "parameters"},
    "aws_connect_queue": {"instance_id", "name", "hours_of_operation_id", "outbound_caller_config", "lifecycle"},
    "outbound_caller_config": {"outbound_caller_id_name", "outbound_caller_id_number_id", "outbound_flow_id"},
    "lifecycle": {"ignore_changes"},
}
"""What the blocks of Terraform may have: resources and their blocks, by the registry's pages of the AWS provider."""


@pytest.mark.parametrize("block", identified(blocks("hcl")))
def test_the_terraform_has_arguments_that_there_are(block: Block) -> None:
    inside: list[str] = []
    for line in filter(None, map(str.strip, block.code.splitlines())):
        if line == "}":
            inside.pop()
        elif opened := re.fullmatch(r'(?:resource "(\w+)" "\w+"|(\w+)(?: =)?) \{', line):
            if inside:
                assert opened[2] in TERRAFORM[inside[-1]]
            inside.append(opened[1] or opened[2])
        else:
            name = re.fullmatch(r"(\w+) += \S.*", line)
            assert name, line
            if inside[-1] == "parameters":
                consumer = (PROJECT_ROOT / "examples" / "cloudformation" / "consumer.yaml").read_text()
                assert re.search(rf"^  {name[1]}:$", consumer, re.M), name[1]
            else:
                assert name[1] in TERRAFORM[inside[-1]]
    assert not inside


def test_cfn_lint_finds_what_is_wrong_here() -> None:
    """The check above is none unless it can fail."""
    for kind in ("AWS::SNS::Topic", "Custom::ConnectQueueOutboundCallerConfig"):
        assert lint(f"Resources:\n  Any:\n    Type: {kind}\n    Properties:\n      Nmae: x\n")
