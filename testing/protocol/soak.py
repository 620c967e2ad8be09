"""Plays random sequences of events for long.

`python -m testing.protocol.soak --sequences 2000 --seed 1` exits with 0 when every invariant held, else shows the smallest
sequence that hypothesis found and exits with 1. The same seed and number of workers play the same sequences again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import traceback
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from testing.local_aws import LocalAws

from .deployments import COUNTS
from .machine import Events
from .machine_of_regions import EventsOfRegions
from .world import started


def sequences(count: int, steps: int, *, shrink: bool = False) -> settings:
    """Returns hypothesis's settings for so many sequences of so many steps at most, and whether a failing one is made small."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


MACHINES = {"one-region": Events, "two-regions": EventsOfRegions}


def play(
    worker: int, options: argparse.Namespace, count: int, told: multiprocessing.Queue[tuple[str, Counter[str]]]
) -> None:
    """Plays some sequences against servers of its own, and tells what came of them."""
    failure = ""
    try:
        with LocalAws() as local_aws, started(local_aws) as world:
            for name in options.machines:
                events = type("EventsOfTheSoak", (MACHINES[name],), {"world": world})
                seed(options.seed * 1000 + worker)(events)
                run_state_machine_as_test(events, settings=sequences(count, options.steps, shrink=options.shrink))
    except BaseException:
        failure = traceback.format_exc()
    told.put((failure, COUNTS))


def main() -> int:
    """Runs the workers, and says what was played."""
    parser = argparse.ArgumentParser(prog="python -m testing.protocol.soak")
    parser.add_argument("--sequences", type=int, default=2000, help="how many, over all workers (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from (default: 1)")
    parser.add_argument("--steps", type=int, default=8, help="deployments in a sequence, at most (default: 8)")
    parser.add_argument("--workers", type=int, default=2, help="processes side by side (default: 2)")
    parser.add_argument(
        "--machines", nargs="+", choices=MACHINES, default=list(MACHINES), help="what plays (default: both)"
    )
    parser.add_argument("--shrink", action="store_true", help="make a sequence that fails as small as can be")
    options = parser.parse_args()
    begun = time.monotonic()
    told: multiprocessing.Queue[tuple[str, Counter[str]]] = multiprocessing.Queue()
    each = -(-options.sequences // options.workers // len(options.machines))
    workers = [
        multiprocessing.Process(target=play, args=(worker, options, each, told)) for worker in range(options.workers)
    ]
    for worker in workers:
        worker.start()
    results = [told.get() for _ in workers]
    for worker in workers:
        worker.join()
    counts = sum((result for _, result in results), Counter())
    print(f"seed {options.seed}, {options.workers} workers, {time.monotonic() - begun:.0f} s")
    for what, count in sorted(counts.items()):
        print(f"{what:>12} {count:>8}")
    failures = [failure for failure, _ in results if failure]
    print("\n\n".join(failures) or "every invariant held", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
