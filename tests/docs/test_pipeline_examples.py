"""The examples for pipelines: the CDK pipeline synthesizes, and the workflow does what it says with the least rights."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import queue_outbound_caller_config
import yaml

from testing.local_aws import PROJECT_ROOT
from tests.docs.markdown import blocks

EXAMPLES = PROJECT_ROOT / "examples"
MAKEFILE = (PROJECT_ROOT / "Makefile").read_text()


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the pipeline, as its cdk.json makes it."""
    out = tmp_path_factory.mktemp("pipeline")
    command = json.loads((EXAMPLES / "pipeline" / "cdk.json").read_text())["app"].split()
    assert command[0] == "python3"
    done = subprocess.run(
        [sys.executable, *command[1:]],
        cwd=EXAMPLES / "pipeline",
        env={**os.environ, "CDK_OUTDIR": str(out), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return out


def resources(template: Path, kind: str) -> list[dict[str, Any]]:
    found = json.loads(template.read_text())["Resources"].values()
    return [resource["Properties"] for resource in found if resource["Type"] == kind]


@pytest.mark.parametrize("stage", ["Test", "Production"])
def test_each_stage_of_the_pipeline_configures_its_queue(assembly: Path, stage: str) -> None:
    (template,) = assembly.glob(f"assembly-*{stage}/*.template.json")
    (config,) = resources(template, "Custom::ConnectQueueOutboundCallerConfig")
    assert config["OutboundCallerConfig"]["OutboundCallerIdName"] == "Example Corp"


def test_production_waits_for_an_approval(assembly: Path) -> None:
    (pipeline,) = resources(assembly / "CallerIdPipeline.template.json", "AWS::CodePipeline::Pipeline")
    (stage,) = (stage for stage in pipeline["Stages"] if stage["Name"] == "Production")
    assert min(stage["Actions"], key=lambda action: action["RunOrder"])["ActionTypeId"]["Category"] == "Approval"


def test_the_pipeline_publishes_the_function_once_for_both_accounts(assembly: Path) -> None:
    codes = {
        key
        for template in assembly.glob("assembly-*/*.template.json")
        for function in resources(template, "AWS::Lambda::Function")
        if (key := function["Code"]["S3Key"])
    }
    assert len(codes) == 1


WORKFLOW = EXAMPLES / "github-actions" / "deploy.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    return loaded


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_the_workflow_runs_verbs_that_there_are(workflow: dict[Any, Any]) -> None:
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    assert "make deploy" in commands
    for command in commands:
        assert re.search(rf"^{command.removeprefix('make ')}:", MAKEFILE, re.M), command


def test_every_action_of_the_workflow_is_pinned(workflow: dict[Any, Any]) -> None:
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])


def test_the_workflow_grants_nothing_by_default_and_only_the_deployment_an_identity(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "test": {"contents": "read"},
        "deploy": {"contents": "read", "id-token": "write"},
    }


def test_the_workflow_deploys_from_main_alone_after_the_tests_and_with_no_stored_key(workflow: dict[Any, Any]) -> None:
    on = workflow[True]  # YAML 1.1 reads `on` as a truth value; GitHub does not
    assert on["push"]["branches"] == ["main"]
    deploy = workflow["jobs"]["deploy"]
    condition = "github.event_name == 'push' && github.ref == 'refs/heads/main'"
    assert (deploy["if"], deploy["needs"], deploy["environment"]) == (condition, "test", "production")
    assert "secrets." not in WORKFLOW.read_text()
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


def test_the_deployment_role_trusts_the_workflows_environment_alone(workflow: dict[Any, Any]) -> None:
    trust, _ = (json.loads(block.code) for block in blocks("json") if block.page.name == "pipelines.md")
    (statement,) = trust["Statement"]
    environment = workflow["jobs"]["deploy"]["environment"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": f"repo:OWNER/REPOSITORY:environment:{environment}",
        }
    }


def test_the_workflow_deploys_to_one_named_account_alone(workflow: dict[Any, Any]) -> None:
    (credentials,) = (
        s for s in steps(workflow) if s.get("uses", "").startswith("aws-actions/configure-aws-credentials")
    )
    assert credentials["with"]["allowed-account-ids"] == "${{ vars.AWS_ACCOUNT_ID }}"


def test_the_workflows_versions_are_ones_that_the_project_takes(workflow: dict[Any, Any]) -> None:
    for step in steps(workflow):
        given = step.get("with", {})
        if "python-version" in given:
            assert tuple(map(int, given["python-version"].split("."))) >= (3, 11)
        if "node-version" in given:
            assert int(given["node-version"]) >= 20


def test_the_pipeline_installs_the_wheel_beside_it_and_pins_the_cdk_cli() -> None:
    """The wheel's name is on no public index, so nobody else's package can be installed in its place."""
    lines = (EXAMPLES / "pipeline" / "requirements.txt").read_text().splitlines()
    ours = [line for line in lines if "queue" in line and not line.startswith("#")]
    assert ours == [f"./cdk_queue_outbound_caller_config-{queue_outbound_caller_config.__version__}-py3-none-any.whl"]
    pinned = json.loads((PROJECT_ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert f'CDK_CLI = "{pinned}"' in (EXAMPLES / "pipeline" / "app.py").read_text()
