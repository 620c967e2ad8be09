"""Run a command that ends when whoever asked for it ends, however that one ends.

    python keeper.py --scratch FOLDER --pass-fd 5 -- COMMAND ...

The keeper's standard input is a pipe whose other end only the asker holds. When the asker closes it, exits or is
killed, the pipe ends, and the keeper ends the command with every process of its group and removes the scratch folder.
It imports nothing of the project, so it starts in some ten milliseconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

GRACE_SECONDS = 3.0
"""How long the command may take to end by itself after SIGTERM."""


def end_group(group: int, signal_number: int) -> None:
    """Send a signal to every process of a group; a group that is gone is fine."""
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return


def end_with_the_pipe(command: subprocess.Popen[bytes], ended: threading.Event) -> None:
    """Wait until standard input ends, then end the command: SIGTERM, and SIGKILL after the grace period."""
    while os.read(0, 4096):
        pass
    end_group(command.pid, signal.SIGTERM)
    if not ended.wait(GRACE_SECONDS):
        end_group(command.pid, signal.SIGKILL)


def wait_unreaped(command: subprocess.Popen[bytes]) -> None:
    """Wait for the command's end, and leave its process id taken where the system can, so that nothing else gets it."""
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, command.pid, os.WEXITED | os.WNOWAIT)
    else:
        command.wait()


def main(arguments: Sequence[str]) -> int:
    """Run the command and answer its exit code; a signal becomes 128 + its number, as in a shell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", help="folder to remove afterwards")
    parser.add_argument("--pass-fd", type=int, action="append", default=[], help="open file to hand down")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The pipe decides alone: a signal that ended the keeper would leave the command without one. A handler, and not
        # SIG_IGN, since the command would inherit that and be deaf.
        signal.signal(number, lambda *_: None)
    command = subprocess.Popen(
        options.command, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=options.pass_fd
    )
    ended = threading.Event()
    threading.Thread(target=end_with_the_pipe, args=(command, ended), daemon=True).start()
    wait_unreaped(command)
    ended.set()
    end_group(command.pid, signal.SIGKILL)  # what the command left behind
    code = command.wait()
    if options.scratch:
        shutil.rmtree(options.scratch, ignore_errors=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
