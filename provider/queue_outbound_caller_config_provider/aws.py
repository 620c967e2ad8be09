"""The one way to call AWS: paced, tried again if that may help, counted; its errors become the project's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from typing import Any

from .aws_faults import AWS_ERRORS, classify, code_of, refused
from .pacing import Pacer

Again = Callable[[], object]
"""What is called before each attempt of a call but the first; it may raise to stop it."""


class Aws:
    """Makes the calls of one event.

    Args:
        pacer: Keeps to the quota and decides what is tried again.
        record: Told the name of each call before it is made; may raise to stop it.
    """

    def __init__(self, pacer: Pacer, record: Callable[[str], None]) -> None:
        self.pacer = pacer
        self._record = record

    def call(
        self,
        action: str,
        method: Callable[..., Any],
        request: dict[str, Any],
        *,
        about: str,
        absent: Collection[str] = (),
        check: str = "",
        again: Again = lambda: None,
    ) -> Any:
        """Returns AWS's response, or None if its error code is one of `absent`.

        Args:
            action: The IAM action, for example `connect:DescribeQueue`.
            method: boto3's method for it.
            request: Its members.
            about: The ARN or name of the resource, for the message.
            absent: Error codes that mean that the resource does not exist, or exists already.
            check: What a user should check if the service finds the request invalid.
            again: Called before each attempt but the first; may raise to stop it.

        Raises:
            Refused: AWS refused the call, and trying again did not help.
            OutOfTime: The invocation's time is nearly used up.
        """
        attempts = itertools.count()

        def attempt() -> Any:
            if next(attempts):
                again()
            self._record(action.partition(":")[2])
            return method(**request)

        try:
            return self.pacer.call(action, attempt, classify)
        except AWS_ERRORS as problem:
            if code_of(problem) in absent:
                return None
            raise refused(problem, action, about, check, self.pacer.denied_for) from problem
