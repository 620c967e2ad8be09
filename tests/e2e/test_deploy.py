"""`make diff`, `make deploy` and `make destroy`, with credentials whose account is the local AWS.

Each command costs some ten seconds, so they run once, in this order, and the tests look at what each one left.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.connect import Emulator, two_regions_apart
from emulator.connect.authorization import judge
from emulator.connect.sample import PRIMARY, REPLICA, SALES_QUEUE
from testing.local_aws import ACCOUNT, PROJECT_ROOT, LocalAws
from tests.docs.markdown import DOCS, blocks

PIPELINE = "AKIAPIPELINE"
"""The access key id of the commands that a pipeline runs, too."""
Names = dict[str, str | None]
"""The caller ID name of Sales in each Region."""


@dataclass(frozen=True)
class History:
    """What each command ended with, the names after it, and what was called with the caller's own credentials."""

    not_bootstrapped: subprocess.CompletedProcess[str]
    not_asked: subprocess.CompletedProcess[str]
    deployed: subprocess.CompletedProcess[str]
    after_deploy: Names
    diff: subprocess.CompletedProcess[str]
    destroyed: subprocess.CompletedProcess[str]
    before: Names
    after_destroy: Names
    own_calls: list[dict[str, Any]]


def sales(emulator: Emulator) -> Names:
    """Returns what Sales has."""
    configs = emulator.control.configs()
    return {region: configs[region, SALES_QUEUE].get("OutboundCallerIdName") for region in (PRIMARY, REPLICA)}


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    """Runs the commands with the config file that the project ships, in an account that was never bootstrapped."""
    recording = {"CLOUDTRAIL_RECORDING": "1"}
    with (
        Emulator(two_regions_apart()) as emulator,
        LocalAws(connect_endpoint=emulator.endpoint, environment=recording) as local_aws,
    ):

        def run(*arguments: str, who: str = "test") -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "demo.deploy", *arguments],
                check=False,
                cwd=PROJECT_ROOT,
                env={**local_aws.environment(), "AWS_ACCESS_KEY_ID": who},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )

        before = sales(emulator)
        not_bootstrapped = run("deploy", "--yes")
        not_asked = run("deploy", "--bootstrap")
        deployed = run("deploy", "--yes", "--bootstrap", who=PIPELINE)
        after_deploy = sales(emulator)
        diff = run("diff")
        destroyed = run("destroy", "--yes", who=PIPELINE)
        after_destroy, own_calls = sales(emulator), [*calls_of(PIPELINE, local_aws)]
        yield History(
            not_bootstrapped, not_asked, deployed, after_deploy, diff, destroyed, before, after_destroy, own_calls
        )


def calls_of(access_key: str, local_aws: LocalAws) -> Iterator[dict[str, Any]]:
    """Yields the newest 50 calls with an access key in each Region, as CloudTrail tells them."""
    for region in (PRIMARY, REPLICA):
        asked = [{"AttributeKey": "AccessKeyId", "AttributeValue": access_key}]
        for event in local_aws.client("cloudtrail", region).lookup_events(LookupAttributes=asked)["Events"]:
            yield json.loads(event["CloudTrailEvent"])


def test_a_region_that_was_never_bootstrapped_is_not_bootstrapped_unasked(history: History) -> None:
    assert history.not_bootstrapped.returncode == 1
    assert f"npx cdk bootstrap aws://{ACCOUNT}/{REPLICA}" in history.not_bootstrapped.stderr
    assert "BOOTSTRAP=1" in history.not_bootstrapped.stderr


def test_without_a_terminal_and_without_yes_nothing_is_deployed(history: History) -> None:
    assert history.not_asked.returncode == 1
    assert "Add YES=1" in history.not_asked.stderr


def test_the_account_and_the_regions_are_shown_before_anything_is_done(history: History) -> None:
    shown = history.not_asked.stdout
    assert f"Account {ACCOUNT}" in shown
    assert f"{REPLICA}  QueueCallerConfig-{REPLICA}" in shown


def test_deploy_sets_the_queues_of_both_regions(history: History) -> None:
    assert history.deployed.returncode == 0, history.deployed.stderr
    assert history.after_deploy == {PRIMARY: "Example Sales", REPLICA: "Example Sales"}


def test_diff_shows_the_queues_and_the_templates(history: History) -> None:
    assert history.diff.returncode == 0, history.diff.stderr
    assert "0 of 4 resources would change a queue" in history.diff.stdout
    assert "There were no differences" in history.diff.stdout + history.diff.stderr


def test_destroy_gives_each_queue_back_what_it_had(history: History) -> None:
    assert history.destroyed.returncode == 0, history.destroyed.stderr
    assert history.after_destroy == history.before


def test_a_pipeline_needs_no_more_than_the_role_that_its_page_has(history: History) -> None:
    """But for the bootstrapping, which the page leaves to a person."""
    page = DOCS / "how-to" / "pipelines.md"
    _, policy = (
        json.loads(block.code.replace("111122223333", ACCOUNT)) for block in blocks("json") if block.page == page
    )
    needed = set()
    for call in history.own_calls:
        given = call["requestParameters"]
        service = call["eventSource"].partition(".")[0]
        action = f"{service}:{given.get('Action', call['eventName'])}"
        if action == "sts:GetCallerIdentity":
            continue  # everybody may call it
        if service in ("sts", "ssm"):
            name = given.get("RoleArn") or f"arn:aws:ssm:{call['awsRegion']}:{ACCOUNT}:parameter{given['Name']}"
            needed.add((action, name))
        else:
            assert (service, "CDKToolkit" in given["StackName"]) == ("cloudformation", True), call
    assert [one for one in sorted(needed) if not judge([policy], *one, {}).allowed] == []
    roles = {
        f"cdk-hnb659fds-{kind}-role-{ACCOUNT}-{region}"
        for kind in ("deploy", "file-publishing")
        for region in (PRIMARY, REPLICA)
    }
    assert {name.rpartition("/")[2] for action, name in needed if action == "sts:AssumeRole"} == roles
