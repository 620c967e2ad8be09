"""Deployments of several stacks, drawn at random with accidents in between: what both machines of the soak have in common.

A machine for hypothesis without a model: `machine.py` (queues that are apart) and `machine_of_regions.py` (queues with a replica)
say what must hold. For all of them:

- no call wrote to a queue that the events do not name;
- every event was answered once, in time, with an id and a size that CloudFormation takes (`cloudformation.py` checks that);
- a Delete, and an Update that rolls back, succeeds in the end: `Stuck` is raised otherwise.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from .cloudformation import Outcome
from .model import Owner
from .plays import LOGICAL_IDS, How, Resource, plays, resources, templates
from .stack import Deployment, Stack
from .world import NUMBER, Target, World

COUNTS: Counter[str] = Counter()
"""What was played, over all sequences of this process."""
Template = dict[str, dict[str, Any]]


class Deployments(RuleBasedStateMachine):
    """Deployments of stacks over queues.

    Attributes:
        world: set by whoever runs it.
        numbers: of each Region, the numbers that a resource may name, as written, and their ids.
        targets: the queues.
        stacks: the stacks.
    """

    world: World
    numbers: ClassVar[Mapping[str, Mapping[str, str]]]

    def __init__(self) -> None:
        super().__init__()
        self.began = False
        self.targets: list[Target] = []
        self.stacks: list[Stack] = []
        self.done: list[Outcome] = []

    # The model's part: each machine has its own, and this class none that could be used

    def before_deployment(self) -> None:
        """Takes note of how things are before a deployment."""

    def tell(self, deployment: Deployment, how: How) -> None:
        """Is told of a deployment that has ended."""
        raise NotImplementedError

    def tell_orphaned(self, owner: Owner, target: Target) -> None:
        """Is told that a resource has left its stack without an event."""
        raise NotImplementedError

    def tell_late(self, outcome: Outcome) -> None:
        """Is told of an event that was delivered once more: it may have found dead owners."""
        raise NotImplementedError

    def may_be_late(self, outcome: Outcome) -> bool:
        """Says whether an event may be delivered once more now, and must then change nothing."""
        raise NotImplementedError

    # What is drawn

    @property
    def owned(self) -> list[tuple[Stack, str]]:
        """Every resource that there is: its stack and logical id."""
        return [(stack, logical_id) for stack in self.stacks for logical_id in stack.resources]

    @rule(stack=st.integers(0, 99), template=templates, keep=st.booleans(), how=plays())
    def deploy(self, stack: int, template: dict[str, Resource], keep: bool, how: How) -> None:
        """Brings a stack to a template (beside what it has, or in place of it), or back."""
        this = self.stacks[stack % len(self.stacks)]
        wanted = declared(this) if keep else {}
        for logical_id, resource in template.items():
            wanted[logical_id] = self.declare(resource, self._place(resource, this))
        self._deploy(this, wanted, how)

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), to=resources(), how=plays())
    def change(self, which: int, to: Resource, how: How) -> None:
        """Changes what a resource declares for its queue."""
        stack, logical_id = self.owned[which % len(self.owned)]
        target = self.target_of(stack.resources[logical_id].properties)
        self._deploy(stack, {**declared(stack), logical_id: self.declare(to, target)}, how)

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), to=resources(), how=plays())
    def replace(self, which: int, to: Resource, how: How) -> None:
        """Lets a resource be about another queue, or the same one once more."""
        stack, logical_id = self.owned[which % len(self.owned)]
        self._deploy(stack, {**declared(stack), logical_id: self.declare(to, self._place(to, stack))}, how)

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), new=st.sampled_from(LOGICAL_IDS), how=plays())
    def rename(self, which: int, new: str, how: How) -> None:
        """Gives a resource another logical id; that of another resource: takes its place."""
        stack, old = self.owned[which % len(self.owned)]
        if old == new:
            return
        wanted = {name: properties for name, properties in declared(stack).items() if name != new}
        wanted[new] = wanted.pop(old)
        self._deploy(stack, wanted, how)

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), to=st.integers(0, 99), new_first=st.booleans())
    def move(self, which: int, to: int, new_first: bool) -> None:
        """Moves a resource to another stack, in either order."""
        here, logical_id = self.owned[which % len(self.owned)]
        there = self.stacks[to % len(self.stacks)]
        if here is there:
            return
        moved = {logical_id: here.resources[logical_id].properties}
        rest = {name: properties for name, properties in declared(here).items() if name != logical_id}
        steps = [(there, {**declared(there), **moved}), (here, rest)]
        for stack, template in steps if new_first else reversed(steps):
            self._deploy(stack, template, How())

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), how=plays())
    def remove(self, which: int, how: How) -> None:
        """Removes a resource from its stack."""
        stack, logical_id = self.owned[which % len(self.owned)]
        self._deploy(stack, {name: its for name, its in declared(stack).items() if name != logical_id}, how)

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), how=plays())
    def destroy(self, which: int, how: How) -> None:
        """Deletes a stack that has something."""
        stack, _ = self.owned[which % len(self.owned)]
        self._play(stack, how, lambda: Deployment(True, stack.destroy()))

    @precondition(lambda self: self.owned)
    @rule(which=st.integers(0, 99), with_stack=st.booleans())
    def orphan(self, which: int, with_stack: bool) -> None:
        """Lets a resource leave its stack without an event; all of them if the stack is deleted with what it retains."""
        stack, logical_id = self.owned[which % len(self.owned)]
        for one in tuple(stack.resources) if with_stack else (logical_id,):
            target = self.target_of(stack.resources[one].properties)
            stack.orphan(one)
            note(f"{stack.id.split('/')[1]}/{one} leaves without an event")
            COUNTS["orphaned"] += 1
            self.tell_orphaned((stack.id, one), target)
        if with_stack:
            stack.destroy()

    @precondition(lambda self: self.done)
    @rule(which=st.integers(1, 6))
    def deliver_late(self, which: int) -> None:
        """Delivers an event once more that was handled a while ago: nothing changes."""
        if len(self.done) < which:
            return
        outcome = self.done[-which]
        if self.may_be_late(outcome):
            COUNTS["late"] += 1
            note(f"{outcome.event['RequestType']} {outcome.event['LogicalResourceId']} once more, late")
            self.stacks[0]._cloudformation.send(outcome.event)
            self.tell_late(outcome)

    # How it is played

    def sweep(self, target: Target) -> None:
        """Lets another owner come and leave: dead ones are found then."""
        sweeper = self.world.stack("sweeper", region=target.region, patience=20)
        self._play(sweeper, How(), lambda: sweeper.deploy({"S": target.declare(name="Sweeper")}))
        self._play(sweeper, How(), lambda: Deployment(True, sweeper.destroy()))

    def declare(self, resource: Resource, target: Target) -> dict[str, Any]:
        """Returns a resource's properties for a queue."""
        fields = dict(resource.fields)
        if resource.number is not None:
            fields["number"] = tuple(self.numbers[target.region])[resource.number]
        return target.declare(resource.behavior, **fields)

    def target_of(self, properties: Mapping[str, Any]) -> Target:
        """Returns the queue that a resource's properties name."""
        named = properties["InstanceId"], properties["QueueId"]
        return next(target for target in self.targets if (target.instance_arn, target.id) == named)

    def resolved(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Returns properties without the service token, and with the number by its id, however it is written."""
        config = dict(properties["OutboundCallerConfig"])
        if NUMBER in config:
            config[NUMBER] = self.numbers[self.target_of(properties).region][config[NUMBER]]
        return {
            **{name: its for name, its in properties.items() if name != "ServiceToken"},
            "OutboundCallerConfig": config,
        }

    def _place(self, resource: Resource, stack: Stack) -> Target:  # noqa: ARG002 - another machine prefers the stack's Region
        return self.targets[resource.place % len(self.targets)]

    def _deploy(self, stack: Stack, template: Template, how: How) -> None:
        self._play(stack, how, lambda: stack.deploy(template, then_fails=how.then_fails, cancel=how.cancel))

    def _play(self, stack: Stack, how: How, act: Any) -> None:
        """Plays a deployment with its accidents, checks its events, and tells the model."""
        COUNTS["sequences"] += not self.began
        self.began = True
        cloudformation = stack._cloudformation
        cloudformation.accidents.clear()
        cloudformation.accidents.extend(how.accidents)
        cloudformation.deliveries = how.deliveries
        cloudformation.history.clear()
        self.before_deployment()
        # From one deployment to the next CloudFormation takes longer than a read of Parameter Store may be old.
        self.world.parameter_store.stale_by(self.world.function.now)
        self.world.connect.clear_journal()
        how.arm(self.world)
        try:
            deployment = act()
        finally:
            self.world.connect.clear_faults()
            self.world.parameter_store.clear_faults()
            cloudformation.accidents.clear()
            for outcome in cloudformation.history:
                _say(outcome)
                COUNTS["events"] += 1
        COUNTS["deployments"] += 1
        COUNTS["rolled back"] += not deployment.succeeded
        self._check_events(cloudformation, deployment)
        self.tell(deployment, how)

    def _check_events(self, cloudformation: Any, deployment: Deployment) -> None:
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


def declared(stack: Stack) -> Template:
    """Returns a stack's template as it stands."""
    return {logical_id: known.properties for logical_id, known in stack.resources.items()}


def _queues_of(outcome: Outcome) -> set[str]:
    event = outcome.event
    named = {event[key]["QueueId"] for key in ("ResourceProperties", "OldResourceProperties") if key in event}
    physical_id = event.get("PhysicalResourceId", "")
    return named | ({physical_id.split("/")[3]} if "/queue/" in physical_id else set())


def _say(outcome: Outcome) -> None:
    """Notes an event for whoever reads a sequence that failed: what happened to it, and what the function said it decided."""
    event = outcome.event
    properties = event["ResourceProperties"]
    region = properties.get("InstanceId", ":::").split(":")[3]
    note(
        f"{event['RequestType']} {event['StackId'].split('/')[1]}/{event['LogicalResourceId']} {region} "
        f"{properties.get('QueueId', '')[:8]} {properties.get('OutboundCallerConfig')} {properties.get('DeletionBehavior')}: "
        f"{'SUCCESS' if outcome.succeeded else outcome.reason or 'no answer'}{' (cancelled)' if outcome.cancelled else ''}"
    )
    for invocation in outcome.invocations:
        note(
            f"    {len(invocation.calls)} calls {' '.join(call.partition(':')[2] for call in invocation.calls)} "
            f"{', then killed' if not invocation.ended else ''}{invocation.accidents or ''}"
        )
        for line in invocation.log.splitlines():
            if line.startswith('{"_aws"'):
                said = json.loads(line)
                note(f"    {said.get('decisions', [])} {said['warnings']}")
