"""When a config may call, and the chains that it depends on."""

from __future__ import annotations

from itertools import pairwise

import pytest
from queue_outbound_caller_config_provider.schedule import (
    MOST_CHAINS,
    VARIABLE,
    Schedule,
    TimeSlot,
    chains_of,
    time_slot_from,
    to_variable,
)

IDS_450 = [f"Config{number}F00BA4{number:02X}" for number in range(450)]


def test_two_chains_share_no_slot() -> None:
    """CloudFormation runs one config of each chain at a time."""
    schedule = Schedule.of(chains_of(IDS_450))
    chains = chains_of(IDS_450)
    slots = [{schedule.time_slot(logical_id).slot for logical_id in chain} for chain in chains]
    clashes = sum(len(slot) > 1 for slot in slots)
    assert clashes <= 2  # two fingerprints of 450 are the same about every other time
    assert len(set().union(*slots)) == len(chains)


@pytest.mark.parametrize("configs", [21, 26, 27, 50, 99, 150, 449, 450, 451])
def test_a_cycle_is_long_enough_for_cloudformations_pause(configs: int) -> None:
    """A chain that misses its next slot halves its pace."""
    assert 4.4 <= Schedule.of(chains_of(IDS_450[:1] * configs)).time_slot("any").cycle <= 10.5


def test_the_chains_share_the_configs_evenly() -> None:
    """Each slot of a chain that has run out of configs is lost."""
    for configs in range(1, 500):
        names = [f"Config{number}" for number in range(configs)]
        chains = chains_of(names)
        assert sorted(name for chain in chains for name in chain) == sorted(names)
        assert 1 <= len(chains) <= min(configs, MOST_CHAINS)
        assert max(map(len, chains)) * len(chains) <= max(1.1 * configs, configs + 6)


def test_one_config_more_or_less_moves_few_others() -> None:
    """What each waits for, whichever it is and however many there are."""

    def waits(names: list[str]) -> dict[str, str]:
        return {later: earlier for chain in chains_of(names) for earlier, later in pairwise(chain)}

    moved = []
    for configs in (45, 60, 100, 150, 200, 300, 449):
        names = [f"Config{number}" for number in range(configs)]
        before, after = waits(names), waits([*names, "Another"])
        moved.append(sum(before.get(name) != after.get(name) for name in names))
    assert sum(moved) / len(moved) <= 6
    assert max(moved) <= 25  # one more may make it another number of chains


def test_the_order_of_the_names_does_not_matter() -> None:
    assert chains_of(IDS_450) == chains_of(IDS_450[::-1])


@pytest.mark.parametrize("configs", [6, 10, 50, 150, 450])
def test_one_slot_each_takes_what_the_quota_and_its_burst_allow(configs: int) -> None:
    """The last of N calls can be made (N - 5) / 2 s after the first; little more for slots that stay empty."""
    schedule = Schedule.of(chains_of(IDS_450[:configs]))
    last = (len(schedule.chains) * schedule.rounds - 1) * schedule.slot_seconds
    assert (configs - 5) / 2 <= last <= 1.07 * (configs - 5) / 2 + 0.15


def test_few_configs_wait_for_nothing() -> None:
    """Five fit into the burst."""
    assert Schedule.of(chains_of(IDS_450[:5])).time_slot(IDS_450[3]).wait(1234.5) == 0


def test_a_turn_comes_round_once_a_frame() -> None:
    """Slot 2 of 10 of half a second."""
    slot = TimeSlot(2, 10, 0.5)
    assert slot.wait(0.0) == pytest.approx(1.0)
    assert slot.wait(1.0) == 0
    assert slot.wait(1.4) == pytest.approx(4.6)
    assert slot.wait(5000.5) == pytest.approx(0.5)


def test_four_slots_of_a_large_deploy_begin_at_once() -> None:
    """In between, the quota is free for others; and each chain still has one slot in each cycle."""
    schedule = Schedule.of(chains_of(IDS_450[:150]))
    period = 4 * schedule.slot_seconds
    for chain in chains_of(IDS_450[:150]):
        slot = schedule.time_slot(chain[0])
        now, begins = 5000.0, list[float]()
        for _ in range(20):
            begins.append(now + slot.wait(now) + slot.lead)
            now = begins[-1] + 2.0  # its calls, and CloudFormation's pause
        assert begins == [pytest.approx(round(at / period) * period) for at in begins]
        assert begins[-1] - begins[0] == pytest.approx(19 * slot.cycle, abs=period)


def test_few_configs_or_chains_call_one_by_one() -> None:
    """To wait for others would cost a small deploy more than a tenth of its time."""
    assert Schedule.of(chains_of(IDS_450[:70])).time_slot(IDS_450[0]).together == 1
    assert Schedule.of(chains_of(IDS_450, 8)).time_slot(IDS_450[0]).together == 1


def test_a_config_that_others_wait_for_calls_a_little_earlier_and_backwards_on_delete() -> None:
    """When two deploys meet, the chains that have most left get through first."""
    schedule = Schedule.of(chains_of(IDS_450))
    first, *_, final = chains_of(IDS_450)[0]
    for name, backwards, lead in ((first, False, 0.1), (final, False, 0.0), (first, True, 0.0), (final, True, 0.1)):
        slot = schedule.time_slot(name, backwards=backwards)
        assert slot.lead == lead
        assert time_slot_from({VARIABLE: to_variable([schedule])}, name, backwards=backwards) == slot
        begin = slot.wait(5000.0) + lead
        assert begin == pytest.approx(schedule.time_slot(final).wait(5000.0))


def test_the_function_knows_the_turn_by_its_environment() -> None:
    """What synthesis wrote is what the function reads."""
    schedule = Schedule.of(chains_of(IDS_450))
    environment = {VARIABLE: to_variable([schedule])}
    assert time_slot_from(environment, IDS_450[33]) == schedule.time_slot(IDS_450[33])


def test_500_configs_fit_into_lambdas_environment() -> None:
    """4 KB for all variables (Lambda quotas)."""
    assert len(to_variable([Schedule.of(chains_of([f"Config{number}" for number in range(500)]))])) < 1600


def test_each_group_has_turns_of_its_own() -> None:
    """Two Regions are two quotas."""
    groups = [Schedule.of(chains_of(IDS_450[:100])), Schedule.of(chains_of(IDS_450[100:107]))]
    environment = {VARIABLE: to_variable(groups)}
    assert time_slot_from(environment, IDS_450[103]) == groups[1].time_slot(IDS_450[103])
    assert time_slot_from(environment, IDS_450[3]) == groups[0].time_slot(IDS_450[3])


def test_a_config_that_is_not_listed_has_the_same_turn_each_time() -> None:
    """It was removed in this very deploy, so its Delete finds a schedule without it."""
    environment = {VARIABLE: to_variable([Schedule.of(chains_of(IDS_450[:100]))])}
    slots = {time_slot_from(environment, f"Removed{number}") for number in range(50)}
    assert len(slots) > 10
    assert time_slot_from(environment, "Removed1") == time_slot_from(environment, "Removed1")


@pytest.mark.parametrize("value", ["", "none", "AAAA,BBB", ","])
def test_without_a_readable_schedule_there_is_no_slot(value: str) -> None:
    """A plain template has none, and a bad one must not stop a deploy."""
    assert time_slot_from({VARIABLE: value}, "Config") is None
    assert time_slot_from({}, "Config") is None
