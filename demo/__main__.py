"""`python -m demo`: run the demo, and answer 0 only when every step was as it should be."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from emulator.connect import EmulatorNotStarted
from testing.local_aws import CdkCliError, MiniStackMissingError, ProcessEndedError

from .demonstration import demonstrate
from .terminal import Terminal

FAILED, INTERRUPTED = 1, 130


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Let a polite end from outside go the way of Ctrl-C, so that all that was started ends."""
    raise KeyboardInterrupt


def main() -> int:
    """Run the demo and answer the exit code."""
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    terminal = Terminal()
    try:
        wrong = demonstrate(terminal)
    except KeyboardInterrupt:
        terminal.verdict(good=False, text="Interrupted; all that was started has ended.")
        return INTERRUPTED
    except (CdkCliError, EmulatorNotStarted, MiniStackMissingError, ProcessEndedError) as problem:
        terminal.wrong(str(problem))
        terminal.verdict(good=False, text="The demo failed.")
        return FAILED
    if wrong:
        terminal.verdict(good=False, text=f"The demo failed: {len(wrong)} checks were not as they should be.")
        return FAILED
    terminal.verdict(good=True, text="Every step was as it should be, and every queue has what it had before.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
