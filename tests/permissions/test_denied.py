"""What the contract's permissions do not name is denied, in whatever way a config is declared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from queue_outbound_caller_config_provider.aws_faults import refused

from emulator.connect.arns import Account
from emulator.connect.authorization import judge
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_ACCOUNT,
    OTHER_INSTANCE,
    PRIMARY,
    REPLICA,
    SECOND_INSTANCE_NUMBER,
    SECOND_WHISPER,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.integration.stack import Resource
from tests.integration.world import OURS, World, properties
from tests.permissions.role import Role
from tests.permissions.scenarios import SCENARIOS, Deployed, deployed

UPDATE, DESCRIBE_QUEUE = "connect:UpdateQueueOutboundCallerConfig", "connect:DescribeQueue"
DESCRIBE_NUMBER, DESCRIBE_GROUP = "connect:DescribePhoneNumber", "connect:DescribeTrafficDistributionGroup"
LIST_NUMBERS, LIST_GROUPS = "connect:ListPhoneNumbersV2", "connect:ListTrafficDistributionGroups"
LEDGER = ("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")
CALLS = {UPDATE, DESCRIBE_QUEUE, DESCRIBE_NUMBER, DESCRIBE_GROUP, LIST_NUMBERS, LIST_GROUPS, *LEDGER}
WHOLE_INSTANCE = "a provider for the whole instance"
THEIRS = Account("aws", OTHER_ACCOUNT)
OTHER = {PRIMARY: REPLICA, REPLICA: PRIMARY}


@pytest.fixture(params=SCENARIOS)
def name(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


def allowed(one: Deployed, action: str, resource: str) -> bool:
    """Whether the role may do something."""
    return judge(one.documents, action, resource).allowed


def ledger(region: str, instance: str, queue: str, account: str = OURS.id) -> str:
    """The ARN of a queue's ledger."""
    return f"arn:aws:ssm:{region}:{account}:parameter/queue-outbound-caller-config/{instance}/{queue}"


def foreign(region: str) -> Iterator[tuple[str, str]]:
    """Yields what no config of a queue in a Region may ever touch."""
    elsewhere = OTHER[region]
    for account, there, instance in (
        (OURS, elsewhere, INSTANCE),
        (OURS, region, OTHER_INSTANCE),
        (THEIRS, region, INSTANCE),
    ):
        yield UPDATE, account.queue(there, instance, SUPPORT_QUEUE)
        yield DESCRIBE_QUEUE, account.queue(there, instance, SUPPORT_QUEUE)
        yield UPDATE, account.flow(there, instance, WHISPER)
        yield UPDATE, account.number_v1(there, instance, INSTANCE_NUMBER)
        yield from ((action, ledger(there, instance, SUPPORT_QUEUE, account.id)) for action in LEDGER)
    for there in (region, elsewhere):
        yield UPDATE, THEIRS.number(there, INSTANCE_NUMBER)
        yield DESCRIBE_NUMBER, THEIRS.number(there, INSTANCE_NUMBER)
        yield DESCRIBE_GROUP, THEIRS.group(there, GROUP)
    yield LIST_NUMBERS, OURS.number(elsewhere, "*")
    yield LIST_GROUPS, OURS.group(elsewhere, "*")
    for action in LEDGER:
        yield action, f"arn:aws:ssm:{region}:{OURS.id}:parameter/queue-outbound-caller-config"
        yield action, f"arn:aws:ssm:{region}:{OURS.id}:parameter/queue-outbound-caller-configs/{INSTANCE}/x"
        yield action, f"arn:aws:ssm:{region}:{OURS.id}:parameter/secret"


def test_other_instances_regions_and_accounts_are_denied(name: str) -> None:
    for one in deployed()[name]:
        assert [what for what in foreign(one.region) if allowed(one, *what)] == []


def test_another_queue_and_its_ledger_are_denied(name: str) -> None:
    """A provider that serves whole instances is there for every queue of them."""
    for one in deployed()[name]:
        others = [
            (UPDATE, OURS.queue(one.region, INSTANCE, BASIC_QUEUE)),
            (DESCRIBE_QUEUE, OURS.queue(one.region, INSTANCE, BASIC_QUEUE)),
            *((action, ledger(one.region, INSTANCE, BASIC_QUEUE)) for action in LEDGER),
        ]
        assert [allowed(one, *what) for what in others] == [name == WHOLE_INSTANCE] * len(others)


def test_no_other_action_is_allowed(name: str) -> None:
    for one in deployed()[name]:
        assert {action for statement in one.statements for action in statement["Action"]} <= CALLS


EXACT_FLOW = {
    "all, cleared",
    "all, retained",
    "all in the replica, cleared",
    "a flow, cleared",
    "a flow, retained",
    "a number by UUID and a flow in the replica, retained",
    "all by constructs, cleared",
    "all by parameters, cleared",
    "all by parameters that are ids, retained",
}
"""Where the flow is declared and never restored."""
NO_FLOW = {
    "a name, cleared",
    "a number by V2 ARN, cleared",
    "a number by UUID, cleared",
    "a number by UUID in the replica, cleared",
    "a number by E.164 in the replica, cleared",
    "a number by construct, cleared",
    "a number by parameter in the replica, cleared",
}
"""Where no write ever names a flow."""


def test_another_flow_is_denied_where_the_field_is_exact(name: str) -> None:
    for one in deployed()[name]:
        declared, other = (
            allowed(one, UPDATE, OURS.flow(one.region, INSTANCE, id)) for id in (WHISPER, SECOND_WHISPER)
        )
        assert (declared, other) == (name not in NO_FLOW, name not in NO_FLOW | EXACT_FLOW)


EXACT_NUMBER = {
    "all, cleared",
    "all, retained",
    "all in the replica, cleared",
    "a number by V2 ARN, cleared",
    "a number by V2 ARN, retained",
    "a number by UUID, cleared",
    "a number by UUID in the replica, cleared",
    "a number by UUID and a flow in the replica, retained",
    "all by constructs, cleared",
    "a number by construct, cleared",
}
"""Where the number's id is known and it is never restored."""
NO_NUMBER = {"a name, cleared", "a flow, cleared"}


def test_another_number_is_denied_where_the_field_is_exact(name: str) -> None:
    """In either ARN form, for a write as well as for a look."""
    for one in deployed()[name]:
        id = GROUP_NUMBER if one.region == REPLICA else INSTANCE_NUMBER
        forms = [
            [OURS.number(PRIMARY, number), OURS.number_v1(one.region, INSTANCE, number)]
            for number in (id, SECOND_INSTANCE_NUMBER)
        ]
        declared, other = ([allowed(one, UPDATE, arn) for arn in arns] for arns in forms)
        assert declared == [name not in NO_NUMBER] * 2
        assert other == [name not in NO_NUMBER | EXACT_NUMBER] * 2
        if name in NO_NUMBER | EXACT_NUMBER:
            assert not allowed(one, DESCRIBE_NUMBER, OURS.number(PRIMARY, SECOND_INSTANCE_NUMBER))


NO_LOOKUP = {
    "a name, cleared",
    "a flow, cleared",
    "all, cleared",
    "all, retained",
    "all in the replica, cleared",
    "a number by V2 ARN, cleared",
    "a number by V2 ARN, retained",
    "all by constructs, cleared",
    "a number by construct, cleared",
}
"""Where a number is a V2 ARN whatever the deployment brings, or there is none."""


def test_lists_are_denied_where_nothing_can_have_to_be_looked_up(name: str) -> None:
    for one in deployed()[name]:
        lists = [(LIST_NUMBERS, OURS.number(one.region, "*")), (LIST_GROUPS, OURS.group(one.region, "*"))]
        assert [allowed(one, *what) for what in lists] == [name not in NO_LOOKUP] * 2


def test_the_function_is_stopped_at_another_queue_and_says_what_to_do(world: World, role: Role) -> None:
    """Not that a template could send it there; a shared function could be."""
    one = deployed()["all, cleared"][0]
    role.may_only(one.documents)
    resource = Resource()
    answer = resource.create(properties(queue=BASIC_QUEUE, name="Any"))
    assert not answer.ok
    for part in ("AccessDenied", "ssm:GetParameter", BASIC_QUEUE, "Add its instance to the provider"):
        assert part in answer.reason
    assert len(answer.reason) <= 240
    assert resource.delete().ok


def test_the_function_is_stopped_at_another_number_and_leaves_nothing(world: World, role: Role) -> None:
    one = deployed()["all, cleared"][0]
    role.may_only(one.documents)
    resource, before = Resource(), world.connect.configs()
    answer = resource.create(properties(number=OURS.number(PRIMARY, SECOND_INSTANCE_NUMBER), behavior="CLEAR"))
    assert UPDATE in answer.reason
    assert SECOND_INSTANCE_NUMBER in answer.reason
    assert world.connect.configs() == before
    assert world.ledgers() == {}
    assert resource.delete().ok


def test_a_delete_that_may_not_put_another_stacks_config_in_force_fails_and_can_be_repeated(
    world: World, role: Role
) -> None:
    """A role that is exact for its own config is not for one that another stack laid beneath it.

    Nothing is lost: once the provider serves the whole instance (`instances=[…]`), the Delete does what it should.
    """
    one, whole = deployed()["all in the replica, cleared"][0], deployed()[WHOLE_INSTANCE][0]
    beneath = Resource(stack="beneath")
    theirs = properties(region=REPLICA, name="Theirs", flow=SECOND_WHISPER)
    assert beneath.create(theirs).ok
    role.may_only(one.documents)
    resource = Resource(logical_id=one.logical_id)
    assert resource.create(one.properties).ok
    ours, ledgers = world.config(REPLICA), world.ledgers()
    answer = resource.delete()
    assert not answer.ok
    for part in (UPDATE, SECOND_WHISPER, "Add its instance to the provider"):
        assert part in answer.reason
    assert (world.config(REPLICA), world.ledgers()) == (ours, ledgers)
    role.may_only(whole.documents)
    assert resource.delete().ok
    assert world.config(REPLICA) == {"OutboundCallerIdName": "Theirs", "OutboundFlowId": SECOND_WHISPER}
    assert beneath.delete().ok
    assert world.config(REPLICA) == {}


@pytest.mark.parametrize("owner", [OURS, Account("aws-us-gov", OURS.id)])
@pytest.mark.parametrize("region", [PRIMARY, "us-gov-west-1", "ap-southeast-2"])
def test_what_to_do_about_a_denial_is_told_however_long_the_arn(owner: Account, region: str) -> None:
    """The longest ARNs of each service, with the longest action."""
    path = f"parameter/queue-outbound-caller-config/{INSTANCE}/{SUPPORT_QUEUE}"
    for action, arn in (
        (UPDATE, owner.flow(region, INSTANCE, WHISPER)),
        (UPDATE, owner.number_v1(region, INSTANCE, INSTANCE_NUMBER)),
        ("ssm:DeleteParameter", f"arn:{owner.partition}:ssm:{region}:{owner.id}:{path}"),
    ):
        user = f"arn:{owner.partition}:sts::{owner.id}:assumed-role/a-role/a-function"
        message = f"User: {user} is not authorized to perform: {action} on resource: {arn} because no policy allows it"
        problem = ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, action)
        reason = str(refused(problem, action, arn))
        assert reason.endswith("Add its instance to the provider")
        assert arn.rpartition("/")[2] in reason
        assert region in reason


def test_a_name_that_a_failed_create_wrote_is_taken_back_by_a_role_that_may_write_no_number(
    world: World, role: Role
) -> None:
    """Under CLEAR a write needs no permission for what it unsets; a service that keeps it makes the Create fail."""
    before = {
        "OutboundCallerIdName": "Before",
        "OutboundCallerIdNumberId": INSTANCE_NUMBER,
        "OutboundFlowId": WHISPER,
    }
    world.set_config(before)
    world.connect.set_omitted_member("kept")
    (one,) = deployed()["a name, cleared"]
    role.may_only(one.documents)
    resource = Resource()
    created = resource.create(one.properties)
    assert "Amazon Connect kept" in created.reason
    assert world.config() == before
    assert resource.delete().ok
    assert world.config() == before
    assert world.ledgers() == {}
