"""The answer to CloudFormation: delivered once, whole, in time, whatever its address does; crhelper's known bugs, one by one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
from queue_outbound_caller_config_provider.response import Answering

from testing.local_aws import LocalAws
from testing.protocol.cloudformation import LONGEST_REASON, Outcome
from testing.protocol.stack import Stack
from testing.protocol.world import BASELINE, NAME, World, by_id, started


@pytest.fixture(scope="module")
def played(ministack: LocalAws) -> Iterator[World]:
    """The world of the protocol tests."""
    with started(ministack) as world:
        yield world


def create(world: World, *, refusals: tuple[int, ...] = (), delay: float = 0.0, **how: Any) -> tuple[Stack, Outcome]:
    """Sends a Create whose address refuses or dawdles."""
    stack = world.stack()
    cloudformation = stack._cloudformation
    event = cloudformation.event("Create", stack.id, "A", world.queue().declare(name="A"))
    slot = world.box.slot(event["RequestId"])
    slot.refusals, slot.delay = list(refusals), delay
    return stack, cloudformation.send(event, **how)


def test_an_answer_is_put_once(played: World) -> None:
    _, outcome = create(played)
    slot = played.box.slot(outcome.event["RequestId"])
    assert [put.status for put in slot.puts] == [200]
    assert slot.puts[0].content_type == "", "S3 signs an empty content type"


@pytest.mark.parametrize("refusals", [(500,), (503, 500, 502), (429,), (408, 500)])
def test_an_address_that_fails_is_tried_again_until_it_takes_the_answer(
    played: World, refusals: tuple[int, ...]
) -> None:
    _, outcome = create(played, refusals=refusals)
    outcome.must_succeed()
    assert len(outcome.invocations) == 1
    slot = played.box.slot(outcome.event["RequestId"])
    assert [put.status for put in slot.puts] == [*refusals, 200]
    assert len({put.body for put in slot.puts}) == 1


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_address_that_refuses_for_good_is_not_tried_again(played: World, status: int) -> None:
    _, outcome = create(played, refusals=(status,) * 50)
    assert outcome.answer is None
    assert len(outcome.invocations) == 1, "delivering the event again would meet the same refusal"
    assert len(played.box.slot(outcome.event["RequestId"]).puts) == 1
    assert f"HTTP {status}" in outcome.last.log


def test_an_address_that_fails_for_ever_makes_lambda_deliver_again(played: World) -> None:
    _, outcome = create(played, refusals=(500,) * 1000)
    assert outcome.answer is None
    assert [invocation.problem for invocation in outcome.invocations] == ["AnswerNotDelivered"] * 3
    assert all(invocation.seconds < 130 for invocation in outcome.invocations), "not until Lambda ends it"


def test_a_slow_address_is_waited_for(played: World) -> None:
    _, outcome = create(played, delay=1.5)
    outcome.must_succeed()
    assert len(played.box.slot(outcome.event["RequestId"]).puts) == 1


def test_an_address_slower_than_an_attempt_waits_gets_the_same_answer_again(played: World) -> None:
    _, outcome = create(played, delay=10.5, hurry=1, remaining=24, deliveries=1)
    puts = played.box.slot(outcome.event["RequestId"]).puts
    assert len(puts) > 1
    assert len({put.body for put in puts}) == 1


def test_an_address_that_refuses_connections_is_tried_again_and_then_left_to_lambda(played: World) -> None:
    queue, stack = played.queue(), played.stack()
    cloudformation = stack._cloudformation
    event = cloudformation.event("Create", stack.id, "A", queue.declare(name="A"))
    good, event["ResponseURL"] = event["ResponseURL"], played.box.nobody(event["RequestId"])
    outcome = cloudformation.send(event)
    assert [invocation.problem for invocation in outcome.invocations] == ["AnswerNotDelivered"] * 3
    assert "could not be sent (attempt 1): ConnectionRefusedError" in outcome.last.log
    assert queue.config[NAME] == "A"
    cloudformation.send({**event, "ResponseURL": good}).must_succeed()
    cloudformation.send(
        cloudformation.event("Delete", stack.id, "A", queue.declare(name="A"), PhysicalResourceId=queue.physical_id)
    ).must_succeed()
    assert (queue.config, queue.ledger) == (by_id(BASELINE), None)


def test_a_delete_does_not_sleep_two_minutes(played: World) -> None:
    queue, stack = played.queue(), played.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    assert stack.delete("A").must_succeed().last.seconds < 60


def test_a_long_reason_keeps_its_head(played: World) -> None:
    queue, stack = played.queue(), played.stack()
    properties = {**queue.declare(name="A" * 256), **{f"Misspelt{index}": "x" for index in range(40)}}
    failed = stack.create("A", properties).must_fail("Misspelt0 is not a property of this resource")
    assert failed.reason.startswith("Misspelt0")
    assert len(failed.reason) <= 240 < LONGEST_REASON
    assert failed.physical_id
    stack.destroy()


def test_text_that_cannot_be_encoded_is_answered_all_the_same(played: World) -> None:
    stack = played.stack()
    failed = stack.create("A", played.queue().declare(name="\ud800"))
    failed.must_fail("surrogate")
    stack.create("B", {"Half \udc00": "x"}).must_fail("is not a property")


@pytest.mark.parametrize(
    "event", [None, [], "text", {}, {"RequestType": "Create"}, {"RequestType": "Test", "StackId": "x"}]
)
def test_what_is_no_event_of_cloudformation_is_logged_and_not_answered(played: World, event: object) -> None:
    invocation = played.function.invoke(event)
    assert (invocation.ended, invocation.problem, invocation.calls) == (True, None, [])
    assert "not handled" in invocation.log


# crhelper's known bugs that need its class itself


class _Context:
    aws_request_id = "request"
    function_name = "function"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


@pytest.fixture
def event(played: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Create that this process answers."""
    monkeypatch.setenv("SSL_CERT_FILE", str(played.box.ca_bundle))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")  # a local run, so that this machine may be answered
    return played.cloudformation().event("Create", played.stack().id, "A", {})


def puts(world: World, event: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the answers that were put."""
    return [put.answer for put in world.box.slot(event["RequestId"]).puts]


def test_polling_clients_are_not_made() -> None:
    before = dict(os.environ)
    answering = Answering(lambda _: "", lambda *_: None)
    assert not [name for name in vars(answering) if name.endswith("_client")]
    assert dict(os.environ) == before


def test_crhelper_never_logs_at_debug() -> None:
    logging.getLogger("crhelper").setLevel(logging.DEBUG)
    Answering(lambda _: "", lambda *_: None)
    assert not logging.getLogger("crhelper.resource_helper").isEnabledFor(logging.DEBUG)


def test_an_error_outside_the_functions_is_answered_once_with_a_physical_id(played: World, event: Any) -> None:
    def fails(*_: str) -> None:
        raise RuntimeError("outside")

    Answering(lambda _: "", fails).handle(event, _Context())
    answers = puts(played, event)
    assert len(answers) == 1
    assert answers[0]["PhysicalResourceId"]


def test_a_time_out_is_answered_once_with_a_physical_id(played: World, event: Any) -> None:
    class Short(_Context):
        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 400

    def slow(answering: Answering) -> str:
        answering._timer.join()
        return "late"

    Answering(slow, lambda *_: None).handle(event, Short())
    answers = puts(played, event)
    assert [answer["Status"] for answer in answers] == ["FAILED"]
    assert answers[0]["Reason"] == "The function timed out while it waited for AWS. Deploy again"
    assert answers[0]["PhysicalResourceId"]


def test_an_error_without_words_still_has_a_physical_id_and_a_reason(played: World, event: Any) -> None:
    def fails(_: Answering) -> str:
        raise RuntimeError

    Answering(fails, lambda *_: None).handle(event, _Context())
    answer = puts(played, event)[0]
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"]
    assert answer["Reason"], "CloudFormation wants a reason with FAILED"
