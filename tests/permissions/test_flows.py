"""The role's policy, as synthesized, allows each life of a config all that it needs, and nothing beyond."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import pytest

from emulator.connect.authorization import judge
from tests.integration.world import World
from tests.permissions.flows import FLOWS, Flow, Outcome, denied, needed, play
from tests.permissions.role import Role
from tests.permissions.scenarios import SCENARIOS, Deployed, deployed


@dataclass(frozen=True)
class Free:
    """A life that was lived with everything allowed: how it ended, and what it asked IAM for."""

    deployed: Deployed
    flow: Flow
    outcome: Outcome
    needed: frozenset[tuple[str, str]]


@cache
def lives(name: str) -> list[Free]:
    """The lives of a scenario, filled by the first test that needs them."""
    return []


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest, world: World, role: Role) -> list[Free]:
    """The lives of each scenario's deployments, everything being allowed."""
    free = lives(request.param)
    for deployed_, flow in product(deployed()[request.param], () if free else FLOWS):
        outcome = play(flow, world, role, deployed_)
        free.append(Free(deployed_, flow, outcome, frozenset(needed(world, role))))
    return free


def test_every_life_is_lived_as_if_all_were_allowed(world: World, role: Role, scenario: list[Free]) -> None:
    for free in scenario:
        bound = play(free.flow, world, role, free.deployed, free.deployed.documents)
        assert denied(world, role) == [], free.flow.__name__
        assert bound == free.outcome, free.flow.__name__
        if "missing" not in free.flow.__name__:
            assert "FAILED" not in free.outcome, free.flow.__name__


def test_nothing_can_be_taken_away(world: World, role: Role, scenario: list[Free]) -> None:
    """Without any one action on any one resource, some life ends otherwise."""
    idle = [
        permission_name(scenario[0].deployed, permission)
        for permission in permissions(scenario[0].deployed)
        if not any(ends_otherwise(free, permission, world, role) for free in scenario)
    ]
    assert idle == []


def ends_otherwise(free: Free, permission: Permission, world: World, role: Role) -> bool:
    """Plays a life without a permission, if it needs that one at all; says whether anything came out otherwise.

    One denial costs time alone: of DescribePhoneNumber for an attribute, which then comes from lists, after 20 s.
    """
    documents = without(free.deployed.documents, permission)
    if all(judge(documents, action, resource).allowed for action, resource in free.needed):
        return False
    if play(free.flow, world, role, free.deployed, documents) != free.outcome:
        return True
    return all("connect:DescribePhoneNumber" in call for call in denied(world, role))


Permission = tuple[int, int, int, int]
"""Where it stands in the documents: document, statement, action, resource."""


def permissions(deployed: Deployed) -> list[Permission]:
    """Returns every single permission, but for the function's log."""
    return [
        (document, statement, action, resource)
        for document, content in enumerate(deployed.documents)
        for statement, parts in enumerate(content["Statement"])
        for action, name in enumerate(parts["Action"])
        for resource in range(len(parts["Resource"]))
        if not name.startswith("logs:")
    ]


def permission_name(deployed: Deployed, permission: Permission) -> str:
    """Returns a permission as a person reads it."""
    document, statement, action, resource = permission
    parts = deployed.documents[document]["Statement"][statement]
    return f"{parts['Action'][action]} on {parts['Resource'][resource]}"


def without(documents: list[dict[str, Any]], permission: Permission) -> list[dict[str, Any]]:
    """Returns the documents without one action on one resource."""
    document, statement, action, resource = permission
    less = copy.deepcopy(documents)
    statements = less[document]["Statement"]
    whole = statements[statement]
    statements[statement : statement + 1] = [
        part
        for part in (
            {**whole, "Action": [*whole["Action"][:action], *whole["Action"][action + 1 :]]},
            {**whole, "Resource": [*whole["Resource"][:resource], *whole["Resource"][resource + 1 :]]},
        )
        if part["Action"] and part["Resource"]
    ]
    return less
