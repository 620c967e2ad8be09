"""Random orders of events over queues that have a replica in another Region, with stacks in both, and what must hold.

How much of a caller config is mirrored, how long that takes, and how much time passes, is drawn. Once everything has
arrived, by the table of the contract (DESIGN.md, "A queue and its replica are one queue"):

- mirrored: both queues have the baseline and the declared fields of the newest living owner of both Regions;
- but for the number: the same, each with a number that its own Region declares, or its own;
- not mirrored: each has its own; only what an owner left behind who was removed while nobody knew may be the twin's;
- in any of these nobody's baseline is written over what a stack still declares;
- a deployment that failed leaves all as before it;
- after the final owner both queues have what they had, and no ledger is left in either Region.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import initialize, invariant, rule

from emulator.connect import sample, two_regions

from .cloudformation import Outcome
from .deployments import COUNTS, Deployments
from .model import Config, Declared, Owner
from .model_of_regions import Pair, Side
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
            found = [old.over(baseline) for old in pair.history for baseline in baselines]
            allowed += [its.over(baseline) for its in pair.living for baseline in (*baselines, *found)]
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
            calm = pair.sides[0].target.id not in on_their_way and not self._may_be_on_its_way(pair)
            pair.calm = calm and (pair.calm or not pair.history)
            if not pair.living and not pair.haunted:
                sure = self.reading == EVERYTHING and len(pair.may_have) == 1 and not pair.unsure
                pair.begin_anew(pair.may_have[0] if sure else None, calm=calm)

    def _may_be_on_its_way(self, pair: Pair) -> bool:
        """Says whether nobody can tell yet that the final write of the Region whose owners have gone is not on its way."""
        recent = self.world.connect.now() - pair.left_at < ARRIVED
        return self.reading == NOTHING and recent and pair.sides[0].target.config != pair.sides[1].target.config

    def tell(self, deployment: Deployment, how: How) -> None:
        """Tells the model what succeeded, and in the end whether all was rolled back."""
        updated: set[Owner] = set()
        touched: list[tuple[Pair, Side]] = []
        for outcome in deployment.outcomes:
            event = outcome.event
            owner = (event["StackId"], event["LogicalResourceId"])
            pair, side = self._side(event["ResourceProperties"])
            touched.append((pair, side))
            if event["RequestType"] == "Update":
                updated.add(owner)
            if any(fault.region != side.target.region for fault in how.ledger_faults):
                pair.calm = False
            for one in pair.sides:
                one.declared = None if self.reading != NOTHING or one is side else one.declared
            if outcome.succeeded and event["RequestType"] == "Delete":
                pair.remove(side, owner)
            elif outcome.succeeded:
                old = event.get("OldResourceProperties")
                pair.put(side, owner, self.resolved(event["ResourceProperties"]), old and self.resolved(old))
        if not deployment.succeeded:
            for pair, side in touched:
                pair.may_follow(side)
            self._roll_back(updated)
        for pair, _ in touched:
            pair.left_at = self.world.connect.now()

    def _roll_back(self, updated: set[Owner]) -> None:
        for pair, layers in zip(self.pairs, self._before, strict=True):
            for side, before in zip(pair.sides, layers, strict=True):
                if side.layers.of != before:
                    side.layers.roll_back(before, updated)
                    pair.may_follow(side)
                    side.declared = None

    def tell_late(self, outcome: Outcome) -> None:
        """Tells the model of an event that was delivered once more."""
        pair, side = self._side(outcome.event["ResourceProperties"])
        if pair.haunted:
            pair.may_follow(side)

    def tell_orphaned(self, owner: Owner, target: Target) -> None:
        """Tells the model of an owner that is dead."""
        next(side for pair in self.pairs for side in pair.sides if side.target is target).layers.die(owner)

    def _side(self, properties: Any) -> tuple[Pair, Side]:
        target = self.target_of(properties)
        return next((pair, side) for pair in self.pairs for side in pair.sides if side.target is target)


def _but_number(config: Config) -> Config:
    return {name: its for name, its in config.items() if name != NUMBER}
