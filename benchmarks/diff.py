"""What `cdk diff` lists when a config is added to a stack of configs or removed, counted in what the real CLI prints."""

from __future__ import annotations

import re
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path

from aws_cdk import App, Stack
from queue_outbound_caller_config import QueueOutboundCallerConfig
from queue_outbound_caller_config_provider.schedule import chains_of

from emulator.connect.fleet_sample import queue_name
from emulator.connect.seed import identifier
from testing.local_aws.cdk_cli import CDK, QUIET
from testing.local_aws.surroundings import base_environment

from .results import Diff, Results
from .synthesis import run
from .synthesized import ACCOUNT, FLOW, INSTANCE_ARN, NUMBER_ARN, REGION

SIZES = (10, 45, 200, 359, 450)
"""At 359, one more makes it 20 chains instead of 19, so it moves about as many others as one ever does."""
CASES = ("front", "middle", "end", "removed")
_NEW = ("VipSupport", "NightDesk", "Onboarding", "FraudReports", "Returns")
"""Each is added alone, at each place."""
_MOST = 480  # configs fit one stack
_STACK = "ContactCentre"


def run_all(results: Results) -> None:
    """Counts each size and case, once for each name that is added, and for as many that are removed."""
    results.diffs = []
    for configs in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            run(f"diff.synthesize({configs}, {folder!r})")
            for case in CASES:
                runs = [cdk_diff(Path(folder), f"{case}{number}") for number in range(len(_NEW))]
                results.diffs.append(Diff(configs, case, [count(printed) for printed in runs]))
    results.moved = [_moved(prefix) for prefix in _NEW]


def synthesize(configs: int, folder: str) -> None:
    """Synthesizes the stack as it is, and as it is after each change, each to a cloud assembly of its own."""

    def assembly(name: str, ids: list[str], removed: str = "") -> None:
        app = App(outdir=f"{folder}/{name}")
        stack = Stack(app, _STACK, env={"region": REGION, "account": ACCOUNT})
        for id in ids:
            QueueOutboundCallerConfig(
                stack,
                id,
                instance=INSTANCE_ARN,
                queue=identifier(id),
                outbound_caller_id_name="Example",
                outbound_caller_id_number=NUMBER_ARN,
                outbound_flow=FLOW,
            )
        if removed:
            stack.node.try_remove_child(removed)
        app.synth()

    ids = _ids(configs)
    assembly("before", ids)
    for number, new in enumerate(_NEW):
        for case, at in (("front", 0), ("middle", configs // 2), ("end", configs)):
            assembly(f"{case}{number}", [*ids[:at], new, *ids[at:]])
        # The first, the last, and three in between.
        assembly(f"removed{number}", ids, removed=ids[(configs - 1) * number // (len(_NEW) - 1)])


def cdk_diff(folder: Path, after: str) -> str:
    """Returns what the CLI prints of an assembly and that before it. `--template` compares two files, and calls no AWS."""
    template = folder / "before" / f"{_STACK}.template.json"
    command = [str(CDK), "diff", f"--app={folder / after}", f"--template={template}", *QUIET]
    ran = subprocess.run(command, env=base_environment(folder), capture_output=True, text=True, check=True)  # noqa: S603 - the project's CDK CLI
    return ran.stdout


def count(printed: str) -> dict[str, int]:
    """Returns how many resources a diff lists, and how many of them are of which kind."""
    counts = {"listed": 0, "config": 0, "function": 0, "DependsOn": 0, "policies": 0}
    for resource in re.split(r"^(?=\[)", printed, flags=re.MULTILINE):
        head = re.match(r"\[(.)\] (\S+::\S+) ", resource)
        if not head:
            continue
        sign, type = head.groups()
        changed = re.findall(r"^ [├└]─ \[.\] (\w+)", resource, re.MULTILINE)
        counts["listed"] += 1
        counts["config"] += type.startswith("Custom::") and sign in "+-"
        counts["function"] += type == "AWS::Lambda::Function" and changed == ["Environment"]
        counts["DependsOn"] += sign == "~" and changed == ["DependsOn"]
        counts["policies"] += type.startswith("AWS::IAM::")
    return counts


def _ids(configs: int) -> list[str]:
    return [queue_name(number).replace(" ", "") for number in range(1, configs + 1)]


def _moved(prefix: str) -> list[int]:
    """Returns, for each number of configs, how many of them depend on another one once there is one more, by the rule alone."""
    ids = [f"{prefix}{id}" for id in _ids(_MOST)]
    waits = [_waits(ids[:configs]) for configs in range(_MOST + 1)]
    return [sum(after[id] != before[id] for id in before) for before, after in pairwise(waits)]


def _waits(ids: list[str]) -> dict[str, str]:
    """Returns what each config depends on, if on any."""
    return dict.fromkeys(ids, "") | {later: earlier for chain in chains_of(ids) for earlier, later in pairwise(chain)}
