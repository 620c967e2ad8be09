"""A cfn-lint rule for `Custom::ConnectQueueOutboundCallerConfig`: a misspelt property is an error in the editor.

cfn-lint (1.58) checks every `Custom::` type against the schema of AWS::CloudFormation::CustomResource, also when a registry
schema of that very type is given. So the schema beside this file comes as a rule:

    cfn-lint --append-rules <this folder> -- template.yaml

or in `.cfnlintrc`, which editors read too: `append_rules: [<this folder>]`. It needs only cfn-lint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # so that this package's types are whole where cfn-lint is not installed

    class _Rules:
        class CfnLintJsonSchema:
            def __init__(self, keywords: list[str], *, all_matches: bool) -> None: ...
            def _iter_errors(self, validator: Any, instance: Any) -> Iterator[Any]: ...
else:
    # By module, since cfn-lint takes every rule class among a plug-in's names for one of its rules.
    from cfnlint.rules import jsonschema as _Rules  # noqa: N812

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))
_IS_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class QueueOutboundCallerConfigProperties(_Rules.CfnLintJsonSchema):
    """Checks the resource's properties."""

    id = "E9450"
    shortdesc = "Properties of Custom::ConnectQueueOutboundCallerConfig"
    description = "Checks names, required properties, and the forms of ids, ARNs and numbers"
    tags: tuple[str, ...] = ("resources", "connect")

    def __init__(self) -> None:
        super().__init__(keywords=["Resources/Custom::ConnectQueueOutboundCallerConfig/Properties"], all_matches=True)
        self._schema: dict[str, Any] = SCHEMA
        self._use_schema_arg = False

    def _iter_errors(self, validator: Any, instance: Any) -> Iterator[Any]:
        """Yields the problems that no deployment can avoid, in words for people."""
        for error in super()._iter_errors(validator, instance):
            if "{{resolve:" in str(error.instance) or _may_be_given(instance, error):
                continue
            if error.validator == "pattern":
                error.message = f"'{error.instance}' is not {error.schema['description']}"
                if _IS_NUMBER.fullmatch(str(error.instance)):
                    error.message += '. YAML reads it as a number: put it in quotes, "+15551234567"'
            yield error


def _may_be_given(properties: Any, error: Any) -> bool:
    """Returns whether something that is missing is there under a condition."""
    if error.validator not in ("required", "requiredOr"):
        return False
    given = properties.get("OutboundCallerConfig", {})
    return "Fn::If" in json.dumps(given, default=str) and ("OutboundCallerConfig" in error.message or bool(error.path))
