"""Stacks to test with, and what CloudFormation would make of a template's intrinsic functions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any, cast

from aws_cdk import App, Environment, Stack
from queue_outbound_caller_config_provider.arns import Instance, InstanceResource, PhoneNumber

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "999999999999"
REGION = "us-east-1"
REPLICA = "us-west-2"

INSTANCE = "11111111-1111-4111-8111-111111111111"
OTHER_INSTANCE = "99999999-9999-4999-8999-999999999999"
QUEUE = "22222222-2222-4222-8222-222222222222"
NUMBER = "33333333-3333-4333-8333-333333333333"
FLOW = "44444444-4444-4444-8444-444444444444"

CONFIG = "Custom::ConnectQueueOutboundCallerConfig"
POLICY = "AWS::IAM::ManagedPolicy"
INLINE_POLICY = "AWS::IAM::Policy"
FUNCTION = "AWS::Lambda::Function"


def instance_arn(region: str = REGION, id: str = INSTANCE, account: str = ACCOUNT, partition: str = "aws") -> str:
    text = f"arn:{partition}:connect:{region}:{account}:instance/{id}"
    assert Instance.parse(text).id == id
    return text


def queue_arn(region: str = REGION, instance: str = INSTANCE, id: str = QUEUE) -> str:
    text = f"{instance_arn(region, instance)}/queue/{id}"
    assert InstanceResource.parse_queue(text).id == id
    return text


def flow_arn(region: str = REGION, instance: str = INSTANCE) -> str:
    return f"{instance_arn(region, instance)}/contact-flow/{FLOW}"


def number_arn(region: str = REGION, account: str = ACCOUNT, partition: str = "aws") -> str:
    text = f"arn:{partition}:connect:{region}:{account}:phone-number/{NUMBER}"
    assert PhoneNumber.parse(text).id == NUMBER
    return text


def v1_number_arn(region: str = REGION) -> str:
    return f"{instance_arn(region)}/phone-number/{NUMBER}"


def queue_id(number: int) -> str:
    return f"22222222-2222-4222-8222-{number:012}"


def stack_of(name: str = "Stack", *, region: str | None = None, account: str | None = None) -> Stack:
    return Stack(App(), name, env=Environment(account=account, region=region))


def template_of(stack: Stack) -> dict[str, Any]:
    """The template of a stack, with all that synthesis does to it."""
    app = cast("App", stack.node.root)
    template: dict[str, Any] = app.synth(force=True).get_stack_artifact(stack.artifact_id).template
    return template


def of_type(template: Mapping[str, Any], type: str) -> dict[str, dict[str, Any]]:
    """A template's resources of a type, by logical id."""
    return {id: resource for id, resource in template["Resources"].items() if resource["Type"] == type}


def the(template: Mapping[str, Any], type: str) -> dict[str, Any]:
    """A template's only resource of a type."""
    (resource,) = of_type(template, type).values()
    return resource


def many(value: Any) -> list[Any]:
    """A part of a statement that may be one or a list, as a list."""
    return value if isinstance(value, list) else [value]


def depends_on(resource: Mapping[str, Any]) -> list[str]:
    """What a resource waits for."""
    return many(resource.get("DependsOn", []))


def references(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        if "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        for item in value.values():
            yield from references(item)


def check_no_circle(template: Mapping[str, Any]) -> None:
    """Raises CycleError if CloudFormation would find a circular dependency."""
    TopologicalSorter(
        {
            id: {*references(resource.get("Properties", {})), *depends_on(resource)}
            for id, resource in template["Resources"].items()
        }
    ).prepare()


def run_cfn_lint(*arguments: str) -> str:
    """What cfn-lint finds."""
    script = "import sys; from cfnlint.runner.cli import main; sys.exit(main())"
    found = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert found.returncode == 0 or found.stdout, found.stderr
    return found.stdout


class Deployment:
    """What a deployment would put for the references in a template.

    Args:
        values: by the name of a parameter, pseudo parameter or resource, or `RESOURCE.ATTRIBUTE`.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            **(values or {}),
        }

    def evaluate(self, value: Any) -> Any:
        """A value of the template with its functions carried out."""
        if isinstance(value, list):
            return [self.evaluate(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = getattr(self, f"_{name.replace('::', '_').lower()}", None)
            if function:
                return function(argument)
        return {key: self.evaluate(item) for key, item in value.items()}

    def policies(self, template: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The documents of all policies of roles."""
        resources = [*of_type(template, POLICY).values(), *of_type(template, INLINE_POLICY).values()]
        return [self.evaluate(resource["Properties"]["PolicyDocument"]) for resource in resources]

    def allowed(self, template: Mapping[str, Any]) -> dict[str, set[str]]:
        """The resources of each action that the policies allow."""
        found: dict[str, set[str]] = {}
        for document in self.policies(template):
            for statement in document["Statement"]:
                for action in many(statement["Action"]):
                    found.setdefault(action, set()).update(many(statement["Resource"]))
        return found

    def _ref(self, name: str) -> str:
        return self._values[name]

    def _fn_getatt(self, argument: list[str]) -> str:
        name = ".".join(argument)
        return self._values.get(name, f"the {name}")

    def _fn_join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(self.evaluate(argument[1]))

    def _fn_split(self, argument: list[Any]) -> list[str]:
        return str(self.evaluate(argument[1])).split(argument[0])

    def _fn_select(self, argument: list[Any]) -> str:
        return str(self.evaluate(argument[1])[int(argument[0])])
