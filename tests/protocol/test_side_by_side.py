"""Truly concurrent writers of one ledger, each in a process of its own: no layer is lost, none stays behind."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partial

import pytest

from testing.protocol.cloudformation import Outcome, accident
from testing.protocol.function import Accident
from testing.protocol.running import Running, hold, moments, play_each
from testing.protocol.stack import Resource, Stack
from testing.protocol.world import BASELINE, NAME, World, by_id, over

ROUNDS = 12
WRITERS = 5


def together(*acts: Callable[[], Outcome]) -> list[Outcome]:
    """Carries out acts side by side, all of them beginning at once."""
    barrier = threading.Barrier(len(acts))
    done: dict[int, Outcome] = {}
    raised: list[BaseException] = []

    def one(index: int, act: Callable[[], Outcome]) -> None:
        barrier.wait()
        try:
            done[index] = act().must_succeed()
        except BaseException as problem:
            raised.append(problem)

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return [done[index] for index in range(len(acts))]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_creates_updates_and_deletes_at_once_lose_no_layer(world: World, seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311 - a test's draw
    queue = world.queue()
    stacks = [world.stack(f"w{index}") for index in range(WRITERS)]
    names: dict[str, str] = {}
    for turn in range(ROUNDS):
        acts: list[Callable[[], Outcome]] = []
        for stack in stacks:
            properties = queue.declare(name=f"{stack.id[-4:]}-{turn}")
            held = "A" in stack.resources
            if held and choose.random() < 0.5:
                acts.append(partial(stack.delete, "A", hurry=20))
                continue
            names[stack.id] = properties["OutboundCallerConfig"][NAME]
            act = stack.update if held else stack.create
            acts.append(partial(act, "A", properties, hurry=20))
        together(*acts)
        holders = {(stack.id, "A") for stack in stacks if "A" in stack.resources}
        owners = queue.owners
        assert set(owners) == holders, f"round {turn}"
        assert len(owners) == len(holders)
        if owners:
            assert queue.config == {**by_id(BASELINE), NAME: names[owners[-1][0]]}, f"round {turn}"
        else:
            assert (queue.ledger, queue.config) == (None, by_id(BASELINE)), f"round {turn}"
    for stack in stacks:
        stack.destroy()
    assert (queue.ledger, queue.config) == (None, by_id(BASELINE))


def test_the_last_ones_delete_and_the_next_ones_create_at_once(world: World) -> None:
    for turn in range(10):
        queue, old, new = world.queue(), world.stack("old"), world.stack("new")
        old.create("A", queue.declare(name="Old")).must_succeed()
        properties = queue.declare(name="New")
        together(partial(old.delete, "A", hurry=20), partial(new.create, "B", properties, hurry=20))
        assert queue.owners == [(new.id, "B")], f"round {turn}"
        assert queue.config == over(BASELINE, properties), f"round {turn}"
        new.delete("B").must_succeed()
        assert (queue.ledger, queue.config) == (None, by_id(BASELINE)), f"round {turn}"


def test_a_create_that_meets_the_last_ones_delete_at_any_of_its_calls(world: World) -> None:
    """The Delete pauses at each of its moments in turn, for long enough that the whole Create fits in."""

    def one(world: World, moment: tuple[int, str]) -> None:
        queue, old, new = world.queue(), world.stack("old"), world.stack("new")
        old.create("A", queue.declare(name="Old")).must_succeed()
        properties = queue.declare(name="New")
        together(lambda: old.delete("A", hurry=5, accidents=pause(moment)), lambda: _later(new, properties))
        assert queue.owners == [(new.id, "B")]
        assert queue.config == over(BASELINE, properties)
        new.delete("B").must_succeed()
        assert (queue.ledger, queue.config) == (None, by_id(BASELINE))

    play_each(world, moments(6), one)


def test_a_last_ones_delete_that_meets_a_create_at_any_of_its_calls(world: World) -> None:
    """The Create pauses at each of its moments in turn, for long enough that the whole Delete fits in."""

    def one(world: World, moment: tuple[int, str]) -> None:
        queue, old, new = world.queue(), world.stack("old"), world.stack("new")
        old.create("A", queue.declare(name="Old")).must_succeed()
        properties = queue.declare(name="New")
        together(lambda: new.create("B", properties, hurry=5, accidents=pause(moment)), lambda: _delete_later(old))
        assert queue.owners == [(new.id, "B")]
        assert queue.config == over(BASELINE, properties)
        new.delete("B").must_succeed()
        assert (queue.ledger, queue.config) == (None, by_id(BASELINE))

    play_each(world, moments(5), one)


def test_a_create_that_meets_another_create_at_any_of_its_calls(world: World) -> None:
    """Nobody holds the queue yet; both write their first entry."""

    def one(world: World, moment: tuple[int, str]) -> None:
        queue, first, second = world.queue(), world.stack("one"), world.stack("two")
        properties = {first.id: queue.declare(name="One"), second.id: queue.declare(name="Two")}
        together(
            lambda: first.create("B", properties[first.id], hurry=5, accidents=pause(moment)),
            lambda: _later(second, properties[second.id]),
        )
        owners = queue.owners
        assert sorted(owners) == sorted([(first.id, "B"), (second.id, "B")])
        assert queue.config == over(BASELINE, properties[owners[-1][0]])
        for stack in (first, second):
            stack.delete("B").must_succeed()
        assert (queue.ledger, queue.config) == (None, by_id(BASELINE))

    play_each(world, moments(5), one)


def test_a_create_whose_ledger_is_deleted_between_its_put_and_its_look_at_what_came_before(world: World) -> None:
    """It read before the mark, put after the mark, and looks for the mark when the parameter is gone."""
    queue, old, new = world.queue(), world.stack("old"), world.stack("new")
    old.create("A", queue.declare(name="Old")).must_succeed()
    properties = queue.declare(name="New")
    put = (Accident("wait", number=3, seconds=1.0), Accident("wait", number=4, seconds=1.2))

    def delete() -> Outcome:
        threading.Event().wait(0.4)
        return old.delete("A", hurry=5, accidents=accident("wait", call="ssm:DeleteParameter", seconds=1.0))

    created, _ = together(lambda: new.create("B", properties, hurry=5, accidents=put), delete)
    assert created.last.calls[2:5] == ["ssm:PutParameter", "ssm:GetParameter", "ssm:GetParameter"]
    assert queue.owners == [(new.id, "B")]
    assert queue.config == over(BASELINE, properties)
    new.delete("B").must_succeed()
    assert (queue.ledger, queue.config) == (None, by_id(BASELINE))


@pytest.mark.parametrize("held_at", ["ssm:PutParameter", "connect:DescribeQueue"])
def test_a_write_that_lands_while_another_takes_over_is_seen_by_it(world: World, held_at: str) -> None:
    """The first one writes, looks at the ledger and ends, all before the second one has changed the ledger, or the queue."""
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    properties = queue.declare(name="Two")
    two_is_there, one_has_ended = threading.Event(), threading.Event()

    def first() -> Outcome:
        write = accident("hold", "before", call="connect:UpdateQueueOutboundCallerConfig")
        outcome = one.create("A", queue.declare(name="One"), accidents=write, held=two_is_there.wait)
        one_has_ended.set()
        return outcome

    def second() -> Outcome:
        while not queue.owners:
            threading.Event().wait(0.01)

        def held() -> None:
            two_is_there.set()
            one_has_ended.wait()

        return two.create("B", properties, accidents=accident("hold", call=held_at), held=held)

    together(first, second)
    assert queue.owners == [(one.id, "A"), (two.id, "B")]
    assert queue.config == over(BASELINE, properties)


@pytest.mark.parametrize("follow", ["delivered again", "given up"])
def test_a_write_that_lands_after_another_took_over_and_is_never_looked_at_again_is_mended(
    world: World, follow: str
) -> None:
    """Its writer dies right after it: the queue has the config of one owner while another is active."""
    queue, one, two = world.queue(), world.stack("one"), world.stack("two")
    properties = queue.declare(name="Two")
    event = one._cloudformation.event("Create", one.id, "A", queue.declare(name="One"))
    write = "connect:UpdateQueueOutboundCallerConfig"
    late = Running(one, event, hold(write), accidents=accident("kill", "after", call=write)).wait_until_held()
    two.create("B", properties).must_succeed()
    died = late.end()
    assert not died.last.ended
    one.resources["A"] = Resource(died.physical_id, event["ResourceProperties"])
    assert queue.config[NAME] == "One"
    assert queue.owners == [(one.id, "A"), (two.id, "B")]
    if follow == "delivered again":
        one._cloudformation.send(event).must_succeed()
        assert queue.owners == [(one.id, "A"), (two.id, "B")]
        assert queue.config == over(BASELINE, properties)
    one.delete("A").must_succeed()
    assert queue.owners == [(two.id, "B")]
    assert queue.config == over(BASELINE, properties)
    two.delete("B").must_succeed()
    assert (queue.ledger, queue.config) == (None, by_id(BASELINE))


def pause(moment: tuple[int, str]) -> tuple[Accident, ...]:
    """Returns a pause of an event at a moment."""
    number, when = moment
    return accident("wait", when, number=number, seconds=1.0)


def _later(stack: Stack, properties: dict[str, object]) -> Outcome:
    threading.Event().wait(0.3)
    return stack.create("B", properties, hurry=5)


def _delete_later(stack: Stack) -> Outcome:
    threading.Event().wait(0.3)
    return stack.delete("A", hurry=5)
