"""The response to CloudFormation: crhelper's, with its known bugs worked around.

What crhelper 2.0.12 does by itself, and what is done here instead:

- It cuts the *head* off a reason of more than 256 characters. Here reasons are shortened at the end.
- On a time-out, and on an error outside the resource's functions, it responds without a physical id, which CloudFormation
  rejects. Here a response always has one.
- After a time-out it may respond a second time. Here only the first response is sent.
- It escapes strings to ASCII, so that a long name outgrows CloudFormation's 4,096 bytes. Here the response is UTF-8.
- Its JSON log uses strings of the event as format strings. Here percent signs are escaped first.
- It obeys its own keys (`CrHelperPoll`, `CrHelperData`) in any event. Here they are removed first.
- It treats any HTTP status as success, and retries for ever if it cannot connect. Here a refusal by S3 is logged, and a fault
  is tried again while there is time.
- It makes three clients that only its polling needs, a tenth of a second of each cold start. Here it makes none.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from crhelper import CfnResource, log_helper

from .errors import shorten
from .timing import ANSWER_BEFORE_END, PUT_FOR, PUT_TIMEOUT

logger = logging.getLogger(__name__)

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
    """The response did not reach CloudFormation. Lambda delivers the event again, which makes the response again."""


class Answering(CfnResource):  # type: ignore[misc]  # crhelper's stub leaves the base class untyped
    """crhelper's resource, which responds to one event once, in full, and with a physical id.

    Args:
        carry_out: Does what the event asks for and returns the physical id.
        on_answer: Told the status and the reason of the response, before it is sent.
    """

    Reason: str
    PhysicalResourceId: str
    _sam_local = property(lambda _: True, lambda *_: None)
    """Always set: on a developer's machine, crhelper does not make its polling clients."""

    def __init__(self, carry_out: CarryOut, on_answer: OnAnswer) -> None:
        super().__init__(json_logging=True, log_level="INFO", boto_level="WARNING", sleep_on_delete=0)
        # At DEBUG, whoever sets it, crhelper logs the whole event and the presigned URL.
        logging.getLogger("crhelper").setLevel(logging.INFO)
        self._lock = threading.Lock()
        self.answered = False
        """Whether the response was sent. While the event is still running, that is the response of a time-out."""
        self._delivered = True
        self._on_answer = on_answer
        for register in (self.create, self.update, self.delete):
            register(lambda _event, _context: carry_out(self))

    def handle(self, event: dict[str, Any], context: Any) -> None:
        """Handles the event of CloudFormation, and responds to it.

        Raises:
            AnswerNotDelivered: The response could not be delivered.
        """
        self({key: value for key, value in event.items() if not key.startswith("CrHelper")}, context)
        self._timer.join(max(seconds_left(context) - 0.5, 0.0))  # the response of a time-out may still be on its way
        if not self._delivered:
            raise AnswerNotDelivered

    def answer_with(self, physical_id: str) -> None:
        """Sets the physical id of the response if the event fails from now on."""
        self.PhysicalResourceId = physical_id

    def _log_setup(self, event: dict[str, Any], context: Any) -> None:
        names = ("RequestType", "StackId", "RequestId", "LogicalResourceId")
        escaped = {name: event[name].replace("%", "%%") for name in names}
        log_helper.setup("INFO", boto_level="WARNING", aws_request_id=context.aws_request_id, **escaped)

    def _set_timeout(self) -> None:
        left = seconds_left(self._context)
        failed = "FAILED", "The function timed out while it waited for AWS. Deploy again"
        self._timer = threading.Timer(max(left - ANSWER_BEFORE_END, left / 2), self._send, failed)
        self._timer.daemon = True
        self._timer.start()

    def _send(self, status: str | None = None, reason: str = "") -> None:
        with self._lock:
            if self.answered:
                return
            self.answered = True
        status = status or self.Status
        reason = shorten(reason or str(self.Reason))
        if status == "FAILED" and not reason:  # CloudFormation rejects FAILED without a reason
            reason = "An error without a message. See the function's log"
        self.PhysicalResourceId = self.PhysicalResourceId or self._event.get("PhysicalResourceId") or self.RequestId
        try:
            self._on_answer(status, reason)
        finally:
            super()._send(status, reason, send_response=self._put)

    def _put(self, url: str, answer: dict[str, Any], _ssl_verify: object) -> None:
        """Puts the response to the presigned URL, and tries again while there is time."""
        if problem := _refused_url(url):
            logger.error("no response was sent: the response URL %s", problem)
            return
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        attempt = 0
        until = seconds_left(self._context) - PUT_FOR
        while (left := seconds_left(self._context)) > max(until, 0):
            attempt += 1
            try:
                status = _put_once(url, body, min(left, PUT_TIMEOUT))
            except (OSError, HTTPException) as failure:
                logger.warning("the response could not be sent (attempt %d): %s", attempt, type(failure).__name__)
            else:
                if status < 300:
                    return
                logger.warning("the response URL answered HTTP %d (attempt %d)", status, attempt)
                if status < 500 and status not in (408, 429):
                    logger.error(
                        "CloudFormation did not accept the response: the response URL has expired or was used before"
                    )
                    return
            time.sleep(min(0.25 * 2**attempt, 5.0, left))
        self._delivered = False
        logger.error("the response could not be delivered in %d attempts", attempt)


def seconds_left(context: Any) -> float:
    """Returns for how many seconds the invocation may still run, by Lambda's context."""
    return float(context.get_remaining_time_in_millis()) / 1000


def _refused_url(url: str) -> str:
    """Returns why no response is sent to a URL, or "": its host must be AWS's, or this machine in a local run."""
    try:
        parts = urlsplit(url)
        _, host = parts.port, parts.hostname or ""
    except ValueError:
        host = ""
    if host in _LOOPBACK:
        is_local_run = any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ)
        return "" if is_local_run else "is of this machine, and this is not a local run"
    # urlsplit removes line breaks without a word
    if host.endswith(_AWS_HOSTS) and url.startswith("https://") and url.isascii() and url.isprintable():
        return ""
    return "is not an https URL of a host of AWS"


def _put_once(url: str, body: bytes, timeout: float) -> int:
    """Puts a body to a presigned URL and returns the HTTP status. The URL is never logged: it is a secret."""
    parts = urlsplit(url)
    scheme = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    with closing(scheme(parts.netloc, timeout=timeout)) as connection:
        # S3 signs an empty content type.
        connection.request("PUT", f"{parts.path}?{parts.query}", body, {"content-type": ""})
        return connection.getresponse().status
