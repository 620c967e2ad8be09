"""Calls to the emulator as a user of boto3 makes them."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from emulator.connect.sample import BASIC_QUEUE, INSTANCE

ACCESS_KEY = "AKIDTEST"


@cache
def connect_client(endpoint: str, region: str, access_key: str = ACCESS_KEY) -> Any:
    """Returns boto3's client, which tries nothing twice and leaves all checks to the service."""
    return boto3.client(
        "connect",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key="secret",
        config=Config(
            retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=10, max_pool_connections=50
        ),
    )


def write(client: Any, config: dict[str, Any], queue: str = BASIC_QUEUE, instance: str = INSTANCE) -> None:
    """Writes a queue's caller config."""
    client.update_queue_outbound_caller_config(InstanceId=instance, QueueId=queue, OutboundCallerConfig=config)


def read(client: Any, queue: str = BASIC_QUEUE, instance: str = INSTANCE) -> dict[str, str]:
    """Returns a queue's caller config, empty where it has none."""
    answer = client.describe_queue(InstanceId=instance, QueueId=queue)
    config: dict[str, str] = answer["Queue"].get("OutboundCallerConfig", {})
    return config
