"""What the end-to-end tests share: the function's code on the local AWS, and templates that use it."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest
from queue_outbound_caller_config.lambda_asset import HANDLER, asset_bytes

from emulator.connect.sample import REPLICA
from testing.local_aws import ACCOUNT, LocalAws, Stack
from tests.e2e.templates import Template, resource

BUCKET, KEY = "function-code", "function.zip"


@pytest.fixture(scope="session")
def function_code(local_aws: LocalAws) -> dict[str, str]:
    """The function's code in a bucket, as a template names it."""
    s3 = local_aws.client("s3", REPLICA)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REPLICA})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=asset_bytes())
    return {"S3Bucket": BUCKET, "S3Key": KEY}


@pytest.fixture
def template(function_code: dict[str, str]) -> Template:
    """Makes a template: the function, and a resource for each keyword, which is its logical id."""

    def make(**configs: Mapping[str, Any]) -> dict[str, Any]:
        function = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": HANDLER,
                "Role": f"arn:aws:iam::{ACCOUNT}:role/function",
                "Timeout": 60,
                "Code": function_code,
            },
        }
        return {"Resources": {"Function": function, **{name: resource(given) for name, given in configs.items()}}}

    return make


@pytest.fixture
def stack(local_aws: LocalAws, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack of the test's own in the replica Region. When the test fails, so is the function's log shown."""
    made = Stack(local_aws, REPLICA, f"s-{uuid.uuid4().hex[:8]}")
    yield made
    if made.status is not None:
        made.delete()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the function's log to the report of a test that failed."""
    report = yield
    used = getattr(item, "funcargs", {}).get("local_aws")
    if report.when == "call" and report.failed and isinstance(used, LocalAws):
        report.sections.append(("function's log", used.function_log("us-east-1", REPLICA)))
    return report
