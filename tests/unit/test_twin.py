"""A queue and its replica: the baseline, what was seen of mirroring, and which layer is active."""

from __future__ import annotations

from dataclasses import replace

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, Mirroring, QueueState
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.twin import Twin, seen_mirroring, twin_region, wanted_config

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
    ("state", "baseline"),
    [
        (QueueState(CallerConfig("West", N2), WEST), BEFORE),
        (QueueState(CallerConfig("West", N3), WEST), CallerConfig("Before", N3)),
        (QueueState(CallerConfig("West", N2), EAST), CallerConfig("West", N2)),
        (QueueState(CallerConfig("By hand", N2), WEST), CallerConfig("By hand", N2)),
        (QueueState(CallerConfig("West", N2)), BEFORE),
        (QueueState(CallerConfig("West", N3)), CallerConfig("West", N3)),
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
def test_the_baseline_of_a_mirrored_write_is_the_one_from_before_it(state: QueueState, baseline: CallerConfig) -> None:
    assert twin(layer(1.0, "West", N2)).baseline(state) == baseline


def test_without_an_owner_in_the_twin_region_the_baseline_is_what_the_queue_has() -> None:
    state = QueueState(CallerConfig("West", N2), WEST)
    assert twin().baseline(state) == Twin(WEST).baseline(state) == Twin().baseline(state) == state.config


def test_mirroring_is_seen_by_a_queue_that_has_what_the_other_region_wrote() -> None:
    there = twin(layer(1.0, "West", N2))
    own = Ledger(BEFORE, (layer(2.0, "East", N1),))
    assert seen_mirroring(EAST, own, QueueState(CallerConfig("West", N2), WEST, SHORT), there) is Mirroring.ALL
    assert seen_mirroring(EAST, own, QueueState(CallerConfig("West", N3), WEST, SHORT), there) is Mirroring.BUT_NUMBER
    mine = QueueState(CallerConfig("East", N1), EAST, SHORT)
    assert seen_mirroring(EAST, own, mine, there) is None
    for config, seen in (
        (CallerConfig("East", N1), Mirroring.ALL),
        (CallerConfig("East", N3), Mirroring.BUT_NUMBER),
        (CallerConfig("By hand"), None),
    ):
        assert seen_mirroring(EAST, own, mine, there, QueueState(config, EAST, SHORT)) is seen


@pytest.mark.parametrize(
    ("age", "their_age", "seen"),
    [(LONG, LONG, Mirroring.NOTHING), (SHORT, LONG, None), (LONG, SHORT, None), (None, LONG, None)],
)
def test_two_queues_are_apart_once_mirroring_would_have_changed_one_of_them(
    age: float | None, their_age: float, seen: Mirroring | None
) -> None:
    own, theirs = QueueState(CallerConfig("East"), EAST, age), QueueState(CallerConfig("West"), WEST, their_age)
    assert seen_mirroring(EAST, Ledger(BEFORE, (layer(2.0, "East"),)), own, twin(layer(1.0, "West")), theirs) is seen


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
