"""`python -m benchmarks`: measures everything and writes `docs/benchmarks.md`. It takes about an hour.

`--quick` runs small deploys only, and fails where a count is not as it must be. `--only` measures one part anew and keeps
the rest of the last run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from . import cold_start, deploy_runs, diff, report, synthesis
from .results import Results

PARTS = ("synthesis", "diff", "cold-start", "deploys", "circumstances")


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small deploys; counts and success, no times")
    parser.add_argument("--only", choices=[*PARTS, "report"], help="one part; the rest stays as last measured")
    arguments = parser.parse_args()
    if arguments.quick:
        wrong = deploy_runs.run_quick()
        print("\n".join(wrong) or "bench-quick: every config succeeded, with one call of each API")
        return 1 if wrong else 0
    results = Results.read() if arguments.only else Results()
    parts: dict[str, Callable[[], None]] = {
        "synthesis": lambda: synthesis.run_all(results),
        "diff": lambda: diff.run_all(results),
        "cold-start": lambda: cold_start.run_all(results),
        "deploys": lambda: deploy_runs.run_sizes(results, lambda: results.write("deploys")),
        "circumstances": lambda: deploy_runs.run_circumstances(results, lambda: results.write("circumstances")),
    }
    for name in [arguments.only] if arguments.only else PARTS:
        if name in parts:
            print(f"{name} …", flush=True)
            parts[name]()
            results.write(name)
    report.write(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
