"""The Lambda function's entry point: one event of CloudFormation, or of the drift watch, to its operation."""

import logging
import os
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import boto3
from botocore.config import Config

from .arns import Place, Queue, function_place
from .aws import Aws
from .connect_api import ConnectApi
from .declare import declare
from .drift_watch import WATCH, DriftWatch
from .errors import InvalidProperty, OutOfTime
from .event import Event, MalformedEvent, out_of_sns
from .ledger_store import LedgerStore
from .owners import Owners
from .pacing import Pacer
from .reconcile import Reconciler
from .remove import delete
from .replica import Parts
from .reporting import Report
from .response import Answering, seconds_left
from .schedule import TimeSlot, time_slot_from
from .settings import LedgerSettings
from .timing import CONNECT_TIMEOUT, READ_TIMEOUT, RESERVE, TWIN_TIMEOUT

logger = logging.getLogger(__name__)
logging.basicConfig(stream=sys.stdout)  # does nothing on Lambda, whose runtime has added a handler


@cache
def _client(service: str, region: str, *, hasty: bool = False) -> Any:
    """Returns boto3's client, one for each service and Region in an execution environment.

    Args:
        service: The service.
        region: The Region.
        hasty: Whether it gives up soon, as for a Region that may be down. In any case, only the pacer tries again.
    """
    connect, read = (TWIN_TIMEOUT, TWIN_TIMEOUT) if hasty else (CONNECT_TIMEOUT, READ_TIMEOUT)
    once = {"mode": "standard", "total_max_attempts": 1}
    config = Config(connect_timeout=connect, read_timeout=read, retries=once)
    return boto3.client(service, region_name=region, config=config)


for _service in ("connect", "ssm"):  # while the environment starts, when Lambda gives the most CPU
    _client(_service, os.environ.get("AWS_REGION", "us-east-1"))


def handler(event: dict[str, Any], context: Any) -> dict[str, int] | None:
    """Handles one event of CloudFormation and answers it, or of the drift watch and returns what it found.

    Any other event is logged, with what it lacks.
    """
    try:
        if isinstance(event, dict) and isinstance(event.get(WATCH), dict):
            return _watch(event[WATCH], context)
        event = out_of_sns(event)
        parsed = Event.parse(event)
    except (MalformedEvent, InvalidProperty) as problem:
        logger.error("not handled: %s", problem)
        return None
    _Handling(parsed, context).answering.handle(event, context)
    return None


def _watch(asked: dict[str, Any], context: Any) -> dict[str, int]:
    slot = time_slot_from(os.environ, os.environ.get("AWS_REGION", ""))
    wiring = _Wiring(context, slot, lambda _operation: None)
    here = function_place(context.invoked_function_arn) or Place("aws", os.environ["AWS_REGION"], "")
    return DriftWatch(asked, here, aws=wiring.aws, hasty=wiring.hasty, on=wiring.on).run()


class _Wiring:
    """The parts that work on queues, wired for one invocation.

    Args:
        context: Lambda's context.
        slot: The time slot that the calls of Amazon Connect wait for.
        called: Told each call before it is made; may raise to stop it.
    """

    def __init__(self, context: Any, slot: TimeSlot | None, called: Callable[[str], None]) -> None:
        self._settings = LedgerSettings.of(os.environ)
        reserve = min(RESERVE, seconds_left(context) / 5)

        def remaining() -> float:
            return seconds_left(context) - reserve

        impatient = Pacer(remaining, persistent=False)
        self.aws = Aws(_client, Pacer(remaining, slot=slot), called)
        self._ssm = Aws(_client, Pacer(remaining), called)
        self.hasty = Aws(_client, impatient, called)
        self._twin = Aws(partial(_client, hasty=True), impatient, called)

    def on(self, queue: Queue, report: Report) -> Reconciler:
        """Returns what works on a queue, and tells the report what is decided and why."""

        def parts(of: Queue, connect: Aws, ssm: Aws) -> Parts:
            return Parts(ConnectApi(of, connect), LedgerStore(of, ssm, self._settings), report)

        def in_twin(region: str) -> Parts:
            return parts(queue.in_region(region), self._twin, self._twin)

        return Reconciler(parts(queue, self.aws, self._ssm), in_twin, Owners(self.hasty, report.warn), report)


class _Handling:
    """One event of CloudFormation being handled."""

    def __init__(self, event: Event, context: Any) -> None:
        self._event = event
        self._function = function_place(getattr(context, "invoked_function_arn", ""))
        self._report = Report(event)
        slot = time_slot_from(os.environ, event.owner.logical_id, backwards=event.request_type == "Delete")
        self._wiring = _Wiring(context, slot, self._called)
        self._timed_out = False
        self.answering = Answering(self._carry_out, self._log)

    def _carry_out(self, answering: Answering) -> str:
        """Does what the event asks for, and returns the physical id."""
        event = self._event
        self._timed_out = True  # a response that is sent while the event is still running is that of a time-out
        answering.answer_with(event.known_id)
        try:
            event.check_trust(self._function)
            if event.request_type == "Delete":
                delete(event, self._on, self._report)
                return event.known_id
            answering.Data.update(declare(event, self._on, answering.answer_with))
            return answering.PhysicalResourceId
        finally:
            self._timed_out = isinstance(sys.exception(), OutOfTime)

    def _log(self, status: str, reason: str) -> None:
        """Writes the event's line to the log."""
        self._report.emit(status, reason, throttled=self._wiring.aws.pacer.throttled, timed_out=self._timed_out)

    def _on(self, queue: Queue) -> Reconciler:
        self._event.check_trust(self._function, queue)
        self._report.facts["queue"] = queue.arn
        self._wiring.aws.pacer.await_time_slot()  # now, so that what is read before the first call is not old by then
        return self._wiring.on(queue, self._report)

    def _called(self, operation: str) -> None:
        """Notes a call; raises OutOfTime if CloudFormation was told of a time-out already.

        Its next event, for example the Delete of a Create that failed, must not meet calls of this one.
        """
        if self.answering.answered:
            raise OutOfTime(f"{operation}: not called, since CloudFormation has been told of a time-out")
        self._report.calls.append(operation)
