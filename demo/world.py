"""The contact centre of the demo: what the Connect emulator starts with, by names that a person reads."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.connect import Seed, sample

INSTANCE = sample.INSTANCE
PRIMARY = sample.PRIMARY
REPLICA = sample.REPLICA
REGIONS = (PRIMARY, REPLICA)


@dataclass(frozen=True)
class Config:
    """A queue's outbound caller config; number and flow as resource ids, however they were written."""

    name: str | None = None
    number: str | None = None
    flow: str | None = None

    def over(self, own: Config) -> Config:
        """Returns this config, with what it does not declare taken from the queue's own."""
        return Config(self.name or own.name, self.number or own.number, self.flow or own.flow)


@dataclass(frozen=True, order=True)
class QueueName:
    """A queue in a Region."""

    queue: str
    region: str


class World:
    """What the emulator starts with, and the names in it.

    Args:
        seed: The start; two Regions that mirror each other, unless given.
    """

    def __init__(self, seed: Seed | None = None) -> None:
        self.seed = seed or sample.two_regions()
        instances = [instance for instance in self.seed.instances if instance.id == INSTANCE]
        self._queues = {queue.id: queue.name for instance in instances for queue in instance.queues}
        self._flows = {flow.id: flow.name for instance in instances for flow in instance.flows}
        self._numbers = {number.id: number.number for number in self.seed.numbers}

    def queue_name(self, queue_id: str) -> str:
        """Returns a queue's name."""
        return self._queues[queue_id]

    def flow_name(self, flow_id: str) -> str:
        """Returns a flow's name."""
        return self._flows[flow_id]

    def e164(self, number_id: str) -> str:
        """Returns a number as a person dials it."""
        return self._numbers[number_id]

    def number_arn(self, number_id: str) -> str:
        """Returns a number's V2 ARN, which names the Region where it was claimed."""
        return self.seed.number_arn(number_id)

    def config(self, written: dict[str, str]) -> Config:
        """Returns a config as the emulator holds it, with resource ids."""
        number, flow = written.get("OutboundCallerIdNumberId"), written.get("OutboundFlowId")
        return Config(
            written.get("OutboundCallerIdName"),
            number and number.rpartition("/")[2],
            flow and flow.rpartition("/")[2],
        )

    def cells(self, config: Config) -> tuple[str, str, str]:
        """Returns a config as three cells of a table: name, number and flow."""
        return (
            config.name or "-",
            self.e164(config.number) if config.number else "-",
            self.flow_name(config.flow) if config.flow else "-",
        )
