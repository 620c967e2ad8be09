"""What is drawn at random: resources, accidents and faults, and what happens in a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import hypothesis.strategies as st

from emulator.connect import sample
from testing.parameter_store import Fault

from .cancelled import Cancel
from .function import Accident
from .world import FLOW, NAME, NO_FLOW, NO_NUMBER, NUMBER, PRIMARY, REPLICA, World, number_arn

NUMBERS = {
    PRIMARY: {
        sample.INSTANCE_NUMBER: sample.INSTANCE_NUMBER,
        number_arn(sample.SECOND_INSTANCE_NUMBER): sample.SECOND_INSTANCE_NUMBER,
        "+12065550110": sample.GROUP_NUMBER,
        NO_NUMBER: NO_NUMBER,
    },
    REPLICA: {
        sample.REPLICA_INSTANCE_NUMBER: sample.REPLICA_INSTANCE_NUMBER,
        number_arn(sample.GROUP_NUMBER): sample.GROUP_NUMBER,
        sample.SECOND_GROUP_NUMBER: sample.SECOND_GROUP_NUMBER,
        NO_NUMBER: NO_NUMBER,
    },
}
"""Numbers as written, and their ids: own ones, a group's, one of another Region's group by its id; and one that fails."""
_FLOWS = (sample.WHISPER, sample.SECOND_WHISPER, NO_FLOW)
BASELINES: Mapping[str, tuple[Mapping[str, str], ...]] = {
    PRIMARY: (
        {},
        {NAME: "Before"},
        {NAME: "Before", NUMBER: sample.INSTANCE_NUMBER, FLOW: sample.WHISPER},
        {NUMBER: sample.GROUP_NUMBER},
    ),
    REPLICA: ({}, {NAME: "West", NUMBER: sample.GROUP_NUMBER, FLOW: sample.WHISPER}, {FLOW: sample.SECOND_WHISPER}),
}
LOGICAL_IDS = ("A", "B", "C")
STACKS = 3
PLACES = (PRIMARY, PRIMARY, REPLICA)
STALE = st.sampled_from((0.0, 0.0, 2.4))
"""For how many seconds of the function's time a read of Parameter Store may show what was there before a write."""


@dataclass(frozen=True)
class Resource:
    """What a resource declares.

    Attributes:
        place: for which queue, by its position; the machine knows how many there are.
        fields: name and flow.
        number: which number of that queue's Region, by its position; None: none.
        behavior: its deletion behavior.
    """

    place: int
    fields: Mapping[str, str]
    number: int | None
    behavior: str


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    """What a resource declares; once in a while a number or a flow that does not exist."""
    optional = {
        "name": st.sampled_from(("One", "Two", "\N{TELEPHONE RECEIVER}" * 255)),
        "flow": st.sampled_from(_FLOWS[: draw(st.sampled_from((2, 2, 3)))]),
    }
    fields = draw(st.fixed_dictionaries({}, optional=optional))
    numbers = range(draw(st.sampled_from((3, 3, 4))))
    number = draw(st.sampled_from((None, *numbers) if fields else tuple(numbers)))
    behavior = draw(st.sampled_from(("RESTORE", "RESTORE", "CLEAR", "RETAIN")))
    return Resource(draw(st.integers(0, 11)), fields, number, behavior)


templates = st.dictionaries(st.sampled_from(LOGICAL_IDS), resources(), min_size=1, max_size=2)

_numbered = st.integers(1, 7)
_when = st.sampled_from(("before", "after"))
_accident = st.one_of(
    st.builds(Accident, st.just("kill"), _when, _numbered),
    st.builds(Accident, st.just("kill"), _when, _numbered),
    st.builds(Accident, st.just("drop"), _when, _numbered),
    st.builds(Accident, st.just("refuse"), _when, _numbered),
    st.builds(Accident, st.just("refuse"), _when, _numbered, status=st.just(429), code=st.just("ThrottlingException")),
)


@st.composite
def accidents(draw: st.DrawFn) -> list[tuple[Accident, ...]]:
    """What happens to the next deliveries, in order: mostly something to one or two of the first four."""
    planned: list[tuple[Accident, ...]] = [()] * 4
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2, 3)))):
        planned[draw(st.integers(0, 3))] = (draw(_accident),)
    if draw(st.integers(0, 7)) == 0:  # a service that fails for good, from some call of one event on
        planned[draw(st.integers(0, 1))] = (Accident("refuse", number=draw(_numbered), onward=True),)
    return planned


faults = st.lists(
    st.tuples(
        st.sampled_from(("fail", "throttle", "drop")),
        st.sampled_from(("DescribeQueue", "UpdateQueueOutboundCallerConfig")),
        st.sampled_from(("before", "after")),
        st.sampled_from((1, 2, 8)),
    ),
    max_size=1,
)


@st.composite
def ledger_faults(draw: st.DrawFn) -> tuple[Fault, ...]:
    """What happens to calls of Parameter Store in one of the Regions: mostly nothing, else some of one kind."""
    if draw(st.integers(0, 3)):
        return ()
    code, status = draw(
        st.sampled_from(
            (
                ("ThrottlingException", 400),
                ("InternalServerError", 500),
                ("AccessDeniedException", 400),
                (None, 0),
            )
        )
    )
    action = draw(st.sampled_from(("*", "GetParameter", "PutParameter", "DeleteParameter")))
    count = draw(st.sampled_from((1, 2, 4, 16)))
    region = draw(st.sampled_from((PRIMARY, REPLICA)))
    return (Fault(action, code, status, draw(_when), region, count=count),)


@dataclass(frozen=True)
class How:
    """What happens in a deployment.

    Attributes:
        accidents: what happens to its deliveries, in order.
        faults: of the emulator, armed before.
        ledger_faults: of Parameter Store, armed before.
        deliveries: how often Lambda delivers an event whose invocation dies, at most.
        then_fails: whether another resource of the stack fails after these.
        cancel: it does so while the last of these is in progress.
    """

    accidents: tuple[tuple[Accident, ...], ...] = ()
    faults: tuple[tuple[str, str, str, int], ...] = ()
    ledger_faults: tuple[Fault, ...] = ()
    deliveries: int = 3
    then_fails: bool = False
    cancel: Cancel | None = None

    def arm(self, world: World) -> None:
        """Arms the faults of the services."""
        for kind, operation, when, count in self.faults:
            if kind == "drop":
                world.connect.drop(operation, when, count=count)
            else:
                code = "ThrottlingException" if kind == "throttle" else "InternalServiceException"
                world.connect.fail(operation, code, when=when, count=count)
        for fault in self.ledger_faults:
            world.parameter_store.arm(fault)


def plays() -> st.SearchStrategy[How]:
    """How a deployment may go."""
    ordinary = st.builds(
        How,
        accidents().map(tuple),
        faults.map(tuple),
        ledger_faults(),
        st.sampled_from((3, 3, 1)),
        st.sampled_from((False, False, False, True)),
    )
    cancelled = st.builds(
        How,
        faults=faults.map(tuple),
        then_fails=st.just(True),
        cancel=st.builds(Cancel, _numbered, _when, st.integers(1, 9), st.sampled_from((False, False, False, True))),
    )
    return st.sampled_from((ordinary, ordinary, ordinary, cancelled)).flatmap(lambda chosen: chosen)
