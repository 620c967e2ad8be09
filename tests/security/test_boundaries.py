"""Whoever can reach the function can do no more than what it is for: events of other accounts, forged dates, odd addresses."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import Any

import pytest
from queue_outbound_caller_config_provider import handler
from queue_outbound_caller_config_provider.timing import GRACE, LONGEST_EVENT, READ_AGE

from emulator.connect.arns import Account
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, OTHER_ACCOUNT, PRIMARY, SUPPORT_QUEUE
from tests.integration.stack import Context, Resource
from tests.integration.world import OURS, UPDATE, World, properties

THEIRS = Account("aws", OTHER_ACCOUNT)
CHINA = Account("aws-cn", OURS.id)


def stack_id(account: Account) -> str:
    """Returns the id of a stack in an account."""
    return f"arn:{account.partition}:cloudformation:{PRIMARY}:{account.id}:stack/theirs/0"


def of(account: Account) -> dict[str, Any]:
    """Returns properties whose ARNs are all of an account."""
    queue = account.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE)
    return {**properties(name="Theirs"), "InstanceId": account.instance(PRIMARY, INSTANCE), "QueueId": queue}


# Events of another account or partition


@pytest.mark.parametrize("account", [THEIRS, CHINA], ids=["another account", "another partition"])
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_an_event_of_a_foreign_stack_is_refused_without_a_call(world: World, kind: str, account: Account) -> None:
    resource = Resource(changes={"StackId": stack_id(account)})
    resource.physical_id = OURS.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE) + "/outbound-caller-config"
    answer = resource.send(kind, properties(name="Theirs"), old={})
    assert not answer.ok
    assert answer.reason.startswith(f"StackId is of account {account.id} in {account.partition}")
    assert answer.calls == []


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_function_that_does_not_know_its_own_account_serves_nobody(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Resource, "function_arn", "unknown")
    resource = Resource(changes={"ServiceToken": "unknown"})
    resource.physical_id = OURS.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE) + "/outbound-caller-config"
    answer = resource.send(kind, properties(name="Ours"), old={})
    assert not answer.ok
    assert "nobody knows which account it serves" in answer.reason
    assert answer.calls == []


@pytest.mark.parametrize("account", [THEIRS, CHINA], ids=["another account", "another partition"])
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_foreign_instance_and_queue_are_refused_without_a_call(world: World, kind: str, account: Account) -> None:
    resource = Resource()
    resource.physical_id = OURS.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE) + "/outbound-caller-config"
    for only in ({}, {"InstanceId": INSTANCE}, {"QueueId": SUPPORT_QUEUE}):
        answer = resource.send(kind, {**of(account), **only}, old={})
        assert not answer.ok
        assert answer.reason.startswith(f"InstanceId or QueueId is of account {account.id} in {account.partition}")
        assert answer.calls == []


@pytest.mark.parametrize("account", [THEIRS, CHINA], ids=["another account", "another partition"])
def test_a_delete_of_a_foreign_physical_id_is_refused_without_a_call(world: World, account: Account) -> None:
    resource = Resource()
    resource.physical_id = account.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE) + "/outbound-caller-config"
    answer = resource.delete()
    assert not answer.ok
    assert account.id in answer.reason
    assert answer.calls == []


def test_an_update_away_from_a_foreign_queue_does_not_call_for_it(world: World) -> None:
    """The queue of the old properties is the one that a failed Update would have been about."""
    resource = Resource()
    assert resource.create(properties(name="Ours")).ok
    world.clients.used.clear()
    resource.send("Update", properties(name="Ours, changed"), old=of(CHINA))
    assert {service for service, _ in world.clients.used} <= {"connect", "ssm"}
    assert {call.input["QueueId"] for call in world.calls()} == {SUPPORT_QUEUE}


# Dates


def url(date: str) -> str:
    """Returns an address that was signed at a date."""
    return f"https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/answer?X-Amz-Date={date}Z"


def test_a_date_in_the_future_does_not_outrank_the_owners_later_events(world: World) -> None:
    resource = Resource()
    assert resource.create(properties(name="First")).ok
    resource.response_url = url("99991231T235959")
    assert resource.update(properties(name="Forged")).ok
    resource.response_url = url(time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time())))
    answer = resource.update(properties(name="Owner's own"))
    assert answer.ok
    assert answer.data["OutboundCallerIdName"] == world.config()["OutboundCallerIdName"] == "Owner's own"
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


def test_a_date_a_little_ahead_is_a_clocks(world: World) -> None:
    """Clocks differ by minutes: such a date still orders the owner's events."""
    resource = Resource(response_url=url(time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() + 600))))
    assert resource.create(properties(name="Later")).ok
    resource.response_url = url(time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() - 600)))
    assert not resource.update(properties(name="Earlier")).ok
    assert world.config()["OutboundCallerIdName"] == "Later"


# Ledgers that somebody else wrote


def test_a_ledger_that_names_a_region_which_cannot_be_stops_neither_an_update_nor_the_drift_watch(world: World) -> None:
    """Only a Delete has to know what is declared there. Its failure says why."""
    resource = Resource()
    assert resource.create(properties(name="Ours")).ok
    ((_, name),) = world.ledgers()
    ssm = world.aws.client("ssm", PRIMARY)
    for reached in ("Update", "drift watch", "Delete"):
        was = ssm.get_parameter(Name=name)["Parameter"]
        forged = json.loads(was["Value"]) | {"after": was["Version"]}
        forged["ledger"]["twin"] = "evil.example.com"
        ssm.put_parameter(Name=name, Value=json.dumps(forged), Overwrite=True)
        if reached == "Update":
            answer = resource.update(properties(name="Changed"))
            assert answer.ok
            assert any("the ledger in evil.example.com could not be read" in one for one in answer.log["warnings"])
        elif reached == "drift watch":
            time.sleep(LONGEST_EVENT)
            world.set_config({"OutboundCallerIdName": "By hand"})
            asked = {"QueueOutboundCallerConfigDriftWatch": {"instances": [INSTANCE], "repair": True}}
            found = handler.handler(asked, Context())
            assert found is not None
            assert (found["Drifted"], found["Repaired"]) == (1, 1)
        else:
            assert resource.delete().reason.startswith("The ledger in evil.example.com cannot be read")
    assert world.config()["OutboundCallerIdName"] == "Changed"


# Deletes that CloudFormation did not send


def test_a_delete_with_a_made_up_id_does_not_keep_the_function_busy(
    world: World, answers: list[dict[str, Any]]
) -> None:
    """CloudFormation says that it is not deleting the resource. Of one that it does not know, a cancelled Create may yet come."""
    resource = Resource(stack="forged", response_url=url(time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time()))))
    known = properties(queue=BASIC_QUEUE, name="Ours")
    assert resource.create(known).ok
    resource.physical_id = "forged-CallerConfig-1X2Y3Z4A5B6C"
    elsewhere = properties(name="Not mine")  # a queue where it has no layer
    unknown = replace(resource, logical_id="Unknown")
    for forged, status, most_seconds in ((resource, "FAILED", 5), (unknown, "SUCCESS", GRACE + READ_AGE + 10)):
        began = time.time()
        with handled(forged.event("Delete", elsewhere)) as printed:
            calls = json.loads(printed.splitlines()[-1])["calls"]
        assert answers[-1]["Status"] == status
        assert time.time() - began < most_seconds
        assert len(calls) < 20
    assert "CloudFormation is not carrying out this Delete" in answers[-2]["Reason"]
    assert (world.config(), len(world.ledgers())) == ({}, 1)


# How much one stack may take of a queue


def test_a_stack_has_at_most_three_layers_on_a_queue_and_leaves_room_for_others(world: World) -> None:
    resources = [Resource(logical_id=f"Config{at}") for at in range(3)]
    for resource in resources:
        assert resource.create(properties(name=resource.logical_id)).ok
    fourth = Resource(logical_id="Config3")
    answer = fourth.create(properties(name="One too many"))
    assert not answer.ok
    assert "3 other configs on the queue already (Config0, Config1, Config2)" in answer.reason
    assert world.config()["OutboundCallerIdName"] == "Config2"
    assert fourth.delete().ok
    other = Resource(stack="another")
    assert other.create(properties(name="Another stack")).ok
    assert resources[0].update(properties(name="Still ours")).ok
    for resource in (*resources, other):
        assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


# Text of an event in the log


@contextmanager
def handled(event: Any) -> Iterator[str]:
    """Handles an event with crhelper's log on, and yields what was printed."""
    output = io.StringIO()
    with redirect_stdout(output):
        handler.handler(event, Context())
    yield output.getvalue()


@pytest.mark.parametrize("logical_id", ["100%d", "%(levelname)200000000s", "%s%s%s", "%"])
def test_a_logical_id_is_never_a_format(
    world: World, answers: list[dict[str, Any]], caplog: pytest.LogCaptureFixture, logical_id: str
) -> None:
    caplog.set_level(logging.INFO)
    for given in (properties(name="Any"), {}):
        with handled(Resource(logical_id=logical_id).event("Create", given)) as printed:
            assert json.loads(printed.splitlines()[-1])["logicalResourceId"] == logical_id
    assert [answer["Status"] for answer in answers] == ["SUCCESS", "FAILED"]
    assert {answer["LogicalResourceId"] for answer in answers} == {logical_id}
    assert max((len(caplog.handler.format(record)) for record in caplog.records), default=0) < 10_000


def test_crhelpers_own_keys_of_an_event_count_for_nothing(world: World, answers: list[dict[str, Any]]) -> None:
    own = {
        "CrHelperPoll": True,
        "CrHelperData": {"QueueArn": "injected"},
        "CrHelperPermission": "x",
        "CrHelperRule": "y",
    }
    with handled({**Resource().event("Create", properties(name="Any")), **own}):
        pass
    assert [answer["Status"] for answer in answers] == ["SUCCESS"]
    assert answers[0]["Data"]["QueueArn"] == OURS.queue(PRIMARY, INSTANCE, SUPPORT_QUEUE)
    assert world.config()["OutboundCallerIdName"] == "Any"


# Not events


@pytest.mark.parametrize("depth", [500, 5000, 100_000])
def test_a_message_of_sns_that_is_nested_deep_is_refused_once(
    world: World, answers: list[dict[str, Any]], caplog: pytest.LogCaptureFixture, depth: int
) -> None:
    with handled({"Records": [{"Sns": {"Message": "[" * depth + "]" * depth}}]}):
        pass
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["not handled"]
    assert answers == []


@pytest.mark.parametrize("named", ["Revision", "OutboundCallerConfig", "QueueId"])
def test_a_property_that_is_nested_deep_is_answered(world: World, answers: list[dict[str, Any]], named: str) -> None:
    """Any value of Revision is as good as another."""
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    with handled(Resource().event("Create", {**properties(name="Any"), named: deep})):
        pass
    assert [answer["Status"] for answer in answers] == ["SUCCESS" if named == "Revision" else "FAILED"]
    assert bool(world.calls(UPDATE)) == (named == "Revision")


def test_a_number_stands_in_no_message_or_log_in_full(world: World) -> None:
    for number in ("+12065559999", "+1 206 555 9999", "12065559999", "+120655599999999999"):
        right = properties(queue=BASIC_QUEUE, number=number)
        config = "OutboundCallerConfig"
        for given in (
            right,
            properties(queue=BASIC_QUEUE, flow=number),
            {**right, "InstanceId": number},
            {**right, "DeletionBehavior": number},
            {**right, number: "x"},
            {**right, config: number},
            {**right, config: [right[config]]},
            {**right, config: {"OutboundCallerIdNumberId": [number]}},
        ):
            answer = Resource().create(given)
            assert not answer.ok
            for text in (answer.reason, json.dumps(answer.log)):
                assert "206555" not in text
                assert "206 555" not in text


def test_a_message_has_nothing_that_steers_a_terminal(world: World) -> None:
    for given in ({"QueueId": "\x1b[31mred\x9b0m\r\n\x00"}, {"\x1b]0;title\x07": "x"}):
        answer = Resource().create({**properties(name="Any"), **given})
        assert not answer.ok
        assert answer.reason.isprintable()
