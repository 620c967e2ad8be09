"""The one exception that becomes an error answer of the service."""

from __future__ import annotations


class Refusal(Exception):
    """The service refuses a call.

    Args:
        code: the error code. Its HTTP status is the service model's.
        message: what the caller reads.
        status: an HTTP status in place of the model's, or for a code that the model does not have.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def not_found(message: str) -> Refusal:
    """Returns ResourceNotFoundException."""
    return Refusal("ResourceNotFoundException", message)


def invalid_parameter(message: str) -> Refusal:
    """Returns InvalidParameterException."""
    return Refusal("InvalidParameterException", message)
