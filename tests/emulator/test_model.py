"""What comes from botocore's model: routes, limits, codes, statuses, and the shape of every answer."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, Shape, StructureShape

from conformance.outcome import outcome
from emulator.connect import ConnectControl
from emulator.connect.model import ConnectModel
from emulator.connect.operations import OPERATIONS
from emulator.connect.sample import BASIC_QUEUE, GROUP_NUMBER, INSTANCE, PRIMARY, WHISPER
from tests.emulator.calls import read, write

SIGNED = f"AWS4-HMAC-SHA256 Credential=AK/20300101/{PRIMARY}/connect/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture(scope="module")
def model() -> ConnectModel:
    """Routes of all operations are made once."""
    return ConnectModel()


def answer(connect: ConnectControl, method: str, path: str, **headers: str) -> tuple[int, str, str]:
    """Returns status, error code and message of a request that boto3 would not make."""
    connection = HTTPConnection(connect.endpoint.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    document = json.load(response)
    connection.close()
    return response.status, response.headers["x-amzn-errortype"], next(iter(document.values()))


def test_every_operation_of_the_model_is_found_by_its_own_method_and_path(model: ConnectModel) -> None:
    names = model.operation("DescribeQueue").service_model.operation_names
    assert len(names) > 300
    for name in names:
        http = model.operation(name).http
        path = re.sub(r"\{\w+\}", "a%2Fb", http["requestUri"].split("?")[0])
        match = model.match(http["method"], path)
        assert match is not None
        assert match.operation == name
        assert set(match.labels.values()) <= {"a/b"}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"OutboundCallerIdName": ""}, "OutboundCallerConfig.OutboundCallerIdName: length 0 is less than 1"),
        ({"OutboundCallerIdName": "n" * 256}, "length 256 is more than 255"),
        ({"OutboundFlowId": "f" * 501}, "OutboundCallerConfig.OutboundFlowId: length 501 is more than 500"),
        ({"OutboundCallerIdName": 7}, "OutboundCallerIdName: a string is wanted, not 7"),
        (None, "OutboundCallerConfig is required"),
    ],
)
def test_a_broken_limit_is_an_invalid_parameter_that_names_the_member(
    primary: Any, config: dict[str, Any] | None, words: str
) -> None:
    before = read(primary)
    with pytest.raises(ClientError, match=re.escape(words)) as raised:
        write(primary, config)  # type: ignore[arg-type]  # a wrong type is what this is about
    assert raised.value.response["Error"]["Code"] == "InvalidParameterException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert read(primary) == before


def test_a_name_of_the_full_length_is_taken(primary: Any) -> None:
    write(primary, {"OutboundCallerIdName": "n" * 255})
    assert read(primary) == {"OutboundCallerIdName": "n" * 255}


def test_an_instance_id_over_the_limit_is_invalid(primary: Any) -> None:
    assert outcome(primary.describe_instance, InstanceId="i" * 101) == "InvalidRequestException"


def test_an_operation_without_invalid_parameter_answers_the_code_that_it_declares(primary: Any) -> None:
    assert outcome(primary.list_traffic_distribution_groups, MaxResults=11) == "InvalidRequestException"
    assert outcome(primary.list_phone_numbers_v2, MaxResults=1001) == "InvalidParameterException"


@pytest.mark.parametrize(
    "request_members",
    [
        {"PhoneNumberTypes": ["MOBILE"]},
        {"PhoneNumberCountryCodes": ["XX"]},
        {"PhoneNumberCountryCodes": ["US"] * 11},
        {"MaxResults": 0},
        {"PhoneNumberPrefix": "+123456789012"},
        {"PhoneNumberPrefix": "12"},
        {"NextToken": ""},
    ],
)
def test_ranges_enums_and_patterns_hold_in_lists_too(primary: Any, request_members: dict[str, Any]) -> None:
    assert outcome(primary.list_phone_numbers_v2, **request_members) == "InvalidParameterException"


def test_an_operation_that_is_not_emulated_says_which_are(primary: Any) -> None:
    with pytest.raises(ClientError, match=r"SearchUsers is not emulated; these are: .*DescribeQueue") as raised:
        primary.search_users(InstanceId=INSTANCE)
    assert raised.value.response["Error"]["Code"] == "OperationNotInEmulator"


def test_a_path_of_no_operation_is_an_unknown_operation(connect: ConnectControl) -> None:
    assert answer(connect, "GET", "/nothing/here", Authorization=SIGNED)[:2] == (404, "UnknownOperationException")


def test_a_request_without_a_signature_is_refused(connect: ConnectControl) -> None:
    path = f"/queues/{INSTANCE}/{BASIC_QUEUE}"
    assert answer(connect, "GET", path)[:2] == (403, "MissingAuthenticationTokenException")


def test_a_signature_for_another_service_is_refused(connect: ConnectControl) -> None:
    path = f"/queues/{INSTANCE}/{BASIC_QUEUE}"
    status, code, message = answer(connect, "GET", path, Authorization=SIGNED.replace("/connect/", "/ssm/"))
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert "connect" in message


def test_the_region_is_that_of_the_signature(primary: Any, replica: Any) -> None:
    arns = [
        client.describe_queue(InstanceId=INSTANCE, QueueId=BASIC_QUEUE)["Queue"]["QueueArn"]
        for client in (primary, replica)
    ]
    assert [arn.split(":")[3] for arn in arns] == ["us-east-1", "us-west-2"]


def test_every_answer_has_only_what_the_model_knows(primary: Any, model: ConnectModel) -> None:
    group = primary.list_traffic_distribution_groups()["TrafficDistributionGroupSummaryList"][0]["Id"]
    requests = {
        "DescribeContactFlow": {"InstanceId": INSTANCE, "ContactFlowId": WHISPER},
        "DescribeInstance": {"InstanceId": INSTANCE},
        "DescribePhoneNumber": {"PhoneNumberId": GROUP_NUMBER},
        "DescribeQueue": {"InstanceId": INSTANCE, "QueueId": BASIC_QUEUE},
        "DescribeTrafficDistributionGroup": {"TrafficDistributionGroupId": group},
        "ListPhoneNumbers": {"InstanceId": INSTANCE},
        "ListPhoneNumbersV2": {},
        "ListQueues": {"InstanceId": INSTANCE},
        "ListTrafficDistributionGroups": {},
        "UpdateQueueOutboundCallerConfig": {
            "InstanceId": INSTANCE,
            "QueueId": BASIC_QUEUE,
            "OutboundCallerConfig": {},
        },
    }
    assert set(requests) == set(OPERATIONS)
    raw: list[bytes] = []
    primary.meta.events.register_last(
        "before-parse.connect", lambda response_dict, **_: raw.append(response_dict["body"]), unique_id="raw"
    )
    for operation, request in requests.items():
        raw.clear()
        primary._make_api_call(operation, request)
        shape = model.operation(operation).output_shape
        if shape is None:
            assert raw == [b""]
        else:
            assert not unknown(shape, json.loads(raw[0]))
    primary.meta.events.unregister("before-parse.connect", unique_id="raw")


def unknown(shape: Shape, value: Any, name: str = "") -> list[str]:
    """Returns the members of an answer that the model lacks, or whose limits it breaks."""
    if isinstance(shape, StructureShape):
        missing = [f"{name}.{key}" for key in value if key not in shape.members]
        return missing + [
            entry
            for key, part in value.items()
            if key in shape.members
            for entry in unknown(shape.members[key], part, f"{name}.{key}")
        ]
    if isinstance(shape, ListShape):
        return [entry for part in value for entry in unknown(shape.member, part, f"{name}[]")]
    allowed = shape.metadata.get("enum")
    return [f"{name}={value}"] if allowed and value not in allowed else []
