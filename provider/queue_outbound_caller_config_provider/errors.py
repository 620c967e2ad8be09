"""One exception for each problem that a user can fix.

Every message fits CloudFormation's status reason as crhelper passes it on (240 characters, see `LONGEST_REASON`), names
the property or the resource, and says what to do. AWS's own error code is kept where there is one.
"""

import re

LONGEST_REASON = 240
"""Characters of a reason that the user sees in full. crhelper cuts the *head* off anything over 256."""

DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
"""AWS's codes for a missing permission."""

_PHONE_NUMBER = re.compile(r"(?<![\w:/-])[+(0-9][0-9 ()./-]{2,}(?=[0-9 ()./-]{4}(?![\w:/-]))")
"""All of a number but its last four characters. No part of an id with letters, or of an ARN, is like that."""


def quote(value: object, longest: int = 60) -> str:
    """Returns a value in quotes for a message, without its middle if it is long, phone numbers by their last four digits."""
    text = _PHONE_NUMBER.sub("…", value if isinstance(value, str) else repr(value))
    if len(text) > longest:
        head = longest // 2 - 1
        text = f"{text[:head]}…{text[-(longest - head - 1) :]}"
    return f"'{text}'"


def shorten(message: str, longest: int = LONGEST_REASON) -> str:
    """Returns a message of at most `longest` characters, cut at the *end*, without what would steer a terminal."""
    message = " ".join("".join(letter if letter.isprintable() else " " for letter in message).split())
    return message if len(message) <= longest else message[: longest - 1] + "…"


class ProviderError(Exception):
    """Base of the errors whose text is written for the user of the resource."""

    def __str__(self) -> str:
        return shorten(super().__str__())


class InvalidProperty(ProviderError):
    """A property of the resource has a value that cannot be used.

    Attributes:
        property: The property's path, for example `OutboundCallerConfig.OutboundCallerIdName`.
        problem: Why the value cannot be used.
        fix: What to write instead.
    """

    def __init__(self, property: str, problem: str, fix: str) -> None:
        super().__init__(f"{property} {problem}. {fix}")
        self.property = property
        self.problem = problem
        self.fix = fix


class InvalidProperties(ProviderError):
    """Several properties are wrong. The message has the first problem in full, and names the other properties."""

    def __init__(self, problems: list[InvalidProperty]) -> None:
        self.problems = problems
        text = str(problems[0])
        if len(problems) > 1:
            names = ", ".join(dict.fromkeys(problem.property.rpartition(".")[2] for problem in problems[1:]))
            tail = f" (also wrong: {names})"
            text = shorten(text, max(LONGEST_REASON - len(tail), LONGEST_REASON // 2)) + tail
        super().__init__(text)


class NumberNotFound(ProviderError):
    """The declared number is not claimed where this instance could use it."""


class FlowNotFound(ProviderError):
    """The declared outbound whisper flow is not in the instance."""


class QueueNotFound(ProviderError):
    """The queue or its instance does not exist."""


class OmissionKept(ProviderError):
    """The service kept a field that the write left out in order to unset it."""


class Superseded(ProviderError):
    """CloudFormation cancelled this event, or sent a newer one of the same resource, before this one was done."""


class NotTrusted(ProviderError):
    """The stack or the queue is of another account or partition than the function."""


class TwinOutOfReach(ProviderError):
    """The twin Region cannot say whether a stack there still declares a config of the queue. Trying again may help."""


class LedgerUnreadable(ProviderError):
    """This version cannot read the queue's ledger, so it has not overwritten it."""


class LedgerBusy(ProviderError):
    """Other events changed the ledger again and again. Trying again may help."""

    def __init__(self, name: str) -> None:
        super().__init__(f"SSM parameter {name} is changed again and again by other events. Deploy again")


class LedgerFull(ProviderError):
    """The ledger would be larger than an SSM parameter can be. Nothing was written."""


class Refused(ProviderError):
    """AWS refused a call, and trying again within the event did not help or cannot help.

    Attributes:
        code: AWS's error code, for example `AccessDeniedException`.
        message: AWS's own message.
        permanent: Whether the same call would be refused again later. A missing permission is not permanent: it can be granted.
    """

    def __init__(self, code: str, text: str, *, message: str = "", permanent: bool) -> None:
        super().__init__(text)
        self.message = message
        self.code = code
        self.permanent = permanent

    @property
    def is_fault(self) -> bool:
        """Whether the connection, the service or the credential failed, so that nothing is known about the resource."""
        return not self.permanent and self.code not in DENIED

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the function may not make the call, or the endpoint does not exist."""
        return self.code in (*DENIED, "EndpointConnectionError")


class OutOfTime(ProviderError):
    """The invocation's time is nearly used up. Trying again may help."""
