"""The Lambda function's entry point: CloudFormation's events to the lifecycle, through crhelper."""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from .arns import Queue
from .aws_faults import is_out_of_reach
from .connect_api import ConnectApi
from .errors import CameTooLate, InvalidProperties, OutOfTime, Refused
from .event import FAILED_CREATE, Event, MalformedEvent, out_of_sns
from .ledger_store import LedgerStore
from .lifecycle import Lifecycle, Result
from .numbers import Numbers
from .pacing import Pacer
from .properties import ResourceProperties
from .reporting import Report
from .response import Answering
from .schedule import turn_from
from .withdrawal import ENDS_WITHIN, Withdrawal
from .writer import Writer

_RESERVE = 20.0
"""Seconds kept back for the answer and the log; of a shorter time limit, a fifth."""
_CANCELLED_PATIENCE = 300.0
"""Seconds for which the Delete of a Create that was cancelled, or never answered, waits for it, unless it was seen to have
written: more than any invocation of 450 at once without a schedule takes, and more than Lambda lets pass before it delivers an
event a third time (three minutes)."""

logger = logging.getLogger(__name__)
if not logging.getLogger().handlers:  # Lambda's runtime sets one up; elsewhere the log goes the same way
    logging.basicConfig(stream=sys.stdout)

_once = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 1})
"""Trying again is the pacer's part."""


@cache
def _client(service: str, region: str) -> Any:
    """Returns boto3's client, one for each service and Region in an execution environment."""
    return boto3.client(service, region_name=region, config=_once)


_answering = Answering()
for _service in ("connect", "ssm"):  # while the environment starts, when Lambda gives the most CPU
    _client(_service, os.environ.get("AWS_REGION", "us-east-1"))


def handler(event: dict[str, Any], context: Any) -> None:
    """Handles one event of CloudFormation and answers it. What is none of CloudFormation's is logged, by what it lacks."""
    try:
        event = out_of_sns(event)
        parsed = Event.parse(event)
    except MalformedEvent as problem:
        logger.error("not handled: %s", problem)
        return
    _Handling(parsed, context).answer(event)


class _Handling:
    """One event being handled."""

    def __init__(self, event: Event, context: Any) -> None:
        self._event = event
        self._context = context
        self._report = Report(event)
        reserve = min(_RESERVE, self._left() / 5)
        turn = turn_from(os.environ, event.owner.logical_id)
        self._calls = Pacer(lambda: self._left() - reserve, turn=turn)
        self._ledger_calls = Pacer(lambda: self._left() - reserve)

    def answer(self, event: dict[str, Any]) -> None:
        """Lets crhelper call the function for the event's type, and answer."""
        _answering.create(lambda _event, _context: self._create())
        _answering.update(lambda _event, _context: self._update())
        _answering.delete(lambda _event, _context: self._delete())
        _answering.on_answer = self._log
        _answering(event, self._context)

    def _called(self, operation: str) -> None:
        """Notes a call that is about to be made; raises OutOfTime when CloudFormation was told of a time-out already.

        What it sends then, a Delete of a Create that failed, say, must not meet what is still under way here.
        """
        if _answering.answered:
            raise OutOfTime(f"{operation}: not called, since CloudFormation was told that the time is up")
        self._report.calls.append(operation)

    def _left(self) -> float:
        return float(self._context.get_remaining_time_in_millis()) / 1000

    def _log(self, status: str, reason: str) -> None:
        self._report.emit(
            status,
            reason,
            throttled=self._calls.throttled,
            timed_out=reason == "Execution timed out" or "no time left" in reason,
        )

    def _create(self) -> str:
        _answering.PhysicalResourceId = self._event.nothing_id
        properties = ResourceProperties.parse(self._event.properties, self._event.stack)
        _answering.PhysicalResourceId = self._event.failed_id(properties.queue)
        try:
            result = self._life_on(properties.queue).put(properties, known_before=False)
        except CameTooLate:
            _answering.PhysicalResourceId = self._event.nothing_id
            raise
        except Refused as problem:
            if set(self._report.calls) == {"GetParameter"} and is_out_of_reach(problem.code):
                # The very first call. So nothing was written, and no Delete could look: permission is lacking, or the Region of
                # an ARN is none. After any other refusal one must look: this event, or an earlier delivery of it that died in
                # the midst of it, may have written.
                _answering.PhysicalResourceId = self._event.nothing_id
            raise
        return self._done(result)

    def _update(self) -> str:
        physical_id = self._event.physical_id or self._event.nothing_id
        _answering.PhysicalResourceId = physical_id
        properties = ResourceProperties.parse(self._event.properties, self._event.stack)
        known_before = properties.queue.physical_id == physical_id
        result = self._life_on(properties.queue).put(properties, known_before=known_before)
        self._leave_queue_of_failed_update(properties.queue, physical_id)
        return self._done(result)

    def _leave_queue_of_failed_update(self, queue: Queue, physical_id: str) -> None:
        """Takes this owner off the queue that a failed Update was to move it to.

        CloudFormation rolls a failed Update back with another, old and new properties swapped. The queue that the failed one
        was about stands in the old properties then. It is not the one of the physical id, so no Delete comes for it.
        """
        try:
            other = ResourceProperties.parse(self._event.old_properties, self._event.stack).queue
        except InvalidProperties:
            return
        if other != queue and other.physical_id != physical_id:
            self._report.decided(f"rolled back: leaves queue {other.id}")
            # That one has nearly always ended, in failure, and left no trace. But it may have been cancelled before its turn.
            self._life_on(other).withdrawal.overtake(self._patience(ENDS_WITHIN))

    def _delete(self) -> str:
        physical_id = self._event.physical_id or self._event.nothing_id
        _answering.PhysicalResourceId = physical_id
        known, _, failed_create = physical_id.partition(FAILED_CREATE)
        queue = Queue.from_physical_id(known)
        if queue is not None:
            self._life_on(queue).withdrawal.delete(failed_create)
        elif physical_id == self._event.nothing_id:
            self._report.decided("nothing was created: nothing to do")
        else:
            self._undo_create_without_answer()
        return physical_id

    def _undo_create_without_answer(self) -> None:
        """Takes back what a Create has begun, or is about to begin, whose answer CloudFormation did not have.

        It makes an id up then, so that only the properties say which queue the Create was about: where they name one, this
        owner's layer there is undone. Nothing in them makes the Delete fail, and no other owner's layer is touched. The Create
        may still be under way: CloudFormation cancels it when another resource fails, and does not wait for it.
        """
        try:
            queue = ResourceProperties.parse(self._event.properties, self._event.stack).queue
        except InvalidProperties:
            self._report.decided("the physical id names no queue, and neither do the properties: nothing to do")
            return
        self._report.decided("the physical id names no queue: what a Create without an answer did is undone")
        self._life_on(queue).withdrawal.overtake(self._patience(_CANCELLED_PATIENCE))

    def _patience(self, seconds: float) -> float:
        """Returns for how long an earlier event can be waited for, which without dates could not be told from a new one."""
        return min(seconds, self._left() / 3) if self._event.issued else 0.0

    def _done(self, result: Result) -> str:
        _answering.Data.update(result.attributes)
        return result.physical_id

    def _life_on(self, queue: Queue) -> Lifecycle:
        self._report.facts["queue"] = queue.arn
        region = queue.place.region
        api = ConnectApi(_client("connect", region), queue, self._calls, self._called)
        store = LedgerStore(_client("ssm", region), queue.ledger_name, self._ledger_calls, self._called)
        numbers = Numbers(api)
        writer = Writer(api, numbers, self._report.warn)
        withdrawal = Withdrawal(self._event, api, store, writer, self._report)
        return Lifecycle(queue, self._event, api, store, numbers, writer, self._report, withdrawal)
