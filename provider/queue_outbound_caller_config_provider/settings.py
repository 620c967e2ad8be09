"""What the construct tells the function by environment variables, besides the schedule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAGS_VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_TAGS"
"""Tags of each ledger's parameter, as a JSON object."""
KEY_VARIABLE = "QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_KEY"
"""Id or ARN of the KMS key that encrypts the ledgers."""


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """How the ledgers' parameters are tagged and encrypted.

    Attributes:
        tags: Tags of a new parameter, by key.
        key: The KMS key; None: the parameter is a plain string.
    """

    tags: Mapping[str, str]
    key: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "LedgerSettings":
        """Returns the settings in the function's environment."""
        return cls(json.loads(environment.get(TAGS_VARIABLE) or "{}"), environment.get(KEY_VARIABLE) or None)

    def of_put(self, *, first: bool) -> dict[str, Any]:
        """Returns members of PutParameter, which takes tags only when it makes the parameter."""
        members: dict[str, Any] = {"Type": "SecureString", "KeyId": self.key} if self.key else {"Type": "String"}
        if first and self.tags:
            members["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return members

    def accepts(self, type: str) -> bool:
        """Tells whether a parameter of this type can be one that the function wrote."""
        return type == ("SecureString" if self.key else "String")
