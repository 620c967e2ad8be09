"""What a test looks at from outside: queues and calls in the emulator, ledgers in MiniStack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from queue_outbound_caller_config_provider import handler
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT

from emulator.connect import Call, ConnectControl
from emulator.connect.arns import Account
from emulator.connect.sample import INSTANCE, PRIMARY, REPLICA, SUPPORT_QUEUE
from testing.local_aws import ACCOUNT, LocalAws
from testing.parameter_store import ParameterStore
from testing.protocol.cloudformation_api import CloudFormationApi
from tests.integration.stack import Clients

FUNCTION_KEY = "AKIAFUNCTION"
"""The access key id that the emulator knows the function by."""
UPDATE = "UpdateQueueOutboundCallerConfig"
OURS = Account("aws", ACCOUNT)


@dataclass(frozen=True)
class World:
    """The emulator, MiniStack's SSM behind the proxy that limits it, and CloudFormation's API about the tests' stacks."""

    connect: ConnectControl
    aws: LocalAws
    parameter_store: ParameterStore
    cloudformation_api: CloudFormationApi
    clients: Clients

    def config(self, region: str = PRIMARY, queue: str = SUPPORT_QUEUE) -> dict[str, str]:
        """Returns a queue's config as it was written."""
        return self.connect.queue_config(region, INSTANCE, queue)

    def set_config(self, config: dict[str, str], region: str = PRIMARY, queue: str = SUPPORT_QUEUE) -> None:
        """Sets a queue's config behind the function's back."""
        self.connect.set_queue_config(region, INSTANCE, queue, config)

    def calls(self, operation: str | None = None) -> list[Call]:
        """Returns the function's calls of Connect since the journal was cleared."""
        return self.connect.journal(operation, access_key=FUNCTION_KEY)

    def ledgers(self) -> dict[tuple[str, str], str]:
        """Returns every ledger by (Region, name)."""
        return {
            (region, parameter["Name"]): parameter["Value"]
            for region in (PRIMARY, REPLICA)
            for page in self._ssm(region)
            .get_paginator("get_parameters_by_path")
            .paginate(Path=LEDGER_ROOT, Recursive=True)
            for parameter in page["Parameters"]
        }

    def forget_ledgers(self) -> None:
        """Deletes every ledger."""
        for region, name in self.ledgers():
            self._ssm(region).delete_parameter(Name=name)

    def _ssm(self, region: str) -> Any:
        return self.aws.client("ssm", region)


@contextmanager
def function_world(
    connect: ConnectControl,
    aws: LocalAws,
    parameter_store: ParameterStore,
    cloudformation_api: CloudFormationApi,
    clients: Clients | None = None,
) -> Iterator[World]:
    """Lets the function run in this process, in an environment like Lambda's; no ledger is there at first.

    Arguments:
        connect: the emulator.
        aws: MiniStack.
        parameter_store: the proxy in front of MiniStack's SSM; quiet at first.
        cloudformation_api: what answers about the tests' stacks; well at first.
        clients: the function's boto3 clients, kept between worlds, for each costs a tenth of a second.
    """
    clients = clients or Clients(handler._client.__wrapped__)
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_REGION": PRIMARY,
        "AWS_ACCESS_KEY_ID": FUNCTION_KEY,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ENDPOINT_URL_CONNECT": connect.endpoint,
        "AWS_ENDPOINT_URL_SSM": parameter_store.endpoint,
        "AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation_api.endpoint,
        "AWS_CA_BUNDLE": str(aws.ca_bundle),
    }
    clients.used.clear()
    parameter_store.reset()
    cloudformation_api.reset()
    world = World(connect, aws, parameter_store, cloudformation_api, clients)
    world.forget_ledgers()
    with patch.dict(os.environ, environment, clear=True), patch.object(handler, "_client", clients):
        yield world


def properties(
    *, region: str = PRIMARY, queue: str = SUPPORT_QUEUE, behavior: str = "RESTORE", **config: str
) -> dict[str, Any]:
    """Returns a resource's properties: instance and queue by ARN; `name`, `number` and `flow` as given."""
    members = {"name": "OutboundCallerIdName", "number": "OutboundCallerIdNumberId", "flow": "OutboundFlowId"}
    return {
        "InstanceId": OURS.instance(region, INSTANCE),
        "QueueId": OURS.queue(region, INSTANCE, queue),
        "OutboundCallerConfig": {members[field]: value for field, value in config.items()},
        "DeletionBehavior": behavior,
    }
