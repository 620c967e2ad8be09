"""The only caller of Amazon Connect: one method an operation, its errors made the project's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .arns import Queue
from .aws_faults import AWS_ERRORS, classify, code_of, is_denied, message_of, refused
from .config import CallerConfig
from .errors import LONGEST_REASON, QueueNotFound, Refused, shorten
from .pacing import Pacer

_T = TypeVar("_T")
_INVALID = ("InvalidParameterException", "InvalidRequestException")
_MUST_BE = {"OutboundCallerIdNumberId": " (a number for voice)", "OutboundFlowId": " (an outbound whisper flow)"}
"""What a member must be that the service finds invalid although it is there (API page; admin guide)."""
_PAGE = 1000
"""The largest page of ListPhoneNumbersV2 (botocore's model), so that a lookup takes the fewest calls of the quota."""
_GROUPS_PAGE = 10
"""The largest page of ListTrafficDistributionGroups (botocore's model)."""


class ResourceMissing(Exception):
    """ResourceNotFoundException: the queue, its number or its flow; the API does not say which."""


class ConnectApi:
    """Amazon Connect as seen from one queue.

    Arguments:
        client: boto3's Connect client in the queue's Region, which tries nothing again by itself.
        queue: the queue.
        pacer: keeps to the quota, and tries again what is worth it.
        record: told the name of each call made, for the log.
    """

    def __init__(self, client: Any, queue: Queue, pacer: Pacer, record: Callable[[str], None]) -> None:
        self.queue = queue
        self._client = client
        self._pacer = pacer
        self._record = record

    def await_turn(self) -> None:
        """Waits until the next call can be made at once."""
        self._pacer.await_turn()

    def describe_queue(self, once_more: Callable[[], object] = lambda: None) -> CallerConfig:
        """Returns the queue's config; raises QueueNotFound when the queue or its instance is not there.

        Arguments:
            once_more: done right before each attempt but the first.
        """
        try:
            answer = self._call(
                "DescribeQueue",
                self._client.describe_queue,
                {"InstanceId": self.queue.instance_id, "QueueId": self.queue.id},
                once_more=once_more,
            )
        except ResourceMissing as problem:
            raise QueueNotFound(
                f"ResourceNotFoundException: QueueId {self.queue.id} is no queue of instance {self.queue.instance_id} in "
                f"{self.queue.place.region}. Check QueueId, InstanceId and the Region in their ARNs"
            ) from problem
        return CallerConfig.from_api(answer["Queue"].get("OutboundCallerConfig"))

    def update_queue_outbound_caller_config(self, config: CallerConfig) -> None:
        """Writes a whole config; raises ResourceMissing or Refused when the service does not take it."""
        self._call(
            "UpdateQueueOutboundCallerConfig",
            self._client.update_queue_outbound_caller_config,
            {
                "InstanceId": self.queue.instance_id,
                "QueueId": self.queue.id,
                "OutboundCallerConfig": config.to_api(),
            },
            check=", ".join(f"{member}{_MUST_BE.get(member, '')}" for member in config.to_api()),
        )

    def describe_phone_number(self, number: str) -> dict[str, str] | None:
        """Returns `PhoneNumberArn` and `TargetArn` of a claimed number, by ARN or id; None when there is none to be seen."""
        try:
            answer = self._call("DescribePhoneNumber", self._client.describe_phone_number, {"PhoneNumberId": number})
        except ResourceMissing:
            return None
        except Refused as problem:
            _raise_faults(problem)
            return None
        summary: dict[str, str] = answer["ClaimedPhoneNumberSummary"]
        return summary

    def instance_of_group(self, group_arn: str) -> str | None:
        """Returns the instance ARN of a traffic distribution group; None when there is no such group to be seen."""
        try:
            answer = self._call(
                "DescribeTrafficDistributionGroup",
                self._client.describe_traffic_distribution_group,
                {"TrafficDistributionGroupId": group_arn},
            )
        except ResourceMissing:
            return None
        except Refused as problem:
            _raise_faults(problem)
            return None
        arn: str | None = answer["TrafficDistributionGroup"].get("InstanceArn")
        return arn

    def list_groups(self) -> Iterator[str]:
        """Yields the ARNs of the traffic distribution groups that the queue's instance is linked to."""
        request = {"InstanceId": self.queue.instance_id, "MaxResults": _GROUPS_PAGE}
        for page in self._pages(
            "ListTrafficDistributionGroups", self._client.list_traffic_distribution_groups, request
        ):
            yield from (group["Arn"] for group in page["TrafficDistributionGroupSummaryList"])

    def list_numbers(self, *, group_arn: str | None = None, prefix: str | None = None) -> Iterator[dict[str, str]]:
        """Yields the numbers claimed to a traffic distribution group, or else to the queue's instance.

        Arguments:
            group_arn: the group.
            prefix: `+` and up to eleven digits, to list fewer numbers.
        """
        request: dict[str, object] = {"MaxResults": _PAGE}
        request |= {"TargetArn": group_arn} if group_arn else {"InstanceId": self.queue.instance_id}
        request |= {"PhoneNumberPrefix": prefix} if prefix else {}
        for page in self._pages("ListPhoneNumbersV2", self._client.list_phone_numbers_v2, request):
            yield from page["ListPhoneNumbersSummaryList"]

    def _pages(
        self, operation: str, method: Callable[..., dict[str, Any]], request: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yields the pages of a list; what is not there has none."""
        while True:
            try:
                page = self._call(operation, method, request)
            except ResourceMissing:
                return
            yield page
            if not page.get("NextToken"):
                return
            request = {**request, "NextToken": page["NextToken"]}

    def _call(
        self,
        operation: str,
        method: Callable[..., _T],
        request: dict[str, Any],
        *,
        check: str = "it",
        once_more: Callable[[], object] = lambda: None,
    ) -> _T:
        """Returns an answer; raises ResourceMissing or Refused.

        Arguments:
            operation: the API operation.
            method: boto3's method for it.
            request: its members.
            check: what a user looks at first when the service finds the request invalid.
            once_more: done right before each attempt but the first.
        """
        attempts = itertools.count()

        def attempt() -> _T:
            if next(attempts):
                once_more()
            self._record(operation)
            return method(**request)

        try:
            return self._pacer.call(operation, attempt, classify)
        except AWS_ERRORS as problem:
            code = code_of(problem)
            if code == "ResourceNotFoundException":
                raise ResourceMissing from problem
            if code in _INVALID:
                fix = f". Check {check}"
                # The service's own words may be long; what to do about them must not be what is cut off.
                text = shorten(f"{code}: {message_of(problem)}", LONGEST_REASON - len(fix)) + fix
                raise Refused(code, f"connect:{operation}", text, lasting=True) from problem
            raise refused(problem, f"connect:{operation}", self.queue.arn) from problem


def _raise_faults(problem: Refused) -> None:
    """Raises a refusal that says nothing of what was asked for: the connection or the service was out of order."""
    if not problem.lasting and not is_denied(problem.code):
        raise problem
