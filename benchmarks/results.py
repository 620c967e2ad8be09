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

    `…_alone` is what the stack itself needs in a process that has synthesized one before: without loading the CDK.
    """

    configs: int
    ours: float
    bare: float
    ours_alone: float
    bare_alone: float
    template_bytes: int
    resources: int
    largest_policy: int


@dataclass
class Results:
    """All of it; `dates` says when each part was measured."""

    dates: dict[str, str] = field(default_factory=dict)
    machine: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    deploys: list[Figures] = field(default_factory=list)
    third: list[ThirdClient] = field(default_factory=list)
    cold_starts: list[ColdStart] = field(default_factory=list)
    warm: list[Warm] = field(default_factory=list)
    synthesis: list[Synthesis] = field(default_factory=list)
    asset_seconds: float = 0.0

    def write(self, part: str, path: Path = FILE) -> None:
        """Keeps the results, with where and when a part of them was found."""
        self.dates[part] = datetime.now(UTC).date().isoformat()
        self.machine = f"{os.cpu_count()} CPUs ({_cpu()}), {platform.system()} {platform.machine()}{_priority()}"
        self.versions = {
            "Python": platform.python_version(),
            "Node": subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip(),  # noqa: S607
            **{name: version(name) for name in ("boto3", "crhelper", "aws-cdk-lib")},
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
