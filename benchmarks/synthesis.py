"""Synthesis: the time for a stack of configs by that of as many bare custom resources, and what the template is like."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.local_aws.surroundings import PROJECT_ROOT, base_environment

from .model import ACCOUNT
from .results import Results, Synthesis

SIZES = (50, 150, 450)
_ROUNDS = 3

_MEASURED = """
import json, sys, time
from benchmarks import synthesis
print(json.dumps(synthesis.{what}({configs})))
"""


def run_all(results: Results) -> None:
    """Measures each size, in processes of their own and by turns, so that a busy moment meets both."""
    results.synthesis = []
    for configs in SIZES:
        ours, bare = [], []
        for _ in range(_ROUNDS):
            ours.append(_run("ours", configs))
            bare.append(_run("bare", configs))
        facts = ours[0]
        results.synthesis.append(
            Synthesis(
                configs,
                statistics.median(found["seconds"] for found in ours),
                statistics.median(found["seconds"] for found in bare),
                int(facts["template_bytes"]),
                int(facts["resources"]),
                int(facts["largest_policy"]),
            )
        )
    results.asset_seconds = statistics.median(_run("asset", 0)["seconds"] for _ in range(_ROUNDS))


def _run(what: str, configs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as home:
        paths = f"{PROJECT_ROOT / 'constructs'}:{PROJECT_ROOT / 'provider'}:{PROJECT_ROOT}"
        ended = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", _MEASURED.format(what=what, configs=configs)],
            env={**base_environment(Path(home)), "PYTHONPATH": paths},
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def ours(configs: int) -> dict[str, float]:
    """Synthesizes configs; returns the seconds and what the template is like."""
    from . import world  # noqa: PLC0415 - imports stay out of the time

    began = time.perf_counter()
    document = world.template(world.queue_ids(configs)).document
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "template_bytes": len(json.dumps(document, indent=1)),  # as CDK writes and uploads it
        "resources": len(document["Resources"]),
        "largest_policy": max(policy_sizes(document), default=0),
    }


def bare(configs: int) -> dict[str, float]:
    """Synthesizes as many bare custom resources with the same properties."""
    from aws_cdk import App, CustomResource, Stack  # noqa: PLC0415 - imports stay out of the time

    from . import world  # noqa: PLC0415 - imports stay out of the time

    began = time.perf_counter()
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
    return {"seconds": time.perf_counter() - began}


def asset(_configs: int) -> dict[str, float]:
    """Puts the function's zip together."""
    from queue_outbound_caller_config.lambda_asset import asset_bytes  # noqa: PLC0415 - imports stay out of the time

    began = time.perf_counter()
    asset_bytes()
    return {"seconds": time.perf_counter() - began}


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
