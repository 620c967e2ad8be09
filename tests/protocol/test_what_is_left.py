"""What a queue and its replica are left with: each Region's deletion behavior, and the final owner's of both."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from emulator.connect import Queue, sample
from testing.protocol.cloudformation import accident
from testing.protocol.world import FLOW, INSTANCE, NUMBER, REPLICA, World, by_id, over

from .test_regions import BASELINE, EVERYTHING, MAIN, NOTHING, NUMBERLESS, OTHER, READINGS, Pair, ends_as_before


@pytest.mark.parametrize("behavior", ["CLEAR", "RETAIN"])
@pytest.mark.parametrize("reading", [EVERYTHING, NUMBERLESS])
def test_what_the_final_owner_leaves_counts_in_both_regions(world: World, reading: str, behavior: str) -> None:
    """The eastern stack goes first, with RESTORE: its ledger waits with the baseline."""
    pair = Pair(world, reading, 0.0)
    pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    west = {**pair.declare("west", name="West", number=OTHER), "DeletionBehavior": behavior}
    pair.stacks["west"].create("A", west).must_succeed()
    for stack in pair.stacks.values():
        stack.destroy()
    kept = over(BASELINE, west) if behavior == "RETAIN" else {}
    there = kept if reading == EVERYTHING else {**kept, NUMBER: by_id(BASELINE)[NUMBER]}
    assert pair.configs == (there, kept)
    assert (pair.east.ledger, pair.west.ledger) == (None, None)


def test_a_cleared_queue_is_clear_in_both_regions_although_its_own_had_nothing_before(world: World) -> None:
    """What the final owner leaves is what its Region had; the other one had something else."""
    pair = Pair(world, EVERYTHING, 60.0)
    world.connect.put_queue(REPLICA, INSTANCE, Queue(pair.west.id, "A queue", {}))
    west = {**pair.declare("west", name="West", number=OTHER), "DeletionBehavior": "CLEAR"}
    pair.stacks["west"].create("A", west).must_succeed()
    pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    for side in ("east", "west"):
        pair.wait()
        pair.stacks[side].destroy()
    pair.wait()
    assert pair.configs == ({}, {})
    assert (pair.east.ledger, pair.west.ledger) == (None, None)


@pytest.mark.parametrize("behavior", ["CLEAR", "RETAIN", "RESTORE"])
def test_what_the_final_owner_leaves_counts_although_its_delete_dies_after_any_call(
    world: World, behavior: str
) -> None:
    """It is delivered again, and finds its layer removed and the other Region's ledger waiting, or closed already."""
    for number in itertools.count(1):
        pair = Pair(world, EVERYTHING, 0.0)
        pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
        west = {**pair.declare("west", name="West", number=OTHER), "DeletionBehavior": behavior}
        pair.stacks["west"].create("A", west).must_succeed()
        pair.stacks["east"].destroy()
        deleted = pair.stacks["west"].delete("A", accidents=accident("kill", "after", number=number)).must_succeed()
        left = {"CLEAR": {}, "RETAIN": over(BASELINE, west), "RESTORE": by_id(BASELINE)}[behavior]
        assert pair.configs == (left, left), f"died after call {number}"
        assert (pair.east.ledger, pair.west.ledger) == (None, None), f"died after call {number}"
        if len(deleted.invocations) == 1:
            break
    assert number > 9


LEAVES = (("CLEAR", "RESTORE"), ("RETAIN", "RESTORE"), ("RESTORE", "RETAIN"), ("CLEAR", "RETAIN"), ("RETAIN", "CLEAR"))
"""Deletion behaviors: of the owner that goes first, and of the final one."""


def left_by(declared: dict[str, Any]) -> dict[str, str]:
    """What a final owner leaves."""
    behavior = declared["DeletionBehavior"]
    return {"RESTORE": by_id(BASELINE), "CLEAR": {}, "RETAIN": over(BASELINE, declared)}[behavior]


@pytest.mark.parametrize("reading", READINGS)
def test_each_final_owner_decides_what_its_own_queue_is_left_with_as_far_as_it_is_apart(
    world: World, reading: str
) -> None:
    """Both are deleted before anything has arrived, so nothing shows what is mirrored."""
    for first, final in LEAVES:
        pair = Pair(world, reading, 600.0)
        west = pair.west.declare(first, name="West", number=OTHER)
        east = pair.east.declare(final, name="East", number=MAIN)
        pair.stacks["east"].create("A", east).must_succeed()
        pair.stacks["west"].create("A", west).must_succeed()
        pair.stacks["west"].destroy()
        pair.stacks["east"].destroy()
        pair.wait()
        there = left_by(west if reading == NOTHING else east)
        if reading == NUMBERLESS:
            there = {**{field: its for field, its in there.items() if field != NUMBER}, **_number_of(left_by(west))}
        assert pair.configs == (left_by(east), there), f"{first}, then {final}"
        assert (pair.east.ledger, pair.west.ledger) == (None, None)


def _number_of(config: dict[str, str]) -> dict[str, str]:
    return {field: its for field, its in config.items() if field == NUMBER}


@pytest.mark.parametrize("behavior", ["CLEAR", "RETAIN"])
def test_an_owner_that_is_not_the_final_one_of_both_regions_leaves_the_baseline(world: World, behavior: str) -> None:
    pair = Pair(world, EVERYTHING, 0.0)
    east = pair.east.declare(name="East")
    pair.stacks["east"].create("A", east).must_succeed()
    pair.stacks["west"].create("A", pair.west.declare(behavior, number=OTHER)).must_succeed()
    pair.stacks["west"].destroy()
    assert pair.configs == (over(BASELINE, east), over(BASELINE, east))
    pair.stacks["east"].destroy()
    ends_as_before(pair)


def test_what_is_left_has_its_own_regions_number_although_both_had_the_same_once(world: World) -> None:
    """The eastern ledger notes that all is mirrored, by a coincidence; the western one knows better."""
    pair = Pair(world, NUMBERLESS, 0.0)
    pair.stacks["west"].create("A", pair.west.declare("RETAIN", name="West")).must_succeed()
    east = pair.east.declare("RETAIN", name="East", number=MAIN)
    pair.stacks["east"].create("A", east).must_succeed()
    pair.stacks["west"].destroy()
    pair.stacks["east"].destroy()
    kept = over(BASELINE, east)
    assert pair.configs == (kept, {**kept, NUMBER: by_id(BASELINE)[NUMBER]})


def test_a_ledger_that_waits_is_deleted_although_the_final_owner_had_changed_nothing(world: World) -> None:
    pair = Pair(world, EVERYTHING, 0.0)
    had = {FLOW: sample.WHISPER}
    world.connect.put_queue(sample.PRIMARY, INSTANCE, Queue(pair.east.id, "A queue", had), everywhere=True)
    pair.stacks["east"].create("A", pair.east.declare(number=MAIN)).must_succeed()
    pair.stacks["west"].create("A", pair.west.declare(flow=sample.WHISPER)).must_succeed()
    pair.stacks["east"].delete("A").must_succeed()
    pair.stacks["east"].create("B", pair.east.declare(name="East")).must_succeed()
    for stack in pair.stacks.values():
        stack.destroy()
    assert pair.configs == (had, had)
    assert (pair.east.ledger, pair.west.ledger) == (None, None)


@pytest.mark.parametrize("reading", READINGS)
def test_two_final_owners_that_leave_at_once_leave_what_both_say(world: World, reading: str) -> None:
    pair = Pair(world, reading, 0.0)
    for side, stack in pair.stacks.items():
        stack.create("A", {**pair.declare(side, name=side, number=MAIN), "DeletionBehavior": "CLEAR"}).must_succeed()
    pair.delete_at_once()
    pair.wait()
    assert pair.configs == ({}, {})
    assert (pair.east.ledger, pair.west.ledger) == (None, None)
    world.reset()
