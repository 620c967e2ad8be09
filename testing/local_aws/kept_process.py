"""A process that is certain to end: with its `with` block, with this process, or with an interrupt."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

KEEPER = Path(__file__).with_name("keeper.py")
STOP_SECONDS = 30.0


class ProcessEndedError(RuntimeError):
    """A process ended, or was not ready in time, where it should have been serving."""


class KeptProcess:
    """A command under a keeper (see `keeper.py`), which ends the command's whole group when this process is gone.

    Args:
        command: The program and its arguments.
        environment: The whole environment of the command; nothing is inherited.
        cwd: The folder it runs in.
        output: Where standard output and standard error go, together: an open file, or `subprocess.PIPE`.
        pass_fds: Open files that the command inherits under the same numbers.
        scratch: A folder to remove after the command's end.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        output: IO[bytes] | int,
        pass_fds: Sequence[int] = (),
        scratch: Path | None = None,
    ) -> None:
        # -S and -I: the keeper needs the standard library only, and starts twice as fast without the rest.
        keeper = [sys.executable, "-I", "-S", str(KEEPER), *(f"--pass-fd={fd}" for fd in pass_fds)]
        if scratch is not None:
            keeper.append(f"--scratch={scratch}")
        self._process = subprocess.Popen(
            [*keeper, "--", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(environment),
            pass_fds=pass_fds,
            # Ctrl-C in a terminal reaches this process alone, and this process decides what to end, and when.
            start_new_session=True,
        )

    @property
    def output(self) -> IO[bytes]:
        """What the command writes, where `output` was `subprocess.PIPE`."""
        assert self._process.stdout is not None, "the output goes to a file"
        return self._process.stdout

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, or None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float | None = None) -> int:
        """Wait until the command has ended by itself, and answer its exit code."""
        return self._process.wait(seconds)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str, log: Callable[[], str]) -> None:
        """Wait until `ready` says so.

        Args:
            ready: Looks once, quickly.
            seconds: The longest to wait.
            what: The name of what is waited for, for the error.
            log: The command's output, for the error.

        Raises:
            ProcessEndedError: The command ended, or the time was up.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_code is not None:
                raise ProcessEndedError(f"{what} ended with exit code {self.exit_code}. Its log:\n{log()}")
            if time.monotonic() > deadline:
                raise ProcessEndedError(f"{what} was not ready within {seconds:.0f} s. Its log:\n{log()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the command and every process of its group. Once it has ended, this does nothing."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
