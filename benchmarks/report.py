"""The results as a page: `docs/benchmarks.md`."""

# ruff: noqa: RUF001 - the page is typeset: minus, times and dash are what they look like

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from queue_outbound_caller_config_provider.schedule import MOST_CHAINS

from testing.local_aws.surroundings import PROJECT_ROOT

from . import pictures
from .deploy_runs import LIMITED_CONFIGS, ROUNDS_OF_SMALLEST, SIZES, TOGETHER
from .deploys import Figures
from .pictures import OURS
from .results import Results
from .third_client import ThirdClient

_DOCS = PROJECT_ROOT / "docs"
_SLOWEST, _SLOWEST_PLAIN, _SLOWEST_TOGETHER, _SLOWEST_SYNTHESIS = 1.10, 1.5, 1.3, 1.3
_MOST_THROTTLED, _MOST_THROTTLED_PLAIN = 0.25, 3
_MANY_MOVED = 10


def write(results: Results) -> None:
    """Writes the page and its pictures."""
    pictures.draw(results, _DOCS / "images")
    (_DOCS / "benchmarks.md").write_text(page(results))


def page(results: Results) -> str:
    """Returns the page."""
    sections = [
        _head(results),
        _deploys(results),
        _others(results),
        _light(results),
        _synthesis(results),
        _diff(results),
        _RULE,
    ]
    return "\n\n".join(sections) + "\n"


def _head(results: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return (
        "# Benchmarks\n\n"
        "<!-- Written by `make bench`. Change benchmarks/report.py, not this page. -->\n\n"
        f"`make bench`, {_dates(results)}, on {results.machine}; {versions}.\n"
        "Amazon Connect is the emulator with the default quota (2 requests a second, burst 5, for each API). SSM is\n"
        "MiniStack's behind a proxy with Parameter Store's default quotas: 40 GetParameter a second, 3 PutParameter a\n"
        "second with a burst of 20. One read in 100 does not see what was written within the last 2 s.\n"
        "`benchmarks/model.py` plays CloudFormation and Lambda, and says what it leaves out. None of this is a measurement\n"
        "of AWS. Run it on a quiet machine: all invocations share its cores.\n\n"
        "![How many of 50, 150 and 450 queues got their caller ID](images/benchmark-succeeded.svg)\n\n"
        "![Seconds until every queue has its caller ID](images/benchmark-time.svg)"
    )


def _dates(results: Results) -> str:
    """Returns the day of the run, or of each part where they were measured on several."""
    days = set(results.dates.values())
    return days.pop() if len(days) == 1 else ", ".join(f"{day} ({part})" for part, day in results.dates.items())


def _deploys(results: Results) -> str:
    ours = [figures for figures in results.deploys if figures.who == OURS and not figures.note]
    peers = [figures for figures in results.deploys if figures.who != OURS]
    return (
        "## A deploy at the quota\n\n"
        "*Time* is from CloudFormation's first step to the last answer, with cold starts (0.5 s) and the gap between one\n"
        "resource and the next (1 s). *Least* is (calls of the busiest API − 5) / 2 s. The targets: all succeed, time at\n"
        f"most {_SLOWEST:.2f} × least, at most {_MOST_THROTTLED} throttled calls for each config that succeeded.\n"
        f"Figures that miss their target are **bold**. The rows of ten configs are medians of {ROUNDS_OF_SMALLEST} rounds.\n\n"
        + _table(
            ("configs", "operation", "succeeded", "time", "least", "time ÷ least", "throttled each"),
            ((f.configs, f.operation, f"{f.succeeded} of {f.configs}", f"{f.seconds:.1f} s", f"{f.least:.1f} s",
              _judged(f.ratio, _SLOWEST), _judged(f.throttled_each, _MOST_THROTTLED)) for f in ours),
        )
        + "\n\n"
        + _missed(ours)
        + "*Calls alone* is from the first to the last call, by *least*: what the rule below is answerable for. *At once* is\n"
        "how many invocations ran at the same time at most.\n\n"
        + _table(
            ("deploy", "calls alone", "longest invocation", "at once", "calls of Amazon Connect for each config",
             "calls of Parameter Store for each config"),
            ((f"{f.configs} × {f.operation}", f"{f.window_ratio:.2f}", f"{f.longest:.1f} s", f.most_at_once,
              _each(f.calls, f.configs), _each(f.parameter_calls, f.configs)) for f in ours),
        )
        + "\n\n"
        + _refused_by_parameter_store(ours)
        + "The table below has what a user would pick instead. These functions write without reading first, so they make\n"
        "fewer calls. Their 450 processes also wait for this machine's cores, which spreads their calls out. On Lambda each\n"
        "has a core of its own, and more of their calls would be refused.\n\n"
        + _table(
            ("function", "configs", "succeeded", "time", "time ÷ least", "throttled each"),
            ((f.who, f.configs, f"{f.succeeded} of {f.configs}", f"{f.seconds:.1f} s",
              f"{f.ratio:.2f}" if f.succeeded == f.configs else "–", f"{f.throttled_each:.1f}") for f in peers),
        )
    )  # fmt: skip


def _missed(ours: Sequence[Figures]) -> str:
    small = [f for f in ours if f.configs == SIZES[0] and f.ratio > _SLOWEST]
    if not small:
        return ""
    return (
        "**Ten configs miss the time.** Least is 2.5 s, so the target leaves 0.25 s for everything else, and a cold start\n"
        "alone is 0.5 s. No rule can get below (0.5 + 2.5) / 2.5 = 1.20. "
        "The calls alone take "
        + ", ".join(f"{f.window_ratio:.2f} ({f.operation})" for f in small)
        + " times\nthe least; the rest is the cold start, up to a slot (0.3 s) before the first call, and the calls' time.\n\n"
    )


def _refused_by_parameter_store(ours: Sequence[Figures]) -> str:
    refused = sum(f.parameters_throttled for f in ours)
    calls = sum(sum(f.parameter_calls.values()) for f in ours)
    return f"Parameter Store refused {refused} of these {calls} calls for its quotas.\n\n"


def _others(results: Results) -> str:
    noted = [figures for figures in results.deploys if figures.note]
    limited = [figures for figures in noted if figures.note.startswith("limit of")]
    together = [figures for figures in noted if figures.note.startswith("two deploys")]
    rest = [figures for figures in noted if figures not in [*limited, *together]]
    return "\n\n".join([_rest(rest), _together(together, results.third), _limited(limited)])


def _rest(rest: Sequence[Figures]) -> str:
    return (
        "## Under other circumstances\n\n"
        + _table(
            ("", "configs", "operation", "succeeded", "time", "time ÷ least", "throttled each"),
            ((f.note, f.configs, f.operation, f"{f.succeeded} of {f.configs}", f"{f.seconds:.1f} s",
              f"{f.ratio:.2f}", f"{f.throttled_each:.2f}") for f in rest),
        )
        + "\n\nA queue that is read back costs two calls of DescribeQueue, and its time slot is made for one. So the burst\n"
        "is used up half way, and the final few calls may be refused once.\n\n"
        "A plain template has no chains and its function no schedule, so all configs call at once. All succeed, because each\n"
        f"call waits longer after each refusal. The targets for 60 configs: time at most {_SLOWEST_PLAIN:.1f} × least, at most\n"
        f"{_MOST_THROTTLED_PLAIN} throttled calls each.\n\n"
        "If no read of Parameter Store sees a new write, each config looks at its ledger again after 2.5 s, and each Delete\n"
        "puts its ledger twice. That is 4 puts a second, and Parameter Store takes 3."
    )  # fmt: skip


def _together(together: Sequence[Figures], third: Sequence[ThirdClient]) -> str:
    return (
        f"## Two deploys of {TOGETHER} at once, and a third client\n\n"
        "The third client reads a queue every 5 s, with boto3's own retries. The targets: time at most\n"
        f"{_SLOWEST_TOGETHER:.1f} × least, and each read is answered. Each row is a run of its own.\n\n"
        + _table(
            ("run", "succeeded", "time", "time ÷ least", "throttled each", "longest invocation", "reads answered"),
            ((run, f"{f.succeeded} of {f.configs}", f"{f.seconds:.1f} s", _judged(f.ratio, _SLOWEST_TOGETHER),
              f"{f.throttled_each:.2f}", f"{f.longest:.1f} s",
              f"{t.answered} of {t.answered + t.failed}" if not t.failed else f"**{t.answered} of {t.answered + t.failed}**")
             for run, (f, t) in enumerate(zip(together, third, strict=False), start=1)),
        )
        + "\n\nNeither deploy knows of the other or of the client. Each finds out by its refusals alone, so together they use\n"
        "the quota up. But they call at the same moments, every 2 s, and in between the quota is free for others. A read that\n"
        "meets such a moment is refused, and one of the two retries that boto3 makes within 3 s gets through. In simulated\n"
        "time, 6 of 2,867 reads during 120 such pairs of deploys were refused three times. A client whose reads must not fail\n"
        "needs more attempts, for example `Config(retries={\"total_max_attempts\": 10})`."
    )  # fmt: skip


def _limited(limited: Sequence[Figures]) -> str:
    return (
        "## Under a limit of concurrent executions\n\n"
        "A function that waits for its time slot counts as running. An event that meets the limit goes back to Lambda's queue,\n"
        "which tries again after 1 s, 2 s, 4 s and so on. *Left* is how many executions the deploy left for others.\n\n"
        + _table(
            (f"{LIMITED_CONFIGS} configs", "operation", "succeeded", "time", "time ÷ least", "left", "events sent back"),
            ((f.note, f.operation, f"{f.succeeded} of {f.configs}", f"{f.seconds:.1f} s", f"{f.ratio:.2f}",
              f"{_limit_of(f) - f.most_at_once} of {_limit_of(f)}", f.sent_back) for f in limited),
        )
        + "\n\n"
        + _LIMITS
    )  # fmt: skip


def _limit_of(figures: Figures) -> int:
    """Returns the limit that a run was made under: the number in its note."""
    return int(figures.note.removeprefix("limit of ").partition(",")[0])


def _light(results: Results) -> str:
    if not results.cold_starts:
        return ""
    floor = results.cold_starts[0]
    return (
        "## Starting, and one event\n\n"
        "![CPU time of a start](images/benchmark-cold-start.svg)\n\n"
        "The least CPU of 15 fresh processes of the same Python, and the median of their memory.\n"
        "The targets: at most 1.2 × the floor in CPU time and 1.1 × in memory.\n\n"
        + _table(
            ("start", "CPU", "÷ floor", "peak memory", "÷ floor"),
            ((start.what, f"{start.cpu_seconds * 1000:.0f} ms", f"{start.cpu_seconds / floor.cpu_seconds:.2f}",
              f"{start.peak_megabytes:.1f} MB", f"{start.peak_megabytes / floor.peak_megabytes:.2f}")
             for start in results.cold_starts),
        )
        + "\n\nCPU time of one event in a warm environment, and of the same calls made bare with boto3: the least\n"
        "of four rounds' medians. The target for the difference: under 5 ms.\n\n"
        + _table(
            ("event", "handler", "bare calls", "difference"),
            ((warm.what, f"{warm.event:.1f} ms", f"{warm.calls:.1f} ms", f"{warm.event - warm.calls:.1f} ms")
             for warm in results.warm),
        )
    )  # fmt: skip


def _synthesis(results: Results) -> str:
    one = next((s for s in results.synthesis if s.configs == 1), None)
    most = max(results.synthesis, key=lambda s: s.configs, default=None)
    further = "."
    if one and most and most is not one:
        ours, bare = (
            (getattr(most, what) - getattr(one, what)) / (most.configs - one.configs)
            for what in ("ours_alone", "bare_alone")
        )
        further = (
            f": a stack of one\nconfig takes {one.ours_alone:.2f} s, one of a bare resource {one.bare_alone:.2f} s. Each further"
            f" config takes {ours * 1000:.1f} ms, each\nbare resource {bare * 1000:.1f} ms."
        )
    return (
        "## Synthesis and the template\n\n"
        "A stack of configs with their provider, by as many bare `aws_cdk.CustomResource`, in CPU time of Python and Node\n"
        "together: of the whole run as the CDK does it unless told otherwise, and by as many with a bare function that serves\n"
        "them, as each custom resource needs one somewhere; without the CDK's own check of the template\n"
        "(`CDK_VALIDATION=false`), which takes some seconds however many resources there are; and without that, of the stack\n"
        "alone in a process that has synthesized one before. The target for the whole run: at most 1.3 × with 450, growing\n"
        f"linearly. Putting the function's zip together takes {results.asset_seconds * 1000:.0f} ms (target: under 100 ms).\n\n"
        + _table(
            ("configs", "this project", "bare", "ratio", "bare and a function", "ratio", "unvalidated", "bare", "ratio",
             "alone", "bare", "ratio",
             "resources (of 500)", "template (of 1 MB)", "largest policy (of 6,144)"),
            ((s.configs, f"{s.ours:.2f} s", f"{s.bare:.2f} s",
              _judged(s.ours / s.bare, _SLOWEST_SYNTHESIS), f"{s.served:.2f} s", f"{s.ours / s.served:.2f}",
              f"{s.ours_unvalidated:.2f} s", f"{s.bare_unvalidated:.2f} s", f"{s.ours_unvalidated / s.bare_unvalidated:.2f}",
              f"{s.ours_alone:.2f} s", f"{s.bare_alone:.2f} s",
              f"{s.ours_alone / s.bare_alone:.2f}" if s.configs > 1 else "–",
              s.resources, f"{s.template_bytes / 1000:.0f} kB", s.largest_policy) for s in results.synthesis),
        )
        + "\n\nAlone, a config costs more than a bare resource: four calls through jsii instead of one (its resource, its\n"
        "logical id, what it waits for, its chain). A stack of configs also has a provider (function, role, log group,\n"
        "policy), for which an app loads what one without a function does not; it takes the same time for one config as for many"
        + further
    )  # fmt: skip


def _diff(results: Results) -> str:
    if not results.diffs:
        return ""
    large = [moved for one in results.moved for moved in one[MOST_CHAINS + 1 :]]
    many = sum(moved > _MANY_MOVED for moved in large) / len(large)
    most = max(large)
    worst = next(one.index(most) for one in results.moved if most in one)
    return (
        "## What `cdk diff` lists\n\n"
        "A stack of configs gets one more (in front of the others in the code, in the middle or at the end), or one is removed\n"
        "with `node.try_remove_child`. Each row is five runs of the CDK CLI, each with another name, and has their mean and\n"
        "maximum. `cdk diff --template` compares two templates and does not call AWS. By default `cdk diff` also asks\n"
        "CloudFormation for a change set, which may list more. That was not measured.\n\n"
        + _table(
            ("configs", "one more or fewer", "resources listed", "the config itself", "the function's environment",
             "others: `DependsOn` alone", "policies"),
            ((d.configs, d.case, *(_spread([count[kind] for count in d.counts]) for kind in d.counts[0]))
             for d in results.diffs),
        )
        + "\n\nThe place in the code does not matter. The name does: its hash selects the chain. Up to 20 configs depend on no\n"
        f"other one. By the rule alone, without the CLI, for {len(results.moved)} sets of names and {MOST_CHAINS + 1} to "
        f"{len(results.moved[0]) - 1} configs: one more\nmoves {statistics.mean(large):.1f} others on average, and half of the "
        f"time at most {statistics.median(large):.0f}. It moves more than {_MANY_MOVED} in {many:.0%} of cases,\n"
        "nearly always because all chains get longer or their number changes. "
        f"The maximum is {most}, from {worst} to {worst + 1} configs."
    )  # fmt: skip


def _spread(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else f"{statistics.mean(values):.1f}, at most {max(values)}"


_RULE = """## The rule, and why

All functions of an account share one quota, and none of them knows of the others. They share the clock, and a
list of the stack's resources that synthesis writes into the function's environment.

![Four chains side by side: each calls Amazon Connect only in its own time slot of each cycle](images/time-slots.svg)

- **Chains.** Synthesis links the resources of a stack into at most 20 chains, with `DependsOn`, so CloudFormation never
  runs more than 20 at once. A hash of a resource's name selects its chain, among those that are not full.
  Adding or removing a resource updates no other.
- **Time slots.** Time is divided into cycles, and each chain has one time slot in a cycle. A function waits
  for the time slot of its chain and makes its calls there. A second call of the same API waits for the next
  cycle. Slots are just long enough that a deploy uses up the quota and its burst, and 1.5 % longer, which
  leaves some quota for other clients.
- **Four at once.** In chains of more than 4, four slots in a row begin together, about every 2 s. In between, the
  quota is free for other clients. A small deploy does not do so, because it would take more than 1.10 × least.
- **CloudFormation's own pace.** CloudFormation takes a moment between two resources of a chain. If that
  moment fits into a cycle (4 to 10 s, depending on the number of resources), it costs nothing. If not, a
  chain misses every other time slot, and the deploy takes up to twice as long.
- **After a refusal**, the first call of a config waits for 1 to 1.5 cycles, and a later one for at most half a cycle,
  so that its chain does not miss a slot. Then each waits for the next slot of any chain. In the slot of its own chain
  it would meet the same others again.
- **Two deploys at once** meet in the same slots. A config calls 0.02 s earlier for each config that waits for it in
  its chain (at most 0.1 s), so the chains that have most left get through, and all end at about the same time.
- **Without a schedule** (plain templates, shared providers), a call waits 1.4 to 3.8 s after its first refusal, twice
  that after the second, and so on.
- **The price.** A resource that is changed alone waits for its time slot, too. On average that is 1.4 s in a
  stack of 10 and 4.6 s in a stack of 450.

`benchmarks/simulation.py` was used to choose the rule. It runs the function's own `Pacer` in simulated time.
The tests run it for every size and several paces of CloudFormation."""


_LIMITS = """- **A limit of 25** is enough for a deploy of one stack, which runs at most 20 configs at once.
  `reserved_concurrent_executions=25` on the provider keeps the rest of the account's limit for other functions.
- **An account's limit of 10**: set `max_parallel_configs=8` on the provider, or 5 to leave half. No event is sent back,
  and the deploy takes about as long as the quota of Amazon Connect requires.
- **A plain template** starts all its configs at once, so most events are sent back, and the deploy leaves nothing for
  others. Write chains into it: `queue-outbound-caller-config discover` does so."""


def _judged(value: float, most: float) -> str:
    return f"{value:.2f}" if value <= most else f"**{value:.2f}**"


def _each(calls: Mapping[str, int], configs: int) -> str:
    return ", ".join(f"{round(count / configs, 2):g} {name}" for name, count in calls.items())


def _table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


# Pictures
