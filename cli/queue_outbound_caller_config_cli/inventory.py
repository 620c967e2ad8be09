"""An instance's queues and their ledgers side by side: one row for each queue and Region."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, Mirroring, QueueState
from queue_outbound_caller_config_provider.ledger import Layer, Ledger
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.timing import RECENT
from queue_outbound_caller_config_provider.twin import (
    Twin,
    expected_config,
    known_mirroring,
    twin_region,
)

from .aws import Aws
from .errors import CannotTell
from .instances import ConnectInstance
from .ledgers import LedgerRead, ledgers_of, owners_of
from .queues import LiveQueue, Progress, describe, live_queues


@dataclass(frozen=True)
class Row:
    """A queue in one Region: what it has, what its ledger says, and who says so.

    Attributes:
        queue: Which queue.
        live: The queue as it is; None: there is a ledger, but no queue.
        ledger: Its ledger, if there is one.
        problem: Why the ledger cannot be read, or that of the other Region if it says what the queue has.
        twin: The ledger of the same queue in the other Region.
        theirs: That queue itself, if that Region was looked at, too.
        dead: The layers whose resource no longer exists.
        is_changing: Whether the ledger was changed so recently that its event may not have written to the queue yet.
    """

    queue: Queue
    live: LiveQueue | None
    ledger: Ledger | None = None
    problem: str | None = None
    twin: Twin = field(default_factory=Twin)
    theirs: QueueState | None = None
    dead: frozenset[Layer] = frozenset()
    is_changing: bool = False

    @property
    def name(self) -> str:
        """The queue's name; its id if the queue is not there."""
        return self.live.name if self.live else self.queue.id

    @property
    def config(self) -> CallerConfig:
        """The config that the queue has."""
        return self.live.config if self.live else CallerConfig()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of the ledger, the newest last."""
        return self.ledger.layers if self.ledger else ()

    @property
    def expected(self) -> CallerConfig | None:
        """The config that the queue should have; None if no resource declares one."""
        if self.problem or self.live is None or self.ledger is None or not (self.layers or self.twin.layers):
            return None
        return expected_config(self.ledger, replace(self.twin, mirroring=self.mirroring), self.config)

    @property
    def mirroring(self) -> Mirroring | None:
        """What is known to be mirrored between the two Regions: what the queues show now, else what a ledger noted."""
        if self.live is None:
            return None
        return known_mirroring(self.queue.place.region, self.ledger, self.live.state, self.twin, self.theirs)

    @property
    def drift(self) -> tuple[str, ...]:
        """The API's names of the members that are not as the ledger says. A running deployment is not counted."""
        return () if self.is_changing else self.different

    @property
    def different(self) -> tuple[str, ...]:
        """The same, although a deployment may be about to write them."""
        expected = self.expected
        return () if expected is None else self.config.differs_from(expected)

    def to_json(self) -> dict[str, Any]:
        """Returns the row as `--json` shows it: DESIGN's members, then when and where the queue was changed last."""
        active = self.layers[-1] if self.layers else None
        modified = self.live.modified_at if self.live else None
        return {
            "region": self.queue.place.region,
            "instanceId": self.queue.instance_id,
            "queueId": self.queue.id,
            "queueName": self.live.name if self.live else None,
            "config": self.config.to_api(),
            "owners": [
                {
                    "stackId": layer.owner.stack_id,
                    "logicalId": layer.owner.logical_id,
                    "active": layer is active,
                    "dead": layer in self.dead,
                }
                for layer in self.layers
            ],
            "baseline": self.ledger.baseline.to_api() if self.ledger else None,
            "drift": list(self.drift),
            "expected": self.expected.to_api() if self.expected is not None else None,
            "lastModifiedTime": modified.isoformat() if modified else None,
            "lastModifiedRegion": self.live.state.modified_in if self.live else None,
            "problem": self.problem,
        }


@dataclass(frozen=True)
class Inventory:
    """All rows of an instance, by queue name, then Region.

    Attributes:
        instance: The instance.
        rows: The rows.
        problems: Regions that could not be read, each with the reason.
    """

    instance: ConnectInstance
    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()

    def row(self, queue: Queue) -> Row | None:
        """Returns the row of a queue, if there is one."""
        return next((row for row in self.rows if row.queue == queue), None)

    @property
    def regions(self) -> str:
        """The Regions whose queues are in it, for a person."""
        read = {row.queue.place.region for row in self.rows}
        return " and ".join(region for region in self.instance.regions if region in read or not read)

    @property
    def numbers_used(self) -> set[str]:
        """Every number that a queue has or a ledger names, as it is written there."""
        configs = [
            config for row in self.rows for config in (row.config, row.expected, row.ledger and row.ledger.baseline)
        ]
        return {config.number for config in configs if config and config.number}


def read_inventory(aws: Aws, instance: ConnectInstance, progress: Progress = lambda _, __: None) -> Inventory:
    """Reads an instance's queues and ledgers in all Regions at once.

    A Region that cannot be read is left out and named in `problems`.

    Raises:
        CannotTell: No Region could be read.
    """
    counts: dict[str, tuple[int, int]] = {}

    def count_in(region: str) -> Progress:
        def count(read: int, of: int) -> None:
            counts[region] = (read, of)
            progress(sum(one for one, _ in counts.values()), sum(one for _, one in counts.values()))

        return count

    def read(place: Place) -> tuple[list[LiveQueue], dict[str, LedgerRead]] | CannotTell:
        try:
            return live_queues(aws, place, instance.id, count_in(place.region)), ledgers_of(aws, place, instance.id)
        except CannotTell as problem:
            return problem

    with ThreadPoolExecutor(len(instance.places)) as pool:
        try:
            found = dict(zip(instance.places, pool.map(read, instance.places), strict=True))
        except KeyboardInterrupt:
            aws.stop()  # the pool waits for its threads
            raise
    problems = [result for result in found.values() if isinstance(result, CannotTell)]
    if len(problems) == len(found):
        raise problems[0]
    regions = {place: result for place, result in found.items() if not isinstance(result, CannotTell)}
    ledgers: dict[str, dict[str, LedgerRead] | CannotTell]
    ledgers = {place.region: read_ledgers for place, (_, read_ledgers) in regions.items()}
    for place in regions:
        twin = twin_region(place.region)
        if twin is not None and twin not in ledgers:
            ledgers[twin] = _ledgers_of_twin(aws, instance, twin)
    rows = with_theirs(row for place in regions for row in _rows(aws, instance, place, regions[place], ledgers))
    rows.sort(key=lambda row: (row.name.lower(), row.queue.id, instance.regions.index(row.queue.place.region)))
    told = [instance.problem] if instance.problem else []
    return Inventory(instance, tuple(rows), (*told, *(str(problem) for problem in problems)))


def with_theirs(rows: Iterable[Row]) -> list[Row]:
    """Returns the rows with what the same queue in the other Region has, if that Region was looked at, too."""
    rows = list(rows)
    states = {row.queue: row.live.state for row in rows if row.live}

    def paired(row: Row) -> Row:
        twin = row.twin.region
        return replace(row, theirs=states.get(row.queue.in_region(twin))) if twin else row

    return [paired(row) for row in rows]


def with_dead(aws: Aws, rows: Iterable[Row], warn: Callable[[str], None]) -> tuple[Row, ...]:
    """Returns the rows with the layers marked whose resource CloudFormation no longer has."""
    rows = tuple(rows)
    asked = {region: owners_of(aws, region, warn) for region in {row.queue.place.region for row in rows}}

    def marked(row: Row) -> Row:
        owners = asked[row.queue.place.region]
        return replace(row, dead=frozenset(layer for layer in row.layers if owners.is_dead(layer, row.queue)))

    return tuple(marked(row) for row in rows)


def _ledgers_of_twin(aws: Aws, instance: ConnectInstance, region: str) -> dict[str, LedgerRead] | CannotTell:
    """Returns the ledgers of a Region that is not looked at itself, or why it is out of reach."""
    try:
        return ledgers_of(aws, instance.place(region), instance.id)
    except CannotTell as problem:
        return problem


def _rows(
    aws: Aws,
    instance: ConnectInstance,
    place: Place,
    found: tuple[list[LiveQueue], dict[str, LedgerRead]],
    ledgers: Mapping[str, dict[str, LedgerRead] | CannotTell],
) -> Iterable[Row]:
    queues, own = found
    twin = twin_region(place.region)
    read = ledgers.get(twin or "", {})
    theirs, out_of_reach = ({}, read) if isinstance(read, CannotTell) else (read, None)

    def row(queue: Queue, live: LiveQueue | None) -> Row:
        mine, other = own.get(queue.id, LedgerRead()), theirs.get(queue.id, LedgerRead())
        changing = time.time() - max(mine.at, other.at) < RECENT
        view = Twin(twin, Snapshot(ledger=other.ledger))
        problem = mine.problem
        if out_of_reach and mine.ledger and live and live.state.modified_in == twin:
            problem = f"{twin} changed it last, and the ledgers there cannot be read: {out_of_reach}"
        return Row(queue, live, mine.ledger, problem, view, is_changing=changing)

    yield from (row(live.queue, live) for live in queues)
    for id in own.keys() - {live.queue.id for live in queues}:
        queue = Queue(place, instance.id, id)
        yield row(queue, describe(aws, queue))
