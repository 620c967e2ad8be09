"""What an instance's queues have now, as declarations whose first deployment changes no queue."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, replace

from queue_outbound_caller_config_provider.arns import resource_id
from queue_outbound_caller_config_provider.config import CallerConfig

from .instances import ConnectInstance
from .inventory import Inventory, Row
from .naming import keys_of, labels_of
from .phone_numbers import NumberBook


@dataclass(frozen=True)
class Found:
    """A queue with what it has in each Region.

    Attributes:
        key: Its name in a file: letters and digits.
        id: Its id.
        name: Its name in Amazon Connect.
        configs: What it has, by Region; numbers as V2 ARN, flows as id.
        owners: Who declares it already.
    """

    key: str
    id: str
    name: str
    configs: dict[str, CallerConfig]
    owners: tuple[str, ...]

    @property
    def is_alike(self) -> bool:
        """Whether it has the same in each of its Regions."""
        return len(set(self.configs.values())) == 1


@dataclass(frozen=True)
class Discovery:
    """An instance as declarations.

    Attributes:
        instance: The instance.
        queues: The queues that have a config.
        empty: Those that have none, which nothing can declare.
        numbers: A label for each number that is used, by V2 ARN or id.
        flows: A label for each flow that is used, by id.
        number_notes: A number as one dials it and where it is claimed, by V2 ARN or id.
        flow_names: The names of the flows, by id.
    """

    instance: ConnectInstance
    queues: tuple[Found, ...]
    empty: tuple[Found, ...]
    numbers: dict[str, str]
    flows: dict[str, str]
    number_notes: dict[str, str]
    flow_names: dict[str, str]

    def with_empty(self) -> Discovery:
        """Returns it with the queues that have no config among the others."""
        every = sorted((*self.queues, *self.empty), key=lambda queue: (queue.name.lower(), queue.id))
        return replace(self, queues=tuple(every), empty=())


def discover(
    inventory: Inventory, book: NumberBook, flow_names: dict[str, str], patterns: Sequence[str], *, unmanaged: bool
) -> Discovery:
    """Returns an instance's queues as declarations.

    Args:
        inventory: The queues.
        book: The numbers.
        flow_names: The names of the flows, by id.
        patterns: Names with wildcards; a queue has to match one. None: every queue.
        unmanaged: Whether queues that have an owner are left out.
    """
    groups: dict[str, list[Row]] = {}
    for row in inventory.rows:
        if row.live is not None and _is_wanted(row, patterns, unmanaged):
            groups.setdefault(row.queue.id, []).append(row)
    keys = keys_of((id, rows[0].name) for id, rows in groups.items())
    queues = [_found(keys[id], rows, book) for id, rows in groups.items()]
    used = [config for queue in queues for config in queue.configs.values()]
    numbers = list(dict.fromkeys(config.number for config in used if config.number))
    flows = list(dict.fromkeys(config.flow for config in used if config.flow))
    known = {text: book.by_id(text) for text in numbers}
    return Discovery(
        inventory.instance,
        tuple(queue for queue in queues if queue.configs),
        tuple(queue for queue in queues if not queue.configs),
        _labels({text: f"tel {one.e164}" if (one := known[text]) else "tel unknown" for text in numbers}),
        _labels({flow: flow_names.get(flow, "flow") for flow in flows}),
        {text: book.shown(text) for text in numbers},
        flow_names,
    )


def _found(key: str, rows: Sequence[Row], book: NumberBook) -> Found:
    declared = {row.queue.place.region: _declared(row.config, book) for row in rows}
    configs = {region: config for region, config in declared.items() if config != CallerConfig()}
    owners = dict.fromkeys(layer.owner.short for row in rows for layer in row.layers)
    return Found(key, rows[0].queue.id, rows[0].name, configs, tuple(owners))


def _declared(config: CallerConfig, book: NumberBook) -> CallerConfig:
    """Returns a config with its number as V2 ARN, which is right from every Region.

    A name that CloudFormation would replace with the value of a parameter is not declared: the queue keeps it.
    """
    number = book.by_id(config.number)
    name = None if "{{resolve:" in (config.name or "") else config.name
    return CallerConfig(name, number.arn if number else resource_id(config.number), config.flow)


def _is_wanted(row: Row, patterns: Sequence[str], unmanaged: bool) -> bool:
    if unmanaged and row.layers:
        return False
    return not patterns or any(fnmatch.fnmatchcase(row.name.lower(), pattern.lower()) for pattern in patterns)


def _labels(names: dict[str, str]) -> dict[str, str]:
    """Returns a label for each ARN or id, made of its name and if needed of its id."""
    by_id = labels_of({str(resource_id(text)): name for text, name in names.items()})
    return {text: by_id[str(resource_id(text))] for text in names}
