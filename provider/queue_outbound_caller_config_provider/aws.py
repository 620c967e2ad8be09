"""The one way to call AWS: paced, tried again if that may help, counted. All of AWS's error codes are judged here."""

import itertools
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from .errors import DENIED, LONGEST_REASON, Refused, shorten
from .pacing import Fault, Pacer

OLDEST_BOTO3 = "1.28.74"
"""The first one that knows every parameter that is sent: ListPhoneNumbersV2's InstanceId."""
AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
"""What boto3 raises; the last if the body is not the service's own, such as a proxy's page."""

_THROTTLED = re.compile("Throttl|TooManyRequests|TooManyUpdates|RequestLimitExceeded")
_CREDENTIAL_ERRORS = re.compile("Token|Signature|Expired|Skewed|OptIn|UnrecognizedClient")
"""Credential errors: with another credential or clock, or once the Region is enabled, the same request succeeds (the services'
"Common errors")."""
_DENIED_RESOURCE = re.compile(r"on resource: (arn:\S+)")
_DENYING_POLICY = re.compile(r"(?:policy|boundary): arn:\S*[:/]([\w+=,.@-]+)")
_DENIERS = (
    ("(service|resource) control policy", "a policy of the organization", "Ask its administrators to allow it"),
    ("permissions boundary", "the role's permissions boundary", "Allow it there"),
    ("VPC endpoint policy", "the VPC endpoint's policy", "Allow it there"),
    ("kms:|customer master key", "the KMS key's policy or the role", "Allow the provider's role to use the key"),
    ("explicit deny", "an explicit deny", "Remove it for the provider's role"),
    ("", "the role's policies", "Add the instance to the provider"),
)
"""What AWS's message has if a policy of that kind denied; who that is, and the fix; the first that fits (IAM User Guide,
"Troubleshoot access denied error messages")."""
_INVALID = ("InvalidParameterException", "InvalidRequestException")

Again = Callable[[], object]
"""What is called before each attempt of a call but the first; it may raise to stop it."""


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
        again: Again = lambda: None,
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
        attempts = itertools.count()

        def attempt() -> Any:
            if next(attempts):
                again()
            self._record(operation)
            # The client is made here, since a Region's name that cannot be is refused then.
            return getattr(self.client(service, region), xform_name(operation))(**request)

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


def code_of(problem: Exception) -> str:
    """Returns AWS's error code; the exception's name if AWS did not respond."""
    if isinstance(problem, ClientError):
        return str(problem.response.get("Error", {}).get("Code", "Unknown"))
    return type(problem).__name__


def message_of(problem: Exception) -> str:
    """Returns AWS's message without botocore's preamble."""
    if isinstance(problem, ClientError):
        return str(problem.response.get("Error", {}).get("Message") or "no message").rstrip(".")
    return str(problem)


def classify(problem: Exception) -> Fault:
    """Returns what a failed call means for trying again."""
    if isinstance(problem, HTTPClientError | BotoConnectionError | ResponseParserError):
        return Fault.TRANSIENT
    if not isinstance(problem, ClientError):
        return Fault.FINAL if isinstance(problem, ParamValidationError) else Fault.LATER
    code = code_of(problem)
    status = int(problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if _THROTTLED.search(code) or status == 429:
        return Fault.THROTTLED
    if code in DENIED:  # waiting for a policy to spread does not help against an explicit deny
        return Fault.LATER if "explicit deny" in message_of(problem) else Fault.DENIED
    # Amazon Connect answers 409 if a queue is changed in quick succession (admin guide, "Create a replica").
    if status >= 500 or status in (408, 409) or code.startswith("RequestTimeout"):
        return Fault.TRANSIENT
    return Fault.LATER if _CREDENTIAL_ERRORS.search(code) else Fault.FINAL


def refused(problem: Exception, action: str, about: str, check: str, denied_for: float) -> Refused:
    """Returns the error that a user sees if AWS refused a call.

    Args:
        problem: What boto3 raised.
        action: The IAM action, for example `connect:DescribeQueue`.
        about: What the call was about.
        check: What to look at first if the service finds the request invalid.
        denied_for: Seconds for which a denial was tried again.
    """
    code, message = code_of(problem), message_of(problem)
    permanent = classify(problem) is Fault.FINAL
    if code in DENIED:
        text = _denial(code, message, action, about, denied_for)
    elif isinstance(problem, HTTPClientError | BotoConnectionError):
        text = (
            f"{code}: {action} could not reach AWS. Deploy again, or check the function's network and the Region's name"
        )
    elif isinstance(problem, ParamValidationError) and "Unknown parameter" in message:
        text = (
            f"{action}: the function's boto3 {boto3.__version__} is too old. Use {OLDEST_BOTO3} or newer: "
            "give the function the runtime python3.12 or a newer one"
        )
    else:
        is_invalid = code in _INVALID and check != ""
        head = code if is_invalid else f"{code} from {action} on {about}"
        again = "Fix that, and deploy again" if permanent else "Deploy again"
        fix = f". Check {check}" if is_invalid else f". {again}"
        text = shorten(f"{head}: {message}", LONGEST_REASON - len(fix)) + fix  # the fix must not be cut off
    return Refused(code, text, message=message, permanent=permanent)


def _denial(code: str, message: str, action: str, about: str, denied_for: float) -> str:
    """Returns the message for a denied call: what denied it, and the fix."""
    named = _DENIED_RESOURCE.search(message)
    where = named[1] if named else about
    who, fix = next((who, fix) for words, who, fix in _DENIERS if re.search(words, message))
    policy = _DENYING_POLICY.search(message)
    who += f" ({policy[1]})" if policy else ""
    tried = f" for {denied_for:.0f} s" if denied_for >= 1 else ""
    head = f"{code}: {action} denied by {who}{tried} on "
    return f"{head}{_within(LONGEST_REASON - len(head) - len(fix) - 2, where)}. {fix}"


def _within(longest: int, arn: str) -> str:
    """Returns an ARN, or only its resource and Region if it is too long, so that the fix after it is not cut off."""
    parts = arn.split(":", 5)
    return shorten(arn if len(arn) <= longest or len(parts) < 6 else f"{parts[5]} in {parts[3]}", longest)
