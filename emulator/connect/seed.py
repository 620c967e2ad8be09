"""What the emulator starts with, as values that tests and the demo build, and as the JSON of the state file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, uuid5

from .arns import Account
from .field_types import check_types
from .settings import SettingError, defaults

DEFAULT_ACCOUNT = "123456789012"
OUTBOUND_WHISPER = "OUTBOUND_WHISPER"
CLAIM_STATUSES = ("CLAIMED", "IN_PROGRESS", "FAILED")
CONFIG_MEMBERS = ("OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId")


_T = TypeVar("_T")


def identifier(name: str) -> str:
    """Returns a UUID that is always the same for the same name."""
    return str(uuid5(NAMESPACE_OID, f"connect-emulator/{name}"))


HOURS = identifier("hours of operation")
"""The hours of operation of a queue that names none."""


class SeedError(ValueError):
    """The state's JSON has a part that is missing, unknown or of the wrong kind."""


@dataclass(frozen=True)
class Queue:
    """A queue of one instance in one Region. `config` has the API's names: OutboundCallerIdName and so on."""

    id: str
    name: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    type: str = "STANDARD"
    hours: str = HOURS
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_types(self)
        for name, value in self.config.items():
            if name not in CONFIG_MEMBERS or not isinstance(value, str):
                raise SeedError(f"an outbound caller config has texts named {', '.join(CONFIG_MEMBERS)}, not {name}")


@dataclass(frozen=True)
class Flow:
    """A flow of one instance in one Region."""

    id: str
    name: str = ""
    type: str = OUTBOUND_WHISPER

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class Instance:
    """An instance in one Region. Its replica is another `Instance` with the same id and `replica_of` its Region."""

    id: str
    region: str
    queues: tuple[Queue, ...] = ()
    flows: tuple[Flow, ...] = ()
    replica_of: str | None = None
    alias: str = ""

    def __post_init__(self) -> None:
        check_types(self)

    def replica(self, region: str, configs: Mapping[str, Mapping[str, str]] | None = None) -> Instance:
        """Returns this instance's replica: the same queues and flows by the same ids.

        Args:
            region: the replica's Region.
            configs: the outbound caller config of each queue there, by queue id; others have none.
        """
        given = configs or {}
        queues = tuple(replace(queue, config=given.get(queue.id, {})) for queue in self.queues)
        return replace(self, region=region, queues=queues, replica_of=self.region)


@dataclass(frozen=True)
class TrafficDistributionGroup:
    """A group created in `region`; it is linked to the instance in every Region that has one with that id."""

    id: str
    region: str
    instance_id: str
    name: str = ""
    is_default: bool = False

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class PhoneNumber:
    """A number claimed in `region`: to an instance, to a group, by another account, or (none given) by nobody.

    Attributes:
        status: of the claim: `CLAIMED`, `IN_PROGRESS` or `FAILED`. Only a claimed number can be used.
        settles_after: how many calls find the claim in progress before it is finished; None: it stays as it is.
    """

    id: str
    number: str
    region: str
    instance_id: str | None = None
    group_id: str | None = None
    account: str | None = None
    type: str = "DID"
    country_code: str = "US"
    status: str = "CLAIMED"
    settles_after: int | None = None

    def __post_init__(self) -> None:
        check_types(self)
        if self.status not in CLAIM_STATUSES:
            raise SeedError(f"{self.number} is {', '.join(CLAIM_STATUSES)}, not {self.status}")
        if sum(claim is not None for claim in (self.instance_id, self.group_id, self.account)) > 1:
            raise SeedError(f"{self.number} is claimed by one alone: instance_id, group_id or account")


@dataclass(frozen=True)
class Seed:
    """All that the emulator starts with. `settings` are those that are not at their default."""

    instances: tuple[Instance, ...] = ()
    groups: tuple[TrafficDistributionGroup, ...] = ()
    numbers: tuple[PhoneNumber, ...] = ()
    partition: str = "aws"
    account: str = DEFAULT_ACCOUNT
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> Account:
        """The account, which makes ARNs: `seed.owner.queue(region, instance_id, queue_id)`."""
        return Account(self.partition, self.account)

    def __post_init__(self) -> None:
        check_types(self)
        try:
            defaults().changed(self.settings)
        except SettingError as problem:
            raise SeedError(str(problem)) from problem
        homes = {group.id: group.region for group in self.groups}
        for number in self.numbers:
            if number.group_id and homes.get(number.group_id) != number.region:
                raise SeedError(f"{number.number} is claimed to a group that was not created in {number.region}")

    def number_arn(self, number_id: str) -> str:
        """Returns a number's V2 ARN, with the Region and account where it was claimed."""
        number = next(entry for entry in self.numbers if entry.id == number_id)
        return Account(self.partition, number.account or self.account).number(number.region, number_id)

    def group_arn(self, group_id: str) -> str:
        """Returns a traffic distribution group's ARN."""
        return self.owner.group(next(entry.region for entry in self.groups if entry.id == group_id), group_id)

    def to_json(self) -> dict[str, Any]:
        """Returns the seed as the state file has it."""
        return asdict(self)

    def write(self, path: Path) -> None:
        """Writes the state file."""
        path.write_text(json.dumps(self.to_json(), indent=2) + "\n")

    @staticmethod
    def read(path: Path) -> Seed:
        """Returns the seed of a state file; raises SeedError where it is none."""
        try:
            return Seed.from_json(json.loads(path.read_text()))
        except ValueError as problem:
            raise SeedError(f"{path}: {problem}") from problem

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Seed:
        """Returns the seed of a state file's content; raises SeedError with the path of the mistake."""
        values = _object(document, "state")
        instances = tuple(
            _instance(entry, f"instances[{index}]") for index, entry in enumerate(_list(values, "instances", "state"))
        )
        groups = tuple(
            _make(TrafficDistributionGroup, entry, f"groups[{index}]")
            for index, entry in enumerate(_list(values, "groups", "state"))
        )
        numbers = tuple(
            _make(PhoneNumber, entry, f"numbers[{index}]")
            for index, entry in enumerate(_list(values, "numbers", "state"))
        )
        return _make(Seed, {**values, "instances": instances, "groups": groups, "numbers": numbers}, "state")


def _instance(document: Any, where: str) -> Instance:
    values = _object(document, where)
    values["queues"] = tuple(
        _make(Queue, entry, f"{where}.queues[{index}]") for index, entry in enumerate(_list(values, "queues", where))
    )
    values["flows"] = tuple(
        _make(Flow, entry, f"{where}.flows[{index}]") for index, entry in enumerate(_list(values, "flows", where))
    )
    return _make(Instance, values, where)


def _make(kind: type[_T], document: Any, where: str) -> _T:
    try:
        return kind(**_object(document, where))
    except SeedError as problem:
        raise SeedError(f"{where}: {problem}") from problem
    except TypeError as problem:
        raise SeedError(f"{where}: {str(problem).removeprefix(f'{kind.__name__}.__init__() ')}") from problem


def _list(values: Mapping[str, Any], name: str, where: str) -> list[Any]:
    entries = values.get(name, ())
    if not isinstance(entries, list | tuple):
        raise SeedError(f"{where}.{name}: a list is wanted, not {entries!r}")
    return list(entries)


def _object(document: Any, where: str) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise SeedError(f"{where}: an object is wanted, not {document!r}")
    return dict(document)
