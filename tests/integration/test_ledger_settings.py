"""The ledger's parameter is tagged and encrypted as the provider's construct says."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from queue_outbound_caller_config_provider.settings import KEY_VARIABLE, TAGS_VARIABLE

from emulator.connect.sample import PRIMARY
from tests.integration.stack import Resource
from tests.integration.world import World, properties


@pytest.fixture
def key(world: World) -> str:
    """A KMS key that the function is told of."""
    key_id: str = world.aws.client("kms", PRIMARY).create_key()["KeyMetadata"]["KeyId"]
    os.environ[KEY_VARIABLE] = key_id  # the world puts the environment back
    return key_id


def parameter(world: World) -> dict[str, Any]:
    (name,) = (name for _, name in world.ledgers())
    found: dict[str, Any] = world.aws.client("ssm", PRIMARY).get_parameter(Name=name)["Parameter"]
    return found


def test_a_new_ledger_has_the_tags_and_a_changed_one_keeps_them(world: World) -> None:
    os.environ[TAGS_VARIABLE] = json.dumps({"team": "voice", "cost": "42"})
    resource = Resource()
    assert resource.create(properties(name="A")).ok
    assert resource.update(properties(name="B")).ok
    tags = world.aws.client("ssm", PRIMARY).list_tags_for_resource(
        ResourceType="Parameter", ResourceId=parameter(world)["Name"]
    )["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "voice", "cost": "42"}
    assert resource.delete().ok
    assert world.ledgers() == {}


def test_with_a_key_the_ledger_is_encrypted_and_read_again(world: World, key: str) -> None:
    before, resource = world.config(), Resource()
    assert resource.create(properties(name="A")).ok
    assert parameter(world)["Type"] == "SecureString"
    assert "baseline" not in parameter(world)["Value"], "without decryption nobody reads it"
    assert resource.update(properties(name="B")).ok
    assert resource.delete().ok
    assert (world.config(), world.ledgers()) == (before, {})


def test_with_a_key_a_plain_ledger_is_refused_and_never_written_over(world: World) -> None:
    resource = Resource()
    assert resource.create(properties(name="A")).ok
    before = world.ledgers()
    os.environ[KEY_VARIABLE] = "alias/ours"
    failed = resource.update(properties(name="B"))
    assert not failed.ok
    assert "is not encrypted by the provider" in failed.reason
    assert world.ledgers() == before
