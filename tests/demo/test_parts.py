"""The demo's parts that start nothing: its tables, its config file, and what `make deploy` reads from an app."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree  # the pictures are our own

import pytest

from app_config import Config as AppConfig
from app_config import Declared
from demo.__main__ import main
from demo.cdk_progress import progress_of
from demo.config_file import ConfigFile
from demo.deploy import DeployedStack, stacks_of
from demo.page import NARROW_RECORDING, PAGE, RECORDING, Shown, with_outputs
from demo.recording import svg_of
from demo.story import BASIC, DEPLOYED, FAILED_OVER, FAILING, FAILOVER, RENAMED, Declarations, expected
from demo.table import table
from demo.terminal import Terminal
from demo.world import PRIMARY, REGIONS, Config, QueueName, World
from emulator.connect.sample import BASIC_QUEUE, SALES_QUEUE
from testing.local_aws import PROJECT_ROOT


def test_a_table_has_columns_as_wide_as_their_widest_cell() -> None:
    rows = [(row, row) for row in (("Sales", "-"), ("BasicQueue", "Main"))]
    assert [line.text for line in table(("Queue", "Name"), rows)] == [
        "Queue       Name",
        "──────────  ────",
        "Sales       -",
        "BasicQueue  Main",
    ]


def test_a_row_that_changed_has_what_is_new_below_what_it_was() -> None:
    lines = table(("Queue", "Name", "Flow"), [(("Sales", "Old", "One"), ("Sales", "New", "One"))])
    assert [(line.text, line.changed) for line in lines[2:]] == [("Sales  Old    One", False), ("       → New", True)]


BASELINE = {
    QueueName(queue, region): Config(f"{queue} before", flow="own flow")
    for queue in (BASIC_QUEUE, SALES_QUEUE)
    for region in REGIONS
}


@pytest.mark.parametrize("region", REGIONS)
def test_a_declared_field_lies_over_what_the_queue_had_in_both_regions(region: str) -> None:
    after = expected(BASELINE, (replace(BASIC, region=region),))
    wanted = Config(BASIC.config.name, BASIC.config.number, "own flow")
    assert [after[QueueName(BASIC_QUEUE, one)] for one in REGIONS] == [wanted, wanted]
    assert after[QueueName(SALES_QUEUE, PRIMARY)] == BASELINE[QueueName(SALES_QUEUE, PRIMARY)]


def test_of_two_tables_for_one_queue_the_last_one_is_active() -> None:
    after = expected(BASELINE, FAILED_OVER)
    assert after[QueueName(BASIC_QUEUE, PRIMARY)].name == FAILOVER.config.name


@pytest.mark.parametrize("declared", [DEPLOYED, RENAMED, FAILING, FAILED_OVER], ids=["1", "2", "3", "4"])
def test_app_py_reads_from_each_acts_config_file_what_the_act_declares(declared: Declarations, tmp_path: Path) -> None:
    world, path = World(), tmp_path / "config.toml"
    ConfigFile(path, world).write(declared)
    read = {queue.key: (queue.queue, queue.declared) for queue in AppConfig.read(path).queues}
    assert read == {
        one.key: (
            one.queue,
            {
                one.region: Declared(
                    one.config.name, one.config.number and world.e164(one.config.number), one.config.flow
                )
            },
        )
        for one in declared
    }


def test_the_config_file_answers_what_changed_in_it(tmp_path: Path) -> None:
    file = ConfigFile(tmp_path / "config.toml", World())
    assert all(line.startswith(("---", "+", "@@")) for line in file.write(DEPLOYED))
    changed = [line for line in file.write(RENAMED)[2:] if line.startswith(("+", "-"))]
    assert changed == ["-[queues.Sales]", "+[queues.SalesLine]"]
    assert file.write(RENAMED) == []


def test_a_line_is_as_wide_as_the_terminal_at_most(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    for write in (terminal.say, terminal.progress, terminal.right, terminal.wrong):
        write("a text of many words " * 10)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert sum(len(line) > 30 for line in lines) > 20


def test_help_is_shown_and_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "make demo" in capsys.readouterr().out


def test_a_config_file_is_refused_by_its_name_with_what_to_run_instead(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--config", "mine.toml"])
    assert ended.value.code == 2
    assert "make diff CONFIG=mine.toml" in capsys.readouterr().err


def test_make_hands_the_demo_its_config_and_arguments() -> None:
    make = ["make", "--dry-run", "demo", "CONFIG=my file.toml", "ARGS=--help"]
    shown = subprocess.run(make, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True).stdout
    assert "-m demo --config 'my file.toml' --help" in shown


def test_deploy_finds_stacks_regions_and_qualifiers_in_the_assembly(tmp_path: Path) -> None:
    def stack(region: str, **properties: str) -> dict[str, object]:
        return {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://unknown-account/{region}",
            "properties": properties,
        }

    own = "/cdk-bootstrap/mine/version"
    artifacts = {
        "West": stack("us-west-2", bootstrapStackVersionSsmParameter=own),
        "East": stack("us-east-1", stackName="Named"),
        "Tree": {"type": "cdk:tree"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    found = stacks_of(tmp_path)
    assert found == [
        DeployedStack("us-east-1", "Named", "/cdk-bootstrap/hnb659fds/version"),
        DeployedStack("us-west-2", "West", own),
    ]
    assert [stack.qualifier for stack in found] == ["hnb659fds", "mine"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (" ✅  Environment aws://1/us-east-1 bootstrapped.", "✅  Environment aws://1/us-east-1 bootstrapped."),
        (
            "A-us-east-1 | 6/9 | 1:16:26 PM | CREATE_COMPLETE | Custom::ConnectQueueOutboundCallerConfig | Sales (Sales12)",
            "A-us-east-1  CREATE_COMPLETE  Sales",
        ),
        ("A-us-east-1 | 1/9 | 1:16:26 PM | CREATE_COMPLETE | AWS::IAM::Role | Provider/Role (Role12)", None),
        (
            "A | 0/9 | 1:16:26 PM | CREATE_IN_PROGRESS | Custom::ConnectQueueOutboundCallerConfig | Sales (Sales12)",
            None,
        ),
        ("A | 0/9 | 1:16:26 PM | CREATE_FAILED | AWS::IAM::Role | Role (R) no", "A  CREATE_FAILED  Role  (R) no"),
        (
            "A | 8/6 | 7:47:13 AM | UPDATE_ROLLBACK_IN_PROG | AWS::CloudFormation::Stack | A The following failed",
            "A  UPDATE_ROLLBACK_IN_PROGRESS",
        ),
    ],
    ids=["a milestone", "our resource", "another resource", "a beginning", "a failure", "a rollback"],
)
def test_of_the_cdks_output_the_ends_and_the_failures_are_told(line: str, told: str | None) -> None:
    assert progress_of(line) == told


def screens_of(svg: str) -> list[list[str]]:
    groups = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")  # noqa: S314 - our own file
    return [["".join(text.itertext()) for text in group] for group in groups]


def test_a_recording_has_every_line_as_it_was_written_and_a_long_one_goes_on_in_the_next() -> None:
    assert screens_of(svg_of(["$ one\n<line> &\n\n" + "x" * 120, "$ two"], columns=50)) == [
        ["$ one", "<line> &", "", "x" * 50, "x" * 50, "x" * 20],
        ["$ two"],
    ]


def test_a_command_that_is_too_long_for_a_line_is_broken_as_a_shell_allows() -> None:
    shown = Shown("a", "queue-outbound-caller-config discover --output config.toml", "done")
    assert shown.text(60) == "$ queue-outbound-caller-config discover --output config.toml\ndone"
    assert shown.text(50) == "$ queue-outbound-caller-config discover --output \\\n    config.toml\ndone"


def test_outputs_go_into_the_blocks_that_are_named_after_them_alone() -> None:
    page = "<!-- run: a -->\n```console\n$ old\n```\n\n<!-- run: b -->\n```console\n$ kept\n```\n"
    expected_page = page.replace("$ old", "$ new\none \\1 two")
    assert with_outputs(page, [Shown("a", "new", r"one \1 two")], columns=50) == expected_page


def test_the_page_and_the_recording_show_the_same_run() -> None:
    page = PAGE.read_text(encoding="utf-8").replace("\n", "")
    screens = screens_of(RECORDING.read_text(encoding="utf-8"))
    assert screens
    for screen in screens:
        assert "".join(screen) in page


def test_both_recordings_show_the_same_commands() -> None:
    wide, narrow = (
        [
            "".join(re.findall(r"\A\$ (?:.*\\\n    )?.*", "\n".join(screen)))
            for screen in screens_of(path.read_text(encoding="utf-8"))
        ]
        for path in (RECORDING, NARROW_RECORDING)
    )
    assert [command.replace("\\\n    ", "") for command in narrow] == wide
