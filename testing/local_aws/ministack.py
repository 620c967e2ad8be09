"""MiniStack in a process of its own: SSM, CloudFormation, Lambda, S3, IAM and the rest of what `cdk deploy` calls."""

from __future__ import annotations

import http.client
import secrets
import shutil
import socket
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from .certificate import Certificate
from .kept_process import KeptProcess
from .surroundings import ACCOUNT, PROJECT_ROOT, base_environment

DOOR = Path(__file__).with_name("ministack_side") / "door.py"
PYTHON = PROJECT_ROOT / ".venv-ministack" / "bin" / "python"
START_SECONDS = 60.0


class MiniStackMissingError(RuntimeError):
    """MiniStack's environment is not set up."""


class MiniStack:
    """A running MiniStack on a free loopback port, with folders of its own. Any number run side by side.

    Args:
        function_environment: Variables for the Lambda functions beside what they set themselves: MiniStack's
            functions inherit its environment.

    Attributes:
        key: The random session token that a call needs; see `ministack_side/door.py`.
    """

    def __init__(self, *, function_environment: Mapping[str, str] | None = None) -> None:
        if not PYTHON.exists():
            raise MiniStackMissingError(f"{PYTHON} is not there. Run: make setup")
        self.key = secrets.token_urlsafe(32)
        self._folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
        try:
            self._certificate = Certificate.make(self._folder)
            # We take the port and MiniStack inherits it open: between finding a free port and using it there is no
            # moment when another copy could take it.
            with socket.create_server(("127.0.0.1", 0)) as listener:
                self._port: int = listener.getsockname()[1]
                self._process = self._start(listener, function_environment or {})
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        try:
            self._process.wait_until(self._is_ready, seconds=START_SECONDS, what="MiniStack", log=self.log)
        except BaseException:
            self._process.stop()
            raise

    def _start(self, listener: socket.socket, function_environment: Mapping[str, str]) -> KeptProcess:
        with self._log_file.open("wb") as log:
            return KeptProcess(
                # Not `-m ministack`: that also listens on port 443 where it may.
                [str(PYTHON), "-m", "hypercorn", f"asgi:{DOOR}:app", "--workers=0", f"--bind=fd://{listener.fileno()}",
                 f"--certfile={self._certificate.chain}", f"--keyfile={self._certificate.key}", "--keep-alive=75",
                 "--graceful-timeout=0"],
                environment={**base_environment(self._folder), **self._environment(), **function_environment},
                cwd=self._folder,
                output=log,
                pass_fds=[listener.fileno()],
                scratch=self._folder,
            )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "GATEWAY_PORT": str(self._port),
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self._certificate.chain),
            "MINISTACK_SSL_KEY": str(self._certificate.key),
            "S3_DATA_DIR": str(self._folder / "s3"),
            "STATE_DIR": str(self._folder / "state"),
            # Listeners on fixed ports that nobody here needs.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # At its start and end MiniStack removes every container that it calls its own: let it find no Docker.
            "DOCKER_HOST": f"unix://{self._folder}/no-docker.sock",
            # What a function trusts: boto3 the one, crhelper (http.client) the other, Node the third.
            "AWS_CA_BUNDLE": str(self._certificate.authority),
            "SSL_CERT_FILE": str(self._certificate.authority),
            "NODE_EXTRA_CA_CERTS": str(self._certificate.authority),
            # Lambda's Node brings the AWS SDK.
            "NODE_PATH": str(PROJECT_ROOT / "node_modules"),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_SESSION_TOKEN": self.key,
        }

    def _is_ready(self) -> bool:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=2, context=ssl.create_default_context(cafile=str(self.ca_bundle))
        )
        try:
            connection.request("GET", "/_ministack/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @property
    def _log_file(self) -> Path:
        return self._folder / "ministack.log"

    @property
    def endpoint(self) -> str:
        """The URL of every service but Connect."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def ca_bundle(self) -> Path:
        """The file of the authority that signed the server's certificate."""
        return self._certificate.authority

    @property
    def folder(self) -> Path:
        """A folder that lives as long as the server, for what its clients write."""
        return self._folder

    def log(self) -> str:
        """The last lines of what the server wrote."""
        lines = self._log_file.read_text(errors="replace").splitlines() if self._log_file.exists() else []
        return "\n".join(lines[-40:])

    def stop(self) -> None:
        """End the server and its functions, and remove its folder."""
        self._process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
