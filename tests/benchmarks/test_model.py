"""CloudFormation as the benchmarks play it: who starts when."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.answers import AnswerBox
from benchmarks.model import CloudFormation, Resource

CHAIN = {
    "First": Resource({"Name": "1"}),
    "Second": Resource({"Name": "2"}, frozenset({"First"})),
    "Third": Resource({"Name": "3"}, frozenset({"Second"})),
    "Alone": Resource({"Name": "4"}),
}


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[AnswerBox]:
    """Where functions put their answers."""
    box = AnswerBox(tmp_path)
    yield box
    box.stop()


class Function:
    """A function that notes its events and answers them at once, one of them with a failure."""

    def __init__(self, answers: AnswerBox, fails: str = "") -> None:
        self.events: list[dict[str, Any]] = []
        self.delays: list[float] = []
        self.at: dict[str, float] = {}
        self._context = ssl.create_default_context(cafile=str(answers.certificate.authority))
        self._fails = fails

    def invoke(self, event: dict[str, Any], delay: float) -> None:
        self.events.append(event)
        self.delays.append(delay)
        self.at[event["LogicalResourceId"]] = time.monotonic()
        threading.Timer(delay, self._answer, [event]).start()

    def _answer(self, event: dict[str, Any]) -> None:
        name = event["LogicalResourceId"]
        failed = name == self._fails
        url = urlsplit(event["ResponseURL"])
        answer = {
            "Status": "FAILED" if failed else "SUCCESS",
            "Reason": "no reason" if failed else "",
            "LogicalResourceId": name,
            "PhysicalResourceId": f"physical-{name}",
        }
        connection = HTTPSConnection(url.netloc, timeout=10, context=self._context)
        connection.request("PUT", f"{url.path}?{url.query}", json.dumps(answer))
        connection.getresponse().read()
        connection.close()

    @property
    def order(self) -> list[str]:
        return [event["LogicalResourceId"] for event in self.events]


def test_a_resource_starts_once_what_it_depends_on_is_done(answers: AnswerBox) -> None:
    """All others start at once."""
    function = Function(answers)
    operation = CloudFormation("S", "us-east-1", answers, function.invoke, gap=0.0, cold_start=0.0).create(CHAIN)
    assert operation.succeeded == 4
    assert [name for name in function.order if name != "Alone"] == ["First", "Second", "Third"]
    assert set(function.order[:2]) == {"First", "Alone"}
    assert operation.most_at_once == 2


def test_delete_goes_in_the_reverse_order_with_the_physical_ids(answers: AnswerBox) -> None:
    """A resource is deleted before what it depends on."""
    function = Function(answers)
    stack = CloudFormation("S", "us-east-1", answers, function.invoke, gap=0.0, cold_start=0.0)
    stack.create(CHAIN)
    function.events.clear()
    stack.delete()
    assert [name for name in function.order if name != "Alone"] == ["Third", "Second", "First"]
    assert {event["PhysicalResourceId"] for event in function.events} == {f"physical-{name}" for name in CHAIN}


def test_update_has_the_properties_before(answers: AnswerBox) -> None:
    """As CloudFormation's event has them."""
    function = Function(answers)
    stack = CloudFormation("S", "us-east-1", answers, function.invoke, gap=0.0, cold_start=0.0)
    stack.create({"One": Resource({"Name": "before"})})
    stack.update({"One": Resource({"Name": "after"})})
    event = function.events[-1]
    assert event["RequestType"] == "Update"
    assert event["OldResourceProperties"]["Name"] == "before"
    assert event["ResourceProperties"]["Name"] == "after"


def test_the_gap_lies_between_an_answer_and_what_waited_for_it(answers: AnswerBox) -> None:
    """0.3 s here."""
    function = Function(answers)
    CloudFormation("S", "us-east-1", answers, function.invoke, gap=0.3, cold_start=0.0).create(CHAIN)
    assert function.at["Second"] - function.at["First"] >= 0.3
    assert function.at["Alone"] - function.at["First"] < 0.2


def test_only_an_environment_that_is_new_starts_cold(answers: AnswerBox) -> None:
    """Two at first; what comes after finds one of them free."""
    function = Function(answers)
    CloudFormation("S", "us-east-1", answers, function.invoke, gap=0.0, cold_start=0.2).create(CHAIN)
    assert function.delays == [0.2, 0.2, 0.0, 0.0]


def test_an_event_that_meets_the_limit_of_concurrent_executions_is_tried_again(answers: AnswerBox) -> None:
    """After 1 s. Three resources start at once here, of which two may run."""
    function = Function(answers)
    at_once = {name: Resource({}) for name in ("One", "Two", "Three")}
    stack = CloudFormation("S", "us-east-1", answers, function.invoke, gap=0.0, cold_start=0.1, limit=2)
    operation = stack.create(at_once)
    assert (operation.succeeded, operation.most_at_once, operation.sent_back) == (3, 2, 1)
    assert function.at["Three"] - function.at["One"] >= 1.0
    assert function.delays == [0.1, 0.1, 0.0]


def test_failures_are_counted_with_their_reasons(answers: AnswerBox) -> None:
    """And the others go on, unlike in CloudFormation."""
    function = Function(answers, fails="First")
    operation = CloudFormation("S", "us-east-1", answers, function.invoke, gap=0.0, cold_start=0.0).create(CHAIN)
    assert operation.succeeded == 3
    assert operation.failures == ["no reason"]


def test_a_function_that_never_answers_is_given_up(answers: AnswerBox) -> None:
    """After as long as the model is told to be patient."""
    stack = CloudFormation("S", "us-east-1", answers, lambda _event, _delay: None, patience=0.2)
    operation = stack.create(CHAIN)
    assert operation.succeeded == 0
    assert operation.failures == ["no answer"] * 4
