"""The one way to call AWS: paced, tried again if that may help, counted; its errors become the project's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from typing import Any

from botocore import xform_name

from .aws_faults import AWS_ERRORS, classify, code_of, refused
from .pacing import Pacer


class Aws:
    """Makes the calls of one event.

    Args:
        client: Returns boto3's client of a service in a Region, which tries nothing again by itself.
        pacer: Keeps to the quota and decides what is tried again.
        record: Told the name of each call before it is made; may raise to stop it.
    """

    def __init__(self, client: Callable[[str, str], Any], pacer: Pacer, record: Callable[[str], None]) -> None:
        self.client = client
        self.pacer = pacer
        self._record = record

    def call(
        self,
        region: str,
        action: str,
        request: dict[str, Any],
        *,
        about: str,
        absent: Collection[str] = (),
        check: str = "",
        again: Callable[[], object] = lambda: None,
    ) -> Any:
        """Returns AWS's response, or None if its error code is one of `absent`.

        Args:
            region: Where.
            action: The IAM action, for example `connect:DescribeQueue`.
            request: Its members.
            about: The ARN or name of the resource, for the message.
            absent: Error codes that mean that the resource does not exist, or exists already.
            check: What a user should check if the service finds the request invalid.
            again: Called before each attempt but the first; may raise to stop it.

        Raises:
            Refused: AWS refused the call, and trying again did not help.
            OutOfTime: The invocation's time is nearly used up.
        """
        service, _, operation = action.partition(":")
        method = getattr(self.client(service, region), xform_name(operation))
        attempts = itertools.count()

        def attempt() -> Any:
            if next(attempts):
                again()
            self._record(operation)
            return method(**request)

        try:
            return self.pacer.call(action, attempt, classify)
        except AWS_ERRORS as problem:
            if code_of(problem) in absent:
                return None
            raise refused(problem, action, about, check, self.pacer.denied_for) from problem


def pages(call: Callable[[dict[str, Any]], Any], request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the pages of a list; there are none if the call returns None, since what has the list does not exist."""
    while page := call(request):
        yield page
        if not page.get("NextToken"):
            return
        request = {**request, "NextToken": page["NextToken"]}
