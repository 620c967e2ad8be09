"""A queue and its replica are one queue: what both queues have after each step, in every reading of mirroring."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.connect import sample, two_regions
from testing.local_aws import PROJECT_ROOT
from testing.protocol.running import Running, hold
from testing.protocol.stack import Stack
from testing.protocol.world import (
    FLOW,
    NAME,
    NO_FLOW,
    NUMBER,
    REPLICA,
    Target,
    World,
    by_id,
    number_arn,
    over,
)

BASELINE = {NAME: "Before", NUMBER: sample.SECOND_INSTANCE_NUMBER, FLOW: sample.WHISPER}
MAIN, OTHER = number_arn(sample.GROUP_NUMBER), number_arn(sample.INSTANCE_NUMBER)
EVERYTHING, NUMBERLESS, NOTHING = "everything", "everything but the number", "nothing"
READINGS = (EVERYTHING, NUMBERLESS, NOTHING)
HALF_AN_HOUR = 1801.0
RESULTS = PROJECT_ROOT / "docs/concepts/two-regions.md"
START, END = "<!-- results -->\n", "<!-- end of results -->\n"


@dataclass
class Pair:
    """A replicated queue, a stack in each Region, and how it is mirrored."""

    world: World
    reading: str
    delay: float

    def __post_init__(self) -> None:
        self.world.reset(two_regions())
        self.world.connect.set_mirroring(self.reading, self.delay)
        self.east, self.west = self.world.replicated_queue(BASELINE)
        self.stacks = {
            "east": self.world.stack("east"),
            "west": self.world.stack("west", region=REPLICA),
        }

    def queue(self, side: str) -> Target:
        return self.east if side == "east" else self.west

    def declare(self, side: str, **fields: str) -> dict[str, Any]:
        return self.queue(side).declare(**fields)

    def wait(self) -> None:
        """Lets everything be mirrored that is."""
        self.world.connect.advance(HALF_AN_HOUR)

    def delete_at_once(self) -> None:
        """Lets both stacks delete what they declare at the same moment: each may read that the other one still declares it."""
        events = [
            stack._cloudformation.event(
                "Delete", stack.id, "A", {}, PhysicalResourceId=stack.resources["A"].physical_id
            )
            for stack in self.stacks.values()
        ]
        for outcome in self.stacks["east"]._cloudformation.send_at_once(*events):
            outcome.must_succeed()

    @property
    def configs(self) -> tuple[dict[str, str], dict[str, str]]:
        return self.east.config, self.west.config

    def create_both(self, *, wait: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Lets first the eastern, then the western stack declare a config."""
        east, west = self.declare("east", name="East", number=MAIN), self.declare("west", name="West", number=OTHER)
        self.stacks["east"].create("A", east).must_succeed()
        if wait:
            self.wait()
        self.stacks["west"].create("A", west).must_succeed()
        if wait:
            self.wait()
        return east, west


def expected(reading: str, *declared: tuple[str, dict[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """What both queues have once everything has arrived, by the table of the contract.

    Args:
        reading: What is mirrored.
        declared: The side and properties of each living config, oldest first.
    """
    own = {side: over(BASELINE, properties) for side, properties in declared}
    newest = over(BASELINE, declared[-1][1]) if declared else by_id(BASELINE)
    if reading == EVERYTHING:
        return newest, newest
    if reading == NOTHING:
        return own.get("east", by_id(BASELINE)), own.get("west", by_id(BASELINE))
    sides = [own.get(side, by_id(BASELINE)) for side in ("east", "west")]
    east, west = ({**newest, NUMBER: config[NUMBER]} for config in sides)
    return east, west


@pytest.fixture(
    params=[(reading, delay) for reading in READINGS for delay in (0.0, 600.0)], ids=lambda it: f"{it[0]}-{it[1]:.0f}"
)
def pair(world: World, request: pytest.FixtureRequest) -> Iterator[Pair]:
    yield Pair(world, *request.param)
    world.reset()


def ends_as_before(pair: Pair) -> None:
    """Both queues have what they had, and no ledger is left."""
    pair.wait()
    assert pair.configs == (by_id(BASELINE), by_id(BASELINE))
    assert (pair.east.ledger, pair.west.ledger) == (None, None)


@pytest.mark.parametrize("wait", [True, False], ids=["at leisure", "at once"])
@pytest.mark.parametrize("first", ["east", "west"])
def test_one_stack_goes_and_then_the_other(pair: Pair, first: str, wait: bool) -> None:
    properties = dict(zip(("east", "west"), pair.create_both(wait=wait), strict=True))
    pair.wait()
    assert pair.configs == expected(pair.reading, *properties.items())
    second = "west" if first == "east" else "east"
    pair.stacks[first].delete("A").must_succeed()
    pair.wait()
    known_apart = pair.reading == NOTHING
    stays = expected(pair.reading, (second, properties[second]))
    if not known_apart:
        assert pair.configs == stays
    assert pair.queue(second).config == stays[second == "west"], "what a stack still declares is never written over"
    pair.stacks[second].delete("A").must_succeed()
    ends_as_before(pair)


@pytest.mark.parametrize("first", ["east", "west"])
def test_regions_that_are_known_to_be_apart_are_left_each_its_own(world: World, first: str) -> None:
    pair = Pair(world, NOTHING, 0.0)
    properties = dict(zip(("east", "west"), pair.create_both(wait=True), strict=True))
    second = "west" if first == "east" else "east"
    pair.stacks[first].delete("A").must_succeed()
    assert pair.configs == expected(NOTHING, (second, properties[second]))
    assert pair.queue(first).ledger is None
    pair.stacks[second].delete("A").must_succeed()
    ends_as_before(pair)


def test_both_stacks_are_deleted_at_once(pair: Pair) -> None:
    pair.create_both(wait=False)
    pair.delete_at_once()
    ends_as_before(pair)


def test_both_stacks_are_created_at_once(pair: Pair) -> None:
    declared = {side: pair.declare(side, name=side, number=MAIN) for side in pair.stacks}
    events = [
        stack._cloudformation.event("Create", stack.id, "A", declared[side]) for side, stack in pair.stacks.items()
    ]
    for outcome in pair.stacks["east"]._cloudformation.send_at_once(*events):
        outcome.must_succeed()
    pair.wait()
    for side, stack in pair.stacks.items():
        stack.resources["A"] = _resource(pair.queue(side).physical_id, declared[side])
        stack.delete("A").must_succeed()
        pair.wait()
    ends_as_before(pair)


def test_a_first_create_that_meets_the_first_one_of_the_other_region_between_two_reads(pair: Pair) -> None:
    """It has found no ledger there when the other one puts it and writes."""
    east, west = (pair.declare(side, name=side, number=MAIN) for side in pair.stacks)
    stack = pair.stacks["west"]
    event = stack._cloudformation.event("Create", stack.id, "A", west)
    met = Running(stack, event, hold("connect:DescribeQueue", skip=1)).wait_until_held()
    pair.stacks["east"].create("A", east).must_succeed()
    met.end().must_succeed()
    pair.wait()
    stack.resources["A"] = _resource(pair.west.physical_id, west)
    for one in pair.stacks.values():
        one.destroy()
        pair.wait()
    ends_as_before(pair)


def _resource(physical_id: str, properties: dict[str, Any]) -> Any:
    from testing.protocol.stack import Resource  # noqa: PLC0415 - beside what uses it

    return Resource(physical_id, properties)


def an_update(pair: Pair, stack: Stack, side: str) -> None:
    assert stack.deploy({"A": pair.declare(side, name="Updated", number=MAIN)}).succeeded


def a_rename(pair: Pair, stack: Stack, side: str) -> None:
    assert stack.deploy({"B": pair.declare(side, name="Renamed", number=MAIN)}).succeeded


def a_failed_update(pair: Pair, stack: Stack, side: str) -> None:
    assert not stack.deploy({"A": pair.declare(side, name="Bad", flow=NO_FLOW)}).succeeded


def a_failed_create(pair: Pair, _: Stack, side: str) -> None:
    region = {"region": REPLICA} if side == "west" else {}
    assert not pair.world.stack("third", **region).deploy({"X": pair.declare(side, name="Bad", flow=NO_FLOW)}).succeeded


def a_rollback(pair: Pair, stack: Stack, side: str) -> None:
    assert not stack.deploy({"A": pair.declare(side, name="Tried", number=MAIN)}, then_fails=True).succeeded


Step = Callable[[Pair, Stack, str], None]
CHANGES: dict[Step, str | None] = {an_update: "Updated", a_rename: "Renamed"}
FAILURES: tuple[Step, ...] = (a_failed_update, a_failed_create, a_rollback)


@pytest.mark.parametrize("side", ["east", "west"])
@pytest.mark.parametrize("step", CHANGES, ids=lambda step: step.__name__)
def test_a_change_in_one_region_is_the_newest_config(pair: Pair, step: Step, side: str) -> None:
    east, west = pair.create_both(wait=True)
    step(pair, pair.stacks[side], side)
    pair.wait()
    other = ("west", west) if side == "east" else ("east", east)
    mine = (side, pair.declare(side, name=str(CHANGES[step]), number=MAIN))
    assert pair.configs == expected(pair.reading, other, mine)
    for stack in pair.stacks.values():
        stack.destroy()
        pair.wait()
    ends_as_before(pair)


@pytest.mark.parametrize("side", ["east", "west"])
@pytest.mark.parametrize("step", FAILURES, ids=lambda step: step.__name__)
def test_what_fails_or_is_rolled_back_leaves_both_regions_as_before(pair: Pair, step: Step, side: str) -> None:
    pair.create_both(wait=True)
    before = pair.configs
    step(pair, pair.stacks[side], side)
    pair.wait()
    assert pair.configs == before
    for stack in pair.stacks.values():
        stack.destroy()
        pair.wait()
    ends_as_before(pair)


def test_a_rollback_does_not_replace_a_newer_config_of_the_other_region_that_has_yet_to_arrive(world: World) -> None:
    """Nothing shows by then that the two Regions mirror each other."""
    pair = Pair(world, EVERYTHING, 600.0)
    _, west = pair.create_both(wait=False)
    a_rollback(pair, pair.stacks["east"], "east")
    pair.wait()
    assert pair.configs == expected(EVERYTHING, ("west", west))
    for stack in pair.stacks.values():
        stack.destroy()
    ends_as_before(pair)


def test_a_resource_whose_move_to_the_other_regions_queue_is_rolled_back_leaves_both_as_before(pair: Pair) -> None:
    """What the resource declared there is being rolled back, so it is not what a stack in that Region declares.

    If nothing is mirrored, nobody can know it: the western queue may keep what the east declares until that is removed.
    """
    stack, declared = pair.stacks["east"], pair.declare("east", name="East", number=MAIN)
    stack.create("A", declared).must_succeed()
    pair.wait()
    assert not stack.deploy({"A": pair.declare("west", name="Moved", number=OTHER)}, then_fails=True).succeeded
    pair.wait()
    east, west = expected(pair.reading, ("east", declared))
    assert pair.east.config == east
    assert pair.west.config in ((west, east) if pair.reading == NOTHING else (west,))
    stack.destroy()
    ends_as_before(pair)


# The results, as the docs show them


def test_the_documented_results_are_what_was_observed(world: World) -> None:
    """`RESULTS=write` writes the table anew."""
    lines = ["| mirrored | arrives | step | eastern queue | western queue |", "| --- | --- | --- | --- | --- |"]
    for reading in READINGS:
        for delay, arrives in ((0.0, "at once"), (600.0, "after 10 minutes")):
            pair = Pair(world, reading, delay)
            lines += [f"| {reading} | {arrives} | {step} | {east} | {west} |" for step, east, west in story(pair)]
    table = "\n".join(lines) + "\n"
    world.reset()
    text = RESULTS.read_text()
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    if os.environ.get("RESULTS") == "write":
        RESULTS.write_text(f"{before}{START}\n{table}\n{END}{after}")
    assert f"{START}\n{table}\n{END}" in RESULTS.read_text()


def story(pair: Pair) -> Iterator[tuple[str, str, str]]:
    """One life of two stacks, as rows of the table."""

    def row(step: str) -> tuple[str, str, str]:
        pair.wait()
        east, west = (f"{config.get(NAME)}, {_number(config)}" for config in pair.configs)
        return step, east, west

    yield row("before")
    east, west = pair.stacks["east"], pair.stacks["west"]
    east.create("A", pair.declare("east", name="East", number=MAIN)).must_succeed()
    yield row("the eastern stack creates")
    west.create("A", pair.declare("west", name="West", number=OTHER)).must_succeed()
    yield row("the western stack creates")
    assert not east.deploy({"A": pair.declare("east", name="Tried", number=MAIN)}, then_fails=True).succeeded
    yield row("an update in the east is rolled back")
    east.delete("A").must_succeed()
    yield row("the eastern stack is deleted")
    west.delete("A").must_succeed()
    yield row("the western stack is deleted")


def _number(config: dict[str, str]) -> str:
    names = {
        sample.SECOND_INSTANCE_NUMBER: "its number",
        sample.GROUP_NUMBER: "East's number",
        sample.INSTANCE_NUMBER: "West's number",
    }
    return names.get(config.get(NUMBER, ""), "no number")
