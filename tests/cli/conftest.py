"""The command line as a person runs it, against the Connect emulator and MiniStack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from queue_outbound_caller_config_cli.main import run
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT, Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner
from queue_outbound_caller_config_provider.ledger_document import Entry, to_document

from emulator.connect import ConnectControl, two_regions_apart
from emulator.connect.sample import INSTANCE, PRIMARY, REPLICA
from testing.local_aws import ACCOUNT, LocalAws

REGIONS = (PRIMARY, REPLICA)


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str


@dataclass
class Fleet:
    """The emulator's queues, MiniStack's ledgers, and the command that looks at both."""

    connect: ConnectControl
    aws: LocalAws
    command: Callable[..., Ran]
    _ledgers: list[tuple[str, str]] = field(default_factory=list)

    def run(self, *arguments: str, instance: str | None = INSTANCE) -> Ran:
        """Runs a command on the sample's instance."""
        named = ("--instance", instance) if instance else ()
        return self.command(*arguments, *named)

    def own(
        self,
        queue_id: str,
        declared: CallerConfig,
        *,
        region: str = PRIMARY,
        baseline: CallerConfig = CallerConfig(),  # noqa: B008 - frozen
        owners: tuple[Owner, ...] = (),
        behavior: DeletionBehavior = DeletionBehavior.RESTORE,
        at: float = 1.0,
    ) -> None:
        """Puts a ledger with one layer for each owner, all declaring the same, long ago unless `at` says when."""
        owners = owners or (owner("shop", "Config"),)
        layers = tuple(
            Layer(one, declared, None, behavior, request=f"r{index}", issued="20260101T000000Z", at=float(index + 1))
            for index, one in enumerate(owners)
        )
        queue = Queue(Place("aws", region, ACCOUNT), INSTANCE, queue_id)
        text = to_document(Entry(0, owners[-1], Ledger(baseline, layers), at))
        self.put(queue.ledger_name, text, region)

    def put(self, name: str, text: str, region: str = PRIMARY) -> None:
        """Puts a ledger's parameter as it is."""
        self.aws.client("ssm", region).put_parameter(Name=name, Value=text, Type="String", Overwrite=True)

    def forget_ledgers(self) -> None:
        """Deletes every ledger."""
        for region in REGIONS:
            ssm = self.aws.client("ssm", region)
            pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=LEDGER_ROOT, Recursive=True)
            for name in [parameter["Name"] for page in pages for parameter in page["Parameters"]]:
                ssm.delete_parameter(Name=name)


def owner(stack: str, logical_id: str, region: str = PRIMARY) -> Owner:
    """Returns an owner in a stack that CloudFormation does not know."""
    return Owner(
        f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{stack}/11111111-2222-4333-8444-555555555555", logical_id
    )


@pytest.fixture
def command(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Runs a command in this process, with the environment of a shell in front of the local AWS."""
    for name, value in local_aws.environment(PRIMARY).items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "COLUMNS", "CONNECT_INSTANCE"):
        monkeypatch.delenv(name, raising=False)

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return ran


@pytest.fixture
def fleet(connect: ConnectControl, local_aws: LocalAws, command: Callable[..., Ran]) -> Iterator[Fleet]:
    """The sample's two Regions without a ledger, and no quota unless a test sets one."""
    connect.reset(two_regions_apart())
    connect.quota_off()
    made = Fleet(connect, local_aws, command)
    yield made
    made.forget_ledgers()


def calls(connect: ConnectControl, operation: str | None = None) -> list[Any]:
    """Returns the calls of Amazon Connect."""
    return connect.journal(operation)
