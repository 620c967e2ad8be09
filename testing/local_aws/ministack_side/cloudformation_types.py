"""What MiniStack's CloudFormation lacks.

`AWS::Connect::Queue`, and what names one that is to be imported; the refusal of another type under a logical id; and
DescribeStackResources about a resource that is being made, about a stack that was deleted, and in CloudFormation's words.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

QUEUE = "AWS::Connect::Queue"
REMOVED_PROPERTY = "LOCAL_AWS_REMOVED_PROPERTY"
"""What the queue's type does when OutboundCallerConfig is removed from the template: `cleared` or `kept`."""
_MEMBERS = {
    "OutboundCallerIdName": "OutboundCallerIdName",
    "OutboundCallerIdNumberArn": "OutboundCallerIdNumberId",
    "OutboundFlowArn": "OutboundFlowId",
}
Properties = Mapping[str, Any]
Made = tuple[str, dict[str, str]]


@functools.cache
def install() -> None:
    """Adds it to MiniStack, once."""
    # MiniStack loads a service when it is first called; at its start this import would cost as much as all the rest.
    from ministack.services.cloudformation import changesets, handlers, provisioners  # noqa: PLC0415

    provisioners._RESOURCE_HANDLERS[QUEUE] = {
        "create": create_queue,
        "update": update_queue,
        "delete": delete_queue,
        "import": import_queue,
    }
    changesets._IMPORT_LOOKUPS[QUEUE] = (("QueueArn",), _why_not_there)
    handlers._ACTION_HANDLERS["DescribeStackResources"] = functools.partial(describe_stack_resources, handlers)
    handlers._ACTION_HANDLERS["GetTemplateSummary"] = _naming_queues(handlers._ACTION_HANDLERS["GetTemplateSummary"])
    for action in ("UpdateStack", "CreateChangeSet"):
        handlers._ACTION_HANDLERS[action] = _keeping_types(handlers, handlers._ACTION_HANDLERS[action])


def _naming_queues(handle: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Returns GetTemplateSummary with what names a queue: `cdk import` asks for it."""
    identifiers = "<ResourceIdentifiers><member>QueueArn</member></ResourceIdentifiers>"
    queue = f"<member><ResourceType>{QUEUE}</ResourceType>{identifiers}</member>"
    named = f"<ResourceIdentifierSummaries>{queue}</ResourceIdentifierSummaries>"
    end = "</GetTemplateSummaryResult>"

    def summarized(params: Any) -> Any:
        status, headers, body = handle(params)
        return status, headers, body.replace(end.encode(), f"{named}{end}".encode())

    return summarized


def _keeping_types(handlers: Any, handle: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Returns an action that refuses a template which gives a logical id another type, in CloudFormation's words."""

    def checked(params: Any) -> Any:
        stack = handlers._resolve_stack(handlers._p(params, "StackName")) or {}
        body, _ = handlers._resolve_template(params)
        before = (stack.get("_template") or {}).get("Resources", {})
        after = handlers._parse_template(body).get("Resources", {}) if body and before else {}
        changed = sorted(name for name in after if name in before and _type(after[name]) != _type(before[name]))
        if changed:
            return handlers._error(
                "ValidationError",
                "Update of resource type is not permitted. The new template modifies resource type of the following "
                f"resources: [{', '.join(changed)}]",
            )
        return handle(params)

    return checked


def describe_stack_resources(handlers: Any, params: Any) -> Any:
    """Answers DescribeStackResources from the stack's events and its record."""
    from ministack.services.cloudformation import _stack_events  # noqa: PLC0415 - as above

    asked, logical_id = handlers._p(params, "StackName"), handlers._p(params, "LogicalResourceId")
    stack = handlers._resolve_stack(asked)
    deleted = stack is None or stack.get("StackStatus") == "DELETE_COMPLETE"
    stack_id = stack["StackId"] if stack else asked
    if stack_id not in _stack_events or (deleted and asked != stack_id):
        return handlers._error("ValidationError", f"Stack with id {asked} does not exist")
    listed = _listed(stack_id, _stack_events[stack_id], stack.get("_resources", {}) if stack else {}, deleted)
    if logical_id and logical_id not in listed:
        return handlers._error("ValidationError", f"Resource {logical_id} does not exist for stack {asked}")
    members = "".join(listed[name] for name in ([logical_id] if logical_id else listed))
    body = f"<DescribeStackResourcesResult><StackResources>{members}</StackResources></DescribeStackResourcesResult>"
    return handlers._xml(200, "DescribeStackResourcesResponse", body)


def _listed(stack_id: str, events: list[Any], resources: Mapping[str, Any], deleted: bool) -> dict[str, str]:
    """Returns the XML of each resource that is listed, by logical id."""
    listed: dict[str, str] = {}
    for event in events:
        name, status = event["LogicalResourceId"], event["ResourceStatus"]
        known = resources.get(name)
        if event["PhysicalResourceId"] == stack_id:
            continue
        listed.pop(name, None)  # the last event of a resource counts
        if deleted and not status.startswith("DELETE_"):
            status = "DELETE_COMPLETE"
        elif not deleted and known is None and not status.endswith("_IN_PROGRESS"):
            continue
        elif not deleted and known is not None and not status.endswith(("_IN_PROGRESS", "_FAILED")):
            status = known["ResourceStatus"]
        parts = {
            "StackName": stack_id.split("/")[1],
            "StackId": stack_id,
            "LogicalResourceId": name,
            "PhysicalResourceId": (known or {}).get("PhysicalResourceId") or event["PhysicalResourceId"],
            "ResourceType": event["ResourceType"],
            "Timestamp": event["Timestamp"],
            "ResourceStatus": status,
        }
        listed[name] = (
            f"<member>{''.join(f'<{tag}>{escape(text)}</{tag}>' for tag, text in parts.items() if text)}</member>"
        )
    return listed


def _type(resource: Any) -> str:
    return str(resource.get("Type", "")) if isinstance(resource, Mapping) else ""


def create_queue(logical_id: str, properties: Properties, stack_name: str) -> Made:
    """Makes a queue; its physical id is its ARN."""
    asked = {"Name": properties.get("Name", f"{stack_name}-{logical_id}"), "InstanceId": properties["InstanceArn"]}
    asked["HoursOfOperationId"] = str(properties.get("HoursOfOperationArn", "hours")).rpartition("/")[2]
    config = _config(properties)
    if config:
        asked["OutboundCallerConfig"] = config
    made = _connect(properties).create_queue(**asked)
    return made["QueueArn"], {"QueueArn": made["QueueArn"], "Type": "STANDARD"}


def update_queue(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    """Writes the config where it changed; a removed property is cleared or kept."""
    before, after = old.get("OutboundCallerConfig"), new.get("OutboundCallerConfig")
    kept = after is None and os.environ.get(REMOVED_PROPERTY, "cleared") == "kept"
    if before != after and not kept:
        _connect(new).update_queue_outbound_caller_config(
            InstanceId=_instance(physical_id),
            QueueId=physical_id.rpartition("/")[2],
            OutboundCallerConfig=_config(new),
        )
    return physical_id, {"QueueArn": physical_id, "Type": "STANDARD"}


def delete_queue(physical_id: str, properties: Properties) -> None:
    """Deletes the queue; one that is gone already is fine."""
    connect = _connect(properties)
    try:
        connect.delete_queue(InstanceId=_instance(physical_id), QueueId=physical_id.rpartition("/")[2])
    except connect.exceptions.ResourceNotFoundException:
        return


def import_queue(identifier: Mapping[str, str]) -> Made:
    """Takes a queue that exists into a stack, as it is."""
    arn = identifier["QueueArn"]
    return arn, {"QueueArn": arn, "Type": "STANDARD"}


def _why_not_there(arn: str) -> str | None:
    """Returns why a queue cannot be imported, or None when it is there."""
    connect = _client(arn.split(":")[3])
    try:
        connect.describe_queue(InstanceId=_instance(arn), QueueId=arn.rpartition("/")[2])
    except connect.exceptions.ClientError as problem:
        return f"Resource of type '{QUEUE}' with identifier '{arn}' was not found: {problem}"
    return None


def _config(properties: Properties) -> dict[str, str]:
    given = properties.get("OutboundCallerConfig") or {}
    return {_MEMBERS[name]: value for name, value in given.items() if name in _MEMBERS}


def _instance(queue_arn: str) -> str:
    return queue_arn.split("/")[1]


@functools.cache
def _client(region: str) -> Any:
    import boto3  # noqa: PLC0415 - only templates with a queue need it

    return boto3.client("connect", region_name=region)


def _connect(properties: Properties) -> Any:
    return _client(str(properties["InstanceArn"]).split(":")[3])
