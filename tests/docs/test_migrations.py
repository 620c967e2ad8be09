"""Moving from `AWS::Connect::Queue`: the rollback of the last deployment, whichever of the two resources goes back first.

`tests/e2e/test_moving.py` has the recipes from end to end; its CloudFormation knows one order.
"""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect.sample import BASIC_QUEUE, INSTANCE_NUMBER, PRIMARY
from tests.integration.stack import Resource
from tests.integration.world import OURS, World, properties

SAME = {"name": "Example Sales", "number": OURS.number(PRIMARY, INSTANCE_NUMBER)}
SET = {"OutboundCallerIdName": SAME["name"], "OutboundCallerIdNumberId": INSTANCE_NUMBER}
"""What the other way of setting it has set, the number by id."""


@pytest.fixture
def queue(world: World) -> World:
    """The world with a queue that something else has configured."""
    world.connect.quota_off()
    world.set_config(SET, queue=BASIC_QUEUE)
    return world


def declared(**more: str) -> dict[str, Any]:
    return properties(queue=BASIC_QUEUE, **SAME) | more


def config(world: World) -> dict[str, str]:
    return {name: value.rpartition("/")[2] for name, value in world.config(queue=BASIC_QUEUE).items()}


@pytest.mark.parametrize("left", [SET, {}], ids=["the native type keeps it", "the native type clears it"])
@pytest.mark.parametrize("ours_first", [True, False])
def test_a_rollback_in_either_order_leaves_the_queue_its_values(
    queue: World, left: dict[str, str], ours_first: bool
) -> None:
    resource = Resource()
    assert resource.create(declared()).ok
    queue.set_config(left, queue=BASIC_QUEUE)
    assert resource.update(declared(Revision="moved")).ok
    if not ours_first:
        queue.set_config(SET, queue=BASIC_QUEUE)
    assert resource.send("Update", declared(), old=declared(Revision="moved")).ok
    if ours_first:
        queue.set_config(SET, queue=BASIC_QUEUE)
    assert config(queue) == SET
    assert resource.delete().ok
    assert config(queue) == SET
