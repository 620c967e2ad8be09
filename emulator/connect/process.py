"""An emulator in a process of its own, which ends with whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO

from .control import ConnectControl
from .sample import two_regions
from .seed import Seed

PROJECT = Path(__file__).parents[2]
END_SECONDS = 5.0
"""How long the process may take to end before it is killed."""


class EmulatorNotStarted(Exception):
    """The process ended before it was ready; the message is what it wrote."""


class Emulator:
    """Starts the emulator on a free port of the loopback interface, and ends it.

        with Emulator(two_regions()) as emulator:
            client = boto3.client("connect", "us-east-1", endpoint_url=emulator.endpoint, ...)
            emulator.control.configs()

    Its process also ends when its standard input does, so it never outlives whoever started it.

    Args:
        seed: what it starts with.
        port: the port; 0 picks a free one.
    """

    def __init__(self, seed: Seed | None = None, port: int = 0) -> None:
        self._seed = seed or two_regions()
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self.endpoint = ""
        self.key = ""

    @property
    def control(self) -> ConnectControl:
        """The control API's client."""
        return ConnectControl(self.endpoint, self.key)

    def start(self) -> Emulator:
        """Starts the process and waits until it is ready; raises EmulatorNotStarted."""
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as errors:
            state = Path(folder) / "state.json"
            self._seed.write(state)
            self._process = _start(state, self._port, errors)
            line = self._process.stdout.readline() if self._process.stdout else ""
            if not line:
                self.stop()
                errors.seek(0)
                raise EmulatorNotStarted(errors.read())
        ready = json.loads(line)
        self.endpoint, self.key = ready["endpoint"], ready["key"]
        return self

    def stop(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _start(state: Path, port: int, errors: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-m", "emulator.connect", "--port", str(port), "--state", str(state), "--end-with-stdin"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,  # Ctrl-C is for whoever started it, who may still need it to clean up
        text=True,
    )
