"""Execution environments: the processes that functions run in."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from testing.local_aws.surroundings import PROJECT_ROOT, base_environment

TIME_LIMIT = 900.0
"""Seconds that an invocation may take: Lambda's longest, which the provider's function has."""


class Environments:
    """The environments of one function.

    Arguments:
        command: a process that takes events, one JSON line each, and runs the function on them side by side.
        variables: the function's environment.
        folder: its home, and where its log is.
    """

    def __init__(self, command: list[str], variables: Mapping[str, str], folder: Path) -> None:
        self._log = (folder / f"function-{time.monotonic_ns()}.log").open("wb")
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=PROJECT_ROOT,
            env={**base_environment(folder), **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for a line above
        if not self._process.stdout.readline():
            raise RuntimeError(f"{command} did not start:\n{Path(self._log.name).read_text()[-2000:]}")

    @classmethod
    def of_python(cls, handler: str, variables: Mapping[str, str], folder: Path) -> Self:
        """Returns the environments of a Python handler, `module.function`."""
        paths = [str(PROJECT_ROOT / "provider"), str(PROJECT_ROOT)]
        return cls(
            [sys.executable, "-m", "benchmarks.zygote", handler],
            {"PYTHONPATH": ":".join(paths), **variables},
            folder,
        )

    def invoke(self, event: dict[str, Any], delay: float) -> None:
        """Runs the function on an event, `delay` seconds from now."""
        line = json.dumps({"event": event, "delay": delay, "seconds": TIME_LIMIT}) + "\n"
        assert self._process.stdin is not None  # noqa: S101 - asked for at the start
        with self._lock:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
