"""The queues of the demo's contact centre: what each one has, and what was written to it."""

from __future__ import annotations

from emulator.connect import Call, ConnectControl

from .world import INSTANCE, Config, QueueName, World


class Queues:
    """The queues in both Regions, and the calls that changed them.

    Args:
        connect: The emulator.
        world: The names in it.
    """

    def __init__(self, connect: ConnectControl, world: World) -> None:
        self._connect = connect
        self._world = world

    def configs(self) -> dict[QueueName, Config]:
        """Returns what each queue has, as a person reads it: by queue, then by Region."""
        found = {
            QueueName(entry["queue"], entry["region"]): self._world.config(entry["config"])
            for entry in self._connect.queues()
            if entry["instance"] == INSTANCE
        }
        return dict(sorted(found.items(), key=lambda item: (self._world.queue_name(item[0].queue), item[0].region)))

    def forget_calls(self) -> None:
        """Lets the methods below tell only of what is written from now on."""
        self._connect.clear_journal()

    def writes(self, region: str | None = None) -> list[Call]:
        """Returns the writes that took effect: in one Region, or in both."""
        asked = {} if region is None else {"region": region}
        return [call for call in self._connect.journal("UpdateQueueOutboundCallerConfig", **asked) if call.effect]

    def written(self, queue: str) -> list[Config]:
        """Returns each config that was written to a queue, in either Region."""
        calls = [call for call in self.writes() if call.input["QueueId"] == queue]
        return [self._world.config(call.input["OutboundCallerConfig"]) for call in calls]

    def numbers_written(self, region: str) -> set[str]:
        """Returns the numbers that the API accepted in a Region, each in the form that it was given."""
        configs = [call.input["OutboundCallerConfig"] for call in self.writes(region)]
        return {config["OutboundCallerIdNumberId"] for config in configs if "OutboundCallerIdNumberId" in config}
