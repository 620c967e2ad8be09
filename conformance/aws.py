"""AWS as a site: the account of the caller's credentials."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from .keeper import Keeper
from .site import MEMBERS, Document, Site, Subject

PACE_SECONDS = {"connect": 1.0, "ssm": 0.7}
"""Between two calls of one operation: half of the 2 a second that an account has of each one of Amazon Connect, and of the 3
that it has of PutParameter."""

OF_CLOUDFORMATION = (
    "clean-up like CloudFormation's",
    "policies that are enforced",
    "resources side by side",
)
"""What MiniStack does not do."""


class BadRequest(Exception):
    """What was asked for cannot be done; the message says what to give instead."""


@dataclass(frozen=True)
class Given:
    """What the caller gave, as text.

    Attributes:
        instance: id or ARN.
        queue, flow: ids or ARNs.
        numbers: V2 ARNs or ids.
        region: needed where the instance is given by its id.
        replica, foreign_number, unfinished_number, role: as in `Subject`.
    """

    instance: str
    queue: str
    region: str | None = None
    flow: str | None = None
    numbers: tuple[str, ...] = ()
    replica: str | None = None
    foreign_number: str | None = None
    unfinished_number: str | None = None
    role: str | None = None


def subject_of(given: Given, session: Any) -> Subject:
    """Returns what the checks look at. It reads who the caller is, and whose the numbers are.

    Raises:
        BadRequest: something is missing, or a number is not claimed to this instance or to one of its groups.
    """
    by_arn = given.instance.startswith("arn:")
    region = given.instance.split(":")[3] if by_arn else given.region or session.region_name
    if not region:
        raise BadRequest("give INSTANCE as an ARN, or REGION")
    who = session.client("sts", region).get_caller_identity()
    found: dict[str, str] = {}
    connect = session.client("connect", region)
    for number in given.numbers:
        described = connect.describe_phone_number(PhoneNumberId=number)["ClaimedPhoneNumberSummary"]
        kind = "group_number" if ":traffic-distribution-group/" in described["TargetArn"] else "number"
        found.setdefault(kind, described["PhoneNumberArn"])
    return Subject(
        partition=who["Arn"].split(":")[1],
        account=who["Account"],
        region=region,
        instance=given.instance.rpartition("/")[2],
        queue=given.queue.rpartition("/")[2],
        flow=given.flow.rpartition("/")[2] if given.flow else None,
        replica=given.replica,
        foreign_number=given.foreign_number,
        unfinished_number=given.unfinished_number,
        role=given.role,
        number=found.get("number"),
        group_number=found.get("group_number"),
    )


class Aws(Site):
    """The account of the caller's credentials.

    Args:
        subject: what the checks look at and change.
        note: the keeper's file.
        session: boto3's, for the credentials.
        with_stack: whether a stack with a function and a role may be made.
        with_queue: whether a queue may be made.
    """

    name = "aws"
    attempts = 8

    def __init__(
        self,
        subject: Subject,
        note: Path,
        session: Any = None,
        *,
        with_stack: bool = False,
        with_queue: bool = False,
    ) -> None:
        has = [
            "ssm",
            "quota",
            "iam simulator",
            "context in the iam simulator",
            *(["session policies for ssm"] if subject.role else []),
        ]
        has += ["stack", *OF_CLOUDFORMATION] if with_stack else []
        has += ["new queue"] if with_queue else []
        super().__init__(subject, Keeper(note), has)
        self._session = session or boto3.Session()
        self._called: dict[str, float] = {}
        self.hooks.append(self._pace)

    def options(self, service: str) -> dict[str, Any]:  # noqa: ARG002 - the same for all
        """Returns the caller's credentials."""
        frozen = self._session.get_credentials().get_frozen_credentials()
        return {
            "aws_access_key_id": frozen.access_key,
            "aws_secret_access_key": frozen.secret_key,
            "aws_session_token": frozen.token,
        }

    def under(self, service: str, documents: Sequence[Document], region: str | None = None) -> Any:
        """Returns a client of the role's, under a session policy."""
        statements = [statement for document in documents for statement in document["Statement"]]
        credentials = self.client("sts").assume_role(
            RoleArn=self.subject.role,
            RoleSessionName=f"conformance-{self.run}",
            Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )["Credentials"]
        return self.client(
            service,
            region,
            credentials["AccessKeyId"],
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def sleep(self, seconds: float) -> None:
        """Sleeps."""
        time.sleep(seconds)

    @contextmanager
    def quota(self) -> Iterator[None]:
        """Lets the quotas fill up before and after; in between it paces nothing and tries nothing again."""
        time.sleep(5)
        self.hooks.remove(self._pace)
        self.attempts = 1
        try:
            yield
        finally:
            self.attempts = Aws.attempts
            self.hooks.append(self._pace)
            time.sleep(5)

    def _pace(self, action: str) -> None:
        service = action.partition(":")[0]
        if service == "connect" or action == "ssm:PutParameter":
            wait = self._called.get(action, 0.0) + PACE_SECONDS[service] - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._called[action] = time.monotonic()


def what_is_missing(config: Mapping[str, str]) -> list[str]:
    """Returns the members that a queue's config lacks.

    A member that a check writes to a queue without it can only be taken away again where an omitted member is cleared, which
    is one of the points: so such a queue must be a spare one.
    """
    return [member for member in MEMBERS if member not in config]
