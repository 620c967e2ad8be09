"""What the demo's config file declares in each act, and what each queue must have then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    SALES_QUEUE,
    SECOND_GROUP_NUMBER,
    SECOND_INSTANCE_NUMBER,
    SECOND_WHISPER,
    SUPPORT_QUEUE,
    UNCLAIMED_NUMBER,
)

from .world import PRIMARY, REGIONS, REPLICA, Config, QueueName


@dataclass(frozen=True)
class Declaration:
    """One table of the config file.

    Attributes:
        key: The table's name, which becomes part of the resource's logical id.
        queue: The queue's id.
        region: The Region whose stack declares it.
        config: The declared fields; None for what is left to the queue.
    """

    key: str
    queue: str
    region: str
    config: Config


Declarations = tuple[Declaration, ...]
"""The tables of a config file, in the order of their deployment."""

BASIC = Declaration("Basic", BASIC_QUEUE, PRIMARY, Config("Example Inc.", GROUP_NUMBER))
SALES = Declaration("Sales", SALES_QUEUE, PRIMARY, Config("Example Sales", SECOND_GROUP_NUMBER, SECOND_WHISPER))
RENAMED_SALES = replace(SALES, key="SalesLine")
CHANGED_BASIC = replace(BASIC, config=Config("Example Incorporated", GROUP_NUMBER))
BROKEN_SUPPORT = Declaration("Support", SUPPORT_QUEUE, PRIMARY, Config("Example Support", UNCLAIMED_NUMBER))
FAILOVER = Declaration("BasicFailover", BASIC_QUEUE, REPLICA, Config("Storm line", SECOND_INSTANCE_NUMBER))

DEPLOYED: Declarations = (BASIC, SALES)
RENAMED: Declarations = (BASIC, RENAMED_SALES)
FAILING: Declarations = (CHANGED_BASIC, RENAMED_SALES, BROKEN_SUPPORT)
FAILED_OVER: Declarations = (*RENAMED, FAILOVER)


def expected(before: Mapping[QueueName, Config], declared: Declarations) -> dict[QueueName, Config]:
    """Returns what each queue must have once a config file is deployed.

    Args:
        before: What each queue had before the first deployment.
        declared: The config file; of two tables for one queue the newest one is active.
    """
    after = dict(before)
    for declaration in declared:
        # A queue and its replica are one queue: whichever stack declares the config, both Regions have it.
        for region in REGIONS:
            queue = QueueName(declaration.queue, region)
            after[queue] = declaration.config.over(before[queue])
    return after
