"""The same config for the primary and the replica of an instance, declared in one place.

A replica has the instance id, the queue ids and the flow ids of its source; only the Region in their ARNs differs. A number
that is claimed to a traffic distribution group is the other way round: its V2 ARN is the same in every Region.
Sources: ReplicateInstance and UpdateQueueOutboundCallerConfig, Amazon Connect API reference.
"""

from collections import Counter
from collections.abc import Mapping
from functools import partial

from constructs import Construct
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import quote

from .arguments import BehaviorArgument, NameArgument, NumberArgument, Problems, is_unresolved, told_of
from .provider_base import ProviderBase
from .queue_outbound_caller_config import QueueOutboundCallerConfig
from .stack_facts import StackFacts


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
    revision: str | None = None,
    providers: Mapping[str, ProviderBase] | None = None,
) -> dict[str, QueueOutboundCallerConfig]:
    """Declares one config for a queue in several Regions, and returns the construct of each Region.

    Args:
        scopes: Region → where its config is made: a stack of that Region, or any stack. In a stack of another Region, or of
            one that is unknown, the instance or the queue is given as an ARN, for a bare id is in the stack's Region.
        id: the constructs' id; if one scope serves several Regions, `-REGION` follows it.
        instance: id or ARN of any Region; each config gets it with its own Region.
        queue: the same way.
        outbound_caller_id_name: the same everywhere.
        outbound_caller_id_number: the same everywhere: the V2 ARN of a number claimed to a traffic distribution group.
        outbound_flow: id or ARN of any Region; each config gets it with its own Region.
        deletion_behavior: the same everywhere.
        revision: the same everywhere.
        providers: Region → provider; by default that of the scope's stack.

    Raises:
        InvalidArguments: a token, since what is Regional has to be known to be moved to another Region, and all that
            `QueueOutboundCallerConfig` raises it for.
    """
    shared = Counter(scopes.values())
    made: dict[str, QueueOutboundCallerConfig] = {}
    regional = {"instance": instance, "queue": queue, **({"outbound_flow": outbound_flow} if outbound_flow else {})}
    for region, scope in scopes.items():
        name = f"{id}-{region}" if shared[scope] > 1 else id
        with told_of("replicate", partial("{0.node.path}/{1}".format, scope, name)) as problems:
            _check(regional, region, scope, problems)
        made[region] = QueueOutboundCallerConfig(
            scope,
            name,
            instance=_moved(instance, region),
            queue=_moved(queue, region),
            outbound_caller_id_name=outbound_caller_id_name,
            outbound_caller_id_number=outbound_caller_id_number,
            outbound_flow=outbound_flow and _moved(outbound_flow, region),
            deletion_behavior=deletion_behavior,
            revision=revision,
            provider=providers.get(region) if providers else None,
        )
    return made


def _check(regional: Mapping[str, object], region: str, scope: Construct, problems: Problems) -> None:
    """Adds a problem for each argument that cannot be moved to a Region."""
    for argument, value in regional.items():
        if not isinstance(value, str) or is_unresolved(value):
            fix = "Give an id or ARN as a string, or declare one QueueOutboundCallerConfig in each Region"
            problems.add(argument, f"is {quote(value)}, not a string that is known at synthesis", fix)
    by_id = not any(str(regional[argument]).startswith("arn:") for argument in ("instance", "queue"))
    if not problems and by_id and StackFacts.of(scope).place.region != region:
        problems.add("instance", f"is an id, and the stack is not known to be in {region}", "Give the instance's ARN")


def _moved(text: str, region: str) -> str:
    """Returns an id as it is, and an ARN with another Region."""
    parts = text.split(":")
    return ":".join([*parts[:3], region, *parts[4:]]) if text.startswith("arn:") and len(parts) > 4 else text
