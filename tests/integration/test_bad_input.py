"""Mistakes that only the deployment sees: a clear reason, nothing written, and a stack that rolls back and deletes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from emulator.connect import Flow
from emulator.connect.arns import Account
from emulator.connect.sample import (
    BASIC_QUEUE,
    INBOUND_FLOW,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_ACCOUNT,
    OTHER_INSTANCE,
    OTHER_INSTANCE_QUEUE,
    OTHER_INSTANCE_WHISPER,
    PRIMARY,
    QUEUE_FLOW,
    REPLICA,
    SUPPORT_QUEUE,
    WHISPER,
)
from tests.integration.stack import Answer, Resource
from tests.integration.world import OURS, UPDATE, World, properties

THEIRS = Account("aws", OTHER_ACCOUNT)
CHINA = Account("aws-cn", OURS.id)
GOOD = properties(name="Support", number=OURS.number(PRIMARY, INSTANCE_NUMBER), flow=WHISPER)
CONFIG = GOOD["OutboundCallerConfig"]


@dataclass(frozen=True)
class Mistake:
    """A mistake, and what the reason must say.

    Attributes:
        properties: the resource's, whole.
        named: the property that the reason names.
        fix: a piece of what it says to do.
    """

    properties: dict[str, Any]
    named: str
    fix: str


def top(named: str, value: object, fix: str) -> Mistake:
    """A property of the resource with another value."""
    return Mistake({**GOOD, named: value}, named, fix)


def member(named: str, value: object, fix: str) -> Mistake:
    """A member of OutboundCallerConfig with another value."""
    return Mistake({**GOOD, "OutboundCallerConfig": {**CONFIG, named: value}}, named, fix)


def number(value: object, fix: str) -> Mistake:
    """Another number."""
    return member("OutboundCallerIdNumberId", value, fix)


def flow(value: object, fix: str) -> Mistake:
    """Another flow."""
    return member("OutboundFlowId", value, fix)


def without(*names: str) -> dict[str, Any]:
    """The good properties without some."""
    return {name: value for name, value in GOOD.items() if name not in names}


PUT_IN_PLACE = "Add it"
SEEN_IN_THE_TEXT = {
    "no InstanceId": Mistake(without("InstanceId"), "InstanceId", PUT_IN_PLACE),
    "no QueueId": Mistake(without("QueueId"), "QueueId", PUT_IN_PLACE),
    "no OutboundCallerConfig": Mistake(without("OutboundCallerConfig"), "OutboundCallerConfig", PUT_IN_PLACE),
    "nothing to set": top("OutboundCallerConfig", {}, "at least one of OutboundCallerIdName, OutboundCallerIdNumberId"),
    "a config that is text": top("OutboundCallerConfig", "Support", "an object with OutboundCallerIdName"),
    "a config that is a list": top("OutboundCallerConfig", [CONFIG], "an object with OutboundCallerIdName"),
    "an unknown property": Mistake({**GOOD, "Priority": "5"}, "Priority", "Valid names are InstanceId, QueueId"),
    "a misspelt property": Mistake({**GOOD, "DeletionBehaviour": "CLEAR"}, "DeletionBehaviour", "DeletionBehavior?"),
    "an unknown member": member("Colour", "red", "Valid names are OutboundCallerIdName"),
    "a misspelt member": member("OutboundCallerIDName", "Support", "Did you mean OutboundCallerIdName?"),
    "a deletion behavior that there is not": top("DeletionBehavior", "Keep", "RESTORE, CLEAR or RETAIN"),
    "a deletion behavior that is a list": top("DeletionBehavior", ["CLEAR"], "RESTORE, CLEAR or RETAIN"),
    "an instance that is a list": top("InstanceId", [INSTANCE], "Write it as a string"),
    "an instance that is empty": top("InstanceId", "", "Give it a value"),
    "an instance by its alias": top("InstanceId", "example", "UUID"),
    "an instance that is a queue": top("InstanceId", GOOD["QueueId"], "instance/ID"),
    "a queue that is a number": top("QueueId", 7, "Write it as a string"),
    "a queue that is empty": top("QueueId", "", "Give it a value"),
    "a queue by its name": top("QueueId", "BasicQueue", "UUID"),
    "a queue that is an instance": top("QueueId", GOOD["InstanceId"], "queue/ID"),
    "a queue that is a flow": top("QueueId", OURS.flow(PRIMARY, INSTANCE, WHISPER), "queue/ID"),
    "a queue of another service": top("QueueId", f"arn:aws:sqs:{PRIMARY}:{OURS.id}:jobs", "connect"),
    "a queue of another Region": top("QueueId", OURS.queue(REPLICA, INSTANCE, SUPPORT_QUEUE), "same Region"),
    "a queue of another account": top("QueueId", THEIRS.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE), "same account"),
    "a queue of another partition": top("QueueId", CHINA.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE), "same partition"),
    "a queue of another instance": top(
        "QueueId", OURS.queue(PRIMARY, OTHER_INSTANCE, OTHER_INSTANCE_QUEUE), "same instance"
    ),
    "a name that is a list": member("OutboundCallerIdName", ["Support"], "Write it as a string"),
    "a name that is null": member("OutboundCallerIdName", None, "Write it as a string"),
    "a name that is empty": member("OutboundCallerIdName", "", "leave the property out"),
    "a name that is too long": member("OutboundCallerIdName", "x" * 256, "Give 1 to 255"),
    "a name that is far too long": member("OutboundCallerIdName", "é" * 100_000, "Give 1 to 255"),
    "a name that is no Unicode": member("OutboundCallerIdName", "Sup\ud800port", "valid Unicode"),
    "a number that is an object": number({"Ref": "Number"}, "Write it as a string"),
    "a number that is empty": number("", "leave the property out"),
    "a number without its plus": number("12065550100", "+15551234567"),
    "a number as a person writes it": number("+1 206 555 0100", "+15551234567"),
    "a number with too many digits": number("+1234567890123456", "+15551234567"),
    "a number of no country": number("+0206555", "+15551234567"),
    "a number that is no id": number(INSTANCE_NUMBER[:-1], "its id"),
    "a number that is a long text": number("x" * 4000, "its id"),
    "a number that is a queue": number(GOOD["QueueId"], "phone-number/ID"),
    "a number of another service": number(f"arn:aws:sms-voice:{PRIMARY}:{OURS.id}:phone-number/1", "phone-number/ID"),
    "a number of another account": number(THEIRS.number(PRIMARY, INSTANCE_NUMBER), "same account"),
    "a number of another partition": number(CHINA.number("cn-north-1", INSTANCE_NUMBER), "same partition"),
    "a V1 number of another account": number(THEIRS.number_v1(PRIMARY, INSTANCE, INSTANCE_NUMBER), "same account"),
    "a number's ARN without a Region": number(f"arn:aws:connect::{OURS.id}:phone-number/{INSTANCE_NUMBER}", "ARN"),
    "a flow that is a list": flow([WHISPER], "Write it as a string"),
    "a flow that is empty": flow("", "leave the property out"),
    "a flow by its name": flow("Default outbound", "UUID"),
    "a flow that is a queue": flow(GOOD["QueueId"], "contact-flow/ID"),
    "a flow of another service": flow(f"arn:aws:states:{PRIMARY}:{OURS.id}:stateMachine:x", "connect"),
    "a flow of another Region": flow(OURS.flow(REPLICA, INSTANCE, WHISPER), "same Region"),
    "a flow of another account": flow(THEIRS.flow(PRIMARY, INSTANCE, WHISPER), "same account"),
    "a flow of another partition": flow(CHINA.flow(PRIMARY, INSTANCE, WHISPER), "same partition"),
    "a flow of another instance": flow(OURS.flow(PRIMARY, OTHER_INSTANCE, OTHER_INSTANCE_WHISPER), "same instance"),
}
"""What the text alone gives away: no call of AWS is made."""

SEEN_BY_THE_SERVICE = {
    "a flow for inbound calls": flow(INBOUND_FLOW, "outbound whisper"),
    "a flow for customers in the queue, by ARN": flow(OURS.flow(PRIMARY, INSTANCE, QUEUE_FLOW), "outbound whisper"),
    "a flow of another instance, by id": flow(OTHER_INSTANCE_WHISPER, "Use one of its outbound whisper flows"),
    "a queue of another instance, by id": top("QueueId", OTHER_INSTANCE_QUEUE, "Check QueueId"),
    "an instance that there is not": Mistake(
        {**GOOD, "InstanceId": BASIC_QUEUE, "QueueId": SUPPORT_QUEUE}, "InstanceId", "Check QueueId, InstanceId"
    ),
    "a V1 number of nobody": number(OURS.number_v1(PRIMARY, INSTANCE, BASIC_QUEUE), "Claim it there"),
}
"""What only Amazon Connect knows."""

MISTAKES = SEEN_IN_THE_TEXT | SEEN_BY_THE_SERVICE


@pytest.fixture(params=MISTAKES)
def case(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def check_reason(answer: Answer, mistake: Mistake) -> None:
    """It fits, names the property, and says what to do."""
    assert not answer.ok
    assert len(answer.reason) <= 240
    assert mistake.named in answer.reason
    assert mistake.fix in answer.reason


def check_untouched(world: World, before: dict[tuple[str, str], dict[str, str]]) -> None:
    """Nothing was written: no call took effect, and every queue has what it had."""
    assert not [call for call in world.calls(UPDATE) if call.effect]
    assert world.connect.configs() == before


def test_a_create_fails_with_a_clear_reason_and_its_rollback_succeeds(world: World, case: str) -> None:
    mistake, resource, before = MISTAKES[case], Resource(), world.connect.configs()
    answer = resource.create(mistake.properties)
    check_reason(answer, mistake)
    check_untouched(world, before)
    assert world.ledgers() == {}
    if case in SEEN_IN_THE_TEXT:
        assert answer.calls == []
    assert answer.physical_id
    assert resource.delete().ok
    check_untouched(world, before)
    assert world.ledgers() == {}


def test_an_update_fails_with_a_clear_reason_and_its_rollback_and_delete_succeed(world: World, case: str) -> None:
    mistake, resource, before = MISTAKES[case], Resource(), world.connect.configs()
    assert resource.create(GOOD).ok
    deployed, ledgers = world.connect.configs(), world.ledgers().keys()
    world.connect.clear_journal()
    answer = resource.update(mistake.properties)
    check_reason(answer, mistake)
    check_untouched(world, deployed)
    assert answer.physical_id == resource.physical_id
    assert resource.roll_back_update(mistake.properties).ok
    check_untouched(world, deployed)
    assert world.ledgers().keys() == ledgers
    assert resource.delete().ok
    assert world.connect.configs() == before
    assert world.ledgers() == {}


def test_all_mistakes_of_a_resource_are_named_at_once(world: World) -> None:
    wrong = {
        "InstanceId": "example",
        "QueueId": "x" * 300,
        "OutboundCallerConfig": {"OutboundCallerIdName": "", "OutboundCallerIdNumberId": "1", "OutboundFlowId": "f"},
        "DeletionBehavior": "KEEP",
        "Typo": "1",
    }
    answer = Resource().create(wrong)
    for name in (*wrong, "OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId"):
        assert name in answer.reason or name == "OutboundCallerConfig"
    assert len(answer.reason) <= 240
    assert answer.calls == []


def test_what_to_do_is_told_even_after_long_words_of_the_service(world: World) -> None:
    world.connect.fail(UPDATE, "InvalidParameterException", message="It is not so. " * 40)
    answer = Resource().create(GOOD)
    assert answer.reason.startswith("InvalidParameterException: It is not so.")
    assert answer.reason.endswith("OutboundFlowId (an outbound whisper flow)")
    assert len(answer.reason) <= 240


def test_a_flow_that_becomes_another_type_does_not_keep_the_stack_from_being_deleted(world: World) -> None:
    """The baseline's flow is refused as invalid, which no one can fix on a Delete."""
    world.set_config({"OutboundCallerIdName": "Before", "OutboundFlowId": WHISPER})
    resource = Resource()
    assert resource.create(properties(flow=world_flow(world))).ok
    world.connect.put_flow(PRIMARY, INSTANCE, Flow(WHISPER, type="CONTACT_FLOW"))
    answer = resource.delete()
    assert answer.ok
    assert answer.log["warnings"]
    assert world.config() == {"OutboundCallerIdName": "Before"}
    assert world.ledgers() == {}


def world_flow(world: World) -> str:
    """Returns another outbound whisper flow."""
    new = replace(Flow(INBOUND_FLOW), type="OUTBOUND_WHISPER")
    world.connect.put_flow(PRIMARY, INSTANCE, new)
    return new.id
