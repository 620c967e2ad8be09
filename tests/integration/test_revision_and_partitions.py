"""Another Revision applies the config again; partitions and Regions are read, never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.connect import two_regions_apart
from emulator.connect.arns import Account
from emulator.connect.sample import INSTANCE, INSTANCE_NUMBER, PRIMARY, SUPPORT_QUEUE, WHISPER
from tests.integration.stack import Resource
from tests.integration.world import OURS, UPDATE, World, properties

AS_DECLARED = {"OutboundCallerIdName": "Declared"}


def test_another_revision_applies_the_config_again(world: World) -> None:
    resource = Resource()
    assert resource.create(properties(name="Declared")).ok
    world.set_config({"OutboundCallerIdName": "Changed in the console"})
    assert resource.update({**properties(name="Declared"), "Revision": "2"}).ok
    assert world.config() == AS_DECLARED
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


def test_another_revision_of_a_queue_that_has_its_config_writes_nothing(world: World) -> None:
    resource = Resource()
    assert resource.create({**properties(name="Declared"), "Revision": "1"}).ok
    world.connect.clear_journal()
    assert resource.update({**properties(name="Declared"), "Revision": "2"}).ok
    assert not world.calls(UPDATE)


def test_another_revision_makes_its_owner_the_newest(world: World) -> None:
    """And its rollback gives the place back."""
    first, second = Resource(), Resource(stack="another")
    assert first.create(properties(name="Declared")).ok
    assert second.create(properties(name="Second")).ok
    again = {**properties(name="Declared"), "Revision": "2"}
    assert first.update(again).ok
    assert world.config() == AS_DECLARED
    assert first.send("Update", properties(name="Declared"), old=again).ok
    assert world.config() == {"OutboundCallerIdName": "Second"}


def move(text: str, region: str, account: Account) -> str:
    """Returns an ARN in another partition and Region."""
    return text.replace(f"arn:{OURS.partition}:", f"arn:{account.partition}:").replace(PRIMARY, region)


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        ("aws-eusc", "eusc-de-east-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-new", "newer-south-3"),
    ],
)
@pytest.mark.parametrize("number", [OURS.number(PRIMARY, INSTANCE_NUMBER), INSTANCE_NUMBER, "+12065550100"])
def test_a_config_lives_in_any_partition(world: World, partition: str, region: str, number: str) -> None:
    seed = two_regions_apart()
    account = Account(partition, OURS.id)
    (instance,) = (one for one in seed.instances if one.id == INSTANCE and one.region == PRIMARY)
    numbers = tuple(
        replace(one, region=region) for one in seed.numbers if one.region == PRIMARY and one.instance_id == INSTANCE
    )
    there = replace(
        seed, instances=(replace(instance, region=region),), groups=(), numbers=numbers, partition=partition
    )
    world.connect.reset(there)
    resource = Resource(region=region, partition=partition)
    declared = {
        "InstanceId": account.instance(region, INSTANCE),
        "QueueId": account.queue(region, INSTANCE, SUPPORT_QUEUE),
        "OutboundCallerConfig": {
            "OutboundCallerIdName": "There",
            "OutboundCallerIdNumberId": move(number, region, account),
            "OutboundFlowId": account.flow(region, INSTANCE, WHISPER),
        },
    }
    answer = resource.create(declared)
    assert answer.ok
    assert answer.physical_id == f"{account.queue(region, INSTANCE, SUPPORT_QUEUE)}/outbound-caller-config"
    assert answer.data["OutboundCallerIdNumberArn"] == account.number(region, INSTANCE_NUMBER)
    assert world.connect.queue_config(region, INSTANCE, SUPPORT_QUEUE)["OutboundCallerIdName"] == "There"
    assert {place for _, place in world.clients.used} == {region}
    assert resource.update({**declared, "OutboundCallerConfig": {"OutboundCallerIdName": "Other"}}).ok
    assert resource.delete().ok
    assert world.connect.queue_config(region, INSTANCE, SUPPORT_QUEUE) == {}
