"""The tests' own model of a queue and its replica, in a world that mirrors and in one that does not, both kept side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .model import Config, Declared, Layers, Owner
from .world import Target


@dataclass
class Side:
    """A queue in one Region.

    Attributes:
        target: the queue.
        baseline: what it had before anything else.
        may_have: what it may have in a world without mirroring.
        layers: who declares what for it there.
        had_owner: whether anyone has since nobody did in either Region.
        declared: what it has for sure until time passes or another event comes: its newest owner's config.
    """

    target: Target
    baseline: Config
    may_have: list[Config]
    layers: Layers = field(default_factory=Layers)
    had_owner: bool = False
    declared: Config | None = None


@dataclass
class Pair:
    """A queue and its replica.

    Attributes:
        sides: the two.
        may_have: what both may have in a world that mirrors.
        history: what was declared since nobody did in either Region.
        calm: whether nothing was on its way whenever a deployment began, and both Regions were in reach.
        unsure: why what it has in the end cannot be told exactly.
        left_at: when the newest deployment that was about it ended, by the service's clock.
    """

    sides: tuple[Side, Side]
    may_have: list[Config]
    history: list[Declared] = field(default_factory=list)
    calm: bool = True
    unsure: set[str] = field(default_factory=set)
    left_at: float = 0.0

    def twin_of(self, side: Side) -> Side:
        """Returns the other side."""
        return self.sides[side is self.sides[0]]

    @property
    def newest(self) -> Declared | None:
        """The newest of the living owners of both."""
        both = [side.layers.newest for side in self.sides if side.layers.newest]
        return max(both, key=lambda its: its.at, default=None)

    @property
    def living(self) -> list[Declared]:
        """What the living owners of both declare."""
        return [side.layers.of[owner] for side in self.sides for owner in side.layers.living]

    @property
    def haunted(self) -> bool:
        """Whether a dead owner's layer may be left."""
        return any(its.dead for side in self.sides for its in side.layers.of.values())

    def begin_anew(self, arriving: Config | None, *, calm: bool) -> None:
        """Nobody declares anything: what the queues have is their baseline, or what is on its way to one of them."""
        self.history.clear()
        self.unsure.clear()
        for side in self.sides:
            side.baseline = side.target.config if arriving is None else arriving
            side.may_have = [side.baseline]
        self.may_have = [self.sides[0].baseline]
        if not calm:
            self.unsure.add("the last owner's final write has not arrived: it is not known what the baseline will be")

    def put(self, side: Side, owner: Owner, properties: dict[str, Any], old: dict[str, Any] | None) -> None:
        """An owner declared something."""
        its = side.layers.put(owner, properties, old)
        self.history.append(its)
        side.had_owner = True
        self._follow(side, declares=its is side.layers.newest)
        newest = self.newest
        assert newest is not None
        self.may_have = [newest.over(self.sides[0].baseline)]

    def remove(self, side: Side, owner: Owner) -> None:
        """An owner was removed, or one whose Create failed."""
        mine = side.layers.of.get(owner)
        if mine is None or mine.dead:
            self.may_follow(side)
            return
        del side.layers.of[owner]
        if side.layers.living or self.twin_of(side).layers.living:
            self._follow(side, declares=False)
            self.may_have = [self.newest.over(self.sides[0].baseline)] if self.newest else []
        else:
            self._free(mine)

    def may_follow(self, side: Side) -> None:
        """An event that changes nothing may have found dead owners, or a Region that could not be asked."""
        before, both = side.may_have, self.may_have
        if self.newest:
            self._follow(side, declares=False)
            side.may_have = [*before, *side.may_have]
            self.may_have = [*both, self.newest.over(self.sides[0].baseline)]
        elif self.haunted:
            for one in self.sides:
                one.may_have = [*one.may_have, one.baseline]
            self.may_have = [*both, self.sides[0].baseline]

    def _follow(self, side: Side, *, declares: bool) -> None:
        own, twin, newest = side.layers.newest, self.twin_of(side), self.newest
        side.declared = None
        side.may_have = [own.over(side.baseline) if own else side.baseline]
        if own and declares:
            # While the other Region is out of reach, a first owner's baseline is what it found.
            side.declared = side.may_have[0] if self.calm else None
        elif newest:
            side.may_have += [newest.over(side.baseline), newest.over(twin.baseline)]
            if mine_left := [its for its in self.history if its.behavior != "RESTORE"]:
                side.may_have += [{}, *(its.over(side.baseline) for its in mine_left)]
        if not twin.layers.living and twin.layers.of:
            twin.may_have = [*twin.may_have, twin.baseline]

    def _free(self, last: Declared) -> None:
        """Nobody declares anything any more."""
        plain = all(its.behavior == last.behavior for its in self.history)
        haunted = self.haunted  # a dead owner's Region is given its baseline: nobody asked for CLEAR there
        for side in self.sides:
            had = side.had_owner
            left: dict[str, list[Config]] = {"RESTORE": [side.baseline], "CLEAR": [{} if had else side.baseline]}
            side.may_have = left.get(last.behavior, []) if plain else []
            if haunted and side.may_have:
                side.may_have = [*side.may_have, side.baseline]
        self.may_have = self.sides[0].may_have if last.behavior == "RESTORE" else [{}]
        if haunted:
            self.may_have = [*self.may_have, *(side.baseline for side in self.sides)]
        if not plain or last.behavior == "RETAIN":
            self.unsure.add("behavior")
        for side in self.sides:
            side.layers.of.clear()
            side.declared = None
            side.had_owner = False
