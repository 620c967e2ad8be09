"""A stack, and in what order CloudFormation sends the events of its resources, with which ids.

`Stack.deploy` plays a whole deployment: new logical ids and changes first, replaced and removed resources at the end, and when
something fails, a rollback: Updates with old and new properties swapped, then Deletes of what is new.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testing.local_aws.surroundings import ACCOUNT

from .cancelled import Cancel
from .cloudformation import SERVICE_TOKEN, CloudFormation, Outcome, Properties

CLEAN_UP_TRIES = 3
"""How often CloudFormation tries the Delete of a clean-up before it gives it up (aws-cdk-lib's custom_resources README)."""


class Stuck(AssertionError):
    """A stack cannot go on: what it needed to undo or to clean up keeps failing."""


@dataclass
class Resource:
    """A resource as CloudFormation remembers it."""

    physical_id: str
    properties: dict[str, Any]


@dataclass
class Deployment:
    """What came of a deployment.

    Attributes:
        succeeded: whether it was rolled back otherwise.
        outcomes: of its events, in order.
    """

    succeeded: bool
    outcomes: list[Outcome]

    @property
    def events(self) -> list[str]:
        """The events' types, in order."""
        return [outcome.event["RequestType"] for outcome in self.outcomes]

    @property
    def reasons(self) -> list[str]:
        """The reasons of what failed."""
        return [outcome.reason for outcome in self.outcomes if not outcome.succeeded]


_STACKS = itertools.count(1)


class Stack:
    """A stack and what it holds.

    Arguments:
        cloudformation: who sends its events.
        name: its name; a new id each time.
        region: where it is.
        patience: how often a rollback or a clean-up is tried again ("continue update rollback", "delete stack" once more).

    Attributes:
        retained: logical ids with the DeletionPolicy Retain: no Delete is sent when they leave the stack.
        abandons: whether a clean-up that fails three times at the end of an update is given up, as CloudFormation does;
            otherwise the stack is `Stuck`.
    """

    def __init__(
        self, cloudformation: CloudFormation, name: str = "stack", region: str = "us-east-1", patience: int = 0
    ) -> None:
        self.id = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}-{next(_STACKS)}/{uuid.uuid4()}"
        self.resources: dict[str, Resource] = {}
        self.patience = patience
        self.retained: set[str] = set()
        self.abandons = False
        self._cloudformation = cloudformation
        cloudformation.records.add(self.id)

    # Single events

    def create(self, logical_id: str, properties: Properties, **how: Any) -> Outcome:
        """Sends a Create. Its answer is remembered, failed or not: the Delete after a failure needs its id."""
        outcome = self._send("Create", logical_id, properties, **how)
        self.resources[logical_id] = Resource(outcome.physical_id, dict(properties))
        return outcome

    def update(self, logical_id: str, properties: Properties, **how: Any) -> Outcome:
        """Sends an Update; what is remembered changes when it succeeds."""
        known = self.resources[logical_id]
        outcome = self._send(
            "Update",
            logical_id,
            properties,
            PhysicalResourceId=known.physical_id,
            OldResourceProperties={"ServiceToken": SERVICE_TOKEN, **known.properties},
            **how,
        )
        if outcome.succeeded:
            self.resources[logical_id] = Resource(outcome.physical_id, dict(properties))
        return outcome

    def delete(self, logical_id: str, resource: Resource | None = None, **how: Any) -> Outcome:
        """Sends a Delete of a logical id's resource, or of one that it had before."""
        going = resource or self.resources[logical_id]
        outcome = self._send("Delete", logical_id, going.properties, PhysicalResourceId=going.physical_id, **how)
        if resource is None and outcome.succeeded:
            del self.resources[logical_id]
        return outcome

    def orphan(self, logical_id: str) -> None:
        """Takes a resource out of the stack without an event (retained, `cdk orphan`, a forced delete)."""
        del self.resources[logical_id]
        self._cloudformation.records.skip(self.id, logical_id)

    def _send(self, request_type: str, logical_id: str, properties: Properties, **more: Any) -> Outcome:
        ways = ("accidents", "remaining", "hurry", "deliveries", "cancel", "held")
        how = {name: more.pop(name) for name in ways if name in more}
        event = self._cloudformation.event(request_type, self.id, logical_id, properties, **more)
        if "cancel" in how:
            return self._cloudformation.begin(event, how["cancel"])
        return self._cloudformation.send(event, **how)

    # Whole deployments

    def deploy(
        self, template: Mapping[str, Properties], *, then_fails: bool = False, cancel: Cancel | None = None
    ) -> Deployment:
        """Brings the stack to a template, or back.

        Arguments:
            template: the properties of each logical id.
            then_fails: some other resource of the stack fails after these, so that all is rolled back.
            cancel: it does so while the last of these is in progress.

        Raises Stuck when the rollback or the clean-up fails more often than the stack has patience.
        """
        outcomes: list[Outcome] = []
        before = {
            logical_id: Resource(known.physical_id, known.properties) for logical_id, known in self.resources.items()
        }
        tried: list[str] = []
        failed = then_fails
        changes = {
            logical_id: properties
            for logical_id, properties in template.items()
            if logical_id not in before or before[logical_id].properties != dict(properties)
        }
        for logical_id, properties in changes.items():
            tried.append(logical_id)
            how = {"cancel": cancel} if cancel is not None and len(tried) == len(changes) else {}
            outcomes.append((self.update if logical_id in before else self.create)(logical_id, properties, **how))
            if not outcomes[-1].succeeded:
                failed = True
                break
        if failed:
            self._roll_back(tried, before, template, outcomes)
        else:
            for logical_id in tried:
                if logical_id in before and before[logical_id].physical_id != self.resources[logical_id].physical_id:
                    self._clean_up(outcomes, logical_id, before[logical_id])
            for logical_id in list(self.resources):
                if logical_id not in template:
                    self._clean_up(outcomes, logical_id)
        return Deployment(not failed, outcomes)

    def destroy(self) -> list[Outcome]:
        """Deletes the stack."""
        outcomes: list[Outcome] = []
        for logical_id in list(self.resources):
            if logical_id in self.retained:
                self.orphan(logical_id)
            else:
                self._again(outcomes, lambda it=logical_id: self.delete(it))
        self._cloudformation.records.delete(self.id)
        return outcomes

    def _clean_up(self, outcomes: list[Outcome], logical_id: str, replaced: Resource | None = None) -> None:
        """Deletes what an update no longer needs: a resource, or what it was before it was replaced."""
        if logical_id in self.retained:
            if replaced is None:
                self.orphan(logical_id)
            return
        if not self.abandons:
            self._again(outcomes, lambda: self.delete(logical_id, replaced))
            return
        for _ in range(CLEAN_UP_TRIES):
            outcomes.append(self.delete(logical_id, replaced))
            if outcomes[-1].succeeded:
                return
        if replaced is None:
            del self.resources[logical_id]
            self._cloudformation.records.abandon(self.id, logical_id)

    def _roll_back(
        self,
        tried: list[str],
        before: dict[str, Resource],
        template: Mapping[str, Properties],
        outcomes: list[Outcome],
    ) -> None:
        clean_up: list[tuple[str, Resource | None]] = []
        failures = {
            outcome.event["LogicalResourceId"]: outcome.physical_id for outcome in outcomes if not outcome.succeeded
        }
        for logical_id in reversed(tried):
            if logical_id not in before:
                clean_up.append((logical_id, None))
                continue
            now = self.resources[logical_id]
            new = Resource(failures.get(logical_id, now.physical_id), dict(template[logical_id]))
            now.properties = new.properties  # the old ones in the swapped Update
            self._again(outcomes, lambda it=logical_id, was=new: self._update_back(it, before[it], was))
            if new.physical_id != self.resources[logical_id].physical_id:
                clean_up.append((logical_id, new))
        for logical_id, resource in clean_up:
            self._again(outcomes, lambda it=logical_id, what=resource: self.delete(it, what))

    def _update_back(self, logical_id: str, old: Resource, new: Resource) -> Outcome:
        outcome = self.update(logical_id, old.properties)
        if not outcome.succeeded:
            self.resources[logical_id].properties = new.properties
        return outcome

    def _again(self, outcomes: list[Outcome], send: Any) -> None:
        for _ in range(self.patience + 1):
            outcomes.append(send())
            if outcomes[-1].succeeded:
                return
        raise Stuck(f"{outcomes[-1].event['RequestType']}: {outcomes[-1].reason}\n{outcomes[-1].last.log}")
