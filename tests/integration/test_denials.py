"""Calls that IAM denies: tried again as long as a policy takes to spread, then told with what denied them."""

from __future__ import annotations

import pytest

from emulator.connect.sample import UNCLAIMED_NUMBER
from testing.parameter_store import Behavior, Denial, Fault
from tests.integration.stack import Resource
from tests.integration.world import UPDATE, World, properties

WHO = "User: arn:aws:sts::123456789012:assumed-role/role/function is not authorized to perform"
ON = "on resource: arn:aws:connect:us-east-1:123456789012:instance/i/queue/q"
NOT_YET = f"{WHO}: connect:DescribeQueue {ON} because no identity-based policy allows the connect:DescribeQueue action"
AT_45_S = 23
"""Attempts that are made within 45 seconds, one every two seconds."""


@pytest.fixture(autouse=True)
def _no_quota(world: World) -> None:
    """The emulator counts its quota by the real clock, over which the function leaps."""
    world.connect.quota_off()


@pytest.mark.parametrize("operation", ["DescribeQueue", UPDATE])
def test_what_is_denied_for_45_seconds_and_then_allowed_succeeds(world: World, operation: str) -> None:
    world.connect.fail(operation, "AccessDeniedException", message=NOT_YET, count=AT_45_S)
    assert Resource().create(properties(name="Any")).ok
    assert len(world.calls(operation)) == AT_45_S + 1
    assert world.config() == {"OutboundCallerIdName": "Any"}


@pytest.mark.parametrize("action", ["GetParameter", "PutParameter"])
def test_so_does_parameter_store(world: World, action: str) -> None:
    world.parameter_store.arm(Fault(action, "AccessDeniedException", 400, region="us-east-1", count=AT_45_S))
    resource = Resource()
    assert resource.create(properties(name="Any")).ok
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


def test_what_stays_denied_says_how_long_it_was_tried(world: World) -> None:
    world.connect.fail(UPDATE, "AccessDeniedException", message=NOT_YET, count=None)
    resource = Resource()
    answer = resource.create(properties(name="Any"))
    assert not answer.ok
    for part in (
        "AccessDeniedException",
        f"connect:{UPDATE}",
        "denied by the role's policies for 9",  # 90 s, and what the calls took
        "Add the instance",
    ):
        assert part in answer.reason
    assert len(answer.reason) <= 240
    world.connect.clear_faults()
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


DENIERS = {
    "a service control policy": (
        f"{WHO}: connect:DescribeQueue {ON} with an explicit deny in a service control policy",
        "a policy of the organization",
        "administrators",
        1,
    ),
    "a resource control policy": (
        f"{WHO}: connect:DescribeQueue {ON} with an explicit deny in a resource control policy",
        "a policy of the organization",
        "administrators",
        1,
    ),
    "a service control policy that AWS names": (
        f"{WHO}: connect:DescribeQueue {ON} with an explicit deny in a service control policy: "
        "arn:aws:organizations::987654321098:policy/o-qv5af4abcd/service_control_policy/p-2kgnabcd",
        "a policy of the organization (p-2kgnabcd)",
        "administrators",
        1,
    ),
    "no service control policy that allows it": (
        f"{WHO}: connect:DescribeQueue {ON} because no service control policy allows the connect:DescribeQueue action",
        "a policy of the organization",
        "administrators",
        None,
    ),
    "the permissions boundary": (
        f"{WHO}: connect:DescribeQueue {ON} because no permissions boundary allows the connect:DescribeQueue action",
        "permissions boundary",
        "Allow it there",
        None,
    ),
    "an explicit deny of the boundary": (
        f"{WHO}: connect:DescribeQueue {ON} with an explicit deny in a permissions boundary",
        "permissions boundary",
        "Allow it there",
        1,
    ),
    "a permissions boundary that AWS names": (
        f"{WHO}: connect:DescribeQueue {ON} with an explicit deny in a permissions boundary: "
        "arn:aws:iam::111122223333:policy/teams/Boundary",
        "permissions boundary (Boundary)",
        "Allow it there",
        1,
    ),
    "the policy of a VPC endpoint": (
        f"{WHO}: connect:DescribeQueue {ON} because no VPC endpoint policy allows the connect:DescribeQueue action",
        "the VPC endpoint's policy",
        "Allow it there",
        None,
    ),
    "an explicit deny of its own policy": (
        f"{WHO}: connect:DescribeQueue {ON} with an explicit deny in an identity-based policy",
        "an explicit deny",
        "Remove it",
        1,
    ),
}
"""AWS's words; who denied it and what to do in ours; how many attempts, if only one is worth making."""


@pytest.mark.parametrize("case", DENIERS)
def test_the_message_names_what_denied_and_the_fix_for_that(world: World, case: str) -> None:
    message, who, fix, attempts = DENIERS[case]
    world.connect.fail("DescribeQueue", "AccessDeniedException", message=message, count=None)
    answer = Resource().create(properties(name="Any"))
    assert not answer.ok
    for part in ("AccessDeniedException", "connect:DescribeQueue", who, fix):
        assert part in answer.reason
    assert "Add the instance" not in answer.reason
    assert len(answer.reason) <= 240
    tried = len(world.calls("DescribeQueue"))
    assert tried == attempts if attempts else tried > 40


@pytest.mark.parametrize(
    ("why", "who", "fix"),
    [
        ("with an explicit deny in a service control policy", "a policy of the organization", "administrators"),
        ("because no permissions boundary allows the ssm:{action} action", "permissions boundary", "Allow it there"),
        ("because no identity-based policy allows the kms:Decrypt action", "KMS key", "use the key"),
        ("because no VPC endpoint policy allows the ssm:{action} action", "VPC endpoint", "Allow it there"),
        ("because no identity-based policy allows the ssm:{action} action", "the role's policies", "Add the instance"),
    ],
)
@pytest.mark.parametrize("action", ["GetParameter", "PutParameter"])
def test_so_it_does_for_the_ledger(world: World, action: str, why: str, who: str, fix: str) -> None:
    world.parameter_store.behave(Behavior(denials=(Denial(action, region="us-east-1", why=why),)))
    resource = Resource()
    answer = resource.create(properties(name="Any"))
    assert not answer.ok
    for part in ("AccessDeniedException", f"ssm:{action}", who, fix):
        assert part in answer.reason
    assert len(answer.reason) <= 240
    assert not world.calls(UPDATE)
    world.parameter_store.reset()
    assert resource.delete().ok
    assert world.ledgers() == {}


def test_a_delete_that_is_denied_fails_and_succeeds_later(world: World) -> None:
    resource = Resource()
    assert resource.create(properties(name="Any")).ok
    world.connect.fail(UPDATE, "AccessDeniedException", message=NOT_YET, count=None)
    assert not resource.delete().ok
    world.connect.clear_faults()
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


# Traffic distribution groups that cannot be listed


@pytest.fixture(params=["AccessDeniedException", "InvalidRequestException"])
def refusal(request: pytest.FixtureRequest, world: World) -> str:
    """The code with which ListTrafficDistributionGroups is refused."""
    code: str = request.param
    world.connect.set_settings(group_listing=code)
    return code


@pytest.mark.parametrize("number", ["+12065550100", "+12065559999", UNCLAIMED_NUMBER])
def test_an_instances_number_is_found_and_an_unclaimed_one_is_said_to_be(
    world: World, refusal: str, number: str
) -> None:
    resource = Resource()
    answer = resource.create(properties(number=number))
    if number == "+12065550100":
        assert answer.ok
    else:
        assert not answer.ok
        for part in ("is not claimed to instance", _as_shown(number), "ListTrafficDistributionGroups", refusal):
            assert part in answer.reason
        assert len(answer.reason) <= 240
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


def _as_shown(number: str) -> str:
    """Returns a number as a message shows it."""
    return f"…{number[-4:]}" if number.startswith("+") else number


def test_a_released_number_of_the_baseline_does_not_stop_a_delete(world: World, refusal: str) -> None:
    world.connect.set_returned_form("id")
    before = {"OutboundCallerIdName": "Before", "OutboundCallerIdNumberId": world_number(world)}
    world.set_config(before)
    resource = Resource()
    assert resource.create(properties(name="After")).ok
    world.connect.release_number(before["OutboundCallerIdNumberId"])
    answer = resource.delete()
    assert answer.ok
    assert len(answer.log["warnings"]) == 1
    assert before["OutboundCallerIdNumberId"] in answer.log["warnings"][0]
    assert (world.config(), world.ledgers()) == ({"OutboundCallerIdName": "Before"}, {})


def world_number(world: World) -> str:
    """Returns the id of a number of the instance."""
    numbers = world.connect.state().numbers
    return next(one.id for one in numbers if one.instance_id and one.region == "us-east-1" and one.account is None)
