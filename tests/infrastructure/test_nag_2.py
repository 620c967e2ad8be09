"""cdk-nag 2: what the FAQ says silences its findings on the provider."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Aspects, Stack
from queue_outbound_caller_config import QueueOutboundCallerConfigProvider

from tests.infrastructure.synthesis import INSTANCE

CDK_NAG: Any = importlib.import_module("cdk_nag")  # its types are those of cdk-nag 3 where types are checked
FAQ = (Path(__file__).parents[2] / "docs" / "faq.md").read_text()
REASONS, BY_RESOURCE, BY_PATH = re.findall(r"^(?:reasons = |NagSuppressions\.).*$", FAQ, re.M)


def findings(folder: Path, suppress: str) -> list[str]:
    """Returns the errors of a stack with a provider after a line of Python that suppresses some."""
    app = App(outdir=str(folder))
    stack = Stack(app, "Voice")
    Aspects.of(app).add(CDK_NAG.AwsSolutionsChecks())
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE])
    exec(suppress, {"NagSuppressions": CDK_NAG.NagSuppressions, "stack": stack, "provider": provider})  # noqa: S102 - our page
    metadata = json.loads(Path(app.synth().directory, "manifest.json").read_text())["artifacts"]["Voice"]["metadata"]
    return [entry["data"] for entries in metadata.values() for entry in entries if entry["type"] == "aws:cdk:error"]


def test_the_findings_are_about_wildcards(tmp_path: Path) -> None:
    found = findings(tmp_path, "")
    assert found
    assert all(finding.startswith("AwsSolutions-IAM5[") for finding in found)


@pytest.mark.parametrize("suppress", [BY_RESOURCE, BY_PATH], ids=["by resource", "by path"])
def test_they_are_suppressed_on_the_provider(tmp_path: Path, suppress: str) -> None:
    assert findings(tmp_path, f"{REASONS}\n{suppress}") == []
