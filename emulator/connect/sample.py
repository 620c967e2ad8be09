"""Worlds to test against: one instance in two Regions, mirrored or apart, and a number of every kind."""

from __future__ import annotations

from dataclasses import replace

from .seed import Flow, Instance, PhoneNumber, Queue, Seed, TrafficDistributionGroup, identifier

PRIMARY = "us-east-1"
REPLICA = "us-west-2"
OTHER_ACCOUNT = "999999999999"

INSTANCE = identifier("instance")
OTHER_INSTANCE = identifier("another instance of the account, without a replica")

BASIC_QUEUE = identifier("BasicQueue")
SALES_QUEUE = identifier("Sales")
SUPPORT_QUEUE = identifier("Support")
OTHER_INSTANCE_QUEUE = identifier("a queue of the other instance")

WHISPER = identifier("Default outbound")
SECOND_WHISPER = identifier("Sales outbound")
INBOUND_FLOW = identifier("Sample inbound flow")
QUEUE_FLOW = identifier("Default customer queue")
OTHER_INSTANCE_WHISPER = identifier("a whisper flow of the other instance")

GROUP = identifier("group created in us-east-1")
SECOND_GROUP = identifier("second group created in us-east-1")
REPLICA_GROUP = identifier("group created in us-west-2")
UNLINKED_GROUP = identifier("group of the other instance")

INSTANCE_NUMBER = identifier("number claimed to the instance in us-east-1")
SECOND_INSTANCE_NUMBER = identifier("second number claimed to the instance in us-east-1")
REPLICA_INSTANCE_NUMBER = identifier("number claimed to the instance in us-west-2")
GROUP_NUMBER = identifier("number claimed to the group")
SECOND_GROUP_NUMBER = identifier("number claimed to the second group")
REPLICA_GROUP_NUMBER = identifier("number claimed to the group created in us-west-2")
UNLINKED_GROUP_NUMBER = identifier("number claimed to the group of the other instance")
OTHER_INSTANCE_NUMBER = identifier("number claimed to the other instance")
OTHER_ACCOUNT_NUMBER = identifier("number of another account")
UNCLAIMED_NUMBER = identifier("number that nobody has claimed")


def two_regions() -> Seed:
    """Returns one instance in us-east-1, its replica in us-west-2, which mirror each other, and an instance without one.

    It follows the admin guide's page on replicas: both Regions have the same queues with the same configs; the numbers that
    were claimed to the instance are in its default traffic distribution group; all groups were created in the source Region.
    BasicQueue has a whole config, Sales a name alone, Support nothing. A number was claimed to the replica later on.
    """
    source = _instance()
    replica = source.replica(REPLICA, {queue.id: queue.config for queue in source.queues})
    return Seed(
        instances=(source, replica, _other_instance()),
        groups=(
            TrafficDistributionGroup(GROUP, PRIMARY, INSTANCE, "Default group", is_default=True),
            TrafficDistributionGroup(SECOND_GROUP, PRIMARY, INSTANCE, "Second group"),
            _UNLINKED,
        ),
        numbers=(
            PhoneNumber(INSTANCE_NUMBER, "+12065550100", PRIMARY, group_id=GROUP),
            PhoneNumber(SECOND_INSTANCE_NUMBER, "+18005550101", PRIMARY, group_id=GROUP, type="TOLL_FREE"),
            PhoneNumber(REPLICA_INSTANCE_NUMBER, "+15035550102", REPLICA, instance_id=INSTANCE),
            PhoneNumber(GROUP_NUMBER, "+12065550110", PRIMARY, group_id=GROUP),
            PhoneNumber(SECOND_GROUP_NUMBER, "+493055550111", PRIMARY, group_id=SECOND_GROUP, country_code="DE"),
            *_OTHER_NUMBERS,
        ),
    )


def two_regions_apart() -> Seed:
    """Returns one instance in two Regions that are not mirrored, and all that is named in this module.

    Until 2023 people made replicas so, and kept them alike themselves. Numbers are claimed to the instance in either
    Region, and there is a group that was created in us-west-2. BasicQueue has a whole config in both Regions (in us-west-2
    another one, with a number of the group, as an id), Sales a name alone, Support nothing.
    """
    primary = _instance()
    replica = primary.replica(
        REPLICA,
        {
            BASIC_QUEUE: {
                "OutboundCallerIdName": "Main line west",
                "OutboundCallerIdNumberId": GROUP_NUMBER,
                "OutboundFlowId": WHISPER,
            },
            SALES_QUEUE: {"OutboundCallerIdName": "Sales west before"},
        },
    )
    return Seed(
        instances=(primary, replica, _other_instance()),
        groups=(
            TrafficDistributionGroup(GROUP, PRIMARY, INSTANCE, "Default group", is_default=True),
            TrafficDistributionGroup(SECOND_GROUP, PRIMARY, INSTANCE, "Second group"),
            TrafficDistributionGroup(REPLICA_GROUP, REPLICA, INSTANCE, "Group of the west"),
            _UNLINKED,
        ),
        numbers=(
            PhoneNumber(INSTANCE_NUMBER, "+12065550100", PRIMARY, instance_id=INSTANCE),
            PhoneNumber(SECOND_INSTANCE_NUMBER, "+18005550101", PRIMARY, instance_id=INSTANCE, type="TOLL_FREE"),
            PhoneNumber(REPLICA_INSTANCE_NUMBER, "+15035550102", REPLICA, instance_id=INSTANCE),
            PhoneNumber(GROUP_NUMBER, "+12065550110", PRIMARY, group_id=GROUP),
            PhoneNumber(SECOND_GROUP_NUMBER, "+493055550111", PRIMARY, group_id=SECOND_GROUP, country_code="DE"),
            PhoneNumber(REPLICA_GROUP_NUMBER, "+15035550112", REPLICA, group_id=REPLICA_GROUP),
            *_OTHER_NUMBERS,
        ),
        settings={"mirroring": "nothing"},
    )


def _instance() -> Instance:
    return Instance(
        id=INSTANCE,
        region=PRIMARY,
        alias="example",
        queues=(
            Queue(
                BASIC_QUEUE,
                "BasicQueue",
                {
                    "OutboundCallerIdName": "Main line",
                    "OutboundCallerIdNumberId": INSTANCE_NUMBER,
                    "OutboundFlowId": WHISPER,
                },
            ),
            Queue(SALES_QUEUE, "Sales", {"OutboundCallerIdName": "Sales before"}),
            Queue(SUPPORT_QUEUE, "Support"),
        ),
        flows=(
            Flow(WHISPER, "Default outbound"),
            Flow(SECOND_WHISPER, "Sales outbound"),
            Flow(INBOUND_FLOW, "Sample inbound flow", "CONTACT_FLOW"),
            Flow(QUEUE_FLOW, "Default customer queue", "CUSTOMER_QUEUE"),
        ),
    )


def _other_instance() -> Instance:
    return Instance(
        id=OTHER_INSTANCE,
        region=PRIMARY,
        alias="other",
        queues=(Queue(OTHER_INSTANCE_QUEUE, "BasicQueue"),),
        flows=(Flow(OTHER_INSTANCE_WHISPER, "Default outbound"),),
    )


_UNLINKED = TrafficDistributionGroup(UNLINKED_GROUP, PRIMARY, OTHER_INSTANCE, "Group of the other instance")
_OTHER_NUMBERS = (
    PhoneNumber(UNLINKED_GROUP_NUMBER, "+12065550113", PRIMARY, group_id=UNLINKED_GROUP),
    PhoneNumber(OTHER_INSTANCE_NUMBER, "+12065550120", PRIMARY, instance_id=OTHER_INSTANCE),
    PhoneNumber(OTHER_ACCOUNT_NUMBER, "+12065550130", PRIMARY, account=OTHER_ACCOUNT),
    PhoneNumber(UNCLAIMED_NUMBER, "+12065550140", PRIMARY),
)


def many_queues(count: int) -> Seed:
    """Returns `two_regions()` with `count` further queues without a config, `Queue 0001` and so on, in both Regions.

    Their ids are `queue_id(1)` to `queue_id(count)`.
    """
    seed = two_regions()
    queues = tuple(Queue(queue_id(number), f"Queue {number:04}") for number in range(1, count + 1))
    return replace(
        seed,
        instances=tuple(
            replace(instance, queues=instance.queues + queues) if instance.id == INSTANCE else instance
            for instance in seed.instances
        ),
    )


def queue_id(number: int) -> str:
    """Returns the id of a queue of `many_queues`, counted from 1."""
    return identifier(f"queue {number}")
