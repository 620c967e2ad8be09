"""The resource in plain templates, through CloudFormation's own order of events, with the function's real code.

All in the replica Region, where a traffic distribution group's number is taken by its full ARN alone.
"""

from __future__ import annotations

import pytest

from emulator.connect import ConnectControl
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    REPLICA,
    SALES_QUEUE,
    SUPPORT_QUEUE,
)
from testing.local_aws import LocalAws, Stack
from tests.e2e.templates import Template, sets

pytestmark = pytest.mark.usefixtures("local_aws")

NOBODYS = "+12065559999"


def name_of(connect: ConnectControl, queue: str) -> str | None:
    """The caller ID name of a queue in the replica Region."""
    return connect.queue_config(REPLICA, INSTANCE, queue).get("OutboundCallerIdName")


def number_of(connect: ConnectControl, queue: str) -> str:
    """The id of a queue's caller ID number in the replica Region."""
    return connect.queue_config(REPLICA, INSTANCE, queue).get("OutboundCallerIdNumberId", "").rpartition("/")[2]


def test_a_stack_sets_a_queue_and_its_deletion_gives_back_what_the_queue_had(
    stack: Stack, template: Template, connect: ConnectControl
) -> None:
    assert stack.deploy(template(Sales=sets(SALES_QUEUE, OutboundCallerIdName="Sales"))) == "CREATE_COMPLETE"
    assert name_of(connect, SALES_QUEUE) == "Sales"
    assert stack.delete() is None
    assert name_of(connect, SALES_QUEUE) == "Sales west before"


def test_a_groups_number_by_its_uuid_reaches_the_replica_queue(
    stack: Stack, template: Template, connect: ConnectControl
) -> None:
    stack.deploy(template(Sales=sets(SALES_QUEUE, OutboundCallerIdNumberId=GROUP_NUMBER)))
    assert number_of(connect, SALES_QUEUE) == GROUP_NUMBER


def test_a_groups_number_that_was_the_queues_own_comes_back(
    stack: Stack, template: Template, connect: ConnectControl
) -> None:
    stack.deploy(template(Basic=sets(BASIC_QUEUE, OutboundCallerIdNumberId="+15035550102")))
    assert number_of(connect, BASIC_QUEUE) != GROUP_NUMBER
    stack.delete()
    assert number_of(connect, BASIC_QUEUE) == GROUP_NUMBER


def test_another_queue_replaces_the_resource_and_the_first_queue_gets_back_its_own(
    stack: Stack, template: Template, connect: ConnectControl
) -> None:
    stack.deploy(template(Main=sets(SALES_QUEUE, OutboundCallerIdName="Main")))
    assert stack.deploy(template(Main=sets(SUPPORT_QUEUE, OutboundCallerIdName="Main"))) == "UPDATE_COMPLETE"
    assert name_of(connect, SUPPORT_QUEUE) == "Main"
    assert name_of(connect, SALES_QUEUE) == "Sales west before"


def test_a_new_logical_id_for_the_same_queue_loses_nothing(
    stack: Stack, template: Template, connect: ConnectControl
) -> None:
    stack.deploy(template(Old=sets(SALES_QUEUE, OutboundCallerIdName="Sales")))
    assert stack.deploy(template(New=sets(SALES_QUEUE, OutboundCallerIdName="Sales"))) == "UPDATE_COMPLETE"
    assert name_of(connect, SALES_QUEUE) == "Sales"
    stack.delete()
    assert name_of(connect, SALES_QUEUE) == "Sales west before"


def test_an_update_that_fails_elsewhere_is_rolled_back_on_the_queue_too(
    stack: Stack, template: Template, connect: ConnectControl
) -> None:
    stack.deploy(template(A=sets(SALES_QUEUE, OutboundCallerIdName="One")))
    failing = template(
        A=sets(SALES_QUEUE, OutboundCallerIdName="Two"),
        B={**sets(SUPPORT_QUEUE, OutboundCallerIdNumberId=NOBODYS)},
    )
    failing["Resources"]["B"]["DependsOn"] = "A"
    assert stack.deploy(failing) == "UPDATE_ROLLBACK_COMPLETE"
    assert name_of(connect, SALES_QUEUE) == "One"
    assert connect.queue_config(REPLICA, INSTANCE, SUPPORT_QUEUE) == {}


def test_a_rename_that_is_rolled_back_leaves_the_first_owner_in_force(
    stack: Stack, template: Template, connect: ConnectControl
) -> None:
    stack.deploy(template(Old=sets(SALES_QUEUE, OutboundCallerIdName="One")))
    failing = template(
        New=sets(SALES_QUEUE, OutboundCallerIdName="Two"), B=sets(SUPPORT_QUEUE, OutboundCallerIdNumberId=NOBODYS)
    )
    failing["Resources"]["B"]["DependsOn"] = "New"
    assert stack.deploy(failing) == "UPDATE_ROLLBACK_COMPLETE"
    assert name_of(connect, SALES_QUEUE) == "One"
    stack.delete()
    assert name_of(connect, SALES_QUEUE) == "Sales west before"


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (sets(SALES_QUEUE, OutboundCallerIdNumberId=NOBODYS), f"…{NOBODYS[-4:]}"),
        ({**sets(SALES_QUEUE, OutboundCallerIdName="x"), "DeletionBehaviour": "CLEAR"}, "DeletionBehaviour"),
        (sets(SALES_QUEUE), "OutboundCallerConfig"),
    ],
    ids=["a number that nobody has", "a misspelt property", "nothing to set"],
)
def test_what_cannot_be_is_refused_with_its_name_and_nothing_is_written(
    stack: Stack, template: Template, connect: ConnectControl, properties: dict[str, object], reason: str
) -> None:
    assert stack.deploy(template(Wrong=properties)) == "ROLLBACK_COMPLETE"
    assert reason in stack.failures()[0]
    assert len(stack.failures()[0]) <= 240
    assert not [call for call in connect.journal("UpdateQueueOutboundCallerConfig") if call.effect]
    assert stack.delete() is None


def test_a_second_stack_takes_over_and_gives_back_to_the_first(
    stack: Stack, template: Template, connect: ConnectControl, local_aws: LocalAws
) -> None:
    stack.deploy(template(Sales=sets(SALES_QUEUE, OutboundCallerIdName="First")))
    second = Stack(local_aws, REPLICA, f"{stack.name}-second")
    second.deploy(template(Sales=sets(SALES_QUEUE, OutboundCallerIdName="Second")))
    assert name_of(connect, SALES_QUEUE) == "Second"
    second.delete()
    assert name_of(connect, SALES_QUEUE) == "First"


def test_the_queues_ledger_goes_with_the_last_resource(
    stack: Stack, template: Template, connect: ConnectControl, local_aws: LocalAws
) -> None:
    stack.deploy(template(Sales=sets(SALES_QUEUE, OutboundCallerIdName="Sales")))
    ledger = f"/queue-outbound-caller-config/{INSTANCE}/{SALES_QUEUE}"
    ssm = local_aws.client("ssm", REPLICA)
    assert ssm.get_parameter(Name=ledger)["Parameter"]["Value"]
    stack.delete()
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=ledger)
