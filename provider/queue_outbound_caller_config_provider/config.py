"""An outbound caller config as a value: what is set, how two overlay, when two are the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .arns import resource_id

PROPERTY_OF = {"name": "OutboundCallerIdName", "number": "OutboundCallerIdNumberId", "flow": "OutboundFlowId"}
"""The resource's property (and the API's member) of each field."""
FIELDS = tuple(PROPERTY_OF)


class DeletionBehavior(StrEnum):
    """What the queue is left with when its final owner is removed."""

    RESTORE = "RESTORE"
    """The config that it had before the first write: the baseline."""
    CLEAR = "CLEAR"
    """Nothing: name, number and flow unset. Fields that are not declared are unset from the start."""
    RETAIN = "RETAIN"
    """What it has then."""


@dataclass(frozen=True, slots=True)
class CallerConfig:
    """Outbound caller ID name, number (id or ARN) and outbound whisper flow (id); None is unset."""

    name: str | None = None
    number: str | None = None
    flow: str | None = None

    @classmethod
    def from_api(cls, member: Mapping[str, str] | None) -> "CallerConfig":
        """Returns the config of an API's `OutboundCallerConfig` member; an empty string counts as unset.

        The flow is an id, which is right in both Regions of an instance: its ARN would be of one.
        """
        name, number, flow = ((member or {}).get(name) for name in PROPERTY_OF.values())
        return cls(name or None, number or None, resource_id(flow))

    def to_api(self) -> dict[str, str]:
        """Returns the API's member; unset fields are left out, since the API rejects empty strings."""
        return {name: value for field, name in PROPERTY_OF.items() if (value := getattr(self, field)) is not None}

    def over(self, base: "CallerConfig") -> "CallerConfig":
        """Returns this config, its unset fields filled in from `base`."""
        return CallerConfig(self.name or base.name, self.number or base.number, self.flow or base.flow)

    def without(self, *fields: str) -> "CallerConfig":
        """Returns the config with the named fields unset."""
        return replace(self, **dict.fromkeys(fields))

    def same_as(self, other: "CallerConfig") -> bool:
        """Tells whether both mean the same; a number or flow is the same as UUID and as ARN."""
        return self.by_id() == other.by_id()

    def same_but_number(self, other: "CallerConfig") -> bool:
        """Tells whether both mean the same but for the number."""
        return self.without("number").same_as(other.without("number"))

    def unset_but_in(self, other: "CallerConfig") -> tuple[str, ...]:
        """Returns the fields that are unset here and set in `other`."""
        return tuple(field for field in FIELDS if getattr(self, field) is None and getattr(other, field) is not None)

    def differs_from(self, other: "CallerConfig") -> tuple[str, ...]:
        """Returns the properties that are not the same in `other`."""
        mine, theirs = self.by_id(), other.by_id()
        return tuple(PROPERTY_OF[field] for field in FIELDS if mine[field] != theirs[field])

    def by_id(self) -> dict[str, str | None]:
        """Returns the config to be compared or logged: the number and the flow by id."""
        return {"name": self.name, "number": resource_id(self.number), "flow": resource_id(self.flow)}


class Mirroring(StrEnum):
    """What was seen to be mirrored of a queue's caller config between its two Regions."""

    ALL = "all"
    BUT_NUMBER = "all but the number"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue as DescribeQueue showed it.

    Attributes:
        config: Its outbound caller config.
        modified_in: The Region of its newest change, if the service says so; the twin Region after a mirrored change.
        age: Seconds since its newest change, by the service's own clock; None if the service does not say.
    """

    config: CallerConfig
    modified_in: str | None = None
    age: float | None = None
