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
_CALLS = re.compile(r"update_?queue_?outbound_?caller_?config", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_RETAINING = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True)
class OtherWriter:
    """A resource that is not ours and sets a queue's config.

    Attributes:
        logical_id: The resource.
        type: Its type.
        queue_ids: The ids of the queues that it may set, as far as the template says.
        warning: What happens, and what to do instead.
        references: Logical ids that our resources may name in `QueueId` to mean the same queue.
        followed_by: Logical ids of our resources that this deployment updates afterwards, so that they put the queue right.
    """

    logical_id: str
    type: str
    queue_ids: frozenset[str]
    warning: str
    references: frozenset[str] = frozenset()
    followed_by: frozenset[str] = frozenset()


def other_writers(stack: StackTemplate, live: LiveStack, resolver: Resolver) -> Iterator[OtherWriter]:
    """Yields the other writers of a stack: those in its template, and those that this deployment removes."""
    before = live.template.get("Resources") or {}
    for id, resource in stack.resources.items():
        if resource.get("Type") == NATIVE:
            yield from _native(id, resource, before.get(id) or {}, live, _updated(stack.resources, before))
    for id, resource in _callers(stack.resources):
        yield OtherWriter(
            id,
            str(resource.get("Type")),
            _queue_ids(resolver.resolve(resource.get("Properties") or {})),
            f"{id} ({resource.get('Type')}) sets this queue too, so whichever runs last wins. Keep one of them",
            _queues_named(resource, stack.resources),
        )
    for id, resource in _callers({id: one for id, one in before.items() if isinstance(one, dict)}):
        if (
            id not in stack.resources
            and resource.get("DeletionPolicy") not in _RETAINING
            and _writes_on_delete(resource)
        ):
            yield _removed_caller(id, resource, resolver, _queues_named(resource, before))


def _updated(resources: Mapping[str, Mapping[str, Any]], before: Mapping[str, Any]) -> frozenset[str]:
    """Returns our resources that are deployed and change: CloudFormation sends an Update for each."""
    ours = {id: one.get("Properties") for id, one in resources.items() if one.get("Type") == TYPE and id in before}
    return frozenset(id for id, properties in ours.items() if properties != before[id].get("Properties"))


def _native(
    id: str, resource: Mapping[str, Any], before: Mapping[str, Any], live: LiveStack, updated: frozenset[str]
) -> Iterator[OtherWriter]:
    """Yields a queue resource that sets the property, or from which this deployment takes it away."""
    has = "OutboundCallerConfig" in (resource.get("Properties") or {})
    had = "OutboundCallerConfig" in (before.get("Properties") or {})
    if not has and not had:
        return
    deployed = live.resources.get(id)
    queue_ids = frozenset({str(resource_id(deployed.physical_id))} if deployed else ())
    if has:
        warning = f"{id} ({NATIVE}) sets OutboundCallerConfig too, so whichever runs last wins. Remove it there"
    else:
        warning = (
            f"this deployment also removes OutboundCallerConfig from {id} ({NATIVE}), which may empty the queue: "
            "add this resource first, and remove the property together with another `revision` of it"
        )
    yield OtherWriter(id, NATIVE, queue_ids, warning, frozenset({id}), frozenset() if has else updated)


def _callers(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the custom resources that call the API, by their own text or by that of the function behind them."""
    functions = {
        id
        for id, resource in resources.items()
        if resource.get("Type") == "AWS::Lambda::Function" and _CALLS.search(_text(resource))
    }
    for id, resource in resources.items():
        type = str(resource.get("Type", ""))
        custom = type.startswith("Custom::") or type == "AWS::CloudFormation::CustomResource"
        if not custom or type == TYPE:
            continue
        token = _text((resource.get("Properties") or {}).get("ServiceToken"))
        if _CALLS.search(_text(resource)) or any(f'"{function}"' in token for function in functions):
            yield id, resource


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
