"""Only who has the run's key gets into the local AWS."""

from __future__ import annotations

import http.client
import ssl
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from testing.local_aws import LocalAws


def client(local_aws: LocalAws, service: str, token: str | None) -> Any:
    """Returns a client with a session token, or without one."""
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=local_aws.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        aws_session_token=token,
        verify=str(local_aws.ca_bundle),
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )


def status(local_aws: LocalAws, method: str, path: str) -> int:
    """Returns the status of an unsigned request."""
    context = ssl.create_default_context(cafile=str(local_aws.ca_bundle))
    host = local_aws.endpoint.removeprefix("https://")
    connection = http.client.HTTPSConnection(host, timeout=10, context=context)
    connection.request(method, path)
    answer = connection.getresponse().status
    connection.close()
    return answer


@pytest.mark.parametrize("token", [None, "a guess"])
def test_without_the_key_no_service_answers(ministack: LocalAws, token: str | None) -> None:
    for call in (
        lambda: client(ministack, "lambda", token).list_functions(),
        lambda: client(ministack, "ssm", token).describe_parameters(),
        lambda: client(ministack, "s3", token).list_buckets(),
        lambda: client(ministack, "cloudformation", token).describe_stacks(),
    ):
        with pytest.raises(ClientError) as refused:
            call()  # type: ignore[no-untyped-call]
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_unsigned_requests_get_no_further_than_readiness_and_responses(ministack: LocalAws) -> None:
    assert status(ministack, "GET", "/_ministack/ready") == 200
    assert status(ministack, "PUT", "/_ministack/cfn-response/no-such-token") != 403
    for method, path in (
        ("POST", "/_ministack/reset"),
        ("GET", "/_ministack/health"),
        ("GET", "/"),
        ("PUT", "/bucket/key"),
    ):
        assert status(ministack, method, path) == 403


def test_with_the_key_or_that_of_an_assumed_role_it_answers(ministack: LocalAws) -> None:
    key = ministack.credentials["AWS_SESSION_TOKEN"]
    sts = client(ministack, "sts", key)
    assumed = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/any", RoleSessionName="session")["Credentials"]
    for token in (key, assumed["SessionToken"]):
        assert "Parameters" in client(ministack, "ssm", token).describe_parameters()


def test_a_presigned_url_carries_the_key(ministack: LocalAws) -> None:
    s3 = ministack.client("s3")
    s3.create_bucket(Bucket="door")
    url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "door"})
    assert status(ministack, "GET", url.removeprefix(ministack.endpoint)) == 200


def test_each_run_has_a_key_of_its_own(ministack: LocalAws) -> None:
    with LocalAws() as other:
        assert other.credentials["AWS_SESSION_TOKEN"] != ministack.credentials["AWS_SESSION_TOKEN"]
