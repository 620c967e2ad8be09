"""Lambda's part: a process that imports the handler once, and gives birth to one process for each execution environment.

    python zygote.py --socket PATH --asset FOLDER

It runs with the function's environment. Each connection to the socket is an execution environment. A line of JSON that comes
in (events, context, plan) is an invocation; lines of JSON go out: one for each call of AWS as it begins and ends, and at last
the result. A process that is killed says no more, and its connection ends.

The border to AWS is botocore's HTTP session. There the plan's accidents happen, whichever service is called:

- `kill`: the process ends as by SIGKILL, before a request is sent or after its answer came;
- `drop`: the connection fails, before or after the service did its part;
- `refuse`: an answer with a status and an error code, before or after the service did its part;
- `wait`: a pause, so that another process goes first;
- `hold`: a pause until a line comes in.

Time passes `hurry` times faster while the function sleeps, so that waits which the quota asks for cost no time: its own clock
and the time that remains to it move on as if it had slept as long as it meant to.
"""

from __future__ import annotations

import argparse
import fcntl
import gc
import importlib
import io
import json
import logging
import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any


class Time:
    """The function's time."""

    def __init__(self) -> None:
        self.hurry = 1.0
        self._skipped = 0.0
        self._sleep, self._monotonic, self._time = time.sleep, time.monotonic, time.time
        self._clock = -1

    def use(self, clock: str) -> None:
        """Takes the file that says how much of the time of day was skipped; several processes may share one."""
        if self._clock >= 0:
            os.close(self._clock)
        self._clock = os.open(clock, os.O_RDWR)

    def sleep(self, seconds: float) -> None:
        """Sleeps, in a hurry. What it does not sleep, everyone's time of day skips."""
        skipped = seconds * (1 - 1 / self.hurry)
        self._skipped += skipped
        fcntl.lockf(self._clock, fcntl.LOCK_EX)
        os.pwrite(self._clock, struct.pack("d", self._all_skipped() + skipped), 0)
        fcntl.lockf(self._clock, fcntl.LOCK_UN)
        self._sleep(seconds / self.hurry)

    def time(self) -> float:
        """Returns the time of day, which all processes of the function and CloudFormation share."""
        return self._time() + self._all_skipped()

    def _all_skipped(self) -> float:
        if self._clock < 0:
            return 0.0
        return float(struct.unpack("d", os.pread(self._clock, 8, 0))[0])

    def monotonic(self) -> float:
        """Returns seconds of a clock that has slept as long as it meant to."""
        return self._monotonic() + self._skipped

    def install(self) -> None:
        """Puts itself in the place of `time`'s, for modules that are imported later."""
        time.sleep = self.sleep  # type: ignore[assignment] # the real one also takes whatever has __index__
        time.monotonic, time.time = self.monotonic, self.time


TIME = Time()


class Context:
    """Lambda's context object."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._end = TIME.monotonic() + given["remaining"]
        self.aws_request_id = given["aws_request_id"]
        self.function_name = given["function_name"]
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = "256"
        self.invoked_function_arn = given["invoked_function_arn"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef"

    def get_remaining_time_in_millis(self) -> int:
        """Returns what Lambda's method of that name returns."""
        return max(int((self._end - TIME.monotonic()) * 1000), 0)


class Border:
    """What happens at the border to AWS. Calls are counted from 1."""

    def __init__(self) -> None:
        self.plan: list[dict[str, Any]] = []
        self.say: Callable[[dict[str, Any]], None] = lambda _: None
        self.hear: Callable[[], object] = lambda: None
        self._operation = ""
        self._count = 0
        self._sessions: set[Any] = set()

    def close_connections(self) -> None:
        """Closes the connections that are kept open: two processes must not share them."""
        for session in self._sessions:
            session.close()

    def begin(
        self, plan: Iterable[dict[str, Any]], say: Callable[[dict[str, Any]], None], hear: Callable[[], object]
    ) -> None:
        """Begins an invocation."""
        self.plan, self.say, self.hear, self._count = [dict(each) for each in plan], say, hear, 0

    def install(self) -> None:
        """Is put at the border: before the handler makes its clients."""
        import boto3  # noqa: PLC0415 - after time's functions were replaced
        import botocore.httpsession  # noqa: PLC0415

        boto3.setup_default_session()
        boto3.DEFAULT_SESSION.events.register("before-send.*.*", self._before_send)
        send = botocore.httpsession.URLLib3Session.send
        border = self

        def sent(session: Any, request: Any) -> Any:
            border._sessions.add(session)
            return border._send(lambda: send(session, request), request)

        botocore.httpsession.URLLib3Session.send = sent

    def _before_send(self, event_name: str, **_: object) -> None:
        service, operation = event_name.split(".")[1:3]
        self._operation = f"{service}:{operation}"

    def _send(self, send: Callable[[], Any], request: Any) -> Any:
        self._count += 1
        call, number = self._operation, self._count
        self.say({"call": call, "number": number, "when": "before"})
        due = [each for each in self.plan if each.get("call") == call or _meets(each, number)]
        answer = self._suffer(due, "before", request)
        if answer is not None:
            return answer
        answer = send()
        self.say({"call": call, "number": number, "when": "after", "status": answer.status_code})
        return self._suffer(due, "after", request) or answer

    def _suffer(self, due: list[dict[str, Any]], when: str, request: Any) -> Any:
        from botocore.awsrequest import AWSResponse  # noqa: PLC0415
        from botocore.exceptions import ConnectionClosedError, EndpointConnectionError  # noqa: PLC0415

        for each in due:
            if each["when"] != when or each["times"] < 1:
                continue
            if each["skip"] > 0:
                each["skip"] -= 1
                continue
            each["times"] -= not each["onward"]
            self.say({"accident": each["do"]})
            if each["do"] == "kill":
                os._exit(
                    137
                )  # at once and without any clean-up, as SIGKILL; but a process that is measured writes what it ran
            elif each["do"] == "wait":
                time.sleep(each["seconds"] * TIME.hurry)
            elif each["do"] == "hold":
                self.hear()
            elif each["do"] == "drop":
                if when == "before":
                    raise EndpointConnectionError(endpoint_url="https://aws.invalid/")
                raise ConnectionClosedError(endpoint_url="https://aws.invalid/")
            elif each["do"] == "refuse":
                body = json.dumps({"__type": each["code"], "message": "An accident of the test"}).encode()
                headers = {"x-amzn-errortype": each["code"], "content-type": "application/json"}
                return AWSResponse(request.url, each["status"], headers, _Raw(body))
        return None


def _meets(planned: dict[str, Any], number: int) -> bool:
    first = planned.get("number")
    return first is not None and (number == first or (planned["onward"] and number > first))


class _Raw(io.BytesIO):
    """A body as urllib3 gives it to botocore."""

    def stream(self, *_: object, **__: object) -> Any:
        """Yields it whole."""
        yield self.read()


def invoke(handler: Callable[[Any, Any], Any], border: Border, lines: Any, line: bytes, answer: Any) -> None:
    """Carries out the invocation that a line asks for and says what came of it."""
    request = json.loads(line)

    def say(line: dict[str, Any]) -> None:
        answer.sendall(json.dumps(line).encode() + b"\n")

    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    TIME.hurry = request.get("hurry", 1.0)
    TIME.use(request["clock"])
    for event in request["events"]:
        border.begin(request["plan"], say, lines.readline)
        context = Context(request["context"])
        signal.setitimer(signal.ITIMER_REAL, request["context"]["remaining"])  # Lambda ends the function then
        started = TIME.monotonic()
        try:
            handler(event, context)
            problem = None
        except BaseException as raised:
            problem = type(raised).__name__
            traceback.print_exc()
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.flush()
        say({"ended": True, "problem": problem, "seconds": TIME.monotonic() - started})


def serve(path: str, handler: Callable[[Any, Any], Any], border: Border) -> None:
    """Gives birth to a process for each connection, until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them
    warm = False
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(128)
        print("ready", flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:  # else whoever started this one is gone
            connection, _ = listener.accept()
            if not warm:
                # In this process: what Python and boto3 load at their first call, each child has then.
                with connection, connection.makefile("rb") as lines:
                    invoke(handler, border, lines, lines.readline(), connection)
                border.close_connections()
                gc.collect()
                gc.freeze()
                warm = True
                continue
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                with connection, connection.makefile("rb") as lines:
                    for line in lines:
                        invoke(handler, border, lines, line, connection)
                os._exit(0)
            connection.close()


def main() -> None:
    """Starts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True)
    parser.add_argument("--asset", required=True)
    options = parser.parse_args()
    sys.path.insert(0, options.asset)
    if level := os.environ.get("AWS_LAMBDA_LOG_LEVEL"):  # Lambda's runtime sets the root logger up so
        logging.basicConfig(stream=sys.stderr, level=level)
    TIME.install()
    border = Border()
    border.install()
    handler = importlib.import_module("queue_outbound_caller_config_provider.handler")
    where = str(handler.__file__)
    if not where.startswith(options.asset):
        raise SystemExit(f"the handler came from {where}, not from the asset")
    serve(options.socket, handler.handler, border)


if __name__ == "__main__":
    main()
