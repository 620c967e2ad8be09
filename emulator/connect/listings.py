"""What each List operation sees from a Region, filtered and cut into pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from .arns import parse_arn, resource_id
from .refusal import Refusal, invalid_parameter, not_found
from .seed import PhoneNumber, TrafficDistributionGroup
from .state import InstanceState, World

DEFAULT_PAGE = 100
"""MaxResults where a request has none (ListQueues's and ListPhoneNumbers's API pages; the others do not say)."""
GROUPS_PAGE = 10
"""The same for traffic distribution groups: the largest page that the model allows."""
V1_TYPES = {"UIFN": "TOLL_FREE", "SHARED": "DID", "THIRD_PARTY_TF": "TOLL_FREE", "THIRD_PARTY_DID": "DID"}
"""ListPhoneNumbers lists these types as others (its API page)."""


class Listings:
    """The lists as seen from one Region."""

    def __init__(self, world: World, region: str) -> None:
        self._world = world
        self._region = region

    def linked_group(self, text: str) -> TrafficDistributionGroup:
        """Returns the group that an ARN names; raises Refusal where it is none that reaches this Region."""
        group = self._world.groups.get(resource_id(text))
        if parse_arn(text) is None:
            raise invalid_parameter(f"TargetArn is not an ARN: {text}")
        if group is None or text != self._world.account.group(group.region, group.id):
            raise not_found(f"Resource not found: {text}")
        if not self._world.linked(group, self._region):
            raise not_found(f"Resource not found: {text}")
        return group

    def numbers_v2(self, request: dict[str, Any], target: str | None) -> dict[str, Any]:
        """Returns a page of numbers claimed to a target, or else to any instance in this Region (so to no group)."""
        prefix = request.get("PhoneNumberPrefix", "")
        if prefix and not prefix.startswith("+"):
            raise invalid_parameter("PhoneNumberPrefix must contain + as part of the country code")
        found = [
            number
            for number in self._world.numbers.values()
            if (self._world.target_arn(number) == target if target else self._of_an_instance_here(number))
            and number.number.startswith(prefix)
            and _selected(number, number.type, request)
            and (number.status == "CLAIMED" or self._world.settings.unfinished_numbers == "listed")
        ]
        summaries = [self._number(number) for number in found]
        return page_of(request, "ListPhoneNumbersSummaryList", summaries, DEFAULT_PAGE, "InvalidParameterException")

    def numbers_v1(self, request: dict[str, Any], instance: InstanceState) -> dict[str, Any]:
        """Returns a page of an instance's numbers by their V1 ARNs, with the types that this old operation knows."""
        summaries = [
            {
                "Id": number.id,
                "Arn": self._world.account.number_v1(self._region, instance.id, number.id),
                "PhoneNumber": number.number,
                "PhoneNumberType": V1_TYPES.get(number.type, number.type),
                "PhoneNumberCountryCode": number.country_code,
            }
            for number in self._world.numbers.values()
            if (number.instance_id, number.region) == (instance.id, self._region)
            and _selected(number, V1_TYPES.get(number.type, number.type), request)
        ]
        return page_of(request, "PhoneNumberSummaryList", summaries, DEFAULT_PAGE, "InvalidParameterException")

    def queues(self, request: dict[str, Any], instance: InstanceState) -> dict[str, Any]:
        """Returns a page of an instance's queues."""
        wanted = request.get("QueueTypes") or ["STANDARD", "AGENT"]
        summaries = [
            {
                "Id": queue.id,
                "Arn": self._world.account.queue(self._region, instance.id, queue.id),
                "Name": queue.name,
                "QueueType": queue.type,
                "LastModifiedTime": queue.modified,
                "LastModifiedRegion": queue.modified_region,
            }
            for queue in instance.queues.values()
            if queue.type in wanted
        ]
        return page_of(request, "QueueSummaryList", summaries, DEFAULT_PAGE, "InvalidParameterException")

    def groups(self, request: dict[str, Any]) -> dict[str, Any]:
        """Returns a page of groups that reach this Region; with InstanceId, of those linked to that instance.

        The model gives this operation no ResourceNotFoundException, so an unknown instance is an
        InvalidRequestException.
        """
        text = request.get("InstanceId")
        if text:
            arn, instance_id = parse_arn(text), resource_id(text)
            if self._world.instance(self._region, instance_id) is None or (
                arn and text != self._world.account.instance(self._region, instance_id)
            ):
                raise Refusal("InvalidRequestException", f"Instance not found: {text}")
        summaries = [
            self.group(group)
            for group in self._world.groups.values()
            if self._world.linked(group, self._region) and (not text or group.instance_id == resource_id(text))
        ]
        list_name = "TrafficDistributionGroupSummaryList"
        return page_of(request, list_name, summaries, GROUPS_PAGE, "InvalidRequestException")

    def group(self, group: TrafficDistributionGroup) -> dict[str, Any]:
        """Returns a group's summary; its instance is the one in the Region where the group was created."""
        return {
            "Id": group.id,
            "Arn": self._world.account.group(group.region, group.id),
            "Name": group.name or group.id,
            "InstanceArn": self._world.account.instance(group.region, group.instance_id),
            "Status": "ACTIVE",
            "IsDefault": group.is_default,
        }

    def _of_an_instance_here(self, number: PhoneNumber) -> bool:
        return bool(number.instance_id) and number.region == self._region

    def _number(self, number: PhoneNumber) -> dict[str, Any]:
        summary: dict[str, Any] = {
            "PhoneNumberId": number.id,
            "PhoneNumberArn": self._world.number_arn(number),
            "PhoneNumber": number.number,
            "PhoneNumberCountryCode": number.country_code,
            "PhoneNumberType": number.type,
            "TargetArn": self._world.target_arn(number),
        }
        if number.instance_id:
            summary["InstanceId"] = number.instance_id
        return summary


def _selected(number: PhoneNumber, number_type: str, request: dict[str, Any]) -> bool:
    """Says whether a number has a type and country that a request asks for; no list, or an empty one, asks for all."""
    types, countries = request.get("PhoneNumberTypes"), request.get("PhoneNumberCountryCodes")
    return (not types or number_type in types) and (not countries or number.country_code in countries)


def page_of(
    request: dict[str, Any], list_name: str, entries: Sequence[dict[str, Any]], size: int, invalid: str
) -> dict[str, Any]:
    """Returns one page of a list. A token holds only for the request that it came with, save MaxResults.

    Args:
        request: with MaxResults and NextToken, if any.
        list_name: the answer's member.
        entries: the whole list.
        size: MaxResults where the request has none.
        invalid: the code for a token that is none.
    """
    asked = {name: value for name, value in request.items() if name not in {"MaxResults", "NextToken"}}
    start = 0
    if request.get("NextToken"):
        try:
            token = json.loads(base64.urlsafe_b64decode(request["NextToken"]))
            start, mine = token["from"], token["of"] == [list_name, asked]
        except (ValueError, KeyError, TypeError):
            mine = False
        if not mine:
            raise Refusal(invalid, "NextToken is none of this request")
    end = start + request.get("MaxResults", size)
    page: dict[str, Any] = {list_name: list(entries[start:end])}
    if end < len(entries):
        token = json.dumps({"from": end, "of": [list_name, asked]})
        page["NextToken"] = base64.urlsafe_b64encode(token.encode()).decode()
    return page
