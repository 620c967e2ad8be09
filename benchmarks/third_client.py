"""Another client of the account, which reads while a deploy uses the quota."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import boto3

from emulator.connect.process import Emulator

from . import world


@dataclass
class ThirdClient:
    """What became of a third client's calls."""

    answered: int = 0
    failed: int = 0


class AnotherClient:
    """Another tool of the account, with boto3 as it comes."""

    def __init__(self, emulator: Emulator, queue: str) -> None:
        self.outcome = ThirdClient()
        self._queue = queue
        self._client = boto3.client(
            "connect",
            region_name=world.REGION,
            endpoint_url=emulator.endpoint,
            aws_access_key_id="third",
            aws_secret_access_key="third",  # noqa: S106 - the emulator takes any
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._over.wait(5.0):
            try:
                self._client.describe_queue(InstanceId=world.INSTANCE, QueueId=self._queue)
            except self._client.exceptions.ClientError:
                self.outcome.failed += 1
            else:
                self.outcome.answered += 1

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
