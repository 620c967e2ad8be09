"""Whose turn it is."""

from __future__ import annotations

import pytest
from queue_outbound_caller_config_provider.schedule import (
    MOST_LANES,
    VARIABLE,
    Schedule,
    Turn,
    lanes_for,
    to_variable,
    turn_from,
)

IDS_450 = [f"Config{number}F00BA4{number:02X}" for number in range(450)]


def test_no_two_configs_of_a_wave_share_a_slot() -> None:
    """The configs that CloudFormation has under way at once are neighbours in rank."""
    schedule = Schedule.of(IDS_450)
    turns = [schedule.turn(logical_id) for logical_id in IDS_450]
    clashes = sum(
        len({turn.slot for turn in turns[first : first + schedule.lanes]}) < schedule.lanes
        for first in range(0, len(turns), schedule.lanes)
    )
    assert clashes <= 2  # two fingerprints of 450 are the same about every other time


@pytest.mark.parametrize("configs", [21, 26, 27, 50, 99, 150, 449, 450, 451])
def test_a_frame_is_long_enough_for_cloudformations_pause(configs: int) -> None:
    """A lane that misses its next slot halves its pace."""
    assert 4.4 <= Schedule.of(IDS_450[:1] * configs).turn("any").frame <= 10.5


def test_the_lanes_share_the_configs_evenly() -> None:
    """Each slot of a lane that has run out of configs is lost."""
    for configs in range(1, 500):
        lanes = lanes_for(configs)
        assert 1 <= lanes <= min(configs, MOST_LANES)
        assert -(-configs // lanes) * lanes <= max(1.05 * configs, configs + 2)


@pytest.mark.parametrize("configs", [6, 10, 50, 150, 450])
def test_one_slot_each_takes_what_the_quota_and_its_burst_allow(configs: int) -> None:
    """The last of N calls can be made (N - 5) / 2 s after the first."""
    last = (configs - 1) * Schedule.of(IDS_450[:configs]).slot_seconds
    assert (configs - 5) / 2 <= last <= 1.02 * (configs - 5) / 2 + 0.15


def test_few_configs_wait_for_nothing() -> None:
    """Five fit into the burst."""
    assert Schedule.of(IDS_450[:5]).turn(IDS_450[3]).wait(1234.5) == 0


def test_a_turn_comes_round_once_a_frame() -> None:
    """Slot 2 of 10 of half a second, its fresh calls in the slot's last quarter."""
    turn = Turn(2, 10, 0.5)
    assert turn.wait(0.0) == pytest.approx(1.375)
    assert turn.wait(1.375) == 0
    assert turn.wait(1.4) == pytest.approx(4.975)
    assert turn.wait(5001.0) == pytest.approx(0.375)


def test_who_was_refused_more_often_comes_first_in_a_slot() -> None:
    """So of two deploys that share the quota none waits for ever."""
    turn = Turn(2, 10, 0.5)
    waits = [turn.wait(0.0, refused) for refused in (4, 3, 2, 1, 0)]
    assert waits == sorted(waits)
    assert waits[1] < waits[2] < waits[3] < waits[4]


def test_the_function_knows_the_turn_by_its_environment() -> None:
    """What synthesis wrote is what the function reads."""
    schedule = Schedule.of(IDS_450)
    environment = {VARIABLE: to_variable([schedule])}
    assert turn_from(environment, IDS_450[33]) == schedule.turn(IDS_450[33])


def test_500_configs_fit_into_lambdas_environment() -> None:
    """4 KB for all variables (Lambda quotas)."""
    assert len(to_variable([Schedule.of([f"Config{number}" for number in range(500)])])) < 1600


def test_each_group_has_turns_of_its_own() -> None:
    """Two Regions are two quotas."""
    groups = [Schedule.of(IDS_450[:100]), Schedule.of(IDS_450[100:107])]
    environment = {VARIABLE: to_variable(groups)}
    assert turn_from(environment, IDS_450[103]) == groups[1].turn(IDS_450[103])
    assert turn_from(environment, IDS_450[3]) == groups[0].turn(IDS_450[3])


def test_a_config_that_is_not_listed_has_the_same_turn_each_time() -> None:
    """It was removed in this very deploy, so its Delete finds a schedule without it."""
    environment = {VARIABLE: to_variable([Schedule.of(IDS_450[:100])])}
    turns = {turn_from(environment, f"Removed{number}") for number in range(50)}
    assert len(turns) > 10
    assert turn_from(environment, "Removed1") == turn_from(environment, "Removed1")


@pytest.mark.parametrize("value", ["", "none", "0:AAAA", "x:AAAA"])
def test_without_a_readable_schedule_there_is_no_turn(value: str) -> None:
    """A plain template has none, and a bad one must not stop a deploy."""
    assert turn_from({VARIABLE: value}, "Config") is None
    assert turn_from({}, "Config") is None
