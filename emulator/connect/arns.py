"""ARNs as Amazon Connect writes them, taken apart and put together."""

from __future__ import annotations

import re
from dataclasses import dataclass

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Arn:
    """An ARN's parts; `resource` is all that follows the account, slashes and colons included."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse_arn(text: str) -> Arn | None:
    """Returns the parts of an ARN, or None where the text is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[5]:
        return None
    return Arn(*parts[1:])


def resource_id(text: str) -> str:
    """Returns the id at the end of an ARN; any other string is an id already."""
    return text.rsplit("/", 1)[-1] if text.startswith("arn:") else text


@dataclass(frozen=True)
class Account:
    """Whose resources they are: the partition and the account of every ARN that the emulator makes."""

    partition: str
    id: str

    def arn(self, region: str, resource: str) -> str:
        """Returns the ARN of a resource of this account in a Region."""
        return str(Arn(self.partition, "connect", region, self.id, resource))

    def instance(self, region: str, instance_id: str) -> str:
        """Returns an instance's ARN."""
        return self.arn(region, f"instance/{instance_id}")

    def queue(self, region: str, instance_id: str, queue_id: str) -> str:
        """Returns a queue's ARN."""
        return self.arn(region, f"instance/{instance_id}/queue/{queue_id}")

    def flow(self, region: str, instance_id: str, flow_id: str) -> str:
        """Returns a flow's ARN."""
        return self.arn(region, f"instance/{instance_id}/contact-flow/{flow_id}")

    def number(self, region: str, number_id: str) -> str:
        """Returns a number's V2 ARN; the Region is the one where the number was claimed."""
        return self.arn(region, f"phone-number/{number_id}")

    def number_v1(self, region: str, instance_id: str, number_id: str) -> str:
        """Returns a number's V1 ARN; the Region is that of the instance which lists it."""
        return self.arn(region, f"instance/{instance_id}/phone-number/{number_id}")

    def group(self, region: str, group_id: str) -> str:
        """Returns a traffic distribution group's ARN; the Region is the one where it was created."""
        return self.arn(region, f"traffic-distribution-group/{group_id}")
