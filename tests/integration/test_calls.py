"""Which calls of AWS an event makes: the fewest, and in the Region where the queue is."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    SECOND_INSTANCE_NUMBER,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.integration.stack import Answer, Resource
from tests.integration.world import OURS, UPDATE, World, properties

V2 = OURS.number(PRIMARY, INSTANCE_NUMBER)
FULL = properties(name="Support", number=V2, flow=WHISPER)
LOOK = ["GetParameter", "DescribeQueue", "GetParameter"]
"""The ledger, the queue, and the twin Region's ledger."""
WRITE = ["PutParameter", UPDATE, "GetParameter"]
"""The layer, the config, and a look whether the ledger changed meanwhile."""
BOTH_LEDGERS = ["GetParameter", "GetParameter"]
LOOK_BACK = [*BOTH_LEDGERS, "DescribeQueue"]
"""What a Delete looks at that leaves the queue as it is."""
AGAIN = [*BOTH_LEDGERS, "PutParameter", "DescribeQueue", UPDATE, "GetParameter"]
"""The same over a ledger that is there: the queue is read after the put (`reconcile` says why)."""


def changed(**config: str) -> dict[str, Any]:
    """The full config with some fields changed."""
    return properties(**{"name": "Support", "number": V2, "flow": WHISPER, **config})


@pytest.fixture
def deployed(world: World) -> Resource:
    """A resource with all fields declared, and an empty journal."""
    resource = Resource()
    assert resource.create(FULL).ok
    world.connect.clear_journal()
    return resource


def done(answer: Answer) -> list[str]:
    """The calls of an event that succeeded."""
    assert answer.ok
    return answer.calls


def test_a_fully_declared_config_costs_one_describe_and_one_update(world: World) -> None:
    assert done(Resource().create(FULL)) == LOOK + WRITE
    assert world.connect.counts() == {"DescribeQueue": {"ok": 1}, UPDATE: {"ok": 1}}


def test_so_does_one_with_the_number_by_uuid(world: World) -> None:
    assert done(Resource().create(changed(number=INSTANCE_NUMBER))) == LOOK + WRITE


def test_so_does_a_name_over_a_whole_config(world: World) -> None:
    assert done(Resource().create(properties(queue=BASIC_QUEUE, name="New"))) == LOOK + WRITE


def test_the_same_event_once_more_writes_nothing(world: World, deployed: Resource) -> None:
    assert done(deployed.again("Create")) == [*BOTH_LEDGERS, "DescribeQueue", "GetParameter"]


@pytest.mark.parametrize("form", ["id", "arn", "as_written", "v1"])
@pytest.mark.parametrize("number", [V2, INSTANCE_NUMBER, "+12065550100"])
def test_an_update_that_changes_nothing_of_the_queue_does_not_write_to_it(world: World, form: str, number: str) -> None:
    """However the number is written, and however the service names it."""
    resource = Resource()
    resource.create(changed(number=number))
    world.connect.set_returned_form(form)
    for same in (changed(number=number), changed(number=number, flow=OURS.flow(PRIMARY, INSTANCE, WHISPER))):
        assert UPDATE not in done(resource.update(same))


def test_a_queue_that_has_the_config_already_is_not_written_to(world: World) -> None:
    same = properties(queue=BASIC_QUEUE, name="Main line", number=V2, flow=WHISPER)
    assert done(Resource().create(same)) == [*LOOK, "PutParameter", "GetParameter"]


def test_an_update_of_one_field_costs_one_describe_and_one_update(world: World, deployed: Resource) -> None:
    assert done(deployed.update(changed(name="Other"))) == AGAIN
    assert done(deployed.update(changed(number=OURS.number(PRIMARY, SECOND_INSTANCE_NUMBER)))) == AGAIN


def test_a_field_that_is_unset_is_read_back(world: World, deployed: Resource) -> None:
    """The API page does not say whether an omitted member is cleared."""
    calls = done(deployed.update(properties(name="Support", flow=WHISPER)))
    assert calls == [*AGAIN[:-1], "DescribeQueue", "GetParameter"]


def test_a_delete_that_puts_a_whole_config_back_reads_nothing_back(world: World) -> None:
    resource = Resource()
    resource.create(properties(queue=BASIC_QUEUE, name="New"))
    assert done(resource.delete()) == [*AGAIN, "DeleteParameter"]


def test_a_delete_that_leaves_what_is_there_does_not_write_to_the_queue(world: World) -> None:
    resource = Resource()
    resource.create({**FULL, "DeletionBehavior": "RETAIN"})
    assert done(resource.delete()) == [*LOOK_BACK, "PutParameter", "GetParameter", "DeleteParameter"]


def test_a_delete_that_was_done_already_only_looks(world: World, deployed: Resource) -> None:
    deployed.delete()
    assert done(deployed.delete()) == ["GetParameter"] * 2  # a read of Parameter Store may be seconds old


def test_a_delete_of_what_never_was_created_calls_nothing(world: World) -> None:
    resource = Resource()
    resource.create(properties())
    assert done(resource.delete()) == []


# One stack, two Regions


def check_regions(world: World, region: str) -> None:
    """The queue is called in its Region alone, CloudFormation not at all, and of the twin Region only the ledger is read."""
    assert {call.region for call in world.calls()} == {region}
    assert {service for service, _ in world.clients.used} == {"connect", "ssm"}
    assert {place for service, place in world.clients.used if service == "ssm"} == {PRIMARY, REPLICA}


@pytest.mark.parametrize("stack", [PRIMARY, REPLICA])
@pytest.mark.parametrize("region", [PRIMARY, REPLICA])
@pytest.mark.parametrize("arns", ["instance and queue", "instance", "queue"])
def test_client_and_ledger_are_in_the_region_of_the_arns(world: World, stack: str, region: str, arns: str) -> None:
    resource = Resource(region=stack)
    given = properties(region=region, name="Support")
    given |= {} if "instance" in arns else {"InstanceId": INSTANCE}
    given |= {} if "queue" in arns else {"QueueId": SUPPORT_QUEUE}
    answer = resource.create(given)
    assert answer.ok
    assert answer.data["QueueArn"] == OURS.queue(region, INSTANCE, SUPPORT_QUEUE)
    assert [place for place, _ in world.ledgers()] == [region]
    assert resource.delete().ok
    check_regions(world, region)
    assert world.ledgers() == {}


@pytest.mark.parametrize("stack", [PRIMARY, REPLICA])
def test_bare_ids_are_in_the_stacks_region(world: World, stack: str) -> None:
    resource = Resource(region=stack)
    assert resource.create({**properties(name="Support"), "InstanceId": INSTANCE, "QueueId": SUPPORT_QUEUE}).ok
    assert resource.delete().ok
    check_regions(world, stack)


def both_regions(world: World) -> tuple[Resource, Resource]:
    """One stack with a config of the same queue in both Regions, which do not mirror each other."""
    number = OURS.number(PRIMARY, GROUP_NUMBER)
    east, west = Resource(logical_id="East"), Resource(logical_id="West")
    for resource, region in ((east, PRIMARY), (west, REPLICA)):
        assert resource.create(properties(region=region, queue=SALES_QUEUE, name=region, number=number)).ok
    names = [world.config(region, SALES_QUEUE)["OutboundCallerIdName"] for region in (PRIMARY, REPLICA)]
    assert names == [PRIMARY, REPLICA]
    assert sorted(region for region, _ in world.ledgers()) == [PRIMARY, REPLICA]
    return east, west


def test_regions_that_were_seen_to_be_apart_each_have_their_own_in_one_stack(world: World) -> None:
    """Their ids are the same, and so are their ledgers' names. Mirroring takes up to half an hour; then it is known."""
    before = world.connect.configs()
    east, west = both_regions(world)
    after = world.connect.configs()
    world.connect.advance(31 * 60)
    assert east.delete().ok
    assert world.config(PRIMARY, SALES_QUEUE) == before[PRIMARY, SALES_QUEUE]
    assert world.config(REPLICA, SALES_QUEUE) == after[REPLICA, SALES_QUEUE]
    assert west.delete().ok
    assert world.connect.configs() == before
    assert world.ledgers() == {}


@pytest.mark.parametrize("first", [PRIMARY, REPLICA])
def test_regions_that_may_yet_mirror_keep_what_the_other_declares_until_both_are_deleted(
    world: World, first: str
) -> None:
    """Nothing is restored over what the other Region declares while that may be on its way; the final Delete restores both."""
    before = world.connect.configs()
    resources = dict(zip((PRIMARY, REPLICA), both_regions(world), strict=True))
    other = REPLICA if first == PRIMARY else PRIMARY
    assert resources[first].delete().ok
    assert {world.config(region, SALES_QUEUE)["OutboundCallerIdName"] for region in (PRIMARY, REPLICA)} == {other}
    assert resources[other].delete().ok
    assert world.connect.configs() == before
    assert world.ledgers() == {}
