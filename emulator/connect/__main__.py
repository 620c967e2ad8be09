"""`python -m emulator.connect`: serves until it is told to end, and says where on its first line of output."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .engine import Engine
from .sample import two_regions
from .seed import Seed, SeedError
from .server import serve


def main(arguments: Sequence[str]) -> int:
    """Serves until SIGTERM, SIGINT or, if so asked, the end of standard input."""
    parser = argparse.ArgumentParser(prog="python -m emulator.connect", description="A stand-in for Amazon Connect")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one (default)")
    parser.add_argument("--state", type=Path, help="JSON file of what to start with (default: the sample)")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input does")
    options = parser.parse_args(arguments)
    try:
        seed = Seed.read(options.state) if options.state else two_regions()
        server = serve(Engine(seed), options.port)
    except (SeedError, OSError) as problem:
        print(f"emulator.connect: {problem}", file=sys.stderr)
        return 2
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    if options.end_with_stdin:
        threading.Thread(target=_wait_for_the_end_of_input, args=(ended,), daemon=True).start()
    print(json.dumps({"endpoint": server.endpoint, "key": server.key}), flush=True)
    ended.wait()
    server.shutdown()
    return 0


def _wait_for_the_end_of_input(ended: threading.Event) -> None:
    while os.read(0, 4096):  # not sys.stdin, whose buffer has a lock that would be held at exit
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
