"""Create: a new owner declares its config on a queue."""

from __future__ import annotations

from collections.abc import Callable

from queue_outbound_caller_config_provider.errors import Refused, Superseded
from queue_outbound_caller_config_provider.event import Event
from queue_outbound_caller_config_provider.properties import ResourceProperties
from queue_outbound_caller_config_provider.reconcile import Reconciler

from .declare import Result, declare, look


def create(event: Event, on: Callable[..., Reconciler], answer_with: Callable[[str], None]) -> Result:
    """Handles a Create.

    Args:
        event: The event.
        on: Returns what works on a queue.
        answer_with: Told the physical id to answer with if this fails: the Delete that CloudFormation sends then has it.
    """
    answer_with(event.nothing_id)
    properties = ResourceProperties.parse(event.properties, event.stack)
    at = on(properties.queue)
    try:
        seen = look(at)
    except Refused as problem:
        if not problem.is_out_of_reach:  # else no Delete could look either: no permission, or no such Region
            answer_with(event.failed_id(properties.queue))
        raise
    answer_with(event.failed_id(properties.queue))
    try:
        return declare(at, seen, event, properties)
    except Superseded:
        answer_with(event.nothing_id)
        raise
