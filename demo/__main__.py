"""`python -m demo`: runs the demo, and returns 0 only if every step was as it should be."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from emulator.connect import EmulatorNotStarted
from testing.local_aws import CdkCliError, MiniStackMissingError, ProcessEndedError

from .demonstration import demonstrate
from .terminal import Terminal
from .world import World

FAILED, INTERRUPTED = 1, 130
DESCRIPTION = """\
The main job on this machine: the real CDK CLI deploys app.py to a local AWS
and a stand-in for Amazon Connect, with an instance in two Regions that mirror
each other. Each act shows what changes in the config file, and what each queue
has before and after it, and checks that: deploy, rename, a deploy that fails
and rolls back, failover to the replica's stack and back, destroy.

It needs no AWS account, no Docker and no root, takes up to three minutes, and
leaves no process and no file behind. CONFIG=file is refused: the demo writes
its own config file. `make diff CONFIG=file` shows what yours would change."""
EPILOG = """\
NO_COLOR=1 writes without colour.
Exit code: 0 if all was as it should be, 1 if not, 2 if it cannot use an
argument, 130 if it was interrupted."""


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Lets a polite end from outside go the way of Ctrl-C, so that all that was started ends."""
    raise KeyboardInterrupt


def read(arguments: Sequence[str]) -> None:
    """Reads the arguments. Those that cannot be used end the process here, and so does `--help`."""
    parser = argparse.ArgumentParser(
        prog="make demo",
        usage="make demo [ARGS=--help], or: python -m demo [--help]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", help=argparse.SUPPRESS)
    config = parser.parse_args(arguments).config
    if config is not None:
        parser.exit(
            2,
            f"make demo: CONFIG={config} cannot be used: the demo writes its own config file, for queues that it makes up.\n"
            f"Run `make demo` alone, or see what your file would change on your account: make diff CONFIG={config}\n",
        )


def play(world: World) -> int:
    """Plays the demo in a world and returns the exit code."""
    terminal = Terminal()
    try:
        wrong = demonstrate(terminal, world)
    except KeyboardInterrupt:
        terminal.verdict(good=False, text="Interrupted; all that was started has ended.")
        return INTERRUPTED
    except (CdkCliError, EmulatorNotStarted, MiniStackMissingError, ProcessEndedError) as problem:
        terminal.show(str(problem))
        terminal.verdict(good=False, text="The demo failed.")
        return FAILED
    if wrong:
        terminal.verdict(good=False, text=f"The demo failed. Checks that did not hold: {len(wrong)}.")
        return FAILED
    terminal.verdict(good=True, text="Every step was as it should be, and every queue has what it had before.")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Runs the demo and returns the exit code."""
    read(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    return play(World())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
