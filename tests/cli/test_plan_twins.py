"""`plan` and the queue in the other Region, which Amazon Connect mirrors, or may mirror."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from queue_outbound_caller_config_cli.declarations import Declaration, PlannedStack
from queue_outbound_caller_config_cli.inventory import Row
from queue_outbound_caller_config_cli.planning import Action, Step, World, plan_stacks
from queue_outbound_caller_config_cli.queues import LiveQueue
from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, Mirroring, QueueState
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner, State
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.twin import Twin

from emulator.connect.sample import GROUP_NUMBER, INSTANCE, PRIMARY, REPLICA, SECOND_GROUP_NUMBER, SUPPORT_QUEUE
from testing.local_aws import ACCOUNT
from tests.cli.conftest import Fleet, owner
from tests.cli.test_plan import resource, written

HERE = Queue(Place("aws", PRIMARY, ACCOUNT), INSTANCE, SUPPORT_QUEUE)
THERE = HERE.in_region(REPLICA)
EAST = CallerConfig("East before", GROUP_NUMBER)
WEST = CallerConfig("West before", SECOND_GROUP_NUMBER)
OURS, THEIRS = owner("east", "Config"), owner("west", "Config", REPLICA)


def ledger(
    who: Owner, name: str, baseline: CallerConfig, *, mirroring: Mirroring | None = None, at: float = 1.0
) -> Ledger:
    """Returns a ledger with one layer, which declares a name."""
    layer = Layer(who, CallerConfig(name), None, DeletionBehavior.RESTORE, at=at)
    return Ledger(baseline, (layer,), mirroring=mirroring)


def world(
    here: Ledger | None = None,
    there: Ledger | None = None,
    *,
    states: tuple[QueueState, QueueState] = (QueueState(EAST), QueueState(WEST)),
) -> World:
    """Returns a queue and its replica."""

    def row(queue: Queue, at: int, mine: Ledger | None, other: Ledger | None) -> Row:
        region = {PRIMARY: REPLICA, REPLICA: PRIMARY}[queue.place.region]
        live = LiveQueue(queue, "Support", states[at])
        return Row(queue, live, mine, twin=Twin(region, Snapshot(ledger=other)), theirs=states[1 - at])

    return World({HERE: row(HERE, 0, here, there), THERE: row(THERE, 1, there, here)}, {})


def stack(queue: Queue, who: Owner, name: str | None, **config: str) -> PlannedStack:
    """Returns a deployed stack that declares a name for a queue from now on; None: nothing any more."""
    declared = {"OutboundCallerIdName": name, **config}
    properties = {"InstanceId": INSTANCE, "QueueId": SUPPORT_QUEUE, "OutboundCallerConfig": declared}
    region = queue.place.region
    declarations = (Declaration("Config", region, queue.place, properties),) if name else ()
    return PlannedStack(region, region, who.stack_id, declarations, {"Config": queue})


def actions(steps: list[Step]) -> list[tuple[str, str, str | None]]:
    """Returns each step's Region, action, and the name that the queue has afterwards."""
    return [(step.region, step.action.value, step.after.name if step.after else None) for step in steps]


@pytest.mark.parametrize(
    ("mirroring", "action", "number"),
    [
        (None, Action.LIKELY_MIRRORED, GROUP_NUMBER),
        (Mirroring.ALL, Action.MIRRORED, GROUP_NUMBER),
        (Mirroring.BUT_NUMBER, Action.MIRRORED, SECOND_GROUP_NUMBER),
    ],
)
def test_what_one_regions_stack_writes_is_shown_for_the_other_regions_queue(
    mirroring: Mirroring | None, action: Action, number: str
) -> None:
    (own, twin) = plan_stacks([stack(HERE, OURS, "New")], world(ledger(OURS, "Old", EAST, mirroring=mirroring)))
    assert (own.region, own.action, own.after) == (PRIMARY, Action.CHANGE, replace(EAST, name="New"))
    assert (twin.region, twin.action, twin.after) == (REPLICA, action, CallerConfig("New", number))
    assert "OutboundCallerIdName" in twin.changed


def test_a_queue_that_is_known_not_to_be_mirrored_is_not_shown() -> None:
    """By the ledger, or since each Region's queue was changed in its own Region alone, long ago."""
    apart = (QueueState(EAST, PRIMARY, 7200.0), QueueState(WEST, REPLICA, 7200.0))
    noted = ledger(OURS, "Old", EAST, mirroring=Mirroring.NOTHING)
    for shown in (world(noted), world(states=apart)):
        assert [step.region for step in plan_stacks([stack(HERE, OURS, "New")], shown)] == [PRIMARY]


def test_a_deployment_that_changes_nothing_here_changes_nothing_there() -> None:
    states = (QueueState(replace(EAST, name="Same")), QueueState(WEST))
    assert actions(plan_stacks([stack(HERE, OURS, "Same")], world(states=states))) == [(PRIMARY, "create", "Same")]


@pytest.mark.parametrize(
    ("mirroring", "left"), [(None, "West"), (Mirroring.ALL, "West"), (Mirroring.NOTHING, "East before")]
)
def test_a_removal_leaves_what_the_other_regions_stack_still_declares(mirroring: Mirroring | None, left: str) -> None:
    """Unknown counts as mirrored: nothing is restored over what that stack declares."""
    east = ledger(OURS, "East", EAST, mirroring=mirroring, at=2.0)
    shown = world(east, ledger(THEIRS, "West", WEST), states=(QueueState(EAST), QueueState(replace(WEST, name="West"))))
    (own, *_) = plan_stacks([stack(HERE, OURS, None)], shown)
    assert (own.action, own.after and own.after.name) == (Action.REMOVE, left)


def test_the_final_owner_of_both_regions_gives_both_queues_back_what_they_had() -> None:
    waiting = Ledger(WEST, (), state=State.WAITING)
    states = (QueueState(replace(EAST, name="East")), QueueState(replace(EAST, name="East")))
    own, twin = plan_stacks([stack(HERE, OURS, None)], world(ledger(OURS, "East", EAST), waiting, states=states))
    assert (own.after, twin.after) == (EAST, WEST)
    assert twin.notes == ("its own stack is gone: it gets back what it had before",)


def test_what_the_final_owner_of_both_regions_clears_is_cleared_in_both_if_they_mirror_each_other() -> None:
    waiting = Ledger(WEST, (), state=State.WAITING, mirroring=Mirroring.ALL)
    layer = Layer(OURS, CallerConfig("East"), None, DeletionBehavior.CLEAR)
    states = (QueueState(CallerConfig("East")), QueueState(CallerConfig("East")))
    steps = plan_stacks([stack(HERE, OURS, None)], world(Ledger(EAST, (layer,)), waiting, states=states))
    assert [(step.region, step.after, step.notes) for step in steps] == [
        (PRIMARY, CallerConfig(), ()),
        (REPLICA, CallerConfig(), ()),
    ]


def test_stacks_of_both_regions_are_shown_each_with_its_own_queue() -> None:
    same = plan_stacks(
        [stack(HERE, OURS, "New"), stack(THERE, THEIRS, "New", OutboundCallerIdNumberId=GROUP_NUMBER)], world()
    )
    assert actions(same) == [(PRIMARY, "create", "New"), (REPLICA, "create", "New")]
    assert [step.notes for step in same] == [(), ()]
    other = plan_stacks([stack(HERE, OURS, "New"), stack(THERE, THEIRS, "Another")], world())
    assert [step.action for step in other] == [Action.CREATE, Action.CREATE]
    assert all("if the Regions mirror each other" in step.notes[0] for step in other)


def test_a_baseline_that_the_other_region_wrote_over_is_the_one_from_before() -> None:
    """The queue here shows the other stack's write: a config that declares a number alone gets its name from before that."""
    mirrored = QueueState(CallerConfig("West"), REPLICA, 60.0)
    shown = world(
        there=ledger(THEIRS, "West", CallerConfig("Before")), states=(mirrored, QueueState(CallerConfig("West")))
    )
    declared: dict[str, Any] = {"OutboundCallerIdNumberId": GROUP_NUMBER}
    properties = {"InstanceId": INSTANCE, "QueueId": SUPPORT_QUEUE, "OutboundCallerConfig": declared}
    east = PlannedStack(PRIMARY, PRIMARY, OURS.stack_id, (Declaration("Config", PRIMARY, HERE.place, properties),))
    (own, _) = plan_stacks([east], shown)
    assert own.after == CallerConfig("Before", GROUP_NUMBER)


def test_a_person_sees_both_regions_and_what_is_not_known(fleet: Fleet, tmp_path: Path) -> None:
    ran = fleet.run("plan", written(tmp_path, {"Config": resource()}), instance=None)
    assert ran.code == 2, ran.err
    lines = [line.split() for line in ran.out.splitlines() if line.startswith("Support")]
    assert [line[1] for line in lines] == [PRIMARY, REPLICA]
    assert "likely mirrored" in " ".join(ran.out.split())
    assert "1 of 1 resource would change a queue" in ran.out
    assert "Nobody knows yet whether the two Regions mirror a caller config" in " ".join(ran.out.split())


def test_owners_that_are_dead_are_gone_by_the_time_a_removal_counts() -> None:
    """A Delete removes them first, in both Regions: what they declare does not become active again."""
    east = ledger(OURS, "East", EAST).with_layer(
        Layer(owner("old", "Config"), CallerConfig("Old"), None, DeletionBehavior.CLEAR)
    )
    west = ledger(THEIRS, "West", WEST)
    shown = world(east, west, states=(QueueState(replace(EAST, name="Old")), QueueState(replace(EAST, name="Old"))))
    dead = {queue: replace(row, dead=frozenset(row.layers[-1:])) for queue, row in shown.rows.items()}
    own, twin = plan_stacks([stack(HERE, OURS, None)], World(dead, {}))
    assert (own.after, twin.after) == (EAST, WEST)


def test_a_number_that_the_queues_show_not_to_be_mirrored_is_no_drift_whatever_the_ledgers_noted_before() -> None:
    east = Layer(OURS, CallerConfig("East", GROUP_NUMBER), None, DeletionBehavior.RESTORE, at=2.0)
    here = Ledger(EAST, (east,), mirroring=Mirroring.ALL)
    there = ledger(THEIRS, "West", WEST, mirroring=Mirroring.ALL)
    mirrored = QueueState(CallerConfig("East", SECOND_GROUP_NUMBER), modified_in=PRIMARY, age=3600.0)
    states = (QueueState(CallerConfig("East", GROUP_NUMBER), modified_in=PRIMARY, age=3600.0), mirrored)
    rows = world(here, there, states=states).rows
    assert [rows[queue].drift for queue in (HERE, THERE)] == [(), ()]
