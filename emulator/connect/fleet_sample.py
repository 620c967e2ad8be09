"""A contact centre with many queues that people set in the console, in two Regions: where a fleet begins."""

from __future__ import annotations

from dataclasses import replace

from .sample import (
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    REPLICA_INSTANCE_NUMBER,
    SECOND_GROUP_NUMBER,
    SECOND_WHISPER,
    WHISPER,
    queue_id,
    two_regions_apart,
)
from .seed import Instance, Queue, Seed

_NUMBERS = {
    PRIMARY: (INSTANCE_NUMBER, GROUP_NUMBER, SECOND_GROUP_NUMBER),
    REPLICA: (REPLICA_INSTANCE_NUMBER, GROUP_NUMBER, SECOND_GROUP_NUMBER),
}
_TEAMS = ("Sales", "Support", "Billing", "Claims", "Retention")


def fleet(count: int) -> Seed:
    """Returns `two_regions_apart()` with so many further queues in both Regions, each with a config.

    Their ids are `queue_id(1)` to `queue_id(count)`. Every tenth queue has no number, every third has no flow.
    """
    seed = two_regions_apart()
    return replace(
        seed,
        instances=tuple(
            replace(instance, queues=instance.queues + _queues(instance, count))
            if instance.id == INSTANCE
            else instance
            for instance in seed.instances
        ),
    )


def queue_name(number: int) -> str:
    """Returns the name of a queue of `fleet`, counted from 1."""
    return f"{_TEAMS[number % len(_TEAMS)]} {number:03}"


def _queues(instance: Instance, count: int) -> tuple[Queue, ...]:
    return tuple(
        Queue(queue_id(number), queue_name(number), _config(instance, number)) for number in range(1, count + 1)
    )


def _config(instance: Instance, number: int) -> dict[str, str]:
    config = {"OutboundCallerIdName": f"Example {_TEAMS[number % len(_TEAMS)]}"}
    if number % 10:
        config["OutboundCallerIdNumberId"] = _NUMBERS[instance.region][number % 3]
    if number % 3:
        config["OutboundFlowId"] = WHISPER if number % 2 else SECOND_WHISPER
    return config
