"""The checks can tell: each finds out which reading of its setting is set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest

from conformance import checks, seen
from conformance.__main__ import on_stand_in
from conformance.points import POINTS, Point
from conformance.run import Result, run
from conformance.stand_in import StandIn
from emulator.connect.settings import CHOICES, RANGES
from testing.parameter_store import Behavior

assert checks
SETTINGS = {each.setting: each for each in POINTS.values() if each.setting}
READINGS = [(name, reading) for name, readings in CHOICES.items() for reading in readings]


@pytest.fixture(scope="module")
def results(started: StandIn) -> list[Result]:
    """What the stand-ins do, as they start."""
    started.reset()
    return on_stand_in(started, list(POINTS.values()))


def reading(site: StandIn, points: Sequence[Point]) -> str | None:
    """Returns the reading of a point."""
    return run(site, points, over_quota=True)[0].reading


def test_every_setting_of_the_emulator_has_a_check_with_the_same_readings() -> None:
    assert {name: set(each.readings) for name, each in SETTINGS.items()} == {
        name: set(readings) for name, readings in CHOICES.items()
    }
    assert set(RANGES) == {"mirroring_delay"}  # test_how_long_mirroring_takes_is_found_out


@pytest.mark.parametrize(("name", "set_to"), READINGS)
def test_the_reading_that_is_set_is_the_one_that_is_seen(site: StandIn, name: str, set_to: str) -> None:
    if name == "mirrored_time":  # the two are the same unless mirroring takes its time
        site.control.set_settings(mirroring_delay=600)
    site.control.set_settings(**{name: set_to})
    assert reading(site, [SETTINGS[name]]) == set_to


@pytest.mark.parametrize(("seconds", "expected"), [(0, "at once"), (60, "soon"), (1800, "later")])
def test_how_long_mirroring_takes_is_found_out(site: StandIn, seconds: float, expected: str) -> None:
    site.control.set_settings(mirroring_delay=seconds)
    assert reading(site, [POINTS["mirroring-delay"]]) == expected


@pytest.mark.parametrize(("rate", "burst"), [(2, 5), (4, 5), (2, 8), (1, 2)])
def test_how_large_the_quota_is_is_found_out(site: StandIn, rate: float, burst: int) -> None:
    site.size_of_quota = (rate, burst)
    assert reading(site, [POINTS["quota-size"]]) == f"{rate} and {burst}"


@pytest.mark.parametrize(
    "name", sorted(name for name, each in POINTS.items() if name != "parameter-throttling" and each.over_quota)
)
def test_where_no_quota_is_met_nothing_is_said_about_it(site: StandIn, name: str) -> None:
    site.size_of_quota = (1000, 1000)
    (result,) = run(site, [POINTS[name]], over_quota=True)
    assert result.reading is None
    assert "at once met no quota" in result.why


@pytest.mark.parametrize(
    ("mirroring", "made", "deleted"), [("everything", "at once", "at once"), ("nothing", "never", None)]
)
def test_where_a_queue_is_made_and_deleted_is_found_out(
    site: StandIn, mirroring: str, made: str, deleted: str | None
) -> None:
    site.control.set_settings(mirroring=mirroring)
    assert reading(site, [POINTS["new-queue-elsewhere"]]) == made
    assert reading(site, [POINTS["deleted-queue-elsewhere"]]) == deleted


@pytest.mark.parametrize(("behavior", "expected"), [(Behavior(), "at once"), (Behavior(stale_reads=1), "within 2 s")])
def test_how_old_a_read_of_parameter_store_is_is_found_out(site: StandIn, behavior: Behavior, expected: str) -> None:
    site.parameter_store.behave(behavior)
    assert reading(site, [POINTS["parameter-read-age"]]) == expected


@pytest.mark.parametrize("reading_set", ["everything but the number", "nothing"])
def test_mirroring_is_found_out_with_a_delay_too(site: StandIn, reading_set: str) -> None:
    site.control.set_settings(mirroring=reading_set, mirroring_delay=1800)
    assert reading(site, [POINTS["mirroring"]]) == reading_set


def test_the_stand_ins_do_what_is_documented(results: list[Result]) -> None:
    documented = {each.point.id: each.reading for each in results if each.reading and not each.point.open}
    assert documented == {name: POINTS[name].documented for name in documented}


def test_every_point_is_looked_at_on_the_stand_ins_unless_they_lack_what_it_needs(results: list[Result]) -> None:
    unseen = {each.point.id: each.why for each in results if each.reading is None}
    assert unseen == {
        "cancelled-create": "needs resources side by side",
        "clean-up-tries": "needs clean-up like CloudFormation's",
        "new-policy": "needs policies that are enforced",
        "parameter-version-policy": "needs session policies for ssm",
    }


def test_the_committed_file_says_what_the_stand_ins_do(results: list[Result]) -> None:
    document = seen.read()
    assert seen.updated(document, results, "stand-in") == document
    assert list(document["points"]) == list(POINTS)


def test_every_reading_that_is_seen_is_one_that_the_point_names(results: list[Result]) -> None:
    assert [each.point.id for each in results if each.reading and each.reading not in each.point.readings] == []


def test_every_rule_of_the_emulators_page_has_its_check_and_every_documented_check_its_rule() -> None:
    rules = list(rows_with_checks(seen.PAGE.read_text()))
    assert len(rules) > 30
    named = {name for _, checked_by in rules for name in re.findall(r"`([^`]+)`", checked_by)}
    assert named <= set(POINTS)
    assert [rule for rule, checked_by in rules if "`" not in checked_by] == []
    of_connect = {id for id, each in POINTS.items() if {"connect", "iam"} & {call.split(":")[0] for call in each.calls}}
    assert of_connect == named


def rows_with_checks(page: str) -> Iterator[tuple[str, str]]:
    """Yields the first and the final cell of each row in the page's tables that have a column of checks."""
    names_checks = False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("|"):
            names_checks = False
        elif cells[-1] == "checks":
            names_checks = True
        elif names_checks and not line.startswith("| ---"):
            yield cells[0], cells[-1]


def test_the_page_about_the_emulator_has_every_point_as_the_file_says_it() -> None:
    page = seen.PAGE.read_text()
    assert seen.page_with_tables(page, seen.read()) == page
    assert all(f"| `{name}` |" in page for name in POINTS)
