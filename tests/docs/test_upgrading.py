"""The procedures of the page on upgrading, and the contracts between versions that no other test covers."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from queue_outbound_caller_config import QueueOutboundCallerConfig, lambda_asset

from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY, SALES_QUEUE
from tests.integration.stack import Resource
from tests.integration.world import UPDATE, World, properties

NAME = "OutboundCallerIdName"
OLD_LEDGER = {
    "format": 1,
    "after": 0,
    "baseline": {"name": "What it had before"},
    "layers": [
        {
            "stack": "STACK",
            "resource": "CallerConfig",
            "declared": {"name": "By version 1.0.0"},
            "numberArn": None,
            "deletionBehavior": "RESTORE",
            "requests": ["b2a6bdb2-71e1-4d18-9f0e-8f5d3c3b5c35"],
        }
    ],
}
"""A ledger and a physical id as version 1.0.0 wrote them. Neither is ever to be changed here."""
OLD_PHYSICAL_ID = "arn:aws:connect:us-east-1:{account}:instance/{instance}/queue/{queue}/outbound-caller-config"


@pytest.fixture
def from_1_0_0(world: World) -> Resource:
    """A resource that version 1.0.0 created: its queue, ledger and physical id."""
    resource = Resource()
    owner = _owner_of(world, resource)
    layer = {**OLD_LEDGER["layers"][0], "stack": owner}  # type: ignore[index]
    world.set_config({NAME: "By version 1.0.0"}, queue=SALES_QUEUE)
    world.aws.client("ssm", PRIMARY).put_parameter(
        Name=f"/queue-outbound-caller-config/{INSTANCE}/{SALES_QUEUE}",
        Value=json.dumps({**OLD_LEDGER, "layers": [layer]}),
        Type="String",
    )
    resource.physical_id = OLD_PHYSICAL_ID.format(account="123456789012", instance=INSTANCE, queue=SALES_QUEUE)
    resource.properties = properties(queue=SALES_QUEUE, name="By version 1.0.0")
    return resource


def _owner_of(world: World, resource: Resource) -> str:
    """Returns the stack id that a resource's events have, from a ledger that it writes."""
    probe = dataclasses.replace(resource)
    assert probe.create(properties(name="Probe")).ok
    (document,) = world.ledgers().values()
    assert probe.delete().ok
    stack: str = json.loads(document)["layers"][0]["stack"]
    return stack


def test_what_version_1_0_0_left_is_updated_in_place(world: World, from_1_0_0: Resource) -> None:
    before = from_1_0_0.physical_id
    answer = from_1_0_0.update(properties(queue=SALES_QUEUE, name="By this version"))
    assert answer.ok
    assert answer.physical_id == before
    assert world.config(queue=SALES_QUEUE) == {NAME: "By this version"}


def test_what_version_1_0_0_left_is_restored_on_delete(world: World, from_1_0_0: Resource) -> None:
    assert from_1_0_0.delete().ok
    assert world.config(queue=SALES_QUEUE) == {NAME: "What it had before"}
    assert not world.ledgers()


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


def test_delete_goes_by_the_behavior_that_was_deployed_last(world: World) -> None:
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
