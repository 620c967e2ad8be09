"""The config file of the example app: read, checked, and every mistake named by file and key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queue_outbound_caller_config_provider.arns import Instance
from queue_outbound_caller_config_provider.errors import InvalidProperty

_IS_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
_IS_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_OPTIONAL = ("outbound_caller_id_name", "outbound_caller_id_number", "outbound_flow", "deletion_behavior")


class InvalidConfig(ValueError):
    """The config file has mistakes, or cannot be read; the text names each one and what to write instead."""

    def __init__(self, path: Path, problems: Iterable[str]) -> None:
        super().__init__("".join(f"{path}: {problem}\n" for problem in problems).rstrip())


@dataclass(frozen=True)
class QueueConfig:
    """One table of `[queues]`, its keys named as the arguments of `QueueOutboundCallerConfig`."""

    key: str
    queue: str
    regions: tuple[str, ...]
    outbound_caller_id_name: str | None = None
    outbound_caller_id_number: str | None = None
    outbound_flow: str | None = None
    deletion_behavior: str = "RESTORE"


@dataclass(frozen=True)
class Config:
    """The config file.

    Attributes:
        path: where it was read from.
        instance: the instance's id.
        regions: its Regions, the primary first.
        queues: what is declared for each queue.
    """

    path: Path
    instance: str
    regions: tuple[str, ...]
    queues: tuple[QueueConfig, ...]

    @staticmethod
    def read(path: Path) -> Config:
        """Returns the config in a file; raises InvalidConfig with every mistake in it."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InvalidConfig(
                path, ["there is no such file. Write it, or name another one: -c config=FILE"]
            ) from None
        except (OSError, UnicodeDecodeError) as problem:
            raise InvalidConfig(path, [f"cannot be read as text in UTF-8: {problem}"]) from None
        except tomllib.TOMLDecodeError as problem:
            raise InvalidConfig(path, [f"is no TOML: {problem}. Mend that line (https://toml.io)"]) from None
        return _Reader(path, document).config()

    def invalid(self, queue: QueueConfig, problems: Iterable[InvalidProperty]) -> InvalidConfig:
        """Returns the error for what the construct found wrong with a queue's table."""
        told: list[str] = []
        for problem in problems:
            key = "[instance] id" if problem.property == "instance" else f"[queues.{queue.key}] {problem.property}"
            told.append(f"{key} {problem.problem}. {problem.fix}")
        return InvalidConfig(self.path, told)


class _Reader:
    """Reads one document and gathers its mistakes."""

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self._path = path
        self._document = document
        self._problems: list[str] = []

    def config(self) -> Config:
        self._known("", self._document, ("instance", "numbers", "flows", "queues"))
        instance = self._table(self._document, "instance")
        self._known("[instance] ", instance, ("id", "regions"))
        id = self._text("[instance] ", instance, "id", required=True)
        if id:
            try:
                if Instance.parse(id).place is not None:
                    self._problems.append(
                        "[instance] id is an ARN. Write the id at its end: each Region has its own ARN"
                    )
            except InvalidProperty as problem:
                self._problems.append(f"[instance] id {problem.problem}. {problem.fix}")
        regions = self._regions("[instance] ", instance, None)
        numbers, flows = (self._texts(name) for name in ("numbers", "flows"))
        queues = [self._queue(key, table, regions, numbers, flows) for key, table in self._tables("queues")]
        if not queues and not self._problems:
            self._problems.append("has no [queues.NAME]. Add one for each queue")
        if self._problems:
            raise InvalidConfig(self._path, self._problems)
        return Config(self._path, id, regions, tuple(queue for queue in queues if queue is not None))

    def _queue(
        self, key: str, table: dict[str, Any], regions: tuple[str, ...], numbers: dict[str, str], flows: dict[str, str]
    ) -> QueueConfig | None:
        where = f"[queues.{key}] "
        if not _IS_KEY.fullmatch(key):
            self._problems.append(f"{where}is no usable name. Write letters and digits, a letter first")
        self._known(where, table, ("queue", "regions", *_OPTIONAL))
        queue = self._text(where, table, "queue", required=True)
        own = self._regions(where, table, regions)
        given = {name: self._text(where, table, name) for name in _OPTIONAL if name in table}
        for name, names in (("outbound_caller_id_number", numbers), ("outbound_flow", flows)):
            if name in given:
                given[name] = self._named(f"{where}{name}", given[name], names)
        return QueueConfig(key, queue, own, **given)

    def _named(self, where: str, text: str, names: dict[str, str]) -> str:
        """Returns what a name stands for; a number or flow that is written out stays as it is."""
        if text in names or not _IS_KEY.fullmatch(text.replace("_", "").replace("-", "")) or len(text) == 36:
            return names.get(text, text)
        alike = difflib.get_close_matches(text, names, n=1)
        known = f"Did you mean {alike[0]}?" if alike else f"There are {', '.join(names) or 'none'}"
        self._problems.append(f"{where} is '{text}', which names nothing above. {known}")
        return ""

    def _regions(self, where: str, table: dict[str, Any], allowed: tuple[str, ...] | None) -> tuple[str, ...]:
        """Returns a table's Regions: by default all that are allowed."""
        if "regions" not in table and allowed is not None:
            return allowed
        value = table.get("regions")
        is_list = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
        if not is_list or value is None:
            self._problems.append(f'{where}regions is {value!r}. Give a list of Regions, ["us-east-1"], say')
            return ()
        for region in value:
            if not _IS_REGION.fullmatch(region):
                self._problems.append(f"{where}regions has '{region}', which is no Region. Write one like us-east-1")
            elif allowed and region not in allowed:
                self._problems.append(
                    f"{where}regions has {region}, where the instance is not. Choose of {', '.join(allowed)}"
                )
        if len(set(value)) < len(value):
            self._problems.append(f"{where}regions names a Region twice. Name it once")
        return tuple(value)

    def _text(self, where: str, table: dict[str, Any], name: str, *, required: bool = False) -> str:
        if name not in table:
            if required:
                self._problems.append(f"{where}{name} is missing. Add it")
            return ""
        value = table[name]
        if not isinstance(value, str):
            self._problems.append(f"{where}{name} is {value!r}, not text. Put it in quotes")
            return ""
        return value

    def _texts(self, name: str) -> dict[str, str]:
        table = self._table(self._document, name, required=False)
        return {key: self._text(f"[{name}] ", table, key) for key in table}

    def _tables(self, name: str) -> Iterable[tuple[str, dict[str, Any]]]:
        for key, table in self._table(self._document, name).items():
            if isinstance(table, dict):
                yield key, table
            else:
                self._problems.append(f"[{name}] {key} is {table!r}, not a table. Write [{name}.{key}]")

    def _table(self, within: dict[str, Any], name: str, *, required: bool = True) -> dict[str, Any]:
        value = within.get(name, {})
        if required and name not in within:
            self._problems.append(f"[{name}] is missing. Add it")
        if not isinstance(value, dict):
            self._problems.append(f"{name} is {value!r}, not a table. Write [{name}]")
            return {}
        return value

    def _known(self, where: str, table: dict[str, Any], names: tuple[str, ...]) -> None:
        for name in table:
            if name not in names:
                alike = difflib.get_close_matches(name, names, n=1)
                fix = f"Did you mean {alike[0]}?" if alike else f"Known are {', '.join(names)}"
                self._problems.append(f"{where}{name} is unknown here. {fix}")
