"""A queue of the checks' own, for what the queue that is named for them must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .outcome import OK, outcome
from .points import CannotTell

if TYPE_CHECKING:
    from .site import Site

MADE_BY = "queue-outbound-caller-config-conformance"
TAGS = {"made-by": MADE_BY}
"""`policy-queue.json` allows no queue without these to be made or deleted."""
CALLS = (
    "connect:CreateQueue",
    "connect:DeleteQueue",
    "connect:DescribeQueue",
    "connect:ListQueues",
    "connect:TagResource",
)
"""What a check may call that makes such a queue."""


class OwnQueue:
    """The queue of one run. It is made when it is first asked for, and deleted in the end.

    Args:
        site: where.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._id = ""
        self._names = 0
        self.name = ""

    @cached_property
    def hours(self) -> str:
        """The hours of operation that it has: those of the queue that is named for the checks."""
        return str(self._site.describe()["HoursOfOperationId"])

    def id(self) -> str:
        """Returns its id. Makes it unless it is there."""
        return self._id or self.made_anew()

    def made_anew(self) -> str:
        """Returns the id of a queue that was made just now. Its caller ID name is its name."""
        self._id, self.name = "", self.new_name()
        code = self.create({"OutboundCallerIdName": self.name})
        if not self._id:
            raise CannotTell(f"the queue that the check needs is not made: {code}")
        return self._id

    def new_name(self) -> str:
        """Returns a name that no queue has."""
        self._names += 1
        return f"{MADE_BY}-{self._site.run}-{self._names}"

    def create(self, config: Mapping[str, str], name: str = "", client: Any = None) -> str:
        """Calls CreateQueue, with the name that is taken unless there is another; returns `ok` or the error code."""
        wanted = name or self.name
        request = {
            "InstanceId": self._site.subject.instance,
            "Name": wanted,
            "HoursOfOperationId": self.hours,
            "Tags": TAGS,
        }
        self._site.keeper.queue_made(wanted)

        def call(**request: Any) -> None:
            self._id = (client or self._site.connect()).create_queue(**request)["QueueId"]

        return outcome(call, **request, OutboundCallerConfig=dict(config))

    def delete(self, client: Any = None) -> str:
        """Calls DeleteQueue and returns `ok` or the error code."""
        delete = (client or self._site.connect()).delete_queue
        code = outcome(delete, InstanceId=self._site.subject.instance, QueueId=self.id())
        if code == OK:
            self._id = ""
        return code
