"""Death at any point: the function is killed before its first call and after each one, and the next events put it right.

Every point, by enumeration: a deployment is played once to learn its calls, then once for each of its events' moments. After
the death:

- `delivered again`: Lambda delivers the event again;
- `rolled back`: it does, and then another resource of the stack fails, so that CloudFormation undoes all;
- `given up`: it does not, no answer comes, and CloudFormation rolls back, or tries its clean-up again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.connect import sample
from testing.protocol.cloudformation import accident
from testing.protocol.running import moments
from testing.protocol.stack import Deployment, Stack
from testing.protocol.world import BASELINE, Target, World, by_id, over

Template = Mapping[str, Mapping[str, Any]]
SECOND = sample.SECOND_INSTANCE_NUMBER
FOLLOWS = ("delivered again", "rolled back", "given up")


@dataclass(frozen=True)
class Case:
    """A deployment: from one template to another, over two queues."""

    start: Callable[[Target, Target, str], Template]
    target: Callable[[Target, Target, str], Template]
    shared: bool = False
    """Whether another stack holds the first queue already."""


CASES = {
    "create": Case(lambda *_: {}, lambda q, _, b: {"A": q.declare(b, name="A", number=SECOND)}),
    "update": Case(
        lambda q, _, b: {"A": q.declare(b, name="A")},
        lambda q, _, b: {"A": q.declare(b, name="A", flow=sample.SECOND_WHISPER)},
    ),
    "replace": Case(
        lambda q, _, b: {"A": q.declare(b, name="A")}, lambda _, other, b: {"A": other.declare(b, name="A")}
    ),
    "delete": Case(lambda q, _, b: {"A": q.declare(b, name="A")}, lambda *_: {}),
    "rename": Case(
        lambda q, _, b: {"A": q.declare(b, name="A")}, lambda q, _, b: {"B": q.declare(b, name="A", number=SECOND)}
    ),
    "take over": Case(lambda *_: {}, lambda q, _, b: {"A": q.declare(b, name="A")}, shared=True),
    "leave to another": Case(lambda q, _, b: {"A": q.declare(b, name="A")}, lambda *_: {}, shared=True),
}


@dataclass
class Play:
    """One deployment as played, in queues of its own."""

    world: World
    case: Case
    behavior: str

    def __post_init__(self) -> None:
        self.queues = (self.world.queue(), self.world.queue())
        self.stack: Stack = self.world.stack(patience=2)
        self.other: Stack = self.world.stack("other")
        if self.case.shared:
            self.theirs = self.queues[0].declare(name="Theirs")
            self.other.create("Other", self.theirs).must_succeed()
        self.start = self.case.start(*self.queues, self.behavior)
        self.target = self.case.target(*self.queues, self.behavior)
        assert self.stack.deploy(self.start).succeeded
        self.cloudformation = self.stack._cloudformation

    def deploy(self, **how: Any) -> Deployment:
        """Deploys the one template, then the other."""
        return self.stack.deploy(self.target, **how)

    def check(self, template: Template, *, never_came_to_be: bool = False) -> None:
        """The queues have what the template says, and the ledgers know exactly the owners that there are.

        Arguments:
            template: what there is.
            never_came_to_be: whether what there is not never was, so that its deletion behavior has no say.
        """
        for queue in self.queues:
            before = [((self.other.id, "Other"), self.theirs)] if self.case.shared and queue == self.queues[0] else []
            owners = before + [
                ((self.stack.id, logical_id), properties)
                for logical_id, properties in template.items()
                if properties["QueueId"] == queue.id
            ]
            assert queue.owners == [owner for owner, _ in owners]
            if owners:
                assert queue.config == over(BASELINE, owners[-1][1])
            else:
                assert queue.ledger is None
                assert queue.config in ([by_id(BASELINE)] if never_came_to_be else self._left(queue))

    def _left(self, queue: Target) -> list[dict[str, str]]:
        """What the queue may be left with."""
        left = [by_id(BASELINE)]
        if any(properties["QueueId"] == queue.id for properties in (*self.start.values(), *self.target.values())):
            if self.behavior == "CLEAR":
                left.append({})
            if self.behavior == "RETAIN":
                had = [*self.start.values(), *self.target.values()]
                left += [over(BASELINE, properties) for properties in had if properties["QueueId"] == queue.id]
        return left


def calls(world: World, case: Case, behavior: str, *, then_fails: bool = False) -> list[int]:
    """Returns how many calls each event of the deployment makes."""
    played = Play(world, case, behavior).deploy(then_fails=then_fails)
    assert played.succeeded is not then_fails
    assert all(outcome.succeeded for outcome in played.outcomes)
    return [len(outcome.last.calls) for outcome in played.outcomes]


MOST_TELLING = (
    ("create", "CLEAR"),
    ("update", "CLEAR"),
    ("delete", "CLEAR"),
    ("create", "RETAIN"),
    ("replace", "RETAIN"),
)


@pytest.mark.parametrize(
    ("name", "behavior", "follow"),
    [
        (name, behavior, follow)
        for name, behavior in (*((name, "RESTORE") for name in CASES), *MOST_TELLING)
        for follow in FOLLOWS
        # What is removed is removed once all else is done, so that nothing is left which could fail.
        if not (follow == "rolled back" and name in {"delete", "leave to another"})
    ],
)
def test_a_death_at_any_call_is_mended_by_the_next_events(world: World, name: str, behavior: str, follow: str) -> None:
    case = CASES[name]
    wrong: list[str] = []
    missed = 0
    made = calls(world, case, behavior, then_fails=follow == "rolled back")
    where = [(event, *moment) for event, count in enumerate(made) for moment in moments(count)]
    assert len(where) >= 5
    for event, call, when in where:
        play = Play(world, case, behavior)
        play.cloudformation.accidents.extend([*[()] * event, accident("kill", when, number=call)])
        play.cloudformation.deliveries = 1 if follow == "given up" else 3
        deployment = play.deploy(then_fails=follow == "rolled back")
        died = deployment.outcomes[event]
        if died.invocations[0].ended:  # how many looks it takes depends on the time that has passed
            missed += 1
            continue
        try:
            never_came_to_be = follow == "given up" and not deployment.succeeded
            play.check(play.target if deployment.succeeded else play.start, never_came_to_be=never_came_to_be)
            play.stack.destroy()
            play.check({})  # the baseline was not lost either
        except AssertionError as problem:
            wrong.append(f"event {event}, {when} call {call} {died.invocations[0].calls[-1]}: {problem}")
    assert not wrong, "\n\n".join(wrong)
    assert missed <= len(where) // 4
