"""The quick start as pasted: its files and commands, in an empty folder, against the local AWS."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from emulator.connect import ConnectControl
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, INSTANCE_NUMBER, PRIMARY
from testing.local_aws import ACCOUNT, PROJECT_ROOT, LocalAws
from testing.local_aws.cdk_cli import CDK, QUIET
from tests.docs.markdown import DOCS, Block, blocks
from tests.packaging.conftest import build_both, environment_with

PAGE = DOCS / "quick-start.md"
REPLACED = {
    "aaaaaaaa-0000-4000-8000-000000000001": INSTANCE,
    "bbbbbbbb-0000-4000-8000-000000000002": BASIC_QUEUE,
    "111122223333": ACCOUNT,
    "us-east-1": PRIMARY,
}
"""What the page asks the reader to replace, and with what this reader replaces it."""
Config = Mapping[str, str]


@dataclass
class Reader:
    """Somebody who pastes one block after the other.

    The network is the one thing that they lack: what `make dist`, pip and npm would bring is taken from this checkout. And they
    say yes to what the CDK CLI asks.

    Attributes:
        folder: The empty folder.
        environment: The variables of their commands.
        connect: Where they look at the queue.
        seen: What the queue had after each command of the CDK CLI, its number by id.
        written: What the commands wrote.
    """

    folder: Path
    environment: dict[str, str]
    connect: ConnectControl
    seen: dict[str, Config] = field(default_factory=dict)
    written: str = ""

    def paste(self, block: Block) -> None:
        """Does what a block says."""
        if block.language in ("json", "python"):
            name = "cdk.json" if block.language == "json" else "app.py"
            text = block.code
            for theirs, mine in REPLACED.items():
                text = text.replace(theirs, mine)
            (self.folder / name).write_text(text)
            return
        for line in block.code.replace("\\\n", " ").splitlines():
            self._run(shlex.split(line))

    def _run(self, words: list[str]) -> None:
        match words:
            case ["make", "dist"] | ["python3", "-m", "venv", ".venv"] | ["aws", *_]:
                pass
            case [".venv/bin/python", "-m", "pip", "install", "PROJECT/dist/*.whl"]:
                environment_with(build_both(PROJECT_ROOT, self.folder.parent / "dist").wheel, self.folder / ".venv")
            case ["npm", "install", package]:
                assert package in (PROJECT_ROOT / "package.json").read_text().replace('": "', "@")
                (self.folder / "node_modules").symlink_to(PROJECT_ROOT / "node_modules")
            case ["npx", "cdk", command]:
                self._cdk(command)
            case _:
                pytest.fail(f"no way to paste {words}")

    def _cdk(self, command: str) -> None:
        agreed = {"deploy": ["--require-approval=never"], "destroy": ["--force"]}.get(command, [])
        done = subprocess.run(
            [str(CDK), command, *agreed, *QUIET],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        self.seen[command] = queue_of(self.connect)
        self.written += done.stdout


def queue_of(connect: ConnectControl) -> Config:
    """Returns what the queue has, its number and flow by id."""
    config = connect.configs()[PRIMARY, BASIC_QUEUE]
    return {name: value.rpartition("/")[2] for name, value in config.items()}


def test_the_quick_start_ends_with_a_configured_queue_and_takes_it_back(
    local_aws: LocalAws, connect: ConnectControl, tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    kept = {name: os.environ[name] for name in ("JSII_RUNTIME_PACKAGE_CACHE_ROOT",) if name in os.environ}
    reader = Reader(folder, {**local_aws.environment(PRIMARY), **kept}, connect)
    before = queue_of(connect)
    for block in (block for block in blocks() if block.page == PAGE):
        reader.paste(block)
    assert list(reader.seen) == ["bootstrap", "diff", "deploy", "destroy"]
    assert reader.seen["diff"] == before
    assert reader.seen["deploy"] == {
        **before,
        "OutboundCallerIdName": "Example Corp",
        "OutboundCallerIdNumberId": INSTANCE_NUMBER,
    }
    assert reader.seen["destroy"] == before
    assert "Voice.NumberArn = arn:aws:connect:" in reader.written
    stacks = local_aws.client("cloudformation", PRIMARY).describe_stacks()["Stacks"]
    assert "Voice" not in {stack["StackName"] for stack in stacks}
