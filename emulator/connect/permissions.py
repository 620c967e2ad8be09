"""Which resources an operation touches, so that IAM is asked about each, and what IAM knows about the request.

From the service authorization reference of Amazon Connect; for the number in both ARN forms, from the admin guide,
"Allow or Deny queue API actions for phone numbers in a replica Region".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .arns import UUID, parse_arn, resource_id
from .authorization import Statement, decide, statements
from .refusal import Refusal
from .state import World

DEFAULT_KEY = "*"
"""The name under which the policies of every caller stand that has none of its own."""


@dataclass(frozen=True)
class Touched:
    """One resource that an operation touches, and the condition keys that IAM knows about it."""

    resource: str
    context: Mapping[str, str]


def touched(world: World, operation: str, region: str, request: Mapping[str, Any]) -> list[Touched]:
    """Returns the resources that a call touches. `world` is needed for the Region where a number was claimed."""
    return list(_TOUCHED[operation](_Asked(world, region, request)))


class _Asked:
    """A request, and the parts of it from which ARNs and condition keys are made."""

    def __init__(self, world: World, region: str, request: Mapping[str, Any]) -> None:
        self.world, self.region, self.request, self.account = world, region, request, world.account
        self.instance_id = resource_id(request.get("InstanceId") or "")
        self.plain = {"aws:RequestedRegion": region}
        self.of_instance = {**self.plain, "connect:InstanceId": self.instance_id}

    @property
    def queue(self) -> str:
        """The queue's ARN."""
        return self.account.queue(self.region, self.instance_id, resource_id(self.request["QueueId"]))

    def flow(self, text: str) -> str:
        """Returns the ARN of a flow of the request's instance."""
        return self.account.flow(self.region, self.instance_id, resource_id(text))

    def number(self, text: str) -> str:
        """Returns a number's V2 ARN.

        Its Region is the one where the number was claimed, if there is such a number; else the one that the request says.
        """
        arn = parse_arn(text)
        if arn is not None and arn.resource.startswith("phone-number/"):
            return text
        number = self.world.numbers.get(resource_id(text))
        return self.world.number_arn(number) if number else self.account.number(self.region, resource_id(text))


def _queue(asked: _Asked) -> Iterator[Touched]:
    queue = asked.world.queue(asked.region, asked.instance_id, resource_id(asked.request["QueueId"]))
    tags = {f"aws:ResourceTag/{key}": value for key, value in queue.tags.items()} if queue else {}
    yield Touched(asked.queue, {**asked.of_instance, **tags})


def _caller_config(asked: _Asked) -> Iterator[Touched]:
    """Yields the queue, and the flow and the number where the request has them."""
    yield from _queue(asked)
    yield from _named_in_the_config(asked)


def _named_in_the_config(asked: _Asked) -> Iterator[Touched]:
    """Yields the flow and the number of a config: the number in both ARN forms."""
    config = asked.request.get("OutboundCallerConfig") or {}
    flow, number = config.get("OutboundFlowId"), config.get("OutboundCallerIdNumberId")
    if flow:
        yield Touched(asked.flow(flow), asked.of_instance)
    # What names no number at all is left to the operation to refuse.
    if number and (UUID.fullmatch(number) or parse_arn(number)):
        yield Touched(asked.number(number), asked.of_instance)
        yield Touched(asked.account.number_v1(asked.region, asked.instance_id, resource_id(number)), asked.of_instance)


def _new_queue(asked: _Asked) -> Iterator[Touched]:
    """Yields every queue of the instance, since the new one has no ARN yet, its hours and what its config names."""
    tags = {f"aws:RequestTag/{key}": value for key, value in (asked.request.get("Tags") or {}).items()}
    hours = f"instance/{asked.instance_id}/operating-hours/{resource_id(asked.request['HoursOfOperationId'])}"
    for part in (
        Touched(asked.account.queue(asked.region, asked.instance_id, "*"), asked.of_instance),
        Touched(asked.account.arn(asked.region, hours), asked.of_instance),
        *_named_in_the_config(asked),
    ):
        yield Touched(part.resource, {**part.context, **tags})


def _flow(asked: _Asked) -> Iterator[Touched]:
    text = asked.request["ContactFlowId"]
    instance = asked.world.instance(asked.region, asked.instance_id)
    flow = instance.flows.get(resource_id(text)) if instance else None
    flow_type = {"connect:FlowType": flow.type} if flow else {}
    yield Touched(asked.flow(text), {**asked.of_instance, **flow_type})


def _number(asked: _Asked) -> Iterator[Touched]:
    yield Touched(asked.number(asked.request["PhoneNumberId"]), asked.plain)


def _group(asked: _Asked) -> Iterator[Touched]:
    text = asked.request["TrafficDistributionGroupId"]
    yield Touched(text if parse_arn(text) else asked.account.group(asked.region, text), asked.plain)


def _instance(asked: _Asked) -> Iterator[Touched]:
    yield Touched(asked.account.instance(asked.region, asked.instance_id), asked.of_instance)


def _all_numbers(asked: _Asked) -> Iterator[Touched]:
    yield Touched(asked.account.number(asked.region, "*"), asked.plain)


def _all_numbers_v1(asked: _Asked) -> Iterator[Touched]:
    yield Touched(asked.account.number_v1(asked.region, asked.instance_id, "*"), asked.plain)


def _all_queues(asked: _Asked) -> Iterator[Touched]:
    yield Touched(asked.account.queue(asked.region, asked.instance_id, "*"), asked.plain)


def _all_groups(asked: _Asked) -> Iterator[Touched]:
    yield Touched(asked.account.group(asked.region, "*"), asked.plain)


def _all_flows(asked: _Asked) -> Iterator[Touched]:
    yield Touched(asked.account.flow(asked.region, asked.instance_id, "*"), asked.of_instance)


def _everything(asked: _Asked) -> Iterator[Touched]:
    """Yields `*`: the operation has no resource type, so that a policy can allow it on everything alone."""
    yield Touched("*", asked.plain)


_TOUCHED: dict[str, Callable[[_Asked], Iterator[Touched]]] = {
    "CreateQueue": _new_queue,
    "DeleteQueue": _queue,
    "DescribeContactFlow": _flow,
    "DescribeInstance": _instance,
    "DescribePhoneNumber": _number,
    "DescribeQueue": _queue,
    "DescribeTrafficDistributionGroup": _group,
    "ListContactFlows": _all_flows,
    "ListInstances": _everything,
    "ListPhoneNumbers": _all_numbers_v1,
    "ListPhoneNumbersV2": _all_numbers,
    "ListQueues": _all_queues,
    "ListTrafficDistributionGroups": _all_groups,
    "SearchContactFlows": _instance,
    "SearchQueues": _instance,
    "UpdateQueueOutboundCallerConfig": _caller_config,
}


class Policies:
    """The policies of the callers, told apart by access key id; without any, all may do everything."""

    def __init__(self) -> None:
        self._documents: dict[str, list[dict[str, Any]]] = {}
        self._statements: dict[str, list[Statement]] = {}

    def set(self, access_key: str, documents: Sequence[dict[str, Any]]) -> None:
        """Gives a caller (or `*`, every caller that has none of its own) its policy documents.

        Raises:
            UnsupportedPolicy: a document has a part that the judgement does not know.
        """
        self._statements[access_key] = [entry for document in documents for entry in statements(document)]
        self._documents[access_key] = list(documents)

    def clear(self, access_key: str | None = None) -> None:
        """Takes away a caller's policies, or everyone's: without policies nothing is restricted."""
        if access_key is None:
            self._documents.clear()
            self._statements.clear()
        else:
            self._documents.pop(access_key, None)
            self._statements.pop(access_key, None)

    def all(self) -> dict[str, list[dict[str, Any]]]:
        """Returns the policy documents of each caller."""
        return dict(self._documents)

    def check(self, world: World, operation: str, region: str, access_key: str, request: Mapping[str, Any]) -> None:
        """Raises Refusal, in IAM's words, at the first resource on which a caller may not do this."""
        parsed = self._statements.get(access_key, self._statements.get(DEFAULT_KEY))
        if parsed is None:
            return
        action = f"connect:{operation}"
        for part in touched(world, operation, region, request):
            arn = parse_arn(part.resource)
            owner = {"aws:ResourceAccount": arn.account} if arn else {}
            decision = decide(parsed, action, part.resource, {**part.context, **owner})
            if not decision.allowed:
                partition, account = world.account.partition, world.account.id
                user = f"arn:{partition}:sts::{account}:assumed-role/emulated/{access_key}"
                why = (
                    "with an explicit deny in an identity-based policy"
                    if decision.explicit
                    else f"because no identity-based policy allows the {action} action"
                )
                raise Refusal(
                    "AccessDeniedException",
                    f"User: {user} is not authorized to perform: {action} on resource: {part.resource} {why}",
                )
