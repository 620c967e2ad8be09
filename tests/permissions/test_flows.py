"""The role's policies, as synthesized, allow each life of a config all that it needs, and nothing beyond."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from emulator.connect.authorization import judge
from tests.integration.world import World
from tests.permissions.flows import FLOWS, Flow, Need, Outcome, denied, needed, play
from tests.permissions.role import Role
from tests.permissions.scenarios import QUEUE_ALONE, SCENARIOS, Deployed, deployed

NOT_PLAYED = {
    "logs:CreateLogStream": "Lambda itself uses it",
    "logs:PutLogEvents": "Lambda itself uses it",
}
"""Actions that no life here needs, each with what it is for."""


@dataclass(frozen=True)
class Free:
    """A life that was lived with everything allowed: how it ended, and what it asked IAM for."""

    deployed: Deployed
    flow: Flow
    outcome: Outcome
    needed: frozenset[Need]


@cache
def lives(name: str) -> list[Free]:
    """The lives of a scenario, filled by the first test that needs them."""
    return []


def lived(name: str, world: World, role: Role) -> list[Free]:
    """The lives of a scenario, everything being allowed."""
    free = lives(name)
    if not free:
        for one in deployed()[name]:
            for flow in FLOWS:
                outcome = play(flow, world, role, one)
                free.append(Free(one, flow, outcome, frozenset(needed(world, role))))
    return free


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_life_is_lived_as_if_all_were_allowed(world: World, role: Role, name: str) -> None:
    for free in lived(name, world, role):
        bound = play(free.flow, world, role, free.deployed, free.deployed.documents)
        assert denied(world, role) == [], free.flow.__name__
        assert bound == free.outcome, free.flow.__name__
        if "missing" not in free.flow.__name__:
            assert "FAILED" not in free.outcome, free.flow.__name__


def test_one_policy_serves_however_a_config_is_declared() -> None:
    """So what is shown of one is shown of all; but for the ARN of the log."""
    found = [
        [
            [statement for statement in document["Statement"] if "logs:PutLogEvents" not in statement["Action"]]
            for document in one.documents
        ]
        for name in SCENARIOS
        if name != QUEUE_ALONE
        for one in deployed()[name]
    ]
    assert all(one == found[0] for one in found)


@pytest.mark.parametrize("name", ["all", QUEUE_ALONE])
def test_nothing_can_be_taken_away(world: World, role: Role, name: str) -> None:
    """Without any one action on any one resource, some life ends otherwise."""
    documents = deployed()[name][0].documents
    everything = [free for one in SCENARIOS for free in lived(one, world, role)]
    idle = {
        permission_name(documents, permission)
        for permission in permissions(documents)
        if not any(ends_otherwise(free, without(documents, permission), world, role) for free in everything)
    }
    # A version of a ledger is judged by the bare parameter's ARN here; whether AWS does so is not documented.
    assert {one.split(" ")[0] for one in idle if not one.endswith(":*")} == NOT_PLAYED.keys()


def ends_otherwise(free: Free, documents: list[dict[str, Any]], world: World, role: Role) -> bool:
    """Plays a life under documents, if it needs more than they allow; says whether anything came out otherwise.

    One denial costs time alone: of DescribePhoneNumber for an attribute, which then comes from lists.
    """
    if all(judge(documents, action, resource, dict(context)).allowed for action, resource, context in free.needed):
        return False
    if play(free.flow, world, role, free.deployed, documents) != free.outcome:
        return True
    return all("connect:DescribePhoneNumber" in call for call in denied(world, role))


Permission = tuple[int, int, int, int]
"""Where it is in the documents: document, statement, action, resource."""


def permissions(documents: list[dict[str, Any]]) -> Iterator[Permission]:
    """Yields every single permission."""
    for document, content in enumerate(documents):
        for statement, parts in enumerate(content["Statement"]):
            for action in range(len(parts["Action"])):
                for resource in range(len(parts["Resource"])):
                    yield document, statement, action, resource


def permission_name(documents: list[dict[str, Any]], permission: Permission) -> str:
    """Returns a permission as a person reads it."""
    document, statement, action, resource = permission
    parts = documents[document]["Statement"][statement]
    return f"{parts['Action'][action]} on {parts['Resource'][resource]}"


def without(documents: list[dict[str, Any]], permission: Permission) -> list[dict[str, Any]]:
    """Returns the documents without one action on one resource."""
    document, statement, action, resource = permission
    less = copy.deepcopy(documents)
    statements = less[document]["Statement"]
    whole = statements[statement]
    other_actions = [*whole["Action"][:action], *whole["Action"][action + 1 :]]
    other_resources = [*whole["Resource"][:resource], *whole["Resource"][resource + 1 :]]
    statements[statement : statement + 1] = [
        part
        for part in (
            {**whole, "Action": other_actions},
            {**whole, "Action": [whole["Action"][action]], "Resource": other_resources},
        )
        if part["Action"] and part["Resource"]
    ]
    return less
