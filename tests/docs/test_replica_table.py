"""The table of the two Regions on the replica's page: each row is played, mirrored and not, by the function itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from emulator.connect.sample import PRIMARY, REPLICA, UNCLAIMED_NUMBER
from tests.docs.markdown import DOCS, rows, section
from tests.integration.stack import Resource
from tests.integration.world import OURS, World, properties

NAME = "OutboundCallerIdName"
REGIONS = (PRIMARY, REPLICA)
HOUR = 3600.0
"""Longer than mirroring may take."""
TABLE = rows(section(DOCS / "how-to" / "replica.md", "regions"))


@dataclass
class Scene:
    """A queue and its replica, and a stack in each Region.

    Attributes:
        world: The emulator and the ledgers.
        mirrored: Whether what is written to one queue appears on the other.
        first: The resource in the first Region's stack, which declares the name "First".
        second: The one in the second Region's, which declares "Second".
    """

    world: World
    mirrored: bool
    first: Resource
    second: Resource

    @property
    def names(self) -> tuple[str | None, str | None]:
        """The queue's name for callers in each Region."""
        one, other = (self.world.config(region).get(NAME) for region in REGIONS)
        return one, other

    def create(self, resource: Resource, name: str) -> None:
        assert resource.create(properties(region=resource.region, name=name)).ok
        self.world.connect.advance(HOUR)

    def delete(self, resource: Resource) -> None:
        answer = resource.delete()
        assert answer.ok, answer.reason
        self.world.connect.advance(HOUR)


@pytest.fixture(params=[True, False], ids=["mirrored", "not mirrored"])
def scene(world: World, request: pytest.FixtureRequest) -> Scene:
    world.connect.quota_off()
    world.connect.set_mirroring("nothing")
    for region in REGIONS:
        world.set_config({NAME: "Before" if request.param else f"Before in {region}"}, region)
    if request.param:
        world.connect.set_mirroring("everything")
    return Scene(world, request.param, Resource(region=PRIMARY), Resource(region=REPLICA))


def first_creates(scene: Scene) -> None:
    scene.create(scene.first, "First")


def second_creates(scene: Scene) -> None:
    first_creates(scene)
    scene.create(scene.second, "Second")


def one_is_deleted(scene: Scene) -> None:
    second_creates(scene)
    scene.delete(scene.first)


def final_one_is_deleted(scene: Scene) -> None:
    one_is_deleted(scene)
    scene.delete(scene.second)
    assert not scene.world.ledgers()


def one_fails(scene: Scene) -> None:
    first_creates(scene)
    unusable = OURS.number(PRIMARY, UNCLAIMED_NUMBER)
    assert not scene.second.create(properties(region=REPLICA, name="Never seen", number=unusable)).ok
    assert scene.second.delete().ok


BEFORE = ("Before in us-east-1", "Before in us-west-2")
ROWS: dict[str, tuple[Callable[[Scene], None], tuple[str, str], tuple[str, str]]] = {
    "the first Region's stack creates": (first_creates, ("First", "First"), ("First", BEFORE[1])),
    "the second Region's stack creates": (second_creates, ("Second", "Second"), ("First", "Second")),
    "one stack is deleted, the other stays": (one_is_deleted, ("Second", "Second"), (BEFORE[0], "Second")),
    "the final one is deleted": (final_one_is_deleted, ("Before", "Before"), BEFORE),
    "a Create or Update fails or is rolled back": (one_fails, ("First", "First"), ("First", BEFORE[1])),
}
"""What is done, and the names in both Regions after that: mirrored, and not mirrored."""


def test_the_table_has_the_rows_that_are_played_here() -> None:
    assert [row[0] for row in TABLE] == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_the_queues_have_what_the_table_says(scene: Scene, row: str) -> None:
    act, mirrored, apart = ROWS[row]
    act(scene)
    assert scene.names == (mirrored if scene.mirrored else apart)
