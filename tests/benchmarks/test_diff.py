"""What the benchmarks count in the output of `cdk diff`, and of which templates."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import diff
from tests.docs.markdown import DOCS, blocks


def test_a_config_is_added_at_each_place_or_removed_and_the_cli_lists_that(tmp_path: Path) -> None:
    """In a template, resources are in the order of the code."""
    diff.synthesize(4, str(tmp_path))

    def configs(name: str) -> list[str]:
        template = json.loads((tmp_path / name / "ContactCentre.template.json").read_text())
        return [id for id, resource in template["Resources"].items() if resource["Type"].startswith("Custom::")]

    before = configs("before")
    assert len(before) == 4
    for case, at in (("front", 0), ("middle", 2), ("end", 4)):
        assert configs(f"{case}3")[at].startswith("FraudReports")
        assert [id for id in configs(f"{case}3") if not id.startswith("FraudReports")] == before
    assert [configs(f"removed{number}") for number in (0, 4)] == [before[1:], before[:-1]]
    counts = {"listed": 2, "config": 1, "function": 1, "DependsOn": 0, "policies": 0}
    assert diff.count(diff.cdk_diff(tmp_path, "middle3")) == counts


def test_each_kind_of_change_is_counted() -> None:
    """The page for those who approve a deployment shows one of each that a config more brings."""
    page = DOCS / "how-to" / "cdk-stack.md"
    shown = next(block.code for block in blocks("text") if block.page == page and block.code.startswith("Resources"))
    assert diff.count(shown) == {"listed": 3, "config": 1, "function": 1, "DependsOn": 1, "policies": 0}
    another = """
[+] AWS::IAM::ManagedPolicy Provider/Policy Policy1
[~] AWS::Lambda::Function Provider/Function Function1
 ├─ [~] Environment
 │   └─ [~] .Variables:
 └─ [~] DependsOn
     └─ @@ -1,5 +1,6 @@
[~] Custom::ConnectQueueOutboundCallerConfig Sales Sales1
 ├─ [~] OutboundCallerConfig
 │   └─ [~] .OutboundCallerIdName:
 └─ [~] DependsOn

Outputs
[+] Output Arn Arn: {"Value":"x"}
"""
    assert diff.count(another) == {"listed": 3, "config": 0, "function": 0, "DependsOn": 0, "policies": 1}
