"""Ledgers that a person deletes, damages, fills, puts back or reads."""

from __future__ import annotations

import json

import pytest

from testing.local_aws.surroundings import ACCOUNT
from testing.protocol.stack import Stack
from testing.protocol.world import BASELINE, FLOW, NO_NUMBER, NUMBER, World, by_id, over

from .test_by_hand import SECOND, deployed


def document(baseline: str = '{"name":null,"number":null,"flow":null}', layers: str = "[]", after: str = "0") -> str:
    """A ledger's document, by whoever wrote it."""
    rest = '"removed":[],"state":"open","twin":null,"mirroring":null,"found":null'
    owner = f'{{"stack_id":"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/a/b","logical_id":"A"}}'
    ledger = f'{{"baseline":{baseline},"layers":{layers},{rest}}}'
    change = f'"after":{after},"owner":{owner},"ledger":{ledger},"at":1.5,"issued":"","keeps_place":false,"left":null'
    return f'{{"format":2,{change}}}'


DAMAGED = {
    "no JSON": "{",
    "a text": "my own notes",
    "nothing but a space": " ",
    "an unknown format": document().replace('"format":2', '"format":3'),
    "someone else's JSON": '{"colour":"blue"}',
    "a list": "[]",
    "null": "null",
    "a number": "7",
    "members that are missing": '{"format":2,"after":0}',
    "a layer that is none": document(layers="[7]"),
    "a baseline with a foreign member": document('{"queue":"x"}'),
    "a name that is no text": document('{"name":7,"number":null,"flow":null}'),
    "deeply nested": "[" * 4000,
    "deeply nested members": '{"format":' * 700,
    "a huge number": document(after="1e999"),
    "half a character": document('{"name":"\\ud800","number":null,"flow":null}'),
    "another account's stack": document().replace(ACCOUNT, "999999999999"),
}


def test_a_ledger_deleted_by_hand_makes_the_delete_leave_the_queue_alone(world: World) -> None:
    queue, stack, properties = deployed(world)
    queue.delete_ledger()
    deleted = stack.delete("A").must_succeed()
    assert queue.config == over(BASELINE, properties)
    assert "nothing to do" in deleted.last.log


def test_a_ledger_deleted_by_hand_makes_the_update_take_what_is_there_as_baseline_and_warn(world: World) -> None:
    queue, stack, properties = deployed(world, name="A")
    queue.delete_ledger()
    updated = stack.update("A", queue.declare(number=SECOND)).must_succeed()
    assert any("ledger" in warning and "did not exist" in warning for warning in updated.last.warnings)
    stack.destroy()
    assert queue.config == over(BASELINE, properties)


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_ledger_is_never_overwritten_fails_create_and_update_and_lets_delete_pass(
    world: World, damage: str
) -> None:
    queue, stack, properties = deployed(world)
    queue.set_ledger(DAMAGED[damage])
    world.connect.clear_journal()
    other = world.stack("other")
    other.create("B", queue.declare(name="B")).must_fail(queue.ledger_name, "nothing was changed")
    other.destroy()
    stack.update("A", queue.declare(name="B")).must_fail(queue.ledger_name)
    deleted = stack.delete("A").must_succeed()
    assert any(queue.ledger_name in warning for warning in deleted.last.warnings)
    assert queue.ledger == DAMAGED[damage]
    assert queue.writes == []
    assert queue.config == over(BASELINE, properties)


def test_an_older_version_of_a_damaged_ledger_that_is_put_back_works_again(world: World) -> None:
    queue, stack, _ = deployed(world)
    good = queue.ledger
    queue.set_ledger("oops")
    stack.update("A", queue.declare(name="B")).must_fail("Put its last good version back")
    assert good is not None
    queue.set_ledger(good)
    stack.update("A", queue.declare(name="C")).must_succeed()
    stack.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_a_ledger_that_is_full_says_so_before_anything_is_written(world: World) -> None:
    queue = world.queue()
    name = "📞" * 255
    holders = []
    for index in range(8):
        stack = world.stack(f"holder-{index}")
        created = stack.create("A", queue.declare(name=name))
        if not created.succeeded:
            created.must_fail("8192", "Nothing was written")
            break
        holders.append(stack)
    assert len(holders) >= 3, "a baseline and several layers fit"
    assert queue.owners == [(stack.id, "A") for stack in holders]
    stack.destroy()
    for holder in holders:
        holder.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_a_full_ledger_still_takes_an_update_and_its_rollback(world: World) -> None:
    """What a layer remembers for convenience must not be what a stack is stuck on."""
    queue, stack = world.queue(), world.stack()
    fillers: list[Stack] = []
    stack.create("A", queue.declare(name="A")).must_succeed()

    def size() -> int:
        return len((queue.ledger or "").encode())

    def fill(logical_id: str, name: str) -> int:
        before = size()
        fillers.append(world.stack("filler"))
        fillers[-1].create(logical_id, queue.declare(name=name)).must_succeed()
        return size() - before

    overhead = fill("F10", "x") - 1
    for left in range(-(-(8192 - size() - 5) // (overhead + 255)), 0, -1):
        characters = (8192 - size() - 5) // left - overhead  # anew for each, since dates have more digits or fewer
        fill(f"F{left + 10}", "x" * min(characters, 255))
    assert 8192 - 39 < size() <= 8192, "what an Update replaced takes more than is left"

    before = queue.config
    tried = stack.deploy({"A": queue.declare(name="B", number=NO_NUMBER)})
    assert not tried.succeeded
    assert queue.config == before, "whoever was active stays so"
    stack.destroy()
    for filler in fillers:
        filler.destroy()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_ledgers_are_documents_that_a_person_can_read(world: World) -> None:
    queue, stack, _ = deployed(world)
    written = json.loads(queue.ledger or "")
    assert written["format"] == 2
    assert written["ledger"]["baseline"] == {"name": "Before", "number": BASELINE[NUMBER], "flow": BASELINE[FLOW]}
    assert [layer["owner"]["logical_id"] for layer in written["ledger"]["layers"]] == ["A"]
    stack.destroy()
