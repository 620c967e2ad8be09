"""What the contract's permissions do not name is denied, in whatever way a config is declared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.connect.arns import Account
from emulator.connect.authorization import judge
from emulator.connect.sample import (
    BASIC_QUEUE,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_ACCOUNT,
    OTHER_INSTANCE,
    PRIMARY,
    REPLICA,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.integration.stack import Resource
from tests.integration.world import OURS, World, properties
from tests.permissions.role import Role
from tests.permissions.scenarios import QUEUE_ALONE, SCENARIOS, Deployed, deployed

UPDATE, DESCRIBE_QUEUE = "connect:UpdateQueueOutboundCallerConfig", "connect:DescribeQueue"
DESCRIBE_NUMBER, LIST_NUMBERS = "connect:DescribePhoneNumber", "connect:ListPhoneNumbersV2"
LIST_GROUPS = "connect:ListTrafficDistributionGroups"
LEDGER = ("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")
DESCRIBE_INSTANCE, ASK_STACK = "connect:DescribeInstance", "cloudformation:DescribeStackResources"
OTHERS = (DESCRIBE_INSTANCE, ASK_STACK, "logs:CreateLogStream", "logs:PutLogEvents")
CALLS = {UPDATE, DESCRIBE_QUEUE, DESCRIBE_NUMBER, LIST_NUMBERS, LIST_GROUPS, *LEDGER, *OTHERS}
THEIRS = Account("aws", OTHER_ACCOUNT)


@pytest.fixture(params=SCENARIOS)
def name(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


def allowed(one: Deployed, action: str, resource: str, instance: str = INSTANCE) -> bool:
    """Whether the role may do something, in a request that names an instance."""
    return judge(one.documents, action, resource, {"connect:InstanceId": instance}).allowed


def ledger(region: str, instance: str, queue: str, account: str = OURS.id) -> str:
    """The ARN of a queue's ledger."""
    return f"arn:aws:ssm:{region}:{account}:parameter/queue-outbound-caller-config/{instance}/{queue}"


def of_a_queue(account: Account, region: str, instance: str, queue: str) -> Iterator[tuple[str, str]]:
    """Yields what a config of a queue needs of the queue itself."""
    yield UPDATE, account.queue(region, instance, queue)
    yield DESCRIBE_QUEUE, account.queue(region, instance, queue)
    yield from ((action, ledger(region, instance, queue, account.id)) for action in LEDGER)


def of_an_instance(account: Account, region: str, instance: str) -> Iterator[tuple[str, str]]:
    """Yields what a config of an instance needs."""
    yield from of_a_queue(account, region, instance, SUPPORT_QUEUE)
    yield UPDATE, account.flow(region, instance, WHISPER)
    yield UPDATE, account.number_v1(region, instance, INSTANCE_NUMBER)
    yield DESCRIBE_INSTANCE, account.instance(region, instance)


def of_an_account(account: Account, region: str) -> Iterator[tuple[str, str]]:
    """Yields what a config of any instance needs."""
    yield UPDATE, account.number(region, INSTANCE_NUMBER)
    yield DESCRIBE_NUMBER, account.number(region, INSTANCE_NUMBER)
    yield LIST_NUMBERS, account.number(region, "*")
    yield LIST_GROUPS, account.group(region, "*")
    yield ASK_STACK, f"arn:aws:cloudformation:{region}:{account.id}:stack/another/0"


def test_the_instance_is_allowed_in_both_regions(name: str) -> None:
    """It has the same id there; the ledger of the other Region is read, too."""
    for one in deployed()[name]:
        for region in (PRIMARY, REPLICA):
            needed = [*of_an_instance(OURS, region, INSTANCE), *of_an_account(OURS, region)]
            assert [what for what in needed if not allowed(one, *what)] == []


def test_other_instances_and_accounts_are_denied(name: str) -> None:
    for one in deployed()[name]:
        for region in (PRIMARY, REPLICA):
            foreign = [
                *of_an_instance(OURS, region, OTHER_INSTANCE),
                *of_an_instance(THEIRS, region, INSTANCE),
                *of_an_account(THEIRS, region),
            ]
            assert [what for what in foreign if allowed(one, *what)] == []


def test_a_number_is_not_written_to_another_instance(name: str) -> None:
    """Its V2 ARN names none, so that only the condition tells."""
    for one in deployed()[name]:
        assert not allowed(one, UPDATE, OURS.number(PRIMARY, INSTANCE_NUMBER), OTHER_INSTANCE)


@pytest.mark.parametrize("action", LEDGER)
def test_other_parameters_are_denied(name: str, action: str) -> None:
    root = f"arn:aws:ssm:{PRIMARY}:{OURS.id}:parameter"
    paths = ("", f"/{INSTANCE}", f"s/{INSTANCE}/x")
    others = [f"{root}/secret", *(f"{root}/queue-outbound-caller-config{path}" for path in paths)]
    for one in deployed()[name]:
        assert [resource for resource in others if allowed(one, action, resource)] == []


def test_another_queue_is_denied_if_the_provider_serves_one_alone(name: str) -> None:
    """And its ledger."""
    for one in deployed()[name]:
        others = list(of_a_queue(OURS, one.region, INSTANCE, BASIC_QUEUE))
        assert [allowed(one, *what) for what in others] == [name != QUEUE_ALONE] * len(others)


def test_no_other_action_is_allowed(name: str) -> None:
    for one in deployed()[name]:
        statements = [statement for document in one.documents for statement in document["Statement"]]
        assert {action for statement in statements for action in statement["Action"]} == CALLS


def test_the_function_is_stopped_at_another_queue_and_says_what_to_do(world: World, role: Role) -> None:
    """Not that a template could send it there; somebody who may invoke it could."""
    role.may_only(deployed()[QUEUE_ALONE][0].documents)
    resource = Resource()
    answer = resource.create(properties(queue=BASIC_QUEUE, name="Any"))
    assert not answer.ok
    for part in ("AccessDenied", "ssm:", BASIC_QUEUE):
        assert part in answer.reason
    assert len(answer.reason) <= 240
    assert resource.delete().ok
