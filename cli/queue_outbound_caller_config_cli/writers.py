"""What else in a template sets a queue's outbound caller config: it and our resource undo each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from queue_outbound_caller_config_provider.arns import resource_id

from .intrinsics import Resolver, references
from .live_stacks import LiveStack
from .templates import TYPE, StackTemplate

NATIVE = "AWS::Connect::Queue"
AWS_CALLS = "Custom::AWS"
"""The type of `AwsCustomResource`."""
_CALLS = re.compile(r"update_?queue_?outbound_?caller_?config", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
RETAINING = ("Retain", "RetainExceptOnCreate")
_LET_THE_QUEUE_GO = (
    "give the queue DeletionPolicy Retain, then remove it from the template, then import it without the property"
)


@dataclass(frozen=True)
class OtherWriter:
    """A resource that is not ours and sets a queue's config.

    Attributes:
        logical_id: The resource.
        type: Its type.
        queue_ids: The ids of the queues that it may set, as far as the template says.
        warning: What happens, and what to do instead.
        references: Logical ids that our resources may name in `QueueId` to mean the same queue.
    """

    logical_id: str
    type: str
    queue_ids: frozenset[str]
    warning: str
    references: frozenset[str] = frozenset()


def other_writers(stack: StackTemplate, live: LiveStack, resolver: Resolver) -> Iterator[OtherWriter]:
    """Yields the other writers of a stack: those in its template, and those that this deployment removes."""
    deployed = live.template.get("Resources") or {}
    before = {id: resource for id, resource in deployed.items() if isinstance(resource, dict)}
    for id in sorted(before.keys() | stack.resources.keys()):
        warning = _of_native(id, stack.resources.get(id) or {}, before.get(id) or {})
        if warning:
            queue = live.resources.get(id)
            queue_ids = frozenset({str(resource_id(queue.physical_id))} if queue else ())
            yield OtherWriter(id, NATIVE, queue_ids, warning, frozenset({id}))
    for id, resource in _callers(stack.resources):
        yield OtherWriter(
            id,
            str(resource.get("Type")),
            _queue_ids(resolver.resolve(resource.get("Properties") or {})),
            f"{id} ({resource.get('Type')}) sets this queue too, so whichever runs last wins. Keep one of them",
            _queues_named(resource, stack.resources),
        )
    for id, resource in _callers(before):
        if (
            id not in stack.resources
            and resource.get("DeletionPolicy") not in RETAINING
            and _writes_on_delete(resource)
        ):
            yield _removed_caller(id, resource, resolver, _queues_named(resource, before))


def _of_native(id: str, resource: Mapping[str, Any], before: Mapping[str, Any]) -> str | None:
    """Returns what happens if a queue resource sets the property, or if this deployment removes it or the whole queue."""
    has, had = (_sets_property(one) for one in (resource, before))
    if has:
        return (
            f"{id} ({NATIVE}) sets OutboundCallerConfig too, so whichever runs last wins. "
            f"Keep one of them: to keep this resource, {_LET_THE_QUEUE_GO}"
        )
    if had and resource:
        return (
            f"this deployment removes OutboundCallerConfig from {id} ({NATIVE}), which may empty the queue: "
            f"instead, {_LET_THE_QUEUE_GO}"
        )
    if before.get("Type") == NATIVE and not resource and before.get("DeletionPolicy") not in RETAINING:
        return (
            f"this deployment deletes {id} ({NATIVE}), and so the queue: to keep it, deploy DeletionPolicy Retain first"
        )
    return None


def _sets_property(resource: Mapping[str, Any]) -> bool:
    return resource.get("Type") == NATIVE and "OutboundCallerConfig" in (resource.get("Properties") or {})


def _callers(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the custom resources that call the API: they say so, or the function behind them does or is allowed to."""
    for id, resource in resources.items():
        type = str(resource.get("Type", ""))
        if type == TYPE or not type.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
            continue
        token = (resource.get("Properties") or {}).get("ServiceToken")
        behind = () if type == AWS_CALLS else _behind(token, resources)  # one function makes the calls of all of those
        if any(_CALLS.search(_text(one)) for one in (resource, *behind)):
            yield id, resource


def _behind(token: Any, resources: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yields what a service token leads to: functions, those that they name, their roles, and the policies of those."""
    found, waiting = set(), list(references(token))
    while waiting:
        id = waiting.pop()
        resource = resources.get(id, {})
        type = str(resource.get("Type", ""))
        if id in found or not type.startswith(("AWS::Lambda::", "AWS::IAM::")):
            continue
        found.add(id)
        yield resource
        if type.startswith("AWS::Lambda::"):
            waiting += references(resource.get("Properties"))
        elif type == "AWS::IAM::Role":
            waiting += [one for one, policy in resources.items() if id in _roles_of(policy)]


def _roles_of(policy: Mapping[str, Any]) -> set[str]:
    is_policy = policy.get("Type") in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    return set(references((policy.get("Properties") or {}).get("Roles"))) if is_policy else set()


def _writes_on_delete(resource: Mapping[str, Any]) -> bool:
    """Tells whether a resource's Delete writes: `AwsCustomResource` says which call it makes, a function of one's own may."""
    calls = {name: (resource.get("Properties") or {}).get(name) for name in ("Create", "Update", "Delete")}
    return bool(_CALLS.search(_text(calls["Delete"]))) or not _CALLS.search(_text(calls))


def _removed_caller(id: str, resource: Mapping[str, Any], resolver: Resolver, named: frozenset[str]) -> OtherWriter:
    return OtherWriter(
        id,
        str(resource.get("Type")),
        _queue_ids(resolver.resolve(resource.get("Properties") or {})),
        f"this deployment removes {id} ({resource.get('Type')}), whose Delete may write to the queue after this resource "
        "did: give it DeletionPolicy Retain first, or deploy another `revision` afterwards",
        named,
    )


def _queues_named(resource: Mapping[str, Any], resources: Mapping[str, Any]) -> frozenset[str]:
    """Returns the logical ids of the queues that a resource refers to."""
    named = references(resource.get("Properties") or {})
    return frozenset(id for id in named if (resources.get(id) or {}).get("Type") == NATIVE)


def _queue_ids(value: Any) -> frozenset[str]:
    """Returns every id in a value: one of them may be the queue's."""
    return frozenset(id.lower() for id in _UUID.findall(_text(value)))


def _text(value: Any) -> str:
    return json.dumps(value, default=str)
