"""Names that a person can read, made of queue names, flow names and numbers, each once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping


def keys_of(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns a key for each queue: the letters and digits of its name.

    Two queues that would have the same key both get the beginning of their id behind it, so that a key depends on no order.

    Args:
        names: Id and name of each queue.
    """
    given = {id: _key(name) for id, name in names}
    counts = Counter(key.lower() for key in given.values())
    return {id: key if counts[key.lower()] == 1 else f"{key}{id[:8]}" for id, key in given.items()}


def labels_of(names: Mapping[str, str]) -> dict[str, str]:
    """Returns a label in lower case for each id, in the same way.

    Args:
        names: The names, by id.
    """
    given = {id: _label(name) for id, name in names.items()}
    counts = Counter(given.values())
    return {id: label if counts[label] == 1 else f"{label}_{id[:8]}" for id, label in given.items()}


def _key(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", _plain(name))
    key = "".join(word[0].upper() + word[1:] for word in words)
    return key if key[:1].isalpha() else f"Queue{key}"


def _label(name: str) -> str:
    label = "_".join(re.findall(r"[a-z0-9]+", _plain(name).lower()))
    return label if label[:1].isalpha() else f"n{label}"


def _plain(name: str) -> str:
    """Returns a name without accents: Zürich is Zurich."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
