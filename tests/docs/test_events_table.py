"""The README's table of what happens when: each cell is run, by the function, against the emulator and a real ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from emulator.connect.sample import (
    BASIC_QUEUE,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    SALES_QUEUE,
    SECOND_WHISPER,
    UNCLAIMED_NUMBER,
    WHISPER,
)
from tests.docs.markdown import README, rows, section
from tests.integration.stack import Answer, Resource
from tests.integration.world import OURS, World, properties

Config = dict[str, str]
NAME, NUMBER, FLOW = "OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId"

BASELINE: Config = {NAME: "Main line", NUMBER: INSTANCE_NUMBER, FLOW: WHISPER}
SALES_BASELINE: Config = {NAME: "Sales before"}
DECLARED = {"name": "Declared", "flow": SECOND_WHISPER}
CHANGED = {"name": "Changed", "flow": SECOND_WHISPER}
UNUSABLE = {"name": "Never seen", "number": OURS.number(PRIMARY, UNCLAIMED_NUMBER)}
AS_DECLARED: Config = {NAME: "Declared", FLOW: SECOND_WHISPER}


@dataclass
class Scene:
    """One row being played under one DeletionBehavior.

    Attributes:
        world: the emulator and the ledgers.
        behavior: the DeletionBehavior of every config here.
        declared: what the config in question declares at the end, as the API's members.
        before: what the queue in question had before the row's event.
        baseline: what it had before anyone's first write.
        owners: how many layers its ledger is to have at the end.
        queue: the queue in question.
    """

    world: World
    behavior: str
    declared: Config = field(default_factory=lambda: AS_DECLARED)
    before: Config = field(default_factory=lambda: BASELINE)
    baseline: Config = field(default_factory=lambda: BASELINE)
    owners: int = 1
    queue: str = BASIC_QUEUE

    def properties(self, queue: str = BASIC_QUEUE, **config: str) -> dict[str, Any]:
        return properties(queue=queue, behavior=self.behavior, **config)

    def created(self, *, logical_id: str = "CallerConfig", stack: str = "example") -> Resource:
        """Returns a resource with the declared config on the queue."""
        resource = Resource(logical_id=logical_id, stack=stack)
        assert_ok(resource.create(self.properties(**DECLARED)))
        self.note()
        return resource

    def note(self) -> None:
        """Takes what the queue has now for what it had before the event."""
        self.before = self.config()

    def config(self) -> Config:
        return self.world.config(queue=self.queue)


def assert_ok(answer: Answer) -> None:
    assert answer.ok, answer.reason


def create(scene: Scene) -> None:
    scene.created()


def create_fails(scene: Scene) -> None:
    resource = Resource()
    assert not resource.create(scene.properties(**UNUSABLE)).ok
    assert_ok(resource.delete())
    scene.owners = 0


def update(scene: Scene) -> None:
    assert_ok(scene.created().update(scene.properties(**CHANGED)))
    scene.declared = {NAME: "Changed", FLOW: SECOND_WHISPER}


def update_removes(scene: Scene) -> None:
    assert_ok(scene.created().update(scene.properties(name="Declared")))
    scene.declared = {NAME: "Declared"}


def update_fails(scene: Scene) -> None:
    resource = scene.created()
    failed = scene.properties(**UNUSABLE)
    assert not resource.update(failed).ok
    assert_ok(resource.roll_back_update(failed))


def replace(scene: Scene) -> tuple[Resource, Resource]:
    """Returns the resource on the new queue, and what CloudFormation deletes afterwards."""
    resource = scene.created()
    old = Resource(physical_id=resource.physical_id, properties=resource.properties)
    assert_ok(resource.update(scene.properties(SALES_QUEUE, **DECLARED)))
    assert resource.physical_id != old.physical_id
    return resource, old


def replace_new_queue(scene: Scene) -> None:
    _, old = replace(scene)
    assert_ok(old.delete())
    scene.queue, scene.baseline = SALES_QUEUE, SALES_BASELINE


def replace_old_queue(scene: Scene) -> None:
    _, old = replace(scene)
    assert_ok(old.delete())
    scene.owners = 0


def replace_fails(scene: Scene) -> None:
    resource = scene.created()
    failed = scene.properties(SALES_QUEUE, **UNUSABLE)
    assert not resource.update(failed).ok
    assert_ok(resource.roll_back_update(failed))


def replace_fails_new_queue(scene: Scene) -> None:
    replace_fails(scene)
    scene.queue, scene.baseline, scene.before, scene.owners = SALES_QUEUE, SALES_BASELINE, SALES_BASELINE, 0


def rename(scene: Scene) -> None:
    old = scene.created()
    scene.created(logical_id="NewName")
    assert_ok(old.delete())


def rename_rolled_back(scene: Scene) -> None:
    scene.created()
    assert_ok(scene.created(logical_id="NewName").delete())


def move_create_first(scene: Scene) -> None:
    old = scene.created()
    scene.created(stack="another")
    assert_ok(old.delete())


def move_delete_first(scene: Scene) -> None:
    assert_ok(scene.created().delete())
    before = scene.before
    scene.created(stack="another")
    scene.before = before


def second_owner(scene: Scene) -> Resource:
    """Returns the second owner, which declares another name and nothing else."""
    scene.created()
    second = Resource(stack="another")
    assert_ok(second.create(scene.properties(name="Second")))
    scene.declared, scene.owners = {NAME: "Second"}, 2
    return second


def second_owner_deleted(scene: Scene) -> None:
    assert_ok(second_owner(scene).delete())
    scene.declared, scene.owners = AS_DECLARED, 1


def first_owner_deleted(scene: Scene) -> None:
    first = scene.created()
    assert_ok(Resource(stack="another").create(scene.properties(name="Second")))
    scene.note()
    assert_ok(first.delete())


def delete(scene: Scene) -> None:
    assert_ok(scene.created().delete())
    scene.owners = 0


def delete_queue_gone(scene: Scene) -> None:
    resource = scene.created()
    scene.world.connect.delete_queue(PRIMARY, INSTANCE, BASIC_QUEUE)
    assert_ok(resource.delete())
    scene.owners = 0


EVENTS: dict[str, Callable[[Scene], object]] = {
    "Create": create,
    "Create fails": create_fails,
    "Update: a value changed": update,
    "Update: a property removed": update_removes,
    "Update fails and is rolled back": update_fails,
    "Replace: the new queue": replace_new_queue,
    "Replace: the old queue": replace_old_queue,
    "Replace fails: the new queue": replace_fails_new_queue,
    "Replace fails: the old queue": replace_fails,
    "Rename of the construct": rename,
    "Rename rolled back": rename_rolled_back,
    "Move: created in the new stack, then deleted in the old": move_create_first,
    "Move: deleted in the old stack, then created in the new": move_delete_first,
    "Second owner: another stack configures the same queue": second_owner,
    "Second owner deleted": second_owner_deleted,
    "First owner deleted while the second stays": first_owner_deleted,
    "Rollback of the stack's creation after a Create that succeeded": delete,
    "Delete": delete,
    "Delete when the queue was deleted before": delete_queue_gone,
}


def _over_baseline(scene: Scene) -> Config:
    return scene.baseline | scene.declared


def _effective(scene: Scene) -> Config:
    return scene.declared if scene.behavior == "CLEAR" else _over_baseline(scene)


OUTCOMES: dict[str, Callable[[Scene], Config]] = {
    "declared fields over the baseline": _over_baseline,
    "declared fields over its baseline": _over_baseline,
    "declared fields alone": lambda scene: scene.declared,
    "the baseline's value again": _over_baseline,
    "not set": lambda scene: scene.declared,
    "as before the update": lambda scene: scene.before,
    "the same as before": lambda scene: scene.before,
    "unchanged": lambda scene: scene.before,
    "baseline": lambda scene: scene.baseline,
    "nothing": lambda _: {},
    "the second owner's config": _effective,
    "the first owner's config": _effective,
}
GONE = "success, the ledger is deleted"

TABLE = rows(section(README, "events"))
CELLS = [
    pytest.param(re.sub(r"\*\*", "", row[0]), behavior, cell, id=f"{row[0].replace('*', '')}-{behavior}")
    for row in TABLE
    for behavior, cell in zip(("RESTORE", "CLEAR", "RETAIN"), row[1:], strict=True)
]


def test_the_table_has_every_event_that_is_known_here_and_no_other() -> None:
    assert [row[0].replace("*", "") for row in TABLE] == list(EVENTS)


@pytest.mark.parametrize(("event", "behavior", "cell"), CELLS)
def test_the_queue_has_what_the_table_says(world: World, event: str, behavior: str, cell: str) -> None:
    world.connect.quota_off()
    scene = Scene(world, behavior)
    EVENTS[event](scene)
    documents = [json.loads(text) for (_, name), text in world.ledgers().items() if name.endswith(scene.queue)]
    assert [len(document["ledger"]["layers"]) for document in documents] == ([scene.owners] if scene.owners else [])
    if cell != GONE:
        assert scene.config() == OUTCOMES[cell](scene)


@pytest.mark.parametrize(("behavior", "left"), [("RESTORE", BASELINE), ("CLEAR", {}), ("RETAIN", None)])
def test_a_move_that_deletes_first_takes_what_delete_leaves_for_the_baseline(
    world: World, behavior: str, left: Config | None
) -> None:
    """Below the table it says: create the new one first, and the true baseline stays known."""
    world.connect.quota_off()
    scene = Scene(world, behavior)
    move_delete_first(scene)
    moved = Resource(
        stack="another", physical_id=OURS.queue(PRIMARY, INSTANCE, BASIC_QUEUE) + "/outbound-caller-config"
    )
    assert_ok(moved.update(properties(queue=BASIC_QUEUE, behavior="RESTORE", **DECLARED)))
    assert_ok(moved.delete())
    assert scene.config() == (scene.before if left is None else left)
