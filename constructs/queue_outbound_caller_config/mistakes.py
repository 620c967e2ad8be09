"""Mistakes that only the rest of the app shows: two configs of one queue, and what else sets or deletes what a config names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from aws_cdk import Annotations
from aws_cdk import aws_connect as connect
from constructs import Construct
from queue_outbound_caller_config_provider.arns import NumberForm, same_resource
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperty

from .arguments import Arguments, InvalidArguments, Value
from .stack_facts import StackFacts
from .tokens import constructs_in

T = TypeVar("T")

NUMBER_BY_ID = "queue-outbound-caller-config:numberById"
REGIONS_DIFFER = "queue-outbound-caller-config:regionsDiffer"
QUEUE_SETS_ITS_OWN = "queue-outbound-caller-config:queueSetsItsOwn"
RESTORES_OWN_RESOURCE = "queue-outbound-caller-config:restoresOwnResource"
"""The ids of the warnings, by which `Annotations.of(…).acknowledge_warning(…)` silences them."""


def check_against_app(scope: Construct, id: str, arguments: Arguments, facts: StackFacts) -> None:
    """Raises InvalidArguments if the app declares a config's queue twice, or its two Regions apart."""
    region, declared = _declared(arguments, facts)
    for gone in [there for there, (other, _) in declared.items() if not _is_in_app(other)]:
        del declared[gone]
    for there, (other, others) in declared.items():
        argument, fix = "queue", "Declare each queue once, all its fields together"
        if there == region:
            problem = f"is one that {other.node.path} of this app sets too"
        elif differing := _differing(arguments, others):
            argument = " and ".join(differing)
            problem = f"differ from what {other.node.path} declares for the queue's replica in {there}"
            fix = (
                f"The Regions mirror each other: declare the same in both, or acknowledge the warning {REGIONS_DIFFER}"
            )
            if _is_acknowledged(scope, f"{argument} {problem}"):
                continue
        else:
            continue
        raise InvalidArguments(f"{scope.node.path}/{id}", [InvalidProperty(argument, problem, fix)])


def note(config: Construct, arguments: Arguments, facts: StackFacts) -> None:
    """Notes a config, for those that are declared later."""
    region, declared = _declared(arguments, facts)
    declared[region] = (config, arguments)


def _declared(arguments: Arguments, facts: StackFacts) -> tuple[str, dict[str, tuple[Construct, Arguments]]]:
    """Returns a config's Region, and what the app declares for its queue: Region → the config there and its arguments.

    If the queue or the Region is not known, nothing is.
    """
    instance_id, queue, region = arguments.instance_id, arguments.queue.parsed, arguments.region or facts.place.region
    if instance_id is None or queue is None or region is None:
        return "", {}
    return region, facts.app.configs.setdefault((instance_id, queue.id), {})


def warn(config: Construct, arguments: Arguments, given: Mapping[str, object]) -> None:
    """Adds the warnings about a config that may be right, but need not be."""
    parsed = arguments.number.parsed if arguments.number else None
    if parsed is not None and parsed.form is NumberForm.UUID:
        _warn(
            config,
            NUMBER_BY_ID,
            f"outbound_caller_id_number is the id {parsed.id}. In a Region other than that of the number's traffic "
            "distribution group Amazon Connect takes no id, so the function has to look the number up there. "
            f"Write its ARN: arn:PARTITION:connect:REGION:ACCOUNT:phone-number/{parsed.id}",
        )
    for queue in _of_app(given["queue"], connect.CfnQueue):
        if queue.outbound_caller_config is None:
            continue
        _warn(
            config,
            QUEUE_SETS_ITS_OWN,
            f"{queue.node.path} sets its own outbound_caller_config beside this one: whichever is deployed later wins. Remove "
            "it there, in a deployment that also gives this one another revision",
        )
    if arguments.behavior.parsed is not DeletionBehavior.RESTORE:
        return
    kinds = {"outbound_caller_id_number": connect.CfnPhoneNumber, "outbound_flow": connect.CfnContactFlow}
    if owned := [name for name, kind in kinds.items() if _of_app(given[name], kind)]:
        _warn(
            config,
            RESTORES_OWN_RESOURCE,
            f"{' and '.join(owned)} of this app may be what the queue had before. Then RESTORE leaves the queue with a resource "
            "that is deleted with the app. If so, use deletion_behavior=DeletionBehavior.CLEAR",
        )


def _of_app(given: object, kind: type[T]) -> list[T]:
    """Returns the constructs of a kind that an argument is, or whose attribute it is."""
    found = constructs_in(given) if isinstance(given, str) else [given]
    return [one for one in found if isinstance(one, kind)]


def _differing(one: Arguments, other: Arguments) -> list[str]:
    """Returns the fields that are known to differ."""
    pairs: dict[str, tuple[Value[object] | None, Value[object] | None]] = {
        "outbound_caller_id_name": (one.name, other.name),
        "outbound_caller_id_number": (one.number, other.number),
        "outbound_flow": (one.flow, other.flow),
    }
    return [name for name, (mine, theirs) in pairs.items() if _is_different(mine, theirs)]


def _is_different(one: Value[object] | None, other: Value[object] | None) -> bool:
    if one is None or other is None:
        return one is not other
    if one.parsed is None or other.parsed is None:
        return False
    if isinstance(one.parsed, str):
        return one.text != other.text
    is_e164 = [value.text.startswith("+") for value in (one, other)]
    # A number by E.164 and one by id can be the same.
    return is_e164[0] == is_e164[1] and not same_resource(one.text, other.text)


def _is_acknowledged(scope: Construct, message: str) -> bool:
    """Returns whether the warning about differing Regions is silenced: then the CDK does not note it."""
    _warn(scope, REGIONS_DIFFER, message)
    return not any(REGIONS_DIFFER in str(entry.data) for entry in scope.node.metadata)


def _warn(config: Construct, id: str, message: str) -> None:
    Annotations.of(config).add_warning_v2(id, message)


def _is_in_app(config: Construct) -> bool:
    scope = config.node.scope
    return scope is not None and scope.node.try_find_child(config.node.id) is config
