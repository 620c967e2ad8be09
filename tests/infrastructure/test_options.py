"""What a platform team can choose about a provider, and about a provider stack alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Fn, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from queue_outbound_caller_config import (
    InvalidArguments,
    ProviderOptions,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigDriftWatch,
    QueueOutboundCallerConfigProvider,
    QueueOutboundCallerConfigProviderStack,
)

from tests.docs.markdown import DOCS, code_spans, rows
from tests.infrastructure.synthesis import (
    CONFIG,
    FUNCTION,
    INSTANCE,
    OTHER_INSTANCE,
    POLICY,
    Deployment,
    check_no_circle,
    depends_on,
    instance_arn,
    of_type,
    queue_arn,
    queue_id,
    stack_of,
    template_of,
    the,
)

OF_INSTANCE: dict[str, Any] = {"instance": INSTANCE, "outbound_caller_id_name": "A"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"


def provider(stack: Stack, **options: Any) -> QueueOutboundCallerConfigProvider:
    return QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE], **options)


def function_of(stack: Stack) -> dict[str, Any]:
    properties: dict[str, Any] = the(template_of(stack), FUNCTION)["Properties"]
    return properties


PLAIN: list[tuple[str, Callable[[Stack], Any], str, Any]] = [
    ("memory_size", lambda _: 512, "MemorySize", 512),
    ("architecture", lambda _: lambda_.Architecture.ARM_64, "Architectures", ["arm64"]),
    ("runtime", lambda _: lambda_.Runtime.PYTHON_3_12, "Runtime", "python3.12"),
    ("tracing", lambda _: lambda_.Tracing.ACTIVE, "TracingConfig", {"Mode": "Active"}),
    ("reserved_concurrent_executions", lambda _: 25, "ReservedConcurrentExecutions", 25),
    ("environment_encryption", lambda stack: kms.Key.from_key_arn(stack, "Key", KEY), "KmsKeyArn", KEY),
    (
        "log_group",
        lambda stack: logs.LogGroup.from_log_group_name(stack, "G", "mine"),
        "LoggingConfig",
        {"LogGroup": "mine"},
    ),
]


@pytest.mark.parametrize(("option", "value", "property", "expected"), PLAIN)
@pytest.mark.parametrize("kind", ["provider", "stack"])
def test_what_lambda_can_be_told_reaches_the_function(
    option: str, value: Callable[[Stack], Any], property: str, expected: Any, kind: str
) -> None:
    app = App()
    stack = Stack(app, "Stack")
    if kind == "provider":
        provider(stack, **{option: value(stack)})
    else:
        if option in {"environment_encryption", "log_group"}:
            return  # made in the stack itself, which is not there yet
        stack = QueueOutboundCallerConfigProviderStack(app, "Shared", instances=[INSTANCE], **{option: value(stack)})
    assert function_of(stack)[property] == expected


def test_in_a_vpc_the_role_gets_what_lambda_asks_for_and_the_function_waits_for_it() -> None:
    """Lambda looks at it when the function is made."""
    stack = stack_of()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    provider(stack, vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnets=vpc.private_subnets), security_groups=[group])
    template = template_of(stack)
    function = the(template, FUNCTION)
    assert function["Properties"]["VpcConfig"]["SecurityGroupIds"] == [{"Fn::GetAtt": ["GroupC77FDACD", "GroupId"]}]
    allowed = Deployment().allowed(template)
    assert allowed["ec2:DescribeNetworkInterfaces"] == allowed["ec2:DescribeSubnets"] == {"*"}
    for action in (
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
    ):
        assert all(":ec2:*:123456789012:" in resource for resource in allowed[f"ec2:{action}"])
    (shared,) = (id for id in of_type(template, POLICY) if "Shared" in id)
    assert shared in depends_on(function)
    check_no_circle(template)


def test_the_users_dependencies_on_the_function_stay() -> None:
    stack = stack_of()
    made = provider(stack)
    made.function.node.add_dependency(sqs.Queue(stack, "First"))
    assert any(id.startswith("First") for id in depends_on(the(template_of(stack), FUNCTION)))


def test_an_event_that_the_function_could_not_take_goes_to_a_destination() -> None:
    stack = stack_of()
    provider(stack, on_failure=destinations.SqsDestination(sqs.Queue(stack, "Lost")))
    template = template_of(stack)
    invoke = the(template, "AWS::Lambda::EventInvokeConfig")["Properties"]
    assert "OnFailure" in invoke["DestinationConfig"]
    assert "sqs:SendMessage" in json.dumps(template["Resources"])


def test_an_option_gives_the_role_the_actions_that_the_page_has_and_no_others() -> None:
    page = (DOCS / "concepts" / "permissions.md").read_text().partition("## Options that need more")[2]
    listed = {code_spans(row[0])[-1] if "`" in row[0] else row[0]: set(code_spans(row[1])) for row in rows(page)}
    options: dict[str, Callable[[Stack], Any]] = {
        "ledger_tags": lambda _: {"team": "voice"},
        "ledger_encryption_key": lambda stack: kms.Key.from_key_arn(stack, "Key", KEY),
        "tracing": lambda _: lambda_.Tracing.ACTIVE,
        "on_failure": lambda stack: destinations.SqsDestination(sqs.Queue(stack, "Lost")),
    }

    def allowed(name: str = "") -> set[str]:
        stack = stack_of()
        made = provider(stack, **({name: options[name](stack)} if name in options else {}))
        if name == "a drift watch":
            QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=made)
        return set(Deployment().allowed(template_of(stack)))

    plain = allowed()
    assert listed.keys() == {*options, "vpc", "a drift watch"}
    for name in listed.keys() - {"vpc"}:  # whose actions Lambda asks for
        assert allowed(name) - plain == listed[name] - {name}


def test_ledgers_can_have_tags_and_a_key_and_the_role_what_that_needs() -> None:
    stack = stack_of()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    provider(stack, ledger_tags={"team": "voice", "cost": "42"}, ledger_encryption_key=key)
    variables = function_of(stack)["Environment"]["Variables"]
    assert json.loads(variables["QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_TAGS"]) == {"team": "voice", "cost": "42"}
    assert variables["QUEUE_OUTBOUND_CALLER_CONFIG_LEDGER_KEY"] == KEY
    allowed = Deployment().allowed(template_of(stack))
    assert allowed["ssm:AddTagsToResource"] == allowed["ssm:PutParameter"]
    assert allowed["kms:Decrypt"] == allowed["kms:Encrypt"] == allowed["kms:GenerateDataKey"] == {KEY}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"runtime": lambda_.Runtime.PYTHON_3_11},
            r"runtime is python3.11, not a Runtime whose boto3 is new enough. Give .*PYTHON_3_12",
        ),
        ({"runtime": lambda_.Runtime.NODEJS_20_X}, "runtime is nodejs20.x"),
        ({"runtime": "python3.14"}, "runtime is 'python3.14', not a Runtime"),
        ({"max_parallel_configs": -1}, "max_parallel_configs is '-1'. Give a number, 1 or more, or None"),
        ({"max_parallel_configs": "5"}, "max_parallel_configs is '5'. Give a number"),
        ({"reserved_concurrent_executions": 0}, "reserved_concurrent_executions is 0: .* never run. Give 25, or"),
        ({"vpc_subnets": ec2.SubnetSelection()}, "are given without vpc"),
        ({"ledger_tags": {"a": 5}}, "ledger_tags is .*Give names and values as strings"),
        ({"ledger_tags": ["a"]}, "ledger_tags is .*Give names and values as strings"),
        (
            {"queues": [queue_id(at) for at in range(40)]},
            r"instances\[0\] is too much: .* Give some of them a provider",
        ),
        ({"memory": 5}, "memory is not an argument of this construct"),
        ({"queues": []}, r"queues is '\[\]'. Give a list"),
        ({"queues": Fn.split(",", Fn.import_value("Queues"))}, r"queues is .*Token.* Give a list"),
        ({"queues": ["x"]}, r"queues\[0\] is 'x', which is not a valid queue id"),
    ],
)
def test_what_cannot_work_is_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidArguments, match=rf"QueueOutboundCallerConfigProvider Stack/Provider:\n  - .*{said}"):
        provider(stack_of(), **options)


def test_an_old_runtime_is_fine_with_code_that_brings_boto3() -> None:
    stack = stack_of()
    provider(stack, runtime=lambda_.Runtime.PYTHON_3_11, code=lambda_.Code.from_inline("def handler(e, c): ..."))
    assert function_of(stack)["Runtime"] == "python3.11"


def test_a_queue_by_id_is_allowed_in_each_instance_and_one_by_arn_in_its_own() -> None:
    stack, by_arn = stack_of(), queue_arn(id=queue_id(2), instance=OTHER_INSTANCE)
    both = [INSTANCE, OTHER_INSTANCE]
    QueueOutboundCallerConfigProvider(stack, "A", instances=both, queues=[queue_id(1), by_arn])
    allowed = str(Deployment().allowed(template_of(stack))["connect:DescribeQueue"])
    assert all(f"instance/{instance}/queue/{queue_id(1)}" in allowed for instance in both)
    assert by_arn.rpartition(":")[2] in allowed
    assert f"instance/{INSTANCE}/queue/{queue_id(2)}" not in allowed


def test_queues_are_of_the_instances() -> None:
    with pytest.raises(InvalidArguments, match=rf"queues\[0\] is of instance {OTHER_INSTANCE}, which is not served"):
        provider(stack_of(), queues=[queue_arn(instance=OTHER_INSTANCE)])


def test_without_instances_the_queues_narrow_the_configs_of_the_stack() -> None:
    stack = stack_of()
    narrow = QueueOutboundCallerConfigProvider(stack, "A", queues=[queue_id(1)])
    QueueOutboundCallerConfig(stack, "Mine", queue=queue_id(1), provider=narrow, **OF_INSTANCE)
    assert f"instance/{INSTANCE}/*" not in str(Deployment().allowed(template_of(stack))["connect:DescribeQueue"])
    with pytest.raises(InvalidArguments, match=f"queue is {queue_id(2)}, which the provider"):
        QueueOutboundCallerConfig(stack, "Other", queue=queue_id(2), provider=narrow, **OF_INSTANCE)


def test_each_instance_has_one_of_the_queues_as_far_as_is_known() -> None:
    stack = stack_of()
    both, queues = [INSTANCE, OTHER_INSTANCE], [queue_arn(id=queue_id(1))]
    with pytest.raises(InvalidArguments, match=r"instances\[1\] has none of the queues"):
        QueueOutboundCallerConfigProvider(stack, "A", instances=both, queues=queues)
    token = CfnParameter(stack, "Instance").value_as_string
    QueueOutboundCallerConfigProvider(stack, "B", instances=[token], queues=queues)
    given = Deployment({"Instance": INSTANCE})
    assert f"instance/{INSTANCE}/queue/{queue_id(1)}" in str(given.allowed(template_of(stack))["connect:DescribeQueue"])


def test_a_config_on_another_queue_than_the_providers_is_an_error() -> None:
    stack = stack_of()
    made = provider(stack, queues=[queue_id(1)])
    given: dict[str, Any] = {"instance": INSTANCE, "outbound_caller_id_name": "x", "provider": made}
    with pytest.raises(
        InvalidArguments, match=rf"queue is {queue_id(2)}, which the provider Stack/Provider does not serve"
    ):
        QueueOutboundCallerConfig(stack, "Other", queue=queue_id(2), **given)
    QueueOutboundCallerConfig(stack, "Config", queue=queue_arn(id=queue_id(1)), **given)


def test_a_provider_stack_takes_every_option_of_a_provider_and_of_a_stack() -> None:
    app = App()
    options: ProviderOptions = {"max_parallel_configs": 5, "queues": [queue_id(1)], "memory_size": 300}
    stack = QueueOutboundCallerConfigProviderStack(
        app, "Shared", instances=[instance_arn()], stack_name="mine", tags={"team": "voice"}, **options
    )
    assert stack.stack_name == "mine"
    assert stack.tags.tag_values() == {"team": "voice"}
    assert function_of(stack)["MemorySize"] == 300
    with pytest.raises(InvalidArguments, match="memory is not an argument"):
        QueueOutboundCallerConfigProviderStack(app, "Other", instances=[INSTANCE], export_name="x", memory=5)  # type: ignore[call-arg]


def test_permissions_boundaries_tags_and_escape_hatches_work_as_on_any_function() -> None:
    app = App()
    stack = Stack(app, "Stack")
    QueueOutboundCallerConfig(stack, "Config", instance=INSTANCE, queue=queue_id(1), outbound_caller_id_name="x")
    made = QueueOutboundCallerConfigProvider.of(stack)
    made.function.node.default_child.add_property_override("MemorySize", 999)  # type: ignore[union-attr]
    Tags.of(app).add("team", "voice")
    iam.PermissionsBoundary.of(app).apply(
        iam.ManagedPolicy.from_managed_policy_arn(stack, "B", "arn:aws:iam::1:policy/b")
    )
    template = template_of(stack)
    tags = [{"Key": "team", "Value": "voice"}]
    assert the(template, FUNCTION)["Properties"]["MemorySize"] == 999
    assert the(template, FUNCTION)["Properties"]["Tags"] == tags
    role = the(template, "AWS::IAM::Role")["Properties"]
    assert role["Tags"] == tags
    assert role["PermissionsBoundary"] == "arn:aws:iam::1:policy/b"
    assert len(of_type(template, CONFIG)) == 1
