"""The oldest boto3 that the project supports reads fewer members of Amazon Connect's responses: what they say is unknown then.

Its model is today's without them, so that the test needs no other environment.
"""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from queue_outbound_caller_config_provider import handler
from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.aws import OLDEST_BOTO3, Aws
from queue_outbound_caller_config_provider.connect_api import ConnectApi
from queue_outbound_caller_config_provider.pacing import Pacer

from emulator.connect.sample import INSTANCE, PRIMARY, REPLICA, SALES_QUEUE
from testing.local_aws import ACCOUNT
from tests.integration.stack import Clients, Resource
from tests.integration.test_calls import both_regions
from tests.integration.world import World, properties

LATER_MEMBERS = {
    "Queue": ("LastModifiedTime", "LastModifiedRegion"),
    "DescribeInstanceResponse": ("ReplicationConfiguration",),
}
"""By shape of the model: members that came with botocore 1.31.76 and 1.35.11."""


@pytest.fixture
def old_clients(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """The function's clients as an older boto3 makes them."""
    model = boto3.client("connect", PRIMARY).meta.service_model._service_description
    for shape, members in LATER_MEMBERS.items():
        for member in members:
            monkeypatch.delitem(model["shapes"][shape]["members"], member)
    with Clients(world.clients._make) as clients:
        monkeypatch.setattr(handler, "_client", clients)
        yield clients


def has_replica(clients: Clients) -> bool | None:
    queue = Queue(Place("aws", PRIMARY, ACCOUNT), INSTANCE, SALES_QUEUE)
    return ConnectApi(queue, Aws(clients, Pacer(lambda: 60.0), lambda _: None)).has_replica()


def test_whether_an_instance_has_a_replica_is_unknown(world: World, request: pytest.FixtureRequest) -> None:
    assert has_replica(world.clients) is True
    assert has_replica(request.getfixturevalue("old_clients")) is None


def test_two_regions_count_as_mirrored_and_both_baselines_are_restored_in_the_end(
    world: World, old_clients: Clients
) -> None:
    """Nobody says where and when a queue was last changed, so they are never known to be apart."""
    before = world.connect.configs()
    east, west = both_regions(world)
    world.connect.advance(31 * 60)
    assert east.delete().ok
    assert {world.config(region, SALES_QUEUE)["OutboundCallerIdName"] for region in (PRIMARY, REPLICA)} == {REPLICA}
    assert west.delete().ok
    assert world.connect.configs() == before
    assert world.ledgers() == {}
    assert ("connect", REPLICA) in old_clients.used


def test_a_boto3_that_is_too_old_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    model = boto3.client("connect", PRIMARY).meta.service_model._service_description
    monkeypatch.delitem(model["shapes"]["ListPhoneNumbersV2Request"]["members"], "InstanceId")
    with Clients(world.clients._make) as clients:
        monkeypatch.setattr(handler, "_client", clients)
        refused = Resource().create(properties(number="+12065550100"))
    assert not refused.ok
    too_old = f"ListPhoneNumbersV2: the function's boto3 {boto3.__version__} is too old. Use {OLDEST_BOTO3} or newer"
    assert too_old in refused.reason
