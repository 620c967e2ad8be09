"""The first stack in a Region whose queue shows an older config of the other Region."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.connect import sample
from testing.protocol.cancelled import Cancel
from testing.protocol.cloudformation import accident
from testing.protocol.world import NAME, NO_FLOW, NUMBER, PRIMARY, REPLICA, World, over

from .test_regions import (
    BASELINE,
    EVERYTHING,
    MAIN,
    NOTHING,
    NUMBERLESS,
    OTHER,
    READINGS,
    Pair,
)


@pytest.fixture(params=READINGS)
def late(world: World, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Mirroring takes ten minutes; where the number is not mirrored, the western queue has another one than the eastern."""
    pair = Pair(world, request.param, 600.0)
    if request.param == NUMBERLESS:
        world.connect.set_mirroring(NOTHING)
        pair.west.set_config({**BASELINE, NUMBER: sample.INSTANCE_NUMBER})
        world.connect.set_mirroring(NUMBERLESS, 600.0)
    yield pair
    world.reset()


def leaves_all_as_before(pair: Pair, before: tuple[dict[str, str], dict[str, str]], first: str) -> None:
    """Deletes what both stacks declare, one after the other; then each queue has what it had before the first of them."""
    for side in (first, "west" if first == "east" else "east"):
        pair.stacks[side].destroy()
        pair.wait()
    assert pair.configs == before
    assert (pair.east.ledger, pair.west.ledger) == (None, None)


NUMBERS = {"numbers": ({"number": MAIN}, {"number": OTHER}), "names": ({}, {})}


@pytest.mark.parametrize("first", ["east", "west"])
@pytest.mark.parametrize("declares", NUMBERS)
def test_a_first_create_while_an_update_in_the_other_region_is_under_way(late: Pair, declares: str, first: str) -> None:
    before, (old, new) = late.configs, NUMBERS[declares]
    late.stacks["east"].create("A", late.declare("east", name="Old", **old)).must_succeed()
    late.wait()
    late.stacks["east"].update("A", late.declare("east", name="New", **new)).must_succeed()
    late.stacks["west"].create("A", late.declare("west", name="West")).must_succeed()
    late.wait()
    assert late.west.config[NAME] == "West"
    leaves_all_as_before(late, before, first)


@pytest.mark.parametrize("again", [False, True], ids=["gone", "and another came"])
def test_a_first_create_while_the_final_delete_in_the_other_region_is_under_way(late: Pair, again: bool) -> None:
    before = late.configs
    late.stacks["east"].create("A", late.declare("east", name="Gone", number=MAIN)).must_succeed()
    late.wait()
    late.stacks["east"].destroy()
    if again:
        late.stacks["east"].create("B", late.declare("east", name="Another")).must_succeed()
    late.stacks["west"].create("A", late.declare("west", name="West", number=OTHER)).must_succeed()
    late.wait()
    assert late.west.config[NAME] == "West"
    leaves_all_as_before(late, before, "west")


@pytest.mark.parametrize("first", ["east", "west"])
def test_a_first_create_while_the_ledger_of_the_other_region_cannot_be_read(late: Pair, first: str) -> None:
    before = late.configs
    late.stacks["east"].create("A", late.declare("east", name="East", number=MAIN)).must_succeed()
    late.wait()
    late.world.parameter_store.down(PRIMARY)
    late.stacks["west"].create("A", late.declare("west", name="West", number=OTHER)).must_succeed()
    late.world.parameter_store.reset()
    late.wait()
    late.stacks["east"].update("A", late.declare("east", name="New")).must_succeed()
    late.wait()
    leaves_all_as_before(late, before, first)


@pytest.mark.parametrize("first", ["east", "west"])
def test_first_creates_while_neither_region_can_read_the_ledger_of_the_other(late: Pair, first: str) -> None:
    """The second one finds what the first one wrote. That must not become the baseline of the first one later."""
    late.stacks["east"].create("A", late.declare("east", name="Gone")).must_succeed()
    late.stacks["east"].destroy()  # so the western queue was last changed from the east
    late.wait()
    before = late.configs
    late.world.parameter_store.down(PRIMARY)
    late.stacks["west"].create("A", late.declare("west", name="West")).must_succeed()
    late.wait()
    late.world.parameter_store.reset()
    late.world.parameter_store.down(REPLICA)
    late.stacks["east"].create("A", late.declare("east", number=MAIN)).must_succeed()
    late.world.parameter_store.reset()
    late.stacks["west"].update("A", late.declare("west", name="New")).must_succeed()
    late.wait()
    leaves_all_as_before(late, before, first)


@pytest.mark.parametrize("first", ["east", "west"])
def test_a_first_create_where_the_other_region_declares_the_number_that_the_queue_has_by_itself(
    world: World, first: str
) -> None:
    pair = Pair(world, NOTHING, 0.0)
    pair.west.set_config({**BASELINE, NUMBER: sample.GROUP_NUMBER})
    world.connect.set_mirroring(NUMBERLESS, 0.0)
    before = pair.configs
    pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    pair.stacks["west"].create("A", pair.declare("west", name="West", number=OTHER)).must_succeed()
    leaves_all_as_before(pair, before, first)
    world.reset()


@pytest.mark.parametrize("first", ["east", "west"])
def test_a_first_create_on_a_queue_that_was_saved_here_since_what_the_other_region_declares_has_arrived(
    late: Pair, first: str
) -> None:
    """Someone changed its description: it was last changed in its own Region, but its config is not its own."""
    before = late.configs
    late.stacks["east"].create("A", late.declare("east", name="East", number=MAIN)).must_succeed()
    late.wait()
    late.west.set_config(late.west.config)
    late.wait()
    late.stacks["west"].create("A", late.declare("west", name="West")).must_succeed()
    late.wait()
    assert late.west.config == over(before[1], late.declare("west", name="West"))
    leaves_all_as_before(late, before, first)


def test_a_first_create_on_a_queue_that_got_in_the_console_what_the_other_region_declares(world: World) -> None:
    """Nothing is mirrored, and the queue was last changed in its own Region: what it has is its own."""
    pair = Pair(world, NOTHING, 0.0)
    pair.stacks["east"].create("A", pair.declare("east", name="Same")).must_succeed()
    pair.west.set_config(pair.east.config)
    before = pair.west.config
    pair.stacks["west"].create("A", pair.declare("west", name="West", number=OTHER)).must_succeed()
    for side in ("west", "east"):
        pair.wait()
        pair.wait()
        pair.stacks[side].destroy()
    assert pair.west.config == before
    world.reset()


@pytest.mark.parametrize("number", range(1, 5))
def test_a_first_create_that_is_superseded_before_its_record_writes_to_no_region(world: World, number: int) -> None:
    pair = Pair(world, NOTHING, 0.0)
    before = pair.west.config
    pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    cancel = Cancel(number, until=8)
    pair.stacks["west"].deploy({"A": pair.declare("west", name="West")}, then_fails=True, cancel=cancel)
    assert pair.west.writes == []
    pair.stacks["east"].destroy()
    assert (pair.west.config, pair.west.ledger) == (before, None)
    world.reset()


@pytest.mark.parametrize("until", range(6, 13))
def test_a_first_create_that_writes_while_its_delete_waits_leaves_what_is_taken_back_later(
    world: World, until: int
) -> None:
    """Nobody knows yet that nothing is mirrored, so it gives way to what the other Region declares."""
    pair = Pair(world, NOTHING, 0.0)
    before = pair.west.config
    pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    cancel = Cancel(6, until=until)
    pair.stacks["west"].deploy({"A": pair.declare("west", name="West")}, then_fails=True, cancel=cancel)
    assert pair.west.writes
    pair.stacks["east"].destroy()
    assert (pair.west.config, pair.west.ledger) == (before, None)
    world.reset()


def test_a_first_create_that_died_before_its_write_leaves_a_region_that_is_apart_as_it_was(world: World) -> None:
    pair = Pair(world, NOTHING, 0.0)
    before = pair.west.config
    pair.stacks["east"].create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    dies = accident("kill", "before", call="connect:UpdateQueueOutboundCallerConfig")
    pair.stacks["west"].create("A", pair.declare("west", name="West"), accidents=dies, deliveries=1)
    pair.stacks["west"].destroy()
    assert (pair.west.config, pair.west.ledger) == (before, None)
    pair.stacks["east"].destroy()
    world.reset()


def test_a_first_create_shortly_after_a_region_that_is_apart_was_cleared_has_its_own_baseline(world: World) -> None:
    """The cleared config could be on its way; half an hour later it is known that nothing is mirrored."""
    pair = cleared_in_the_east(world)
    pair.stacks["west"].create("A", pair.declare("west", name="West")).must_succeed()
    pair.wait()
    pair.wait()
    pair.stacks["west"].destroy()
    assert pair.configs == ({}, NAMED)
    world.reset()


def test_a_first_create_there_that_fails_leaves_what_the_queue_had(world: World) -> None:
    """Its Delete may read a ledger that was deleted a moment ago."""
    pair = cleared_in_the_east(world)
    world.stale_reads(2.4)
    pair.stacks["west"].deploy({"A": pair.declare("west", name="West", flow=NO_FLOW)})
    assert (pair.configs, pair.west.ledger) == (({}, NAMED), None)
    world.reset()


NAMED = {NAME: "Before"}


def cleared_in_the_east(world: World) -> Pair:
    """Nothing is mirrored, and the eastern stack has left its queue cleared; both queues had a name before."""
    pair = Pair(world, NOTHING, 0.0)
    world.connect.set_mirroring(EVERYTHING)
    pair.east.set_config(NAMED)
    world.connect.set_mirroring(NOTHING)
    pair.wait()
    pair.stacks["east"].create("A", pair.east.declare("CLEAR", name="East")).must_succeed()
    pair.stacks["east"].destroy()
    assert pair.configs == ({}, NAMED)
    return pair
