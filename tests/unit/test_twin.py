"""A queue and its replica: the baseline, what was seen of mirroring, and which layer is active."""

from __future__ import annotations

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, QueueState
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.twin import Twin, active_of_both, is_mirrored, twin_region

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
        (QueueState(CallerConfig("West", N2)), CallerConfig("West", N2)),
    ],
    ids=["mirrored", "mirrored but the number", "own change", "another change there", "the service does not say"],
)
def test_the_baseline_of_a_mirrored_write_is_the_one_from_before_it(state: QueueState, baseline: CallerConfig) -> None:
    assert twin(layer(1.0, "West", N2)).baseline(state) == baseline


def test_without_an_owner_in_the_twin_region_the_baseline_is_what_the_queue_has() -> None:
    state = QueueState(CallerConfig("West", N2), WEST)
    assert twin().baseline(state) == Twin(WEST).baseline(state) == Twin().baseline(state) == state.config


def test_mirroring_is_seen_by_a_queue_that_has_what_the_other_region_wrote() -> None:
    there = twin(layer(1.0, "West", N2))
    own = Ledger(BEFORE, (layer(2.0, "East", N1),))
    came = QueueState(CallerConfig("West", N3), WEST, SHORT)
    assert is_mirrored(EAST, own, came, there) is True
    mine = QueueState(CallerConfig("East", N1), EAST, SHORT)
    assert is_mirrored(EAST, own, mine, there) is None
    assert is_mirrored(EAST, own, mine, there, QueueState(CallerConfig("East", N3), EAST, SHORT)) is True
    assert is_mirrored(EAST, own, mine, there, QueueState(CallerConfig("By hand"), EAST, SHORT)) is None


@pytest.mark.parametrize(
    ("age", "their_age", "seen"), [(LONG, LONG, False), (SHORT, LONG, None), (LONG, SHORT, None), (None, LONG, None)]
)
def test_two_queues_are_apart_once_mirroring_would_have_changed_one_of_them(
    age: float | None, their_age: float, seen: bool | None
) -> None:
    own, theirs = QueueState(CallerConfig("East"), EAST, age), QueueState(CallerConfig("West"), WEST, their_age)
    assert is_mirrored(EAST, Ledger(BEFORE, (layer(2.0, "East"),)), own, twin(layer(1.0, "West")), theirs) is seen


def test_the_newest_layer_of_both_regions_is_active_unless_they_are_apart() -> None:
    own, there = Ledger(BEFORE, (layer(1.0, "East"),)), twin(layer(2.0, "West"))
    for mirrored, name in ((True, "West"), (None, "West"), (False, "East")):
        active = active_of_both(own, there, mirrored)
        assert active is not None
        assert active.declared.name == name
    assert active_of_both(Ledger(BEFORE), Twin(WEST), None) is None
