"""Where the public documentation leaves a point open: what the emulator answers there, and its other readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "omitted_member": ("cleared", "kept"),
    "returned_form": ("id", "as_written", "arn", "v1"),
    "v1_number_arns": ("refused", "accepted"),
    "unusable_number": ("ResourceNotFoundException", "InvalidParameterException"),
}


class SettingError(ValueError):
    """There is no such setting, or it has no such reading."""


@dataclass(frozen=True)
class Settings:
    """How open points are read.

    Attributes:
        omitted_member: what UpdateQueueOutboundCallerConfig does with a member that the request leaves out.
        returned_form: how DescribeQueue names the number and the flow: ids, the text that was written, the V2 ARN and
            the flow's ARN, or the V1 ARN and the flow's ARN.
        v1_number_arns: whether UpdateQueueOutboundCallerConfig takes a V1 ARN of its own Region and instance.
        unusable_number: the code for a number that is there, but not for this instance to use.
    """

    omitted_member: str = "cleared"
    returned_form: str = "id"
    v1_number_arns: str = "refused"
    unusable_number: str = "ResourceNotFoundException"

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """Returns these settings with some changed; raises SettingError for what is unknown."""
        known = {entry.name for entry in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise SettingError(f"there is no setting '{name}', only {', '.join(sorted(known))}")
            if value not in CHOICES[name]:
                raise SettingError(f"{name} is {' or '.join(CHOICES[name])}, not '{value}'")
        return replace(self, **changes)

    def to_json(self) -> dict[str, str]:
        """Returns the settings by name."""
        return asdict(self)
