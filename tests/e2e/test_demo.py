"""`make demo`, as a user runs it: to its end, beside it a copy that Ctrl-C interrupts, and in a world that is wrong."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.__main__ import play
from demo.story import BASIC, FAILOVER, SALES
from demo.world import REGIONS, Config, World
from emulator.connect import two_regions_apart
from testing.local_aws import PROJECT_ROOT, processes_with

SECONDS = 900
"""Many times what it takes on two idle cores; a machine that is busy with other things is not a failure."""

Demo = subprocess.CompletedProcess[str]
Shown = dict[tuple[str, str], tuple[str, ...]]
"""What a table shows last for each queue and Region: name, number and flow."""


def start(home: Path) -> subprocess.Popen[str]:
    """Starts the demo with a folder of its own for all that it writes, which also marks every process of it."""
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
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, ...]]:
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


def tables(output: str) -> list[Shown]:
    """Reads each table that was shown, by the columns of the rule below its header."""
    found: list[Shown] = []
    lines = output.splitlines()
    for number, line in enumerate(lines):
        if not line.strip() or set(line.strip()) != {"─", " "}:
            continue
        begins = [at for at in range(1, len(line)) if line[at] == "─" and line[at - 1] == " "]
        shown: Shown = {}
        for row in itertools.takewhile(str.strip, lines[number + 1 :]):
            queue, region, *config = [row[at:end].strip() for at, end in zip(begins, [*begins[1:], None], strict=True)]
            if queue:
                key, shown[queue, region] = (queue, region), tuple(config)
            else:
                shown[key] = tuple(new.removeprefix("→ ") or old for new, old in zip(config, shown[key], strict=True))
        found.append(shown)
    return found


def as_shown(config: Config, own: tuple[str, ...]) -> tuple[str, ...]:
    """Returns a declared config over a queue's own, as a table shows it."""
    cells = World().cells(config)
    return tuple(own_cell if cell == "-" else cell for cell, own_cell in zip(cells, own, strict=True))


def test_the_demo_ends_well_while_another_copy_runs(demos: tuple[Demo, ...]) -> None:
    assert demos[1].returncode == 0, demos[1].stdout


def test_each_act_leaves_both_regions_with_what_the_story_says(demos: tuple[Demo, ...]) -> None:
    before, *acts = tables(demos[1].stdout)
    for region in REGIONS:
        basic, sales, support = (before[queue, region] for queue in ("BasicQueue", "Sales", "Support"))
        ours, storm = as_shown(BASIC.config, basic), as_shown(FAILOVER.config, basic)
        assert len({basic, ours, storm}) == 3
        assert [act["BasicQueue", region] for act in acts] == [ours, ours, ours, storm, ours, basic]
        assert [act["Sales", region] for act in acts] == [as_shown(SALES.config, sales)] * 5 + [sales]
        assert [act["Support", region] for act in acts] == [support] * 6


def test_what_the_demo_shows_fits_in_eighty_columns(demos: tuple[Demo, ...]) -> None:
    assert [line for line in demos[1].stdout.splitlines() if len(line) > 80] == []


def test_ctrl_c_ends_the_demo_and_says_so_by_its_exit_code(demos: tuple[Demo, ...]) -> None:
    assert demos[0].returncode == 130


def test_neither_copy_leaves_a_process_or_a_file(demos: tuple[Demo, ...]) -> None:
    for demo in demos:
        assert processes_with(demo.args) == []
        assert list(Path(demo.args).iterdir()) == []


def test_the_demo_ends_at_once_with_exit_code_1_if_a_queue_has_not_what_it_should(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert play(World(two_regions_apart())) == 1
    assert len(tables(capsys.readouterr().out)) == 2
