"""What keeps a command from telling: exit code 1 and a message with the fix."""

from __future__ import annotations

import re

from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import (
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from queue_outbound_caller_config_provider.aws import code_of, message_of
from queue_outbound_caller_config_provider.errors import DENIED

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_NOT_SIGNED_IN = frozenset(
    {
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED_BY = re.compile(r" (because .*|with an explicit deny .*)$")
"""The end of AWS's message on a denial: what denied it."""
_OF_THE_CALLER = (
    (
        (NoCredentialsError, PartialCredentialsError),
        "No AWS credentials were found. Sign in (aws sso login), or set AWS_PROFILE",
    ),
    ((ProfileNotFound,), "{problem}. Set AWS_PROFILE to one that `aws configure list-profiles` shows"),
    ((NoRegionError,), "No Region is set. Give --region, or set AWS_REGION"),
    (
        (BotoConnectionError, HTTPClientError),
        "{action} in {region}: no connection. Check --region {region} and the network, or name a Region that is up ({problem})",
    ),
)


class CannotTell(Exception):
    """The command cannot give its result; the text says why and what to do."""


class NotThere(CannotTell):
    """What was named does not exist, so this can be told."""


def explained(problem: Exception, action: str, region: str) -> CannotTell:
    """Returns the error that a person sees for a call that AWS refused, or that did not reach AWS.

    Args:
        problem: What boto3 raised.
        action: The IAM action, for example `connect:SearchQueues`.
        region: Where the call was sent.
    """
    for kinds, message in _OF_THE_CALLER:
        if isinstance(problem, kinds):
            return CannotTell(message.format(problem=problem, action=action, region=region))
    code = code_of(problem)
    if code in _EXPIRED:
        return CannotTell("The AWS credentials have expired. Sign in again")
    if code in _NOT_SIGNED_IN:
        return CannotTell(f"{code}: AWS does not accept the credentials in {region}. Check AWS_PROFILE and --region")
    if code in DENIED:
        told, why, _ = (*_DENIED_BY.split(message_of(problem), maxsplit=1), "", "")[:3]
        return CannotTell(f"{code}: {action} in {region} is denied{why and ' '}{why}. Allow it ({told})")
    return CannotTell(f"{code}: {action} in {region}: {message_of(problem)}")
