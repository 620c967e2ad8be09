"""The same config for the primary and the replica of an instance, declared in one place.

A replica has the instance id, the queue ids and the flow ids of its source; only the Region in their ARNs differs. A number
that is claimed to a traffic distribution group is the other way round: its V2 ARN is the same in every Region.
Sources: ReplicateInstance and UpdateQueueOutboundCallerConfig, Amazon Connect API reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from constructs import Construct
from queue_outbound_caller_config_provider.arns import Instance, InstanceResource, Place
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote

from .arguments import BehaviorArgument, InvalidArguments, NameArgument, NumberArgument
from .provider_base import ProviderBase
from .queue_outbound_caller_config import QueueOutboundCallerConfig
from .stack_facts import StackFacts
from .tokens import is_unresolved


def replicate(
    scopes: Mapping[str, Construct],
    id: str,
    *,
    instance: str,
    queue: str,
    outbound_caller_id_name: NameArgument | None = None,
    outbound_caller_id_number: NumberArgument | None = None,
    outbound_flow: str | None = None,
    deletion_behavior: BehaviorArgument = DeletionBehavior.RESTORE,
    providers: Mapping[str, ProviderBase] | None = None,
) -> dict[str, QueueOutboundCallerConfig]:
    """Declares one config for a queue in several Regions, and returns the construct of each Region.

    Arguments:
        scopes: Region → where its config is made: a stack of that Region, or any stack. In a stack of another Region, or of
            one that is unknown, the instance or the queue has to be given as an ARN, for a bare id is in the stack's Region.
        id: the constructs' id; where one scope serves several Regions, `-REGION` follows it.
        instance: id or ARN of any Region; each config gets it with its own Region.
        queue: likewise.
        outbound_caller_id_name: the same everywhere.
        outbound_caller_id_number: the same everywhere: the V2 ARN of a number claimed to a traffic distribution group.
        outbound_flow: id or ARN of any Region, likewise with each config's own.
        deletion_behavior: the same everywhere.
        providers: Region → provider; by default that of the scope's stack.

    Raises InvalidArguments for a token, since what is Regional has to be known to be moved to another Region, and for all
    that `QueueOutboundCallerConfig` raises it for.
    """
    shared = Counter(scopes.values())
    made: dict[str, QueueOutboundCallerConfig] = {}
    for region, scope in scopes.items():
        name = f"{id}-{region}" if shared[scope] > 1 else id
        path = f"{scope.node.path}/{name}"
        problems: list[InvalidProperty] = []
        the_instance = _in_region(region, instance, "instance", problems)
        the_queue = _in_region(region, queue, "queue", problems)
        the_flow = None if outbound_flow is None else _in_region(region, outbound_flow, "outbound_flow", problems)
        is_placed = (the_instance + the_queue).count("arn:") > 0
        if not problems and not is_placed and StackFacts.of(scope).place.region != region:
            problems.append(
                InvalidProperty(
                    "instance", f"is an id, and the stack is not known to be in {region}", "Give the instance's ARN"
                )
            )
        if problems:
            raise InvalidArguments(path, problems, what="replicate")
        made[region] = QueueOutboundCallerConfig(
            scope,
            name,
            instance=the_instance,
            queue=the_queue,
            outbound_caller_id_name=outbound_caller_id_name,
            outbound_caller_id_number=outbound_caller_id_number,
            outbound_flow=the_flow,
            deletion_behavior=deletion_behavior,
            provider=providers.get(region) if providers else None,
        )
    return made


def _in_region(region: str, value: object, argument: str, problems: list[InvalidProperty]) -> str:
    """Returns an id as it is, and an ARN with another Region."""
    if not isinstance(value, str) or is_unresolved(value):
        what = quote(value) if isinstance(value, str) else f"a {type(value).__name__}"
        problems.append(
            InvalidProperty(
                argument,
                f"is {what}, which only the deployment of one Region knows",
                "Give an id or ARN as text, or declare one QueueOutboundCallerConfig in each Region",
            )
        )
        return ""
    try:
        if argument == "instance":
            instance = Instance.parse(value, argument)
            return (
                instance.id if instance.place is None else _moved(instance.place, region).arn(f"instance/{instance.id}")
            )
        kind, parse = _KINDS[argument]
        resource = parse(value, argument)
    except InvalidProperty as problem:
        problems.append(problem)
        return ""
    if resource.place is None:
        return resource.id
    return _moved(resource.place, region).arn(f"instance/{resource.instance_id}/{kind}/{resource.id}")


_KINDS = {
    "queue": ("queue", InstanceResource.parse_queue),
    "outbound_flow": ("contact-flow", InstanceResource.parse_flow),
}


def _moved(place: Place, region: str) -> Place:
    return replace(place, region=region)
