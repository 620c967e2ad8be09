"""What of a string is known at synthesis."""

from __future__ import annotations

from aws_cdk import Fn, Reference, Tokenization
from constructs import IConstruct

DYNAMIC_REFERENCE = "{{resolve:"
_UNKNOWN = ("${Token[", DYNAMIC_REFERENCE, "dummy-value-for-")
"""A CDK token; a dynamic reference, which CloudFormation resolves; what a context lookup returns before it has run."""


def is_unresolved(text: str) -> bool:
    """Returns whether only the deployment knows what a string is."""
    return any(mark in text for mark in _UNKNOWN)


def constructs_in(text: str) -> list[IConstruct]:
    """Returns the constructs whose attributes a string has in it."""
    if not is_unresolved(text):
        return []
    return [token.target for token in Tokenization.reverse_string(text).tokens if isinstance(token, Reference)]


def id_of_instance(text: str) -> str:
    """Returns the instance's id from a token that is an id or an ARN (`arn:…:instance/ID`).

    `ID/ID` and `arn:…:instance/ID/arn:…:instance/ID` both have the id as their second part between slashes.
    """
    return Fn.select(1, Fn.split("/", f"{text}/{text}"))


def id_of_queue(text: str) -> str:
    """Returns the queue's id from a token that is an id or an ARN (`arn:…:instance/INSTANCE/queue/ID`)."""
    return Fn.select(3, Fn.split("/", f"{text}/-/-/{text}"))
