"""The local AWS as its clients see it: one endpoint for all services, another one for Amazon Connect."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from .function_log import function_log
from .ministack import MiniStack
from .surroundings import CREDENTIALS, base_environment

CONNECT_ENDPOINT = "AWS_ENDPOINT_URL_CONNECT"


class LocalAws:
    """A MiniStack whose Lambda functions find Amazon Connect at an emulator.

    Args:
        connect_endpoint: The URL of the Connect emulator; without one, a call to Connect ends at MiniStack, which
            does not know that service.
        environment: Further variables of MiniStack and its functions.
    """

    def __init__(self, *, connect_endpoint: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._connect = {CONNECT_ENDPOINT: connect_endpoint} if connect_endpoint else {}
        self._ministack = MiniStack(function_environment={**self._connect, **(environment or {})})
        # boto3's loaders and clients cost some 0.1 s each, and are safe to share between threads once made.
        self.client = functools.cache(self._client)

    @property
    def endpoint(self) -> str:
        """The URL of every service but Connect."""
        return self._ministack.endpoint

    @property
    def ca_bundle(self) -> Path:
        """What a client has to trust."""
        return self._ministack.ca_bundle

    @property
    def credentials(self) -> dict[str, str]:
        """The variables that a process needs to call it, the random key of this run among them."""
        return {**CREDENTIALS, "AWS_SESSION_TOKEN": self._ministack.key}

    @property
    def folder(self) -> Path:
        """A folder that lives as long as the local AWS: home and temporary files of what talks to it."""
        return self._ministack.folder

    def environment(self, region: str = "us-east-1") -> dict[str, str]:
        """The whole environment of a process that is to see this AWS and nothing else: the CDK CLI, boto3, the AWS CLI.

        Args:
            region: The Region that the process takes where it is told none.
        """
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            **base_environment(home),
            **self.credentials,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,  # the CDK CLI's upload looks at this one
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            "NODE_EXTRA_CA_CERTS": str(self.ca_bundle),
            "SSL_CERT_FILE": str(self.ca_bundle),
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._connect,
        }

    def _client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client of a service in a Region."""
        session = boto3.session.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self._ministack.key,
            region_name=region,
        )
        endpoint = self._connect.get(CONNECT_ENDPOINT, self.endpoint) if service == "connect" else self.endpoint
        return session.client(
            service,
            endpoint_url=endpoint,
            verify=str(self.ca_bundle),
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )

    def function_log(self, *regions: str) -> str:
        """What the Lambda functions of some Regions have written, in order of time, for a person to read."""
        return "\n".join(function_log(self.client("logs", region), region) for region in regions or ("us-east-1",))

    def ministack_log(self) -> str:
        """The last lines of MiniStack's own log."""
        return self._ministack.log()

    def stop(self) -> None:
        """End MiniStack and its functions."""
        self._ministack.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
