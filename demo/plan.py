"""What the demo's two deploys declare, and what each queue must have afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE_NUMBER,
    REPLICA_INSTANCE_NUMBER,
    SALES_QUEUE,
    SECOND_GROUP_NUMBER,
    SECOND_WHISPER,
    SUPPORT_QUEUE,
)

from .world import PRIMARY, REPLICA, Config, QueueName, World

E164, UUID = "E.164", "UUID"


@dataclass(frozen=True)
class Declaration:
    """What the config file declares for one queue.

    Attributes:
        config: The declared fields; None for what is left to the queue.
        form: How the config file writes the number: as E.164 or as its UUID.
    """

    config: Config
    form: str = E164

    def number_as_written(self, world: World) -> str | None:
        """The number as the config file has it."""
        number = self.config.number
        return number if number is None or self.form == UUID else world.e164(number)


Plan = Mapping[QueueName, Declaration]

FIRST: Plan = {
    QueueName(PRIMARY, BASIC_QUEUE): Declaration(Config("Example Inc.", GROUP_NUMBER)),
    QueueName(PRIMARY, SALES_QUEUE): Declaration(Config("Example Sales", INSTANCE_NUMBER, SECOND_WHISPER), UUID),
    QueueName(REPLICA, BASIC_QUEUE): Declaration(Config("Example Inc.", SECOND_GROUP_NUMBER)),
    QueueName(REPLICA, SALES_QUEUE): Declaration(Config("Example Sales", GROUP_NUMBER, SECOND_WHISPER), UUID),
    QueueName(REPLICA, SUPPORT_QUEUE): Declaration(Config("Example Support", GROUP_NUMBER)),
}
"""The first deploy: the group's numbers in both Regions, the replica's Sales by the UUID that its API refuses."""

CHANGED: Plan = {
    # The number is no longer declared: the queue's own comes back.
    QueueName(PRIMARY, BASIC_QUEUE): Declaration(Config("Example Incorporated")),
    # Sales of the primary is gone from the file, and so gets back what it had; Support is new.
    QueueName(PRIMARY, SUPPORT_QUEUE): Declaration(Config("Example Support", INSTANCE_NUMBER)),
    # No longer a group's number: on destroy, the group's number that this queue began with has to come back.
    QueueName(REPLICA, BASIC_QUEUE): Declaration(Config("Example Incorporated", REPLICA_INSTANCE_NUMBER), UUID),
    QueueName(REPLICA, SALES_QUEUE): Declaration(Config("Example Sales", GROUP_NUMBER, SECOND_WHISPER), UUID),
    QueueName(REPLICA, SUPPORT_QUEUE): Declaration(
        Config("Example Support", SECOND_GROUP_NUMBER, SECOND_WHISPER), UUID
    ),
}
"""The changed deploy: fields changed, taken away and added, a queue taken away and one added."""


def expected(before: Mapping[QueueName, Config], plan: Plan) -> dict[QueueName, Config]:
    """What every queue must have once a plan is deployed: its declared fields, over what it had before everything."""
    after = dict(before)
    for queue, declaration in plan.items():
        own, declared = before[queue], declaration.config
        after[queue] = Config(
            declared.name or own.name,
            declared.number or own.number,
            declared.flow or own.flow,
        )
    return after
