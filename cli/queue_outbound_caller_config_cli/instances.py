"""Which instance a person means, by id, ARN or alias, and the Regions that it is in."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from queue_outbound_caller_config_provider.arns import Instance, Place
from queue_outbound_caller_config_provider.errors import InvalidProperty
from queue_outbound_caller_config_provider.twin import twin_region

from .aws import Aws, Refusal
from .errors import CannotTell, NotThere

_PAGE = 10
"""The largest page of ListInstances."""
_IS_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")


@dataclass(frozen=True)
class ConnectInstance:
    """An instance, in the Regions that a command looks at.

    Attributes:
        id: The id, the same in each Region.
        alias: Its name; the id if the name is not known.
        places: Where to look, the Region asked first before its replicas.
        problem: Why it is not known whether there is a replica.
    """

    id: str
    alias: str
    places: tuple[Place, ...]
    problem: str | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions to look at."""
        return tuple(place.region for place in self.places)

    def place(self, region: str) -> Place:
        """Returns the instance's place in a Region."""
        return replace(self.places[0], region=region)


def find_instance(aws: Aws, text: str, regions: Sequence[str]) -> ConnectInstance:
    """Returns the instance that a person names.

    Args:
        aws: The caller's AWS.
        text: An id, an ARN or an alias.
        regions: The Regions to look at; none: the credentials' Region and, if the instance has replicas, theirs.

    Raises:
        CannotTell: There is no such instance, or it cannot be looked up.
    """
    _check_regions(aws, regions)
    try:
        named = Instance.parse(text, "--instance")
    except InvalidProperty as problem:
        if text.startswith("arn:"):
            raise CannotTell(str(problem)) from None
        return _by_alias(aws, text, _regions_to_ask(aws, regions), regions)
    first = regions or ([named.place.region] if named.place else _regions_to_ask(aws, regions))
    return _by_id(aws, named, first[0], regions)


def _by_id(aws: Aws, named: Instance, region: str, wanted: Sequence[str], alias: str = "") -> ConnectInstance:
    try:
        answer = aws.call("connect", region, "DescribeInstance", {"InstanceId": named.id})
    except Refusal as refusal:
        if refusal.code in {"ResourceNotFoundException", "InvalidParameterException", "InvalidRequestException"}:
            raise NotThere(_not_there(aws, named.id, region)) from None
        place = _place_without_describe(aws, named, region, refusal)
        replicas, problem = ([], None) if wanted else _listed_replicas(aws, named.id, place)
        return ConnectInstance(
            named.id, alias or named.id, _places(place, wanted or [place.region, *replicas]), problem
        )
    instance = answer["Instance"]
    place = _place_of(instance["Arn"])
    return ConnectInstance(
        named.id, instance.get("InstanceAlias") or named.id, _places(place, wanted or _with_replicas(place, answer))
    )


def _by_alias(aws: Aws, alias: str, ask: Sequence[str], wanted: Sequence[str]) -> ConnectInstance:
    seen: dict[str, str] = {}
    found: dict[str, str] = {}
    for region in ask:
        for entry in _listed(aws, region):
            name = entry.get("InstanceAlias", "")
            seen.setdefault(entry["Arn"], name)
            if name.lower() == alias.lower():
                found.setdefault(entry["Id"], entry["Arn"])
    if len(found) > 1:
        raise CannotTell(f"--instance {alias}: {len(found)} instances have this alias. Give an id: {', '.join(found)}")
    if not found:
        raise CannotTell(f"--instance {alias} is neither an id nor an alias in {', '.join(ask)}. {_known(alias, seen)}")
    ((id, arn),) = found.items()
    return _by_id(aws, Instance(id, _place_of(arn)), _place_of(arn).region, wanted, alias)


def _listed(aws: Aws, region: str) -> Iterator[dict[str, Any]]:
    try:
        for page in aws.pages("connect", region, "ListInstances", {"MaxResults": _PAGE}):
            yield from page["InstanceSummaryList"]
    except Refusal as refusal:
        raise refusal.explained from None


def _not_there(aws: Aws, id: str, region: str) -> str:
    """Says that an instance is not in a Region, with those that are there if the caller may list them."""
    try:
        known = [f"{entry['Id']} ({entry.get('InstanceAlias')})" for entry in _listed(aws, region)]
    except CannotTell:
        known = []
    there = f"There are {', '.join(known)}. " if known else ""
    return f"Instance {id} is not in {region}. {there}Check its id and the Region"


def _place_without_describe(aws: Aws, named: Instance, region: str, refusal: Refusal) -> Place:
    """Returns where an instance is if DescribeInstance is denied: by its ARN, or by the list of instances."""
    if named.place:
        return replace(named.place, region=region)
    try:
        arns = [entry["Arn"] for entry in _listed(aws, region) if entry["Id"] == named.id]
    except CannotTell:
        raise refusal.explained from None
    if not arns:
        raise NotThere(f"Instance {named.id} is not in {region}. Check its id and the Region")
    return _place_of(arns[0])


def _listed_replicas(aws: Aws, id: str, place: Place) -> tuple[list[str], str | None]:
    """Returns the Region of an instance's replica if DescribeInstance is denied, or why nobody can tell whether there is one."""
    twin = twin_region(place.region)
    if twin is None:
        return [], None
    try:
        return [twin] if any(entry["Id"] == id for entry in _listed(aws, twin)) else [], None
    except CannotTell as problem:
        return [], f"Whether the instance has a replica in {twin} is not known. Give each --region ({problem})"


def _with_replicas(place: Place, answer: dict[str, Any]) -> list[str]:
    """Returns the instance's own Region and those of its replicas, the own one first."""
    replication = answer.get("ReplicationConfiguration") or {}
    regions = [place.region, replication.get("SourceRegion") or place.region]
    regions += sorted(entry["Region"] for entry in replication.get("ReplicationStatusSummaryList", []))
    return list(dict.fromkeys(regions))


def _places(place: Place, regions: Sequence[str]) -> tuple[Place, ...]:
    return tuple(replace(place, region=region) for region in dict.fromkeys(regions))


def _place_of(arn: str) -> Place:
    place = Instance.parse(arn).place
    if place is None:
        raise CannotTell(f"Amazon Connect answered '{arn}' in place of an instance's ARN")
    return place


def _regions_to_ask(aws: Aws, regions: Sequence[str]) -> Sequence[str]:
    if regions:
        return regions
    if aws.default_region is None:
        raise CannotTell("No Region is set. Give --region, or set AWS_REGION")
    return [aws.default_region]


def _check_regions(aws: Aws, regions: Sequence[str]) -> None:
    """Raises CannotTell for what cannot be a Region's name, or nearly is one that botocore knows: a misspelling."""
    known = aws.regions()
    for region in regions:
        if not _IS_REGION.fullmatch(region):
            raise CannotTell(f"--region '{region}' is not a Region. Write one like us-east-1")
        alike = difflib.get_close_matches(region, known, n=1, cutoff=0.8)
        if region not in known and alike:
            raise CannotTell(f"--region {region} is not a Region. Did you mean {alike[0]}?")


def _known(alias: str, seen: dict[str, str]) -> str:
    names = sorted(set(seen.values()))
    alike = difflib.get_close_matches(alias, names, n=1)
    if alike:
        return f"Did you mean {alike[0]}?"
    return f"There are {', '.join(names)}" if names else "There is no instance. Check --region and the credentials"
