"""Mistakes that only the rest of the app shows: two configs of one queue, or a resource that sets the same queue."""

from collections.abc import Mapping
from itertools import pairwise

from aws_cdk import Annotations, CfnResource, Reference, Tokenization
from constructs import Construct
from queue_outbound_caller_config_provider.arns import NumberForm
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperty

from .arguments import FIELDS, Arguments, Value, is_unresolved
from .stack_facts import AppFacts, Declared

NUMBER_BY_ID = "queue-outbound-caller-config:numberById"
REGIONS_DIFFER = "queue-outbound-caller-config:regionsDiffer"
QUEUE_SETS_ITS_OWN = "queue-outbound-caller-config:queueSetsItsOwn"
RESTORES_OWN_RESOURCE = "queue-outbound-caller-config:restoresOwnResource"
"""The ids of the warnings, by which `Annotations.of(…).acknowledge_warning(…)` silences them."""


def check_against_app(scope: Construct, arguments: Arguments, region: str | None, facts: AppFacts) -> Declared:
    """Returns where a config is to be noted; raises InvalidProperty if it does not fit what the app declares for its queue."""
    instance_id, queue = arguments.instance_id, arguments.queue.parsed
    if instance_id is None or queue is None or region is None:
        return {}
    declared = facts.configs.setdefault((instance_id, queue.id), {})
    for there, (other, others) in list(declared.items()):
        names, path = " and ".join(_differing(arguments, others)), other.node.scopes
        if any(above.node.try_find_child(below.node.id) is not below for above, below in pairwise(path)):
            del declared[there]  # it, or what it was in, was removed again
        elif there == region:
            fix = "Declare each queue once, all its fields together"
            raise InvalidProperty("queue", f"is one that {other.node.path} of this app sets too", fix)
        elif names:
            problem = f"differ from what {other.node.path} declares for the queue's replica in {there}"
            if not _is_acknowledged(scope, REGIONS_DIFFER):
                fix = f"The Regions mirror each other: declare the same in both, or acknowledge the warning {REGIONS_DIFFER}"
                raise InvalidProperty(names, problem, fix)
    return declared


def _is_acknowledged(scope: Construct, id: str) -> bool:
    """Tells whether a warning about what is in a scope was acknowledged: the CDK does not note it then."""
    # Older CDKs let the scope itself be warned still, so a child is asked.
    child = Construct(scope, f"{id} acknowledged?")
    Annotations.of(child).add_warning_v2(id, id)
    noted = any(id in str(entry.data) for entry in child.node.metadata)
    scope.node.try_remove_child(child.node.id)
    return not noted


def warn(config: Construct, arguments: Arguments, given: Mapping[str, object]) -> None:
    """Adds the warnings about a config that may be right, but need not be."""
    found: dict[str, str] = {}
    number = arguments.number and arguments.number.parsed
    if number and number.form is NumberForm.UUID:
        found[NUMBER_BY_ID] = (
            f"outbound_caller_id_number is the id {number.id}. In a Region other than that of the number's traffic "
            "distribution group Amazon Connect takes no id, so the function has to look the number up there. "
            f"Write its ARN: arn:PARTITION:connect:REGION:ACCOUNT:phone-number/{number.id}"
        )
    queues = _of_app(given["queue"], "AWS::Connect::Queue")
    queues = [queue for queue in queues if getattr(queue, "outbound_caller_config", None) is not None]
    if queues:
        found[QUEUE_SETS_ITS_OWN] = (
            f"{queues[0].node.path} sets its own outbound_caller_config beside this one: whichever is deployed later wins. "
            "To keep this one, retain the queue, then remove it from the app, then import it without the property"
        )
    types = {"outbound_caller_id_number": "AWS::Connect::PhoneNumber", "outbound_flow": "AWS::Connect::ContactFlow"}
    owned = [name for name, type in types.items() if _of_app(given[name], type)]
    if owned and arguments.behavior.parsed is DeletionBehavior.RESTORE:
        found[RESTORES_OWN_RESOURCE] = (
            f"{' and '.join(owned)} of this app may be what the queue had before. Then RESTORE leaves the queue with a resource "
            "that is deleted with the app. If so, use deletion_behavior=DeletionBehavior.CLEAR"
        )
    for id, message in found.items():
        Annotations.of(config).add_warning_v2(id, message)


def _of_app(given: object, type: str) -> list[CfnResource]:
    """Returns the resources of a type that an argument is, or whose attribute it is."""
    tokens = Tokenization.reverse_string(given).tokens if isinstance(given, str) and is_unresolved(given) else []
    found = [given, *(token.target for token in tokens if isinstance(token, Reference))]
    return [one for one in found if isinstance(one, CfnResource) and one.cfn_resource_type == type]


def _differing(one: Arguments, other: Arguments) -> list[str]:
    """Returns the fields that are known to differ."""
    return [name for name, field in FIELDS.items() if _is_different(getattr(one, field), getattr(other, field))]


def _is_different(one: Value[object] | None, other: Value[object] | None) -> bool:
    if one is None or other is None:
        return one is not other
    if one.parsed is None or other.parsed is None:
        return False
    # A number by E.164 has no id. It and one by id can be the same.
    mine, theirs = (getattr(value.parsed, "id", value.text) for value in (one, other))
    return one.text != other.text if mine is theirs is None else None not in (mine, theirs) and mine != theirs
