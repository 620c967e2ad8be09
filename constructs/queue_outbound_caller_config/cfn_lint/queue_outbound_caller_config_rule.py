"""A cfn-lint rule for Custom::ConnectQueueOutboundCallerConfig, so that an editor shows a misspelt property.

cfn-lint knows nothing of the properties of a custom resource, and takes no registry schema for one. With this folder among
its `append_rules` it checks them against `schema.json` beside this file:

    cfn-lint --append-rules "$(python -c 'import queue_outbound_caller_config as q; print(q.__path__[0])')/cfn_lint" …

Values that CloudFormation finds out only at deployment are left to the function.
"""

from __future__ import annotations

import json
from pathlib import Path

from cfnlint.rules.jsonschema.CfnLintJsonSchema import CfnLintJsonSchema


class QueueOutboundCallerConfigProperties(CfnLintJsonSchema):  # type: ignore[misc]  # cfn-lint is no dependency: untyped here
    """Checks the properties against the schema."""

    id = "E9101"
    shortdesc = "Properties of Custom::ConnectQueueOutboundCallerConfig"
    description = "Checks the properties of Custom::ConnectQueueOutboundCallerConfig against its schema"
    tags = ("resources", "connect")

    def __init__(self) -> None:
        super().__init__(keywords=["Resources/Custom::ConnectQueueOutboundCallerConfig/Properties"], all_matches=True)
        self._schema = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))
        self._use_schema_arg = False
