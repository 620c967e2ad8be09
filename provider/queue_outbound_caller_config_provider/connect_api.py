"""The only caller of Amazon Connect: one method an operation, which returns small values."""

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from .arns import Queue
from .aws import Aws, pages
from .config import CallerConfig, QueueState
from .errors import QueueNotFound, Refused

_MISSING = ("ResourceNotFoundException",)
_MUST_BE = {"OutboundCallerIdNumberId": " (a number for voice)", "OutboundFlowId": " (an outbound whisper flow)"}
"""What kind of number or flow a member must name (API page; admin guide)."""
_REPLICATION = "ReplicationConfiguration"
_NUMBERS_PAGE = 1000
"""The largest page of ListPhoneNumbersV2 (botocore's model), so that a lookup takes the fewest calls of the quota."""
_GROUPS_PAGE = 10
"""The largest page of ListTrafficDistributionGroups (botocore's model)."""


class ConnectApi:
    """Amazon Connect as seen from one queue.

    Args:
        queue: The queue.
        aws: Makes the calls.
    """

    def __init__(self, queue: Queue, aws: Aws) -> None:
        self.queue = queue
        self._aws = aws
        self._call = partial(aws.call, queue.place.region, about=queue.arn, absent=_MISSING)
        """Returns the response of an action; None if the resource does not exist."""

    def describe_queue(self, again: Callable[[], object] = lambda: None) -> QueueState:
        """Returns the queue.

        Args:
            again: Called before each attempt but the first.

        Raises:
            QueueNotFound: The queue or its instance does not exist.
        """
        request = {"InstanceId": self.queue.instance_id, "QueueId": self.queue.id}
        answer = self._call("connect:DescribeQueue", request, again=again)
        if answer is None:
            raise QueueNotFound(
                f"ResourceNotFoundException: QueueId {self.queue.id} is not a queue of instance {self.queue.instance_id} in "
                f"{self.queue.place.region}. Check QueueId, InstanceId and the Region in their ARNs"
            )
        return queue_state(answer["Queue"], answer)

    def update_queue_outbound_caller_config(self, config: CallerConfig, again: Callable[[], object]) -> bool:
        """Writes a whole config; returns False if the queue, its number or its flow does not exist (it does not say which).

        Args:
            config: The config.
            again: Called before each attempt but the first; may raise to stop it.

        Raises:
            Refused: The service rejects it.
        """
        members = config.to_api()
        request = {"InstanceId": self.queue.instance_id, "QueueId": self.queue.id, "OutboundCallerConfig": members}
        check = ", ".join(f"{member}{_MUST_BE.get(member, '')}" for member in members) or "it"
        return self._call("connect:UpdateQueueOutboundCallerConfig", request, again=again, check=check) is not None

    def describe_phone_number(self, number: str) -> dict[str, Any]:
        """Returns the summary of a claimed number, by ARN or id; an empty one if there is none to be seen."""
        answer = self._seen("connect:DescribePhoneNumber", {"PhoneNumberId": number})
        summary: dict[str, Any] = answer.get("ClaimedPhoneNumberSummary", {})
        return summary

    def has_replica(self) -> bool | None:
        """Tells whether the queue's instance has a replica; None if the service, or this boto3, does not say."""
        client = self._aws.client("connect", self.queue.place.region)
        if _REPLICATION not in client.meta.service_model.operation_model("DescribeInstance").output_shape.members:
            return None  # an older boto3 removes the member from every response
        answer = self._seen("connect:DescribeInstance", {"InstanceId": self.queue.instance_id})
        return bool(answer.get(_REPLICATION)) if answer else None

    def list_groups(self) -> Iterator[str]:
        """Yields the ARNs of the traffic distribution groups that the queue's instance is linked to."""
        request = {"InstanceId": self.queue.instance_id, "MaxResults": _GROUPS_PAGE}
        for page in pages(partial(self._call, "connect:ListTrafficDistributionGroups"), request):
            yield from (group["Arn"] for group in page["TrafficDistributionGroupSummaryList"])

    def list_numbers(self, *, group_arn: str | None = None, prefix: str | None = None) -> Iterator[dict[str, str]]:
        """Yields the numbers claimed to a traffic distribution group, or else to the queue's instance.

        Args:
            group_arn: The group.
            prefix: `+` and up to eleven digits, to list fewer numbers.
        """
        request: dict[str, object] = {"MaxResults": _NUMBERS_PAGE}
        request |= {"TargetArn": group_arn} if group_arn else {"InstanceId": self.queue.instance_id}
        request |= {"PhoneNumberPrefix": prefix} if prefix else {}
        for page in pages(partial(self._call, "connect:ListPhoneNumbersV2"), request):
            yield from page["ListPhoneNumbersSummaryList"]

    def _seen(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """Returns the response; an empty one if the resource does not exist or may not be seen."""
        try:
            seen: dict[str, Any] = self._call(action, request) or {}
        except Refused as problem:
            if problem.is_fault:
                raise
            return {}
        return seen


def queue_state(queue: dict[str, Any], answer: dict[str, Any]) -> QueueState:
    """Returns a queue of a response (DescribeQueue, SearchQueues) as a value."""
    modified = queue.get("LastModifiedTime")
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    age = (parsedate_to_datetime(date) - modified).total_seconds() if modified and date else None
    return QueueState(CallerConfig.from_api(queue.get("OutboundCallerConfig")), queue.get("LastModifiedRegion"), age)
