"""Synthesis: the time for a stack of configs by that of as many bare custom resources, and what the template is like."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from testing.local_aws.surroundings import PROJECT_ROOT, base_environment

from .results import Results, Synthesis

SIZES = (1, 50, 150, 450)
_ROUNDS = 5


def run_all(results: Results) -> None:
    """Measures each size, in processes of their own and by turns."""
    results.synthesis = []
    seconds: dict[tuple[int, str], list[float]] = {}
    for _ in range(_ROUNDS):
        for configs in SIZES:
            for what in ("ours", "bare"):
                whole, _ = run(f"synthesized.{what}({configs})", validated=True)
                unvalidated, _ = run(f"synthesized.{what}({configs})")
                _, alone = run(f"synthesized.cpu_of(synthesized.{what}, {configs})")
                for how, spent in ("", whole), ("_unvalidated", unvalidated), ("_alone", float(alone)):
                    seconds.setdefault((configs, what + how), []).append(spent)
            with_function, _ = run(f"synthesized.served({configs})", validated=True)
            seconds.setdefault((configs, "served"), []).append(with_function)
    for configs in SIZES:
        # A busy neighbour only ever adds to the CPU time that a machine counts: the least is nearest the truth.
        least: dict[str, Any] = {what: min(spent) for (of, what), spent in seconds.items() if of == configs}
        facts_of_it = json.loads(run(f"synthesis.facts({configs})")[1])
        results.synthesis.append(Synthesis(configs, **least, **facts_of_it))
    results.asset_seconds = min(float(run("synthesis.asset()")[1]) for _ in range(_ROUNDS))


def run(expression: str, *, validated: bool = False) -> tuple[float, str]:
    """Returns the CPU seconds of a process with its children, and the last line that it printed.

    Args:
        expression: what it evaluates.
        validated: whether the CDK checks the templates, as it does unless it is told not to.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    module = expression.partition(".")[0]
    # pip compiles what it installs, so the first round compiles it here.
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(PROJECT_ROOT / ".local" / "compiled")}
    with tempfile.TemporaryDirectory() as home:
        paths = f"{PROJECT_ROOT / 'constructs'}:{PROJECT_ROOT / 'provider'}:{PROJECT_ROOT}"
        ended = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", f"from benchmarks import {module}; print({expression})"],
            env={
                **base_environment(Path(home)),
                **compiled,
                "PYTHONPATH": paths,
                "CDK_VALIDATION": str(validated).lower(),
            },
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, ended.stdout.splitlines()[-1]


def facts(configs: int) -> str:
    """Returns what the template is like, as JSON."""
    from . import world  # noqa: PLC0415 - it loads the CDK, which the benchmark's own process does without

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
