"""Which phone number a request names, and from where it may be named.

The rule (UpdateQueueOutboundCallerConfig's and DescribePhoneNumber's API pages): a number claimed to a traffic
distribution group is named by UUID or full ARN in the Region where the group was created, and by full ARN alone in the
other Region of the group, where a UUID is a ResourceNotFoundException.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .arns import UUID, parse_arn
from .refusal import Refusal, invalid_parameter, not_found
from .seed import PhoneNumber
from .settings import Settings
from .state import World


@dataclass(frozen=True)
class NumberName:
    """A number as a request names it: `id` alone, `v2` with Region and account, `v1` with the instance too."""

    kind: Literal["id", "v2", "v1"]
    id: str
    region: str = ""
    account: str = ""
    instance_id: str = ""


def parse_number(text: str, partition: str) -> NumberName:
    """Returns what a request's text says about a number.

    Raises:
        Refusal: the text is neither a UUID nor an ARN of an Amazon Connect number in this partition.
    """
    arn = parse_arn(text)
    if arn is None:
        if not UUID.fullmatch(text):
            raise invalid_parameter(f"'{text}' is neither a phone number id nor a phone number ARN")
        return NumberName("id", text)
    path = arn.resource.split("/")
    if (arn.partition, arn.service) != (partition, "connect") or path[-2:-1] != ["phone-number"]:
        raise invalid_parameter(f"'{text}' is not the ARN of a phone number here")
    if len(path) == 2:
        return NumberName("v2", path[1], arn.region, arn.account)
    if len(path) == 4 and path[0] == "instance":
        return NumberName("v1", path[3], arn.region, arn.account, path[1])
    raise invalid_parameter(f"'{text}' is not the ARN of a phone number")


def number_seen(world: World, text: str, region: str) -> PhoneNumber:
    """Returns the number that a text names, as DescribePhoneNumber sees it from a Region.

    Raises:
        Refusal: InvalidParameterException for a V1 ARN, ResourceNotFoundException for one that cannot be seen.
    """
    name = parse_number(text, world.account.partition)
    if name.kind == "v1":
        raise invalid_parameter(f"{text}: an ARN with 'instance' in its path is not accepted")
    number = _named(world, name)
    if number is None or not _reachable(world, number, region, by_arn=name.kind != "id"):
        raise not_found(f"Phone number not found: {text}")
    return number


def number_for_queue(world: World, settings: Settings, text: str, region: str, instance_id: str) -> PhoneNumber:
    """Returns the number that a text names, which a queue of an instance may use.

    Raises:
        Refusal: as the API page says, and for a number that is not the instance's to use as the settings say.
    """
    if not text:
        raise invalid_parameter("OutboundCallerIdNumberId is empty")
    name = parse_number(text, world.account.partition)
    if name.kind == "v1":
        if settings.v1_number_arns == "refused":
            raise invalid_parameter(f"{text}: use the ARN format that does not contain 'instance' in the path")
        if (name.region, name.instance_id) != (region, instance_id):
            raise not_found(f"Phone number not found: {text}")
    number = _named(world, name)
    if number is None or (name.kind == "id" and _in_other_region(world, number, region)):
        raise not_found(f"Phone number not found: {text}")
    group = world.group_of(number)
    user = group.instance_id if group else number.instance_id
    if user != instance_id or not _reachable(world, number, region, by_arn=name.kind != "id"):
        raise Refusal(settings.unusable_number, f"Phone number not claimed for instance {instance_id}: {text}")
    if world.claim_status(number) != "CLAIMED":
        raise not_found(f"Phone number not found: {text}")
    return number


def _named(world: World, name: NumberName) -> PhoneNumber | None:
    """Returns the number with the id, Region and account that its name gives."""
    number = world.numbers.get(name.id)
    if number is None or (name.account and name.account != (number.account or world.account.id)):
        return None
    if name.kind == "v2" and name.region != number.region:
        return None
    return number


def _in_other_region(world: World, number: PhoneNumber, region: str) -> bool:
    return world.group_of(number) is not None and number.region != region


def _reachable(world: World, number: PhoneNumber, region: str, *, by_arn: bool) -> bool:
    """Says whether a number can be named from a Region, by its ARN or by its id."""
    if number.instance_id:
        return number.region == region and world.instance(region, number.instance_id) is not None
    group = world.group_of(number)
    return group is not None and world.linked(group, region) and (by_arn or group.region == region)
