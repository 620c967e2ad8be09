"""`make deploy`, with credentials whose account is the local AWS."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from emulator.connect import Emulator, two_regions_apart
from emulator.connect.sample import PRIMARY, REPLICA, SALES_QUEUE
from testing.local_aws import PROJECT_ROOT, LocalAws


@pytest.fixture(scope="module")
def deployed() -> Iterator[tuple[subprocess.CompletedProcess[str], Emulator]]:
    """Runs it, with the config file that the project ships, in an account that was never bootstrapped."""
    with Emulator(two_regions_apart()) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:
        yield (
            subprocess.run(
                [sys.executable, "-m", "demo.deploy"],
                check=False,
                cwd=PROJECT_ROOT,
                env=local_aws.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            ),
            emulator,
        )


def test_deploy_asks_nothing_and_sets_the_queues_of_both_regions(
    deployed: tuple[subprocess.CompletedProcess[str], Emulator],
) -> None:
    run, emulator = deployed
    assert run.returncode == 0, run.stderr
    names = {region: emulator.control.configs()[(region, SALES_QUEUE)] for region in (PRIMARY, REPLICA)}
    assert {config["OutboundCallerIdName"] for config in names.values()} == {"Example Sales"}


def test_deploy_bootstraps_a_region_that_was_not(
    deployed: tuple[subprocess.CompletedProcess[str], Emulator],
) -> None:
    run, _ = deployed
    assert "us-west-2 bootstrapped" in run.stderr + run.stdout
