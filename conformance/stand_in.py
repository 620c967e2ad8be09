"""The stand-ins as a site: the Connect emulator, and MiniStack behind the door and the proxy."""

from __future__ import annotations

import itertools
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emulator.connect import ConnectControl, Emulator, Flow, PhoneNumber, Seed, sample, two_regions
from emulator.connect.quota import DEFAULT_BURST, DEFAULT_RATE
from emulator.connect.seed import identifier
from testing.local_aws import ACCOUNT, LocalAws
from testing.parameter_store import AWS_LIMITS, QUIET, ParameterStore

from .keeper import Keeper
from .site import Document, Site, Subject

OWN_NUMBER = identifier("conformance: a number claimed to the instance")
UNFINISHED_NUMBER = identifier("conformance: a number whose claim is in progress")
SPARE_NUMBER = identifier("conformance: a number that may be released")
SPARE_FLOW = identifier("conformance: a flow that may be deleted")
HAS = (
    "ssm",
    "quota",
    "iam simulator",
    "stack",
    "new queue",
    "number that can be released",
    "flow that can be deleted",
)


def seed() -> Seed:
    """Returns the mirrored sample with what the checks need beside: each kind of number, and what may be lost."""
    base = two_regions()
    region, group = sample.PRIMARY, sample.GROUP
    return replace(
        base,
        instances=tuple(
            replace(instance, flows=(*instance.flows, Flow(SPARE_FLOW, "Spare")))
            if instance.id == sample.INSTANCE
            else instance
            for instance in base.instances
        ),
        numbers=(
            *base.numbers,
            PhoneNumber(OWN_NUMBER, "+12065550170", region, instance_id=sample.INSTANCE),
            PhoneNumber(UNFINISHED_NUMBER, "+12065550171", region, group_id=group, status="IN_PROGRESS"),
            PhoneNumber(SPARE_NUMBER, "+12065550172", region, group_id=group),
        ),
    )


class StandIn(Site):
    """The emulator and MiniStack, started with the `with` block.

    Args:
        note: the keeper's file; a temporary one unless given.

    Attributes:
        size_of_quota: calls a second, and at once after a rest, of each of the emulator's operations.
    """

    name = "stand-in"
    stack_pause = 0.05

    def __init__(self, note: Path | None = None) -> None:
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
        world = seed()
        subject = Subject(
            partition="aws",
            account=ACCOUNT,
            region=sample.PRIMARY,
            instance=sample.INSTANCE,
            queue=sample.BASIC_QUEUE,
            flow=sample.SECOND_WHISPER,
            number=world.number_arn(OWN_NUMBER),
            group_number=world.number_arn(sample.GROUP_NUMBER),
            replica=sample.REPLICA,
            foreign_number=world.number_arn(sample.OTHER_INSTANCE_NUMBER),
            unfinished_number=world.number_arn(UNFINISHED_NUMBER),
            role=f"arn:aws:iam::{ACCOUNT}:role/conformance",
        )
        super().__init__(subject, Keeper(note or folder / "note.json"), HAS)
        self._keys = itertools.count(1)
        self.size_of_quota = (DEFAULT_RATE, DEFAULT_BURST)

    def __enter__(self) -> Self:
        self._emulator = self._stack.enter_context(Emulator(seed()))
        self._local_aws = self._stack.enter_context(LocalAws())
        self.parameter_store = self._stack.enter_context(ParameterStore.in_front_of(self._local_aws))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def control(self) -> ConnectControl:
        """The emulator's control API."""
        return self._emulator.control

    def reset(self) -> None:
        """Makes the emulator and the proxy as they were, and begins another run."""
        self.run = uuid.uuid4().hex[:12]
        self.forget_what_was_made()
        self.size_of_quota = (DEFAULT_RATE, DEFAULT_BURST)
        self.control.reset()
        self.parameter_store.reset()

    def options(self, service: str) -> dict[str, Any]:
        """Returns endpoint and credentials."""
        credentials = self._local_aws.credentials
        endpoints = {"connect": self._emulator.endpoint, "ssm": self.parameter_store.endpoint}
        return {
            "endpoint_url": endpoints.get(service, self._local_aws.endpoint),
            "aws_access_key_id": credentials["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": credentials["AWS_SECRET_ACCESS_KEY"],
            "aws_session_token": credentials["AWS_SESSION_TOKEN"],
            "verify": str(self._local_aws.ca_bundle),
        }

    def under(self, service: str, documents: Sequence[Document], region: str | None = None) -> Any:
        """Returns a client with an access key of its own, whose policies the emulator judges."""
        key = f"AKIDCONFORMANCE{next(self._keys):05}"
        self.control.set_policy(key, *documents)
        where = region or self.subject.region
        return self.client(service, where, key, **{**self.options(service), "aws_access_key_id": key})

    def sleep(self, seconds: float) -> None:
        """Moves the emulator's clock."""
        self.control.advance(seconds)

    @contextmanager
    def quota(self) -> Iterator[None]:
        """Switches the quotas on."""
        self.control.set_quota(*self.size_of_quota)
        self.parameter_store.behave(AWS_LIMITS)
        try:
            yield
        finally:
            self.control.quota_off()
            self.parameter_store.behave(QUIET)

    def spare_number(self) -> str:
        """Returns a number of the sample."""
        return seed().number_arn(SPARE_NUMBER)

    def release_number(self, number: str) -> None:
        """Makes it nobody's."""
        self.control.release_number(number.rpartition("/")[2])

    def spare_flow(self) -> str:
        """Returns a flow of the sample."""
        return SPARE_FLOW

    def delete_flow(self, flow: str) -> None:
        """Deletes it."""
        self.control.delete_flow(self.subject.region, self.subject.instance, flow)
