"""Without the CDK: what `make templates` writes and the example's consumer, deployed as CloudFormation's users do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from queue_outbound_caller_config.template import write

from emulator.connect import ConnectControl
from emulator.connect.sample import BASIC_QUEUE, GROUP_NUMBER, INSTANCE, OTHER_INSTANCE, PRIMARY, SUPPORT_QUEUE
from testing.local_aws import ACCOUNT, PROJECT_ROOT, LocalAws, Stack

CONSUMER = (PROJECT_ROOT / "examples/cloudformation/consumer.yaml").read_text(encoding="utf-8")
BUCKET = "plain-templates"
GROUPS_NUMBER_ARN = f"arn:aws:connect:us-east-1:{ACCOUNT}:phone-number/{GROUP_NUMBER}"


def instance_arn(instance: str) -> str:
    return f"arn:aws:connect:{PRIMARY}:{ACCOUNT}:instance/{instance}"


@pytest.fixture(scope="module")
def uploaded(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """The provider's template and its parameters, the code in a bucket."""
    template, code = write(tmp_path_factory.mktemp("templates"))
    s3 = local_aws.client("s3", PRIMARY)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=code.name, Body=code.read_bytes())
    parameters = {"CodeBucket": BUCKET, "CodeKey": code.name, "InstanceArn": instance_arn(INSTANCE)}
    return template.read_text(encoding="utf-8"), parameters


@pytest.fixture
def provider(local_aws: LocalAws, uploaded: tuple[str, dict[str, str]]) -> Iterator[Stack]:
    """The provider, deployed."""
    template, parameters = uploaded
    stack = Stack(local_aws, PRIMARY, "plain-provider")
    assert stack.deploy(template, **parameters) == "CREATE_COMPLETE"
    yield stack
    assert stack.delete() is None


@pytest.fixture
def consumer(local_aws: LocalAws) -> Iterator[Stack]:
    """The stack that uses it, not deployed yet."""
    stack = Stack(local_aws, PRIMARY, "plain-consumer")
    yield stack
    if stack.status is not None:
        stack.delete()


def values(queue: str = BASIC_QUEUE, number: str = GROUPS_NUMBER_ARN, **others: str) -> dict[str, str]:
    return {
        "InstanceArn": instance_arn(INSTANCE),
        "QueueId": queue,
        "OutboundCallerIdName": "Plain",
        "OutboundCallerIdNumber": number,
        **others,
    }


def test_a_consumer_is_deployed_changed_moved_to_another_queue_and_deleted(
    provider: Stack, consumer: Stack, connect: ConnectControl
) -> None:
    assert provider.outputs().keys() == {"ServiceToken", "FunctionName", "LogGroupName"}
    before = connect.configs()

    assert consumer.deploy(CONSUMER, **values()) == "CREATE_COMPLETE"
    basic = connect.queue_config(PRIMARY, INSTANCE, BASIC_QUEUE)
    assert (basic["OutboundCallerIdName"], basic["OutboundCallerIdNumberId"]) == ("Plain", GROUPS_NUMBER_ARN)
    assert consumer.outputs()["NumberArn"] == GROUPS_NUMBER_ARN

    assert consumer.deploy(CONSUMER, **values(OutboundCallerIdName="Changed")) == "UPDATE_COMPLETE"
    assert connect.queue_config(PRIMARY, INSTANCE, BASIC_QUEUE)["OutboundCallerIdName"] == "Changed"

    assert consumer.deploy(CONSUMER, **values(queue=SUPPORT_QUEUE)) == "UPDATE_COMPLETE"
    assert connect.queue_config(PRIMARY, INSTANCE, SUPPORT_QUEUE)["OutboundCallerIdName"] == "Plain"

    assert consumer.delete() is None
    assert connect.configs() == before


@pytest.mark.usefixtures("provider")
def test_a_consumer_of_an_instance_that_is_not_there_fails_with_the_reason_and_is_gone_again(
    consumer: Stack, connect: ConnectControl
) -> None:
    before = connect.configs()
    status = consumer.deploy(CONSUMER, **values(InstanceArn=instance_arn(OTHER_INSTANCE)))
    assert status == "ROLLBACK_COMPLETE"
    assert any("QueueId" in reason and "is not a queue of instance" in reason for reason in consumer.failures())
    assert consumer.delete() is None
    assert connect.configs() == before


def test_a_consumer_without_the_providers_export_changes_nothing(consumer: Stack, connect: ConnectControl) -> None:
    before = connect.configs()
    assert consumer.deploy(CONSUMER, **values()) == "ROLLBACK_COMPLETE"
    assert any("QueueOutboundCallerConfigServiceToken" in reason for reason in consumer.failures())
    assert connect.configs() == before
