"""`make fleet`: 200 queues that people set in the console come under control, on a local AWS.

With `--write`, the commands' output is written into the page `docs/how-to/fleet.md`, and the README's recordings are made
anew: one for a screen, one for a phone. Each command runs in a terminal of either width.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial

from emulator.connect import ConnectControl, Emulator
from emulator.connect.fleet_sample import fleet
from emulator.connect.sample import (
    INSTANCE,
    PRIMARY,
    REPLICA,
    REPLICA_GROUP_NUMBER,
    SECOND_GROUP_NUMBER,
    SUPPORT_QUEUE,
    queue_id,
)
from testing.local_aws import ACCOUNT, PROJECT_ROOT, CdkCli, LocalAws, Stack

from .cdk_progress import progress_of
from .page import NARROW_RECORDING, PAGE, RECORDING, Shown, with_outputs
from .recording import svg_of
from .terminal import Terminal

COMMAND = "queue-outbound-caller-config"
QUEUES = 197
"""Beside the sample's own three."""
WIDE, NARROW = 100, 50
"""The columns of the two terminals. The letters of fifty columns can be read on a phone."""
_SHOWN_LINES = {WIDE: 14, NARROW: 23}


class FleetStory:
    """Runs the commands one after another.

    Args:
        terminal: Where it is shown.
        connect: The emulator.
        local_aws: Where everything is deployed.
    """

    def __init__(self, terminal: Terminal, connect: ConnectControl, local_aws: LocalAws) -> None:
        self.shown: dict[int, list[Shown]] = {WIDE: [], NARROW: []}
        self._terminal = terminal
        self._connect = connect
        self._aws = local_aws
        self._cdk = CdkCli(local_aws, regions=[PRIMARY, REPLICA], on_line=self._progress)
        self._config = local_aws.folder / "config.toml"
        self._environment = {**local_aws.environment(PRIMARY), "CONNECT_INSTANCE": "example"}

    def tell(self) -> None:
        """Runs every step."""
        self._run("status", "status")
        self._run("discover", f"discover --output {self._config.name}", again=self._config.unlink)
        # MiniStack makes resources one after another, so that time slots for twenty at once would be waited for in vain.
        self._config.write_text(self._config.read_text().replace("[instance]", "[instance]\nmax_parallel_configs = 1"))
        self._terminal.heading("make deploy")
        self._cdk.bootstrap()
        self._deploy("deploy")
        state = self._connect.state()
        old, new = state.number_arn(SECOND_GROUP_NUMBER), state.number_arn(REPLICA_GROUP_NUMBER)
        self._config.write_text(self._config.read_text().replace(old, new))
        self._synthesize()
        self._run("plan", "plan cdk.out")
        self._deploy("deploy-again")
        self._edit_in_console()
        self._run("drift", "drift")
        self._run("repair", "drift --repair --yes", again=self._edit_in_console)
        self._run("numbers", "numbers")
        leave_orphan(self._aws)
        self._run("owners", "owners --dead")
        self._run("forget", "owners --forget --yes", again=partial(leave_orphan, self._aws))

    def _edit_in_console(self) -> None:
        self._connect.set_queue_config(PRIMARY, INSTANCE, queue_id(7), {"OutboundCallerIdName": "Storm line"})

    def _deploy(self, name: str) -> None:
        self._connect.clear_journal()
        self._cdk.deploy(f"--context=config={self._config}", "--concurrency=2")
        writes = self._connect.journal("UpdateQueueOutboundCallerConfig")
        lines = [
            f"{region}: {sum(call.region == region for call in writes)} queues written" for region in (PRIMARY, REPLICA)
        ]
        for columns in self.shown:
            self._show(Shown(name, "make deploy", "\n".join(["…", *lines])), columns)

    def _synthesize(self) -> None:
        out = str(self._aws.folder / "cdk.out")
        command = [str(PROJECT_ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--quiet", f"--output={out}"]
        subprocess.run(  # noqa: S603 - the project's own CDK CLI
            [*command, f"--context=config={self._config}"],
            cwd=PROJECT_ROOT,
            env=self._environment,
            check=True,
            capture_output=True,
        )

    def _run(self, name: str, command: str, again: Callable[[], object] = lambda: None) -> None:
        """Runs a command in each terminal; `again` brings back, before the second time, what the first time has changed."""
        for number, columns in enumerate(self.shown):
            if number:
                again()
            words = [sys.executable, "-m", "queue_outbound_caller_config_cli", *shlex.split(command)]
            environment = {**self._environment, "COLUMNS": str(columns)}
            done = subprocess.run(  # noqa: S603 - the project's own command line
                words, cwd=self._aws.folder, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode not in (0, 2):
                raise RuntimeError(f"{command} ended with exit code {done.returncode}: {done.stderr}")
            lines = [line.rstrip() for line in (done.stdout + done.stderr).rstrip().splitlines()]
            output = "\n".join(_shortened(lines, _SHOWN_LINES[columns]))
            self._show(Shown(name, f"{COMMAND} {command}", output), columns)

    def _show(self, shown: Shown, columns: int) -> None:
        self.shown[columns].append(shown)
        if columns == WIDE:
            self._terminal.show(shown.text(columns))

    def _progress(self, line: str) -> None:
        told = progress_of(line)
        if told and "CREATE_COMPLETE" not in told and "UPDATE_COMPLETE" not in told:
            self._terminal.progress(told)


def leave_orphan(local_aws: LocalAws) -> None:
    """Deploys a config that CloudFormation retains, and deletes its stack: the queue Support has a dead owner then."""
    cloudformation = local_aws.client("cloudformation", PRIMARY)
    resources = cloudformation.list_stack_resources(StackName=f"QueueCallerConfig-{PRIMARY}")["StackResourceSummaries"]
    (function,) = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::Lambda::Function"]
    config = {
        "Type": "Custom::ConnectQueueOutboundCallerConfig",
        "DeletionPolicy": "Retain",
        "Properties": {
            "ServiceToken": f"arn:aws:lambda:{PRIMARY}:{ACCOUNT}:function:{function}",
            "InstanceId": INSTANCE,
            "QueueId": SUPPORT_QUEUE,
            "OutboundCallerConfig": {"OutboundCallerIdName": "Preview"},
        },
    }
    stack = Stack(local_aws, PRIMARY, "preview")
    stack.deploy({"Resources": {"Config": config}})
    stack.delete()


def _shortened(lines: list[str], most: int) -> list[str]:
    """Returns the first lines and the final one, and how many are between."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 2], f"… {len(lines) - most + 1} more lines", lines[-1]]


def main(arguments: Sequence[str]) -> int:
    """Runs the story and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.fleet", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the page's outputs and the README's recordings")
    write = parser.parse_args(arguments).write
    terminal = Terminal()
    terminal.heading(f"Start a local AWS and a stand-in for Amazon Connect with {QUEUES + 3} queues in two Regions")
    with Emulator(fleet(QUEUES)) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:
        story = FleetStory(terminal, emulator.control, local_aws)
        story.tell()
    if write:
        PAGE.write_text(with_outputs(PAGE.read_text(encoding="utf-8"), story.shown[WIDE], WIDE), encoding="utf-8")
        for path, columns in ((RECORDING, WIDE), (NARROW_RECORDING, NARROW)):
            screens = [one.text(columns) for one in story.shown[columns]]
            path.write_text(svg_of(screens, columns), encoding="utf-8")
        terminal.right(f"{PAGE.relative_to(PROJECT_ROOT)} and {RECORDING.parent.relative_to(PROJECT_ROOT)} are written")
    return 0


if __name__ == "__main__":
    os.chdir(PROJECT_ROOT)
    sys.exit(main(sys.argv[1:]))
