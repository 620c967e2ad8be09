"""What two queues show of mirroring, and what they do not: a config that fails or is rolled back while that is not certain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator.connect import Queue, sample
from testing.protocol.stack import Stack
from testing.protocol.world import INSTANCE, World, by_id, over

from .test_regions import (
    BASELINE,
    EVERYTHING,
    MAIN,
    NOTHING,
    NUMBERLESS,
    OTHER,
    Pair,
    a_failed_create,
    a_failed_update,
    ends_as_before,
    expected,
)


def test_a_replica_that_nothing_has_reached_yet_does_not_show_that_numbers_are_not_mirrored(world: World) -> None:
    """The replica was made from the other Region, and has all of what is declared there but the number: as it had before."""
    pair = Pair(world, NOTHING, 0.0)
    world.connect.put_queue(sample.PRIMARY, INSTANCE, Queue(pair.east.id, "A queue", {}), everywhere=True)
    pair.stacks["east"].create("A", pair.declare("east", number=MAIN)).must_succeed()
    west = pair.declare("west", flow=sample.WHISPER, number=OTHER)
    pair.stacks["west"].create("A", west).must_succeed()
    pair.stacks["east"].destroy()
    assert pair.configs == (over({}, west), over({}, west)), "while nobody knows, both have what is declared"


@pytest.mark.parametrize("reading", [NUMBERLESS, NOTHING])
@pytest.mark.parametrize("fields", [{"number": OTHER}, {"flow": sample.WHISPER}], ids=["number", "flow"])
def test_a_config_that_fails_leaves_a_number_that_only_its_own_region_declares(
    world: World, reading: str, fields: dict[str, str]
) -> None:
    """The newest owner is in the other Region, and what it declares does not show what is mirrored."""
    pair = Pair(world, reading, 0.0)
    pair.stacks["east"].create("A", pair.east.declare(number=MAIN)).must_succeed()
    pair.stacks["west"].create("A", pair.west.declare(**fields)).must_succeed()
    before = pair.configs
    a_failed_create(pair, pair.stacks["east"], "east")
    assert pair.configs == before
    for stack in pair.stacks.values():
        stack.destroy()
        pair.wait()
    ends_as_before(pair)


def test_a_number_that_came_to_lack_in_the_other_region_shows_what_is_mirrored(world: World) -> None:
    """Only numbers differ, and neither Region had one of them before."""
    pair = Pair(world, NUMBERLESS, 60.0)
    east, west = pair.east.declare(number=MAIN), pair.west.declare(number=OTHER)
    for side, declared in (("west", west), ("east", east)):
        pair.stacks[side].create("A", declared).must_succeed()
        pair.wait()
    pair.stacks["west"].destroy()
    assert pair.configs == (over(BASELINE, east), by_id(BASELINE))
    pair.stacks["east"].destroy()
    ends_as_before(pair)


def test_a_flow_of_the_baseline_is_right_in_both_regions_although_the_service_names_it_by_arn(world: World) -> None:
    """The ARN is of one Region's instance, and the second Region's baseline is what the first one's ledger says."""
    pair = Pair(world, EVERYTHING, 0.0)
    world.connect.set_returned_form("arn")
    _, west = pair.create_both(wait=False)
    assert pair.configs == expected(EVERYTHING, ("west", west))


def test_a_rollback_that_wrote_what_the_other_region_declares_does_not_show_that_numbers_are_not_mirrored(
    world: World,
) -> None:
    """The other Region's queue has its own number, but it came from here."""
    pair = Pair(world, EVERYTHING, 0.0)
    west = pair.west.declare("CLEAR", flow=sample.SECOND_WHISPER)
    east = pair.east.declare("CLEAR", flow=sample.SECOND_WHISPER, number=MAIN)
    pair.stacks["west"].create("A", west).must_succeed()
    pair.stacks["east"].create("A", east).must_succeed()
    pair.stacks["west"].deploy({"A": {**west, "Revision": "2"}}, then_fails=True)
    pair.stacks["west"].destroy()
    assert pair.configs == (over({}, east), over({}, east))


def test_an_update_that_fails_leaves_the_other_regions_config_with_its_own_regions_number(world: World) -> None:
    """Nobody knows by then that the numbers are not mirrored."""
    pair = Pair(world, NUMBERLESS, 600.0)
    west = pair.west.declare(number=OTHER, flow=sample.SECOND_WHISPER)
    pair.stacks["west"].create("A", west).must_succeed()
    east = pair.east.declare(number=MAIN)
    pair.stacks["east"].create("A", east).must_succeed()
    world.connect.advance(700.0)
    a_failed_update(pair, pair.stacks["west"], "west")
    assert pair.configs == expected(NUMBERLESS, ("west", west), ("east", east))


@pytest.mark.parametrize("second", ["east", "west"])
def test_a_write_that_never_arrives_does_not_show_that_nothing_is_mirrored(world: World, second: str) -> None:
    """The second owner's. It found what the first one had declared, so something is mirrored."""
    pair = Pair(world, EVERYTHING, 0.0)
    first = "west" if second == "east" else "east"
    pair.stacks[first].create("A", pair.declare(first, name="First", number=MAIN)).must_succeed()
    world.connect.lose_mirrored(queue=pair.east.id)
    pair.stacks[second].create("A", pair.declare(second, name="Second", number=OTHER)).must_succeed()
    pair.wait()
    pair.stacks[second].update("A", {**pair.declare(second, name="Second", number=OTHER), "Revision": "2"})
    for side in (first, second):
        pair.stacks[side].destroy()
    ends_as_before(pair)


@pytest.mark.parametrize("step", [lambda stack, _: stack.destroy(), lambda stack, again: stack.update("A", again)])
def test_a_number_on_its_way_does_not_show_that_numbers_are_not_mirrored(
    world: World, step: Callable[[Stack, dict[str, Any]], object]
) -> None:
    """The other Region changes its number alone: until that arrives, this queue has its name, but not its number."""
    pair = Pair(world, EVERYTHING, 600.0)
    east, west = pair.declare("east", name="East", number=MAIN), pair.declare("west", name="West", number=OTHER)
    pair.stacks["east"].create("A", east).must_succeed()
    pair.wait()
    pair.stacks["west"].create("A", pair.declare("west", name="West", number=MAIN)).must_succeed()
    pair.wait()
    pair.stacks["west"].update("A", west).must_succeed()
    step(pair.stacks["east"], {**east, "Revision": "2"})
    pair.wait()
    pair.stacks["east"].destroy()
    pair.wait()
    assert pair.configs == expected(EVERYTHING, ("west", west))
    pair.stacks["west"].destroy()
    ends_as_before(pair)


@pytest.mark.parametrize("fields", [{"name": "Same", "number": MAIN}, {"number": MAIN}], ids=["name", "number alone"])
def test_a_stack_that_goes_takes_its_number_along_although_the_other_region_declares_the_same(
    world: World, fields: dict[str, str]
) -> None:
    pair = Pair(world, NUMBERLESS, 600.0)
    world.connect.set_settings(mirrored_time="arrived")
    for side in ("east", "west"):
        pair.stacks[side].create("A", pair.declare(side, **fields)).must_succeed()
        pair.wait()
    pair.stacks["east"].destroy()
    pair.wait()
    assert pair.configs == expected(NUMBERLESS, ("west", pair.declare("west", **fields)))
    pair.stacks["west"].destroy()
    ends_as_before(pair)
