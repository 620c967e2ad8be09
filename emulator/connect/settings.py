"""Where the public documentation leaves a point open: what the emulator answers there, and its other readings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

SEEN = Path(__file__).parents[2] / "conformance" / "seen.json"
"""What the conformance checks have seen."""
CHOICES: dict[str, tuple[str, ...]] = {
    "omitted_member": ("cleared", "kept"),
    "returned_form": ("id", "as_written", "arn", "v1"),
    "v1_number_arns": ("refused", "accepted"),
    "unusable_number": ("ResourceNotFoundException", "InvalidParameterException"),
    "unset_config": ("absent", "empty", "null"),
    "last_modified": ("given", "absent"),
    "throttling_code": ("ThrottlingException", "TooManyRequestsException"),
    "quota_scope": ("operation", "region"),
    "refused_calls": ("take none", "take some"),
    "group_listing": ("listed", "InvalidRequestException", "AccessDeniedException"),
    "unfinished_numbers": ("listed", "not listed"),
    "mirroring": ("everything", "everything but the number", "nothing"),
    "mirrored_time": ("written", "arrived"),
}
RANGES: dict[str, tuple[float, float]] = {"mirroring_delay": (0.0, 30 * 60.0)}
"""Settings that are numbers, with the smallest and the largest value."""


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
        unset_config: OutboundCallerConfig in DescribeQueue's answer about a queue that has none: absent, `{}` or null.
        last_modified: whether DescribeQueue gives LastModifiedTime and LastModifiedRegion.
        throttling_code: the code of a call that is over the quota.
        quota_scope: whether each operation of a Region has a token bucket of its own, or all share one.
        refused_calls: whether a call that is over the quota takes what is left of a token.
        group_listing: whether ListTrafficDistributionGroups lists groups, or is refused with a code, as it may be in a
            Region without Global Resiliency or for an account that was not enabled for it.
        unfinished_numbers: whether ListPhoneNumbersV2 lists numbers whose claim is not finished, or has failed.
        mirroring: which part of a queue's caller config is mirrored between an instance and its replica.
        mirroring_delay: seconds until a mirrored write arrives in the other Region.
        mirrored_time: the LastModifiedTime of a queue after a mirrored write: when it was written, or when it arrived.
    """

    omitted_member: str = "cleared"
    returned_form: str = "id"
    v1_number_arns: str = "refused"
    unusable_number: str = "ResourceNotFoundException"
    unset_config: str = "absent"
    last_modified: str = "given"
    throttling_code: str = "ThrottlingException"
    quota_scope: str = "operation"
    refused_calls: str = "take none"
    group_listing: str = "listed"
    unfinished_numbers: str = "listed"
    mirroring: str = "everything"
    mirroring_delay: float = 0.0
    mirrored_time: str = "written"

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """Returns these settings with some changed; raises SettingError for what is unknown."""
        known = {entry.name for entry in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise SettingError(f"there is no setting '{name}', only {', '.join(sorted(known))}")
            if name in RANGES:
                _check_range(name, value)
            elif value not in CHOICES[name]:
                raise SettingError(f"{name} is {' or '.join(CHOICES[name])}, not '{value}'")
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Returns the settings by name."""
        return asdict(self)

    def changes(self) -> dict[str, Any]:
        """Returns the settings that are not at their default."""
        return {name: value for name, value in asdict(self).items() if value != getattr(defaults(), name)}


def seen_on_aws(path: Path = SEEN) -> dict[str, str]:
    """Returns the readings of settings that the conformance checks have seen on AWS; none where there is no such file."""
    if not path.exists():
        return {}
    points = json.loads(path.read_text()).get("points", {}).values()
    return {each["setting"]: each["aws"]["reading"] for each in points if "setting" in each and "aws" in each}


@cache
def defaults() -> Settings:
    """Returns the settings that an emulator starts with: what AWS was seen to do, else what documentation suggests."""
    known = {name: reading for name, reading in seen_on_aws().items() if reading in CHOICES.get(name, ())}
    return Settings().changed(known)


def _check_range(name: str, value: Any) -> None:
    least, most = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise SettingError(f"{name} is a number of seconds from {least:.0f} to {most:.0f}, not {value!r}")
