"""The config file of the example app, as values: what is declared for each queue in each Region."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from queue_outbound_caller_config_provider.errors import InvalidProperty

MOST_QUEUES_OF_A_STACK = 450
"""CloudFormation allows 500 resources in a template; the provider, its role and its policies need some of them."""


class InvalidConfig(ValueError):
    """The config file has mistakes, or cannot be read; the text names each one and what to write instead."""

    def __init__(self, path: Path, problems: Iterable[str]) -> None:
        super().__init__("".join(f"{path}: {problem}\n" for problem in problems).rstrip())


@dataclass(frozen=True)
class Declared:
    """What is declared for a queue in one Region, named as the arguments of `QueueOutboundCallerConfig`."""

    outbound_caller_id_name: str | None = None
    outbound_caller_id_number: str | None = None
    outbound_flow: str | None = None
    deletion_behavior: str = "RESTORE"


@dataclass(frozen=True)
class QueueConfig:
    """One table of `[queues]`.

    Attributes:
        key: The table's name, which becomes the construct's id.
        queue: The queue's id.
        declared: What is declared, by Region.
    """

    key: str
    queue: str
    declared: Mapping[str, Declared]

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions that something is declared in."""
        return tuple(self.declared)


@dataclass(frozen=True)
class Config:
    """The config file.

    Attributes:
        path: Where it was read from.
        instance: The instance's id.
        regions: Its Regions, the primary first.
        queues: What is declared for each queue.
        stacks: Into how many stacks the queues of a Region are split.
        max_parallel_configs: How many configs CloudFormation starts at once; None: the provider's default.
    """

    path: Path
    instance: str
    regions: tuple[str, ...]
    queues: tuple[QueueConfig, ...]
    stacks: int = 1
    max_parallel_configs: int | None = None

    @staticmethod
    def read(path: Path) -> Config:
        """Returns the config in a file.

        Raises:
            InvalidConfig: The file has mistakes; the text has all of them.
        """
        from app_config_reader import read_config  # noqa: PLC0415 - the reader needs the values above

        return read_config(path)

    def stack_of(self, queue: QueueConfig) -> int:
        """Returns which stack a queue belongs to, counted from 1.

        It depends on the table's name alone: another queue moves none, and a further stack takes only its own share of them.
        """
        return max(range(1, self.stacks + 1), key=lambda number: _weight(queue.key, number))

    def invalid(self, queue: QueueConfig, problems: Iterable[InvalidProperty]) -> InvalidConfig:
        """Returns the error for what the construct found wrong with a queue's table."""
        told: list[str] = []
        for problem in problems:
            key = "[instance] id" if problem.property == "instance" else f"[queues.{queue.key}] {problem.property}"
            told.append(f"{key} {problem.problem}. {problem.fix}")
        return InvalidConfig(self.path, told)


def _weight(key: str, number: int) -> bytes:
    """Returns the weight of a stack for a queue; the heaviest one has it (rendezvous hashing)."""
    return hashlib.sha256(f"{key}/{number}".encode()).digest()
