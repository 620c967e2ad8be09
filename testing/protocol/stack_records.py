"""What CloudFormation knows about its stacks and their resources, told by the events that it sent."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

REMOVED = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})
"""Statuses of resources that a stack no longer has."""


class UnknownStackError(LookupError):
    """There is no such stack, or it was deleted and only its id would find it."""


class UnknownResourceError(LookupError):
    """The stack has no such resource."""


@dataclass
class ResourceRecord:
    """A resource of a stack.

    Attributes:
        logical_id, type: as in the template.
        status: its status, for example `CREATE_IN_PROGRESS`.
        physical_id: as far as the function has answered, or CloudFormation has made one up.
        abandoned: whether its clean-up was given up, so that the stack no longer has it.
        changed: when the status changed.
    """

    logical_id: str
    type: str
    status: str
    physical_id: str | None = None
    abandoned: bool = False
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def removed(self) -> bool:
        """Whether the stack no longer has it."""
        return self.abandoned or self.status in REMOVED


@dataclass
class _StackRecord:
    resources: dict[str, ResourceRecord] = field(default_factory=dict)
    deleted: bool = False


class StackRecords:
    """The stacks of an account in every Region, each by its id. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._stacks: dict[str, _StackRecord] = {}
        self._seen: set[str] = set()
        self.lists_removed = False
        """Whether a stack that still exists also lists the resources that it no longer has."""

    def add(self, stack_id: str) -> None:
        """A stack exists from now on."""
        with self._lock:
            self._stacks.setdefault(stack_id, _StackRecord())

    def begin(self, event: Mapping[str, Any]) -> bool:
        """An event is sent; says whether it is CloudFormation's own, and not one that Lambda delivers again."""
        with self._lock:
            if event["RequestId"] in self._seen:
                return False
            self._seen.add(event["RequestId"])
            known, given = self._resource(event), event.get("PhysicalResourceId")
            if event["RequestType"] == "Delete" and known is not None and given != known.physical_id:
                return False  # the clean-up of what this resource was before it was replaced
            self._set(event, f"{event['RequestType'].upper()}_IN_PROGRESS", given)
            return True

    def end(self, event: Mapping[str, Any], succeeded: bool, physical_id: str) -> None:
        """An event that has begun was answered, or CloudFormation gave it up."""
        kind = event["RequestType"].upper()
        if kind == "UPDATE" and not succeeded:
            physical_id = event["PhysicalResourceId"]
        with self._lock:
            self._set(event, f"{kind}_{'COMPLETE' if succeeded else 'FAILED'}", physical_id)

    def skip(self, stack_id: str, logical_id: str) -> None:
        """A resource is retained: it leaves its stack without an event."""
        with self._lock:
            self._stacks[stack_id].resources[logical_id].status = "DELETE_SKIPPED"

    def abandon(self, stack_id: str, logical_id: str) -> None:
        """A resource's clean-up failed for good: it leaves its stack, and no event of it ever comes again."""
        with self._lock:
            self._stacks[stack_id].resources[logical_id].abandoned = True

    def delete(self, stack_id: str) -> None:
        """A stack is deleted: only its id finds it from now on."""
        with self._lock:
            self._stacks[stack_id].deleted = True

    def forget(self, stack_id: str) -> None:
        """A stack was deleted more than 90 days ago."""
        with self._lock:
            del self._stacks[stack_id]

    def describe(self, stack: str, logical_id: str | None = None) -> tuple[str, list[ResourceRecord]]:
        """Returns a stack's id and its resources, or one of them.

        Args:
            stack: the stack's id, or (only as long as it exists) its name.
            logical_id: the only resource to return.

        Raises:
            UnknownStackError: no stack is found by that id or name.
            UnknownResourceError: the stack has no such resource.
        """
        with self._lock:
            stack_id = self._find(stack)
            record = self._stacks[stack_id]
            resources = [
                resource
                for resource in record.resources.values()
                if not resource.removed or record.deleted or self.lists_removed
            ]
            if logical_id is None:
                return stack_id, resources
            found = [resource for resource in resources if resource.logical_id == logical_id]
            if not found:
                raise UnknownResourceError(f"Resource {logical_id} does not exist for stack {stack}")
            return stack_id, found

    def _find(self, stack: str) -> str:
        if stack in self._stacks:
            return stack
        for stack_id, record in self._stacks.items():
            if stack_id.split("/")[1] == stack and not record.deleted:
                return stack_id
        raise UnknownStackError(f"Stack with id {stack} does not exist")

    def _resource(self, event: Mapping[str, Any]) -> ResourceRecord | None:
        self.add(event["StackId"])
        return self._stacks[event["StackId"]].resources.get(event["LogicalResourceId"])

    def _set(self, event: Mapping[str, Any], status: str, physical_id: str | None) -> None:
        self.add(event["StackId"])
        logical_id = event["LogicalResourceId"]
        record = ResourceRecord(logical_id, event["ResourceType"], status, physical_id)
        self._stacks[event["StackId"]].resources[logical_id] = record
