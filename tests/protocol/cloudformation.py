"""CloudFormation's part, as its user guide and FACTS tell it: which events come, in which order, with which ids.

`CloudFormation` delivers events as Lambda does: once, or again after a death (up to twice), and collects the answers.
`Stack.deploy` plays a whole deployment: new logical ids and changes first, replaced and removed resources at the end, and when
something fails, a rollback: Updates with old and new properties swapped, then Deletes of what is new.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws.surroundings import ACCOUNT

from .answer_box import LARGEST_ANSWER, SECRETS, AnswerBox
from .function import CREDENTIALS, REMAINING, Accident, Function, Invocation

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


class Stuck(AssertionError):
    """A stack cannot go on: what it needed to undo or to clean up keeps failing."""


@dataclass
class Outcome:
    """What came of one event.

    Attributes:
        event: as it was sent.
        invocations: each delivery.
        answer: what CloudFormation took; None when no answer came.
    """

    event: dict[str, Any]
    invocations: list[Invocation] = field(default_factory=list)
    answer: dict[str, Any] | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the answer was SUCCESS."""
        return self.answer is not None and self.answer["Status"] == "SUCCESS"

    @property
    def physical_id(self) -> str:
        """The physical id answered, or the one that CloudFormation makes up for a Create that never answered."""
        if self.answer is not None:
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
    """

    def __init__(self, function: Function, box: AnswerBox) -> None:
        self.function = function
        self.box = box
        self.accidents: deque[tuple[Accident, ...]] = deque()
        """What happens to the deliveries to come: one entry each, none: nothing."""
        self.history: list[Outcome] = []
        self.deliveries = DELIVERIES

    def event(self, request_type: str, stack_id: str, logical_id: str, properties: Properties, **more: Any) -> Any:
        """Returns a new event, with an address of its own to answer to."""
        request_id = str(uuid.uuid4())
        return {
            "RequestType": request_type,
            "ServiceToken": SERVICE_TOKEN,
            "ResponseURL": self.box.url(request_id),
            "StackId": stack_id,
            "RequestId": request_id,
            "LogicalResourceId": logical_id,
            "ResourceType": TYPE,
            "ResourceProperties": {"ServiceToken": SERVICE_TOKEN, **properties},
            **more,
        }

    def send(self, event: dict[str, Any], *, deliveries: int | None = None, **how: Any) -> Outcome:
        """Sends an event: Lambda delivers it until an invocation ends well, `deliveries` times at most.

        Arguments:
            event: the event.
            deliveries: DELIVERIES unless given.
            **how: as in `Function.invoke`; `accidents` come from the list of those to come unless given.
        """
        outcome = Outcome(event)
        for _ in range(deliveries or self.deliveries):
            accidents = how.pop("accidents", None) or (self.accidents.popleft() if self.accidents else ())
            invocation = self.function.invoke(event, accidents=accidents, **how)
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


@dataclass
class Resource:
    """A resource as CloudFormation remembers it."""

    physical_id: str
    properties: dict[str, Any]


@dataclass
class Deployment:
    """What came of a deployment.

    Attributes:
        succeeded: whether it was rolled back otherwise.
        outcomes: of its events, in order.
    """

    succeeded: bool
    outcomes: list[Outcome]

    @property
    def events(self) -> list[str]:
        """The events' types, in order."""
        return [outcome.event["RequestType"] for outcome in self.outcomes]

    @property
    def reasons(self) -> list[str]:
        """The reasons of what failed."""
        return [outcome.reason for outcome in self.outcomes if not outcome.succeeded]


_STACKS = itertools.count(1)


class Stack:
    """A stack and what it holds.

    Arguments:
        cloudformation: who sends its events.
        name: its name; a new id each time.
        region: where it is.
        patience: how often a rollback or a clean-up is tried again ("continue update rollback", "delete stack" once more).
    """

    def __init__(
        self, cloudformation: CloudFormation, name: str = "stack", region: str = "us-east-1", patience: int = 0
    ) -> None:
        self.id = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}-{next(_STACKS)}/{uuid.uuid4()}"
        self.resources: dict[str, Resource] = {}
        self.patience = patience
        self._cloudformation = cloudformation

    # Single events

    def create(self, logical_id: str, properties: Properties, **how: Any) -> Outcome:
        """Sends a Create. What it answers is remembered, failed or not: the Delete after a failure needs its id."""
        outcome = self._send("Create", logical_id, properties, **how)
        self.resources[logical_id] = Resource(outcome.physical_id, dict(properties))
        return outcome

    def update(self, logical_id: str, properties: Properties, **how: Any) -> Outcome:
        """Sends an Update; what is remembered changes when it succeeds."""
        known = self.resources[logical_id]
        outcome = self._send(
            "Update",
            logical_id,
            properties,
            PhysicalResourceId=known.physical_id,
            OldResourceProperties={"ServiceToken": SERVICE_TOKEN, **known.properties},
            **how,
        )
        if outcome.succeeded:
            self.resources[logical_id] = Resource(outcome.physical_id, dict(properties))
        return outcome

    def delete(self, logical_id: str, resource: Resource | None = None, **how: Any) -> Outcome:
        """Sends a Delete of a logical id's resource, or of one that it had before."""
        going = resource or self.resources[logical_id]
        outcome = self._send("Delete", logical_id, going.properties, PhysicalResourceId=going.physical_id, **how)
        if resource is None and outcome.succeeded:
            del self.resources[logical_id]
        return outcome

    def _send(self, request_type: str, logical_id: str, properties: Properties, **more: Any) -> Outcome:
        how = {name: more.pop(name) for name in ("accidents", "remaining", "hurry", "deliveries") if name in more}
        event = self._cloudformation.event(request_type, self.id, logical_id, properties, **more)
        return self._cloudformation.send(event, **how)

    # Whole deployments

    def deploy(self, template: Mapping[str, Properties], *, then_fails: bool = False) -> Deployment:
        """Brings the stack to a template, or back.

        Arguments:
            template: the properties of each logical id.
            then_fails: some other resource of the stack fails after these, so that all is rolled back.

        Raises Stuck when the rollback or the clean-up fails more often than the stack has patience.
        """
        outcomes: list[Outcome] = []
        before = {
            logical_id: Resource(known.physical_id, known.properties) for logical_id, known in self.resources.items()
        }
        tried: list[str] = []
        failed = then_fails
        for logical_id, properties in template.items():
            known = self.resources.get(logical_id)
            if known is not None and known.properties == dict(properties):
                continue
            tried.append(logical_id)
            outcomes.append((self.update if known else self.create)(logical_id, properties))
            if not outcomes[-1].succeeded:
                failed = True
                break
        if failed:
            self._roll_back(tried, before, template, outcomes)
        else:
            for logical_id in tried:
                if logical_id in before and before[logical_id].physical_id != self.resources[logical_id].physical_id:
                    self._again(outcomes, lambda it=logical_id: self.delete(it, before[it]))
            for logical_id in list(self.resources):
                if logical_id not in template:
                    self._again(outcomes, lambda it=logical_id: self.delete(it))
        return Deployment(not failed, outcomes)

    def destroy(self) -> list[Outcome]:
        """Deletes the stack."""
        outcomes: list[Outcome] = []
        for logical_id in list(self.resources):
            self._again(outcomes, lambda it=logical_id: self.delete(it))
        return outcomes

    def _roll_back(
        self,
        tried: list[str],
        before: dict[str, Resource],
        template: Mapping[str, Properties],
        outcomes: list[Outcome],
    ) -> None:
        clean_up: list[tuple[str, Resource | None]] = []
        failures = {
            outcome.event["LogicalResourceId"]: outcome.physical_id for outcome in outcomes if not outcome.succeeded
        }
        for logical_id in reversed(tried):
            if logical_id not in before:
                clean_up.append((logical_id, None))
                continue
            now = self.resources[logical_id]
            new = Resource(failures.get(logical_id, now.physical_id), dict(template[logical_id]))
            now.properties = new.properties  # the old ones in the swapped Update
            self._again(outcomes, lambda it=logical_id, was=new: self._update_back(it, before[it], was))
            if new.physical_id != self.resources[logical_id].physical_id:
                clean_up.append((logical_id, new))
        for logical_id, resource in clean_up:
            self._again(outcomes, lambda it=logical_id, what=resource: self.delete(it, what))

    def _update_back(self, logical_id: str, old: Resource, new: Resource) -> Outcome:
        outcome = self.update(logical_id, old.properties)
        if not outcome.succeeded:
            self.resources[logical_id].properties = new.properties
        return outcome

    def _again(self, outcomes: list[Outcome], send: Any) -> None:
        for _ in range(self.patience + 1):
            outcomes.append(send())
            if outcomes[-1].succeeded:
                return
        raise Stuck(f"{outcomes[-1].event['RequestType']}: {outcomes[-1].reason}\n{outcomes[-1].last.log}")


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
