"""Numbers that are not claimed yet, or could not be, and numbers that lost their plus on the way."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from emulator.connect import PhoneNumber
from emulator.connect.sample import INSTANCE, PRIMARY, WHISPER
from emulator.connect.seed import identifier
from tests.integration.stack import Resource
from tests.integration.world import OURS, UPDATE, World, properties

NEW = PhoneNumber(identifier("a number being claimed"), "+12065550177", PRIMARY, instance_id=INSTANCE)
FORMS = {"V2 ARN": OURS.number(PRIMARY, NEW.id), "UUID": NEW.id, "E.164": NEW.number}


@pytest.fixture(params=FORMS)
def number(request: pytest.FixtureRequest) -> str:
    """The number in each form."""
    return FORMS[request.param]


@pytest.mark.parametrize("before", [{}, {"OutboundFlowId": WHISPER}], ids=["no flow", "flow"])
def test_a_number_whose_claim_is_in_progress_is_waited_for(
    world: World, number: str, before: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Amazon Connect does not say what it did not find, so the queue's own flow must not be left out for it."""
    world.set_config(before)
    world.connect.put_number(replace(NEW, status="IN_PROGRESS"))
    sleep, waits = time.sleep, list[float]()

    def claimed_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            world.connect.put_number(NEW)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", claimed_meanwhile)
    answer = Resource().create(properties(number=number))
    assert (answer.ok, answer.log["warnings"]) == (True, [])
    assert world.config()["OutboundCallerIdNumberId"].endswith(NEW.id)
    assert world.config().get("OutboundFlowId") == before.get("OutboundFlowId")
    assert waits[:3] == [5.0, 5.0, 5.0]


def test_a_claim_that_takes_too_long_is_told_from_one_that_nobody_made(world: World, number: str) -> None:
    world.connect.put_number(replace(NEW, status="IN_PROGRESS"))
    began = time.monotonic()
    resource = Resource()
    answer = resource.create(properties(number=number))
    assert not answer.ok
    assert "its claim is still in progress. Deploy again once it is claimed" in answer.reason
    assert 60 <= time.monotonic() - began < 90
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


def test_a_claim_that_failed_is_said_to_have(world: World, number: str) -> None:
    world.connect.put_number(replace(NEW, status="FAILED"))
    resource = Resource()
    answer = resource.create(properties(number=number))
    assert not answer.ok
    assert "its claim failed" in answer.reason
    assert "Release it and claim another one" in answer.reason
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == ({}, {})


def test_an_update_to_a_number_whose_claim_failed_leaves_the_queue_as_it_was(world: World, number: str) -> None:
    world.connect.put_number(replace(NEW, status="FAILED"))
    resource = Resource()
    assert resource.create(properties(name="Before")).ok
    failed = properties(name="After", number=number)
    assert not resource.update(failed).ok
    assert resource.roll_back_update(failed).ok
    assert world.config() == {"OutboundCallerIdName": "Before"}


@pytest.mark.parametrize("form", ["V2 ARN", "UUID"])
def test_a_number_that_is_no_longer_listed_while_it_is_claimed_is_waited_for_too(world: World, form: str) -> None:
    world.connect.set_settings(unfinished_numbers="not listed")
    world.connect.put_number(replace(NEW, status="IN_PROGRESS"))
    assert "its claim is still in progress" in Resource().create(properties(number=FORMS[form])).reason


# YAML without quotes


@pytest.mark.parametrize(
    "written", ["12065550100", "1.20655501E10", "1.20655501e+10", "12065550100.0", 12065550100, 1.20655501e10]
)
def test_a_number_without_quotes_is_told_to_be_put_in_quotes(world: World, written: object) -> None:
    resource = Resource()
    wrong = properties(name="Any")
    wrong["OutboundCallerConfig"]["OutboundCallerIdNumberId"] = written
    answer = resource.create(wrong)
    assert not answer.ok
    assert "OutboundCallerIdNumberId" in answer.reason
    assert 'Put it in quotes, for example "+15551234567"' in answer.reason
    assert "206555" not in answer.reason
    assert answer.calls == []
    assert not world.calls(UPDATE)
    assert resource.delete().ok


@pytest.mark.parametrize("written", [True, None, [], {}])
def test_other_values_are_told_to_be_no_text(world: World, written: object) -> None:
    wrong = properties(name="Any")
    wrong["OutboundCallerConfig"]["OutboundCallerIdNumberId"] = written
    assert "not a string. Write it as a string" in Resource().create(wrong).reason
