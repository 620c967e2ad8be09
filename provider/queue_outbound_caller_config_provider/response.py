"""The answer to CloudFormation: crhelper's, with its known bugs worked around.

What crhelper 2.0.12 does by itself, and what is done here instead:

- it cuts the *head* off a reason of more than 256 characters: reasons are shortened at the end before it sees them;
- on a time-out, and on an error outside the resource's functions, it answers without a physical id, which CloudFormation
  refuses: an answer always has one;
- after a time-out it may answer a second time: only the first answer is sent;
- it escapes text to ASCII, so that a long name outgrows CloudFormation's 4,096 bytes: the answer is UTF-8;
- it formats log lines with text of the event as the format string: percent signs are escaped before;
- it takes its own keys (`CrHelperPoll`, `CrHelperData`) out of whatever event comes: they are dropped before;
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
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from crhelper import CfnResource, log_helper

from .errors import shorten
from .timing import ANSWER_BEFORE_END, PUT_FOR, PUT_TIMEOUT

logger = logging.getLogger(__name__)

_LOCAL = "AWS_SAM_LOCAL"
_NO_WORDS = "An error without a message. See the function's log"
_AWS_HOSTS = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
)
"""The domains of AWS's partitions (botocore's partitions.json)."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

CarryOut = Callable[["Answering"], str]
OnAnswer = Callable[[str, str], None]


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
        self._carry_out: CarryOut = lambda _: ""
        self._on_answer: OnAnswer = lambda *_: None
        for register in (self.create, self.update, self.delete):
            register(lambda _event, _context: self._carry_out(self))

    def handle(self, event: dict[str, Any], context: Any, carry_out: CarryOut, on_answer: OnAnswer) -> None:
        """Handles an event that is CloudFormation's, and answers it.

        Args:
            event: The event.
            context: Lambda's context.
            carry_out: Does what the event asks for and returns the physical id.
            on_answer: Told the status and the reason of the answer, before it is sent.

        Raises:
            AnswerNotDelivered: CloudFormation could not be answered.
        """
        self._carry_out, self._on_answer = carry_out, on_answer
        self._answered, self._delivered = False, True
        self({key: value for key, value in event.items() if not key.startswith("CrHelper")}, context)
        self._timer.join(max(self._left() - 0.5, 0.0))  # the answer of a time-out may still be under way
        if not self._delivered:
            raise AnswerNotDelivered

    def answer_with(self, physical_id: str) -> None:
        """Sets the physical id of the answer, should the event fail from now on."""
        self.PhysicalResourceId = physical_id

    @property
    def answered(self) -> bool:
        """Whether the event under way has its answer, which before its end is that of a time-out."""
        return self._answered

    def _log_setup(self, event: dict[str, Any], context: Any) -> None:
        names = ("RequestType", "StackId", "RequestId", "LogicalResourceId")
        escaped = {name: event[name].replace("%", "%%") for name in names}
        log_helper.setup("INFO", boto_level="WARNING", aws_request_id=context.aws_request_id, **escaped)

    def _set_timeout(self) -> None:
        left = self._left()
        self._timer = threading.Timer(max(left - ANSWER_BEFORE_END, left / 2), self._timeout)
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
            self._on_answer(status or self.Status, reason if status else self.Reason)
        finally:
            super()._send(status, reason, send_response=self._put)

    def _put(self, url: str, answer: dict[str, Any], _ssl_verify: object) -> None:
        """Puts the answer to the presigned URL, trying again while there is time."""
        problem = _refused_address(url)
        if problem:
            logger.error("not answered: %s", problem)
            return
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        attempt = 0
        until = self._left() - PUT_FOR
        while (left := self._left()) > max(until, 0):
            attempt += 1
            try:
                status = _put_once(url, body, min(left, PUT_TIMEOUT))
            except (OSError, HTTPException) as failure:
                logger.warning("the answer could not be sent (attempt %d): %s", attempt, type(failure).__name__)
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


def _refused_address(url: str) -> str:
    """Returns why an answer is not sent to an address, or "": it must be AWS's, or this machine's in a local run."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "the event's ResponseURL is not a URL"
    if not url.isprintable():  # urlsplit takes line breaks out without a word
        return "the event's ResponseURL is not a URL"
    if not url.isascii():
        return "the event's ResponseURL is not ASCII"
    if host in _LOOPBACK:
        is_local_run = any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ)
        return "" if is_local_run else "the event's ResponseURL is of this machine, and this is not a local run"
    if parts.scheme != "https" or not host.endswith(_AWS_HOSTS):
        return "the event's ResponseURL is not https to a host of AWS"
    return ""


def _put_once(url: str, body: bytes, timeout: float) -> int:
    """Puts a body to a presigned URL and returns the HTTP status. The URL is never logged: it is a secret."""
    parts = urlsplit(url)
    connection: HTTPConnection
    if parts.scheme == "https":
        connection = HTTPSConnection(parts.netloc, timeout=timeout, context=ssl.create_default_context())
    else:
        connection = HTTPConnection(parts.netloc, timeout=timeout)
    try:
        # S3 signs an empty content type.
        connection.request("PUT", f"{parts.path}?{parts.query}", body, {"content-type": ""})
        return connection.getresponse().status
    finally:
        connection.close()
