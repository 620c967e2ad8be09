"""What CloudFormation's events do to a queue, one by one, for each deletion behavior."""

from __future__ import annotations

import pytest

from emulator.connect import sample
from testing.protocol.world import BASELINE, FLOW, World, by_id, number_arn, over

BEHAVIORS = ("RESTORE", "CLEAR", "RETAIN")
SECOND = sample.SECOND_INSTANCE_NUMBER


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_create_update_and_delete_end_as_the_deletion_behavior_says(world: World, behavior: str) -> None:
    queue, stack = world.queue(), world.stack()
    first, second = queue.declare(behavior, name="One", number=SECOND), queue.declare(behavior, name="Two")

    created = stack.create("Caller", first).must_succeed()
    assert created.physical_id == queue.physical_id
    assert created.data == {
        "QueueArn": queue.arn,
        "OutboundCallerIdNumberArn": number_arn(SECOND),
        "OutboundCallerIdNumberId": SECOND,
        "OutboundFlowId": "" if behavior == "CLEAR" else BASELINE[FLOW],
        "OutboundCallerIdName": "One",
    }
    assert queue.config == over(BASELINE, first)
    assert queue.owners == [(stack.id, "Caller")]

    updated = stack.update("Caller", second).must_succeed()
    assert updated.physical_id == queue.physical_id
    assert queue.config == over(BASELINE, second)

    stack.delete("Caller").must_succeed()
    assert queue.config == {"RESTORE": by_id(BASELINE), "CLEAR": {}, "RETAIN": over(BASELINE, second)}[behavior]
    assert queue.ledger is None
