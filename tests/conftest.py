"""Fixtures of more than one folder of tests: the servers, started once a session and only when a test asks."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest

from emulator.connect import ConnectControl, Emulator, two_regions, two_regions_apart

if TYPE_CHECKING:  # the tests that start no server run without what starting one takes
    from testing.local_aws import LocalAws
    from testing.parameter_store import ParameterStore
    from testing.protocol.cloudformation_api import CloudFormationApi

# The CDK's own validation costs five seconds in each process that synthesizes. tests/infrastructure/test_app.py has it.
os.environ["CDK_VALIDATION"] = "false"
# Where jsii unpacks aws-cdk-lib: the place that the local AWS has, so that a fresh clone unpacks it once.
os.environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(Path(__file__).parents[1] / ".local" / "jsii")
# Each of boto3's sessions reads the services' models anew, megabytes of them: here all share what was read.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

LONG = ("e2e", "protocol")
"""Folders whose files take longest. They are begun first, so that in the end no worker waits for one of them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker of several, puts the long files first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONG.index(name) if (name := item.path.parent.name) in LONG else len(LONG))


@pytest.fixture(scope="session")
def ministack() -> Iterator[LocalAws]:
    """A local AWS without Connect, shared by the session (it starts in 0.3 s): SSM, CloudFormation, Lambda and more."""
    from testing.local_aws import LocalAws  # noqa: PLC0415 - as above

    with LocalAws() as local_aws:
        yield local_aws


@pytest.fixture(scope="session")
def parameter_store(ministack: LocalAws) -> Iterator[ParameterStore]:
    """A proxy that limits MiniStack's SSM as Parameter Store is limited; each test's world makes it quiet first."""
    from testing.parameter_store import ParameterStore  # noqa: PLC0415 - as above

    with ParameterStore.in_front_of(ministack) as store:
        yield store


@pytest.fixture(scope="session")
def cloudformation_api() -> Iterator[CloudFormationApi]:
    """CloudFormation's API about the stacks of `tests.integration.stack`."""
    from testing.protocol.cloudformation_api import CloudFormationApi  # noqa: PLC0415 - as above
    from tests.integration.stack import RECORDS  # noqa: PLC0415

    with CloudFormationApi(RECORDS) as api:
        yield api


@pytest.fixture(scope="session")
def connect_emulator() -> Iterator[Emulator]:
    """The Connect emulator, shared by the session."""
    with Emulator(two_regions_apart()) as emulator:
        yield emulator


@pytest.fixture
def connect(connect_emulator: Emulator) -> ConnectControl:
    """The Connect emulator as it started: two Regions that are not mirrored, no calls, faults or policies."""
    connect_emulator.control.reset(two_regions_apart())
    return connect_emulator.control


@pytest.fixture
def mirrored(connect_emulator: Emulator) -> ConnectControl:
    """The Connect emulator with two Regions that mirror each other, no calls, faults or policies."""
    connect_emulator.control.reset(two_regions())
    return connect_emulator.control


@pytest.fixture(scope="session")
def local_aws(connect_emulator: Emulator) -> Iterator[LocalAws]:
    """A local AWS whose functions find Amazon Connect at the emulator."""
    from testing.local_aws import LocalAws  # noqa: PLC0415 - as above

    with LocalAws(connect_endpoint=connect_emulator.endpoint) as local_aws:
        yield local_aws
