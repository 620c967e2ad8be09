"""What the local AWS adds to MiniStack's CloudFormation: the native queue, and the refusal of another type."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.connect import ConnectControl, Emulator
from emulator.connect.arns import Account
from emulator.connect.sample import INSTANCE, INSTANCE_NUMBER, OTHER_ACCOUNT_NUMBER, PRIMARY, SALES_QUEUE, WHISPER
from testing.local_aws import ACCOUNT, LocalAws, Stack

OURS = Account("aws", ACCOUNT)
NAME, NUMBER, FLOW = "OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId"
_NAMES = itertools.count(1)


@pytest.fixture(scope="module")
def keeping(connect_emulator: Emulator) -> Iterator[LocalAws]:
    """A local AWS whose native queue keeps the config when the property is removed."""
    environment = {"LOCAL_AWS_REMOVED_PROPERTY": "kept"}
    with LocalAws(connect_endpoint=connect_emulator.endpoint, environment=environment) as local_aws:
        yield local_aws


def template(name: str, config: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    """Returns a template with a native queue."""
    properties: dict[str, Any] = {
        "InstanceArn": OURS.instance(PRIMARY, INSTANCE),
        "Name": name,
        "HoursOfOperationArn": OURS.arn(PRIMARY, f"instance/{INSTANCE}/operating-hours/hours"),
        **({} if config is None else {"OutboundCallerConfig": config}),
    }
    queue = {"Type": "AWS::Connect::Queue", "Properties": properties}
    return {"Resources": {"Queue": queue, **more}, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Queue", "QueueArn"]}}}}


def whole() -> dict[str, str]:
    """Returns a whole config as the native type writes it."""
    return {
        NAME: "Native",
        "OutboundCallerIdNumberArn": OURS.number(PRIMARY, INSTANCE_NUMBER),
        "OutboundFlowArn": OURS.flow(PRIMARY, INSTANCE, WHISPER),
    }


def new_stack(local_aws: LocalAws) -> tuple[Stack, str]:
    """Returns a stack, and a name for its queue."""
    name = f"native-{next(_NAMES)}"
    return Stack(local_aws, PRIMARY, name), name


def config_of(connect: ConnectControl, arn: str) -> dict[str, str] | None:
    """Returns the config of the queue with an ARN, None where it is gone."""
    return connect.configs().get((PRIMARY, arn.rpartition("/")[2]))


def test_a_native_queue_is_made_updated_and_deleted(connect: ConnectControl, local_aws: LocalAws) -> None:
    stack, name = new_stack(local_aws)
    assert stack.deploy(template(name, whole())) == "CREATE_COMPLETE"
    arn = stack.outputs()["Arn"]
    assert stack.resources() == {"Queue": arn}
    assert config_of(connect, arn) == {
        NAME: "Native",
        NUMBER: OURS.number(PRIMARY, INSTANCE_NUMBER),
        FLOW: OURS.flow(PRIMARY, INSTANCE, WHISPER),
    }
    assert stack.deploy(template(name, {NAME: "Changed"})) == "UPDATE_COMPLETE"
    assert config_of(connect, arn) == {NAME: "Changed"}
    assert stack.delete() is None
    assert config_of(connect, arn) is None


def test_a_removed_property_is_cleared_or_kept_by_the_reading(
    connect: ConnectControl, local_aws: LocalAws, keeping: LocalAws
) -> None:
    for where, left in ((local_aws, {}), (keeping, {NAME: "Before"})):
        stack, name = new_stack(where)
        stack.deploy(template(name, {NAME: "Before"}))
        assert stack.deploy(template(name, None)) == "UPDATE_COMPLETE"
        assert config_of(connect, stack.outputs()["Arn"]) == left


def test_a_failed_update_puts_the_native_config_back(connect: ConnectControl, local_aws: LocalAws) -> None:
    stack, name = new_stack(local_aws)
    stack.deploy(template(name, {NAME: "Before"}))
    failing = template(f"{name}-2", {"OutboundCallerIdNumberArn": OURS.number(PRIMARY, OTHER_ACCOUNT_NUMBER)})
    failing["Resources"] = {
        **template(name, None)["Resources"],
        "Second": {**failing["Resources"]["Queue"], "DependsOn": "Queue"},
    }
    assert stack.deploy(failing) == "UPDATE_ROLLBACK_COMPLETE"
    assert config_of(connect, stack.outputs()["Arn"]) == {NAME: "Before"}


def import_queue(local_aws: LocalAws, name: str, arn: str) -> Stack:
    """Imports a queue into a new stack."""
    stack = Stack(local_aws, PRIMARY, name)
    body = template(name, {NAME: "In the template"})
    body["Resources"]["Queue"]["DeletionPolicy"] = "Retain"
    del body["Outputs"]
    assert stack.import_resource(body, "Queue", QueueArn=arn) == "IMPORT_COMPLETE"
    return stack


def test_a_queue_is_imported_as_it_is_and_retained(connect: ConnectControl, local_aws: LocalAws) -> None:
    arn = OURS.queue(PRIMARY, INSTANCE, SALES_QUEUE)
    stack = import_queue(local_aws, f"native-{next(_NAMES)}", arn)
    assert stack.resources() == {"Queue": arn}
    assert config_of(connect, arn) == {NAME: "Sales before"}
    stack.delete()
    assert config_of(connect, arn) == {NAME: "Sales before"}


def test_a_queue_that_is_not_there_is_not_imported(connect: ConnectControl, local_aws: LocalAws) -> None:
    with pytest.raises(ClientError):
        import_queue(local_aws, f"native-{next(_NAMES)}", OURS.queue(PRIMARY, INSTANCE, "none"))


def test_a_logical_id_keeps_its_type(connect: ConnectControl, local_aws: LocalAws) -> None:
    stack, name = new_stack(local_aws)
    other = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}
    stack.deploy(template(name, None, Same=other))
    changed = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}
    before = template(name, None)
    before["Resources"]["Queue"] = changed
    del before["Outputs"]
    with pytest.raises(ClientError, match=r"modifies resource type of the following resources: \[Queue\]"):
        stack.deploy(before)
    cloudformation = local_aws.client("cloudformation", PRIMARY)
    with pytest.raises(ClientError, match="Update of resource type is not permitted"):
        cloudformation.create_change_set(StackName=stack.name, ChangeSetName="c", TemplateBody=json.dumps(before))
    assert stack.status == "CREATE_COMPLETE"


ASKS_ABOUT_ITSELF = """
import json, urllib.request
import boto3

def handler(event, context):
    named = {"StackName": event["StackId"], "LogicalResourceId": event["LogicalResourceId"]}
    found = boto3.client("cloudformation").describe_stack_resources(**named)["StackResources"][0]
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer.update(Status="SUCCESS", PhysicalResourceId="p", Data={"Status": found["ResourceStatus"]})
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], body, {"content-type": ""}, method="PUT"))
"""


def asking(change: str) -> dict[str, Any]:
    """Returns a template with a custom resource that says which status it has while its event is handled."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": ASKS_ABOUT_ITSELF},
    }
    asked = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Change": change}
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Asking": {"Type": "Custom::Asking", "Properties": asked},
        },
        "Outputs": {"Status": {"Value": {"Fn::GetAtt": ["Asking", "Status"]}}},
    }


def test_a_resource_is_described_while_it_is_made_and_after_its_stack_is_deleted(local_aws: LocalAws) -> None:
    stack, _ = new_stack(local_aws)
    describe = local_aws.client("cloudformation", PRIMARY).describe_stack_resources

    def status(stack_id: str, logical_id: str = "Asking") -> str:
        found = describe(StackName=stack_id, LogicalResourceId=logical_id)["StackResources"]
        return str(found[0]["ResourceStatus"])

    assert stack.deploy(asking("one")) == "CREATE_COMPLETE"
    assert stack.outputs() == {"Status": "CREATE_IN_PROGRESS"}
    stack_id = describe(StackName=stack.name)["StackResources"][0]["StackId"]
    assert status(stack.name) == "CREATE_COMPLETE"
    assert stack.deploy(asking("two")) == "UPDATE_COMPLETE"
    assert stack.outputs() == {"Status": "UPDATE_IN_PROGRESS"}
    with pytest.raises(ClientError, match=f"Resource Never does not exist for stack {stack.name}"):
        status(stack.name, "Never")
    without = asking("two")
    del without["Resources"]["Asking"], without["Outputs"]
    assert stack.deploy(without) == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="Resource Asking does not exist for stack"):
        status(stack_id)
    stack.delete()
    assert status(stack_id, "Role") == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match=f"Stack with id {stack.name} does not exist"):
        status(stack.name)
