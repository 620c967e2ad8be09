"""What the ledger assumes of Parameter Store."""

from __future__ import annotations

from functools import partial
from typing import Any

from conformance.outcome import OK, outcome, until
from conformance.points import CannotTell, point
from conformance.site import Site

PUT = "PutParameter, API reference"
GET = "GetParameter, API reference"
WRITE, READ = ("ssm:PutParameter", "ssm:DeleteParameter"), ("ssm:GetParameter",)
BOTH = (*WRITE, *READ)
EXISTS, NO_VERSION, NOT_FOUND = "ParameterAlreadyExists", "ParameterVersionNotFound", "ParameterNotFound"
INVALID = "ValidationException"


def put(site: Site, name: str, value: str = "v", **more: Any) -> int:
    """Writes a parameter and returns its version."""
    wanted = {"Type": "String", "Overwrite": True, **more}
    return int(site.ssm.put_parameter(Name=name, Value=value, **wanted)["Version"])


@point(
    "parameter-versions",
    "each PutParameter of one name",
    source=PUT,
    documented="the next",
    readings={"the next": "answers the next version number, from 1 on", "other": "answers another one"},
    needs=("ssm",),
    calls=WRITE,
)
def parameter_versions(site: Site) -> str:
    name = site.parameter("versions")
    return "the next" if [put(site, name) for _ in range(3)] == [1, 2, 3] else "other"


@point(
    "parameter-overwrite",
    "PutParameter with Overwrite false of a name that exists",
    source=PUT,
    documented=EXISTS,
    readings={EXISTS: "is ParameterAlreadyExists", OK: "overwrites it"},
    needs=("ssm",),
    calls=WRITE,
)
def parameter_overwrite(site: Site) -> str:
    name = site.parameter("overwrite")
    put(site, name)
    return outcome(site.ssm.put_parameter, Name=name, Value="w", Type="String", Overwrite=False)


@point(
    "parameter-made-again",
    "a parameter that is deleted and made again",
    source=PUT,
    readings={"from 1": "starts at version 1", "goes on": "goes on with the next version"},
    needs=("ssm",),
    calls=WRITE,
)
def parameter_made_again(site: Site) -> str:
    name = site.parameter("again")
    put(site, name)
    put(site, name)
    site.ssm.delete_parameter(Name=name)
    if (
        until(
            lambda: outcome(site.ssm.put_parameter, Name=name, Value="v", Type="String", Overwrite=False) == OK, 60, 5
        )
        is None
    ):
        raise CannotTell("the name cannot be used again within a minute")
    return "from 1" if put(site, name) == 2 else "goes on"


@point(
    "parameter-read-age",
    "GetParameter right after PutParameter",
    source="AWS's note on Fn::GetAtt of a new parameter; aws-cdk-cli #830",
    readings={
        "at once": "sees it at once, twenty times out of twenty",
        "within 2 s": "sees it within two seconds",
        "later": "sees it later",
    },
    needs=("ssm",),
    calls=BOTH,
)
def parameter_read_age(site: Site) -> str:
    name, longest = site.parameter("age"), 0.0
    for number in range(20):
        put(site, name, str(number))
        if _value(site, name) != str(number):
            waited = until(partial(_has, site, name, str(number)), 30)
            longest = max(longest, 30.0 if waited is None else waited + 0.01)
    return "at once" if longest == 0 else "within 2 s" if longest <= 2 else "later"


@point(
    "parameter-old-version",
    "GetParameter of name:version for a version that is not there",
    source=GET,
    documented=NO_VERSION,
    readings={NO_VERSION: "is ParameterVersionNotFound", NOT_FOUND: "is ParameterNotFound"},
    needs=("ssm",),
    calls=BOTH,
)
def parameter_old_version(site: Site) -> str:
    name = site.parameter("old-version")
    put(site, name)
    until(lambda: outcome(site.ssm.get_parameter, Name=name) == OK, 30)
    return outcome(site.ssm.get_parameter, Name=f"{name}:9")


@point(
    "parameter-size",
    "a value of 4,097 bytes in the standard tier",
    source="Parameter Store, parameter tiers",
    documented=INVALID,
    readings={INVALID: "is ValidationException", OK: "is accepted"},
    needs=("ssm",),
    calls=WRITE,
)
def parameter_size(site: Site) -> str:
    return _put_code(site, "size", "x" * 4097)


@point(
    "parameter-size-counts",
    "the 4 KB of a standard parameter",
    source="Parameter Store, parameter tiers",
    readings={"bytes": "are bytes in UTF-8", "characters": "are characters"},
    needs=("ssm",),
    calls=WRITE,
)
def parameter_size_counts(site: Site) -> str:
    return (
        "characters"
        if _put_code(site, "size-counts", "\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 2049) == OK
        else "bytes"
    )


@point(
    "parameter-intelligent-tiering",
    "a value of 4,097 bytes with Intelligent-Tiering",
    source="Parameter Store, parameter tiers",
    documented=OK,
    readings={OK: "is accepted", INVALID: "is ValidationException"},
    needs=("ssm",),
    calls=WRITE,
)
def parameter_intelligent_tiering(site: Site) -> str:
    return _put_code(site, "intelligent", "x" * 4097, Tier="Intelligent-Tiering")


@point(
    "parameter-tags-overwrite",
    "PutParameter with tags and Overwrite together",
    source=PUT,
    documented=INVALID,
    readings={INVALID: "is ValidationException", OK: "is accepted"},
    needs=("ssm",),
    calls=(*WRITE, "ssm:AddTagsToResource"),
)
def parameter_tags_overwrite(site: Site) -> str:
    return _put_code(site, "tags", "v", Tags=[{"Key": "k", "Value": "v"}])


@point(
    "parameter-throttling",
    "forty PutParameter at once",
    source="AWS Support in github-aws-runners #2944; aws-ssm-cli #503",
    readings={"ThrottlingException": "are throttled as ThrottlingException", OK: "all pass"},
    needs=("ssm", "quota"),
    calls=WRITE,
    over_quota=True,
)
def parameter_throttling(site: Site) -> str:
    name = site.parameter("throttling")
    put(site, name)
    with site.quota():
        codes = [
            outcome(site.ssm.put_parameter, Name=name, Value=str(number), Type="String", Overwrite=True)
            for number in range(40)
        ]
    return next((code for code in codes if code != OK), OK)


@point(
    "parameter-version-policy",
    "GetParameter of name:version under a policy that names the bare parameter",
    source="Nobody documents it",
    readings={"allowed": "is allowed", "denied": "is denied"},
    needs=("ssm", "role", "session policies for ssm"),
    calls=(*BOTH, "sts:AssumeRole"),
)
def parameter_version_policy(site: Site) -> str:
    name = site.parameter("version-policy")
    put(site, name)
    until(lambda: outcome(site.ssm.get_parameter, Name=name) == OK, 30)
    subject = site.subject
    arn = f"arn:{subject.partition}:ssm:{subject.region}:{subject.account}:parameter{name}"
    allow = {"Statement": [{"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": arn}]}
    limited = site.under("ssm", [allow])
    return "allowed" if outcome(limited.get_parameter, Name=f"{name}:1") == OK else "denied"


def _put_code(site: Site, name: str, value: str, **more: Any) -> str:
    wanted = {"Type": "String", "Overwrite": True, **more}
    return outcome(site.ssm.put_parameter, Name=site.parameter(name), Value=value, **wanted)


def _value(site: Site, name: str) -> str | None:
    """Returns a parameter's value, None where it is not there yet."""
    try:
        return str(site.ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except site.ssm.exceptions.ParameterNotFound:
        return None


def _has(site: Site, name: str, value: str) -> bool:
    return _value(site, name) == value
