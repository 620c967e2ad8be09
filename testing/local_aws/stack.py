"""A CloudFormation stack on the local AWS, deployed from a template without the CDK."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from .local_aws import LocalAws

WAIT_SECONDS = 120.0


class Stack:
    """A stack by its name, there or not.

    Args:
        local_aws: Where it is.
        region: The stack's Region.
        name: The stack's name.
    """

    def __init__(self, local_aws: LocalAws, region: str, name: str) -> None:
        self.name = name
        self.region = region
        self._local_aws = local_aws
        self._cloudformation = local_aws.client("cloudformation", region)

    @property
    def status(self) -> str | None:
        """The stack's status; None when there is no such stack."""
        try:
            stack = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError:
            return None
        return None if stack["StackStatus"] == "DELETE_COMPLETE" else str(stack["StackStatus"])

    def deploy(self, template: Mapping[str, Any] | str, **parameters: str) -> str:
        """Create the stack, or update it, and wait for what comes of it.

        Args:
            template: The template, or its text in JSON or YAML.
            parameters: Their values, by name.

        Returns:
            The status at the end, say `UPDATE_ROLLBACK_COMPLETE`.
        """
        act = self._cloudformation.create_stack if self.status is None else self._cloudformation.update_stack
        act(
            StackName=self.name,
            TemplateBody=template if isinstance(template, str) else json.dumps(template),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        return self._settled() or "gone"

    def import_resource(self, template: Mapping[str, Any], logical_id: str, **identifier: str) -> str:
        """Take a resource that exists into the stack, which may be a new one, and wait for what comes of it.

        Args:
            template: The template with the resource.
            logical_id: The resource in it.
            identifier: What names the resource: `QueueArn="arn:…"`.

        Returns:
            The status at the end, say `IMPORT_COMPLETE`.
        """
        named = {
            "ResourceType": template["Resources"][logical_id]["Type"],
            "LogicalResourceId": logical_id,
            "ResourceIdentifier": identifier,
        }
        change_set = {"StackName": self.name, "ChangeSetName": f"import-{uuid.uuid4()}"}
        self._cloudformation.create_change_set(
            **change_set,
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps(template),
            ResourcesToImport=[named],
            Capabilities=["CAPABILITY_IAM"],
        )
        self._cloudformation.execute_change_set(**change_set)
        return self._settled() or "gone"

    def delete(self) -> str | None:
        """Delete the stack, and answer the status at the end: None when it is gone."""
        self._cloudformation.delete_stack(StackName=self.name)
        return self._settled()

    def failures(self) -> list[str]:
        """Why resources failed, the first failure first."""
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return [
            str(event.get("ResourceStatusReason", ""))
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED")
        ]

    def resources(self) -> dict[str, str]:
        """The physical id of each resource, by its logical id."""
        listed = self._cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in listed}

    def outputs(self) -> dict[str, str]:
        """The value of each output, by its logical id."""
        stack = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _settled(self) -> str | None:
        deadline = time.monotonic() + WAIT_SECONDS
        while (status := self.status) is not None and status.endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                log = self._local_aws.function_log(self.region)
                raise TimeoutError(f"stack {self.name} is {status} after {WAIT_SECONDS:.0f} s. Function's log:\n{log}")
            time.sleep(0.05)
        return status
