"""Update: an owner changes what it declares, or moves to another queue."""

from __future__ import annotations

from collections.abc import Callable

from queue_outbound_caller_config_provider.errors import InvalidProperties
from queue_outbound_caller_config_provider.event import Event
from queue_outbound_caller_config_provider.properties import ResourceProperties
from queue_outbound_caller_config_provider.reconcile import Reconciler

from .declare import Result, declare, look
from .remove import never_brick, supersede


def update(event: Event, on: Callable[..., Reconciler], answer_with: Callable[[str], None]) -> Result:
    """Handles an Update.

    A new queue means a new physical id, so CloudFormation sends a Delete for the old one afterwards.

    Args:
        event: The event.
        on: Returns what works on a queue.
        answer_with: Told the physical id to answer with if this fails.
    """
    answer_with(event.known_id)
    properties = ResourceProperties.parse(event.properties, event.stack)
    at = on(properties.queue)
    leads_back = properties.queue.physical_id != event.known_id
    result = declare(at, look(at), event, properties, leads_back=leads_back)
    _leave_queue_of_failed_update(event, properties, on)
    return result


def _leave_queue_of_failed_update(event: Event, properties: ResourceProperties, on: Callable[..., Reconciler]) -> None:
    """Removes this owner from the queue that a failed Update was to move it to.

    CloudFormation rolls a failed Update back with another one, old and new properties swapped. The queue of the failed one is
    in the old properties then. It is not the one of the physical id, so no Delete comes for it.
    """
    try:
        other = ResourceProperties.parse(event.old_properties, event.stack).queue
    except InvalidProperties:
        return
    if other != properties.queue and other.physical_id != event.known_id:
        at = on(other)
        at.report.decided(f"rolled back: this owner is removed from queue {other.id}")
        with never_brick(at):
            supersede(at, event)
