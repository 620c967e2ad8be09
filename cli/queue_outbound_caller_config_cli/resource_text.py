"""A discovery as a CloudFormation template, or as Python for a CDK app."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import yaml
from queue_outbound_caller_config_provider.config import CallerConfig
from queue_outbound_caller_config_provider.schedule import chains_of

from .discovery import Discovery, Found
from .errors import CannotTell
from .templates import TYPE
from .toml_text import comment

_ARGUMENT_OF = {"name": "outbound_caller_id_name", "number": "outbound_caller_id_number", "flow": "outbound_flow"}
_MOST_RESOURCES = 500

_DIFFER = (
    "    Annotations.of(stack).acknowledge_warning(",
    '        "queue-outbound-caller-config:regionsDiffer", "the queues of the two Regions were found to differ"',
    "    )",
)


def cloudformation_text(discovery: Discovery) -> str:
    """Returns a template for every Region of the discovery: a condition picks what belongs to the Region of the stack.

    CloudFormation starts resources side by side, so they are put into chains by DependsOn to keep to Amazon Connect's quota.

    Raises:
        CannotTell: It would have more resources than CloudFormation takes.
    """
    conditions: dict[str, Any] = {}
    resources: dict[str, Any] = {}
    active: dict[str, set[str]] = {region: set() for region in discovery.instance.regions}
    for queue in discovery.queues:
        everywhere = queue.is_alike and set(queue.configs) == set(discovery.instance.regions)
        for region, config in queue.configs.items():
            suffix = "" if everywhere else "".join(part.title() for part in region.split("-"))
            if suffix:
                conditions[f"Is{suffix}"] = {"Fn::Equals": [{"Ref": "AWS::Region"}, region]}
            resources[queue.key + suffix] = _resource(discovery, queue, config, f"Is{suffix}" if suffix else None)
            active[region].add(queue.key + suffix)
    if len(resources) > _MOST_RESOURCES:
        raise CannotTell(
            f"CloudFormation takes {_MOST_RESOURCES} resources in a template, and this one would have {len(resources)}. "
            "Write several: one for each --region, or for some queues by --name"
        )
    for chain in chains_of(list(resources)):
        for names in active.values():
            # Each Region has its own links. A resource of both Regions may not depend on one with a condition, so it comes first.
            links = sorted((one for one in chain if one in names), key=lambda one: "Condition" in resources[one])
            for earlier, name in pairwise(links):
                resources[name]["DependsOn"] = sorted({*resources[name].get("DependsOn", ()), earlier})
    template = {
        "Parameters": {"ServiceToken": {"Type": "String", "Description": "The ARN of the provider's function"}},
        **({"Conditions": conditions} if conditions else {}),
        "Resources": resources,
    }
    return str(yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=120))


def cdk_text(discovery: Discovery) -> str:
    """Returns a Python function that declares the queues in a stack of each Region."""
    differ = any(not queue.is_alike for queue in discovery.queues)
    lines = [
        '"""The outbound caller configs of an instance, as they were found. Deploying them changes no queue."""',
        "",
        "from aws_cdk import Annotations, Stack" if differ else "from aws_cdk import Stack",
        "from queue_outbound_caller_config import QueueOutboundCallerConfig",
        "",
        f"INSTANCE = {json.dumps(discovery.instance.id)}",
        "",
        "",
        "def add_caller_configs(stack: Stack, region: str) -> None:",
        '    """Declares the queues of a Region in a stack of that Region."""',
        *(_DIFFER if differ else ()),
    ]
    for region in discovery.instance.regions:
        lines.append(f"    if region == {json.dumps(region)}:")
        block = [line for queue in discovery.queues if region in queue.configs for line in _call(queue, region)]
        lines += [f"        {line}" for line in block or ["pass"]]
    return "\n".join(lines) + "\n"


def _resource(discovery: Discovery, queue: Found, config: CallerConfig, condition: str | None) -> dict[str, Any]:
    return {
        "Type": TYPE,
        **({"Condition": condition} if condition else {}),
        "Properties": {
            "ServiceToken": {"Ref": "ServiceToken"},
            "InstanceId": discovery.instance.id,
            "QueueId": queue.id,
            "OutboundCallerConfig": config.to_api(),
        },
    }


def _call(queue: Found, region: str) -> list[str]:
    config = queue.configs[region]
    values = {argument: getattr(config, field) for field, argument in _ARGUMENT_OF.items()}
    return [
        "QueueOutboundCallerConfig(",
        f"    stack, {json.dumps(queue.key)}, instance=INSTANCE, queue={json.dumps(queue.id)},  # {comment(queue.name)}",
        *(f"    {argument}={value!r}," for argument, value in values.items() if value is not None),
        ")",
    ]
