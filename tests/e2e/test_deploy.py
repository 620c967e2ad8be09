"""`make diff`, `make deploy` and `make destroy`, with credentials whose account is the local AWS.

Each command costs some ten seconds, so they run once, in this order, and the tests look at what each one left.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from emulator.connect import Emulator, two_regions_apart
from emulator.connect.sample import PRIMARY, REPLICA, SALES_QUEUE
from testing.local_aws import ACCOUNT, PROJECT_ROOT, LocalAws

Names = dict[str, str | None]
"""The caller ID name of Sales in each Region."""


@dataclass(frozen=True)
class History:
    """What each command ended with, and the names after it."""

    not_bootstrapped: subprocess.CompletedProcess[str]
    not_asked: subprocess.CompletedProcess[str]
    deployed: subprocess.CompletedProcess[str]
    after_deploy: Names
    diff: subprocess.CompletedProcess[str]
    destroyed: subprocess.CompletedProcess[str]
    before: Names
    after_destroy: Names


def sales(emulator: Emulator) -> Names:
    """Returns what Sales has."""
    configs = emulator.control.configs()
    return {region: configs[region, SALES_QUEUE].get("OutboundCallerIdName") for region in (PRIMARY, REPLICA)}


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    """Runs the commands with the config file that the project ships, in an account that was never bootstrapped."""
    with Emulator(two_regions_apart()) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "demo.deploy", *arguments],
                check=False,
                cwd=PROJECT_ROOT,
                env=local_aws.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )

        before = sales(emulator)
        not_bootstrapped = run("deploy", "--yes")
        not_asked = run("deploy", "--bootstrap")
        deployed = run("deploy", "--yes", "--bootstrap")
        after_deploy = sales(emulator)
        diff = run("diff")
        destroyed = run("destroy", "--yes")
        yield History(not_bootstrapped, not_asked, deployed, after_deploy, diff, destroyed, before, sales(emulator))


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
