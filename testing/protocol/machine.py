"""Random orders of CloudFormation's events over several queues that are apart, stacks and owners, and what must hold.

After each deployment, rolled back or not, by a model of its own:

- a queue has exactly its baseline and the declared fields of its newest living owner;
- once the final owner is gone it has what the deletion behavior says, and no SSM parameter is left;
- its ledger knows the living owners in the order of their places;
- an owner whose resource left its stack without an event keeps the queue as it is until another owner comes or leaves; its
  config is never written again;
- no other queue has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import initialize, invariant

from .cloudformation import Outcome
from .deployments import Deployments
from .model import Config, Declared, Layers, Owner
from .plays import BASELINES, NUMBERS, PLACES, STACKS, STALE, How
from .stack import Deployment
from .world import Target, World

KEPT = 8
"""Of how many owners a ledger remembers that they left."""


@dataclass
class Known:
    """What the model knows of a queue.

    Attributes:
        target: the queue.
        may_have: what it may have now; more than one only where a dead owner may have been found, or not.
        baseline: what it had before its first owner.
        layers: who declares what for it.
        `departed`: who left while others, not only dead ones, held it, the newest last.
        `begun`: whether its first owner came in the newest deployment.
    """

    target: Target
    may_have: list[Config]
    baseline: Config = field(default_factory=dict)
    layers: Layers = field(default_factory=Layers)
    departed: list[Owner] = field(default_factory=list)
    begun: bool = False

    def put(self, owner: Owner, properties: dict[str, Any], old: dict[str, Any] | None) -> None:
        """An owner declared something."""
        if not self.layers.of:
            self.baseline, self.begun = self.may_have[0], True
        self.layers.put(owner, properties, old)
        self._follow_the_newest()

    def remove(self, owner: Owner) -> None:
        """An owner was removed, or one whose Create failed."""
        if owner in self.layers.of and self.layers.of[owner].dead:  # it came back, and failed
            self.may_have_lost_the_dead()
            return
        mine = self.layers.of.pop(owner, None)
        self.departed = [*(gone for gone in self.departed if gone != owner), owner] if self.layers.living else []
        if mine is None:
            self.may_have_lost_the_dead()
        elif self.layers.living:
            self._follow_the_newest()
        else:
            left = {"RESTORE": self.baseline, "CLEAR": {}, "RETAIN": mine.over(self.baseline)}[mine.behavior]
            haunted = self.layers.haunted and mine.behavior == "RETAIN"
            self.may_have = [*(self.may_have if haunted else ()), left]
            self.layers.of.clear()

    def roll_back(self, before: dict[Owner, Declared], updated: set[Owner]) -> None:
        """A deployment was rolled back."""
        if self.layers.of or before:
            self.layers.roll_back(before, updated)
            if self.layers.living and not self.layers.haunted:
                self._follow_the_newest()
            else:
                self.may_have_lost_the_dead()
        elif self.begun:  # whichever was first, the clean-up with its CLEAR or RETAIN, or what found the layer dead
            self.may_have = [*self.may_have, self.baseline]

    def _follow_the_newest(self) -> None:
        newest = self.layers.newest
        assert newest is not None
        self.may_have = [newest.over(self.baseline)]

    def may_have_lost_the_dead(self) -> None:
        """An event that changes nothing may have found dead owners."""
        if self.layers.haunted:
            newest = self.layers.newest
            self.may_have = [*self.may_have, newest.over(self.baseline) if newest else self.baseline]
            self.departed = self.departed if newest else []  # without a ledger nobody knows who left


class Events(Deployments):
    """Deployments of three stacks over three queues."""

    numbers = NUMBERS

    def __init__(self) -> None:
        super().__init__()
        self.queues: list[Known] = []
        self._before: list[dict[Owner, Declared]] = []

    @initialize(
        bases=st.tuples(*(st.sampled_from(BASELINES[place]) for place in PLACES)),
        form=st.sampled_from(("id", "as_written", "arn", "v1")),
        stale=STALE,
    )
    def begin(self, bases: tuple[Mapping[str, str], ...], form: str, stale: float) -> None:
        """Three queues as they are before anything else, and three empty stacks."""
        self.world.reset()
        self.world.connect.set_returned_form(form)
        self.world.stale_reads(stale)
        self.targets = targets(self.world)
        for target, base in zip(self.targets, bases, strict=True):
            target.make(base)
            self.queues.append(Known(target, [dict(base)]))
        self.stacks = [self.world.stack(f"s{index}", patience=20) for index in range(STACKS)]

    def may_be_late(self, outcome: Outcome) -> bool:
        """Says whether an old event is known as such; without a ledger, nothing tells a Create or Update from a new one."""
        event = outcome.event
        owner = (event["StackId"], event["LogicalResourceId"])
        queue = self._queue(event["ResourceProperties"])
        its = queue.layers.of.get(owner)
        return event["RequestType"] == "Delete" or (its is not None and not its.dead) or owner in queue.departed[-KEPT:]

    @invariant()
    def every_queue_is_as_the_model_says(self) -> None:
        """Checks every queue and its ledger."""
        for known in self.queues:
            assert known.target.config in known.may_have, known.target.id
            dead = {owner for owner, its in known.layers.of.items() if its.dead}
            assert [owner for owner in known.target.owners if owner not in dead] == known.layers.living
            if not known.layers.of:
                assert known.target.ledger is None, known.target.id

    def teardown(self) -> None:
        """Deletes all stacks; nothing is left then but what the dead left, and another owner takes that away."""
        if not self.queues:
            return
        try:
            for stack in {id(stack): stack for stack, _ in self.owned}.values():
                self._play(stack, How(), lambda stack=stack: Deployment(True, stack.destroy()))
            for known in self.queues:
                if known.layers.of:
                    self.sweep(known.target)
            self.every_queue_is_as_the_model_says()
            assert [known.target.ledger for known in self.queues] == [None] * len(self.queues)
        finally:
            for known in self.queues:  # the next sequence uses the same
                if known.target.ledger is not None:
                    known.target.delete_ledger()

    def before_deployment(self) -> None:
        """Takes note of the owners."""
        self._before = [dict(known.layers.of) for known in self.queues]
        for known in self.queues:
            known.begun = False

    def tell(self, deployment: Deployment, how: How) -> None:  # noqa: ARG002 - another machine looks at it
        """Tells the model what succeeded, and in the end whether all was rolled back."""
        updated: set[Owner] = set()
        for outcome in deployment.outcomes:
            event = outcome.event
            owner = (event["StackId"], event["LogicalResourceId"])
            queue = self._queue(event["ResourceProperties"])
            if event["RequestType"] == "Update":
                updated.add(owner)
            if outcome.succeeded and event["RequestType"] == "Delete":
                queue.remove(owner)
            elif outcome.succeeded:
                old = event.get("OldResourceProperties")
                queue.put(owner, self.resolved(event["ResourceProperties"]), old and self.resolved(old))
        if not deployment.succeeded:
            for known, before in zip(self.queues, self._before, strict=True):
                known.roll_back(before, updated)

    def tell_late(self, outcome: Outcome) -> None:
        """Tells the model of an event that was delivered once more."""
        self._queue(outcome.event["ResourceProperties"]).may_have_lost_the_dead()

    def tell_orphaned(self, owner: Owner, target: Target) -> None:
        """Tells the model of an owner that is dead."""
        next(known for known in self.queues if known.target is target).layers.die(owner)

    def _queue(self, properties: Mapping[str, Any]) -> Known:
        return next(known for known in self.queues if known.target.id == properties["QueueId"])


def targets(world: World) -> list[Target]:
    """Returns the queues of all sequences, one of each place."""
    found: list[Target] = world.__dict__.setdefault("_targets", [])
    if not found:
        found.extend(world.queue(None, place) for place in PLACES)
    return found
