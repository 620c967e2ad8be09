"""A small stack of the checks' own: a function, its role, and custom resources that are told what to do."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .points import CannotTell

if TYPE_CHECKING:
    from .site import Site

SOURCE = Path(__file__).with_name("function.py")
WAIT_SECONDS = 900.0
TYPE = "Custom::QueueOutboundCallerConfigConformance"


class CheckStack:
    """The stack of one run. It is made when it is first deployed, and deleted in the end.

    Args:
        site: where.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self.name = f"queue-outbound-caller-config-conformance-{site.run}"
        self.id = ""
        self._cloudformation = site.client("cloudformation")

    def deploy(self, resources: dict[str, Any]) -> str:
        """Brings the stack to these resources beside the function, and returns the status at the end."""
        self._site.keeper.stack_made(self.name)
        request = {
            "StackName": self.name,
            "TemplateBody": json.dumps(self._template(resources)),
            "Capabilities": ["CAPABILITY_IAM"],
        }
        if not self.id:
            self.id = self._cloudformation.create_stack(**request)["StackId"]
        else:
            self._cloudformation.update_stack(**request)
        return self._settled()

    def delete(self) -> None:
        """Deletes the stack."""
        self._cloudformation.delete_stack(StackName=self.name)
        self._settled()

    def events(self, resource: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Returns the events that the function saw of a resource, in order."""
        path = f"{self._site.prefix}/events"
        pages = self._site.ssm.get_paginator("get_parameters_by_path").paginate(Path=path)
        noted = [json.loads(entry["Value"]) for page in pages for entry in page["Parameters"]]
        wanted = [each for each in noted if each["resource"] == resource and kind in {None, each["type"]}]
        return sorted(wanted, key=lambda each: float(each["begun"]))

    def describe(self, resource: str) -> str:
        """Returns the status of a resource by DescribeStackResources, or the error code."""
        try:
            found = self._cloudformation.describe_stack_resources(StackName=self.id, LogicalResourceId=resource)
        except ClientError as problem:
            return str(problem.response["Error"]["Code"])
        return str(found["StackResources"][0]["ResourceStatus"]) if found["StackResources"] else "none"

    def probe(self, parameter: str) -> str:
        """Returns whether the function may read a parameter: `allowed` or `denied`."""
        answered = self._site.client("lambda").invoke(
            FunctionName=self._function(), Payload=json.dumps({"probe": parameter}).encode()
        )
        return str(json.load(answered["Payload"]))

    def _function(self) -> str:
        listed = self._cloudformation.describe_stack_resources(StackName=self.id, LogicalResourceId="Function")
        return str(listed["StackResources"][0]["PhysicalResourceId"])

    def _settled(self) -> str:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            stack = self._cloudformation.describe_stacks(StackName=self.id)["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return str(stack["StackStatus"])
            if time.monotonic() > deadline:
                raise CannotTell(f"the stack is {stack['StackStatus']} after {WAIT_SECONDS:.0f} s")
            time.sleep(self._site.stack_pause)

    def _template(self, resources: dict[str, Any]) -> dict[str, Any]:
        subject, prefix = self._site.subject, self._site.prefix
        parameters = f"arn:{subject.partition}:ssm:{subject.region}:{subject.account}:parameter{prefix}"
        may = {
            "Effect": "Allow",
            "Action": ["ssm:PutParameter", "ssm:GetParameters"],
            "Resource": [f"{parameters}/events/*", f"{parameters}/refuse"],
        }
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [
                {"PolicyName": "notes", "PolicyDocument": {"Version": "2012-10-17", "Statement": [may]}},
            ],
        }
        function = {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Timeout": 60,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": SOURCE.read_text()},
            "Environment": {"Variables": {"PREFIX": prefix}},
        }
        return {
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role", "Properties": role},
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                **resources,
            }
        }


def custom(do: str = "", depends_on: str | None = None) -> dict[str, Any]:
    """Returns a custom resource of the stack's function.

    Args:
        do: what the function does: `fail`, `slow`, `refuse` (its Delete), or nothing special.
        depends_on: the resource that CloudFormation makes first.
    """
    properties = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Do": do}
    return {"Type": TYPE, "Properties": properties, **({"DependsOn": depends_on} if depends_on else {})}
