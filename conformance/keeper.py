"""Puts everything back: the queue's caller config in each Region, and what a run has made.

A file notes what is to be put back, before the first change. So the next run can do it if this one is killed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

NUMBER = "OutboundCallerIdNumberId"
TRIES = 5
STACK_SECONDS = 900.0


class RestoreError(Exception):
    """Something could not be put back; the message says what, and how it was."""


class Keeper:
    """What was there before, and what was made.

    Args:
        note: the file; removed when all is put back.
    """

    def __init__(self, note: Path) -> None:
        self._note = note
        self._queues: dict[str, dict[str, str]] = {}
        self._parameters: list[str] = []
        self._stacks: list[str] = []
        self.instance = self.queue = self.partition = self.account = ""

    def queue_found(
        self, instance: str, queue: str, configs: Mapping[str, dict[str, str]], partition: str, account: str
    ) -> None:
        """Notes the queue's caller config in each Region, before anything changes it."""
        self.instance, self.queue, self.partition, self.account = instance, queue, partition, account
        self._queues = dict(configs)
        self._write()

    def parameter_made(self, name: str) -> None:
        """Notes a parameter that is about to be made."""
        if name not in self._parameters:
            self._parameters.append(name)
            self._write()

    def stack_made(self, name: str) -> None:
        """Notes a stack that is about to be made. The parameters that its function makes are noted by it, too."""
        if name not in self._stacks:
            self._stacks.append(name)
            self._write()

    def left_over(self) -> bool:
        """Whether an earlier run was killed before it had put everything back."""
        return self._note.exists()

    def take_over(self) -> None:
        """Takes what an earlier run noted."""
        noted = json.loads(self._note.read_text())
        self.instance, self.queue = noted["instance"], noted["queue"]
        self.partition, self.account = noted["partition"], noted["account"]
        self._queues, self._parameters, self._stacks = noted["queues"], noted["parameters"], noted["stacks"]

    def restore(self, client: Callable[[str, str | None], Any], stack_pause: float = 2.0) -> None:
        """Puts everything back.

        Args:
            client: returns the client of a service in a Region.
            stack_pause: seconds between two looks at a stack that is being deleted.

        Raises:
            RestoreError: something is not as it was.
        """
        problems = [problem for region in self._queues if (problem := self._restore_queue(client, region))]
        # Parameters first: one of them lets the stack's function refuse a Delete.
        problems += [problem for name in self._parameters if (problem := self._delete(client, name))]
        problems += [problem for name in self._stacks if (problem := self._delete_stack(client, name, stack_pause))]
        if problems:
            raise RestoreError("; ".join(problems))
        self._queues, self._parameters, self._stacks = {}, [], []
        self._note.unlink(missing_ok=True)

    def _restore_queue(self, client: Callable[[str, str | None], Any], region: str) -> str | None:
        connect, wanted = client("connect", region), self._queues[region]
        forms = [wanted]
        number = wanted.get(NUMBER, "")
        if number and (not number.startswith("arn:") or ":instance/" in number):
            # DescribeQueue may name a number in a form that a write does not take: a V1 ARN nowhere, an id only where the
            # number was claimed.
            own_id = number.rpartition("/")[2]
            arns = [self._number_arn(own_id, other) for other in dict.fromkeys((region, *self._queues))]
            forms += [{**wanted, NUMBER: form} for form in (own_id, *arns)]
        queue = {"InstanceId": self.instance, "QueueId": self.queue}
        for form in forms:
            if _same(_config(connect, queue), wanted):
                return None
            _tried(connect.update_queue_outbound_caller_config, **queue, OutboundCallerConfig=form)
        if _same(_config(connect, queue), wanted):
            return None
        return f"queue {self.queue} in {region} had {json.dumps(wanted)}, and has {json.dumps(_config(connect, queue))}"

    def _number_arn(self, number: str, region: str) -> str:
        return f"arn:{self.partition}:connect:{region}:{self.account}:phone-number/{number}"

    def _delete(self, client: Callable[[str, str | None], Any], name: str) -> str | None:
        code = _tried(client("ssm", None).delete_parameter, Name=name)
        return None if code in {None, "ParameterNotFound"} else f"parameter {name} is not deleted: {code}"

    def _delete_stack(self, client: Callable[[str, str | None], Any], name: str, pause: float) -> str | None:
        cloudformation = client("cloudformation", None)
        deadline = time.monotonic() + STACK_SECONDS
        asked = False
        try:
            while (status := _status(cloudformation, name)) != "DELETE_COMPLETE":
                if (asked and status == "DELETE_FAILED") or time.monotonic() > deadline:
                    return f"stack {name} is not deleted: {status}"
                # What is still being made or updated cannot be deleted yet.
                if not asked and not status.endswith("_IN_PROGRESS"):
                    cloudformation.delete_stack(StackName=name)
                    asked = True
                time.sleep(pause)
        except ClientError as problem:
            return f"stack {name} is not deleted: {problem}"
        self._delete_events(client("ssm", None), name)
        return None

    def _delete_events(self, ssm: Any, stack: str) -> None:
        """Deletes what the stack's function has noted."""
        path = f"/queue-outbound-caller-config-conformance/{stack.rpartition('-')[2]}/events"
        pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path)
        for name in [entry["Name"] for page in pages for entry in page["Parameters"]]:
            _tried(ssm.delete_parameter, Name=name)

    def _write(self) -> None:
        noted = {
            "instance": self.instance,
            "queue": self.queue,
            "partition": self.partition,
            "account": self.account,
            "queues": self._queues,
            "parameters": self._parameters,
            "stacks": self._stacks,
        }
        self._note.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(json.dumps(noted, indent=2) + "\n")


def _config(connect: Any, queue: Mapping[str, str]) -> dict[str, str]:
    described: dict[str, str] = connect.describe_queue(**queue)["Queue"].get("OutboundCallerConfig") or {}
    return dict(described)


def _status(cloudformation: Any, name: str) -> str:
    """Returns a stack's status. By its name, a stack that is deleted or was never made is not found."""
    try:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "ValidationError":
            raise
        return "DELETE_COMPLETE"


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Says whether two configs are the same, whichever form names a number or a flow."""
    return _by_id(one) == _by_id(other)


def _by_id(config: Mapping[str, str]) -> dict[str, str]:
    return {
        member: value if member == "OutboundCallerIdName" else value.rpartition("/")[2]
        for member, value in config.items()
    }


def _tried(method: Callable[..., Any], **request: Any) -> str | None:
    """Makes a call, again after a throttling; returns the error code of what failed for another reason."""
    code: str | None = None
    for _ in range(TRIES):
        try:
            method(**request)
            return None
        except ClientError as problem:
            code = str(problem.response["Error"]["Code"])
            if "Throttling" not in code and "TooMany" not in code:
                return code
    return code
