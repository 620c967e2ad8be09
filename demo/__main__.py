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

FAILED, INTERRUPTED = 1, 130
DESCRIPTION = """\
The main job on this machine: the real CDK CLI deploys app.py to a local AWS
and a stand-in for Amazon Connect, with an instance in two Regions that mirror
each other. Each act shows what changes in the config file, and what each queue
has before and after it, and checks that: deploy, rename, a deploy that fails
and rolls back, failover to the replica's stack and back, destroy.

It takes up to three minutes, and needs no AWS account, no Docker and no root."""
EXIT_CODES = """\
exit code: 0 if all was as it should be, 1 if not, 2 if the arguments are
wrong, 130 if it was interrupted. It leaves no process and no file behind.
NO_COLOR=1 writes without colour."""


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Lets a polite end from outside go the way of Ctrl-C, so that all that was started ends."""
    raise KeyboardInterrupt


def read(arguments: Sequence[str]) -> None:
    """Reads the arguments; those that cannot be used, and `--help`, end the process here."""
    parser = argparse.ArgumentParser(
        prog="make demo ARGS=… (python -m demo)",
        usage="make demo [ARGS=--help]",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config", help="refused: the demo writes its own config file for the contact centre that it makes up"
    )
    given = parser.parse_args(arguments)
    if given.config is not None:
        parser.exit(
            2,
            f"make demo: it cannot use {given.config}. It makes up its own contact centre and writes a config file for it.\n"
            f"Leave CONFIG out; or see what your file would change on your account: make diff CONFIG={given.config}\n",
        )


def main(arguments: Sequence[str]) -> int:
    """Runs the demo and returns the exit code."""
    read(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    terminal = Terminal()
    try:
        wrong = demonstrate(terminal)
    except KeyboardInterrupt:
        terminal.verdict(good=False, text="Interrupted; all that was started has ended.")
        return INTERRUPTED
    except (CdkCliError, EmulatorNotStarted, MiniStackMissingError, ProcessEndedError) as problem:
        terminal.show(str(problem))
        terminal.verdict(good=False, text="The demo failed.")
        return FAILED
    if wrong:
        terminal.verdict(good=False, text=f"The demo failed: {len(wrong)} checks were not as they should be.")
        return FAILED
    terminal.verdict(good=True, text="Every step was as it should be, and every queue has what it had before.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
