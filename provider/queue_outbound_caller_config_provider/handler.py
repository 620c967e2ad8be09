"""The Lambda function's entry point: one event of CloudFormation, or of the drift watch, to its operation."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from .arns import Place, Queue, function_place
from .aws import Aws
from .connect_api import ConnectApi
from .declare import create, update
from .drift_watch import Clients, DriftWatch, Watch
from .errors import InvalidProperty, OutOfTime
from .event import Event, MalformedEvent, out_of_sns
from .ledger_store import LedgerStore
from .owners import Owners
from .pacing import Pacer
from .reconcile import Reconciler
from .remove import delete
from .replica import Parts
from .reporting import Report
from .response import Answering
from .schedule import TimeSlot, time_slot_from
from .settings import LedgerSettings
from .timing import CONNECT_TIMEOUT, READ_TIMEOUT, RESERVE, TWIN_TIMEOUT

logger = logging.getLogger(__name__)
if not logging.getLogger().handlers:  # Lambda's runtime adds one; elsewhere, the log is written to the same stream
    logging.basicConfig(stream=sys.stdout)


@cache
def _client(service: str, region: str, *, hasty: bool = False) -> Any:
    """Returns boto3's client, one for each service and Region in an execution environment.

    Args:
        service: The service.
        region: The Region.
        hasty: Whether it gives up soon, as for a Region that may be down. In any case, only the pacer tries again.
    """
    config = Config(
        connect_timeout=TWIN_TIMEOUT if hasty else CONNECT_TIMEOUT,
        read_timeout=TWIN_TIMEOUT if hasty else READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return boto3.client(service, region_name=region, config=config)


_answering = Answering()
for _service in ("connect", "ssm"):  # while the environment starts, when Lambda gives the most CPU
    _client(_service, os.environ.get("AWS_REGION", "us-east-1"))


def handler(event: dict[str, Any], context: Any) -> dict[str, int] | None:
    """Handles one event of CloudFormation and answers it, or of the drift watch and returns what it found.

    Any other event is logged, with what it lacks.
    """
    try:
        asked = Watch.parse(event)
        if asked is not None:
            return _watch(asked, context)
        event = out_of_sns(event)
        parsed = Event.parse(event)
    except (MalformedEvent, InvalidProperty) as problem:
        logger.error("not handled: %s", problem)
        return None
    handling = _Handling(parsed, context)
    _answering.handle(event, context, handling.carry_out, handling.log)
    return None


def _watch(asked: Watch, context: Any) -> dict[str, int]:
    wiring = _Wiring(context, Report(), time_slot_from(os.environ, os.environ.get("AWS_REGION", "")), None)
    here = function_place(context.invoked_function_arn) or Place("aws", os.environ["AWS_REGION"], "")
    return DriftWatch(asked, here, Clients(_client, wiring.aws, wiring.hasty), wiring.on).run()


class _Wiring:
    """The parts that work on queues, wired for one invocation.

    Args:
        context: Lambda's context.
        report: Told what is decided and why.
        slot: The time slot that the calls of Amazon Connect wait for.
        stop: Called before each call; may raise to stop it.
    """

    def __init__(self, context: Any, report: Report, slot: TimeSlot | None, stop: Callable[[str], None] | None) -> None:
        self._report = report
        self._settings = LedgerSettings.of(os.environ)
        reserve = min(RESERVE, _left(context) / 5)

        def remaining() -> float:
            return _left(context) - reserve

        def called(operation: str) -> None:
            if stop is not None:
                stop(operation)
            report.calls.append(operation)

        self.pacer = Pacer(remaining, slot=slot)
        self.aws = Aws(self.pacer, called)
        self.hasty = Aws(Pacer(remaining, persistent=False), called)
        self._ssm = Aws(Pacer(remaining), called)

    def on(self, queue: Queue) -> Reconciler:
        """Returns what works on a queue."""
        owners = Owners(lambda region: _client("cloudformation", region), self.hasty, self._report.warn)

        def in_twin(region: str) -> Parts:
            place = Place(queue.place.partition, region, queue.place.account)
            return self._parts(Queue(place, queue.instance_id, queue.id), self.hasty, self.hasty, hasty=True)

        return Reconciler(self._parts(queue, self.aws, self._ssm, hasty=False), in_twin, owners, self._report)

    def _parts(self, queue: Queue, connect: Aws, ssm: Aws, *, hasty: bool) -> Parts:
        region = queue.place.region
        api = ConnectApi(_client("connect", region, hasty=hasty), queue, connect)
        store = LedgerStore(_client("ssm", region, hasty=hasty), queue, ssm, self._settings)
        return Parts(api, store, self._report)


class _Handling:
    """One event of CloudFormation being handled."""

    def __init__(self, event: Event, context: Any) -> None:
        self._event = event
        self._function = function_place(getattr(context, "invoked_function_arn", ""))
        self._report = Report(event)
        slot = time_slot_from(os.environ, event.owner.logical_id, backwards=event.request_type == "Delete")
        self._wiring = _Wiring(context, self._report, slot, self._stop_after_the_answer)
        self._timed_out = False

    def carry_out(self, answering: Answering) -> str:
        """Does what the event asks for, and returns the physical id."""
        self._timed_out = True  # a response that is sent while the event is still running is that of a time-out
        try:
            physical_id = self._operation(answering)
        except Exception as problem:
            self._timed_out = isinstance(problem, OutOfTime)
            raise
        self._timed_out = False
        return physical_id

    def _operation(self, answering: Answering) -> str:
        event = self._event
        answering.answer_with(event.known_id)
        event.check_trust(self._function)
        if event.request_type == "Delete":
            delete(event, self._on, self._report)
            return event.known_id
        operation = create if event.request_type == "Create" else update
        result = operation(event, self._on, answering.answer_with)
        answering.Data.update(result.attributes)
        return result.physical_id

    def log(self, status: str, reason: str) -> None:
        """Writes the event's line to the log."""
        self._report.emit(status, reason, throttled=self._wiring.pacer.throttled, timed_out=self._timed_out)

    def _on(self, queue: Queue) -> Reconciler:
        self._event.check_trust(self._function, queue)
        self._report.facts["queue"] = queue.arn
        return self._wiring.on(queue)

    @staticmethod
    def _stop_after_the_answer(operation: str) -> None:
        """Raises OutOfTime if CloudFormation was told of a time-out already.

        Its next event, for example the Delete of a Create that failed, must not meet calls of this one.
        """
        if _answering.answered:
            raise OutOfTime(f"{operation}: not called, since CloudFormation has been told of a time-out")


def _left(context: Any) -> float:
    return float(context.get_remaining_time_in_millis()) / 1000
