"""`python -m conformance`: the checks on the stand-ins, or with `--target aws` on an account of AWS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import checks, seen
from .aws import Aws, BadRequest, Given, subject_of, what_is_missing
from .keeper import RestoreError
from .own_queue import MADE_BY
from .points import POINTS, Point
from .run import Result, run, runnable
from .site import Site
from .stand_in import StandIn

NOTE = Path(".local") / "conformance-restore.json"
RESULT = Path("conformance-aws.json")
__all__ = ["checks", "main"]


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 0 done, 1 something went wrong, 2 the stand-ins are not as the file says."""
    options = _options(arguments)
    if options.merge:
        _write(seen.merged(seen.read(), seen.read(options.merge)))
        return 0
    points = [POINTS[name] for name in options.point] or list(POINTS.values())
    try:
        return _on_aws(options, points) if options.target == "aws" else _on_stand_ins(options, points)
    except (BadRequest, RestoreError, seen.BadFile, BotoCoreError, ClientError) as problem:
        print(problem, file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. Everything is as it was.", file=sys.stderr)
    return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--target", choices=("stand-in", "aws"), default="stand-in")
    parser.add_argument(
        "--point", action="append", default=[], choices=tuple(POINTS), metavar="ID", help="only this one"
    )
    parser.add_argument(
        "--write", action="store_true", help="write what the stand-ins do to conformance/seen.json and docs/emulator.md"
    )
    parser.add_argument("--merge", type=Path, metavar="FILE", help="add what was seen on AWS to conformance/seen.json")
    aws = parser.add_argument_group("on AWS")
    aws.add_argument("--instance", help="id or ARN")
    aws.add_argument("--queue", help="id or ARN; its caller config is changed and put back")
    aws.add_argument("--region", help="the instance's, where it is given by id")
    aws.add_argument("--replica", metavar="REGION", help="the other Region of a replicated instance")
    aws.add_argument("--number", action="append", default=[], help="id or V2 ARN; one of the instance, one of a group")
    aws.add_argument("--flow", help="id or ARN of an outbound whisper flow")
    aws.add_argument("--foreign-number", help="ARN of a number that another instance has")
    aws.add_argument("--unfinished-number", help="ARN of a number whose claim is in progress or has failed")
    aws.add_argument("--role", help="ARN of a role to assume with session policies")
    aws.add_argument("--over-quota", action="store_true", help="also look at what happens above a quota")
    aws.add_argument("--stack", action="store_true", help="also make a stack with a function and a role, and delete it")
    aws.add_argument("--new-queue", action="store_true", help="also make a queue, and delete it")
    aws.add_argument("--spare-queue", action="store_true", help="the queue may be left with members that it lacked")
    aws.add_argument("--dry-run", action="store_true", help="list the calls, and change nothing")
    aws.add_argument("--yes", action="store_true", help="do not ask")
    aws.add_argument("--result", type=Path, default=RESULT, help=f"file for what was seen (default: {RESULT})")
    return parser.parse_args(arguments)


def _on_stand_ins(options: argparse.Namespace, points: Sequence[Point]) -> int:
    with StandIn() as site:
        results = on_stand_in(site, points)
    print(seen.text_table(results))
    before = seen.read() if seen.FILE.exists() else {}
    after = seen.updated(before, results, site.name)
    if options.write:
        _write(after)
    elif after != before:
        print("conformance/seen.json says otherwise: run `make conformance ARGS=--write`", file=sys.stderr)
        return 2
    return 1 if any(result.reading is None and not result.why.startswith("needs ") for result in results) else 0


def _write(document: Mapping[str, Any]) -> None:
    """Writes the file, and the tables of the page about it."""
    seen.write(document)
    seen.PAGE.write_text(seen.page_with_tables(seen.PAGE.read_text(), document))


def on_stand_in(site: StandIn, points: Sequence[Point]) -> list[Result]:
    """Returns what the stand-ins do. One point needs mirroring that takes its time."""
    slow = [each for each in points if each.setting == "mirrored_time"]
    results = run(site, [each for each in points if each not in slow], over_quota=True)
    if slow:
        site.control.set_settings(mirroring_delay=600)
        results += run(site, slow)
    return results


def _on_aws(options: argparse.Namespace, points: Sequence[Point]) -> int:
    if not options.instance or not options.queue:
        raise BadRequest("give INSTANCE and QUEUE: the queue's caller config is changed and put back")
    session = boto3.Session()
    given = Given(
        instance=options.instance,
        queue=options.queue,
        region=options.region,
        flow=options.flow,
        numbers=tuple(options.number),
        replica=options.replica,
        foreign_number=options.foreign_number,
        unfinished_number=options.unfinished_number,
        role=options.role,
    )
    site = Aws(subject_of(given, session), NOTE, session, with_stack=options.stack, with_queue=options.new_queue)
    print(plan(site, points, options.over_quota))
    if options.dry_run:
        return 0
    _must_be_restorable(site, options.spare_queue)
    if not options.yes and input("Go on? Type yes: ").strip() != "yes":
        return 1
    if site.keeper.left_over():
        print("An earlier run was killed: putting back what it had changed.")
        site.keeper.take_over()
        site.keeper.restore(site.client)
    results = run(site, points, over_quota=options.over_quota, told=lambda result: print(seen.text_table([result])))
    before = seen.read(options.result) if options.result.exists() else {}
    seen.write(seen.updated(before, results, site.name), options.result)
    print(f"Written to {options.result}, without any id of your account.")
    return 0


def _must_be_restorable(site: Site, spare: bool) -> None:
    regions = [None, *([site.subject.replica] if site.subject.replica else [])]
    missing = list(dict.fromkeys(member for region in regions for member in what_is_missing(site.read(region))))
    if missing and not spare:
        raise BadRequest(
            f"The queue has no {', '.join(missing)}. Whether a member can be taken away again is one of the points, so name a "
            "queue that has a name, a number and a flow, or a spare one with --spare-queue"
        )


def plan(site: Site, points: Sequence[Point], over_quota: bool) -> str:
    """Returns what a run will call and change, for a person."""
    subject, chosen = site.subject, runnable(site, points, over_quota)
    calls = sorted({call for each, reason in chosen if not reason for call in each.calls})
    lines = [
        f"Account {subject.account}, {subject.region}" + (f" and {subject.replica}" if subject.replica else ""),
        f"Changes, and puts back in the end: the outbound caller config of queue {subject.queue}",
        f"Makes, and deletes: parameters under /queue-outbound-caller-config-conformance/{site.run}/",
        *(
            [f"Makes, and deletes: stack {site.stack.name}, with a function and its role"]
            if "stack" in site.has
            else []
        ),
        *([f"Makes, and deletes: queues named {MADE_BY}-{site.run}-N"] if "new queue" in site.has else []),
        "Calls: " + ", ".join(calls),
        "Points:",
    ]
    lines += [f"  {each.id}: {reason or ', '.join(each.calls)}" for each, reason in chosen]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
