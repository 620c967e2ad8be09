"""The handler in this process, its calls over real HTTP: Connect's to the emulator, SSM's to MiniStack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from queue_outbound_caller_config_provider import handler

from emulator.connect import ConnectControl
from testing.local_aws import LocalAws
from testing.parameter_store import ParameterStore
from testing.protocol.cloudformation_api import CloudFormationApi
from tests.integration.stack import Clients
from tests.integration.world import World, function_world


@pytest.fixture(scope="session")
def function_clients() -> Iterator[Clients]:
    """boto3's clients as the function makes them, kept for the session."""
    with Clients(handler._client.__wrapped__) as clients:
        yield clients


@pytest.fixture
def world(
    connect: ConnectControl,
    ministack: LocalAws,
    parameter_store: ParameterStore,
    cloudformation_api: CloudFormationApi,
    function_clients: Clients,
) -> Iterator[World]:
    """Both Regions of `two_regions_apart()` as they start, no ledgers, and the function in an environment like Lambda's."""
    with function_world(connect, ministack, parameter_store, cloudformation_api, function_clients) as world:
        yield world
