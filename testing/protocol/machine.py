"""Random orders of CloudFormation's events over several queues, stacks and owners, with accidents in between.

A state machine for hypothesis, and a model of its own, which knows nothing of how the function keeps its ledger: of each queue
the baseline, and who declared what for it, in the order in which they did. After each deployment, rolled back or not:

- a queue has exactly its baseline and the declared fields of its last owner;
- once the last owner is gone it has what the deletion behavior says, and no SSM parameter is left;
- no other queue has changed, and no call wrote to one that the events do not name;
- every event was answered once, in time, with an id and a size that CloudFormation takes (`cloudformation.py` checks that);
- a Delete, and an Update that rolls back, succeeds in the end: `Stuck` is raised otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .cloudformation import Outcome
from .plays import BASELINES, LOGICAL_IDS, NUMBERS, PLACES, STACKS, How, plays, resources, templates
from .stack import Deployment, Stack
from .world import NUMBER, PRIMARY, REPLICA, Target, World, over

Owner = tuple[str, str]
KEPT = 8
"""Of how many owners a ledger remembers that they left."""
COUNTS: Counter[str] = Counter()
"""What was played, over all sequences of this process."""


@dataclass
class Known:
    """What the model knows of a queue."""

    target: Target
    has: dict[str, str]
    layers: dict[Owner, dict[str, Any]] = field(default_factory=dict)
    baseline: dict[str, str] = field(default_factory=dict)
    departed: list[Owner] = field(default_factory=list)
    """Who left while others held it, the last one last."""

    def put(self, owner: Owner, properties: dict[str, Any]) -> None:
        """An owner declared something, last."""
        if not self.layers:
            self.baseline = self.has
        self.layers.pop(owner, None)
        self.layers[owner] = properties
        self.has = over(self.baseline, resolved(properties))

    def remove(self, owner: Owner) -> None:
        """An owner went, or one whose Create failed."""
        before = self.baseline if self.layers else self.has
        mine = self.layers.pop(owner, None)
        self.departed = [*(gone for gone in self.departed if gone != owner), owner] if self.layers else []
        if self.layers:
            self.has = over(self.baseline, resolved(list(self.layers.values())[-1]))
        elif mine:
            behavior = mine.get("DeletionBehavior", "RESTORE")
            self.has = {"RESTORE": before, "CLEAR": {}, "RETAIN": over(before, resolved(mine))}[behavior]


def resolved(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Returns properties with the number by its id, however it is written."""
    config = dict(properties["OutboundCallerConfig"])
    if NUMBER in config:
        config[NUMBER] = {**NUMBERS[PRIMARY], **NUMBERS[REPLICA]}[config[NUMBER]]
    return {**properties, "OutboundCallerConfig": config}


class Events(RuleBasedStateMachine):
    """Deployments of three stacks over three queues."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.began = False
        self.queues: list[Known] = []
        self.stacks: list[Stack] = []
        self.done: list[Outcome] = []

    @property
    def owned(self) -> list[tuple[Stack, str]]:
        """Every resource that there is: its stack and logical id."""
        return [(stack, logical_id) for stack in self.stacks for logical_id in stack.resources]

    @initialize(
        bases=st.tuples(*(st.sampled_from(BASELINES[place]) for place in PLACES)),
        form=st.sampled_from(("id", "as_written", "arn", "v1")),
    )
    def begin(self, bases: tuple[Mapping[str, str], ...], form: str) -> None:
        """Three queues as they are before anything else, and three empty stacks."""
        self.world.connect.clear_faults()
        self.world.connect.set_returned_form(form)
        for target, base in zip(targets(self.world), bases, strict=True):
            target.make(base)
            self.queues.append(Known(target, dict(base)))
        self.stacks = [self.world.stack(f"s{index}", patience=8) for index in range(STACKS)]

    @rule(stack=st.integers(0, STACKS - 1), template=templates, keep=st.booleans(), how=plays())
    def deploy(self, stack: int, template: dict[str, tuple[int, dict[str, str], str]], keep: bool, how: How) -> None:
        """Brings a stack to a template (beside what it has, or in place of it), or back."""
        this = self.stacks[stack]
        wanted = declared(this) if keep else {}
        for logical_id, (place, fields, behavior) in template.items():
            wanted[logical_id] = self.queues[place].target.declare(behavior, **fields)
        self._play(this, how, lambda: this.deploy(wanted, then_fails=how.then_fails, cancel=how.cancel))

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), to=resources(), how=plays())
    def change(self, which: int, to: tuple[int, dict[str, str], str], how: How) -> None:
        """Changes what a resource declares for its queue."""
        stack, logical_id = self.owned[which % len(self.owned)]
        queue = self._queue(stack.resources[logical_id].properties["QueueId"]).target
        _, fields, behavior = to
        if fields.get("number") not in NUMBERS[queue.region]:
            fields = {**fields, "number": next(iter(NUMBERS[queue.region]))}
        wanted = {**declared(stack), logical_id: queue.declare(behavior, **fields)}
        self._play(stack, how, lambda: stack.deploy(wanted, then_fails=how.then_fails, cancel=how.cancel))

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), to=resources(), how=plays())
    def replace(self, which: int, to: tuple[int, dict[str, str], str], how: How) -> None:
        """Lets a resource be about another queue, or the same one once more."""
        stack, logical_id = self.owned[which % len(self.owned)]
        place, fields, behavior = to
        wanted = {**declared(stack), logical_id: self.queues[place].target.declare(behavior, **fields)}
        self._play(stack, how, lambda: stack.deploy(wanted, then_fails=how.then_fails, cancel=how.cancel))

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), new=st.sampled_from(LOGICAL_IDS), how=plays())
    def rename(self, which: int, new: str, how: How) -> None:
        """Gives a resource another logical id; that of another resource: takes its place."""
        stack, old = self.owned[which % len(self.owned)]
        wanted = {name: properties for name, properties in declared(stack).items() if name != new}
        if old == new:
            return
        wanted[new] = wanted.pop(old)
        self._play(stack, how, lambda: stack.deploy(wanted, then_fails=how.then_fails, cancel=how.cancel))

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), to=st.integers(0, STACKS - 1), new_first=st.booleans())
    def move(self, which: int, to: int, new_first: bool) -> None:
        """Moves a resource to another stack, in either order."""
        here, logical_id = self.owned[which % len(self.owned)]
        there = self.stacks[to]
        if here is there:
            return
        moved = {logical_id: here.resources[logical_id].properties}
        rest = {name: properties for name, properties in declared(here).items() if name != logical_id}
        steps = [(there, {**declared(there), **moved}), (here, rest)]
        for stack, template in steps if new_first else reversed(steps):
            self._play(stack, How(), lambda stack=stack, template=template: stack.deploy(template))

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), how=plays())
    def remove(self, which: int, how: How) -> None:
        """Removes a resource from its stack."""
        stack, logical_id = self.owned[which % len(self.owned)]
        wanted = {name: properties for name, properties in declared(stack).items() if name != logical_id}
        self._play(stack, how, lambda: stack.deploy(wanted, then_fails=how.then_fails, cancel=how.cancel))

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), how=plays())
    def destroy(self, which: int, how: How) -> None:
        """Deletes a stack that has something."""
        stack, _ = self.owned[which % len(self.owned)]
        self._play(stack, how, lambda: Deployment(True, stack.destroy()))

    @precondition(lambda self: self.done)
    @rule(which=st.integers(1, 6))
    def deliver_late(self, which: int) -> None:
        """Delivers an event once more that was handled a while ago: nothing changes."""
        if len(self.done) < which:
            return
        outcome = self.done[-which]
        event = outcome.event
        owner = (event["StackId"], event["LogicalResourceId"])
        queue = self._queue(event["ResourceProperties"]["QueueId"])
        # When nobody holds the queue any more, nothing tells an old Create or Update from a new one.
        if event["RequestType"] == "Delete" or owner in queue.layers or owner in queue.departed[-KEPT:]:
            COUNTS["late"] += 1
            self.stacks[0]._cloudformation.send(event)

    @invariant()
    def every_queue_is_as_the_model_says(self) -> None:
        """Checks every queue and its ledger."""
        for known in self.queues:
            assert known.target.config == known.has
            if known.layers:
                assert known.target.owners == list(known.layers)
            else:
                assert known.target.ledger is None

    def teardown(self) -> None:
        """Deletes all stacks; nothing is left then."""
        if not self.queues:
            return
        try:
            for stack in {id(stack): stack for stack, _ in self.owned}.values():
                self._play(stack, How(), lambda stack=stack: Deployment(True, stack.destroy()))
            self.every_queue_is_as_the_model_says()
            assert all(known.target.ledger is None for known in self.queues)
        finally:
            for known in self.queues:  # the next sequence uses the same
                if known.target.ledger is not None:
                    known.target.delete_ledger()

    def _play(self, stack: Stack, how: How, act: Any) -> None:
        """Plays a deployment with its accidents, checks its events, and tells the model."""
        COUNTS["sequences"] += not self.began
        self.began = True
        cloudformation = stack._cloudformation
        cloudformation.accidents.clear()
        cloudformation.accidents.extend(how.accidents)
        cloudformation.deliveries = how.deliveries
        cloudformation.history.clear()
        self.world.connect.clear_journal()
        for kind, operation, when, count in how.faults:
            if kind == "drop":
                self.world.connect.drop(operation, when, count=count)
            else:
                code = "ThrottlingException" if kind == "throttle" else "InternalServiceException"
                self.world.connect.fail(operation, code, when=when, count=count)
        try:
            deployment = act()
        finally:
            self.world.connect.clear_faults()
            cloudformation.accidents.clear()
            for outcome in cloudformation.history:
                _say(outcome)
                COUNTS["events"] += 1
        COUNTS["deployments"] += 1
        COUNTS["rolled back"] += not deployment.succeeded
        named: set[str] = set()
        for outcome in deployment.outcomes:
            cloudformation.check_answered_once(outcome, int(outcome.last.ended))
            COUNTS[outcome.event["RequestType"]] += 1
            COUNTS["kills"] += sum(not invocation.ended for invocation in outcome.invocations)
            COUNTS["faults"] += sum(len(invocation.accidents) for invocation in outcome.invocations)
            COUNTS["unanswered"] += outcome.answer is None
            COUNTS["cancelled"] += outcome.cancelled
            named |= _queues_of(outcome)
            if outcome.succeeded:
                self.done.append(outcome)
        journal = self.world.connect.journal("UpdateQueueOutboundCallerConfig")
        COUNTS["writes"] += len(journal)
        assert {call.input["QueueId"] for call in journal} <= named, "an event wrote to a queue that it does not name"
        self._tell_the_model(deployment)

    def _tell_the_model(self, deployment: Deployment) -> None:
        for outcome in deployment.outcomes:
            event = outcome.event
            owner = (event["StackId"], event["LogicalResourceId"])
            queue = self._queue(event["ResourceProperties"]["QueueId"])
            if outcome.succeeded and event["RequestType"] == "Delete":
                queue.remove(owner)
            elif outcome.succeeded:
                queue.put(owner, event["ResourceProperties"])

    def _queue(self, queue_id: str) -> Known:
        return next(known for known in self.queues if known.target.id == queue_id)


def declared(stack: Stack) -> dict[str, dict[str, Any]]:
    """Returns a stack's template as it stands."""
    return {logical_id: known.properties for logical_id, known in stack.resources.items()}


def targets(world: World) -> list[Target]:
    """Returns the queues of all sequences, one of each place."""
    found: list[Target] = world.__dict__.setdefault("_targets", [])
    if not found:
        found.extend(world.queue(None, place) for place in PLACES)
    return found


def _queues_of(outcome: Outcome) -> set[str]:
    event = outcome.event
    named = {event[key]["QueueId"] for key in ("ResourceProperties", "OldResourceProperties") if key in event}
    physical_id = event.get("PhysicalResourceId", "")
    return named | ({physical_id.split("/")[3]} if "/queue/" in physical_id else set())


def _say(outcome: Outcome) -> None:
    event = outcome.event
    calls = [
        f"{len(invocation.calls)} calls{', then killed' if not invocation.ended else ''}{invocation.accidents or ''}"
        for invocation in outcome.invocations
    ]
    note(
        f"{event['RequestType']} {event['StackId'].split('/')[1]}/{event['LogicalResourceId']} "
        f"{event['ResourceProperties'].get('QueueId', '')[:8]} {event['ResourceProperties'].get('OutboundCallerConfig')} "
        f"{event['ResourceProperties'].get('DeletionBehavior')} {calls}: "
        f"{'SUCCESS' if outcome.succeeded else outcome.reason or 'no answer'}"
    )
