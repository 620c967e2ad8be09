"""The demo's parts that start nothing: its tables, its plans, and what `make deploy` reads from an app."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree  # the pictures are our own

import pytest

from demo.cdk_progress import progress_of
from demo.deploy import DeployedStack, stacks_of
from demo.page import PAGE, RECORDING, Shown, with_outputs
from demo.plan import CHANGED, FIRST, expected
from demo.recording import COLUMNS, ROWS, svg_of
from demo.table import table
from demo.world import PRIMARY, REPLICA, Config, QueueName, World
from emulator.connect.sample import BASIC_QUEUE, SALES_QUEUE


def test_a_table_has_columns_as_wide_as_their_widest_cell() -> None:
    assert table(("Queue", "Name"), [("Sales", "-"), ("BasicQueue", "Main")]).splitlines() == [
        "  Queue       Name",
        "  ──────────  ────",
        "  Sales       -",
        "  BasicQueue  Main",
    ]


def test_a_table_marks_the_rows_that_it_is_told_to() -> None:
    assert table(("Queue",), [("Sales",), ("Support",)], marked=[False, True]).splitlines()[-1] == "▸ Support"


def test_a_declared_field_lies_over_what_the_queue_had() -> None:
    queue = QueueName(PRIMARY, BASIC_QUEUE)
    after = expected({queue: Config("Main line", "own number", "own flow")}, {queue: CHANGED[queue]})
    assert after[queue] == Config("Example Incorporated", "own number", "own flow")


def test_a_queue_that_a_plan_does_not_name_keeps_what_it_had() -> None:
    queue = QueueName(PRIMARY, SALES_QUEUE)
    assert expected({queue: Config("Sales before")}, {})[queue] == Config("Sales before")


def test_the_first_plan_gives_the_replica_a_shared_number_in_both_forms() -> None:
    world = World()
    forms = {
        declaration.form
        for queue, declaration in FIRST.items()
        if queue.region == REPLICA and world.is_shared(declaration.config.number)
    }
    assert forms == {"E.164", "UUID"}


def test_the_changed_plan_takes_a_shared_number_from_a_replica_queue_that_began_with_one() -> None:
    world = World()
    began = next(
        queue.config["OutboundCallerIdNumberId"]
        for instance in world.seed.instances
        if instance.region == REPLICA
        for queue in instance.queues
        if queue.id == BASIC_QUEUE
    )
    assert world.is_shared(began)
    assert not world.is_shared(CHANGED[QueueName(REPLICA, BASIC_QUEUE)].config.number)


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
    ],
    ids=["a milestone", "our resource", "another resource", "a beginning", "a failure"],
)
def test_of_the_cdks_output_the_ends_and_the_failures_are_told(line: str, told: str | None) -> None:
    assert progress_of(line) == told


def lines_of(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own file


def test_a_recording_has_every_line_that_fits_as_it_was_written() -> None:
    long, many = "x" * 200, "\n".join(f"<line> & {number}" for number in range(50))
    found = lines_of(svg_of([f"$ one\n{long}", f"$ two\n{many}"]))
    assert found[:2] == ["$ one", "x" * (COLUMNS - 1) + "…"]
    assert found[2:4] == ["$ two", "<line> & 0"]
    assert len(found) == 2 + ROWS


def test_outputs_go_into_the_blocks_that_are_named_after_them_alone() -> None:
    page = "<!-- run: a -->\n```console\n$ old\n```\n\n<!-- run: b -->\n```console\n$ kept\n```\n"
    assert with_outputs(page, [Shown("a", "new", r"one \1 two")]) == page.replace("$ old", "$ new\none \\1 two")


def test_the_page_and_the_recording_show_the_same_run() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [line for line in lines_of(RECORDING.read_text(encoding="utf-8")) if not line.endswith("…")]
    for line in lines_of(RECORDING.read_text(encoding="utf-8")):
        assert line.removesuffix("…") in page
