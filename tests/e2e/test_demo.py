"""`make demo`, as a user runs it: to its end, and another copy beside it that Ctrl-C interrupts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.local_aws import PROJECT_ROOT, processes_with

SECONDS = 420
"""Several times what it takes on two idle cores; a machine that is busy with other things is no failure."""


def start(home: Path) -> subprocess.Popen[str]:
    """Start the demo with a folder of its own for all that it writes, which also marks every process of it."""
    home.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TMPDIR": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.CompletedProcess[str], ...]]:
    """Runs the demo to its end, and beside it a copy that is interrupted in its first deploy."""
    folder = tmp_path_factory.mktemp("demos")
    whole, interrupted = start(folder / "whole"), start(folder / "interrupted")
    try:
        assert interrupted.stdout is not None
        for line in interrupted.stdout:
            if "cdk deploy" in line:
                break
        interrupted.send_signal(signal.SIGINT)
        ends = [(process, process.communicate(timeout=SECONDS)[0]) for process in (interrupted, whole)]
        yield tuple(
            subprocess.CompletedProcess(str(folder / name), process.returncode, output)
            for (process, output), name in zip(ends, ("interrupted", "whole"), strict=True)
        )
    finally:
        for process in (whole, interrupted):
            process.kill()


def test_the_demo_ends_well_while_another_copy_runs(demos: tuple[subprocess.CompletedProcess[str], ...]) -> None:
    assert demos[1].returncode == 0, demos[1].stdout


def test_the_demo_shows_the_queues_before_and_after_each_step(
    demos: tuple[subprocess.CompletedProcess[str], ...],
) -> None:
    titles = [line for line in demos[1].stdout.splitlines() if line.startswith(("Before", "After"))]
    assert [title.split()[0].strip(":") for title in titles] == ["Before", "After", "After", "After"]


def test_the_demo_shows_by_which_arn_a_number_reached_the_replica(
    demos: tuple[subprocess.CompletedProcess[str], ...],
) -> None:
    assert "arn:aws:connect:us-east-1:123456789012:phone-number/" in demos[1].stdout


def test_ctrl_c_ends_the_demo_and_says_so(demos: tuple[subprocess.CompletedProcess[str], ...]) -> None:
    assert demos[0].returncode == 130
    assert "Interrupted" in demos[0].stdout


def test_neither_copy_leaves_a_process_or_a_file(demos: tuple[subprocess.CompletedProcess[str], ...]) -> None:
    for demo in demos:
        assert processes_with(demo.args) == []
        assert list(Path(demo.args).iterdir()) == []
