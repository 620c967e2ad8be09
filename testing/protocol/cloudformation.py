"""CloudFormation's part, as its user guide tells it: the events, and which answers it takes.

`CloudFormation` delivers events as Lambda does: once, or again after a death (up to twice), and collects the answers. `stack.py`
chooses the events and their order.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from testing.local_aws.surroundings import ACCOUNT

from .answer_box import LARGEST_ANSWER, SECRETS, AnswerBox
from .cancelled import Cancel, UnderWay
from .function import CREDENTIALS, REMAINING, Accident, Function, Invocation
from .stack_records import StackRecords

Properties = Mapping[str, Any]
TYPE = "Custom::ConnectQueueOutboundCallerConfig"
SERVICE_TOKEN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:queue-outbound-caller-config"
LONGEST_PHYSICAL_ID = 1024
LONGEST_REASON = 256
DELIVERIES = 3
"""How often Lambda delivers an asynchronous event whose invocation fails: once, and two more times."""
_SETTLES = 10.0
"""Seconds after which an answer that has not come to the box does not come."""


class BrokenProtocol(AssertionError):
    """The function answered what CloudFormation does not take, or said in its log what it must not."""


@dataclass
class Outcome:
    """What came of one event.

    Attributes:
        event: as it was sent.
        invocations: each delivery.
        answer: what CloudFormation took; None when no answer came.
        cancelled: whether CloudFormation went on without it, and takes no answer any more.
    """

    event: dict[str, Any]
    invocations: list[Invocation] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    cancelled: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the answer was SUCCESS."""
        return self.answer is not None and self.answer["Status"] == "SUCCESS" and not self.cancelled

    @property
    def physical_id(self) -> str:
        """The physical id answered, or the one that CloudFormation makes up for a Create that never answered."""
        if self.answer is not None and not self.cancelled:
            return str(self.answer["PhysicalResourceId"])
        if "PhysicalResourceId" in self.event:
            return str(self.event["PhysicalResourceId"])
        stack = self.event["StackId"].split("/")[1]
        return f"{stack}-{self.event['LogicalResourceId']}-1A2B3C4D5E6F"

    @property
    def reason(self) -> str:
        """The reason answered, or none."""
        return str(self.answer["Reason"]) if self.answer else ""

    @property
    def data(self) -> dict[str, str]:
        """The attributes answered."""
        return dict(self.answer["Data"]) if self.answer else {}

    @property
    def last(self) -> Invocation:
        """The last delivery."""
        return self.invocations[-1]

    def must_succeed(self) -> Outcome:
        """Returns itself; an answer that is not SUCCESS is a failed test, with the log."""
        if not self.succeeded:
            logs = "\n".join(invocation.log for invocation in self.invocations)
            raise AssertionError(f"{self.event['RequestType']}: {self.reason or 'no answer'}\n{logs}")
        return self

    def must_fail(self, *parts: str) -> Outcome:
        """Returns itself; the answer must be FAILED with a reason that has these parts."""
        if self.answer is None or self.succeeded or any(part not in self.reason for part in parts):
            raise AssertionError(f"{self.event['RequestType']}: {self.answer}\n{self.last.log}")
        return self


class CloudFormation:
    """Delivers events and collects answers.

    Arguments:
        function: the function.
        box: where its answers go.
        records: where it writes down what becomes of its stacks' resources; its own, unless given.
    """

    def __init__(self, function: Function, box: AnswerBox, records: StackRecords | None = None) -> None:
        self.function = function
        self.box = box
        self.records = records or StackRecords()
        self.accidents: deque[tuple[Accident, ...]] = deque()
        """What happens to the deliveries to come: one entry each, none: nothing."""
        self.history: list[Outcome] = []
        self.deliveries = DELIVERIES
        self._issued: dict[tuple[str, str], datetime] = {}
        self._under_way: dict[tuple[str, str], UnderWay] = {}

    def event(self, request_type: str, stack_id: str, logical_id: str, properties: Properties, **more: Any) -> Any:
        """Returns a new event, with an address of its own to answer to."""
        request_id = str(uuid.uuid4())
        issued = self._issue((stack_id, logical_id))
        return {
            "RequestType": request_type,
            "ServiceToken": SERVICE_TOKEN,
            "ResponseURL": self.box.url(request_id, f"{issued:%Y%m%dT%H%M%SZ}"),
            "StackId": stack_id,
            "RequestId": request_id,
            "LogicalResourceId": logical_id,
            "ResourceType": TYPE,
            "ResourceProperties": {"ServiceToken": SERVICE_TOKEN, **properties},
            **more,
        }

    def _issue(self, owner: tuple[str, str]) -> datetime:
        """Returns when an event is sent: now, but at least a second after the one before it of the same resource."""
        now = datetime.fromtimestamp(self.function.now(), UTC).replace(microsecond=0)
        before = self._issued.get(owner)
        self._issued[owner] = now if before is None else max(now, before + timedelta(seconds=1))
        return self._issued[owner]

    def send(self, event: dict[str, Any], *, deliveries: int | None = None, **how: Any) -> Outcome:
        """Sends an event: Lambda delivers it until an invocation ends well, `deliveries` times at most.

        Arguments:
            event: the event.
            deliveries: DELIVERIES unless given.
            **how: as in `Function.invoke`; `accidents` come from the list of those to come unless given.
        """
        overtaken = self._under_way.pop(_owner(event), None)
        if overtaken is not None:
            how = {**overtaken.how_the_next_one_runs(), **how}
        own = self.records.begin(event)
        outcome = self._deliver(Outcome(event), deliveries or self.deliveries, **how)
        if own:
            self.records.end(event, outcome.succeeded, outcome.physical_id)
        if overtaken is not None:
            overtaken.finish()
        return outcome

    def begin(self, event: dict[str, Any], cancel: Cancel) -> Outcome:
        """Sends an event that CloudFormation cancels while it is running; the next one of its resource supersedes it."""
        outcome = Outcome(event, cancelled=True)
        own = self.records.begin(event)
        self._under_way[_owner(event)] = UnderWay(cancel, lambda **how: self._deliver(outcome, 1, **how))
        if own:
            self.records.end(event, succeeded=False, physical_id=outcome.physical_id)
        return outcome

    def _deliver(self, outcome: Outcome, deliveries: int, **how: Any) -> Outcome:
        for _ in range(deliveries):
            accidents = how.pop("accidents", None) or (self.accidents.popleft() if self.accidents else ())
            invocation = self.function.invoke(outcome.event, accidents=accidents, **how)
            outcome.invocations.append(invocation)
            check_log(invocation.log)
            if invocation.ended and invocation.problem is None:
                break
        return self._collect(outcome, how.get("remaining", REMAINING))

    def send_at_once(self, *events: dict[str, Any], **how: Any) -> list[Outcome]:
        """Sends events side by side, each in an execution environment of its own."""
        outcomes: dict[int, Outcome] = {}

        def one(index: int, event: dict[str, Any]) -> None:
            outcomes[index] = self.send(event, **how)

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(events)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [outcomes[index] for index in range(len(events))]

    def _collect(self, outcome: Outcome, remaining: float) -> Outcome:
        """Checks what came to the box as CloudFormation would, and more strictly."""
        slot = self.box.slot(outcome.event["RequestId"])
        if slot.taken:
            outcome.answer = slot.taken[0].answer
        self.history.append(outcome)
        for put in slot.puts:
            _check_answer(put.body, put.content_type, outcome)
        ends = [invocation for invocation in outcome.invocations if invocation.ended]
        for invocation in ends:
            if invocation.seconds > remaining:
                raise BrokenProtocol(f"took {invocation.seconds:.1f} s of {remaining:.0f} s\n{invocation.log}")
        return outcome

    def check_answered_once(self, outcome: Outcome, deliveries: int = 1) -> None:
        """Each delivery that ended has put exactly one answer; all of them say the same id."""
        slot = self.box.slot(outcome.event["RequestId"])
        if len(slot.taken) != deliveries:
            raise BrokenProtocol(f"{len(slot.taken)} answers to {deliveries} deliveries")


def check_log(text: str) -> None:
    """Raises BrokenProtocol for a log that shows a response URL, a signature or a credential."""
    for secret in (*SECRETS, *CREDENTIALS.values(), "ResponseURL", "https://127.0.0.1", "Authorization"):
        if secret in text:
            raise BrokenProtocol(f"the log shows {secret}:\n{text}")


def _owner(event: Mapping[str, Any]) -> tuple[str, str]:
    return event["StackId"], event["LogicalResourceId"]


def _check_answer(body: bytes, content_type: str | None, outcome: Outcome) -> None:
    answer = json.loads(body)
    event = outcome.event
    problems = [
        problem
        for problem, wrong in {
            f"{len(body)} bytes": len(body) >= LARGEST_ANSWER,
            f"content type {content_type!r}": content_type != "",
            "status": answer["Status"] not in {"SUCCESS", "FAILED"},
            "physical id": not 1 <= len(str(answer.get("PhysicalResourceId") or "")) <= LONGEST_PHYSICAL_ID,
            "no reason": answer["Status"] == "FAILED" and not answer.get("Reason"),
            "long reason": len(answer.get("Reason") or "") > LONGEST_REASON,
            "a Delete's physical id": event["RequestType"] == "Delete"
            and answer["PhysicalResourceId"] != event["PhysicalResourceId"],
            "Data": not all(isinstance(value, str) for value in (answer.get("Data") or {}).values()),
            "another event's": any(
                answer[name] != event[name] for name in ("StackId", "RequestId", "LogicalResourceId")
            ),
        }.items()
        if wrong
    ]
    if problems:
        raise BrokenProtocol(f"CloudFormation does not take this answer ({', '.join(problems)}): {body!r}")


def wait_for(condition: Any, seconds: float = _SETTLES) -> bool:
    """Waits until a condition holds, and says whether it does."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def accident(do: str, when: str = "before", **which: Any) -> tuple[Accident, ...]:
    """Returns one accident as the entry of one delivery."""
    return (Accident(do, when, **which),)


def flat(outcomes: Iterable[Outcome]) -> list[str]:
    """Returns the calls of AWS that were made for some events, in order."""
    return [call for outcome in outcomes for invocation in outcome.invocations for call in invocation.calls]
