"""What can go wrong that a user can mend: one exception for each.

Every message fits CloudFormation's status reason as crhelper passes it on (240 characters, see `LONGEST_REASON`), names
the property or the resource, and says what to do instead. AWS's own error code is kept where there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .arns import PhoneNumber

LONGEST_REASON = 240
"""Characters of a reason that reach the user whole. crhelper cuts the *head* off anything over 256."""

DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
"""AWS's codes for a lack of permission."""

_LONGEST_QUOTE = 60


def quote(value: object, longest: int = _LONGEST_QUOTE) -> str:
    """Returns a value as it stands in a message: in quotes, its middle left out when it is long."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) > longest:
        head = longest // 2 - 1
        text = f"{text[:head]}…{text[-(longest - head - 1) :]}"
    return f"'{text}'"


def shorten(message: str, longest: int = LONGEST_REASON) -> str:
    """Returns a message of at most `longest` characters; what is too much is cut off the *end*."""
    message = " ".join(message.split())
    return message if len(message) <= longest else message[: longest - 1] + "…"


def masked(number: PhoneNumber) -> str:
    """Returns a phone number for a message or a log line: its id, or the last four digits."""
    return number.id or f"…{number.text[-4:]}"


class ProviderError(Exception):
    """Base of the errors whose text is written for the user of the resource."""

    def __str__(self) -> str:
        return shorten(super().__str__())


class InvalidProperty(ProviderError):
    """A property of the resource has a value that cannot be used.

    Attributes:
        property: the property's path, `OutboundCallerConfig.OutboundCallerIdName`, say.
        problem: what is wrong with the value.
        fix: what to write instead.
    """

    def __init__(self, property: str, problem: str, fix: str) -> None:
        super().__init__(f"{property} {problem}. {fix}")
        self.property = property
        self.problem = problem
        self.fix = fix


class InvalidProperties(ProviderError):
    """Several properties are wrong: the first is told whole, the others by name."""

    def __init__(self, problems: list[InvalidProperty]) -> None:
        self.problems = problems
        text = str(problems[0])
        if len(problems) > 1:
            names = ", ".join(dict.fromkeys(problem.property.rpartition(".")[2] for problem in problems[1:]))
            tail = f" Also wrong: {names}."
            text = shorten(text, max(LONGEST_REASON - len(tail), LONGEST_REASON // 2)) + tail
        super().__init__(text)


class NumberNotFound(ProviderError):
    """The declared number is not claimed where this instance could use it."""


class FlowNotFound(ProviderError):
    """The declared outbound whisper flow is not in the instance."""


class QueueNotFound(ProviderError):
    """The queue, or its instance, is not there."""


class OmissionKept(ProviderError):
    """The service kept a field that the write left out in order to unset it."""


class Superseded(ProviderError):
    """CloudFormation had gone on to a later event of the same resource, or had cancelled this one, before it was done."""


class NotTrusted(ProviderError):
    """The event is about another account or partition than the function's own."""


class TwinOutOfReach(ProviderError):
    """The twin Region cannot say whether a stack there still declares a config of the queue. Trying again may help."""


class LedgerUnreadable(ProviderError):
    """The queue's ledger holds something that this version cannot read, so nothing was overwritten."""


class LedgerBusy(ProviderError):
    """Others change the ledger all the time. Trying again may help."""


class LedgerFull(ProviderError):
    """The ledger would outgrow what one SSM parameter holds; nothing was written."""


class Refused(ProviderError):
    """AWS refused a call, and trying again within the same event did not help or could not.

    Attributes:
        code: AWS's error code, `AccessDeniedException`, say.
        operation: the IAM action, `connect:UpdateQueueOutboundCallerConfig`, say.
        message: AWS's own words.
        permanent: whether the same call, made later, would be refused again. A lack of permission is not permanent: it can be
            granted.
    """

    def __init__(self, code: str, operation: str, text: str, *, message: str = "", permanent: bool) -> None:
        super().__init__(text)
        self.message = message
        self.code = code
        self.operation = operation
        self.permanent = permanent

    @property
    def is_fault(self) -> bool:
        """Whether the connection, the service or the credential was out of order, which says nothing of the request."""
        return not self.permanent and self.code not in DENIED


class OutOfTime(ProviderError):
    """The invocation's time is nearly used up. Trying again may mend it."""
