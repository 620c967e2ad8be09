"""What is built from this project, and an environment elsewhere that it is installed into."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from testing.local_aws import PROJECT_ROOT

DISTRIBUTION = "cdk-queue-outbound-caller-config"


@dataclass(frozen=True)
class Built:
    """The files of `make dist`."""

    wheel: Path
    sdist: Path


def build(source: Path, into: Path, *options: str) -> Path:
    """Builds a source tree as `make dist` does, by default the sdist from the tree and the wheel from the sdist."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), *options, str(source)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return into


def build_both(source: Path, into: Path) -> Built:
    build(source, into)
    return Built(wheel=next(into.glob("*.whl")), sdist=next(into.glob("*.tar.gz")))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_both(PROJECT_ROOT, tmp_path_factory.mktemp("dist"))


@dataclass(frozen=True)
class Environment:
    """A virtual environment outside this repository, which sees the wheel and what the wheel depends on, and no more."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        return next((self.folder / "lib").glob("python*")) / "site-packages"

    def run(
        self, *arguments: str, cwd: Path, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs this environment's Python, with no variable of the caller's that could lead it back to the checkout."""
        kept = ("PATH", "HOME", "TMPDIR", "LANG", "JSII_RUNTIME_PACKAGE_CACHE_ROOT", "CDK_VALIDATION")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "20"
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=cwd,
            env=environment | (variables or {}),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def elsewhere(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return environment_with(built.wheel, tmp_path_factory.mktemp("elsewhere") / "venv")


def environment_with(wheel: Path, folder: Path) -> Environment:
    """Makes an environment and installs the wheel into it with pip, without a network.

    The wheel's dependencies are linked from the environment that the tests run in. Nothing else of it is
    there: an import of something undeclared fails.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    environment = Environment(folder)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", environment.python, "install", "--no-index", "--no-deps", wheel],
        check=True,
        capture_output=True,
    )
    for distribution in sorted(dependencies(importlib.metadata.Distribution.at(_dist_info(environment)))):
        for entry in _top_level(distribution):
            link = environment.packages / entry.name
            if not link.exists():
                link.symlink_to(entry)
    return environment


def _dist_info(environment: Environment) -> Path:
    return next(environment.packages.glob("cdk_queue_outbound_caller_config-*.dist-info"))


def dependencies(distribution: importlib.metadata.Distribution) -> set[str]:
    """Returns the names of what a distribution requires, and of what that requires."""
    found: set[str] = set()
    waiting = list(_required(distribution))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _required(importlib.metadata.distribution(name))
    return found


def _required(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _top_level(name: str) -> set[Path]:
    """Returns what a distribution has put directly into site-packages."""
    distribution = importlib.metadata.distribution(name)
    root = Path(str(distribution.locate_file("")))
    tops = {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    return {root / top for top in tops}
