"""Providers that were deployed elsewhere, known by their service token."""

from __future__ import annotations

import re

from queue_outbound_caller_config_provider.errors import quote

from .arguments import StackPlace
from .tokens import is_unresolved

SERVICE_TOKEN_EXPORT = "QueueOutboundCallerConfigServiceToken"  # noqa: S105 - the name of an export
"""The export of a shared provider's service token, unless another is given."""

_IS_SERVICE_TOKEN = re.compile(
    r"arn:(?P<partition>[a-z0-9-]+):(lambda:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):function:[\w-]+(:[\w$-]+)?"
    r"|sns:(?P<sns_region>[a-z0-9-]+):(?P<sns_account>[0-9]{12}):[\w-]+(\.fifo)?)"
)


class ServiceTokenError(ValueError):
    """A service token cannot serve the stack that it is given to."""


def check_service_token(token: object, stack: StackPlace, path: str) -> None:
    """Raises ServiceTokenError if a token is known to be no service token, or one that the stack cannot use."""
    if not isinstance(token, str):
        raise ServiceTokenError(
            f"{path}: service_token is {quote(token)}, of type {type(token).__name__}. Give the function's ARN as a string"
        )
    if is_unresolved(token):
        return
    match = _IS_SERVICE_TOKEN.fullmatch(token)
    if match is None:
        raise ServiceTokenError(
            f"{path}: service_token is {quote(token)}, which is not the ARN of a Lambda function or an SNS topic. "
            f"Give the value that the provider's stack exports as {SERVICE_TOKEN_EXPORT}"
        )
    found = {
        "partition": match["partition"],
        "region": match["region"] or match["sns_region"],
        "account": match["account"] or match["sns_account"],
    }
    for what, mine in found.items():
        theirs = getattr(stack, what)
        if theirs is not None and theirs != mine:
            name = "Region" if what == "region" else what
            raise ServiceTokenError(
                f"{path}: service_token is of {name} {mine}, but the stack is in {theirs}. CloudFormation calls only functions "
                f"of its own {name}: deploy a QueueOutboundCallerConfigProviderStack there"
            )
