"""Mirroring between an instance and its replica: what, how fast, and what DescribeQueue says of it."""

from __future__ import annotations

from conformance.points import CannotTell, point
from conformance.site import FLOW, NAME, NUMBER, Site

from .queue_config import READ_WRITE, must

GUIDE = "Admin guide, create a replica of your existing Amazon Connect instance"
STEPS = (0, 5, 60, 300, 600, 900)
"""Seconds between two looks at the other Region: thirty minutes and a bit together."""


def _written(site: Site) -> float | None:
    """Writes a name of its own and a group's number; returns after how many seconds the name was mirrored, or None."""
    site.marks += 1
    name = f"Conformance {site.run} {site.marks}"
    must(site.write({NAME: name, NUMBER: site.subject.group_number or "", **_flow(site)}))
    waited = 0.0
    for step in STEPS:
        site.sleep(step)
        waited += step
        if site.read(site.subject.replica).get(NAME) == name:
            return waited
    return None


def _flow(site: Site) -> dict[str, str]:
    return {FLOW: site.subject.flow} if site.subject.flow else {}


@point(
    "mirroring",
    "the caller config of a queue is mirrored to the other Region",
    source=GUIDE,
    readings={
        "everything": "with its number",
        "everything but the number": "without its number",
        "nothing": "not at all, within 30 minutes",
    },
    setting="mirroring",
    needs=("replica", "group number"),
    calls=READ_WRITE,
)
def mirroring(site: Site) -> str:
    must(site.write({NAME: "Conformance"}, site.subject.replica))
    site.sleep(1)
    if _written(site) is None:
        return "nothing"
    number = (site.subject.group_number or "").rpartition("/")[2]
    mirrored = site.read(site.subject.replica).get(NUMBER, "").rpartition("/")[2]
    return "everything" if mirrored == number else "everything but the number"


@point(
    "mirroring-delay",
    "a write arrives in the other Region",
    source=GUIDE,
    readings={
        "at once": "within a second",
        "soon": "within five minutes",
        "later": "within 30 minutes",
        "never": "not within 30 minutes",
    },
    needs=("replica", "group number"),
    calls=READ_WRITE,
)
def mirroring_delay(site: Site) -> str:
    waited = _written(site)
    if waited is None:
        return "never"
    return "at once" if waited < 1 else "soon" if waited <= 365 else "later"


@point(
    "mirrored-region",
    "LastModifiedRegion after a mirrored write",
    source="Queue, API reference",
    documented="the other",
    readings={"the other": "is the Region where it was written", "its own": "is the Region where it arrived"},
    needs=("replica", "group number"),
    calls=READ_WRITE,
)
def mirrored_region(site: Site) -> str:
    if _written(site) is None:
        raise CannotTell("nothing is mirrored")
    return (
        "the other" if site.describe(site.subject.replica)["LastModifiedRegion"] == site.subject.region else "its own"
    )


@point(
    "mirrored-time",
    "LastModifiedTime after a mirrored write",
    source="Queue, API reference",
    readings={"written": "is when it was written", "arrived": "is when it arrived"},
    setting="mirrored_time",
    needs=("replica", "group number"),
    calls=READ_WRITE,
)
def mirrored_time(site: Site) -> str:
    if not _written(site):
        raise CannotTell("mirroring is too fast to tell, or there is none")
    here, there = (site.describe(region).get("LastModifiedTime") for region in (None, site.subject.replica))
    if here is None or there is None:
        raise CannotTell("DescribeQueue has no LastModifiedTime")
    return "written" if abs((there - here).total_seconds()) < 1 else "arrived"


@point(
    "mirrored-newest",
    "two writes of one queue, one in each Region, a second apart",
    source="Admin guide: conflicts of one resource show as HTTP 409 in CloudTrail",
    readings={
        "newest": "the newest is in both Regions in the end",
        "each its own": "each Region keeps its own",
        "older": "the older is in both Regions in the end",
        "swapped": "each Region has the other one's",
    },
    needs=("replica", "group number"),
    calls=READ_WRITE,
)
def mirrored_newest(site: Site) -> str:
    site.marks += 1
    older, newer = (f"Conformance {site.run} {site.marks} {which}" for which in ("older", "newer"))
    must(site.write({NAME: older}))
    site.sleep(1)
    must(site.write({NAME: newer}, site.subject.replica))
    seen = ("", "")
    for step in STEPS:
        site.sleep(step)
        seen = (site.read().get(NAME, ""), site.read(site.subject.replica).get(NAME, ""))
        if seen[0] == seen[1]:
            break
    named = {
        (newer, newer): "newest",
        (older, newer): "each its own",
        (older, older): "older",
        (newer, older): "swapped",
    }
    return named.get(seen, "something else")


@point(
    "mirrored-flow",
    "a flow's ARN, after it was mirrored",
    source=GUIDE,
    readings={"theirs": "names the flow of the other Region's instance", "ours": "names the flow of this Region's"},
    needs=("replica", "group number", "flow"),
    calls=READ_WRITE,
)
def mirrored_flow(site: Site) -> str:
    must(site.write({NAME: "Conformance", FLOW: site.subject.flow_arn()}))
    wanted = site.subject.flow or ""
    for step in STEPS:
        site.sleep(step)
        mirrored = site.read(site.subject.replica).get(FLOW, "")
        if mirrored.endswith(wanted):
            break
    else:
        raise CannotTell("the flow is not mirrored")
    region = mirrored.split(":")[3] if mirrored.startswith("arn:") else site.subject.replica
    return "theirs" if region == site.subject.replica else "ours"
