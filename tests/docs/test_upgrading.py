"""The procedures of the page on upgrading, and the contracts between versions that no other test covers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from queue_outbound_caller_config import QueueOutboundCallerConfig, lambda_asset
from queue_outbound_caller_config_provider.ledger_document import FORMAT

from emulator.connect.sample import BASIC_QUEUE, INSTANCE
from tests.integration.stack import Resource
from tests.integration.world import UPDATE, World, properties

NAME = "OutboundCallerIdName"


def test_a_ledger_of_another_format_is_named_and_nothing_is_overwritten(world: World) -> None:
    resource = Resource()
    assert resource.create(properties(name="By this version")).ok
    (((region, name), document),) = world.ledgers().items()
    ssm = world.aws.client("ssm", region)
    other = json.dumps({**json.loads(document), "format": FORMAT + 1})
    ssm.put_parameter(Name=name, Value=other, Type="String", Overwrite=True)
    answer = resource.update(properties(name="By this version, too"))
    assert not answer.ok
    assert f"has format {FORMAT + 1}, this version reads {FORMAT}" in answer.reason
    assert world.ledgers() == {(region, name): other}
    assert world.config()[NAME] == "By this version"


def test_adopting_a_queue_with_the_values_that_it_has_writes_nothing(world: World) -> None:
    world.set_config({NAME: "As it is"}, queue=BASIC_QUEUE)
    assert Resource().create(properties(queue=BASIC_QUEUE, name="As it is")).ok
    assert not world.calls(UPDATE)


def test_any_change_of_an_adopted_queues_resource_writes_the_whole_config_again(world: World) -> None:
    world.set_config({NAME: "As it is"}, queue=BASIC_QUEUE)
    resource = Resource()
    assert resource.create(properties(queue=BASIC_QUEUE, name="As it is")).ok
    world.set_config({}, queue=BASIC_QUEUE)  # another tool's Delete
    assert resource.update(properties(queue=BASIC_QUEUE, name="As it is", behavior="RETAIN")).ok
    assert world.config(queue=BASIC_QUEUE) == {NAME: "As it is"}


def test_delete_follows_the_behavior_that_was_deployed_last(world: World) -> None:
    resource = Resource()
    assert resource.create(properties(queue=BASIC_QUEUE, name="Kept")).ok
    assert resource.update(properties(queue=BASIC_QUEUE, name="Kept", behavior="RETAIN")).ok
    kept = world.config(queue=BASIC_QUEUE)
    assert resource.delete().ok
    assert world.config(queue=BASIC_QUEUE) == kept
    assert not world.ledgers()


def test_another_code_of_the_function_changes_no_resource_of_the_type(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _template()
    other = {**lambda_asset._files(), "another_version.py": b""}
    monkeypatch.setattr(lambda_asset, "_files", lambda: other)
    for known in (lambda_asset.asset_bytes, lambda_asset.asset_hash):
        known.cache_clear()
    after = _template()
    for known in (lambda_asset.asset_bytes, lambda_asset.asset_hash):
        known.cache_clear()
    changed = {name for name, resource in after["Resources"].items() if resource != before["Resources"][name]}
    assert {after["Resources"][name]["Type"] for name in changed} == {"AWS::Lambda::Function"}


def _template() -> dict[str, Any]:
    app = App()
    stack = Stack(app, "Voice")
    QueueOutboundCallerConfig(stack, "CallerId", instance=INSTANCE, queue=BASIC_QUEUE, outbound_caller_id_name="Any")
    template: dict[str, Any] = app.synth().get_stack_by_name("Voice").template
    return template
