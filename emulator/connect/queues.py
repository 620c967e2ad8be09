"""Queues come and go: CreateQueue and DeleteQueue, in every Region that mirrors the instance."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from .fleet import OPERATIONS as FLEET_OPERATIONS
from .operations import Place, checked_config
from .refusal import Refusal
from .seed import Queue


def create_queue(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """CreateQueue: checks the config as UpdateQueueOutboundCallerConfig does. Its name is the instance's only one."""
    instance = place.instance(request["InstanceId"])
    if any(queue.name == request["Name"] for queue in instance.queues.values()):
        raise Refusal("DuplicateResourceException", f"A queue named {request['Name']} exists already")
    queue = Queue(
        str(uuid.uuid4()), request["Name"], hours=request["HoursOfOperationId"], tags=request.get("Tags") or {}
    )
    config = checked_config(place, instance, request.get("OutboundCallerConfig") or {})
    for region in _mirrored(place, instance.id):
        place.world.put_queue(region, instance.id, queue)
    place.world.write_config(place.region, instance.id, queue.id, config)
    return {"QueueId": queue.id, "QueueArn": place.world.account.queue(place.region, instance.id, queue.id)}


def delete_queue(place: Place, request: dict[str, Any]) -> None:
    """DeleteQueue."""
    instance = place.instance(request["InstanceId"])
    queue = place.queue(instance, request["QueueId"])
    for region in _mirrored(place, instance.id):
        if place.world.queue(region, instance.id, queue.id):
            place.world.delete_queue(region, instance.id, queue.id)


def _mirrored(place: Place, instance_id: str) -> set[str]:
    """Returns the Regions that a change of an instance's queues reaches; at once, whatever the delay of configs is."""
    return {place.region} if place.settings.mirroring == "nothing" else place.world.regions_of(instance_id)


OPERATIONS: dict[str, Callable[[Place, dict[str, Any]], dict[str, Any] | None]] = {
    **FLEET_OPERATIONS,
    "CreateQueue": create_queue,
    "DeleteQueue": delete_queue,
}
"""Every operation that the emulator serves."""
