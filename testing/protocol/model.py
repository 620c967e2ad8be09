"""The tests' own model of owners, which knows nothing of how the function keeps its ledger."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .world import over

Owner = tuple[str, str]
"""A stack id and a logical id."""
Config = dict[str, str]
_PLACES = itertools.count(1)


@dataclass(frozen=True)
class Declared:
    """What an owner declares.

    Attributes:
        properties: the resource's, its number by id.
        at: its place among all others.
        replaced: what the owner's last Update replaced, and the place that it had.
        dead: whether its resource no longer exists in its stack.
    """

    properties: dict[str, Any]
    at: int
    replaced: tuple[dict[str, Any], int] | None = None
    dead: bool = False

    @property
    def behavior(self) -> str:
        """Its deletion behavior."""
        return str(self.properties.get("DeletionBehavior", "RESTORE"))

    def over(self, baseline: Mapping[str, str]) -> Config:
        """Returns what a queue with this baseline has when it is active."""
        return over(baseline, self.properties)


@dataclass
class Layers:
    """Who declares what for a queue in one Region."""

    of: dict[Owner, Declared] = field(default_factory=dict)

    @property
    def living(self) -> list[Owner]:
        """The owners whose resources exist, the newest last."""
        return sorted((owner for owner, its in self.of.items() if not its.dead), key=lambda owner: self.of[owner].at)

    @property
    def newest(self) -> Declared | None:
        """The newest of the living."""
        return self.of[self.living[-1]] if self.living else None

    @property
    def haunted(self) -> bool:
        """Whether a dead one is newer than all the living."""
        newest = self.newest.at if self.newest else 0
        return any(its.dead and its.at > newest for its in self.of.values())

    def put(self, owner: Owner, properties: dict[str, Any], old: dict[str, Any] | None = None) -> Declared:
        """An owner declares something: the newest, or where it was before if an Update takes its own one back."""
        before = self.of.get(owner)
        if before is None:
            self.of[owner] = Declared(properties, next(_PLACES))
        elif old == before.properties and before.replaced is not None and before.replaced[0] == properties:
            self.of[owner] = Declared(properties, before.replaced[1])
        else:
            self.of[owner] = Declared(properties, next(_PLACES), (before.properties, before.at))
        return self.of[owner]

    def die(self, owner: Owner) -> None:
        """An owner's resource leaves its stack without an event."""
        self.of[owner] = replace(self.of[owner], dead=True)

    def roll_back(self, before: dict[Owner, Declared], updated: set[Owner]) -> None:
        """A deployment was rolled back: all as before; an Update that was taken back is no longer known."""
        self.of = {
            owner: replace(its, replaced=None) if owner in updated else its
            for owner, its in before.items()
            if owner in self.of
        }
