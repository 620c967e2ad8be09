"""Values from outside have the types that their dataclasses declare."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

_NAMES = {str: "a string", int: "an integer", float: "a number", bool: "true or false", Mapping: "an object"}


def check_types(value: object) -> None:
    """Checks the fields of a dataclass.

    Raises:
        TypeError: a field has a value of another type than it declares; the message names it.
    """
    kind: Any = type(value)
    for name, allowed in _allowed(kind).items():
        given = getattr(value, name)
        if not any(_is(given, one) for one in allowed):
            wanted = " or ".join(_NAMES[one] for one in allowed if one in _NAMES)
            raise TypeError(f"{name}: {wanted} is wanted, not {given!r}")


@cache
def _allowed(kind: Any) -> dict[str, tuple[type, ...]]:
    """Returns the types that each field may have, of the fields whose types are checked."""
    hints = get_type_hints(kind)
    found: dict[str, tuple[type, ...]] = {}
    for entry in fields(kind):
        hint = hints[entry.name]
        options = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
        plain = tuple(get_origin(option) or option for option in options)
        if all(option in _NAMES or option is type(None) for option in plain):
            found[entry.name] = plain
    return found


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)
