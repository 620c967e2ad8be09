"""What a run of the benchmarks found, kept as JSON between its parts."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testing.local_aws.surroundings import PROJECT_ROOT

from .deploys import Figures
from .third_client import ThirdClient

FILE = PROJECT_ROOT / "build" / "benchmarks.json"


@dataclass
class ColdStart:
    """What starting costs, in fresh processes.

    Attributes:
        what: which start.
        cpu_seconds: CPU time from the start of Python to ready.
        peak_megabytes: peak resident memory.
    """

    what: str
    cpu_seconds: float
    peak_megabytes: float


@dataclass
class Warm:
    """CPU milliseconds of one event in a warm environment.

    Attributes:
        what: which event.
        event: of the function, calls included.
        calls: of the same calls made bare: boto3's and the PUT.
    """

    what: str
    event: float
    calls: float


@dataclass
class Synthesis:
    """Synthesizing a stack, in CPU seconds of Python and Node together: of configs, and of as many bare `aws_cdk.CustomResource`.

    `served` are bare ones with a function of their own. `…_unvalidated` is without the CDK's own check of the template;
    `…_alone` is, without it too, what the stack itself needs in a process that has synthesized one before: without loading the
    CDK.
    """

    configs: int
    ours: float
    bare: float
    served: float
    ours_unvalidated: float
    bare_unvalidated: float
    ours_alone: float
    bare_alone: float
    template_bytes: int
    resources: int
    largest_policy: int


@dataclass
class Diff:
    """What `cdk diff` listed of a stack of configs, once for each name that was added or removed.

    Attributes:
        configs: how many there were before.
        case: where one was added, or that one was removed.
        counts: how many resources it listed, in all and of each kind.
    """

    configs: int
    case: str
    counts: list[dict[str, int]]


@dataclass
class Results:
    """All of it.

    Attributes:
        dates: when each part was measured.
        moved: for some sets of names and by the number of configs, how many depend on another one once there is one more.
    """

    dates: dict[str, str] = field(default_factory=dict)
    machine: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    deploys: list[Figures] = field(default_factory=list)
    third: list[ThirdClient] = field(default_factory=list)
    cold_starts: list[ColdStart] = field(default_factory=list)
    warm: list[Warm] = field(default_factory=list)
    synthesis: list[Synthesis] = field(default_factory=list)
    asset_seconds: float = 0.0
    diffs: list[Diff] = field(default_factory=list)
    moved: list[list[int]] = field(default_factory=list)

    def write(self, part: str, path: Path = FILE) -> None:
        """Keeps the results, with where and when a part of them was found."""
        self.dates[part] = datetime.now(UTC).date().isoformat()
        if part != "diff":  # which counts, so that it may run at any priority
            self.machine = f"{os.cpu_count()} CPUs ({_cpu()}), {platform.system()} {platform.machine()}{_priority()}"
        self.versions = {
            "Python": platform.python_version(),
            "Node": subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip(),  # noqa: S607
            **{name: version(name) for name in ("boto3", "crhelper", "aws-cdk-lib")},
            "CDK CLI": json.loads((PROJECT_ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path = FILE) -> Results:
        """Returns what was kept; nothing found yet when there is none."""
        if not path.exists():
            return cls()
        document: dict[str, Any] = json.loads(path.read_text())
        return cls(
            deploys=[Figures(**entry) for entry in document.pop("deploys")],
            third=[ThirdClient(**entry) for entry in document.pop("third")],
            cold_starts=[ColdStart(**entry) for entry in document.pop("cold_starts")],
            warm=[Warm(**entry) for entry in document.pop("warm")],
            synthesis=[Synthesis(**entry) for entry in document.pop("synthesis")],
            diffs=[Diff(**entry) for entry in document.pop("diffs", [])],
            **document,
        )


def _priority() -> str:
    """Says so if this process runs before all others, as with `chrt -r 1`, on a machine with other work."""
    first = hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) == os.SCHED_RR
    return ", with real-time priority beside other work" if first else ""


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
