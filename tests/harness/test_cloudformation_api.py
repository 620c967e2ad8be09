"""What DescribeStackResources says about the stacks of the protocol driver while their events are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from testing.protocol.cloudformation_api import CloudFormationApi
from testing.protocol.stack_records import StackRecords

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/example/11111111-1111-4111-8111-111111111111"
_NUMBERS = iter(range(10_000))


@pytest.fixture
def api() -> Iterator[CloudFormationApi]:
    """The endpoint, which knows of no stack."""
    with CloudFormationApi(StackRecords()) as api:
        yield api


def client(api: CloudFormationApi, region: str = "us-east-1") -> Any:
    """Returns boto3's client, which tries nothing twice."""
    return boto3.client(
        "cloudformation",
        region_name=region,
        endpoint_url=api.endpoint,
        aws_access_key_id="AKIDTEST",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=0.5),
    )


def event(kind: str, logical_id: str = "Caller", **more: str) -> dict[str, str]:
    """Returns an event of the stack."""
    named = {"StackId": STACK, "LogicalResourceId": logical_id, "ResourceType": "Custom::X"}
    return {"RequestType": kind, "RequestId": f"request {next(_NUMBERS)}", **named, **more}


def statuses(api: CloudFormationApi, **asked: str) -> dict[str, tuple[str, str | None]]:
    """Returns status and physical id of each resource that is listed."""
    listed = client(api).describe_stack_resources(**{"StackName": STACK, **asked})["StackResources"]
    return {each["LogicalResourceId"]: (each["ResourceStatus"], each.get("PhysicalResourceId")) for each in listed}


def code(api: CloudFormationApi, region: str = "us-east-1", **asked: str) -> tuple[str, str]:
    """Returns the code and the message of a call that is refused."""
    with pytest.raises(ClientError) as refused:
        client(api, region).describe_stack_resources(**{"StackName": STACK, **asked})
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def play(api: CloudFormationApi, sent: dict[str, str], succeeded: bool = True, physical_id: str = "p1") -> None:
    """Sends an event and its answer."""
    assert api.records.begin(sent)
    api.records.end(sent, succeeded, physical_id)


def test_a_status_follows_the_events(api: CloudFormationApi) -> None:
    create = event("Create")
    api.records.begin(create)
    assert statuses(api) == {"Caller": ("CREATE_IN_PROGRESS", None)}
    api.records.end(create, True, "p1")
    assert statuses(api, LogicalResourceId="Caller") == {"Caller": ("CREATE_COMPLETE", "p1")}
    update = event("Update", PhysicalResourceId="p1")
    api.records.begin(update)
    assert statuses(api) == {"Caller": ("UPDATE_IN_PROGRESS", "p1")}
    api.records.end(update, False, "p2")
    assert statuses(api) == {"Caller": ("UPDATE_FAILED", "p1")}
    play(api, event("Update", PhysicalResourceId="p1"), physical_id="p2")
    assert statuses(api) == {"Caller": ("UPDATE_COMPLETE", "p2")}
    delete = event("Delete", PhysicalResourceId="p2")
    api.records.begin(delete)
    assert statuses(api) == {"Caller": ("DELETE_IN_PROGRESS", "p2")}
    api.records.end(delete, False, "p2")
    assert statuses(api) == {"Caller": ("DELETE_FAILED", "p2")}


def test_the_clean_up_of_what_was_replaced_leaves_the_new_resources_status(api: CloudFormationApi) -> None:
    play(api, event("Create"))
    play(api, event("Update", PhysicalResourceId="p1"), physical_id="p2")
    assert not api.records.begin(event("Delete", PhysicalResourceId="p1"))
    assert statuses(api) == {"Caller": ("UPDATE_COMPLETE", "p2")}


def test_an_event_that_lambda_delivers_again_changes_no_status(api: CloudFormationApi) -> None:
    create = event("Create")
    play(api, create)
    play(api, event("Update", PhysicalResourceId="p1"))
    assert not api.records.begin(create)
    assert statuses(api) == {"Caller": ("UPDATE_COMPLETE", "p1")}


@pytest.mark.parametrize("how", ["deleted", "retained", "abandoned"])
def test_a_resource_that_left_its_stack_is_found_only_where_removed_ones_are_listed(
    api: CloudFormationApi, how: str
) -> None:
    play(api, event("Create"))
    if how == "retained":
        api.records.skip(STACK, "Caller")
    else:
        play(api, event("Delete", PhysicalResourceId="p1"), succeeded=how == "deleted")
    if how == "abandoned":
        api.records.abandon(STACK, "Caller")
    status = {"deleted": "DELETE_COMPLETE", "retained": "DELETE_SKIPPED", "abandoned": "DELETE_FAILED"}[how]
    assert statuses(api) == {}
    assert code(api, LogicalResourceId="Caller") == (
        "ValidationError",
        f"Resource Caller does not exist for stack {STACK}",
    )
    api.records.lists_removed = True
    assert statuses(api, LogicalResourceId="Caller") == {"Caller": (status, "p1")}
    api.records.lists_removed = False
    api.records.delete(STACK)
    assert statuses(api) == {"Caller": (status, "p1")}


def test_a_deleted_stack_is_found_by_its_id_alone_and_after_90_days_not_at_all(api: CloudFormationApi) -> None:
    play(api, event("Create"))
    assert statuses(api, StackName="example") == statuses(api)
    api.records.delete(STACK)
    assert code(api, StackName="example") == ("ValidationError", "Stack with id example does not exist")
    assert statuses(api) == {"Caller": ("CREATE_COMPLETE", "p1")}
    api.records.forget(STACK)
    assert code(api) == ("ValidationError", f"Stack with id {STACK} does not exist")


def test_a_stack_of_another_region_does_not_exist(api: CloudFormationApi) -> None:
    play(api, event("Create"))
    assert code(api, "us-west-2") == ("ValidationError", f"Stack with id {STACK} does not exist")


def test_it_can_be_denied_throttled_or_failing_in_one_region(api: CloudFormationApi) -> None:
    play(api, event("Create"))
    for mood, expected in (("denied", "AccessDenied"), ("throttled", "Throttling"), ("failing", "InternalFailure")):
        api.be(mood, "us-east-1")
        assert code(api)[0] == expected
    api.be("denied", "us-east-1")
    assert code(api)[1].endswith(
        "because no identity-based policy allows the cloudformation:DescribeStackResources action"
    )
    api.reset()
    api.be("denied", "us-west-2")
    assert statuses(api) == {"Caller": ("CREATE_COMPLETE", "p1")}


def test_it_can_be_down_or_hang(api: CloudFormationApi) -> None:
    play(api, event("Create"))
    api.be("down")
    with pytest.raises(ConnectionClosedError):
        statuses(api)
    api.be("hanging")
    with pytest.raises(ReadTimeoutError):
        statuses(api)
    api.be("well")
    assert statuses(api) == {"Caller": ("CREATE_COMPLETE", "p1")}
    assert [asked.stack for asked in api.calls] == [STACK] * 3
