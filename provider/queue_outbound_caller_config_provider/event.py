"""A CloudFormation custom resource event as a typed value.

Source: "Custom resource request objects", AWS CloudFormation User Guide.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from .arns import FAILED_CREATE, Place, Queue, stack_place
from .errors import NotTrusted
from .ledger import Owner, seconds_of
from .timing import ANSWERABLE_FOR, MOST_SKEW

REQUEST_TYPES = ("Create", "Update", "Delete")
_STRINGS = ("RequestType", "ResponseURL", "StackId", "RequestId", "LogicalResourceId")
_ISSUED = re.compile(r"[?&]X-Amz-Date=([0-9]{8}T[0-9]{6})")


class MalformedEvent(Exception):
    """The event is not one of CloudFormation, so nobody waits for a response."""


@dataclass(frozen=True, slots=True)
class Event:
    """One request of CloudFormation.

    Attributes:
        request_type: `Create`, `Update` or `Delete`.
        request_id: The same when the event is delivered twice.
        issued: When CloudFormation sent it, to the second, as a string that sorts by time: the date of the response URL's
            signature (S3's presigned URLs have it; AWS's example of an event shows one). "" if the URL has none. Then a late
            event cannot be told from a new one.
        owner: The resource in its stack, which the ledger's layer belongs to.
        stack: Where the stack is; bare ids of instances and queues are taken to be there.
        physical_id: None on Create.
        properties: The resource's properties, not yet parsed.
        old_properties: On Update, the properties before it; else empty.
    """

    request_type: str
    request_id: str
    issued: str
    owner: Owner
    stack: Place
    physical_id: str | None
    properties: Mapping[str, object]
    old_properties: Mapping[str, object]

    @classmethod
    def parse(cls, event: object) -> "Event":
        """Returns the typed event; raises MalformedEvent for anything that CloudFormation would not send."""
        if not isinstance(event, dict):
            raise MalformedEvent("the event is not a JSON object")
        fields = cast("dict[str, object]", event)
        for name in _STRINGS:
            if not isinstance(fields.get(name), str) or not fields[name]:
                raise MalformedEvent(f"the event has no {name}")
        if fields["RequestType"] not in REQUEST_TYPES:
            raise MalformedEvent("the event's RequestType is not one of " + ", ".join(REQUEST_TYPES))
        stack_id = str(fields["StackId"])
        stack = stack_place(stack_id)
        if stack is None:
            raise MalformedEvent("the event's StackId is not a stack's ARN")
        physical_id = fields.get("PhysicalResourceId")
        return cls(
            request_type=str(fields["RequestType"]),
            request_id=str(fields["RequestId"]),
            issued=_issued(str(fields["ResponseURL"])),
            owner=Owner(stack_id, str(fields["LogicalResourceId"])),
            stack=stack,
            physical_id=physical_id if isinstance(physical_id, str) and physical_id else None,
            properties=_object(fields.get("ResourceProperties")),
            old_properties=_object(fields.get("OldResourceProperties")),
        )

    @property
    def age(self) -> float:
        """Seconds since CloudFormation sent the event; 0 if that is not known.

        An event that is older than that could not be answered: its response URL has expired. So the date is of another clock.
        """
        age = time.time() - seconds_of(self.issued) if self.issued else 0.0
        return age if 0.0 < age < ANSWERABLE_FOR else 0.0

    def check_trust(self, function: Place | None, queue: Queue | None = None) -> None:
        """Raises NotTrusted unless the stack or the queue is of the function's account and partition.

        Args:
            function: Where the function is, by its own ARN; None if the runtime does not say.
            queue: The queue that the event is about; None: the stack is checked.
        """
        place, what = (queue.place, "InstanceId or QueueId") if queue else (self.stack, "StackId")
        if function is None:
            raise NotTrusted(
                "Lambda's context has no ARN of this function, so nobody knows which account it serves. Invoke it by Lambda"
            )
        if (place.partition, place.account) != (function.partition, function.account):
            raise NotTrusted(
                f"{what} is of account {place.account} in {place.partition}, but this provider serves {function.account} in "
                f"{function.partition}. Use a provider of that account"
            )

    @property
    def known_id(self) -> str:
        """The physical id that CloudFormation knows, or one for a resource that left nothing behind."""
        return self.physical_id or self.nothing_id

    @property
    def nothing_id(self) -> str:
        """A physical id for a Create that left nothing behind: its Delete has nothing to do, and calls nothing."""
        return f"{self.owner.stack_id.rpartition('/')[2]}/{self.owner.logical_id}/nothing-created"

    def failed_id(self, queue: Queue) -> str:
        """A physical id for a Create that failed: its Delete undoes what this event left behind, and nothing else."""
        return f"{queue.physical_id}{FAILED_CREATE}{self.request_id}"


def _issued(url: str) -> str:
    """Returns the date of a response URL's signature; "" if it has none, or one in the future."""
    found = _ISSUED.search(url)
    return found[1] if found and 0 < seconds_of(found[1]) <= time.time() + MOST_SKEW else ""


def out_of_sns(event: Any) -> Any:
    """Returns the event in an SNS message, if the service token is a topic; any other event as it is.

    Source: "Invoking Lambda functions with Amazon SNS notifications", AWS Lambda Developer Guide.

    Raises:
        MalformedEvent: The message is not JSON.
    """
    match event:
        case {"Records": [{"Sns": {"Message": message}}]}:
            try:
                return json.loads(message)
            except (TypeError, ValueError, RecursionError):
                raise MalformedEvent("the SNS message does not contain an event of CloudFormation") from None
    return event


def _object(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
