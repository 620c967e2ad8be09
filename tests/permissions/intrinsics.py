"""What CloudFormation makes of a template's intrinsic functions when it deploys it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testing.local_aws import ACCOUNT


@dataclass(frozen=True)
class Deployment:
    """Where a template is deployed, and what its resources and parameters turn out to be.

    Attributes:
        region, account, partition: of the stack.
        values: by logical id: what a parameter is given, or a resource's ARN. Amazon Connect's resources have their ARN
            as `Ref` too (the primary identifier of each resource type).
    """

    region: str = "us-east-1"
    account: str = ACCOUNT
    partition: str = "aws"
    values: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """Returns a piece of a template as the deployment has it; raises LookupError for what it does not know."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._intrinsic(name, argument)
        return {name: self.resolve(item) for name, item in value.items()}

    def _intrinsic(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._pseudo.get(argument) or self.values[argument]
            case "Fn::GetAtt":
                logical_id, attribute = argument
                if not attribute.endswith("Arn"):
                    raise LookupError(f"{attribute} of {logical_id}")
                return self.values[logical_id]
            case "Fn::Join":
                separator, pieces = argument
                return separator.join(self.resolve(piece) for piece in pieces)
            case "Fn::Split":
                separator, text = argument
                return self.resolve(text).split(separator)
            case "Fn::Select":
                index, pieces = argument
                return self.resolve(pieces)[int(index)]
        raise LookupError(name)

    @property
    def _pseudo(self) -> dict[str, str]:
        return {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": "amazonaws.com",
        }
