"""The benchmarks, small: what must hold on any machine, however busy."""

from __future__ import annotations

from pathlib import Path

from benchmarks.deploy_runs import run_quick
from benchmarks.deploys import Figures
from benchmarks.results import Results


def test_small_deploys_succeed_with_the_fewest_calls() -> None:
    """One DescribeQueue and one UpdateQueueOutboundCallerConfig for each config, in Create, Update and Delete."""
    assert run_quick() == []


def test_results_are_kept_between_the_parts_of_a_run(tmp_path: Path) -> None:
    """A part measured anew leaves the others as they were."""
    results = Results(asset_seconds=0.5)
    results.deploys.append(Figures("this project", 10, "Create", 10, 3.0, 2.6, {"DescribeQueue": 10}, 1, 2.5, 10))
    results.write("deploys", tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results


def test_the_least_possible_is_the_busiest_apis_after_its_burst() -> None:
    """(20 - 5) / 2 s."""
    calls = {"DescribeQueue": 20, "UpdateQueueOutboundCallerConfig": 10}
    figures = Figures("this project", 10, "Create", 10, 9.0, 7.5, calls, 2, 2.5, 10)
    assert (figures.least, figures.ratio, figures.window_ratio, figures.throttled_each) == (7.5, 1.2, 1.0, 0.2)
