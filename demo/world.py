"""The contact centre of the demo: what is in the Connect emulator, by names that a person reads."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.connect import Seed, sample

INSTANCE = sample.INSTANCE
PRIMARY = sample.PRIMARY
REPLICA = sample.REPLICA
REGIONS = (PRIMARY, REPLICA)


@dataclass(frozen=True)
class Config:
    """A queue's outbound caller config; number and flow as resource ids, whichever way they were written."""

    name: str | None = None
    number: str | None = None
    flow: str | None = None


@dataclass(frozen=True, order=True)
class QueueName:
    """A queue in a Region."""

    region: str
    queue: str


class World:
    """The seed that the emulator starts with, and the names in it."""

    def __init__(self) -> None:
        self.seed: Seed = sample.two_regions_apart()
        instances = [instance for instance in self.seed.instances if instance.id == INSTANCE]
        self._queues = {queue.id: queue.name for instance in instances for queue in instance.queues}
        self._flows = {flow.id: flow.name for instance in instances for flow in instance.flows}
        self._numbers = {number.id: number for number in self.seed.numbers}

    def queue_name(self, queue_id: str) -> str:
        """A queue's name."""
        return self._queues[queue_id]

    def number_name(self, number_id: str | None) -> str:
        """A number as a person dials it, and what it was claimed to."""
        if number_id is None:
            return "-"
        number = self._numbers[number_id]
        return f"{number.number} ({'traffic group' if number.group_id else 'instance'} in {number.region})"

    def flow_name(self, flow_id: str | None) -> str:
        """A flow's name."""
        return "-" if flow_id is None else self._flows[flow_id]

    def e164(self, number_id: str) -> str:
        """A number as a person dials it."""
        return self._numbers[number_id].number

    def is_shared(self, number_id: str | None) -> bool:
        """Whether a number belongs to a traffic distribution group, so that both Regions can use it."""
        return number_id is not None and self._numbers[number_id].group_id is not None

    def number_arn(self, number_id: str) -> str:
        """A number's V2 ARN, which names the Region where it was claimed."""
        return self.seed.number_arn(number_id)

    def config(self, written: dict[str, str]) -> Config:
        """A config as the emulator holds it, with resource ids."""
        number, flow = written.get("OutboundCallerIdNumberId"), written.get("OutboundFlowId")
        return Config(
            written.get("OutboundCallerIdName"),
            number and number.rpartition("/")[2],
            flow and flow.rpartition("/")[2],
        )
