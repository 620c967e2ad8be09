"""`make mutations`: turns conditions of the provider's core around, one at a time, and shows which test notices.

Coverage says that a line ran, not that a test would fail without it. So comparisons, branches, `and`s and `or`s are drawn at
random, each is turned around in a copy of the project, and the tests run there. If none fails, a person must find out why: the
condition is not tested, it is not needed, or turned around it does the same.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
PROVIDER = ROOT / "provider/queue_outbound_caller_config_provider"
CORE = (
    "declare", "drift_watch", "ledger", "ledger_document", "ledger_store", "numbers", "owners", "reconcile", "remove",
    "replica", "twin", "writer",
)  # fmt: skip
"""The modules that decide what a queue has."""
TESTS = ("tests/unit", "tests/integration", "tests/protocol", "tests/cli")
"""Tests that look at the core, the quickest first."""
LIMIT = 300
"""Seconds for one test: a loop that does not end is noticed, too."""
_TURNED: dict[type[ast.AST], Any] = {
    ast.Eq: ast.NotEq, ast.Is: ast.IsNot, ast.In: ast.NotIn, ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.And: ast.Or,
}  # fmt: skip
_TURNED |= {turned: operator for operator, turned in _TURNED.items()}


class Mutation(NamedTuple):
    """A file, what is turned around in it, and the whole file after that."""

    file: Path
    told: str
    source: bytes


def mutations(file: Path) -> Iterator[Mutation]:
    """Yields every mutation of a file."""
    source = file.read_bytes()
    line_starts = [0, *(at + 1 for at, byte in enumerate(source) if byte == ord("\n"))]
    for node in ast.walk(ast.parse(source)):
        for was, turned in _turned(node):
            start = line_starts[was.lineno - 1] + was.col_offset
            end = line_starts[(was.end_lineno or 0) - 1] + (was.end_col_offset or 0)
            new = f"({ast.unparse(turned)})"
            told = f"{file.relative_to(PROVIDER)}:{was.lineno} {ast.unparse(was)} -> {new}"
            yield Mutation(file.relative_to(ROOT), told, source[:start] + new.encode() + source[end:])


def _turned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yields the conditions of a node, with what they become."""
    match node:
        case ast.Compare(left, [operator, *others], comparators):
            yield node, ast.Compare(left, [_TURNED[type(operator)](), *others], comparators)
        case ast.BoolOp(operator, values):
            yield node, ast.BoolOp(_TURNED[type(operator)](), values)
        case ast.If(test) | ast.IfExp(test) | ast.While(test) | ast.comprehension(ifs=[test]):
            if not isinstance(test, ast.Compare | ast.Constant):  # a comparison is turned around by itself
                yield test, test.operand if isinstance(test, ast.UnaryOp) else ast.UnaryOp(ast.Not(), test)


def first_failure(copy: Path, *only: str) -> str | None:
    """Returns the first test that fails in a copy of the project; None if all pass."""
    # Before what is installed, which is the project itself.
    paths = os.pathsep.join(str(copy / folder) for folder in ("provider", "constructs", "cli"))
    limits = ("-o", f"faulthandler_timeout={LIMIT}", "-o", "faulthandler_exit_on_timeout=true")
    command = [sys.executable, "-m", "pytest", "-qx", "--tb=no", "-rfE", *limits, *(only or TESTS)]
    environment = {**os.environ, "PYTHONPATH": paths}
    tests = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if not tests.returncode:
        return None
    failed = [line for line in tests.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return failed[0].partition(" ")[2].partition(" - ")[0] if failed else f"a test that ran for more than {LIMIT} s"


def main() -> None:
    """Draws mutations, runs the tests on each, and says how many were noticed."""
    arguments = argparse.ArgumentParser(prog="make mutations", description="which test notices a mutation of the core")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--count", type=int, default=10, help="how many mutations")
    asked = arguments.parse_args()
    drawn = [one for name in CORE for one in mutations(PROVIDER / f"{name}.py")]
    random.Random(asked.seed).shuffle(drawn)  # noqa: S311 - a draw, no secret
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "project")
        shutil.copytree(
            ROOT, copy, ignore=shutil.ignore_patterns(".*cache*", ".git", ".local", ".venv*", "node_modules")
        )
        for installed in (".venv", ".venv-ministack", "node_modules"):
            (copy / installed).symlink_to(ROOT / installed)
        missed = 0
        for one in drawn[: asked.count]:
            was = (copy / one.file).read_bytes()
            (copy / one.file).write_bytes(one.source)
            test = first_failure(copy)
            (copy / one.file).write_bytes(was)
            if test and "::" in test and first_failure(copy, test):
                sys.exit(f"{test} fails without a mutation, too")
            missed += test is None
            print(f"{one.told}: {f'noticed by {test}' if test else 'NOT NOTICED'}", flush=True)
    print(f"{missed} of {len(drawn[: asked.count])} mutations not noticed")


if __name__ == "__main__":
    main()
