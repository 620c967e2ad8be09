"""Calls to AWS with the caller's own credentials, Regions and endpoints, each API within its quota."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.aws import AWS_ERRORS, classify, code_of, pages
from queue_outbound_caller_config_provider.aws import Aws as PacedCalls
from queue_outbound_caller_config_provider.connect_api import ConnectApi
from queue_outbound_caller_config_provider.errors import DENIED, Refused
from queue_outbound_caller_config_provider.pacing import Fault, Pacer

from .errors import CannotTell, explained

_T = TypeVar("_T")

LONGEST_WAIT_FOR_QUOTA = 900.0
"""Seconds for which one command tries calls again that are refused for the quota."""


class Refusal(Exception):
    """AWS refused a call.

    Attributes:
        code: AWS's error code.
        explained: The error that a person sees if the command cannot go on without the call.
    """

    def __init__(self, code: str, explanation: CannotTell) -> None:
        super().__init__(str(explanation))
        self.code = code
        self.explained = explanation


class _PromptPacer(Pacer):
    """Keeps to the quota as the function does, but tells a denial at once: nobody granted a permission a moment ago."""

    def call(self, operation: str, attempt: Callable[[], _T], classify: Callable[[Exception], Fault]) -> _T:
        """Returns what `attempt` returns, trying again what is worth it."""

        def judge(problem: Exception) -> Fault:
            fault = classify(problem)
            return Fault.FINAL if fault is Fault.DENIED else fault

        return super().call(operation, attempt, judge)


class _CallersCalls(PacedCalls):
    """The provider's calls. A denial, or a call that did not reach AWS, is told to the caller, whose credentials these are."""

    def call(self, region: str, action: str, request: dict[str, Any], **how: Any) -> Any:
        """Returns AWS's response, as the provider's does; raises Refused with a text for the caller."""
        try:
            return super().call(region, action, request, **how)
        except Refused as refusal:
            cause = refusal.__cause__
            if isinstance(cause, Exception) and (refusal.code in DENIED or isinstance(cause, BotoCoreError)):
                text = str(explained(cause, action, region))
                raise Refused(refusal.code, text, message=refusal.message, permanent=refusal.permanent) from cause
            raise


class Aws:
    """AWS as one command sees it.

    Args:
        session: The caller's credentials, Region and endpoints.
        on_wait: Called with the seconds of each wait for a quota, before the wait.
    """

    def __init__(self, session: boto3.session.Session, on_wait: Callable[[float], object] = lambda _: None) -> None:
        self._session = session
        self._on_wait = on_wait
        self._clients: dict[tuple[str, str], Any] = {}
        self._pacers: dict[tuple[str, str], Pacer] = {}
        self._lock = threading.RLock()  # a session makes one client at a time
        self._stopped = threading.Event()
        self._deadline = time.monotonic() + LONGEST_WAIT_FOR_QUOTA

    @property
    def default_region(self) -> str | None:
        """The Region of the caller's configuration."""
        region: str | None = self._session.region_name
        return region

    def regions(self) -> list[str]:
        """Returns the Regions that botocore knows: those of STS, which is in all of them and quickly read."""
        partitions = self._session.get_available_partitions()
        return [region for one in partitions for region in self._session.get_available_regions("sts", one)]

    def client(self, service: str, region: str) -> Any:
        """Returns a client that tries nothing again by itself: the pacer does."""
        with self._lock:
            if (service, region) not in self._clients:
                config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=30)
                try:
                    self._clients[service, region] = self._session.client(service, region_name=region, config=config)
                except (BotoCoreError, ValueError) as problem:
                    raise explained(problem, service, region) from None
            return self._clients[service, region]

    def pacer(self, service: str, region: str) -> Pacer:
        """Returns what keeps to the quotas of a service in a Region."""
        if (service, region) not in self._pacers:
            self._pacers[service, region] = _PromptPacer(self._remaining, sleep=self._wait)
        return self._pacers[service, region]

    def call(self, service: str, region: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Returns what an operation answers.

        Raises:
            Refusal: AWS refused the call, and trying again could not help.
        """
        if self._stopped.is_set():
            raise CannotTell("Interrupted")
        method = getattr(self.client(service, region), xform_name(operation))
        try:
            answer: dict[str, Any] = self.pacer(service, region).call(operation, lambda: method(**request), classify)
        except AWS_ERRORS as problem:
            explanation = explained(problem, f"{service}:{operation}", region)
            raise Refusal(code_of(problem), explanation) from problem
        return answer

    def pages(self, service: str, region: str, operation: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Returns the pages of an operation whose token is `NextToken`; raises Refusal as `call` does."""
        return pages(partial(self.call, service, region, operation), request)

    def connect_api(self, queue: Queue) -> ConnectApi:
        """Returns the provider's view of Amazon Connect from one queue."""
        return ConnectApi(queue, self.paced("connect", queue.place.region))

    def paced(self, service: str, region: str, client: Callable[[str, str], Any] | None = None) -> PacedCalls:
        """Returns what the provider's modules call a service with, by another client than boto3's if one is given."""
        return _CallersCalls(client or self.client, self.pacer(service, region), lambda _: None)

    def instance_api(self, place: Place, instance_id: str) -> ConnectApi:
        """Returns the provider's view of Amazon Connect from an instance, for what belongs to no single queue."""
        return self.connect_api(Queue(place, instance_id, ""))

    def _remaining(self) -> float:
        return self._deadline - time.monotonic()

    def stop(self) -> None:
        """Ends what other threads do here: none of them makes another call, or waits on."""
        self._stopped.set()

    def _wait(self, seconds: float) -> None:
        self._on_wait(seconds)
        if self._stopped.wait(seconds):
            raise CannotTell("Interrupted")
