"""Runs a Python function on events, each in a process forked from this one: `python -m benchmarks.zygote module.function`.

Takes one JSON line an event, `{"event": …, "delay": …, "seconds": …}`, and ends when its input does.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from typing import Any


class Context:
    """Lambda's context object, as far as functions look at it."""

    log_stream_name = "2026/01/01/[$LATEST]benchmark"
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "benchmark"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:benchmark"

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Returns the time left."""
        return max(int((self._until - time.monotonic()) * 1000), 0)


def main(path: str) -> None:
    """Serves until the input ends."""
    module, _, name = path.rpartition(".")
    function: Any = getattr(importlib.import_module(module), name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them
    print("ready", flush=True)
    os.dup2(2, 1)  # what functions print goes to the log
    os.setpgid(0, 0)
    for line in sys.stdin:
        if os.fork() == 0:
            request = json.loads(line)
            time.sleep(request["delay"])
            # Lambda ends an invocation that has used its time up, whatever it does.
            signal.alarm(int(request["seconds"]) + 1)
            with contextlib.suppress(Exception):
                function(request["event"], Context(request["seconds"]))
            os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
