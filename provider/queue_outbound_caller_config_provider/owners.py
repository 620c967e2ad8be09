"""Asks CloudFormation about a resource: is its event still wanted, does its layer still have an owner?

`DescribeStackResources` with the logical id says only what is needed; the singular call also returns Metadata, where people
keep secrets. A deleted stack is known by its id for 90 days, with its resources as they ended.
"""

from collections.abc import Callable

from .arns import Queue, stack_place
from .aws import Aws
from .errors import OutOfTime, Refused
from .ledger import Layer, Owner

_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
"""A retained resource is DELETE_SKIPPED."""
_SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_IN_PROGRESS")
"""Only now the physical id is the resource's only one; before, what it replaces is still to be cleaned up or rolled back to."""


class Owners:
    """The resources behind the layers of a queue's ledger.

    Args:
        aws: Makes the calls.
        warn: Told, in a sentence, what could not be asked.
    """

    def __init__(self, aws: Aws, warn: Callable[[str], None]) -> None:
        self._aws = aws
        self._warn = warn

    def is_dead(self, layer: Layer, queue: Queue) -> bool:
        """Tells whether a layer's resource no longer exists in its stack; if nobody can say, it counts as alive.

        A resource that moved to another queue has another physical id. It is dead on this queue once the move is complete.
        """
        resource = self._resource(layer.owner)
        if resource is None:
            return False
        status, physical_id = resource.get("ResourceStatus", ""), resource.get("PhysicalResourceId") or ""
        if not resource or status in _GONE:
            return True
        return physical_id not in ("", queue.physical_id) and status in _SETTLED

    def wants(self, owner: Owner, request_type: str) -> bool:
        """Tells whether CloudFormation is still carrying out a request of this type; if nobody can say, it is."""
        resource = self._resource(owner)
        if resource is None:
            return True
        status = resource.get("ResourceStatus", "")
        if request_type == "Delete":
            return not resource or status.startswith("DELETE_") or status.endswith("_FAILED")
        return status.endswith("_IN_PROGRESS") and not status.startswith("DELETE_")

    def _resource(self, owner: Owner) -> dict[str, str] | None:
        """Returns what CloudFormation knows of a resource, nothing if it does not exist, None if it cannot be asked."""
        place = stack_place(owner.stack_id)
        if place is None:
            return None
        request = {"StackName": owner.stack_id, "LogicalResourceId": owner.logical_id}
        try:
            action = "cloudformation:DescribeStackResources"
            answer = self._aws.call(place.region, action, request, about=owner.short)
        except (Refused, OutOfTime) as problem:
            if (
                isinstance(problem, Refused)
                and problem.code == "ValidationError"
                and "does not exist" in problem.message
            ):
                return {}
            self._warn(f"CloudFormation could not be asked about {owner.short}, so it counts as alive: {problem}")
            return None
        resources = [one for one in answer["StackResources"] if one["LogicalResourceId"] == owner.logical_id]
        return resources[-1] if resources else {}
