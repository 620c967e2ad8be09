"""The example app and its config file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from aws_cdk.assertions import Annotations, Match
from cdk_nag import AwsSolutionsChecks

import app as example
from app_config import Config, InvalidConfig
from emulator.connect.sample import two_regions
from tests.infrastructure.synthesis import CONFIG, REGION, REPLICA, of_type, run_cfn_lint

ROOT = Path(__file__).parents[2]
FILES = ("app.py", "app_config.py", "config.toml", "cdk.json")

WHY_WILDCARDS = {
    r":connect:\*:<AWS::AccountId>:phone-number/\*": "a baseline's number is known only to the deployment, in the Region of its "
    "traffic distribution group; a condition keeps writes to queues of the instance",
    r":connect:\*:<AWS::AccountId>:traffic-distribution-group/\*": "whose group a number belongs to is known only by asking",
    r":connect:\*:<AWS::AccountId>:instance/[0-9a-f-]{36}": "an instance and its replica have the same id in two Regions, and "
    "a deploy that adds a queue changes no policy",
    r":ssm:\*:<AWS::AccountId>:parameter/queue-outbound-caller-config/[0-9a-f-]{36}/\*": "the ledgers of the instance",
    r":cloudformation:\*:<AWS::AccountId>:stack/\*/\*": "whose stack a layer is of is known only from the ledger",
}


def synthesize(folder: Path, **environment: str) -> Path:
    """Runs the app in a folder as the CDK CLI does, and returns the cloud assembly."""
    folder.mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    out = folder / "cdk.out"
    subprocess.run(
        [sys.executable, "app.py"], cwd=folder, env={**os.environ, "CDK_OUTDIR": str(out), **environment}, check=True
    )
    return out


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("one") / "app")


@pytest.fixture(scope="module")
def templates(assembly: Path) -> dict[str, dict[str, Any]]:
    """The templates by Region."""
    return {
        region: json.loads((assembly / f"QueueCallerConfig-{region}.template.json").read_text())
        for region in (REGION, REPLICA)
    }


def test_each_region_gets_its_queues(templates: dict[str, dict[str, Any]]) -> None:
    """BasicQueue in both, Sales with the instance's number in one and the group's in the other."""
    names = {region: sorted(of_type(template, CONFIG)) for region, template in templates.items()}
    assert [re.sub("[0-9A-F]{8}$", "", name) for name in names[REGION]] == ["Basic", "SalesEast"]
    assert [re.sub("[0-9A-F]{8}$", "", name) for name in names[REPLICA]] == ["Basic", "SalesWest"]


def test_two_syntheses_in_two_folders_give_the_same_bytes(assembly: Path, tmp_path: Path) -> None:
    """Templates, asset hashes and the code itself, so that a diff stays empty when nothing changed."""
    other = synthesize(tmp_path / "somewhere else", PYTHONHASHSEED="77", TZ="Asia/Tokyo")
    for path in sorted(assembly.rglob("*")):
        if path.is_file() and path.name != "validation-report.json":
            assert path.read_bytes() == (other / path.relative_to(assembly)).read_bytes(), path.name
    assert {path.name for path in assembly.iterdir()} == {path.name for path in other.iterdir()}


def test_the_templates_name_no_account(templates: dict[str, dict[str, Any]]) -> None:
    """But for the numbers' ARNs, which are the config file's: whoever synthesizes gets the same."""
    text = json.dumps(templates)
    numbers = re.findall(r"arn:aws:connect:us-east-1:123456789012:phone-number/", text)
    assert text.count("123456789012") == len(numbers)


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    """No error and no warning."""
    # The CDK adds the role to the function's DependsOn, although a reference does.
    assert run_cfn_lint("--ignore-checks", "W3005", "--", *map(str, assembly.glob("*.template.json"))) == ""


def test_every_finding_of_cdk_nag_has_a_written_reason(tmp_path: Path) -> None:
    """AwsSolutions: wildcards alone, each for a reason, and no reason without a finding."""
    app = App(outdir=str(tmp_path))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    example.build(app, Config.read(ROOT / "config.toml"))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    (report,) = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    rules = {violation["ruleName"] for violation in report["violations"]}
    unexplained = {rule for rule in rules if not any(re.search(pattern, rule) for pattern in WHY_WILDCARDS)}
    assert unexplained == set()
    assert all(rule.startswith("AwsSolutions-IAM5[Resource::") for rule in rules)
    unused = {pattern for pattern in WHY_WILDCARDS if not any(re.search(pattern, rule) for rule in rules)}
    assert unused == set()


def test_the_example_gives_no_warning() -> None:
    """It writes its numbers as ARNs."""
    stacks = example.build(App(), Config.read(ROOT / "config.toml"))
    for stack in stacks.values():
        Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_the_ids_are_those_of_the_emulators_sample() -> None:
    """So that the example can be deployed to it as it is."""
    seed = two_regions()
    config = Config.read(ROOT / "config.toml")
    instances = {(instance.id, instance.region): instance for instance in seed.instances}
    for queue in config.queues:
        for region in queue.regions:
            instance = instances[config.instance, region]
            assert queue.queue in {one.id for one in instance.queues}
            assert queue.outbound_flow is None or queue.outbound_flow in {one.id for one in instance.flows}
        number = str(queue.outbound_caller_id_number)
        assert seed.number_arn(number.rpartition("/")[2]) == number


GOOD = """
[instance]
id = "11111111-1111-4111-8111-111111111111"
regions = ["us-east-1", "us-west-2"]
[numbers]
main = "+12065550110"
[queues.Sales]
queue = "22222222-2222-4222-8222-222222222222"
outbound_caller_id_number = "main"
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "mine.toml"
    path.write_text(text)
    return Config.read(path)


def test_names_stand_for_numbers(tmp_path: Path) -> None:
    """And what is left out is the default."""
    (queue,) = read(tmp_path, GOOD).queues
    assert queue.outbound_caller_id_number == "+12065550110"
    assert queue.regions == (REGION, REPLICA)
    assert queue.deletion_behavior == "RESTORE"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[instance]", "[instance", "is no TOML: .*line 2"),
        ('id = "11111111-1111-4111-8111-111111111111"', "", r"\[instance\] id is missing. Add it"),
        ("11111111-1111-4111-8111-111111111111", "mine", r"\[instance\] id is 'mine', which is no instance id"),
        (
            '"11111111-1111-4111-8111-111111111111"',
            '"arn:aws:connect:us-east-1:123456789012:instance/11111111-1111-4111-8111-111111111111"',
            r"\[instance\] id is an ARN. Write the id",
        ),
        ('["us-east-1", "us-west-2"]', '"us-east-1"', r"\[instance\] regions is 'us-east-1'. Give a list"),
        ("us-west-2", "here", r"\[instance\] regions has 'here', which is no Region"),
        ("us-west-2", "us-east-1", r"\[instance\] regions names a Region twice"),
        ("[queues.Sales]", '[queues.Sales]\nregions = ["eu-west-1"]', "has eu-west-1, where the instance is not"),
        ("[queues.Sales]", '[queues."Sales team"]', r"\[queues.Sales team\] is no usable name"),
        ("[queues.Sales]", "[queue.Sales]", "queue is unknown here. Did you mean queues?"),
        ("queue = ", "queues = ", r"\[queues.Sales\] queues is unknown here. Did you mean queue?"),
        (
            '= "main"',
            '= "man"',
            r"\[queues.Sales\] outbound_caller_id_number is 'man', which names nothing .* mean main?",
        ),
        ('= "main"', "= 12065550110", r"outbound_caller_id_number is 12065550110, not text. Put it in quotes"),
        ('main = "+12065550110"', "main = 5", r"\[numbers\] main is 5, not text"),
        ("[queues.Sales]", "[queues]\nSales = 5\n[queues.Other]", r"\[queues\] Sales is 5, not a table"),
    ],
)
def test_a_mistake_in_the_file_is_named_by_file_and_key(tmp_path: Path, before: str, after: str, said: str) -> None:
    """With what to write instead."""
    assert before in GOOD
    with pytest.raises(InvalidConfig, match=said) as raised:
        read(tmp_path, GOOD.replace(before, after))
    assert all(line.startswith(f"{tmp_path / 'mine.toml'}: ") for line in str(raised.value).splitlines())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("22222222-2222-4222-8222-222222222222", "mine", r"\[queues.Sales\] queue is 'mine', which is no queue id"),
        ('outbound_caller_id_number = "main"', "", r"\[queues.Sales\] outbound_caller_id_name, .* are all left out"),
        ("[queues.Sales]", '[queues.Sales]\ndeletion_behavior = "KEEP"', r"deletion_behavior is 'KEEP'. Write RESTORE"),
        ("+12065550110", "12065550110", r"outbound_caller_id_number is '12065550110', which is no phone number"),
    ],
)
def test_what_the_construct_refuses_is_named_by_key_too(tmp_path: Path, before: str, after: str, said: str) -> None:
    """The file's keys are the construct's arguments."""
    with pytest.raises(InvalidConfig, match=said):
        example.build(App(), read(tmp_path, GOOD.replace(before, after)))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """One line each."""
    with pytest.raises(InvalidConfig) as raised:
        read(tmp_path, GOOD.replace("queue = ", "que = ").replace("regions", "region"))
    assert len(str(raised.value).splitlines()) == 4


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And how to name another."""
    with pytest.raises(InvalidConfig, match=r"there is no such file.* -c config=FILE"):
        Config.read(tmp_path / "none.toml")


def test_the_app_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    """As the CDK CLI shows it; the file is named by context."""
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("queue = ", "que = "))
    found = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps({"config": str(path)}), "CDK_OUTDIR": str(tmp_path / "out")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert f"{path}: [queues.Sales] que is unknown here. Did you mean queue?" in found.stderr
    assert "Traceback" not in found.stderr
