"""How the constructs are built: imports point one way, and a function fits a screen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import queue_outbound_caller_config

MODULES = sorted(Path(queue_outbound_caller_config.__path__[0]).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules of the package that a module imports, for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            if node.module:
                yield node.module
            else:
                yield from (name.name for name in node.names)


def test_imports_between_modules_have_no_circle() -> None:
    """Nor does anything import the package itself, from which users import everything."""
    TopologicalSorter({path.stem: set(imported(ast.parse(path.read_text()))) for path in MODULES}).prepare()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    """Forty lines, without its arguments and its docstring."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            assert not body or (body[-1].end_lineno or 0) - body[0].lineno < 40, node.name
