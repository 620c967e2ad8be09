"""The answer to CloudFormation: crhelper's, with its traps closed.

What crhelper 2.0.12 does by itself, and what is done here instead:

- it cuts the *head* off a reason of more than 256 characters: reasons are shortened at the end before it sees them;
- on a time-out, and on an error outside the resource's functions, it answers without a physical id, which CloudFormation
  refuses: an answer always has one;
- after a time-out it may answer a second time: only the first answer is sent;
- it escapes text to ASCII, so that a long name outgrows CloudFormation's 4,096 bytes: the answer is UTF-8;
- it takes any HTTP status for success, and tries for ever when it cannot connect: a refusal by S3 is logged, a fault is tried
  again, as long as there is time;
- it makes three clients that only its polling needs, a tenth of a second of each cold start: they are left out.
"""

from __future__ import annotations

import json
import logging
import os
import ssl
import threading
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from crhelper import CfnResource

from .errors import shorten

logger = logging.getLogger(__name__)

_PUT_TIMEOUT = 10.0
"""Seconds that one PUT of the answer may take."""
_ANSWER_SECONDS = 5.0
"""Seconds before the invocation's end at which CloudFormation is told that it timed out; crhelper leaves half a second."""
_LOCAL = "AWS_SAM_LOCAL"
_NO_WORDS = "An error without a message. See the function's log"


_PUT_PATIENCE = 120.0
"""Seconds for which the answer is tried again, before Lambda is left to deliver the event once more."""


class AnswerNotDelivered(Exception):
    """The answer did not reach CloudFormation. Lambda delivers the event again, and the answer is made again."""


class Answering(CfnResource):  # type: ignore[misc]  # crhelper's stub leaves the base class untyped
    """crhelper's resource, which answers each event once, whole, and with a physical id."""

    Reason: str
    PhysicalResourceId: str

    def __init__(self) -> None:
        # crhelper leaves its polling clients out when it is told that it runs on a developer's machine.
        before = os.environ.get(_LOCAL)
        os.environ[_LOCAL] = "true"
        try:
            super().__init__(json_logging=True, log_level="INFO", boto_level="WARNING", sleep_on_delete=0)
        finally:
            if before is None:
                del os.environ[_LOCAL]
            else:
                os.environ[_LOCAL] = before
        # At DEBUG, whoever sets it, crhelper logs the whole event and the presigned URL.
        logging.getLogger("crhelper").setLevel(logging.INFO)
        self._lock = threading.Lock()
        self._answered = True
        self._delivered = True
        self.on_answer: Callable[[str, str], None] = lambda *_: None
        """Told the status and the reason of the answer, before it is sent."""

    def __call__(self, event: dict[str, Any], context: Any) -> None:
        """Handles an event that is CloudFormation's, and answers it."""
        self._answered = False
        self._delivered = True
        super().__call__(event, context)
        if not self._delivered:
            raise AnswerNotDelivered

    @property
    def answered(self) -> bool:
        """Whether the event under way has its answer, which before its end is that of a time-out."""
        return self._answered

    def _set_timeout(self) -> None:
        left = self._left()
        self._timer = threading.Timer(max(left - _ANSWER_SECONDS, left / 2), self._timeout)
        self._timer.daemon = True
        self._timer.start()

    def _left(self) -> float:
        return float(self._context.get_remaining_time_in_millis()) / 1000

    def _send(self, status: str | None = None, reason: str = "") -> None:
        with self._lock:
            if self._answered:
                return
            self._answered = True
        self.Reason = shorten(str(self.Reason))
        if (status or self.Status) == "FAILED" and not (reason if status else self.Reason):
            self.Reason = reason = _NO_WORDS  # CloudFormation wants a reason with FAILED
        reason = shorten(reason)
        self.PhysicalResourceId = self.PhysicalResourceId or self._event.get("PhysicalResourceId") or self.RequestId
        try:
            self.on_answer(status or self.Status, reason if status else self.Reason)
        finally:
            super()._send(status, reason, send_response=self._put)

    def _put(self, url: str, answer: dict[str, Any], _ssl_verify: object) -> None:
        """Puts the answer to the presigned URL, trying again while there is time."""
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        attempt = 0
        until = self._left() - _PUT_PATIENCE
        while (left := self._left()) > max(until, 0):
            attempt += 1
            try:
                status = _put_once(url, body, min(left, _PUT_TIMEOUT))
            except (OSError, HTTPException) as problem:
                logger.warning("the answer could not be sent (attempt %d): %s", attempt, type(problem).__name__)
            else:
                if status < 300:
                    return
                logger.warning("CloudFormation's answer box said HTTP %d (attempt %d)", status, attempt)
                if status < 500 and status not in (408, 429):
                    logger.error("CloudFormation took no answer: the address it gave has expired or was used up")
                    return
            time.sleep(min(0.25 * 2**attempt, 5.0, left))
        self._delivered = False
        logger.error("CloudFormation took no answer in %d attempts", attempt)


def _put_once(url: str, body: bytes, timeout: float) -> int:
    """Puts a body to a presigned HTTPS URL and returns the HTTP status. The URL is never logged: it is a secret."""
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.netloc, timeout=timeout, context=ssl.create_default_context())
    try:
        # S3 signs an empty content type.
        connection.request("PUT", f"{parts.path}?{parts.query}", body, {"content-type": ""})
        return connection.getresponse().status
    finally:
        connection.close()
