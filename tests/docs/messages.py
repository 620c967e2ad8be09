"""The messages that the code can give, as templates: read from its source, so that no page quotes one that does not exist."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testing.local_aws import PROJECT_ROOT

ANY = "…"
"""The mark, in a template and on a page, of a part that differs from case to case."""
SOURCES = [PROJECT_ROOT / "provider", PROJECT_ROOT / "constructs"]
_COMPOSED = {"InvalidProperties", "InvalidArguments"}
"""Errors that are made of others' messages."""


@dataclass(frozen=True)
class Message:
    """A text in the source.

    Attributes:
        text: with `…` for each part that is put in.
        where: file and line.
    """

    text: str
    where: str


@functools.cache
def texts(*folders: str) -> list[Message]:
    """Returns every text that has a blank in it and is not a docstring, of some folders or of the two packages.

    The messages are among them.
    """
    found = []
    for path in _modules(*folders):
        tree = ast.parse(path.read_text())
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in documentation:
                text = template(node)
                if " " in text:
                    found.append(Message(text, f"{path.relative_to(PROJECT_ROOT)}:{node.lineno}"))
    return found


@functools.cache
def error_names() -> frozenset[str]:
    """Returns the names of the exceptions that the two packages define, but for those made of others' messages."""
    known = {"Exception", "ValueError", "RuntimeError", "TypeError", "ImportError"}
    classes = [
        node for path in _modules() for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)
    ]
    while found := {node.name for node in classes if any(ast.unparse(base) in known for base in node.bases)} - known:
        known |= found
    return frozenset(known - _COMPOSED)


@functools.cache
def error_messages() -> list[Message]:
    """Returns the messages that the two packages raise the provider's own errors with."""
    return list(_error_messages())


def _error_messages() -> Iterator[Message]:
    for path in _modules():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=error)) if error in error_names():
                    pass
                case ast.Call(func=ast.Attribute(value=ast.Name(id="problems"), attr="add")):
                    error = "InvalidProperty"
                case _:
                    continue
            for text in _messages(error, node.args, tree):
                if text.strip(ANY + " ."):
                    yield Message(text, f"{path.relative_to(PROJECT_ROOT)}:{node.lineno}")


def _messages(error: str, arguments: list[ast.expr], tree: ast.Module) -> list[str]:
    """Returns the texts that an error may be raised with: several where they were put into a variable before."""
    match error, arguments:
        case "InvalidProperty", [property, *others]:
            problem, fix = (template(_assigned(one, tree)) for one in others)
            return [f"{template(property)} {problem}. {fix}"]
        case "Refused", [_code, _operation, message, *_]:
            pass
        case _, [message]:
            pass
        case _:
            return []
    if not isinstance(message, ast.Name):
        return [template(message)]
    return [
        template(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == message.id for target in node.targets)
    ]


def _assigned(node: ast.expr, tree: ast.Module) -> ast.expr:
    """Returns what was put into a variable before, in the same function; anything else as it is."""
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and node in ast.walk(one)]
    if not isinstance(node, ast.Name) or not functions:
        return node
    before = [
        one
        for one in ast.walk(functions[-1])
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == node.id and one.lineno < node.lineno
    ]
    return max(before, key=lambda one: one.lineno).value if before else node


def template(node: ast.expr) -> str:
    """Returns a text expression with `…` for what is put into it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(template(value) for value in values)
        case _:
            return ANY


def _modules(*folders: str) -> list[Path]:
    sources = [PROJECT_ROOT / folder for folder in folders] or SOURCES
    return sorted(path for source in sources for path in source.rglob("*.py"))


def quoted_in(template_text: str, quote: str) -> bool:
    """Tells whether a page's quote is a piece of a template: each run of words in it is there, in this order."""
    at = 0
    for piece in filter(None, (piece.strip() for piece in quote.split(ANY))):
        at = template_text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def is_known(quote: str) -> bool:
    """Tells whether the code can give a message that reads like the quote.

    Another text of the code often fills what a template leaves open; then the quote may have that text there.
    """
    pieces = texts()
    if any(quoted_in(message.text, quote) for message in (*error_messages(), *pieces)):
        return True
    for message in error_messages():
        pattern = "(.*)".join(re.escape(literal) for literal in message.text.split(ANY))
        match = re.fullmatch(pattern, quote)
        if match and all(any(quoted_in(piece.text, filled) for piece in pieces) for filled in match.groups()):
            return True
    return False
