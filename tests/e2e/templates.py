"""The parts of templates that the end-to-end tests deploy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emulator.connect.sample import INSTANCE

Template = Callable[..., dict[str, Any]]
"""Makes a template of resources by their logical ids."""


def resource(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The resource of a template, on the sample's instance."""
    return {
        "Type": "Custom::ConnectQueueOutboundCallerConfig",
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "InstanceId": INSTANCE, **properties},
    }


def sets(queue: str, **config: str) -> dict[str, object]:
    """The properties of a resource that sets a queue's config."""
    return {"QueueId": queue, "OutboundCallerConfig": config}
