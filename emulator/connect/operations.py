"""The rules of the emulated operations: what each answers, changes and refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .arns import parse_arn, resource_id
from .listings import Listings
from .numbers import number_for_queue, number_seen
from .refusal import Refusal, invalid_parameter, not_found
from .seed import CONFIG_MEMBERS, OUTBOUND_WHISPER, Flow
from .settings import Settings
from .state import InstanceState, QueueState, World


@dataclass(frozen=True)
class Place:
    """Where a call arrives: the Region of its signature."""

    world: World
    region: str

    @property
    def settings(self) -> Settings:
        """How open points are read."""
        return self.world.settings

    def instance(self, text: str) -> InstanceState:
        """Returns the instance that a request names by id or by ARN; raises Refusal where it is not in this Region."""
        arn = parse_arn(text)
        instance = self.world.instance(self.region, resource_id(text))
        if instance is None or (arn and text != self.world.account.instance(self.region, instance.id)):
            raise not_found(f"Instance not found: {text}")
        return instance

    def queue(self, instance: InstanceState, text: str) -> QueueState:
        """Returns the queue that a request names; an ARN is refused, since no API page offers one here."""
        if parse_arn(text):
            raise invalid_parameter(f"QueueId is the identifier of a queue, not an ARN: {text}")
        if text not in instance.queues:
            raise not_found(f"Queue not found: {text}")
        return instance.queues[text]

    def flow(self, instance: InstanceState, text: str) -> Flow:
        """Returns the flow that a request names by id or by ARN, of this instance in this Region."""
        arn = parse_arn(text)
        flow = instance.flows.get(resource_id(text))
        if flow is None or (arn and text != self.world.account.flow(self.region, instance.id, flow.id)):
            raise not_found(f"Flow not found: {text}")
        return flow


def describe_queue(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeQueue: the number and the flow in the form that the settings ask for."""
    instance = place.instance(request["InstanceId"])
    queue = place.queue(instance, request["QueueId"])
    answer: dict[str, Any] = {
        "Name": queue.name,
        "QueueArn": place.world.account.queue(place.region, instance.id, queue.id),
        "QueueId": queue.id,
        "HoursOfOperationId": queue.hours,
        "Status": "ENABLED",
        "Tags": queue.tags,
    }
    if place.settings.last_modified == "given":
        answer |= {"LastModifiedTime": queue.modified, "LastModifiedRegion": queue.modified_region}
    if queue.config:
        answer["OutboundCallerConfig"] = _returned(place, instance, queue.config)
    elif place.settings.unset_config != "absent":
        answer["OutboundCallerConfig"] = {} if place.settings.unset_config == "empty" else None
    return {"Queue": answer}


def update_queue_outbound_caller_config(place: Place, request: dict[str, Any]) -> None:
    """UpdateQueueOutboundCallerConfig: checks all that the request names, then writes."""
    instance = place.instance(request["InstanceId"])
    queue = place.queue(instance, request["QueueId"])
    config = checked_config(place, instance, request["OutboundCallerConfig"])
    written = {**queue.config, **config} if place.settings.omitted_member == "kept" else config
    place.world.write_config(place.region, instance.id, queue.id, written)


def describe_phone_number(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """DescribePhoneNumber: as seen from the Region of the call."""
    number = number_seen(place.world, request["PhoneNumberId"], place.region)
    summary: dict[str, Any] = {
        "PhoneNumberId": number.id,
        "PhoneNumberArn": place.world.number_arn(number),
        "PhoneNumber": number.number,
        "PhoneNumberCountryCode": number.country_code,
        "PhoneNumberType": number.type,
        "TargetArn": place.world.target_arn(number),
        "Tags": {},
        "PhoneNumberStatus": _claim_of(place.world.claim_status(number)),
    }
    if number.instance_id:
        summary["InstanceId"] = number.instance_id
    return {"ClaimedPhoneNumberSummary": summary}


def _claim_of(status: str) -> dict[str, str]:
    """Returns a claim; the message of a failed one is long, so that a reason that has it in it must be cut."""
    if status != "FAILED":
        return {"Status": status}
    words = "No number of this country, type and prefix could be claimed from the carrier; nothing is charged for it. "
    return {"Status": status, "Message": 2 * words}


def describe_traffic_distribution_group(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeTrafficDistributionGroup: by id or ARN where it was created, by ARN alone in its other Regions."""
    text = request["TrafficDistributionGroupId"]
    group = place.world.groups.get(resource_id(text))
    by_arn = parse_arn(text) is not None
    if group is None or (by_arn and text != place.world.account.group(group.region, group.id)):
        raise not_found(f"Traffic distribution group not found: {text}")
    if not place.world.linked(group, place.region) or (not by_arn and group.region != place.region):
        raise not_found(f"Traffic distribution group not found: {text}")
    return {"TrafficDistributionGroup": {**Listings(place.world, place.region).group(group), "Tags": {}}}


def describe_instance(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeInstance: with the replication's Regions where there is a replica."""
    instance = place.instance(request["InstanceId"])
    answer: dict[str, Any] = {
        "Instance": {
            "Id": instance.id,
            "Arn": place.world.account.instance(place.region, instance.id),
            "IdentityManagementType": "CONNECT_MANAGED",
            "InstanceAlias": instance.alias or "instance",
            "CreatedTime": instance.created,
            "InstanceStatus": "ACTIVE",
            "InboundCallsEnabled": True,
            "OutboundCallsEnabled": True,
            "Tags": {},
        }
    }
    regions = place.world.regions_of(instance.id)
    if len(regions) > 1:
        answer["ReplicationConfiguration"] = {
            "SourceRegion": instance.replica_of or instance.region,
            "ReplicationStatusSummaryList": [
                {"Region": region, "ReplicationStatus": "INSTANCE_REPLICATION_COMPLETE"} for region in sorted(regions)
            ],
        }
    return answer


def describe_contact_flow(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeContactFlow: without its content, which the emulator does not keep."""
    instance = place.instance(request["InstanceId"])
    flow = place.flow(instance, request["ContactFlowId"])
    return {
        "ContactFlow": {
            "Arn": place.world.account.flow(place.region, instance.id, flow.id),
            "Id": flow.id,
            "Name": flow.name or flow.id,
            "Type": flow.type,
            "State": "ACTIVE",
            "Status": "PUBLISHED",
            "Content": "{}",
            "Tags": {},
        }
    }


def list_phone_numbers_v2(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """ListPhoneNumbersV2: an instance's numbers, a group's, or those of every instance here, never all of them."""
    target = request.get("TargetArn")
    listings = Listings(place.world, place.region)
    if target and request.get("InstanceId"):
        raise invalid_parameter("Give InstanceId or TargetArn, not both")
    if request.get("InstanceId"):
        target = place.world.account.instance(place.region, place.instance(request["InstanceId"]).id)
    elif target and ":instance/" in target:
        place.instance(target)
    elif target:
        listings.linked_group(target)
    return listings.numbers_v2(request, target)


def list_phone_numbers(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """ListPhoneNumbers: an instance's numbers, by their V1 ARNs."""
    return Listings(place.world, place.region).numbers_v1(request, place.instance(request["InstanceId"]))


def list_queues(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """ListQueues: an instance's queues in this Region."""
    return Listings(place.world, place.region).queues(request, place.instance(request["InstanceId"]))


def list_traffic_distribution_groups(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """ListTrafficDistributionGroups: those linked to an instance here, or to any instance here."""
    if place.settings.group_listing != "listed":
        raise Refusal(place.settings.group_listing, "Traffic distribution groups are not available here")
    return Listings(place.world, place.region).groups(request)


def checked_config(place: Place, instance: InstanceState, asked: Mapping[str, str | None]) -> dict[str, str]:
    """Returns the caller config that a request asks for; raises Refusal for a number or a flow that cannot be used."""
    given = {name: asked.get(name) for name in CONFIG_MEMBERS}
    config: dict[str, str] = {name: text for name, text in given.items() if text is not None}
    if "OutboundCallerIdNumberId" in config:
        number_for_queue(place.world, place.settings, config["OutboundCallerIdNumberId"], place.region, instance.id)
    if "OutboundFlowId" in config:
        _whisper_flow(place, instance, config["OutboundFlowId"])
    return config


OPERATIONS: dict[str, Callable[[Place, dict[str, Any]], dict[str, Any] | None]] = {
    "DescribeContactFlow": describe_contact_flow,
    "DescribeInstance": describe_instance,
    "DescribePhoneNumber": describe_phone_number,
    "DescribeQueue": describe_queue,
    "DescribeTrafficDistributionGroup": describe_traffic_distribution_group,
    "ListPhoneNumbers": list_phone_numbers,
    "ListPhoneNumbersV2": list_phone_numbers_v2,
    "ListQueues": list_queues,
    "ListTrafficDistributionGroups": list_traffic_distribution_groups,
    "UpdateQueueOutboundCallerConfig": update_queue_outbound_caller_config,
}
"""What each operation answers, None for an empty body. They run one at a time, under the world's lock."""


def _whisper_flow(place: Place, instance: InstanceState, text: str) -> None:
    """Refuses a flow that is not an outbound whisper flow of this instance."""
    if not text:
        raise invalid_parameter("OutboundFlowId is empty")
    flow = place.flow(instance, text)
    if flow.type != OUTBOUND_WHISPER:
        raise invalid_parameter(f"Flow {text} is of type {flow.type}; an outbound flow is of type {OUTBOUND_WHISPER}")


def _returned(place: Place, instance: InstanceState, config: dict[str, str]) -> dict[str, str]:
    """Returns a config with its number and flow in the form that the settings ask for."""
    form = place.settings.returned_form
    if form == "as_written":
        return dict(config)
    account, answer = place.world.account, dict(config)
    if "OutboundCallerIdNumberId" in config:
        number_id = resource_id(config["OutboundCallerIdNumberId"])
        number = place.world.numbers.get(number_id)
        answer["OutboundCallerIdNumberId"] = {
            "id": number_id,
            "arn": place.world.number_arn(number) if number else account.number(place.region, number_id),
            "v1": account.number_v1(place.region, instance.id, number_id),
        }[form]
    if "OutboundFlowId" in config:
        flow_id = resource_id(config["OutboundFlowId"])
        answer["OutboundFlowId"] = flow_id if form == "id" else account.flow(place.region, instance.id, flow_id)
    return answer
