"""Mistakes that only the rest of the app shows: two configs of one queue, and what else sets or deletes what a config names."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Annotations
from aws_cdk import aws_connect as connect
from constructs import Construct
from queue_outbound_caller_config_provider.arns import NumberForm, same_resource
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperty

from .arguments import Arguments, InvalidArguments, Value
from .stack_facts import StackFacts

NUMBER_BY_ID = "queue-outbound-caller-config:numberById"
REGIONS_DIFFER = "queue-outbound-caller-config:regionsDiffer"
QUEUE_SETS_ITS_OWN = "queue-outbound-caller-config:queueSetsItsOwn"
RESTORES_OWN_RESOURCE = "queue-outbound-caller-config:restoresOwnResource"
"""The ids of the warnings, by which `Annotations.of(…).acknowledge_warning(…)` silences them."""


def check_against_app(config: Construct, arguments: Arguments, facts: StackFacts) -> None:
    """Raises InvalidArguments if the app declares the same queue twice, or its two Regions apart."""
    instance_id, queue, region = arguments.instance_id, arguments.queue.parsed, arguments.region or facts.place.region
    if instance_id is None or queue is None or region is None:
        return
    declared = facts.app.configs.setdefault((instance_id, queue.id), {})
    for gone in [known for known, (other, _) in declared.items() if not _is_in_app(other)]:
        del declared[gone]
    if region in declared:
        other, _ = declared[region]
        problem = f"is {queue.id}, which {other.node.path} of this app sets too"
        raise InvalidArguments(
            config.node.path, [InvalidProperty("queue", problem, "Declare each queue once, all its fields together")]
        )
    for there, (other, others) in declared.items():
        differing = _differing(arguments, others)
        if differing and not _is_acknowledged(config, other, there, differing):
            what = f"differ from those that {other.node.path} declares for the queue's replica in {there}"
            fix = "One queue is mirrored between the two Regions: declare the same in both, or acknowledge the warning"
            raise InvalidArguments(
                config.node.path, [InvalidProperty(" and ".join(differing), what, f"{fix} {REGIONS_DIFFER}")]
            )
    declared[region] = (config, arguments)


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
    queue = given["queue"]
    if isinstance(queue, connect.CfnQueue) and queue.outbound_caller_config is not None:
        _warn(
            config,
            QUEUE_SETS_ITS_OWN,
            f"{queue.node.path} sets its own outbound_caller_config beside this one: whichever is deployed later wins. Remove "
            "it there, in a deployment that also gives this one another revision",
        )
    kinds = {"outbound_caller_id_number": connect.CfnPhoneNumber, "outbound_flow": connect.CfnContactFlow}
    owned = [name for name, kind in kinds.items() if isinstance(given[name], kind)]
    if owned and arguments.behavior.parsed is DeletionBehavior.RESTORE:
        _warn(
            config,
            RESTORES_OWN_RESOURCE,
            f"{' and '.join(owned)} of this app may be what the queue had before. Then RESTORE leaves the queue with a resource "
            "that is deleted with the app. If so, use deletion_behavior=DeletionBehavior.CLEAR",
        )


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


def _is_acknowledged(config: Construct, other: Construct, region: str, differing: list[str]) -> bool:
    """Returns whether the warning about differing Regions is silenced for a config: then the CDK does not note it."""
    _warn(config, REGIONS_DIFFER, f"{' and '.join(differing)} differ from {other.node.path} in {region}")
    return not any(REGIONS_DIFFER in str(entry.data) for entry in config.node.metadata)


def _warn(config: Construct, id: str, message: str) -> None:
    Annotations.of(config).add_warning_v2(id, message)


def _is_in_app(config: Construct) -> bool:
    scope = config.node.scope
    return scope is not None and scope.node.try_find_child(config.node.id) is config
