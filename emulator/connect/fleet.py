"""The operations that look at many resources at once: searches of queues and flows, lists of flows and of instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .listings import DEFAULT_PAGE, page_of
from .operations import OPERATIONS as SINGLE_OPERATIONS
from .operations import Place, describe_queue
from .refusal import invalid_parameter
from .seed import Flow
from .state import InstanceState

INSTANCES_PAGE = 10
"""MaxResults of ListInstances if the request has none: the largest that the model allows."""
_PARAMETER, _REQUEST = "InvalidParameterException", "InvalidRequestException"
_FIELDS = ("name", "description", "resourceID")
"""What a StringCondition can look at (API page of QueueSearchCriteria)."""

Entry = Mapping[str, Any]


def search_queues(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """SearchQueues: an instance's standard queues that match, each as DescribeQueue shows it."""
    instance = place.instance(request["InstanceId"])
    queues = [
        describe_queue(place, {"InstanceId": instance.id, "QueueId": queue.id})["Queue"]
        for queue in instance.queues.values()
        if queue.type == "STANDARD"
    ]
    found = [
        queue
        for queue in queues
        if _matches(request.get("SearchCriteria"), _searchable(queue["Name"], queue["QueueId"], queue))
        and _tagged(request.get("SearchFilter"), queue)
    ]
    page = page_of(request, "Queues", found, DEFAULT_PAGE, _PARAMETER)
    return {**page, "ApproximateTotalCount": len(found)}


def search_contact_flows(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """SearchContactFlows: an instance's flows that match."""
    instance = place.instance(request["InstanceId"])
    found = [
        _flow(place, instance, flow)
        for flow in instance.flows.values()
        if _matches(request.get("SearchCriteria"), {**_searchable(flow.name, flow.id, {}), "type": flow.type})
    ]
    page = page_of(request, "ContactFlows", found, DEFAULT_PAGE, _PARAMETER)
    return {**page, "ApproximateTotalCount": len(found)}


def list_contact_flows(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """ListContactFlows: an instance's flows, of some types or of all."""
    instance = place.instance(request["InstanceId"])
    types = request.get("ContactFlowTypes")
    summaries = [
        {
            "Id": flow.id,
            "Arn": place.world.account.flow(place.region, instance.id, flow.id),
            "Name": flow.name or flow.id,
            "ContactFlowType": flow.type,
            "ContactFlowState": "ACTIVE",
            "ContactFlowStatus": "PUBLISHED",
        }
        for flow in instance.flows.values()
        if not types or flow.type in types
    ]
    return page_of(request, "ContactFlowSummaryList", summaries, DEFAULT_PAGE, _PARAMETER)


def list_instances(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """ListInstances: the account's instances in this Region, with their aliases."""
    summaries = [
        {
            "Id": instance.id,
            "Arn": place.world.account.instance(place.region, instance.id),
            "IdentityManagementType": "CONNECT_MANAGED",
            "InstanceAlias": instance.alias or "instance",
            "CreatedTime": instance.created,
            "InstanceStatus": "ACTIVE",
            "InboundCallsEnabled": True,
            "OutboundCallsEnabled": True,
        }
        for instance in place.world.instances.values()
        if instance.region == place.region
    ]
    return page_of(request, "InstanceSummaryList", summaries, INSTANCES_PAGE, _REQUEST)


OPERATIONS: dict[str, Callable[[Place, dict[str, Any]], dict[str, Any] | None]] = {
    **SINGLE_OPERATIONS,
    "ListContactFlows": list_contact_flows,
    "ListInstances": list_instances,
    "SearchContactFlows": search_contact_flows,
    "SearchQueues": search_queues,
}
"""The operations of one resource, and those of many."""


def _flow(place: Place, instance: InstanceState, flow: Flow) -> dict[str, Any]:
    return {
        "Arn": place.world.account.flow(place.region, instance.id, flow.id),
        "Id": flow.id,
        "Name": flow.name or flow.id,
        "Type": flow.type,
        "State": "ACTIVE",
        "Status": "PUBLISHED",
    }


def _searchable(name: str, id: str, entry: Entry) -> dict[str, str]:
    return {"name": name, "resourceID": id, "description": entry.get("Description", "")}


def _matches(criteria: Entry | None, entry: Mapping[str, str]) -> bool:
    """Says whether an entry meets search criteria; without any, it does.

    Raises:
        Refusal: A condition names a field that cannot be searched.
    """
    if not criteria:
        return True
    tests = []
    if "OrConditions" in criteria:
        tests.append(any(_matches(one, entry) for one in criteria["OrConditions"]))
    if "AndConditions" in criteria:
        tests.append(all(_matches(one, entry) for one in criteria["AndConditions"]))
    if "StringCondition" in criteria:
        tests.append(_compares(criteria["StringCondition"], entry))
    if "QueueTypeCondition" in criteria:
        tests.append(criteria["QueueTypeCondition"] == "STANDARD")
    if "TypeCondition" in criteria:
        tests.append(criteria["TypeCondition"] == entry.get("type"))
    if "StateCondition" in criteria:
        tests.append(criteria["StateCondition"] == "ACTIVE")
    if "StatusCondition" in criteria:
        tests.append(criteria["StatusCondition"] == "PUBLISHED")
    return all(tests)


def _compares(condition: Entry, entry: Mapping[str, str]) -> bool:
    field = condition.get("FieldName", "")
    if field not in _FIELDS:
        raise invalid_parameter(f"FieldName is {', '.join(_FIELDS)}, not '{field}'")
    text, wanted = entry[field].lower(), condition.get("Value", "").lower()
    comparison = condition.get("ComparisonType", "EXACT")
    if comparison == "EXACT":
        return bool(text == wanted)
    return bool(text.startswith(wanted) if comparison == "STARTS_WITH" else wanted in text)


def _tagged(search_filter: Entry | None, entry: Entry) -> bool:
    """Says whether an entry has the tags that a SearchFilter asks for."""
    wanted = (search_filter or {}).get("TagFilter")
    if not wanted:
        return True
    tags = entry.get("Tags", {})

    def has(condition: Entry) -> bool:
        return condition["TagKey"] in tags and condition.get("TagValue", "") in {"", tags[condition["TagKey"]]}

    tests = []
    if "TagCondition" in wanted:
        tests.append(has(wanted["TagCondition"]))
    if "AndConditions" in wanted:
        tests.append(all(has(one) for one in wanted["AndConditions"]))
    if "OrConditions" in wanted:
        tests.append(any(all(has(one) for one in several) for several in wanted["OrConditions"]))
    return all(tests)
