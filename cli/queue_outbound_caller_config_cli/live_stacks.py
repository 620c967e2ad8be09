"""What CloudFormation has of a stack now: its id, parameters, outputs, resources and template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from yaml import YAMLError

from .aws import Aws, Refusal
from .templates import parse_yaml


@dataclass(frozen=True)
class LiveResource:
    """A resource of a deployed stack."""

    type: str
    physical_id: str


@dataclass(frozen=True)
class LiveStack:
    """A deployed stack; without an id: there is none yet.

    Attributes:
        id: The stack's id.
        parameters: The values of its parameters.
        outputs: The values of its outputs.
        resources: Its resources by logical id.
        template: Its template.
    """

    id: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, LiveResource] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)


class LiveStacks:
    """Reads deployed stacks, each once.

    Args:
        aws: The caller's AWS.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._stacks: dict[tuple[str, str], LiveStack] = {}
        self._exports: dict[str, dict[str, str]] = {}
        self._parameters: dict[tuple[str, str], str | None] = {}

    @cached_property
    def caller(self) -> tuple[str, str]:
        """Partition and account of the caller.

        Raises:
            CannotTell: AWS does not accept the caller's credentials.
        """
        region = self._aws.default_region or "us-east-1"
        try:
            arn = self._aws.call("sts", region, "GetCallerIdentity", {})["Arn"]
        except Refusal as refusal:
            raise refusal.explained from None
        return arn.split(":")[1], arn.split(":")[4]

    def stack(self, region: str, name: str) -> LiveStack:
        """Returns a stack; an empty one if it is not deployed.

        Raises:
            CannotTell: CloudFormation refused the call.
        """
        if (region, name) not in self._stacks:
            self._stacks[region, name] = self._read(region, name)
        return self._stacks[region, name]

    def export(self, region: str, name: str) -> str | None:
        """Returns the value of an export; None if there is none, or it cannot be read."""
        if region not in self._exports:
            try:
                pages = list(self._aws.pages("cloudformation", region, "ListExports", {}))
            except Refusal:
                pages = []
            self._exports[region] = {one["Name"]: one["Value"] for page in pages for one in page["Exports"]}
        return self._exports[region].get(name)

    def parameter(self, region: str, name: str) -> str | None:
        """Returns the value of an SSM parameter; None if there is none, or it cannot be read."""
        if (region, name) not in self._parameters:
            try:
                answer = self._aws.call("ssm", region, "GetParameter", {"Name": name})
            except Refusal:
                answer = {}
            self._parameters[region, name] = answer.get("Parameter", {}).get("Value")
        return self._parameters[region, name]

    def _read(self, region: str, name: str) -> LiveStack:
        try:
            found = self._aws.call("cloudformation", region, "DescribeStacks", {"StackName": name})["Stacks"]
        except Refusal as refusal:
            if refusal.code == "ValidationError":
                return LiveStack()
            raise refusal.explained from None
        if not found or found[0]["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
            return LiveStack()
        stack = found[0]
        try:
            pages = list(self._aws.pages("cloudformation", region, "ListStackResources", {"StackName": name}))
            template = self._aws.call("cloudformation", region, "GetTemplate", {"StackName": name})["TemplateBody"]
        except Refusal as refusal:
            raise refusal.explained from None
        return LiveStack(
            stack["StackId"],
            {one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", [])},
            {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
            {
                one["LogicalResourceId"]: LiveResource(one["ResourceType"], one.get("PhysicalResourceId", ""))
                for page in pages
                for one in page["StackResourceSummaries"]
                if one["ResourceStatus"] != "DELETE_COMPLETE"
            },
            _document(template),
        )


def _document(body: Any) -> Mapping[str, Any]:
    """Returns a template that boto3 has parsed, or has not since it is YAML."""
    if isinstance(body, dict):
        return body
    try:
        document = json.loads(body) if str(body).lstrip().startswith("{") else parse_yaml(str(body))
    except (ValueError, YAMLError):
        return {}
    return document if isinstance(document, dict) else {}
