"""What starting the function costs, and an event in a warm environment, in CPU time and memory of this machine."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from emulator.connect.process import Emulator
from testing.local_aws.surroundings import PROJECT_ROOT, base_environment

from . import world
from .deploys import Bench, bench
from .results import ColdStart, Results, Warm

FLOOR = """
import boto3
for service in ("connect", "ssm"):
    boto3.client(service, region_name="us-east-1")
"""
STARTS = {
    "floor: boto3 with a Connect and an SSM client": FLOOR,
    "this project's handler": "import queue_outbound_caller_config_provider.handler",
    "a plain crhelper function with a Connect client": "import benchmarks.peers.plain",
}
_ROUNDS = 15
_WARM_ROUNDS = 4
_EVENTS = 30

_MEASURED = """
import json, time
before = time.process_time()
{start}
spent = time.process_time() - before
# Not getrusage: that counts the memory of the process which this one was forked from, too.
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps([spent, peak / 1024]))
"""

_WARM = """
import json, sys, time
from benchmarks.zygote import Context
request = json.load(sys.stdin)
if request["bare"]:
    from benchmarks.bare_calls import handler
else:
    from queue_outbound_caller_config_provider.handler import handler
cpu = []
for event in request["events"]:
    before = time.process_time()
    handler(event, Context(900.0))
    cpu.append(time.process_time() - before)
print(json.dumps(cpu), file=sys.stderr)
"""


def run_all(results: Results) -> None:
    """Measures starts, and events."""
    samples: dict[str, list[list[float]]] = {what: [] for what in STARTS}
    with tempfile.TemporaryDirectory() as home:
        environment = _environment(Path(home))
        _start(FLOOR, environment)  # writes what Python compiles, and warms the disk's cache
        for _ in range(_ROUNDS):
            for what, start in STARTS.items():
                samples[what].append(_start(start, environment))
    results.cold_starts = [
        # A busy neighbour only ever adds to the CPU time that a machine counts: the least is nearest the truth.
        ColdStart(what, min(cpu for cpu, _ in found), statistics.median(peak for _, peak in found))
        for what, found in samples.items()
    ]
    with bench() as servers:
        results.warm = _warm(servers)


def _environment(home: Path) -> dict[str, str]:
    paths = f"{PROJECT_ROOT / 'provider'}:{PROJECT_ROOT}"
    environment = {**base_environment(home), "PYTHONPATH": paths, "AWS_DEFAULT_REGION": world.REGION}
    del environment["PYTHONDONTWRITEBYTECODE"]  # Lambda's runtime has boto3 compiled, too
    return {**environment, "PYTHONPYCACHEPREFIX": str(home / "compiled")}


def _start(start: str, environment: Mapping[str, str]) -> list[float]:
    found: list[float] = json.loads(
        subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", _MEASURED.format(start=start)],
            env=dict(environment),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    return found


def _warm(servers: Bench) -> list[Warm]:
    """Measures events one after the other in one process, ours and the same calls made bare."""
    queues = world.queue_ids(_EVENTS)
    found = []
    with Emulator(world.seed(queues, world.caller_config(0))) as emulator:
        milliseconds: dict[tuple[str, bool], list[float]] = {}
        for _ in range(_WARM_ROUNDS):
            for bare in (False, True):
                for request_type, events in servers.events(queues).items():
                    cpu = _run_warm(servers.variables(emulator), events, bare=bare)
                    # The first event opens the connections.
                    milliseconds.setdefault((request_type, bare), []).append(statistics.median(cpu[1:]) * 1000)
        for request_type in ("Create", "Update", "Delete"):
            found.append(
                Warm(request_type, min(milliseconds[request_type, False]), min(milliseconds[request_type, True]))
            )
    return found


def _run_warm(variables: Mapping[str, str], events: list[dict[str, object]], *, bare: bool) -> list[float]:
    with tempfile.TemporaryDirectory() as home:
        ended = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", _WARM],
            env={**_environment(Path(home)), **variables},
            input=json.dumps({"bare": bare, "events": events}),
            capture_output=True,
            text=True,
            check=True,
        )
    cpu: list[float] = json.loads(ended.stderr.splitlines()[-1])
    return cpu
