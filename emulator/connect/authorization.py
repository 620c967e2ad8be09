"""IAM's judgement of one action on one resource under a role's identity policies.

Pure, and usable alone for any service: `judge(documents, "ssm:GetParameter", arn, context)`.

It knows Allow and Deny, wildcards in actions and resources, and the conditions StringEquals, StringLike, ArnEquals and
ArnLike. Anything else (NotAction, NotResource, principals, policy variables, other operators, unknown condition
keys) raises UnsupportedPolicy: nothing is ever allowed, or left undenied, because it was not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

CONDITION_KEYS = frozenset({"connect:instanceid", "connect:flowtype", "aws:requestedregion", "aws:resourceaccount"})
TAG_KEYS = ("aws:resourcetag/", "aws:requesttag/")
"""Keys that a request may carry, in lower case, as IAM compares them. A condition on an absent one is false."""

_STATEMENT_PARTS = {"Sid", "Effect", "Action", "Resource", "Condition"}


class UnsupportedPolicy(ValueError):
    """A policy has a part that this judgement does not know, or is not a policy."""


@dataclass(frozen=True)
class Decision:
    """What IAM would say.

    Attributes:
        allowed: whether the action may go on.
        explicit: whether a Deny statement said no; otherwise no Allow statement said yes.
        statement: the statement that decided, by its Sid or its place, or None where none did.
    """

    allowed: bool
    explicit: bool = False
    statement: str | None = None


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its one-or-many parts made many."""

    name: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]


def judge(
    documents: Sequence[Mapping[str, Any]], action: str, resource: str, context: Mapping[str, str] | None = None
) -> Decision:
    """Returns what IAM would say about an action on a resource.

    Args:
        documents: a role's policy documents, inline and managed.
        action: with its service, say `connect:DescribeQueue`.
        resource: the ARN. For an action on all of a kind, the ARN ends in `/*`, as the service authorization reference
            gives it: only a statement whose pattern covers all of them matches.
        context: condition keys and their values; the keys' case does not matter.

    Raises:
        UnsupportedPolicy: a document has a part that is not known here.
    """
    # A list, so that a part that is not known is found even behind the statement that decides.
    return decide([entry for document in documents for entry in statements(document)], action, resource, context)


def decide(
    parsed: Sequence[Statement], action: str, resource: str, context: Mapping[str, str] | None = None
) -> Decision:
    """The same as `judge`, for documents that `statements` has read already."""
    given = {key.lower(): value for key, value in (context or {}).items()}
    met = [entry for entry in parsed if _meets(entry, action, resource, given)]
    denied = next((entry for entry in met if not entry.allows), None)
    if denied is not None:
        return Decision(allowed=False, explicit=True, statement=denied.name)
    allowed = next((entry for entry in met if entry.allows), None)
    return Decision(allowed=allowed is not None, statement=allowed.name if allowed else None)


def statements(document: Mapping[str, Any]) -> Iterator[Statement]:
    """Yields a document's statements; raises UnsupportedPolicy at a part that is not known here."""
    listed = document.get("Statement") if isinstance(document, Mapping) else None
    if listed is None:
        raise UnsupportedPolicy("a policy document has a Statement")
    for index, entry in enumerate([listed] if isinstance(listed, Mapping) else listed):
        name = entry.get("Sid") or f"statement {index + 1}"
        unknown = set(entry) - _STATEMENT_PARTS
        if unknown:
            raise UnsupportedPolicy(f"{name}: {', '.join(sorted(unknown))} is not supported")
        if entry.get("Effect") not in {"Allow", "Deny"}:
            raise UnsupportedPolicy(f"{name}: Effect is Allow or Deny, not {entry.get('Effect')!r}")
        yield Statement(
            name=name,
            allows=entry["Effect"] == "Allow",
            actions=_texts(entry.get("Action"), f"{name}: Action"),
            resources=_texts(entry.get("Resource"), f"{name}: Resource"),
            conditions=tuple(_conditions(entry.get("Condition") or {}, name)),
        )


def _conditions(block: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for operator, keys in block.items():
        if operator not in _OPERATORS:
            raise UnsupportedPolicy(f"{name}: the condition operator {operator} is not supported")
        for key, values in keys.items():
            if key.lower() not in CONDITION_KEYS and not key.lower().startswith(TAG_KEYS):
                raise UnsupportedPolicy(f"{name}: the condition key {key} is not supported")
            yield operator, key.lower(), _texts(values, f"{name}: {key}")


def _texts(value: Any, what: str) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)) or not values or not all(isinstance(entry, str) for entry in values):
        raise UnsupportedPolicy(f"{what} is a text or a list of texts, not {value!r}")
    for entry in values:
        if "${" in entry:
            raise UnsupportedPolicy(f"{what}: the policy variable in '{entry}' is not supported")
    return tuple(values)


def _meets(statement: Statement, action: str, resource: str, context: Mapping[str, str]) -> bool:
    return (
        any(_text_like(pattern.lower(), action.lower()) for pattern in statement.actions)
        and any(_arn_like(pattern, resource) for pattern in statement.resources)
        and all(
            key in context and any(_OPERATORS[operator](value, context[key]) for value in values)
            for operator, key, values in statement.conditions
        )
    )


def _text_like(pattern: str, text: str) -> bool:
    return _text_pattern(pattern).fullmatch(text) is not None


def _arn_like(pattern: str, text: str) -> bool:
    """Matches an ARN: a `*` at the end of a part between colons may go beyond it, any other stays within its part."""
    return _arn_pattern(pattern).fullmatch(text) is not None


def _equal(pattern: str, text: str) -> bool:
    return pattern == text


_OPERATORS = {"StringEquals": _equal, "StringLike": _text_like, "ArnEquals": _arn_like, "ArnLike": _arn_like}


@lru_cache(maxsize=4096)
def _text_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern), re.DOTALL)


@lru_cache(maxsize=4096)
def _arn_pattern(pattern: str) -> re.Pattern[str]:
    parts = []
    for index, char in enumerate(pattern):
        if char == "*":
            at_the_end = pattern[index + 1 : index + 2] in {"", ":"}
            parts.append(".*" if at_the_end else "[^:]*")
        else:
            parts.append("[^:]" if char == "?" else re.escape(char))
    return re.compile("".join(parts), re.DOTALL)
