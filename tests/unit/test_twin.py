"""A queue and its replica: the baseline, what was seen of mirroring, and which layer is active."""

from __future__ import annotations

from dataclasses import replace

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, Mirroring, QueueState
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner, Removed, Replaced
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.twin import (
    Twin,
    expected_config,
    is_on_its_way,
    known_mirroring,
    learnt,
    ledger_behind,
    shows_write_of,
    twin_region,
    wanted_config,
)

EAST, WEST = "us-east-1", "us-west-2"
N1, N2, N3 = (f"{digit * 8}-1111-4111-8111-111111111111" for digit in "abc")
BEFORE = CallerConfig("Before", N1)
LONG, SHORT = 1900.0, 5.0


def layer(at: float, name: str, number: str | None = None) -> Layer:
    return Layer(Owner("stack", name), CallerConfig(name, number), None, DeletionBehavior.RESTORE, at=at)


def twin(*layers: Layer, baseline: CallerConfig = BEFORE) -> Twin:
    return Twin(WEST, Snapshot(1, Ledger(baseline, layers)))


@pytest.mark.parametrize(
    ("region", "other"), [(EAST, WEST), (WEST, EAST), ("eu-central-1", "eu-west-2"), ("eu-west-1", None)]
)
def test_regions_are_paired_as_amazon_connect_pairs_them(region: str, other: str | None) -> None:
    assert twin_region(region) == other


def test_a_region_that_a_change_came_from_is_the_twin_wherever_it_is() -> None:
    assert twin_region("eu-west-1", None, QueueState(BEFORE, "eu-north-1")) == "eu-north-1"
    assert twin_region("eu-west-1", Ledger(BEFORE, twin="eu-north-1")) == "eu-north-1"
    assert twin_region(EAST, None, QueueState(BEFORE, EAST)) == WEST


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (QueueState(CallerConfig("West", N2), WEST), True),
        (QueueState(CallerConfig("West", N3), WEST), True),
        (QueueState(CallerConfig("West", N2), EAST), False),
        (QueueState(CallerConfig("By hand", N2), WEST), False),
        (QueueState(CallerConfig("West", N2)), True),
        (QueueState(CallerConfig("West", N3)), False),
    ],
    ids=[
        "mirrored",
        "mirrored but the number",
        "own change",
        "another change there",
        "nobody says where, the same",
        "nobody says where, another number",
    ],
)
def test_a_queue_shows_what_the_twin_region_wrote(state: QueueState, shown: bool) -> None:
    assert shows_write_of(WEST, twin(layer(1.0, "West", N2)).ledger, state) is shown


def test_what_a_queue_has_is_looked_for_in_earlier_ledgers_whole_before_it_is_without_the_number() -> None:
    newest, older, oldest = (Ledger(BEFORE, (layer(1.0, "West", number),)) for number in (N3, N2, N1))
    assert ledger_behind(CallerConfig("West", N1), [newest, older, oldest]) is oldest
    assert ledger_behind(CallerConfig("West"), [Ledger(CallerConfig("West")), newest, older]) is newest
    assert ledger_behind(CallerConfig("By hand", N3), [newest, older, oldest]) is None


@pytest.mark.parametrize(
    ("theirs", "own", "coming"),
    [
        (QueueState(CallerConfig("New"), WEST, SHORT), QueueState(CallerConfig("Old"), WEST, LONG), True),
        (QueueState(CallerConfig("New"), WEST, SHORT), QueueState(CallerConfig("Old"), WEST, SHORT), True),
        (QueueState(CallerConfig("Same", N1), WEST, SHORT), QueueState(CallerConfig("Same", N2), WEST, LONG), True),
        (QueueState(CallerConfig("Same", N1), WEST, SHORT), QueueState(CallerConfig("Same", N2), WEST, SHORT), False),
        (QueueState(CallerConfig("New"), WEST, LONG), QueueState(CallerConfig("Old"), WEST, LONG), False),
        (QueueState(CallerConfig("New"), WEST), QueueState(CallerConfig("Old"), WEST, LONG), False),
        (QueueState(CallerConfig("New"), EAST, SHORT), QueueState(CallerConfig("Old"), WEST, LONG), False),
    ],
)
def test_a_change_is_on_its_way_while_it_is_young_and_does_not_show(
    theirs: QueueState, own: QueueState, coming: bool
) -> None:
    assert is_on_its_way(theirs, own, WEST) is coming


@pytest.mark.parametrize(
    ("mirroring", "baseline", "found"),
    [
        (None, BEFORE, CallerConfig("West", N2)),
        (Mirroring.ALL, BEFORE, CallerConfig("West", N2)),  # of the number, that may be a coincidence
        (Mirroring.BUT_NUMBER, CallerConfig("Before", N2), None),
        (Mirroring.NOTHING, CallerConfig("West", N2), None),
    ],
)
def test_a_baseline_that_was_in_doubt_is_known_once_it_is_known_what_is_mirrored(
    mirroring: Mirroring | None, baseline: CallerConfig, found: CallerConfig | None
) -> None:
    ledger = learnt(Ledger(BEFORE, found=CallerConfig("West", N2)), Twin(WEST, mirroring=mirroring))
    assert (ledger.baseline, ledger.found, ledger.mirroring) == (baseline, found, mirroring)


def test_mirroring_is_seen_by_a_queue_that_has_what_the_other_region_wrote() -> None:
    there = twin(layer(1.0, "West", N2))
    own = Ledger(BEFORE, (layer(2.0, "East", N1),))
    assert known_mirroring(EAST, own, QueueState(CallerConfig("West", N2), WEST, SHORT), there) is Mirroring.ALL
    assert known_mirroring(EAST, own, QueueState(CallerConfig("West", N1), WEST, SHORT), there) is None
    assert known_mirroring(EAST, own, QueueState(CallerConfig("West", N3), WEST, SHORT), there) is None
    same, known = Ledger(CallerConfig("Before", N2)), replace(there, mirroring=Mirroring.NOTHING)
    assert known_mirroring(EAST, same, QueueState(CallerConfig("West", N2), WEST, SHORT), known) is Mirroring.NOTHING
    assert known_mirroring(EAST, own, QueueState(CallerConfig("West", N2), WEST, SHORT), known) is Mirroring.ALL
    known = replace(there, mirroring=Mirroring.BUT_NUMBER)
    left = Ledger(BEFORE)  # its owner, which declared the same number, has just been removed
    assert known_mirroring(EAST, left, QueueState(CallerConfig("West", N2), WEST, SHORT), known) is Mirroring.BUT_NUMBER
    doubtful = replace(same, found=CallerConfig("West", N2))
    assert known_mirroring(EAST, same, QueueState(CallerConfig("West", N2), WEST, SHORT), there) is Mirroring.ALL
    assert known_mirroring(EAST, doubtful, QueueState(CallerConfig("West", N2), WEST, SHORT), there) is Mirroring.ALL
    mine = QueueState(CallerConfig("East", N1), EAST, SHORT)
    assert known_mirroring(EAST, own, mine, there) is None
    for config, seen in (
        (CallerConfig("East", N1), Mirroring.ALL),
        (CallerConfig("East", N2), Mirroring.BUT_NUMBER),
        (CallerConfig("East", N3), None),
        (CallerConfig("By hand"), None),
    ):
        assert known_mirroring(EAST, own, mine, there, QueueState(config, EAST, SHORT)) is seen


@pytest.mark.parametrize(
    ("number", "age", "their_number", "their_age", "seen"),
    [
        (N1, SHORT, N2, SHORT, Mirroring.BUT_NUMBER),
        (N1, LONG, N2, SHORT, None),
        (N1, None, N2, SHORT, None),
        (N1, SHORT, N1, SHORT, None),
        (N3, SHORT, N2, LONG, None),
    ],
)
def test_a_queue_with_the_newest_write_but_for_its_number_shows_that_numbers_are_not_mirrored(
    number: str, age: float | None, their_number: str, their_age: float, seen: Mirroring | None
) -> None:
    own = Ledger(BEFORE, (layer(2.0, "East", N1),))
    state = QueueState(CallerConfig("West", number), WEST, age)
    theirs = QueueState(CallerConfig("West", their_number), WEST, their_age)
    assert known_mirroring(EAST, own, state, twin(layer(1.0, "West", N2)), theirs) is seen


@pytest.mark.parametrize("their_age", [SHORT, LONG])
@pytest.mark.parametrize(
    "wrote",
    [
        Ledger(BEFORE, (layer(1.0, "Old", N1), layer(1.5, "West", N2))),
        Ledger(BEFORE, (layer(1.5, "West", N2),), removed=(Removed("old", "20260101T000000"),)),
        Ledger(BEFORE, (replace(layer(1.5, "West", N2), replaced=Replaced("digest", 1.0)),)),
        Ledger(CallerConfig("West", N1), (layer(1.5, "West", N2),)),
    ],
    ids=["another owner", "an owner before", "an update", "only the number"],
)
def test_an_older_write_that_has_just_arrived_does_not_show_that_numbers_are_not_mirrored(
    wrote: Ledger, their_age: float
) -> None:
    own, there = Ledger(BEFORE, (layer(2.0, "East", N1),)), Twin(WEST, Snapshot(1, wrote))
    state, theirs = (
        QueueState(CallerConfig("West", number), WEST, age) for number, age in ((N1, SHORT), (N2, their_age))
    )
    seen = Mirroring.BUT_NUMBER if their_age == LONG else None
    assert known_mirroring(EAST, own, state, there, theirs) is seen


@pytest.mark.parametrize(
    ("number", "age", "their_region", "seen"),
    [
        (N2, SHORT, WEST, Mirroring.ALL),
        (N3, SHORT, WEST, None),
        (N3, LONG, WEST, None),
        (N3, None, WEST, None),
        (N3, SHORT, EAST, None),
        (N1, SHORT, WEST, None),
    ],
)
def test_a_change_that_came_over_a_regions_own_one_shows_what_is_mirrored_although_it_looks_like_the_baseline(
    number: str, age: float | None, their_region: str, seen: Mirroring | None
) -> None:
    """The western stack declares what its queue had, but for the number or not even that."""
    wrote = Layer(Owner("stack", "West"), CallerConfig(number=N2), None, DeletionBehavior.RESTORE, at=2.0)
    declared = Layer(Owner("stack", "East"), CallerConfig(number=N3), None, DeletionBehavior.RESTORE, at=1.0)
    own, theirs = QueueState(CallerConfig("Before", number), WEST, age), QueueState(BEFORE, their_region, SHORT)
    before = CallerConfig("Before", N2) if number == N2 else BEFORE
    there = twin(wrote, baseline=before)
    assert known_mirroring(EAST, Ledger(BEFORE, (declared,)), own, there, theirs) is seen
    assert known_mirroring(EAST, Ledger(BEFORE), own, there, theirs) is None, "nothing was written here"
    assert known_mirroring(EAST, Ledger(BEFORE, (declared,)), own, there) is None, "the other queue was not asked for"


@pytest.mark.parametrize(
    ("age", "their_age", "seen"),
    [(LONG, LONG, Mirroring.NOTHING), (SHORT, LONG, None), (LONG, SHORT, None), (None, LONG, None)],
)
def test_two_queues_are_apart_once_mirroring_would_have_changed_one_of_them(
    age: float | None, their_age: float, seen: Mirroring | None
) -> None:
    own, theirs = QueueState(CallerConfig("East"), EAST, age), QueueState(CallerConfig("West"), WEST, their_age)
    assert known_mirroring(EAST, Ledger(BEFORE, (layer(2.0, "East"),)), own, twin(layer(1.0, "West")), theirs) is seen
    known = replace(twin(layer(1.0, "West")), mirroring=Mirroring.ALL)
    assert known_mirroring(EAST, Ledger(BEFORE, (layer(2.0, "East"),)), own, known, theirs) is Mirroring.ALL


@pytest.mark.parametrize(
    ("mirroring", "declares", "config"),
    [
        (Mirroring.ALL, False, ("West", N2)),
        (Mirroring.ALL, True, ("West", N2)),
        (Mirroring.BUT_NUMBER, False, ("West", N1)),
        (None, False, ("West", N2)),
        (None, True, ("East", N1)),
        (Mirroring.NOTHING, False, ("East", N1)),
        (Mirroring.NOTHING, True, ("East", N1)),
    ],
)
def test_the_newest_layer_of_both_regions_is_active_unless_they_are_apart(
    mirroring: Mirroring | None, declares: bool, config: tuple[str, str]
) -> None:
    own = Ledger(BEFORE, (layer(1.0, "East", N1),))
    there = replace(twin(layer(2.0, "West", N2)), mirroring=mirroring)
    wanted, _ = wanted_config(own, there, declares=declares)
    assert (wanted.name, wanted.number) == config


def test_without_any_layer_a_queue_has_the_baseline_of_its_own_region() -> None:
    assert wanted_config(Ledger(BEFORE), Twin(WEST), declares=False) == (BEFORE, None)


@pytest.mark.parametrize(
    ("noted_here", "noted_there", "now", "expected"),
    [
        (None, None, ("West", N2), ("West", N2)),
        (None, None, ("West", N1), ("West", N1)),
        (None, None, ("East", N1), ("East", N1)),
        (None, None, ("By hand", N3), ("East", N1)),
        (Mirroring.ALL, None, ("East", N1), ("West", N2)),
        (None, Mirroring.BUT_NUMBER, ("East", N1), ("West", N1)),
        (Mirroring.ALL, Mirroring.BUT_NUMBER, ("East", N1), ("West", N1)),
        (Mirroring.NOTHING, None, ("West", N2), ("East", N1)),
    ],
)
def test_while_mirroring_is_unknown_a_queue_may_have_either_regions_config_at_rest(
    noted_here: Mirroring | None, noted_there: Mirroring | None, now: tuple[str, str], expected: tuple[str, str]
) -> None:
    own = Ledger(BEFORE, (layer(1.0, "East", N1),), mirroring=noted_here)
    there = Twin(WEST, Snapshot(1, Ledger(BEFORE, (layer(2.0, "West", N2),), mirroring=noted_there)))
    assert expected_config(own, there, CallerConfig(*now)) == CallerConfig(*expected)


def test_without_a_layer_of_its_own_a_queue_is_expected_to_have_what_the_other_region_declares() -> None:
    assert expected_config(Ledger(BEFORE), twin(layer(2.0, "West", N2)), BEFORE) == CallerConfig("West", N2)
