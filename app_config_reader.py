"""Reads the config file of the example app; every mistake is named by file and key, all at once."""

from __future__ import annotations

import difflib
import functools
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from queue_outbound_caller_config_provider.arns import Instance
from queue_outbound_caller_config_provider.errors import InvalidProperty

from app_config import MOST_QUEUES_OF_A_STACK, Config, Declared, InvalidConfig, QueueConfig

_IS_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")
_IS_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_IS_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_VALUES = ("outbound_caller_id_name", "outbound_caller_id_number", "outbound_flow", "deletion_behavior")
_TABLES = ("instance", "defaults", "queue_ids", "numbers", "flows", "queues")
_NAMED = "make CONFIG=FILE, cdk -c config=FILE"
"""How a config file is named."""

ByRegion = Mapping[str, str]
"""A value for each Region that has one."""


def read_config(path: Path) -> Config:
    """Returns the config in a file.

    Raises:
        InvalidConfig: The file cannot be read, or has mistakes; the text has all of them.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # an editor may have put a byte order mark before the first key
        document = tomllib.loads(text)
    except FileNotFoundError:
        raise InvalidConfig(path, [f"there is no such file. Write it, or name another one: {_NAMED}"]) from None
    except IsADirectoryError:
        raise InvalidConfig(path, [f"is a folder. Name the file in it: {_NAMED}"]) from None
    except UnicodeDecodeError:
        raise InvalidConfig(path, ["is not text in UTF-8. Save it in that encoding"]) from None
    except OSError as problem:
        raise InvalidConfig(path, [f"cannot be read: {problem.strerror}. Check its permissions"]) from None
    except tomllib.TOMLDecodeError as problem:
        raise InvalidConfig(path, [f"is not TOML: {problem}. Correct that line (https://toml.io)"]) from None
    if not document:
        raise InvalidConfig(path, ["is empty. Write [instance] and a [queues.NAME] for each queue, as in config.toml"])
    return _Reader(path, document).config()


class _Reader:
    """Reads one document and gathers its mistakes."""

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self._path = path
        self._document = document
        self._problems: list[str] = []
        self._regions: tuple[str, ...] = ()
        self._names: dict[str, dict[str, ByRegion]] = {}
        self._defaults: dict[str, Any] = {}

    def config(self) -> Config:
        self._known("", self._document, _TABLES)
        instance = self._table("instance")
        self._known("[instance] ", instance, ("id", "regions", "stacks", "max_parallel_configs"))
        id = self._instance_id(instance)
        stacks = self._count(instance, "stacks") or 1
        parallel = self._count(instance, "max_parallel_configs")
        self._regions = self._region_list("[instance] ", instance, None)
        self._defaults = self._table("defaults", required=False)
        self._known("[defaults] ", self._defaults, _VALUES)
        self._names = {
            "outbound_caller_id_number": self._named_values("numbers"),
            "outbound_flow": self._named_values("flows"),
        }
        queue_ids = {key: self._text("[queue_ids] ", self._table("queue_ids", required=False), key)
                     for key in self._table("queue_ids", required=False)}  # fmt: skip
        queues = [self._queue(key, table, queue_ids) for key, table in self._queue_tables()]
        if not queues and not self._problems:
            self._problems.append("has no [queues.NAME]. Add one for each queue")
        self._check_declared_once(queues)
        made = Config(self._path, id, self._regions, tuple(queues), stacks, parallel)
        self._check_room(made)
        if self._problems:
            raise InvalidConfig(self._path, self._problems)
        return made

    def _instance_id(self, instance: dict[str, Any]) -> str:
        id = self._text("[instance] ", instance, "id", required=True)
        try:
            if id and Instance.parse(id).place is not None:
                self._problems.append("[instance] id is an ARN. Write the id at its end: each Region has its own ARN")
        except InvalidProperty as problem:
            self._problems.append(f"[instance] id {problem.problem}. {problem.fix}")
        return id

    def _count(self, instance: dict[str, Any], name: str) -> int | None:
        value = instance.get(name)
        if value is not None and (type(value) is not int or value < 1):
            self._problems.append(f"[instance] {name} is {_shown(value)}. Write a number, 1 or more")
            return None
        return value

    def _queue(self, key: str, table: dict[str, Any], queue_ids: dict[str, str]) -> QueueConfig:
        where = f"[queues.{key}] "
        if not _IS_KEY.fullmatch(key):
            self._problems.append(f"{where}is not a usable name. Write letters and digits, a letter first")
        self._known(where, table, ("queue", "regions", *_VALUES))
        queue = self._queue_id(where, table, queue_ids)
        regions = self._region_list(where, table, self._regions)
        given = {**self._defaults, **table}
        values = {name: self._by_region(where, given, name, regions) for name in _VALUES if name in given}
        declared = {
            region: Declared(**{name: value[region] for name, value in values.items() if region in value})
            for region in regions
        }
        return QueueConfig(key, queue, declared)

    def _queue_id(self, where: str, table: dict[str, Any], queue_ids: dict[str, str]) -> str:
        """Returns the id of a queue that is given by id or by a name of [queue_ids]."""
        queue = self._text(where, table, "queue", required=True)
        if not queue or _IS_UUID.fullmatch(queue) or queue.startswith("arn:"):
            return queue
        if queue in queue_ids:
            return queue_ids[queue]
        alike = difflib.get_close_matches(queue, queue_ids, n=1)
        fix = f"Did you mean '{alike[0]}'?" if alike else (
            "Write the queue's id, or add the name to [queue_ids] (`queue-outbound-caller-config discover` does)"
        )  # fmt: skip
        self._problems.append(f"{where}queue is '{queue}', which is not a queue id or a name of [queue_ids]. {fix}")
        return ""

    def _by_region(self, where: str, table: dict[str, Any], name: str, regions: tuple[str, ...]) -> ByRegion:
        """Returns a value for each Region: one for all, or a table of Regions; names stand for numbers and flows."""
        if isinstance(table[name], dict):
            given: dict[str, Any] = table[name]
            own_only = name in self._defaults and table[name] is self._defaults[name]
            unknown = [region for region in given if region not in regions and not own_only]
            self._problems += [
                f"{where}{name} has {region}, where this queue is not. Choose of {', '.join(regions)}"
                for region in unknown
            ]
            written = {region: self._text(f"{where}{name}.", given, region) for region in regions if region in given}
        else:
            text = self._text(where, table, name)
            written = dict.fromkeys(regions, text)
        if name not in self._names:
            return written
        found = {region: self._named(f"{where}{name}", text, name, region) for region, text in written.items()}
        return {region: text for region, text in found.items() if text}

    def _named(self, where: str, text: str, name: str, region: str) -> str:
        """Returns what a name stands for in a Region; a number or flow that is written out stays as it is."""
        names = self._names[name]
        if text in names:
            if region not in names[text]:
                self._problem_once(
                    f"{where} is '{text}', which has no value for {region}. Add one, or leave that Region out"
                )
            return names[text].get(region, "")
        if not _IS_KEY.fullmatch(text.replace("_", "").replace("-", "")) or _IS_UUID.fullmatch(text):
            return text
        alike = difflib.get_close_matches(text, names, n=1)
        known = f"Did you mean {alike[0]}?" if alike else f"There are {', '.join(names) or 'none'}"
        self._problem_once(f"{where} is '{text}', which names nothing above. {known}")
        return ""

    def _named_values(self, table: str) -> dict[str, ByRegion]:
        """Returns what each name of [numbers] or [flows] stands for, by Region."""
        values = self._table(table, required=False)
        found: dict[str, ByRegion] = {}
        for name, value in values.items():
            if isinstance(value, dict):
                self._known(f"[{table}.{name}] ", value, self._regions)
                found[name] = {region: self._text(f"[{table}.{name}] ", value, region) for region in value}
            else:
                found[name] = dict.fromkeys(self._regions, self._text(f"[{table}] ", values, name))
        return found

    def _region_list(self, where: str, table: dict[str, Any], allowed: tuple[str, ...] | None) -> tuple[str, ...]:
        """Returns a table's Regions: by default all that are allowed."""
        if "regions" not in table and allowed is not None:
            return allowed
        value = table.get("regions")
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            told = f"is {_shown(value)}" if "regions" in table else "is missing"
            self._problems.append(f'{where}regions {told}. Give a list of Regions, for example ["us-east-1"]')
            return ()
        for region in value:
            problem = _misspelt(region)
            if problem:
                self._problems.append(f"{where}regions has '{region}', {problem}")
            elif allowed and region not in allowed:
                self._problems.append(
                    f"{where}regions has {region}, where the instance is not. Choose of {', '.join(allowed)}"
                )
        if len(set(value)) < len(value):
            self._problems.append(f"{where}regions names a Region twice. Name it once")
        return tuple(region for region in value if allowed is None or region in allowed)

    def _check_declared_once(self, queues: list[QueueConfig]) -> None:
        """Notes each queue that two tables declare in one Region: only one of them would be active."""
        seen: dict[tuple[str, str], str] = {}
        twice: dict[tuple[str, str], list[str]] = {}
        for queue in queues:
            for region in queue.regions:
                first = seen.setdefault((queue.queue.lower(), region), queue.key)
                if first != queue.key and queue.queue:
                    twice.setdefault((first, queue.key), []).append(region)
        self._problems += [
            f"[queues.{key}] queue is the same as that of [queues.{first}] in {' and '.join(regions)}. "
            "Remove one, or give each its own regions"
            for (first, key), regions in twice.items()
        ]

    def _check_room(self, config: Config) -> None:
        """Notes each stack that would be larger than CloudFormation takes."""
        counts = Counter((region, config.stack_of(queue)) for queue in config.queues for region in queue.regions)
        most = max(counts.values(), default=0)
        if most > MOST_QUEUES_OF_A_STACK:
            needed = -(-len(config.queues) // 300)
            self._problems.append(
                f"[instance] stacks is {config.stacks}, so one stack has {most} queues, more than CloudFormation takes. "
                f"Write stacks = {max(needed, config.stacks + 1)}"
            )

    def _text(self, where: str, table: dict[str, Any], name: str, *, required: bool = False) -> str:
        if name not in table:
            if required:
                self._problems.append(f"{where}{name} is missing. Add it")
            return ""
        value = table[name]
        if not isinstance(value, str):
            self._problem_once(f"{where}{name} is {_shown(value)}, not a string. Put it in quotes")
            return ""
        return value

    def _queue_tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for key, table in self._table("queues").items():
            if isinstance(table, dict):
                yield key, table
            else:
                self._problems.append(f"[queues] {key} is {_shown(table)}, not a table. Write [queues.{key}]")

    def _table(self, name: str, *, required: bool = True) -> dict[str, Any]:
        value = self._document.get(name, {})
        if required and name not in self._document:
            self._problem_once(f"[{name}] is missing. Add it")
        if not isinstance(value, dict):
            self._problem_once(f"{name} is {_shown(value)}, not a table. Write [{name}]")
            return {}
        return value

    def _known(self, where: str, table: dict[str, Any], names: tuple[str, ...]) -> None:
        for name in table:
            if name not in names:
                alike = difflib.get_close_matches(name, names, n=1)
                fix = f"Did you mean {alike[0]}?" if alike else f"Known are {', '.join(names)}"
                self._problems.append(f"{where}{name} is unknown here. {fix}")

    def _problem_once(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems.append(problem)


def _shown(value: object) -> str:
    """Returns a value as a TOML file has it, or nearly so: `true`, `["a"]`."""
    return f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _misspelt(region: str) -> str | None:
    """Says what is wrong with a Region's name; None: nothing, or it is one that botocore does not know yet."""
    if not _IS_REGION.fullmatch(region):
        return "which is not a Region. Write one like us-east-1"
    known = _known_regions()
    alike = difflib.get_close_matches(region, known, n=1, cutoff=0.8)
    if region not in known and alike:
        return f"which is not a Region. Did you mean {alike[0]}? (A new Region needs a newer boto3)"
    return None


@functools.cache
def _known_regions() -> list[str]:
    """Returns the Regions that botocore knows: those of STS, which is in all of them and quickly read."""
    session = boto3.session.Session()
    return sorted(
        {one for name in session.get_available_partitions() for one in session.get_available_regions("sts", name)}
    )
