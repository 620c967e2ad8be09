"""Which calls of AWS an event makes: the fewest, and in the Region where the queue is."""

from __future__ import annotations

from emulator.connect.sample import INSTANCE_NUMBER, PRIMARY, WHISPER
from tests.integration.stack import Resource
from tests.integration.world import OURS, World, properties

V2 = OURS.number(PRIMARY, INSTANCE_NUMBER)


def test_a_fully_declared_config_costs_one_describe_and_one_update(world: World) -> None:
    answer = Resource().create(properties(name="Support", number=V2, flow=WHISPER))
    assert answer.ok
    assert world.connect.counts() == {"DescribeQueue": {"ok": 1}, "UpdateQueueOutboundCallerConfig": {"ok": 1}}
