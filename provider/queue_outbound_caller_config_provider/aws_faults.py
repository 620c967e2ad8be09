"""What an AWS error means: the one place where AWS's codes are judged."""

from __future__ import annotations

import re

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as BotoConnectionError

from .errors import Refused
from .pacing import Fault

AWS_ERRORS = (ClientError, BotoCoreError)
"""What boto3 raises."""

_THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "TooManyUpdates"}
)
_TIMED_OUT = frozenset({"RequestTimeout", "RequestTimeoutException"})
_ABOUT_THE_CALLER = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "OptInRequired",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""What says nothing of the request: another credential or clock, or a Region that is opted in to, and it is taken (the services'
"Common errors")."""
_DENIED_RESOURCE = re.compile(r"on resource: (arn:\S+)")
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})


def code_of(problem: Exception) -> str:
    """Returns AWS's error code, or the exception's name when it is none of AWS's answers."""
    if isinstance(problem, ClientError):
        return str(problem.response.get("Error", {}).get("Code", "Unknown"))
    return type(problem).__name__


def message_of(problem: Exception) -> str:
    """Returns AWS's message without botocore's preamble."""
    if isinstance(problem, ClientError):
        return str(problem.response.get("Error", {}).get("Message") or "no message").rstrip(".")
    return str(problem)


def is_denied(code: str) -> bool:
    """Tells whether an error code says that permission is lacking."""
    return code in _DENIED


def is_out_of_reach(code: str) -> bool:
    """Tells whether an error code says that the function may not make the call, or finds nobody to make it to."""
    return is_denied(code) or code == "EndpointConnectionError"


def classify(problem: Exception) -> Fault:
    """Returns what a failed call means for trying again."""
    if isinstance(problem, HTTPClientError | BotoConnectionError):
        return Fault.TRANSIENT
    if not isinstance(problem, ClientError):
        return Fault.FINAL
    code = code_of(problem)
    status = int(problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _THROTTLED or status == 429:
        return Fault.THROTTLED
    if is_denied(code):
        return Fault.DENIED
    if status >= 500 or status == 408 or code in _TIMED_OUT:
        return Fault.TRANSIENT
    return Fault.FINAL


def refused(problem: Exception, operation: str, resource: str) -> Refused:
    """Returns the error that a user sees for a call that AWS refused for good.

    Arguments:
        problem: what boto3 raised.
        operation: the IAM action, `connect:DescribeQueue`, say.
        resource: what the call was about.
    """
    code = code_of(problem)
    if classify(problem) is Fault.DENIED:
        named = _DENIED_RESOURCE.search(message_of(problem))
        where = _within(110, named[1] if named else resource)
        text = f"{code}: {operation} denied on {where}. Add its instance to the provider"
    elif isinstance(problem, ClientError):
        text = f"{code} from {operation} on {resource}: {message_of(problem)}"
    else:
        text = f"{code}: {operation} could not reach AWS. Deploy again, or look into the function's network"
    return Refused(code, operation, text, lasting=_is_lasting(problem))


def _is_lasting(problem: Exception) -> bool:
    """Tells whether the same call, made later, would be refused again."""
    if isinstance(problem, ParamValidationError):
        return True
    is_final = isinstance(problem, ClientError) and classify(problem) is Fault.FINAL
    return is_final and code_of(problem) not in _ABOUT_THE_CALLER


def _within(longest: int, arn: str) -> str:
    """Returns an ARN as it is, or its resource and Region when it is longer, so that what to do about it is not cut off."""
    parts = arn.split(":", 5)
    return arn if len(arn) <= longest or len(parts) < 6 else f"{parts[5]} in {parts[3]}"
