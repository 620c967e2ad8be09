"""The function in this process under the policy of its role: Connect's calls judged by the emulator, SSM's by a hook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from queue_outbound_caller_config_provider import pacing

from emulator.connect import ConnectControl
from testing.local_aws import LocalAws
from testing.parameter_store import ParameterStore
from testing.protocol.cloudformation_api import CloudFormationApi
from tests.integration.stack import Clients
from tests.integration.world import World, function_world
from tests.permissions.role import Role, judged_clients


@pytest.fixture(scope="session")
def judge() -> Role:
    """Whom the function's SSM calls are judged by."""
    return Role()


@pytest.fixture
def role(judge: Role, connect: ConnectControl) -> Iterator[Role]:
    """The function's role; it may do everything until it is given policies."""
    judge.connect = connect
    judge.may_do_everything()
    yield judge
    judge.may_do_everything()


@pytest.fixture(scope="session")
def judged(judge: Role) -> Iterator[Clients]:
    """The function's clients, kept for the session."""
    with judged_clients(judge) as clients:
        yield clients


@pytest.fixture
def world(
    connect: ConnectControl,
    ministack: LocalAws,
    parameter_store: ParameterStore,
    cloudformation_api: CloudFormationApi,
    judged: Clients,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """Both Regions of `two_regions_apart()`; the function does not wait for a policy to spread."""
    monkeypatch.setattr(pacing, "DENIED_FOR", 0.0)
    with function_world(connect, ministack, parameter_store, cloudformation_api, judged) as world:
        yield world
