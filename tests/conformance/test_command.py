"""The command as a person with an account runs it, against the stand-ins in AWS's place."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from conformance import __main__ as command
from conformance import aws, seen
from conformance.own_queue import MADE_BY
from conformance.points import POINTS, CannotTell
from conformance.run import run
from conformance.stand_in import StandIn
from emulator.connect.authorization import judge
from emulator.connect.settings import Settings, seen_on_aws

POLICY = Path(command.__file__).with_name("policy.json")
POLICY_OF_THE_STACK = POLICY.with_name("policy-stack.json")
POLICY_OF_THE_QUEUE = POLICY.with_name("policy-queue.json")
FOR_CLOUDFORMATION = {"iam", "lambda"}
"""Services that CloudFormation calls with the caller's permissions."""
FEW = ("omitted-member", "mirroring", "group-number-id-elsewhere", "parameter-versions")


@pytest.fixture
def account(site: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    """The stand-ins where boto3 looks for AWS, without the pace that an account asks for."""
    options = site.options("connect")
    for name, value in {
        "AWS_ACCESS_KEY_ID": options["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": options["aws_secret_access_key"],
        "AWS_SESSION_TOKEN": options["aws_session_token"],
        "AWS_CA_BUNDLE": options["verify"],
        "AWS_ENDPOINT_URL": site.options("sts")["endpoint_url"],
        "AWS_ENDPOINT_URL_CONNECT": options["endpoint_url"],
        "AWS_ENDPOINT_URL_SSM": site.options("ssm")["endpoint_url"],
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(aws, "PACE_SECONDS", {"connect": 0.0, "ssm": 0.0})
    monkeypatch.chdir(tmp_path)
    return site


def arguments(site: StandIn, *more: str, points: tuple[str, ...] = FEW) -> list[str]:
    """Returns the command's arguments for the stand-ins' subject."""
    subject = site.subject
    return [
        "--target=aws",
        f"--instance={subject.instance_arn()}",
        f"--queue={subject.queue_arn()}",
        f"--number={subject.group_number}",
        f"--number={subject.number}",
        f"--flow={subject.flow_arn()}",
        f"--replica={subject.replica}",
        *(f"--point={name}" for name in points),
        *more,
    ]


def test_a_run_writes_what_it_saw_without_any_id_of_the_account(
    account: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments(account, "--yes")) == 0
    text = Path("conformance-aws.json").read_text()
    points = json.loads(text)["points"]
    assert {name: points[name]["aws"]["reading"] for name in FEW} == {
        "omitted-member": "cleared",
        "mirroring": "everything",
        "group-number-id-elsewhere": "ResourceNotFoundException",
        "parameter-versions": "the next",
    }
    subject = account.subject
    for secret in (
        subject.account,
        subject.instance,
        subject.queue,
        subject.flow,
        subject.number,
        subject.group_number,
    ):
        assert (secret or "").rpartition("/")[2] not in text
    assert subject.queue in capsys.readouterr().out
    assert [
        entry for entry in points.values() if "aws" in entry and set(entry["aws"]) != {"reading", "on", "botocore"}
    ] == []


def test_a_call_that_others_have_throttled_is_tried_again(account: StandIn) -> None:
    account.control.fail("UpdateQueueOutboundCallerConfig", "ThrottlingException", count=2)
    assert command.main(arguments(account, "--yes", points=("group-number-id-elsewhere",))) == 0
    seen_there = json.loads(Path("conformance-aws.json").read_text())["points"]["group-number-id-elsewhere"]["aws"]
    assert seen_there["reading"] == "ResourceNotFoundException"


def test_a_queue_is_made_only_if_it_is_allowed_to(account: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    before = account.control.configs()
    assert command.main(arguments(account, "--yes", "--new-queue", points=("queue-name-taken", "deleted-queue"))) == 0
    assert "Makes, and deletes: queues named queue-outbound-caller-config-conformance-" in capsys.readouterr().out
    seen_there = json.loads(Path("conformance-aws.json").read_text())["points"]
    assert seen_there["queue-name-taken"]["aws"]["reading"] == "DuplicateResourceException"
    assert account.control.counts()["CreateQueue"] == {"ok": 1, "DuplicateResourceException": 1}
    assert account.control.configs() == before


def test_a_dry_run_lists_the_calls_and_changes_nothing(account: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments(account, "--dry-run", points=(*FEW, "queue-name-taken"))) == 0
    said = capsys.readouterr().out
    assert "connect:UpdateQueueOutboundCallerConfig" in said
    assert "ssm:PutParameter" in said
    assert account.subject.queue in said
    assert "queue-name-taken: needs new queue" in said
    assert {call.operation for call in account.control.journal()} == {"DescribePhoneNumber"}
    assert [call for call in account.parameter_store.calls if call.action != "GetParametersByPath"] == []


def test_without_a_yes_nothing_is_changed(account: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert command.main(arguments(account)) == 1
    assert "UpdateQueueOutboundCallerConfig" not in account.control.counts()


def test_a_queue_that_lacks_a_member_must_be_a_spare_one(account: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    subject = account.subject
    account.control.set_queue_config(subject.region, subject.instance, subject.queue, {"OutboundCallerIdName": "x"})
    assert command.main(arguments(account, "--yes")) == 1
    assert "OutboundCallerIdNumberId, OutboundFlowId" in capsys.readouterr().err
    assert command.main(arguments(account, "--yes", "--spare-queue", points=("omitted-member",))) == 0


def test_what_is_missing_is_named(account: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--target=aws", "--yes"]) == 1
    assert "INSTANCE and QUEUE" in capsys.readouterr().err
    assert command.main(["--target=aws", "--dry-run", f"--instance={account.subject.instance_arn()}", "--queue=q"]) == 0
    assert "mirroring: needs group number, replica" in capsys.readouterr().out


def test_an_error_of_aws_is_one_line(account: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments(account, "--number=00000000-0000-4000-8000-000000000000", "--dry-run")) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_calls_of_one_operation_keep_to_half_of_its_quota(
    monkeypatch: pytest.MonkeyPatch, site: StandIn, tmp_path: Path
) -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    there = aws.Aws(site.subject, tmp_path / "note.json", session=object())
    for action in ("DescribeQueue", "DescribeQueue", "ListQueues"):
        there.hooks[0](f"connect:{action}")
    for action in ("GetParameter", "GetParameter", "PutParameter", "PutParameter"):
        there.hooks[0](f"ssm:{action}")
    assert slept == [1.0, 0.7]


def test_a_check_makes_only_the_calls_that_it_declares(site: StandIn) -> None:
    for each in POINTS.values():
        made: set[str] = set()
        site.hooks[:] = [made.add]
        if set(each.needs) <= site.has:
            with contextlib.suppress(CannotTell):
                each.look(site)
        assert made <= set(each.calls) | {"sts:AssumeRole"}, each.id
    site.hooks.clear()
    run(site, [])


def test_the_policy_allows_every_call_that_a_check_makes_and_no_write_elsewhere(site: StandIn) -> None:
    subject, policy, of_the_queue = site.subject, filled(POLICY, site), filled(POLICY_OF_THE_QUEUE, site)
    of_the_stack = [each for each in POINTS.values() if "stack" in each.needs]
    called = {call for each in POINTS.values() if each not in of_the_stack for call in each.calls}
    assert actions(policy) | actions(of_the_queue) == called
    assert actions(of_the_queue) == {"connect:CreateQueue", "connect:DeleteQueue", "connect:TagResource"}
    site.control.set_policy(site.options("connect")["aws_access_key_id"], policy, of_the_queue)
    results = command.on_stand_in(site, [each for each in POINTS.values() if each not in of_the_stack])
    recorded = seen.read()["points"]
    for each in results:
        assert each.reading == recorded[each.point.id].get("stand-in", {}).get("reading"), each.point.id
    other = subject.arn(f"instance/{subject.instance}/queue/another")
    assert not judge([policy], "connect:UpdateQueueOutboundCallerConfig", other).allowed
    for made_by, allowed in ((MADE_BY, True), ("another", False)):
        assert (
            judge([of_the_queue], "connect:DeleteQueue", other, {"aws:ResourceTag/made-by": made_by}).allowed == allowed
        )


def test_the_stacks_policy_has_what_its_checks_call_and_what_cloudformation_needs(site: StandIn) -> None:
    policy = filled(POLICY_OF_THE_STACK, site)
    called = {call for each in POINTS.values() if "stack" in each.needs for call in each.calls}
    assert called <= actions(policy)
    assert {action.partition(":")[0] for action in actions(policy) - called} == FOR_CLOUDFORMATION
    resources = [resource for entry in policy["Statement"] for resource in _list(entry["Resource"])]
    assert all("queue-outbound-caller-config-conformance" in resource for resource in resources)


def filled(path: Path, site: StandIn) -> dict[str, Any]:
    """Returns a policy with the subject's names in place of the capitals."""
    text, subject = path.read_text(), site.subject
    for name, value in {
        "PARTITION": subject.partition,
        "ACCOUNT": subject.account,
        "INSTANCE": subject.instance,
        "QUEUE": subject.queue,
        "ROLE": subject.role or "",
    }.items():
        text = text.replace(name, value)
    policy: dict[str, Any] = json.loads(text)
    return policy


def actions(policy: dict[str, Any]) -> set[str]:
    """Returns the actions of a policy."""
    return {action for entry in policy["Statement"] for action in _list(entry["Action"])}


def test_a_file_of_somebody_else_is_merged_and_the_emulator_takes_its_defaults_from_it(tmp_path: Path) -> None:
    document = seen.read()
    theirs = {
        "format": 1,
        "points": {"returned-form": {"aws": {"reading": "arn", "on": "2026-12-01", "botocore": "1.50.0"}}},
    }
    merged = seen.merged(document, theirs)
    assert merged["points"]["returned-form"]["aws"]["reading"] == "arn"
    assert "aws" not in merged["points"]["omitted-member"]
    path = tmp_path / "seen.json"
    seen.write(merged, path)
    assert seen_on_aws(path)["returned_form"] == "arn"
    assert Settings().changed(seen_on_aws(path)).returned_form == "arn"


@pytest.mark.parametrize(
    "points", [{"no-such-point": {"aws": {"reading": "x"}}}, {"mirroring": {"aws": {"reading": 5}}}]
)
def test_a_file_that_makes_no_sense_is_not_merged(points: dict[str, Any]) -> None:
    with pytest.raises(seen.BadFile):
        seen.merged(seen.read(), {"format": 1, "points": points})


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 2, "points": {}}', '{"format": 1}'])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seen.json"
    path.write_text(text)
    with pytest.raises(seen.BadFile):
        seen.read(path)


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
