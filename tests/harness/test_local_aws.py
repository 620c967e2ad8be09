"""The local AWS: what it serves, that copies stay apart, and that nothing of it outlives its owner."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.connect import ConnectControl, sample
from testing.local_aws import ACCOUNT, PROJECT_ROOT, LocalAws, processes_with

OWNER = """
    import sys
    from testing.local_aws import LocalAws
    with LocalAws() as local_aws:
        print(local_aws.folder, flush=True)
        sys.stdin.read()
"""


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something holds before the time is up."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def create_function(local_aws: LocalAws, region: str, name: str, source: str) -> None:
    """Make a Lambda function of one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", textwrap.dedent(source))
    local_aws.client("lambda", region).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Code={"ZipFile": packed.getvalue()},
    )


def test_parameters_of_two_regions_are_apart(ministack: LocalAws) -> None:
    ministack.client("ssm", "us-east-1").put_parameter(Name="/harness/apart", Value="east", Type="String")
    west = ministack.client("ssm", "us-west-2")
    with pytest.raises(west.exceptions.ParameterNotFound):
        west.get_parameter(Name="/harness/apart")


def test_two_copies_share_nothing(ministack: LocalAws) -> None:
    ministack.client("ssm").put_parameter(Name="/harness/mine", Value="1", Type="String")
    with LocalAws() as other:
        assert other.endpoint != ministack.endpoint
        ssm = other.client("ssm")
        with pytest.raises(ssm.exceptions.ParameterNotFound):
            ssm.get_parameter(Name="/harness/mine")


def test_a_function_finds_the_connect_endpoint_and_has_a_log() -> None:
    source = """
        import os
        def handler(event, context):
            print("connect at", os.environ["AWS_ENDPOINT_URL_CONNECT"])
    """
    with LocalAws(connect_endpoint="http://127.0.0.1:9") as local_aws:
        create_function(local_aws, "us-west-2", "probe", source)
        local_aws.client("lambda", "us-west-2").invoke(FunctionName="probe")
        assert "connect at http://127.0.0.1:9" in local_aws.function_log("us-west-2")


def test_a_function_reaches_connect_at_the_emulator_in_its_region(local_aws: LocalAws, connect: ConnectControl) -> None:
    source = """
        import boto3
        def handler(event, context):
            return boto3.client("connect").describe_queue(**event)["Queue"]["Name"]
    """
    create_function(local_aws, "us-west-2", "reader", source)
    local_aws.client("lambda", "us-west-2").invoke(
        FunctionName="reader", Payload=json.dumps({"InstanceId": sample.INSTANCE, "QueueId": sample.SALES_QUEUE})
    )
    assert [call.region for call in connect.journal("DescribeQueue")] == ["us-west-2"]


def test_a_function_does_not_find_crhelper_unless_it_brings_it(ministack: LocalAws) -> None:
    source = """
        from importlib.util import find_spec
        def handler(event, context):
            return find_spec("crhelper") is None
    """
    create_function(ministack, "us-east-1", "bare", source)
    assert json.load(ministack.client("lambda", "us-east-1").invoke(FunctionName="bare")["Payload"]) is True


def test_no_variable_of_the_caller_reaches_it(ministack: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    assert not {"AWS_PROFILE", "HTTPS_PROXY"} & set(ministack.environment())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_nothing_outlives_an_owner_that_a_signal_ends(how: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER)], cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert owner.stdout is not None
    folder = Path(owner.stdout.readline().strip())
    assert processes_with(str(folder))
    os.kill(owner.pid, how)
    owner.wait(10)
    assert eventually(lambda: not processes_with(str(folder)) and not folder.exists())
    owner.communicate()
