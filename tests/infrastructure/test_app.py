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
from aws_cdk import App
from aws_cdk.assertions import Annotations, Match, Template

import app as example
from app_config import Config, InvalidConfig
from emulator.connect.sample import two_regions_apart
from tests.infrastructure.synthesis import CONFIG, REGION, REPLICA, of_type, run_cfn_lint

ROOT = Path(__file__).parents[2]
FILES = ("app.py", "app_config.py", "app_config_reader.py", "config.toml", "cdk.json")

REPORT = "validation-report.json"
"""What the validation writes beside the templates; it has the time in it."""


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
    """The app's cloud assembly, with the CDK's own validation of its templates."""
    return synthesize(tmp_path_factory.mktemp("one") / "app", CDK_VALIDATION="true")


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
    assert [re.sub("[0-9A-F]{8}$", "", name) for name in names[REGION]] == ["Basic", "Sales"]
    assert [re.sub("[0-9A-F]{8}$", "", name) for name in names[REPLICA]] == ["Basic", "Sales"]


def test_a_name_may_stand_for_another_number_in_each_region(templates: dict[str, dict[str, Any]]) -> None:
    """Sales has the instance's number in one Region and the group's in the other."""
    numbers = [
        resource["Properties"]["OutboundCallerConfig"]["OutboundCallerIdNumberId"]
        for region in (REGION, REPLICA)
        for name, resource in of_type(templates[region], CONFIG).items()
        if name.startswith("Sales")
    ]
    assert len(set(numbers)) == 2


def test_two_syntheses_in_two_folders_give_the_same_bytes(assembly: Path, tmp_path: Path) -> None:
    """Templates, asset hashes and the code itself, so that a diff stays empty when nothing changed."""
    other = synthesize(tmp_path / "somewhere else", PYTHONHASHSEED="77", TZ="Asia/Tokyo")
    files = {path.relative_to(assembly) for path in assembly.rglob("*") if path.is_file()} - {Path(REPORT)}
    assert files == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    for path in sorted(files):
        assert (assembly / path).read_bytes() == (other / path).read_bytes(), path


def test_the_templates_name_no_account(templates: dict[str, dict[str, Any]]) -> None:
    """But for the numbers' ARNs, which are the config file's: whoever synthesizes gets the same."""
    text = json.dumps(templates)
    numbers = re.findall(r"arn:aws:connect:us-east-1:123456789012:phone-number/", text)
    assert text.count("123456789012") == len(numbers)


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    """No error and no warning."""
    # The CDK adds the role to the function's DependsOn, although a reference does.
    assert run_cfn_lint("--ignore-checks", "W3005", "--", *map(str, assembly.glob("*.template.json"))) == ""


def test_the_cdks_own_validation_finds_nothing(assembly: Path) -> None:
    """It runs when a user synthesizes, and what it finds is shown as a warning."""
    assert json.loads((assembly / REPORT).read_text())["pluginReports"] == []


def test_the_example_gives_no_warning() -> None:
    """It writes its numbers as ARNs."""
    stacks = example.build(App(), Config.read(ROOT / "config.toml"))
    for stack in stacks:
        Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_the_ids_are_those_of_the_emulators_sample() -> None:
    """So that the example can be deployed to it as it is."""
    seed = two_regions_apart()
    config = Config.read(ROOT / "config.toml")
    instances = {(instance.id, instance.region): instance for instance in seed.instances}
    for queue in config.queues:
        for region, declared in queue.declared.items():
            instance = instances[config.instance, region]
            assert queue.queue in {one.id for one in instance.queues}
            assert declared.outbound_flow is None or declared.outbound_flow in {one.id for one in instance.flows}
            number = str(declared.outbound_caller_id_number)
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
    assert queue.regions == (REGION, REPLICA)
    assert queue.declared[REGION].outbound_caller_id_number == "+12065550110"
    assert queue.declared[REPLICA].deletion_behavior == "RESTORE"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[instance]", "[instance", "is not TOML: .*line 2"),
        ('id = "11111111-1111-4111-8111-111111111111"', "", r"\[instance\] id is missing. Add it"),
        (
            "11111111-1111-4111-8111-111111111111",
            "mine",
            r"\[instance\] id is 'mine', which is not a valid instance id",
        ),
        (
            '"11111111-1111-4111-8111-111111111111"',
            '"arn:aws:connect:us-east-1:123456789012:instance/11111111-1111-4111-8111-111111111111"',
            r"\[instance\] id is an ARN. Write the id",
        ),
        ('["us-east-1", "us-west-2"]', '"us-east-1"', r"\[instance\] regions is 'us-east-1'. Give a list"),
        ("us-west-2", "here", r"\[instance\] regions has 'here', which is not a Region"),
        ("us-west-2", "us-east-1", r"\[instance\] regions names a Region twice"),
        ("[queues.Sales]", '[queues.Sales]\nregions = ["eu-west-1"]', "has eu-west-1, where the instance is not"),
        ("[queues.Sales]", '[queues."Sales team"]', r"\[queues.Sales team\] is not a usable name"),
        ("[queues.Sales]", "[queue.Sales]", "queue is unknown here. Did you mean queues?"),
        ("queue = ", "queues = ", r"\[queues.Sales\] queues is unknown here. Did you mean queue?"),
        (
            '= "main"',
            '= "man"',
            r"\[queues.Sales\] outbound_caller_id_number is 'man', which names nothing .* mean main?",
        ),
        ('= "main"', "= 12065550110", r"outbound_caller_id_number is 12065550110, not a string. Put it in quotes"),
        ('main = "+12065550110"', "main = 5", r"\[numbers\] main is 5, not a string"),
        ("[queues.Sales]", "[queues]\nSales = 5\n[queues.Other]", r"\[queues\] Sales is 5, not a table"),
        ("us-west-2", "us-wets-2", r"'us-wets-2', which is not a Region. Did you mean us-west-2\?"),
        (
            "[queues.Sales]",
            '[queues.Other]\nqueue = "22222222-2222-4222-8222-222222222222"\n[queues.Sales]',
            r"\[queues.Sales\] queue is the same as that of \[queues.Other\] in us-east-1 and us-west-2. Remove one",
        ),
        ('regions = ["us-east-1", "us-west-2"]', "", r"\[instance\] regions is missing. Give a list"),
        ('= "main"', "= true", "outbound_caller_id_number is true, not a string"),
        (
            "22222222-2222-4222-8222-222222222222",
            "Sales team",
            r"queue is 'Sales team', which is not a queue id or a name",
        ),
        ('main = "+12065550110"', 'main = { us-east-1 = "+12065550110" }', "'main', which has no value for us-west-2"),
        ('main = "+12065550110"', 'main = { us-east-2 = "+12065550110" }', r"\[numbers.main\] us-east-2 is unknown"),
        ('= "main"', '= { us-east-2 = "main" }', "outbound_caller_id_number has us-east-2, where this queue is not"),
        ('"us-west-2"]', '"us-west-2"]\nstacks = 0', r"\[instance\] stacks is 0. Write a number, 1 or more"),
        (
            '"us-west-2"]',
            '"us-west-2"]\nmax_parallel_configs = "5"',
            "max_parallel_configs is '5'. Write a number, 1 or more",
        ),
        ("[numbers]", "[defaults]\nname = 'x'\n[numbers]", r"\[defaults\] name is unknown here"),
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
        (
            "22222222-2222-4222-8222-222222222222",
            "arn:aws:connect:us-east-1:123456789012:queue/x",
            r"\[queues.Sales\] queue is 'arn:",
        ),
        ('outbound_caller_id_number = "main"', "", r"\[queues.Sales\] outbound_caller_id_name, .* are all left out"),
        ("[queues.Sales]", '[queues.Sales]\ndeletion_behavior = "KEEP"', r"deletion_behavior is 'KEEP'. Write RESTORE"),
        ("+12065550110", "12065550110", r"outbound_caller_id_number is '…0110', a phone number without its plus"),
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


def test_a_queue_may_be_given_by_a_name_of_queue_ids(tmp_path: Path) -> None:
    """Resolved in the file itself, so that synthesis needs no account."""
    text = GOOD.replace('queue = "2222', 'queue = "Sales team"\n#').replace(
        "[numbers]", '[queue_ids]\n"Sales team" = "22222222-2222-4222-8222-222222222222"\n[numbers]'
    )
    (queue,) = read(tmp_path, text).queues
    assert queue.queue == "22222222-2222-4222-8222-222222222222"


def test_a_default_applies_to_a_queue_that_does_not_say_otherwise(tmp_path: Path) -> None:
    """Its own table comes first."""
    text = GOOD.replace("[numbers]", '[defaults]\noutbound_caller_id_name = "All"\n[numbers]')
    (queue,) = read(tmp_path, text).queues
    assert queue.declared[REGION].outbound_caller_id_name == "All"
    (queue,) = read(tmp_path, text + 'outbound_caller_id_name = "Mine"').queues
    assert queue.declared[REGION].outbound_caller_id_name == "Mine"


def test_a_value_may_differ_by_region_or_be_left_out_in_one(tmp_path: Path) -> None:
    """A table of Regions in place of the value."""
    (queue,) = read(tmp_path, GOOD + 'outbound_caller_id_name = { us-west-2 = "West" }').queues
    assert queue.declared[REGION].outbound_caller_id_name is None
    assert queue.declared[REPLICA].outbound_caller_id_name == "West"


def test_the_same_queue_may_stand_in_two_tables_for_two_regions(tmp_path: Path) -> None:
    """Only one Region twice is a mistake."""
    other = GOOD[GOOD.index("[queues.Sales]") :].replace("Sales", "West") + 'regions = ["us-west-2"]'
    config = read(tmp_path, GOOD + 'regions = ["us-east-1"]\n' + other)
    assert [queue.regions for queue in config.queues] == [(REGION,), (REPLICA,)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, encoding: str) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding=encoding)
    assert Config.read(path).regions == (REGION, REPLICA)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is empty. Write"),
        (b"# nothing yet\n", "is empty. Write"),
        (GOOD.encode("utf-16"), "is not text in UTF-8. Save it"),
    ],
)
def test_a_file_with_nothing_to_read_is_one_mistake(tmp_path: Path, text: bytes, said: str) -> None:
    """One line, in the file's own terms."""
    path = tmp_path / "mine.toml"
    path.write_bytes(text)
    with pytest.raises(InvalidConfig, match=said) as raised:
        Config.read(path)
    assert len(str(raised.value).splitlines()) == 1


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    """And what to write instead."""
    with pytest.raises(InvalidConfig, match=r"is a folder. Name the file in it: make CONFIG=FILE, cdk -c config=FILE"):
        Config.read(tmp_path)


def many(count: int, stacks: int) -> str:
    """Returns a config of so many queues."""
    tables = "".join(
        f'[queues.Q{number}]\nqueue = "00000000-0000-4000-8000-{number:012}"\noutbound_caller_id_name = "x"\n'
        for number in range(count)
    )
    return GOOD[: GOOD.index("[numbers]")] + f"stacks = {stacks}\n" + tables


def test_a_further_queue_moves_no_other_one_to_another_stack(tmp_path: Path) -> None:
    """The stack depends on the name of the table alone."""
    few, more = (read(tmp_path, many(count, 3)) for count in (40, 41))
    assert {queue.key: few.stack_of(queue) for queue in few.queues} == {
        queue.key: more.stack_of(queue) for queue in more.queues if queue.key != "Q40"
    }


def test_a_further_stack_takes_only_its_own_share(tmp_path: Path) -> None:
    """No queue moves between the stacks that were there before."""
    two, three = (read(tmp_path, many(60, stacks)) for stacks in (2, 3))
    moved = [queue for queue in two.queues if two.stack_of(queue) != three.stack_of(queue)]
    assert 5 < len(moved) < 40
    assert {three.stack_of(queue) for queue in moved} == {3}


def test_more_queues_than_a_stack_takes_are_a_mistake_with_the_number_of_stacks(tmp_path: Path) -> None:
    """Before CloudFormation refuses the template."""
    with pytest.raises(InvalidConfig, match=r"one stack has 451 queues.* Write stacks = 2"):
        read(tmp_path, many(451, 1))
    assert len(read(tmp_path, many(451, 2)).queues) == 451


def test_the_first_stack_of_a_region_keeps_its_name_when_there_are_more(tmp_path: Path) -> None:
    """Each further one waits for the one before it, for they share a quota."""
    stacks = example.build(App(), read(tmp_path, many(8, 2)))
    assert [stack.stack_name for stack in stacks] == [
        f"QueueCallerConfig-{region}{suffix}" for region in (REGION, REPLICA) for suffix in ("", "-2")
    ]
    assert [[one.stack_name for one in stack.dependencies] for stack in stacks[:2]] == [
        [],
        ["QueueCallerConfig-us-east-1"],
    ]
    configs = [of_type(Template.from_stack(stack).to_json(), CONFIG) for stack in stacks]
    assert [len(configs[0]) + len(configs[1]), len(configs[2]) + len(configs[3])] == [8, 8]


def test_the_configs_that_run_at_once_can_be_limited(tmp_path: Path) -> None:
    """One after another, each depends on the one before it."""
    unlimited = many(4, 1)
    text = unlimited.replace("stacks = 1", "max_parallel_configs = 1")
    template, before = (
        Template.from_stack(example.build(App(), read(tmp_path, one))[0]).to_json() for one in (text, unlimited)
    )
    configs = of_type(template, CONFIG)
    depending = [one for one in configs.values() if set(one.get("DependsOn", ())) & configs.keys()]
    assert (len(configs), len(depending)) == (4, 3)
    function = "AWS::Lambda::Function"
    assert of_type(template, function).keys() == of_type(before, function).keys(), "the function stays where it is"


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
