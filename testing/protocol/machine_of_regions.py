"""Random orders of events over queues that have a replica in another Region, with stacks in both, and what must hold.

What is mirrored of a caller config, and how long that takes, is drawn; so is how much time passes. Once everything has
arrived, by the table of the contract (DESIGN.md, "A queue and its replica are one queue"):

- mirrored: both queues have the baseline and the declared fields of the newest living owner of both Regions;
- but for the number: the same, each with a number that its own Region declares, or its own;
- not mirrored: each has its own; only what an owner left behind who went while nobody knew may be the twin's;
- in any of these nobody's baseline is written over what a stack still declares;
- a deployment that failed leaves all as before it;
- after the last owner both queues have what they had, and no ledger is left in either Region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import initialize, invariant, rule

from emulator.connect import sample, two_regions

from .cloudformation import Outcome
from .deployments import COUNTS, Deployments
from .model import Config, Declared, Layers, Owner
from .plays import STALE, How, Resource
from .stack import Deployment, Stack
from .world import FLOW, NAME, NO_NUMBER, NUMBER, PRIMARY, REPLICA, Target, number_arn

EVERYTHING, NUMBERLESS, NOTHING = "everything", "everything but the number", "nothing"
BASELINES: tuple[Config, ...] = (
    {},
    {NAME: "Before", NUMBER: sample.SECOND_INSTANCE_NUMBER, FLOW: sample.WHISPER},
    {NAME: "Before"},
)
WESTERN: tuple[Config, ...] = ({}, {NAME: "West", NUMBER: sample.SECOND_INSTANCE_NUMBER})
REGIONS = (PRIMARY, PRIMARY, REPLICA, REPLICA)
"""Where the stacks are."""
ARRIVED = 1801.0
_SAME = {number_arn(sample.SECOND_GROUP_NUMBER): sample.SECOND_GROUP_NUMBER, NO_NUMBER: NO_NUMBER}


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
    """

    sides: tuple[Side, Side]
    may_have: list[Config]
    history: list[Declared] = field(default_factory=list)
    calm: bool = True
    unsure: set[str] = field(default_factory=set)

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

    def begin_anew(self, *, calm: bool) -> None:
        """Nobody declares anything: what the queues have is their baseline."""
        self.history.clear()
        self.unsure.clear()
        for side in self.sides:
            side.baseline = side.target.config
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
        """An owner went, or one whose Create failed."""
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
            side.declared = side.may_have[0]
        elif newest:
            side.may_have += [newest.over(side.baseline), newest.over(twin.baseline)]
            if mine_left := [its for its in self.history if its.behavior != "RESTORE"]:
                side.may_have += [{}, *(its.over(side.baseline) for its in mine_left)]
        if not twin.layers.living and twin.layers.of:
            twin.may_have = [*twin.may_have, twin.baseline]

    def _free(self, last: Declared) -> None:
        """Nobody declares anything any more."""
        plain = all(its.behavior == last.behavior for its in self.history)
        for side in self.sides:
            had = side.had_owner
            left: dict[str, list[Config]] = {"RESTORE": [side.baseline], "CLEAR": [{} if had else side.baseline]}
            side.may_have = left.get(last.behavior, []) if plain else []
        self.may_have = self.sides[0].may_have if last.behavior == "RESTORE" else [{}]
        if not plain or last.behavior == "RETAIN":
            self.unsure.add("behavior")
        for side in self.sides:
            side.layers.of.clear()
            side.declared = None
            side.had_owner = False


class EventsOfRegions(Deployments):
    """Deployments of two stacks in each of two Regions, over two queues that both have."""

    numbers: ClassVar[Mapping[str, Mapping[str, str]]] = {
        PRIMARY: {sample.GROUP_NUMBER: sample.GROUP_NUMBER, "+12065550100": sample.INSTANCE_NUMBER, **_SAME},
        REPLICA: {
            number_arn(sample.GROUP_NUMBER): sample.GROUP_NUMBER,
            "+12065550100": sample.INSTANCE_NUMBER,
            **_SAME,
        },
    }

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[Pair] = []
        self.reading = ""
        self.behavior: str | None = None
        self._before: list[tuple[dict[Owner, Declared], ...]] = []

    @initialize(
        reading=st.sampled_from((EVERYTHING, NUMBERLESS, NOTHING)),
        delay=st.sampled_from((0.0, 0.0, 60.0, 1800.0)),
        bases=st.tuples(*[st.tuples(st.sampled_from(BASELINES), st.sampled_from((None, None, *WESTERN)))] * 2),
        behavior=st.sampled_from(("RESTORE", "RESTORE", "RESTORE", "CLEAR", None)),
        stale=STALE,
    )
    def begin(
        self,
        reading: str,
        delay: float,
        bases: tuple[tuple[Config, Config | None], ...],
        behavior: str | None,
        stale: float,
    ) -> None:
        """Two queues in both Regions as they are before anything else, and four empty stacks."""
        self.world.reset(two_regions())
        self.world.stale_reads(stale)
        self.world.connect.set_mirroring(NOTHING)
        for base, west in bases:
            self.pairs.append(self._pair(reading, base, west))
        self.world.connect.set_mirroring(reading, delay)
        self.reading, self.behavior = reading, behavior
        self.targets = [side.target for pair in self.pairs for side in pair.sides]
        self.stacks = [
            self.world.stack(f"s{index}", region=region, patience=20) for index, region in enumerate(REGIONS)
        ]
        COUNTS[f"mirrored: {reading}"] += 1

    def _pair(self, reading: str, base: Config, west: Config | None) -> Pair:
        """Makes a replicated queue; where not all is mirrored, the Regions may have begun with different configs."""
        here, there = self.world.replicated_queue(base)
        if west is None or reading == EVERYTHING:
            west = base
        elif reading == NUMBERLESS:
            west = {
                **{name: its for name, its in base.items() if name != NUMBER},
                NUMBER: sample.SECOND_INSTANCE_NUMBER,
            }
        if west != base:
            there.set_config(west)
        sides = Side(here, dict(base), [dict(base)]), Side(there, dict(west), [dict(west)])
        return Pair(sides, [dict(base)])

    @rule(seconds=st.sampled_from((10.0, 61.0, 600.0, ARRIVED)))
    def time_passes(self, seconds: float) -> None:
        """Time passes for Amazon Connect: mirrored writes arrive."""
        self.world.connect.advance(seconds)

    def declare(self, resource: Resource, target: Target) -> dict[str, Any]:
        """Returns a resource's properties; in most sequences all have the same deletion behavior."""
        return {**super().declare(resource, target), "DeletionBehavior": self.behavior or resource.behavior}

    def _place(self, resource: Resource, stack: Stack) -> Target:
        """Returns the queue that a resource is about: mostly in the Region of its stack."""
        region = stack.id.split(":")[3]
        own = [target for target in self.targets if target.region == region]
        return self.targets[resource.place % 4] if resource.place > 8 else own[resource.place % len(own)]

    def may_be_late(self, outcome: Outcome) -> bool:
        """Says whether an old event is known as such: its owner is still there."""
        event = outcome.event
        its = self._side(event["ResourceProperties"])[1].layers.of.get((event["StackId"], event["LogicalResourceId"]))
        return its is not None and not its.dead

    # What must hold

    @invariant()
    def what_a_stack_declares_is_there(self) -> None:
        """Checks what is sure already, and all queues for which nothing is on its way."""
        on_their_way = {write["queue"] for write in self.world.connect.mirrored_writes()}
        for pair in self.pairs:
            for side in pair.sides:
                if side.declared is not None:
                    has = side.target.config
                    assert has == side.declared, (side.target.arn, has, side.declared)
            if pair.sides[0].target.id not in on_their_way:
                for side in pair.sides:
                    self._check(pair, side)

    def _check(self, pair: Pair, side: Side) -> None:
        has = side.target.config
        if pair.unsure and not pair.living:
            return
        allowed = list(pair.may_have if self.reading != NOTHING else side.may_have)
        if not pair.calm or pair.unsure:
            baselines = [one.baseline for one in pair.sides]
            allowed += [its.over(baseline) for its in pair.living for baseline in baselines]
        if self.reading != NUMBERLESS:
            assert has in allowed, (side.target.arn, has, allowed)
            return
        numbers = [config.get(NUMBER) for config in side.may_have]
        assert has.get(NUMBER) in numbers, (side.target.arn, numbers)
        assert _but_number(has) in [_but_number(config) for config in allowed], (side.target.arn, allowed)

    def teardown(self) -> None:
        """Deletes all stacks, and finds the dead: nothing is left then."""
        if not self.pairs:
            return
        for stack in {id(stack): stack for stack, _ in self.owned}.values():
            self._play(stack, How(), lambda stack=stack: Deployment(True, stack.destroy()))
        self.world.connect.advance(ARRIVED)
        for pair in self.pairs:
            for side in pair.sides:
                if pair.haunted and side.target.ledger is not None:
                    self.sweep(side.target)
                    self.world.connect.advance(ARRIVED)
        self.what_a_stack_declares_is_there()
        ledgers = {side.target.arn: side.target.ledger for pair in self.pairs for side in pair.sides}
        assert not any(ledgers.values()), ledgers

    # What the model is told

    def before_deployment(self) -> None:
        """Takes note of the owners, and of what is on its way."""
        on_their_way = {write["queue"] for write in self.world.connect.mirrored_writes()}
        self._before = [tuple(dict(side.layers.of) for side in pair.sides) for pair in self.pairs]
        for pair in self.pairs:
            calm = pair.sides[0].target.id not in on_their_way
            pair.calm = calm and (pair.calm or not pair.history)
            if not pair.living and not pair.haunted:
                pair.begin_anew(calm=calm)

    def tell(self, deployment: Deployment, how: How) -> None:
        """Tells the model what succeeded, and in the end whether all was rolled back."""
        updated: set[Owner] = set()
        for outcome in deployment.outcomes:
            event = outcome.event
            owner = (event["StackId"], event["LogicalResourceId"])
            pair, side = self._side(event["ResourceProperties"])
            if event["RequestType"] == "Update":
                updated.add(owner)
            if any(fault.region != side.target.region for fault in how.ledger_faults):
                pair.calm = False
                if not side.layers.of and event["RequestType"] != "Delete":
                    pair.unsure.add("the baseline was taken while the twin Region was out of reach")
            for one in pair.sides:
                one.declared = None if self.reading != NOTHING or one is side else one.declared
            if outcome.succeeded and event["RequestType"] == "Delete":
                pair.remove(side, owner)
            elif outcome.succeeded:
                old = event.get("OldResourceProperties")
                pair.put(side, owner, self.resolved(event["ResourceProperties"]), old and self.resolved(old))
        if not deployment.succeeded:
            self._roll_back(updated)

    def _roll_back(self, updated: set[Owner]) -> None:
        for pair, layers in zip(self.pairs, self._before, strict=True):
            for side, before in zip(pair.sides, layers, strict=True):
                if side.layers.of != before:
                    side.layers.roll_back(before, updated)
                    pair.may_follow(side)
                    side.declared = None

    def tell_orphaned(self, owner: Owner, target: Target) -> None:
        """Tells the model of an owner that is dead."""
        next(side for pair in self.pairs for side in pair.sides if side.target is target).layers.die(owner)

    def _side(self, properties: Any) -> tuple[Pair, Side]:
        target = self.target_of(properties)
        return next((pair, side) for pair in self.pairs for side in pair.sides if side.target is target)


def _but_number(config: Config) -> Config:
    return {name: its for name, its in config.items() if name != NUMBER}
