"""The plain CloudFormation template, its consumer, and the rule for cfn-lint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from queue_outbound_caller_config import template as templates
from queue_outbound_caller_config.lambda_asset import asset_bytes

from tests.infrastructure.synthesis import (
    ACCOUNT,
    FUNCTION,
    INSTANCE,
    OTHER_INSTANCE,
    REPLICA,
    Deployment,
    instance_arn,
    run_cfn_lint,
    the,
)

ROOT = Path(__file__).parents[2]
RULE = Path(templates.__file__).with_name("cfn_lint")
CONSUMER = ROOT / "examples/cloudformation/consumer.yaml"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return templates.provider_template()


def cfn_lint(*paths: Path) -> str:
    """What cfn-lint says with the shipped rule. The CDK adds the role to the function's DependsOn, although a reference does."""
    return run_cfn_lint("--ignore-checks", "W3005", "--append-rules", str(RULE), "--", *map(str, paths))


def test_it_needs_no_bootstrap_and_has_nothing_of_the_cdk(template: dict[str, Any]) -> None:
    """No parameters, rules, conditions or metadata but its own."""
    assert set(template) == {"Description", "Parameters", "Resources", "Outputs"}
    assert set(template["Parameters"]) == {"CodeBucket", "CodeKey", "InstanceArn"}
    text = json.dumps(template)
    assert "cdk" not in text.lower()
    assert "Metadata" not in text


def test_the_code_is_where_the_parameters_say(template: dict[str, Any]) -> None:
    """A new version of it has a new default key."""
    assert the(template, FUNCTION)["Properties"]["Code"] == {
        "S3Bucket": {"Ref": "CodeBucket"},
        "S3Key": {"Ref": "CodeKey"},
    }
    assert template["Parameters"]["CodeKey"]["Default"] == templates.code_key()


def test_the_function_is_allowed_the_given_instance(template: dict[str, Any]) -> None:
    """In any Region, for it may have a replica."""
    found = Deployment({"InstanceArn": instance_arn(REPLICA)}).allowed(template)
    of_instance = f"arn:aws:connect:*:{ACCOUNT}:instance/{INSTANCE}/*"
    assert found["connect:DescribeQueue"] == {of_instance}
    assert found["connect:UpdateQueueOutboundCallerConfig"] == {
        of_instance,
        f"arn:aws:connect:*:{ACCOUNT}:phone-number/*",
    }
    assert found["ssm:GetParameter"] == {f"arn:aws:ssm:*:{ACCOUNT}:parameter/queue-outbound-caller-config/{INSTANCE}/*"}


def test_instances_named_at_build_time_need_no_parameter() -> None:
    """A primary and its replica are one instance."""
    template = templates.provider_template([instance_arn(), instance_arn(REPLICA), OTHER_INSTANCE])
    assert set(template["Parameters"]) == {"CodeBucket", "CodeKey"}
    assert Deployment().allowed(template)["connect:DescribeQueue"] == {
        f"arn:aws:connect:*:{ACCOUNT}:instance/{id}/*" for id in (INSTANCE, OTHER_INSTANCE)
    }


def test_more_instances_than_a_role_has_room_for_are_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = [argument for at in range(40) for argument in ("--instance", f"11111111-1111-4111-8111-{at:012}")]
    assert templates.main(["--output", str(tmp_path), *many]) == 1
    assert "is too much: the policies of" in capsys.readouterr().err


def test_the_service_token_is_exported(template: dict[str, Any]) -> None:
    """By the contract's name."""
    assert template["Outputs"]["ServiceToken"]["Export"] == {"Name": "QueueOutboundCallerConfigServiceToken"}
    assert set(template["Outputs"]) == {"ServiceToken", "FunctionName", "LogGroupName"}


def test_the_command_writes_the_same_bytes_in_any_folder(tmp_path: Path) -> None:
    """The template and the zip, under a user's own CDK context."""
    for name, context in (("one", "{}"), ("other", '{"aws:cdk:enable-path-metadata": true}')):
        command = [sys.executable, "-m", "queue_outbound_caller_config.template", "--output", str(tmp_path / name)]
        (tmp_path / name).mkdir()
        said = subprocess.run(
            command,
            cwd=tmp_path / name,
            env={**os.environ, "CDK_CONTEXT_JSON": context},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "aws cloudformation deploy" in said
    one, other = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other"))
    assert one == other
    assert one[templates.code_key()] == asset_bytes()


def test_a_wrong_instance_is_told_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is written."""
    assert templates.main(["--output", str(tmp_path), "--instance", "nowhere"]) == 1
    assert "instances[0] is 'nowhere', which is not a valid instance id or ARN" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_cfn_lint_finds_nothing_in_provider_and_consumer(tmp_path: Path) -> None:
    """No error and no warning."""
    provider, _ = templates.write(tmp_path)
    assert cfn_lint(provider, CONSUMER) == ""
