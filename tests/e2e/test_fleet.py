"""A fleet of queues in two Regions, from what people set in the console to what stacks declare.

It has 40 queues, for time; `FLEET=200` plays it as large as `make fleet` does.

Discover, deploy, plan, change, someone edits a queue in the console, repair, an orphaned owner: with the command line, the real
CDK CLI, MiniStack and the emulator. Each deployment takes minutes, so it is one story, and the tests look at what it left.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from aws_cdk import Duration
from aws_cdk.aws_events import Schedule
from queue_outbound_caller_config import QueueOutboundCallerConfigDriftWatch, QueueOutboundCallerConfigProvider

from demo.fleet import leave_orphan
from emulator.connect import ConnectControl, Emulator
from emulator.connect.fleet_sample import fleet
from emulator.connect.sample import (
    INSTANCE,
    PRIMARY,
    REPLICA,
    REPLICA_GROUP_NUMBER,
    SECOND_GROUP_NUMBER,
    SUPPORT_QUEUE,
    queue_id,
)
from testing.local_aws import ACCOUNT, PROJECT_ROOT, CdkCli, LocalAws, Stack
from tests.cloudtrail import BY_A_USER, BY_MIRRORING, IN_THE_CONSOLE, PEOPLE, Identity, by_role, call_event
from tests.e2e.ledgers import age_ledger
from tests.infrastructure.synthesis import of_type, stack_of, template_of

UPDATE = "UpdateQueueOutboundCallerConfig"
Configs = dict[tuple[str, str], dict[str, str]]
"""What each queue has, by Region and queue."""
EDITED = queue_id(7)
SOURCE = "test.connect"
"""In place of `aws.connect`, which PutEvents refuses to everyone but AWS."""


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The objects of `--json`."""
        assert self.out, self.err
        found: list[dict[str, Any]] = json.loads(self.out)
        return found


class Shell:
    """Runs the command as a person does, in a process of its own."""

    def __init__(self, local_aws: LocalAws) -> None:
        self._environment = local_aws.environment(PRIMARY)

    def run(self, *arguments: str) -> Ran:
        """Runs one command."""
        done = subprocess.run(
            [sys.executable, "-m", "queue_outbound_caller_config_cli", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def on(self, *arguments: str) -> Ran:
        """Runs one command on the sample's instance, for JSON."""
        return self.run(*arguments, "--instance", "example", "--json")

    def synthesize(self, config: str, out: str) -> None:
        """Synthesizes app.py with a config file."""
        context = json.dumps({"config": config})
        environment = {**self._environment, "CDK_OUTDIR": out, "CDK_CONTEXT_JSON": context}
        subprocess.run([sys.executable, "app.py"], cwd=PROJECT_ROOT, env=environment, check=True)


@dataclass(frozen=True)
class Story:
    """What each step of the story left."""

    before: Configs
    deployed: Configs
    first_writes: int
    unchanged_plan: Ran
    check: Ran
    status: Ran
    status_calls: int
    plan: Ran
    changed: Configs
    changed_writes: set[tuple[str, str]]
    drift: Ran
    seen_before: list[dict[str, Any]]
    seen_at_once: list[dict[str, Any]]
    matched: dict[str, bool]
    seen_on_schedule: list[dict[str, Any]]
    repair: Ran
    repaired: Configs
    no_drift: Ran
    orphaned: Ran
    forgotten: Ran
    after_forget: Configs
    left_owners: Ran


def configs(connect: ConnectControl) -> Configs:
    """Returns what each queue of the instance has, numbers and flows as ids."""
    return {
        (entry["region"], entry["queue"]): {name: value.rpartition("/")[2] for name, value in entry["config"].items()}
        for entry in connect.queues()
        if entry["instance"] == INSTANCE
    }


QUEUES = int(os.environ.get("FLEET", "40"))


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    """Tells the story."""
    with Emulator(fleet(QUEUES - 3)) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:
        yield _told(emulator.control, local_aws)


def _told(connect: ConnectControl, local_aws: LocalAws) -> Story:
    shell, config, out = Shell(local_aws), local_aws.folder / "config.toml", local_aws.folder / "assembly"
    cdk = CdkCli(local_aws, regions=[PRIMARY, REPLICA])
    context = (f"--context=config={config}", "--concurrency=2")
    before = configs(connect)
    found = shell.run("discover", "--instance", "example", "--output", str(config))
    assert found.code == 0, found.err
    # MiniStack makes resources one after another, so that time slots for twenty at once would be waited for in vain.
    config.write_text(config.read_text().replace("[instance]", "[instance]\nmax_parallel_configs = 1"))
    cdk.bootstrap()
    cdk.deploy(*context)
    deployed, first_writes = configs(connect), len(connect.journal(UPDATE))
    shell.synthesize(str(config), str(out))
    unchanged_plan, check = shell.run("plan", str(out), "--json"), shell.run("check", str(out), "--json")
    calls_before = len(connect.journal())
    status = shell.on("status")
    status_calls = len(connect.journal()) - calls_before

    watch = Watch(local_aws)
    state = connect.state()
    text = config.read_text().replace(state.number_arn(SECOND_GROUP_NUMBER), state.number_arn(REPLICA_GROUP_NUMBER))
    config.write_text(text)
    shell.synthesize(str(config), str(out))
    plan = shell.run("plan", str(out), "--json")
    connect.clear_journal()
    cdk.deploy(*context)
    changed = configs(connect)
    changed_writes = {(call.region, call.input["QueueId"]) for call in connect.journal(UPDATE)}

    seen_before = watch.seen()
    connect.set_queue_config(PRIMARY, INSTANCE, EDITED, {"OutboundCallerIdName": "Set in the console"})
    age_ledger(local_aws, EDITED)
    drift = shell.on("drift")
    provider = by_role(watch.role.partition("/")[2], "function")
    for who in (provider, IN_THE_CONSOLE):
        watch.change(who)
    matched = {name: watch.matches(who) for name, who in PEOPLE.items()}
    matched |= {"provider": watch.matches(provider), "mirroring": watch.matches(BY_MIRRORING)}
    matched |= {"failed": watch.matches(BY_A_USER, errorCode="AccessDenied")}
    seen_at_once = watch.wait_for(lambda line: "changedBy" in line)
    leave_orphan(local_aws)
    orphaned = shell.on("owners", "--dead")
    seen_on_schedule = watch.wait_for(lambda line: "changedBy" not in line)
    repair = shell.on("drift", "--repair", "--yes")
    repaired, no_drift = configs(connect), shell.on("drift")

    forgotten = shell.on("owners", "--forget", "--yes")
    return Story(
        before, deployed, first_writes, unchanged_plan, check, status, status_calls, plan, changed, changed_writes,
        drift, seen_before, seen_at_once, matched, seen_on_schedule, repair, repaired, no_drift, orphaned, forgotten,
        configs(connect), shell.on("owners", "--dead"),
    )  # fmt: skip


class Watch:
    """The drift watch's own rules, in EventBridge, on the function that `app.py` has deployed."""

    def __init__(self, local_aws: LocalAws) -> None:
        self._events, self._logs = (local_aws.client(name, PRIMARY) for name in ("events", "logs"))
        stack = local_aws.client("cloudformation", PRIMARY).list_stack_resources(
            StackName=f"QueueCallerConfig-{PRIMARY}"
        )["StackResourceSummaries"]
        (function,), (role,), (self._log_group,) = (
            [one["PhysicalResourceId"] for one in stack if one["ResourceType"] == kind]
            for kind in ("AWS::Lambda::Function", "AWS::IAM::Role", "AWS::Logs::LogGroup")
        )
        self.role = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        arns = f"arn:aws:lambda:{PRIMARY}:{ACCOUNT}:function:{function}", self.role
        rules = watch_rules(*arns)
        assert Stack(local_aws, PRIMARY, "watch").deploy({"Resources": rules}) == "CREATE_COMPLETE"
        (self._change_pattern,) = (
            rule["Properties"]["EventPattern"] for id, rule in rules.items() if id.startswith("WatchChange")
        )

    def change(self, who: Identity) -> None:
        """Tells of a change as CloudTrail does, but from a source that PutEvents takes."""
        event = change_of(EDITED, who)
        entry = {"Source": SOURCE, "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
        assert self._events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def matches(self, who: Identity, **more: Any) -> bool:
        """Asks EventBridge whether the rule's own pattern, with its own source, matches a change by someone."""
        pattern = json.dumps(self._change_pattern).replace(SOURCE, "aws.connect")
        event = json.dumps(change_of(EDITED, who, **more))
        return bool(self._events.test_event_pattern(EventPattern=pattern, Event=event)["Result"])

    def seen(self) -> list[dict[str, Any]]:
        """Returns the lines about drift that the function has written."""
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=self._log_group)
        messages = [event["message"] for page in pages for event in page["events"]]
        lines = [json.loads(message) for message in messages if message.startswith('{"_aws"')]
        return [line for line in lines if line.get("Drifted")]

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Returns the lines of a kind as soon as there is one, within one schedule and EventBridge's own tick."""
        deadline = time.monotonic() + 90
        while not (found := [line for line in self.seen() if wanted(line)]) and time.monotonic() < deadline:
            time.sleep(1)
        return found


def change_of(queue: str, who: Identity, **more: Any) -> dict[str, Any]:
    """Returns CloudTrail's event of a change; instance and queue by ARN in percent-encoding, as botocore sends them."""
    arn = f"arn:aws:connect:{PRIMARY}:{ACCOUNT}:instance/{INSTANCE}"
    request = {"InstanceId": quote(arn, safe=""), "QueueId": quote(f"{arn}/queue/{queue}", safe="")}
    return call_event("connect", UPDATE, who, request, **more)


def watch_rules(function: str, role: str) -> dict[str, Any]:
    """Returns the construct's rules for its schedule and for changes, of a function that is there already."""
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE])
    schedule = Schedule.rate(Duration.minutes(1))
    QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider, schedule=schedule)
    template = template_of(stack)
    text = json.dumps(of_type(template, "AWS::Events::Rule"))
    for kind, arn in (("AWS::Lambda::Function", function), ("AWS::IAM::Role", role)):
        (id,) = of_type(template, kind)
        text = text.replace(json.dumps({"Fn::GetAtt": [id, "Arn"]}), json.dumps(arn))
    rules: dict[str, Any] = json.loads(text.replace(json.dumps("aws.connect"), json.dumps(SOURCE)))
    return {id: rule for id, rule in rules.items() if id.startswith(("WatchSchedule", "WatchChange"))}


def rotated(story: Story) -> set[tuple[str, str]]:
    """Returns the queues that have the number which is replaced."""
    number = "OutboundCallerIdNumberId"
    return {key for key, config in story.before.items() if config.get(number) == SECOND_GROUP_NUMBER}


def test_the_first_deployment_of_what_was_discovered_writes_to_no_queue(story: Story) -> None:
    assert story.first_writes == 0
    assert story.deployed == story.before


def test_every_queue_with_a_config_then_has_an_owner_that_is_alive(story: Story) -> None:
    owned = {(row["region"], row["queueId"]): row for row in story.status.objects if row["owners"]}
    assert set(owned) == {key for key, config in story.before.items() if config}
    assert len(owned) == 2 * QUEUES - 2
    assert all([one["dead"] for one in row["owners"]] == [False] for row in owned.values())
    assert all(row["drift"] == [] for row in owned.values())


def test_status_of_the_fleet_takes_ten_calls(story: Story) -> None:
    assert story.status.code == 0
    assert story.status_calls <= 10


def test_a_plan_of_what_is_deployed_changes_nothing(story: Story) -> None:
    assert story.unchanged_plan.code == 0, story.unchanged_plan.err
    assert {step["action"] for step in story.unchanged_plan.objects} == {"no change"}


def test_check_finds_nothing_that_the_role_does_not_allow(story: Story) -> None:
    """But for numbers by V2 ARN: they are allowed under a condition, and MiniStack's simulator knows no condition keys."""
    findings = [one["finding"] for one in story.check.objects]
    assert [finding for finding in findings if ":phone-number/" not in finding] == []


def test_a_plan_with_one_changed_number_shows_exactly_the_queues_that_have_it(story: Story) -> None:
    assert story.plan.code == 2
    changing = {(step["region"], step["queueId"]) for step in story.plan.objects if step["changed"]}
    assert changing == rotated(story)
    assert len(changing) > QUEUES // 4
    assert {tuple(step["changed"]) for step in story.plan.objects if step["changed"]} == {("OutboundCallerIdNumberId",)}


def test_the_deployment_does_exactly_what_the_plan_says(story: Story) -> None:
    assert story.changed_writes == rotated(story)
    planned = {
        (step["region"], step["queueId"]): {name: text.rpartition("/")[2] for name, text in step["after"].items()}
        for step in story.plan.objects
    }
    assert {key: story.changed[key] for key in planned} == planned


def test_an_edit_in_the_console_is_seen_and_repaired(story: Story) -> None:
    assert story.drift.code == 2
    assert [(row["region"], row["queueId"]) for row in story.drift.objects] == [(PRIMARY, EDITED)]
    assert story.repair.code == 0, story.repair.err
    orphan = {(PRIMARY, SUPPORT_QUEUE): {"OutboundCallerIdName": "Preview"}}
    assert story.repaired == {**story.changed, **orphan}
    assert (story.no_drift.code, story.no_drift.objects) == (0, [])


def test_the_drift_watch_sees_the_edit_at_once_and_on_its_next_schedule_and_no_deployment(story: Story) -> None:
    assert story.seen_before == []
    (at_once,) = story.seen_at_once
    assert at_once["changedBy"]["who"] == IN_THE_CONSOLE["arn"], "the provider's own write does not wake it"
    for line in (at_once, story.seen_on_schedule[0]):
        assert line["queue"].endswith(f"{INSTANCE}/queue/{EDITED}")
        assert line["found"]["name"] == "Set in the console"


def test_eventbridge_finds_that_the_rule_matches_what_cloudtrail_tells_of_others_alone(story: Story) -> None:
    """The rule's own pattern, for the source `aws.connect`."""
    nobody = {"provider": False, "mirroring": False, "failed": False}
    assert story.matched == {**dict.fromkeys(PEOPLE, True), **nobody}


def test_an_orphaned_owner_is_shown_and_forgotten(story: Story) -> None:
    (row,) = story.orphaned.objects
    assert row["queueId"] == SUPPORT_QUEUE
    assert row["config"] == {"OutboundCallerIdName": "Preview"}
    assert [one["dead"] for one in row["owners"]] == [True]
    assert story.forgotten.code == 0, story.forgotten.err
    assert story.after_forget == story.changed
    assert story.left_owners.objects == []
