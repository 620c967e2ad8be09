"""The lists: whose numbers, groups and Regions they show."""

from __future__ import annotations

from typing import Any

from conformance.outcome import OK, outcome
from conformance.points import CannotTell, point
from conformance.site import Site

NUMBERS = "ListPhoneNumbersV2, API reference"
GROUPS = "ListTrafficDistributionGroups, API reference"
ALIKE = "Admin guide, create a replica of your existing Amazon Connect instance"
INVALID, REQUEST = "InvalidParameterException", "InvalidRequestException"
MISSING = "ResourceNotFoundException"
NOBODYS = "00000000-0000-4000-8000-000000000000"
LIST_NUMBERS = ("connect:ListPhoneNumbersV2",)
LIST_GROUPS = ("connect:ListTrafficDistributionGroups",)


def _numbers(site: Site, region: str | None = None, **request: Any) -> set[str]:
    pages = site.connect(region).get_paginator("list_phone_numbers_v2").paginate(**request)
    return {entry["PhoneNumberArn"] for page in pages for entry in page["ListPhoneNumbersSummaryList"]}


def _group(site: Site, region: str | None = None) -> dict[str, Any]:
    listed = site.connect(region).list_traffic_distribution_groups(InstanceId=site.subject.instance)
    groups = [
        group
        for group in listed["TrafficDistributionGroupSummaryList"]
        if group["Arn"].split(":")[3] == site.subject.region
    ]
    if not groups:
        raise CannotTell("the instance has no traffic distribution group of this Region")
    found: dict[str, Any] = groups[0]
    return found


@point(
    "numbers-of-an-instance",
    "ListPhoneNumbersV2 with an instance's id",
    source=NUMBERS,
    documented="its own",
    readings={"its own": "lists its own numbers, and no group's", "groups' too": "lists those of its groups, too"},
    needs=("instance number", "group number"),
    calls=LIST_NUMBERS,
)
def numbers_of_an_instance(site: Site) -> str:
    listed = _numbers(site, InstanceId=site.subject.instance)
    if site.subject.number not in listed:
        raise CannotTell("the instance's number is not listed")
    return "groups' too" if site.subject.group_number in listed else "its own"


@point(
    "numbers-of-a-group-elsewhere",
    "ListPhoneNumbersV2 with a group's ARN, in the other Region",
    source=NUMBERS,
    documented="listed",
    readings={"listed": "lists the group's numbers", "not listed": "lists none of them"},
    needs=("group number", "replica"),
    calls=(*LIST_NUMBERS, *LIST_GROUPS, "connect:DescribePhoneNumber"),
)
def numbers_of_a_group_elsewhere(site: Site) -> str:
    number = site.subject.group_number
    described = site.connect().describe_phone_number(PhoneNumberId=number)["ClaimedPhoneNumberSummary"]
    listed = _numbers(site, site.subject.replica, TargetArn=described["TargetArn"])
    return "listed" if number in listed else "not listed"


@point(
    "all-numbers",
    "ListPhoneNumbersV2 with neither an instance nor a target",
    source=NUMBERS,
    documented="instances'",
    readings={"instances'": "lists the numbers of instances, and no group's", "all": "lists groups' numbers, too"},
    needs=("instance number", "group number"),
    calls=LIST_NUMBERS,
)
def all_numbers(site: Site) -> str:
    return "all" if site.subject.group_number in _numbers(site) else "instances'"


@point(
    "instance-and-target",
    "InstanceId beside TargetArn in ListPhoneNumbersV2",
    source=NUMBERS,
    readings={INVALID: "is InvalidParameterException", OK: "is accepted", REQUEST: "is InvalidRequestException"},
    calls=LIST_NUMBERS,
)
def instance_and_target(site: Site) -> str:
    both = {"InstanceId": site.subject.instance, "TargetArn": site.subject.instance_arn()}
    return outcome(site.connect().list_phone_numbers_v2, **both)


@point(
    "old-number-list",
    "the ARNs in ListPhoneNumbers",
    source="ListPhoneNumbers, API reference",
    documented="v1",
    readings={"v1": "are V1 ARNs", "v2": "are V2 ARNs"},
    needs=("instance number",),
    calls=("connect:ListPhoneNumbers",),
)
def old_number_list(site: Site) -> str:
    listed = site.connect().list_phone_numbers(InstanceId=site.subject.instance)["PhoneNumberSummaryList"]
    if not listed:
        raise CannotTell("the instance has no number")
    return "v1" if ":instance/" in listed[0]["Arn"] else "v2"


@point(
    "group-listing",
    "ListTrafficDistributionGroups for this instance",
    source=GROUPS,
    readings={
        "listed": "is answered",
        REQUEST: "is InvalidRequestException",
        "AccessDeniedException": "is AccessDeniedException",
    },
    setting="group_listing",
    calls=LIST_GROUPS,
)
def group_listing(site: Site) -> str:
    code = outcome(site.connect().list_traffic_distribution_groups, InstanceId=site.subject.instance)
    return "listed" if code == OK else code


@point(
    "groups-of-nobody",
    "ListTrafficDistributionGroups for an instance that is not there",
    source=GROUPS,
    readings={REQUEST: "is InvalidRequestException", OK: "is an empty list", MISSING: "is not found"},
    calls=LIST_GROUPS,
)
def groups_of_nobody(site: Site) -> str:
    return outcome(site.connect().list_traffic_distribution_groups, InstanceId=NOBODYS)


@point(
    "all-groups",
    "ListTrafficDistributionGroups without an instance",
    source=GROUPS,
    documented="listed",
    readings={"listed": "lists the groups of the Region's instances", "not listed": "leaves the instance's groups out"},
    needs=("group number",),
    calls=LIST_GROUPS,
)
def all_groups(site: Site) -> str:
    pages = site.connect().get_paginator("list_traffic_distribution_groups").paginate()
    listed = {group["Id"] for page in pages for group in page["TrafficDistributionGroupSummaryList"]}
    return "listed" if _group(site)["Id"] in listed else "not listed"


@point(
    "broken-limit-of-a-list",
    "a limit of the model that is broken where InvalidParameterException is not declared",
    source="botocore's model of connect",
    readings={REQUEST: "is InvalidRequestException", INVALID: "is InvalidParameterException"},
    calls=LIST_GROUPS,
)
def broken_limit_of_a_list(site: Site) -> str:
    return outcome(site.connect().list_traffic_distribution_groups, MaxResults=1000)


@point(
    "group-id-elsewhere",
    "DescribeTrafficDistributionGroup by id, in the other Region",
    source="DescribeTrafficDistributionGroup, API reference",
    documented=MISSING,
    readings={MISSING: "is not found", OK: "is accepted"},
    needs=("replica", "group number"),
    calls=(*LIST_GROUPS, "connect:DescribeTrafficDistributionGroup"),
)
def group_id_elsewhere(site: Site) -> str:
    describe = site.connect(site.subject.replica).describe_traffic_distribution_group
    return outcome(describe, TrafficDistributionGroupId=_group(site)["Id"])


@point(
    "group-arn-elsewhere",
    "DescribeTrafficDistributionGroup by ARN, in the other Region",
    source="DescribeTrafficDistributionGroup, API reference",
    documented=OK,
    readings={OK: "is accepted", MISSING: "is not found"},
    needs=("replica", "group number"),
    calls=(*LIST_GROUPS, "connect:DescribeTrafficDistributionGroup"),
)
def group_arn_elsewhere(site: Site) -> str:
    describe = site.connect(site.subject.replica).describe_traffic_distribution_group
    return outcome(describe, TrafficDistributionGroupId=_group(site)["Arn"])


@point(
    "group-instance",
    "the instance in a group's InstanceArn, seen from the other Region",
    source=GROUPS,
    readings={"home": "is that of the Region where the group was created", "here": "is that of the Region that asks"},
    needs=("replica", "group number"),
    calls=LIST_GROUPS,
)
def group_instance(site: Site) -> str:
    region = _group(site, site.subject.replica)["InstanceArn"].split(":")[3]
    return "home" if region == site.subject.region else "here"


@point(
    "replication-configuration",
    "DescribeInstance of an instance that has a replica",
    source="DescribeInstance, API reference",
    documented="says so",
    readings={"says so": "has a ReplicationConfiguration with both Regions", "is silent": "has none"},
    needs=("replica",),
    calls=("connect:DescribeInstance", "ds:DescribeDirectories"),
)
def replication_configuration(site: Site) -> str:
    described = site.connect().describe_instance(InstanceId=site.subject.instance)
    listed = described.get("ReplicationConfiguration", {}).get("ReplicationStatusSummaryList", [])
    regions = {entry["Region"] for entry in listed}
    return "says so" if site.subject.replica in regions else "is silent"


@point(
    "instance-arn-elsewhere",
    "an instance's ARN with another Region than the one that is asked",
    source="botocore's model of connect",
    readings={MISSING: "is not found", INVALID: "is invalid", OK: "is accepted"},
    needs=("replica",),
    calls=("connect:DescribeQueue",),
)
def instance_arn_elsewhere(site: Site) -> str:
    there = site.subject.instance_arn(site.subject.replica)
    return outcome(site.connect().describe_queue, InstanceId=there, QueueId=site.subject.queue)


@point(
    "queue-list",
    "ListQueues of a replicated instance",
    source=ALIKE,
    documented="the same",
    readings={"the same": "has the queue in both Regions, under one id", "apart": "has it in one Region alone"},
    needs=("replica",),
    calls=("connect:ListQueues",),
)
def queue_list(site: Site) -> str:
    def has_it(region: str | None) -> bool:
        pages = site.connect(region).get_paginator("list_queues").paginate(InstanceId=site.subject.instance)
        return any(entry["Id"] == site.subject.queue for page in pages for entry in page["QueueSummaryList"])

    return "the same" if has_it(None) and has_it(site.subject.replica) else "apart"


def _searched(site: Site, size: int) -> dict[str, Any]:
    found: dict[str, Any] = site.connect().search_queues(InstanceId=site.subject.instance, MaxResults=size)
    return found


@point(
    "queue-search",
    "SearchQueues of an instance",
    source="SearchQueues, API reference",
    documented="whole",
    readings={"whole": "has each queue's caller config", "without": "leaves the caller config out"},
    calls=("connect:DescribeQueue", "connect:SearchQueues"),
)
def queue_search(site: Site) -> str:
    if not site.read():
        raise CannotTell("the queue has no caller config")
    page = _searched(site, 100)
    while site.subject.queue not in {queue["QueueId"] for queue in page["Queues"]}:
        if "NextToken" not in page:
            raise CannotTell("the queue is not found")
        page = site.connect().search_queues(
            InstanceId=site.subject.instance, MaxResults=100, NextToken=page["NextToken"]
        )
    (found,) = (queue for queue in page["Queues"] if queue["QueueId"] == site.subject.queue)
    return "whole" if found.get("OutboundCallerConfig") else "without"


@point(
    "flow-search",
    "SearchContactFlows of an instance",
    source="SearchContactFlows, API reference",
    documented="found",
    readings={"found": "finds a flow by its id", "not found": "does not find a flow by its id"},
    needs=("flow",),
    calls=("connect:DescribeContactFlow", "connect:SearchContactFlows"),
)
def flow_search(site: Site) -> str:
    by_id = {"FieldName": "resourceID", "Value": site.subject.flow, "ComparisonType": "EXACT"}
    listed = site.connect().search_contact_flows(
        InstanceId=site.subject.instance, SearchCriteria={"StringCondition": by_id}
    )
    return "found" if [flow["Id"] for flow in listed["ContactFlows"]] == [site.subject.flow] else "not found"


@point(
    "queue-search-page",
    "500 queues in one page of SearchQueues",
    source="botocore's model of connect says 500, the API reference 100",
    readings={
        OK: "are allowed",
        INVALID: "are refused with InvalidParameterException",
        REQUEST: "are refused with InvalidRequestException",
    },
    calls=("connect:SearchQueues",),
)
def queue_search_page(site: Site) -> str:
    return outcome(_searched, site=site, size=500)


@point(
    "instance-list",
    "ListInstances",
    source="ListInstances, API reference",
    documented="by alias",
    readings={"by alias": "has the instance with its alias", "without": "leaves the instance or its alias out"},
    calls=("connect:ListInstances",),
)
def instance_list(site: Site) -> str:
    pages = site.connect().get_paginator("list_instances").paginate()
    aliases = [
        entry.get("InstanceAlias")
        for page in pages
        for entry in page["InstanceSummaryList"]
        if entry["Id"] == site.subject.instance
    ]
    return "by alias" if aliases and aliases[0] else "without"


@point(
    "flow-elsewhere",
    "DescribeContactFlow by a flow's id, in the other Region",
    source=ALIKE,
    documented=OK,
    readings={OK: "finds the flow under the same id", MISSING: "does not find it"},
    needs=("replica", "flow"),
    calls=("connect:DescribeContactFlow",),
)
def flow_elsewhere(site: Site) -> str:
    describe = site.connect(site.subject.replica).describe_contact_flow
    return outcome(describe, InstanceId=site.subject.instance, ContactFlowId=site.subject.flow)
