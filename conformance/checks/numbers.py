"""Phone numbers: which form may be used from which Region."""

from __future__ import annotations

from conformance.outcome import OK, outcome
from conformance.points import CannotTell, point
from conformance.site import NUMBER, Site

from .queue_config import INVALID, MISSING, UPDATE, WRITE

DESCRIBE = "DescribePhoneNumber, API reference"
LOOK = ("connect:DescribePhoneNumber",)
TAKEN = {OK: "is accepted", MISSING: "is ResourceNotFoundException", INVALID: "is InvalidParameterException"}
NOBODYS = "00000000-0000-4000-8000-000000000000"


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


@point(
    "instance-number-id",
    "the UUID of a number that is claimed to the instance",
    source=UPDATE,
    documented=OK,
    readings=TAKEN,
    needs=("instance number",),
    calls=WRITE,
)
def instance_number_id(site: Site) -> str:
    return site.write({NUMBER: _id(site.subject.number or "")})


@point(
    "instance-number-arn",
    "the V2 ARN of a number that is claimed to the instance",
    source=UPDATE,
    documented=OK,
    readings=TAKEN,
    needs=("instance number",),
    calls=WRITE,
)
def instance_number_arn(site: Site) -> str:
    return site.write({NUMBER: site.subject.number or ""})


@point(
    "instance-number-elsewhere",
    "the V2 ARN of a number that is claimed to the instance, in the other Region",
    source=UPDATE,
    documented=MISSING,
    readings=TAKEN,
    needs=("instance number", "replica"),
    calls=WRITE,
)
def instance_number_elsewhere(site: Site) -> str:
    return site.write({NUMBER: site.subject.number or ""}, site.subject.replica)


@point(
    "group-number-id",
    "the UUID of a traffic distribution group's number, in the Region where the group was created",
    source=UPDATE,
    documented=OK,
    readings=TAKEN,
    needs=("group number",),
    calls=WRITE,
)
def group_number_id(site: Site) -> str:
    return site.write({NUMBER: _id(site.subject.group_number or "")})


@point(
    "group-number-arn",
    "the V2 ARN of a traffic distribution group's number, in the Region where the group was created",
    source=UPDATE,
    documented=OK,
    readings=TAKEN,
    needs=("group number",),
    calls=WRITE,
)
def group_number_arn(site: Site) -> str:
    return site.write({NUMBER: site.subject.group_number or ""})


@point(
    "group-number-id-elsewhere",
    "the UUID of a traffic distribution group's number, in the other Region",
    source=UPDATE,
    documented=MISSING,
    readings=TAKEN,
    needs=("group number", "replica"),
    calls=WRITE,
)
def group_number_id_elsewhere(site: Site) -> str:
    return site.write({NUMBER: _id(site.subject.group_number or "")}, site.subject.replica)


@point(
    "group-number-arn-elsewhere",
    "the V2 ARN of a traffic distribution group's number, in the other Region",
    source=UPDATE,
    documented=OK,
    readings=TAKEN,
    needs=("group number", "replica"),
    calls=WRITE,
)
def group_number_arn_elsewhere(site: Site) -> str:
    return site.write({NUMBER: site.subject.group_number or ""}, site.subject.replica)


@point(
    "v1-number-arns",
    "the V1 ARN of a number in UpdateQueueOutboundCallerConfig",
    source="The API reference says to use V2 only, the admin guide that V1 is supported, to be deprecated",
    readings={"refused": "is InvalidParameterException", "accepted": "is accepted"},
    setting="v1_number_arns",
    needs=("number",),
    calls=WRITE,
)
def v1_number_arns(site: Site) -> str:
    code = site.write({NUMBER: site.subject.number_v1(site.subject.any_number)})
    return {OK: "accepted", INVALID: "refused"}.get(code, code)


@point(
    "unusable-number",
    "a number that exists and is not this instance's to use",
    source=UPDATE,
    readings={MISSING: "is ResourceNotFoundException", INVALID: "is InvalidParameterException"},
    setting="unusable_number",
    needs=("foreign number",),
    calls=WRITE,
)
def unusable_number(site: Site) -> str:
    return site.write({NUMBER: site.subject.foreign_number or ""})


@point(
    "unknown-number",
    "a UUID that no number has",
    source=UPDATE,
    documented=MISSING,
    readings=TAKEN,
    calls=WRITE,
)
def unknown_number(site: Site) -> str:
    return site.write({NUMBER: NOBODYS})


@point(
    "not-a-number",
    "a text that is neither an ARN nor a UUID, for example an E.164 number",
    source=UPDATE,
    readings=TAKEN,
    calls=WRITE,
)
def not_a_number(site: Site) -> str:
    return site.write({NUMBER: "+12065550100"})


@point(
    "describe-number-at-home",
    "DescribePhoneNumber of a group's number, in the Region where the group was created",
    source=DESCRIBE,
    documented="both",
    readings={"both": "taken by UUID and by ARN", "id": "taken by UUID alone", "arn": "taken by ARN alone"},
    needs=("group number",),
    calls=LOOK,
)
def describe_number_at_home(site: Site) -> str:
    arn = site.subject.group_number or ""
    describe = site.connect().describe_phone_number
    taken = [name for name, text in {"id": _id(arn), "arn": arn}.items() if outcome(describe, PhoneNumberId=text) == OK]
    if not taken:
        raise CannotTell("the number is not found in either form")
    return "both" if len(taken) == 2 else taken[0]


@point(
    "describe-v1-number",
    "DescribePhoneNumber by V1 ARN",
    source=DESCRIBE,
    readings=TAKEN,
    needs=("number",),
    calls=LOOK,
)
def describe_v1_number(site: Site) -> str:
    return outcome(site.connect().describe_phone_number, PhoneNumberId=site.subject.number_v1(site.subject.any_number))


@point(
    "describe-number-id-elsewhere",
    "DescribePhoneNumber by UUID of a group's number, in the other Region",
    source=DESCRIBE,
    documented=MISSING,
    readings=TAKEN,
    needs=("group number", "replica"),
    calls=LOOK,
)
def describe_number_id_elsewhere(site: Site) -> str:
    describe = site.connect(site.subject.replica).describe_phone_number
    return outcome(describe, PhoneNumberId=_id(site.subject.group_number or ""))


@point(
    "describe-number-arn-elsewhere",
    "DescribePhoneNumber by ARN of a group's number, in the other Region",
    source=DESCRIBE,
    documented=OK,
    readings=TAKEN,
    needs=("group number", "replica"),
    calls=LOOK,
)
def describe_number_arn_elsewhere(site: Site) -> str:
    return outcome(site.connect(site.subject.replica).describe_phone_number, PhoneNumberId=site.subject.group_number)


@point(
    "unfinished-numbers",
    "a number whose claim is not finished, in ListPhoneNumbersV2",
    source="ClaimPhoneNumber, API reference; boto3 #4622",
    readings={"listed": "is listed", "not listed": "is not listed"},
    setting="unfinished_numbers",
    needs=("unfinished number",),
    calls=("connect:ListPhoneNumbersV2", *LOOK),
)
def unfinished_numbers(site: Site) -> str:
    number = site.subject.unfinished_number or ""
    described = site.connect().describe_phone_number(PhoneNumberId=number)["ClaimedPhoneNumberSummary"]
    if described["PhoneNumberStatus"]["Status"] == "CLAIMED":
        raise CannotTell("the claim is finished")
    pages = site.connect().get_paginator("list_phone_numbers_v2").paginate(TargetArn=described["TargetArn"])
    listed = {entry["PhoneNumberArn"] for page in pages for entry in page["ListPhoneNumbersSummaryList"]}
    return "listed" if number in listed else "not listed"


@point(
    "unfinished-number-use",
    "a number whose claim is not finished, in UpdateQueueOutboundCallerConfig",
    source="ClaimPhoneNumber, API reference",
    readings=TAKEN,
    needs=("unfinished number",),
    calls=WRITE,
)
def unfinished_number_use(site: Site) -> str:
    return site.write({NUMBER: site.subject.unfinished_number or ""})
