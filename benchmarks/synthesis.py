"""Synthesis: the time for a stack of configs by that of as many bare custom resources, and what the template is like."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from testing.local_aws.surroundings import PROJECT_ROOT, base_environment

from .model import ACCOUNT
from .results import Results, Synthesis

SIZES = (1, 50, 150, 450)
_ROUNDS = 7


def run_all(results: Results) -> None:
    """Measures each size, in processes of their own and by turns."""
    results.synthesis = []
    whole: dict[tuple[str, int], list[float]] = {}
    alone: dict[tuple[str, int], list[float]] = {}
    for _ in range(_ROUNDS):
        for configs in SIZES:
            for what in ("ours", "bare"):
                spent, printed = _run(f"synthesis.cpu_of(synthesis.{what}, {configs})")
                whole.setdefault((what, configs), []).append(spent)
                alone.setdefault((what, configs), []).append(float(printed))
    # A busy neighbour only ever adds to the CPU time that a machine counts: the least is nearest the truth.
    for configs in SIZES:
        results.synthesis.append(
            Synthesis(
                configs,
                min(whole["ours", configs]),
                min(whole["bare", configs]),
                min(alone["ours", configs]),
                min(alone["bare", configs]),
                **json.loads(_run(f"synthesis.facts({configs})")[1]),
            )
        )
    results.asset_seconds = min(float(_run("synthesis.asset()")[1]) for _ in range(_ROUNDS))


def _run(expression: str) -> tuple[float, str]:
    """Returns the CPU seconds of a process with its children, and the last line that it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as home:
        paths = f"{PROJECT_ROOT / 'constructs'}:{PROJECT_ROOT / 'provider'}:{PROJECT_ROOT}"
        ended = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", f"from benchmarks import synthesis; print({expression})"],
            env={**base_environment(Path(home)), "PYTHONPATH": paths},
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, ended.stdout.splitlines()[-1]


def cpu_of(synthesize: Callable[[int], None], configs: int) -> float:
    """Returns the CPU seconds of a synthesis, Python's and Node's, once another one has loaded what it takes."""
    synthesize(1)
    before = _cpu_at_rest()
    synthesize(configs)
    return _cpu_now() - before


def _cpu_at_rest() -> float:
    """Returns the CPU seconds so far, once no process uses any.

    After a synthesis Node continues to compile what it ran, mostly the CDK's own check of the template: up to a second of CPU
    time, and more the more kinds of resources there were. It does not belong to the next synthesis.
    """
    now, quiet = _cpu_now(), 0
    while quiet < 3:
        time.sleep(0.2)
        before, now = now, _cpu_now()
        quiet = quiet + 1 if now - before < 0.02 else 0
    return now


def _cpu_now() -> float:
    """Returns the CPU seconds of this process and those that it started so far (Linux)."""
    total, processes = time.process_time(), _children(os.getpid())
    while processes:
        process = processes.pop()
        processes += _children(process)
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def ours(configs: int) -> None:
    """Synthesizes configs."""
    from . import world  # noqa: PLC0415 - it loads the CDK, which the benchmark's own process does without

    world.template(world.queue_ids(configs))


def bare(configs: int) -> None:
    """Synthesizes as many bare custom resources with the same properties."""
    from aws_cdk import App, CustomResource, Stack  # noqa: PLC0415 - as above

    from . import world  # noqa: PLC0415 - as above

    app = App()
    stack = Stack(app, "Benchmark", env={"region": world.REGION, "account": ACCOUNT})
    for number, queue in enumerate(world.queue_ids(configs)):
        CustomResource(
            stack,
            f"Queue{number}",
            service_token=f"arn:aws:lambda:{world.REGION}:{ACCOUNT}:function:bare",
            resource_type=world.TYPE,
            properties={
                "InstanceId": world.INSTANCE_ARN,
                "QueueId": queue,
                "OutboundCallerConfig": world.caller_config(1),
                "DeletionBehavior": "RESTORE",
            },
        )
    app.synth().get_stack_by_name("Benchmark").template  # noqa: B018 - reading it is part of ours, too


def facts(configs: int) -> str:
    """Returns what the template is like, as JSON."""
    from . import world  # noqa: PLC0415 - as above

    document = world.template(world.queue_ids(configs)).document
    return json.dumps(
        {
            "template_bytes": len(json.dumps(document, indent=1)),  # as CDK writes and uploads it
            "resources": len(document["Resources"]),
            "largest_policy": max(policy_sizes(document), default=0),
        }
    )


def asset() -> float:
    """Puts the function's zip together, and returns the CPU seconds."""
    from queue_outbound_caller_config.lambda_asset import asset_bytes  # noqa: PLC0415 - as above

    began = time.process_time()
    asset_bytes()
    return time.process_time() - began


def policy_sizes(document: dict[str, object]) -> list[int]:
    """Returns the characters of each policy document in a template, as IAM counts them: without white space."""
    found = []

    def search(value: object) -> None:
        if isinstance(value, dict):
            if "PolicyDocument" in value:
                found.append(len(json.dumps(value["PolicyDocument"], separators=(",", ":"))))
            for child in value.values():
                search(child)
        elif isinstance(value, list):
            for child in value:
                search(child)

    search(document)
    return found
