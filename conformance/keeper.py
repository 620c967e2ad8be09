"""Puts everything back: the queue's caller config in each Region, and what a run has made.

A file notes what is to be put back, before the first change. So the next run can do it if this one is killed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

NUMBER = "OutboundCallerIdNumberId"
TRIES = 5
STACK_SECONDS = 900.0
LOOKS, EMPTY_LOOKS = 10, 3
"""At the list of queues, which may show a queue some time after it was made: how often at most, and without one at the end."""


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
        self._made_queues: list[str] = []
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

    def queue_made(self, name: str) -> None:
        """Notes the name of a queue that is about to be made: the answer with its id may be lost."""
        if name not in self._made_queues:
            self._made_queues.append(name)
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
        self._made_queues = noted["made_queues"]

    def restore(self, client: Callable[[str, str | None], Any], pause: float = 2.0) -> None:
        """Puts everything back.

        Args:
            client: returns the client of a service in a Region.
            pause: seconds between two looks at what is being deleted.

        Raises:
            RestoreError: something is not as it was.
        """
        steps = [
            *(("the queue's config", partial(self._restore_queue, client, region)) for region in self._queues),
            *([("queues", partial(self._delete_queues, client, pause))] if self._made_queues else []),
            # Parameters before stacks: one of them lets the stack's function refuse a Delete.
            *(("parameters", partial(self._delete, client, name)) for name in self._parameters),
            *(("stacks", partial(self._delete_stack, client, name, pause)) for name in self._stacks),
        ]
        problems = [problem for what, step in steps if (problem := _problem(what, step))]
        if problems:
            raise RestoreError("; ".join(problems))
        self._queues, self._parameters, self._stacks, self._made_queues = {}, [], [], []
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

    def _delete_queues(self, client: Callable[[str, str | None], Any], pause: float) -> str | None:
        """Deletes the queues of this run by their names, in each Region: whether a deletion is mirrored is not known."""
        empty, found = 0, ""
        for _ in range(LOOKS):
            found = "; ".join(
                f"queue {name} in {region} is still listed, and DeleteQueue is {_tried(connect.delete_queue, **queue) or 'ok'}"
                for region in self._queues
                for connect in [client("connect", region)]
                for name, queue in self._listed(connect)
            )
            empty = 0 if found else empty + 1
            if empty == EMPTY_LOOKS:
                return None
            time.sleep(pause)
        return found

    def _listed(self, connect: Any) -> list[tuple[str, dict[str, str]]]:
        """Returns the name of each queue of this run that is listed, and what names it in a call."""
        pages = connect.get_paginator("list_queues").paginate(InstanceId=self.instance, QueueTypes=["STANDARD"])
        return [
            (entry["Name"], {"InstanceId": self.instance, "QueueId": entry["Id"]})
            for page in pages
            for entry in page["QueueSummaryList"]
            if entry["Name"] in self._made_queues
        ]

    def _delete(self, client: Callable[[str, str | None], Any], name: str) -> str | None:
        code = _tried(client("ssm", None).delete_parameter, Name=name)
        return None if code in {None, "ParameterNotFound"} else f"parameter {name} is not deleted: {code}"

    def _delete_stack(self, client: Callable[[str, str | None], Any], name: str, pause: float) -> str | None:
        cloudformation = client("cloudformation", None)
        deadline = time.monotonic() + STACK_SECONDS
        asked = False
        while (status := _status(cloudformation, name)) != "DELETE_COMPLETE":
            if (asked and status == "DELETE_FAILED") or time.monotonic() > deadline:
                return f"stack {name} is not deleted: {status}"
            # What is still being made or updated cannot be deleted yet.
            if not asked and not status.endswith("_IN_PROGRESS"):
                cloudformation.delete_stack(StackName=name)
                asked = True
            time.sleep(pause)
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
            "made_queues": self._made_queues,
        }
        self._note.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(json.dumps(noted, indent=2) + "\n")


def _problem(what: str, step: Callable[[], str | None]) -> str | None:
    """Takes one step of the restoration. Whatever AWS refuses, the other steps are still to be taken."""
    try:
        return step()
    except (ClientError, BotoCoreError) as problem:
        return f"{what}: {problem}"


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
