"""boto3's clients for the session's emulator, in the two Regions of its sample."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect import ConnectControl
from emulator.connect.sample import PRIMARY, REPLICA
from tests.emulator.calls import connect_client


@pytest.fixture
def primary(connect: ConnectControl) -> Any:
    """A client in the instance's own Region."""
    return connect_client(connect.endpoint, PRIMARY)


@pytest.fixture
def replica(connect: ConnectControl) -> Any:
    """A client in the replica's Region."""
    return connect_client(connect.endpoint, REPLICA)
