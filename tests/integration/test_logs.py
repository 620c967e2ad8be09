"""The function's log: one line an event with what was decided and why, and no secret, whatever level is set."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from testing.local_aws import LocalAws
from testing.protocol.answer_box import SECRETS
from testing.protocol.cloudformation import BrokenProtocol, accident, check_log
from testing.protocol.function import CREDENTIALS, Accident
from testing.protocol.world import BASELINE, FLOW, NUMBER, World, started


@pytest.fixture(scope="module", params=[None, "DEBUG", "TRACE"])
def played(request: pytest.FixtureRequest, ministack: LocalAws) -> Iterator[World]:
    """The world of the protocol tests; the function's log level as Lambda's settings have it."""
    level = {"TRACE": "NOTSET"}.get(request.param, request.param)
    with started(ministack, environment={"AWS_LAMBDA_LOG_LEVEL": level} if level else None) as world:
        yield world


def test_no_log_shows_an_address_a_signature_or_a_credential(played: World) -> None:
    """Those of all protocol tests are looked through when each is written, and once more when their servers end."""
    queue, stack = played.queue(), played.stack()
    stack.create("A", queue.declare(name="A")).must_succeed()
    stack.update("A", queue.declare(name="B", number="nonsense")).must_fail("nonsense")
    stack.update("A", queue.declare(number="+12065559999")).must_fail("ResourceNotFoundException")
    refused = (Accident("refuse", number=2, onward=True), Accident("drop", number=1))
    stack.delete("A", accidents=refused).must_fail()
    stack.delete("A", accidents=accident("kill", "after", number=3), deliveries=1)
    event = stack._cloudformation.event("Delete", stack.id, "A", {}, PhysicalResourceId=queue.physical_id)
    stack._cloudformation.send({**event, "ResponseURL": played.box.nobody(event["RequestId"])})
    logs = [log.read_text() for log in played.logs.iterdir()]
    assert len(logs) >= 8
    for log in logs:
        check_log(log)


@pytest.mark.parametrize("secret", [*SECRETS, *CREDENTIALS.values(), "ResponseURL"])
def test_a_secret_in_a_log_would_be_found(secret: str) -> None:
    with pytest.raises(BrokenProtocol):
        check_log(f"something {secret} something")


def test_each_event_writes_one_line_of_json_with_what_was_decided_and_why(played: World) -> None:
    queue, stack, other = played.queue(), played.stack("one"), played.stack("two")
    stack.create("A", queue.declare(name="A"))
    report = other.create("B", queue.declare(name="B")).must_succeed().last.report
    name = other.id.split("/")[1]
    assert report["requestType"] == "Create"
    assert report["logicalResourceId"] == "B"
    assert report["queue"] == queue.arn
    assert report["baseline"] == {"name": "Before", "number": BASELINE[NUMBER], "flow": BASELINE[FLOW]}
    assert report["layers"] == [f"{stack.id.split('/')[1]}/A", f"{name}/B"]
    assert report["effective"] == {"name": "B", "number": BASELINE[NUMBER], "flow": BASELINE[FLOW]}
    assert report["decisions"] == [
        "the queue differs from the effective config: write",
        "the queue has the effective config: no write",  # the first owner might still have been writing
    ]
    assert report["calls"] == [call.partition(":")[2] for call in other._cloudformation.history[-1].last.calls]
    assert report["status"] == "SUCCESS"
    assert len(report["warnings"]) == 1


def test_every_other_line_is_json_too(played: World) -> None:
    queue, stack = played.queue(), played.stack()
    lines = stack.create("A", queue.declare(number="+12065559999")).must_fail().last.log.splitlines()
    if "AWS_LAMBDA_LOG_LEVEL" in played.function.environment:  # then the runtime's own lines have a format of their own
        lines = [line for line in lines if line.startswith("{")]
    assert len(lines) == 2
    for line in lines:
        assert isinstance(json.loads(line), dict)
