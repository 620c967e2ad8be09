"""Finds the V2 ARN of a phone number that an instance can use.

Amazon Connect accepts a number that is claimed to a traffic distribution group of another Region only as its full V2 ARN (API
page of UpdateQueueOutboundCallerConfig, "Important"). ListPhoneNumbersV2 shows it for the group, not for the instance. So
numbers are looked for in the instance itself, and in each group that it is linked to.
"""

from collections.abc import Iterator

from .arns import NumberForm, PhoneNumber, resource_id
from .connect_api import ConnectApi
from .errors import NumberNotFound, Refused

_LONGEST_PREFIX = 12
"""Characters of ListPhoneNumbersV2's PhoneNumberPrefix: `+` and eleven digits (API reference)."""


class Numbers:
    """The phone numbers that a queue's instance can use."""

    def __init__(self, api: ConnectApi) -> None:
        self._api = api
        self._not_listed: Refused | None = None

    def arn_to_send(self, number: PhoneNumber | None) -> str | None:
        """Returns the V2 ARN of a declared number that the API would not take as it is written; None for any other.

        Raises:
            NumberNotFound: Neither the instance nor one of its groups has it.
        """
        if number is None or number.form not in (NumberForm.E164, NumberForm.V1):
            return None
        arn = self.find(number)
        if arn is None:
            raise self.not_found(number)
        return arn

    def find(self, number: PhoneNumber) -> str | None:
        """Returns the V2 ARN of a number, or None if neither the instance nor one of its groups has it.

        An E.164 number is looked for in the instance first, since most are there. An id is looked for in the groups first: it
        comes from a V1 ARN, or the API has rejected it, as it does for numbers of a group.
        """
        prefix = number.text[:_LONGEST_PREFIX] if number.form is NumberForm.E164 else None
        for summary in self._candidates(prefix):
            if number.text == summary["PhoneNumber"] or number.id == resource_id(summary["PhoneNumberArn"]):
                return summary["PhoneNumberArn"]
        return None

    def not_found(self, number: PhoneNumber) -> NumberNotFound:
        """Returns the error for a declared number that is not claimed to the queue's instance or one of its groups."""
        place = f"instance {self._api.queue.instance_id} in {self._api.queue.place.region}"
        head = f"ResourceNotFoundException: OutboundCallerIdNumberId {number.masked} is not claimed to {place}"
        if self._not_listed is None:
            return NumberNotFound(f"{head} or one of its traffic distribution groups. Claim it there")
        code = self._not_listed.code
        return NumberNotFound(f"{head}. Claim it or allow ListTrafficDistributionGroups: {code}")

    def _candidates(self, prefix: str | None) -> Iterator[dict[str, str]]:
        if prefix:
            yield from self._api.list_numbers(prefix=prefix)
        for group_arn in self._groups():
            yield from self._api.list_numbers(group_arn=group_arn, prefix=prefix)
        if not prefix:
            yield from self._api.list_numbers()

    def _groups(self) -> Iterator[str]:
        """Yields the groups that can be listed: none without Global Resiliency, or if listing them is denied."""
        try:
            yield from self._api.list_groups()
        except Refused as problem:
            if problem.is_fault:
                raise
            self._not_listed = problem
