"""However a run ends, the queue is as it was and nothing of the run is left."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import checks
from conformance.keeper import Keeper, RestoreError
from conformance.own_queue import MADE_BY
from conformance.points import POINTS, Point
from conformance.run import run
from conformance.site import Site
from conformance.stand_in import StandIn

assert checks
OF_THE_STACK = [each for each in POINTS.values() if "stack" in each.needs]
# What makes and changes things: one call that only looks is like the other.
PLAYED = [
    each
    for each in POINTS.values()
    if each not in OF_THE_STACK and any("Put" in call or "Update" in call or "Create" in call for call in each.calls)
]
NAME = "OutboundCallerIdName"


def configs(site: StandIn) -> dict[str, dict[str, str]]:
    """Returns the queue's config in both Regions, after what is on its way has arrived."""
    site.control.advance(1800)
    subject = site.subject
    return {
        region: {
            member: text if member == NAME else text.rpartition("/")[2]
            for member, text in site.control.queue_config(region, subject.instance, subject.queue).items()
        }
        for region in (subject.region, subject.replica or "")
    }


def quiet(site: StandIn) -> None:
    """Takes the hooks away."""
    site.hooks.clear()
    site.answered.clear()


def left(site: StandIn) -> list[str]:
    """Returns the parameters, the stacks and the queues that are left of the run."""
    parameters = site.ssm.get_parameters_by_path(Path=site.prefix, Recursive=True)["Parameters"]
    stacks = site.client("cloudformation").describe_stacks()["Stacks"]
    return [
        *(entry["Name"] for entry in parameters),
        *(entry["StackName"] for entry in stacks if entry["StackStatus"] != "DELETE_COMPLETE"),
        *(
            queue.name
            for instance in site.control.state().instances
            for queue in instance.queues
            if MADE_BY in queue.name
        ),
    ]


class Moments:
    """The moments of a run at which it can be interrupted: before each call, and after each answer.

    Args:
        site: where it runs, after a reset.
        signal_from: the moment from which on a signal is sent, at every moment; None: none is sent.

    Attributes:
        seen: the moments so far. Looks at a stack that follow one another count as one.
    """

    def __init__(self, site: StandIn, signal_from: int | None = None) -> None:
        site.reset()
        self.seen: list[str] = []
        self._signal_from = signal_from
        site.hooks[:] = [lambda action: self._pass(f"before {action}")]
        site.answered[:] = [lambda action: self._pass(f"after {action}")]

    def _pass(self, moment: str) -> None:
        if "DescribeStacks" not in moment or moment not in self.seen[-2:]:
            self.seen.append(moment)
        number = len(self.seen) - 1
        if self._signal_from is not None and number >= self._signal_from:
            os.kill(os.getpid(), signal.SIGTERM if number % 3 == 0 else signal.SIGINT)


def recorded(site: StandIn, points: Sequence[Point]) -> tuple[list[str], int]:
    """Runs points; returns the moments, and how many of them are before the restoration."""
    moments, looked = Moments(site), [0]
    run(site, points, over_quota=True, told=lambda _: looked.append(len(moments.seen)))
    quiet(site)
    return moments.seen, looked[-1]


def interrupt(site: StandIn, points: Sequence[Point], moment: int) -> None:
    """Interrupts a run of points at a moment and at each later one, and shows that everything is put back."""
    moments = Moments(site, moment)
    before = configs(site)
    with pytest.raises(KeyboardInterrupt):
        run(site, points, over_quota=True)
    quiet(site)
    where = f"{points[0].id}, interrupted {moments.seen[moment]}"
    assert configs(site) == before, where
    assert left(site) == [], where
    assert not site.keeper.left_over(), where


def without_repetitions(moments: Sequence[str]) -> Iterator[int]:
    """Yields the moments but those of a loop's third round and the later ones, which are like the second's."""
    rounds: Counter[tuple[str, str]] = Counter()
    for number, pair in enumerate(zip(("", *moments), moments, strict=False)):
        rounds[pair] += 1
        if rounds[pair] <= 2:
            yield number


@pytest.mark.parametrize(
    ("mirroring", "delay"),
    [
        ("everything", 0),
        ("everything", 600),
        ("everything but the number", 0),
        ("everything but the number", 600),
        ("nothing", 0),
    ],
)
def test_after_a_run_the_queue_is_as_it_was_in_both_regions(site: StandIn, mirroring: str, delay: float) -> None:
    site.control.set_mirroring(mirroring, delay)
    before = configs(site)
    run(site, PLAYED)
    assert configs(site) == before
    assert left(site) == []
    assert not site.keeper.left_over()


def test_a_run_restores_where_omitted_members_are_kept(site: StandIn) -> None:
    site.control.set_omitted_member("kept")
    before = configs(site)
    run(site, PLAYED)
    assert configs(site) == before


def test_interrupted_at_any_call_everything_is_put_back(site: StandIn) -> None:
    """Before the call and after its answer, by SIGINT and by SIGTERM; further signals do not stop the restoration."""
    first, interrupted = True, 0
    for each in (each for each in POINTS.values() if each not in OF_THE_STACK):
        moments, looked = recorded(site, [each])
        # What is called before and after a look is the same for each point.
        chosen = range(len(moments)) if first else range(moments.index("after connect:DescribeQueue"), looked)
        for number in without_repetitions(moments):
            if number in chosen:
                interrupt(site, [each], number)
                interrupted += 1
        first = False
    assert interrupted > 300


def test_interrupted_at_any_call_of_the_stacks_life_it_is_deleted(site: StandIn) -> None:
    """In one run: these points share a stack. For AWS, after an answer is before the next call. Pages count as one call."""
    moments, looked = recorded(site, OF_THE_STACK)
    for number in range(looked):
        if moments[number].startswith("after") and moments[number] not in moments[number - 2 : number]:
            interrupt(site, OF_THE_STACK, number)
    assert moments[:looked].count("after cloudformation:UpdateStack") == 3


def test_a_check_that_fails_is_a_result_and_everything_is_put_back(site: StandIn) -> None:
    def broken(here: Site) -> str:
        here.write({NAME: "Broken"})
        raise IndexError("a fault of the check")

    before = configs(site)
    point = replace(POINTS["empty-config"], look=broken)
    (result,) = run(site, [point])
    assert (result.reading, result.why) == (None, "failed: IndexError('a fault of the check')")
    assert configs(site) == before


@pytest.mark.parametrize("mirroring", ["everything", "nothing"])
def test_a_queue_whose_create_was_not_answered_is_found_by_its_name(site: StandIn, mirroring: str) -> None:
    site.control.set_settings(mirroring=mirroring)
    site.control.drop("CreateQueue", "after")
    (result,) = run(site, [POINTS["new-queue-config"]])
    assert result.reading is None
    assert site.control.counts()["CreateQueue"] == {"dropped": 1}
    assert left(site) == []


def test_what_cannot_be_put_back_does_not_keep_the_rest_from_it(site: StandIn) -> None:
    def denying(here: Site) -> str:
        site.ssm.put_parameter(Name=here.parameter("left"), Value="v", Type="String")
        here.own_queue.id()
        site.control.fail("DescribeQueue", "AccessDeniedException", region=here.subject.replica, count=None)
        return "done"

    with pytest.raises(RestoreError, match=r"config: .*AccessDeniedException"):
        run(site, [replace(POINTS["empty-config"], look=denying)])
    assert left(site) == []
    assert site.keeper.left_over()
    site.control.clear_faults()
    site.keeper.restore(site.client)


def test_a_denial_is_no_reading_of_a_point(site: StandIn) -> None:
    allowed = [{"Effect": "Allow", "Action": "connect:DescribeQueue", "Resource": "*"}]
    site.control.set_policy(site.options("connect")["aws_access_key_id"], {"Statement": allowed})
    (result,) = run(site, [POINTS["empty-config"]])
    assert result.reading is None
    assert "policy.json" in result.why


def test_what_a_killed_run_noted_is_put_back_by_the_next_one(site: StandIn, tmp_path: Path) -> None:
    before = configs(site)
    note = tmp_path / "folder" / "note.json"
    killed = Keeper(note)
    subject = site.subject
    killed.queue_found(
        subject.instance, subject.queue, {subject.region: site.read()}, subject.partition, subject.account
    )
    name = f"/queue-outbound-caller-config-conformance/{site.run}/left"
    killed.parameter_made(name)
    site.ssm.put_parameter(Name=name, Value="v", Type="String")
    site.write({NAME: "Left over"})
    killed.queue_made(f"{MADE_BY}-{site.run}-1")
    site.own_queue.id()
    assert len(left(site)) == 3  # the parameter, and the queue in both Regions
    after = Keeper(note)
    assert after.left_over()
    after.take_over()
    after.restore(site.client)
    assert configs(site) == before
    assert left(site) == []
    assert not note.exists()


def test_what_cannot_be_put_back_is_said_and_noted(site: StandIn, tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "note.json")
    subject = site.subject
    wanted = {NAME: "Cannot be written", "OutboundFlowId": "00000000-0000-4000-8000-000000000000"}
    keeper.queue_found(subject.instance, subject.queue, {subject.region: wanted}, subject.partition, subject.account)
    with pytest.raises(RestoreError, match=r"had .*Cannot be written"):
        keeper.restore(site.client)
    assert keeper.left_over()
