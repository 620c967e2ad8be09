"""The real handler out of the real asset, in processes of its own, seen as Lambda sees a function."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from testing.local_aws.surroundings import ACCOUNT, MEASURING, base_environment

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDPROTOCOLTESTS001",
    "AWS_SECRET_ACCESS_KEY": "secret-access-key-of-the-protocol-tests",
    "AWS_SESSION_TOKEN": "session-token-of-the-protocol-tests",
}
"""Credentials that a log must not show."""
REMAINING = 600.0
HURRY = 2000.0
"""How much faster the function sleeps, unless a test is about the waits."""
ZYGOTE = Path(__file__).with_name("zygote.py")


@dataclass(frozen=True, repr=False)
class Accident:
    """Something that happens to one of the function's calls of AWS.

    Attributes:
        do: `kill`, `drop`, `refuse`, `wait`, or `hold` until `held` returns (see `invoke_warm`).
        when: `before` the request is sent, or `after` its answer came.
        number: the n-th call of the invocation, from 1 (`onward`: and all later ones); or
        call: every call of this operation (`ssm:GetParameter`), after the first `skip` and for `times`.
        status, code: of `refuse`.
        seconds: of `wait`.
    """

    do: str
    when: str = "before"
    number: int | None = None
    onward: bool = False
    call: str | None = None
    skip: int = 0
    times: int = 1
    status: int = 500
    code: str = "InternalServerError"
    seconds: float = 0.0

    def __repr__(self) -> str:
        parts = self.__dataclass_fields__.items()
        given = [f"{name}={getattr(self, name)!r}" for name, its in parts if getattr(self, name) != its.default]
        return f"Accident({', '.join(given)})"

    def to_json(self) -> dict[str, Any]:
        """Returns what the zygote reads."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass
class Invocation:
    """What one invocation did.

    Attributes:
        calls: the calls of AWS that were begun, in order.
        ended: whether the handler returned or raised; else it was killed.
        problem: the exception's name, when it raised.
        seconds: how long it took by its own clock.
        log: what it wrote.
    """

    calls: list[str] = field(default_factory=list)
    accidents: list[str] = field(default_factory=list)
    ended: bool = False
    problem: str | None = None
    seconds: float = 0.0
    log: str = ""

    @property
    def report(self) -> dict[str, Any]:
        """The function's line about the event."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith('{"_aws"')]
        assert len(lines) == 1, f"one line an event, but:\n{self.log}"
        report: dict[str, Any] = lines[0]
        return report

    @property
    def warnings(self) -> list[str]:
        """The warnings on that line."""
        warnings: list[str] = self.report["warnings"]
        return warnings


class Function:
    """The function, deployed.

    Arguments:
        connect_endpoint: where Amazon Connect is.
        ssm_endpoint: where SSM is.
        cloudformation_endpoint: where CloudFormation is.
        aws_ca_bundle: what boto3 trusts.
        answers_ca_bundle: what the answer's PUT trusts.
        logs: the folder that keeps every invocation's log.
        environment: further variables.
        warm_up: events that the environment has seen before all others.
    """

    def __init__(
        self,
        *,
        connect_endpoint: str,
        ssm_endpoint: str,
        cloudformation_endpoint: str,
        aws_ca_bundle: Path,
        answers_ca_bundle: Path,
        logs: Path,
        environment: Mapping[str, str] | None = None,
        warm_up: Iterable[object] = (),
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="function-")
        root = Path(self._folder.name)
        self._asset = unpacked_asset(root / "asset")
        self._socket = str(root / "s")
        self._logs = logs
        logs.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)
        self._warm_up = tuple(warm_up)
        self._idle: list[_Environment] = []
        self._prefix = uuid.uuid4().hex[:6]
        self.environment = {
            **base_environment(root),
            **CREDENTIALS,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": "queue-outbound-caller-config",
            "AWS_ENDPOINT_URL_CONNECT": connect_endpoint,
            "AWS_ENDPOINT_URL_SSM": ssm_endpoint,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation_endpoint,
            "AWS_CA_BUNDLE": str(aws_ca_bundle),
            "SSL_CERT_FILE": str(answers_ca_bundle),
            "AWS_EC2_METADATA_DISABLED": "true",
            **(environment or {}),
        }
        self._clock = root / "clock"
        self._clock.write_bytes(struct.pack("d", 0.0))
        self._process: subprocess.Popen[bytes] | None = None

    def now(self) -> float:
        """Returns the time of day as the function sees it: what it slept in a hurry has passed."""
        return time.time() + float(struct.unpack("d", self._clock.read_bytes())[0])

    def apart(self) -> Self:
        """Returns the same function with a time of day of its own, for what is played beside other things that sleep."""
        other = copy.copy(self)
        other._clock = self._clock.with_name(f"clock-{next(self._numbers)}")
        other._clock.write_bytes(self._clock.read_bytes())
        return other

    def start(self) -> Self:
        """Starts the execution environment's template."""
        self._cold_log = self._logs / f"{self._prefix}-cold-start.log"
        with self._cold_log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(ZYGOTE), "--socket", self._socket, "--asset", str(self._asset)],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._folder.name,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == b"ready":
                self.invoke_warm(list(self._warm_up))
                self._idle.pop().close()  # it was the template's own
                return self
        raise RuntimeError(f"the function did not start:\n{self._cold_log.read_text()}")

    def stop(self) -> None:
        """Ends it."""
        while self._idle:
            self._idle.pop().close()
        if self._process is not None:
            if MEASURING in self.environment:
                self._let_it_end(self._process)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                assert stream is not None
                stream.close()
        self._folder.cleanup()

    @staticmethod
    def _let_it_end(process: subprocess.Popen[bytes]) -> None:
        """Waits until all its processes ended by themselves: only then is their coverage written."""
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        deadline = time.monotonic() + 20
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.killpg(process.pid, 0)
                time.sleep(0.05)

    def invoke(self, event: object, **how: Any) -> Invocation:
        """Invokes it once, in an execution environment that is idle or new. `how` as in `invoke_warm`."""
        return self.invoke_warm([event], **how)[0]

    def invoke_warm(
        self,
        events: list[object],
        *,
        accidents: Iterable[Accident] = (),
        remaining: float = REMAINING,
        hurry: float = HURRY,
        held: Callable[[], None] = lambda: None,
        called: Callable[[int], None] = lambda _: None,
    ) -> list[Invocation]:
        """Invokes it with several events, one after the other in one execution environment.

        Arguments:
            events: the events.
            accidents: what happens to the calls of each.
            remaining: seconds that Lambda gives to each.
            hurry: how much faster it sleeps.
            held: called while one of its calls is held; it goes on when this returns.
            called: told the number of each call as it begins.
        """
        log = self._logs / f"{self._prefix}-{next(self._numbers):06}.log"
        request = {
            "events": events,
            "plan": [accident.to_json() for accident in accidents],
            "hurry": hurry,
            "log": str(log),
            "clock": str(self._clock),
            "context": {
                "remaining": remaining,
                "aws_request_id": str(uuid.uuid4()),
                "function_name": "queue-outbound-caller-config",
                "invoked_function_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:queue-outbound-caller-config",
            },
        }
        try:
            environment = self._idle.pop()
        except IndexError:
            environment = _Environment(self._socket)
        done = environment.invoke(request, held, called)
        if len(done) == len(events) and done[-1].ended:
            self._idle.append(environment)
        else:
            environment.close()
        text = log.read_text() if log.exists() else ""
        for invocation in done:
            invocation.log = text
        return done

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Environment:
    """An execution environment: a process that handles one invocation at a time."""

    def __init__(self, path: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(path)
        self._lines = self._connection.makefile("rb")

    def invoke(
        self, request: dict[str, Any], held: Callable[[], None], called: Callable[[int], None]
    ) -> list[Invocation]:
        """Returns what each event did; fewer than asked for when the process was killed."""
        self._connection.sendall(json.dumps(request).encode() + b"\n")
        done = [Invocation()]
        for raw in self._lines:
            line = json.loads(raw)
            now = done[-1]
            if line.get("when") == "before":
                now.calls.append(line["call"])
                called(line["number"])
            elif "accident" in line:
                now.accidents.append(line["accident"])
                if line["accident"] == "hold":
                    held()
                    self._connection.sendall(b"go on\n")
            elif "ended" in line:
                now.ended, now.problem, now.seconds = True, line["problem"], line["seconds"]
                if len(done) == len(request["events"]):
                    break
                done.append(Invocation())
        return done

    def close(self) -> None:
        """Ends it."""
        self._lines.close()
        self._connection.close()


def unpacked_asset(folder: Path) -> Path:
    """Unpacks the asset that the construct deploys, and returns the folder."""
    from queue_outbound_caller_config.lambda_asset import asset_bytes  # noqa: PLC0415 - it starts jsii, which takes seconds

    with zipfile.ZipFile(BytesIO(asset_bytes())) as archive:
        archive.extractall(folder)
    return folder
