"""However a run ends, the queue is as it was and nothing of the run is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import checks
from conformance.keeper import Keeper, RestoreError
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
    if each not in OF_THE_STACK and any("Put" in call or "Update" in call for call in each.calls)
]
CHANGES = {
    "cloudformation:CreateStack",
    "cloudformation:DeleteStack",
    "cloudformation:UpdateStack",
    "connect:UpdateQueueOutboundCallerConfig",
    "ssm:DeleteParameter",
    "ssm:PutParameter",
}
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


def left(site: StandIn) -> list[str]:
    """Returns the parameters and the stacks that are left of the run."""
    parameters = site.ssm.get_parameters_by_path(Path=site.prefix, Recursive=True)["Parameters"]
    stacks = site.client("cloudformation").describe_stacks()["Stacks"]
    return [entry["Name"] for entry in parameters] + [
        entry["StackName"] for entry in stacks if entry["StackStatus"] != "DELETE_COMPLETE"
    ]


def interrupt_at(number: int) -> tuple[Callable[[str], None], list[str]]:
    """Returns a hook that sends SIGINT before the n-th call that changes something, and the calls so far."""
    calls: list[str] = []

    def hook(action: str) -> None:
        if action in CHANGES:
            calls.append(action)
            if len(calls) == number:
                os.kill(os.getpid(), signal.SIGINT)

    return hook, calls


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


def interruptions(site: StandIn, points: list[Point]) -> int:
    """Interrupts a run of points at each call that changes something; returns how many such calls the run has."""
    number = 0
    while True:
        number += 1
        site.reset()
        before = configs(site)
        hook, calls = interrupt_at(number)
        site.hooks[:] = [hook]
        try:
            run(site, points)
        except KeyboardInterrupt:
            assert len(calls) >= number
        else:
            return number - 1  # the run has fewer calls
        finally:
            site.hooks.clear()
        assert configs(site) == before, f"interrupted at call {number}, {calls[number - 1]}"
        assert left(site) == []
        assert not site.keeper.left_over()


def test_interrupted_at_any_call_that_changes_something_everything_is_put_back(site: StandIn) -> None:
    assert sum(interruptions(site, [each]) for each in PLAYED) > 100


def test_interrupted_at_any_call_of_the_stacks_life_it_is_deleted(site: StandIn) -> None:
    # In one run: these points share a stack, and each depends on the ones before it.
    assert interruptions(site, OF_THE_STACK) >= 4


def test_a_check_that_fails_is_a_result_and_everything_is_put_back(site: StandIn) -> None:
    def broken(here: Site) -> str:
        here.write({NAME: "Broken"})
        raise IndexError("a fault of the check")

    before = configs(site)
    point = replace(POINTS["empty-config"], look=broken)
    (result,) = run(site, [point])
    assert (result.reading, result.why) == (None, "failed: IndexError('a fault of the check')")
    assert configs(site) == before


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
