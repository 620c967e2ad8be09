"""The provider: its function, role and log, and the ways to share one."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Environment, RemovalPolicies, Stack
from aws_cdk import aws_logs as logs
from queue_outbound_caller_config import (
    InvalidArguments,
    ProviderBase,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
    QueueOutboundCallerConfigProviderStack,
)

from tests.infrastructure.synthesis import (
    ACCOUNT,
    CONFIG,
    FUNCTION,
    INSTANCE,
    OTHER_INSTANCE,
    POLICY,
    QUEUE,
    REGION,
    REPLICA,
    Deployment,
    instance_arn,
    of_type,
    stack_of,
    template_of,
    the,
)

TOKEN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:provider"


def config(stack: Stack, name: str = "Config", **arguments: Any) -> QueueOutboundCallerConfig:
    given = {"instance": INSTANCE, "queue": QUEUE, "outbound_caller_id_name": "x", **arguments}
    return QueueOutboundCallerConfig(stack, name, **given)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """A stack with one config and the provider that it made."""
    stack = stack_of()
    config(stack)
    return template_of(stack)


def test_the_function_has_the_time_and_memory_that_it_needs(template: dict[str, Any]) -> None:
    """The newest Python, Lambda's longest time-out, and its own log group."""
    properties = the(template, FUNCTION)["Properties"]
    assert properties["Runtime"] == "python3.14"
    assert properties["Timeout"] == 900
    assert properties["MemorySize"] == 256
    assert properties["Handler"] == "queue_outbound_caller_config_provider.handler.handler"
    (log_group,) = of_type(template, "AWS::Logs::LogGroup")
    assert properties["LoggingConfig"] == {"LogGroup": {"Ref": log_group}}


def test_the_log_is_kept_for_a_while_and_goes_with_the_stack(template: dict[str, Any]) -> None:
    """Unless told otherwise."""
    log_group = the(template, "AWS::Logs::LogGroup")
    assert log_group["Properties"]["RetentionInDays"] == 90
    assert log_group["DeletionPolicy"] == "Delete"


def test_late_events_are_dropped(template: dict[str, Any]) -> None:
    """After an hour CloudFormation no longer waits for them."""
    invoke = the(template, "AWS::Lambda::EventInvokeConfig")["Properties"]
    assert invoke["MaximumEventAgeInSeconds"] == 3600
    assert invoke["MaximumRetryAttempts"] == 2


def test_the_role_may_write_its_own_log_alone(template: dict[str, Any]) -> None:
    """No managed policy of AWS's, which would allow all logs of the account, and nothing inline."""
    role = the(template, "AWS::IAM::Role")["Properties"]
    assert role.keys() == {"AssumeRolePolicyDocument"}
    (log_group,) = of_type(template, "AWS::Logs::LogGroup")
    allowed = Deployment({f"{log_group}.Arn": "the log"}).allowed(template)
    assert allowed["logs:PutLogEvents"] == allowed["logs:CreateLogStream"] == {"the log"}


def test_it_can_be_chosen_how_long_the_log_is_kept_and_whether_it_outlives_the_provider() -> None:
    """By a provider that the user makes; configs find it by its id in the stack or are given it."""
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", log_retention=logs.RetentionDays.ONE_YEAR)
    RemovalPolicies.of(provider.log_group).retain()
    config(stack, provider=provider)
    template = template_of(stack)
    log_group = the(template, "AWS::Logs::LogGroup")
    assert log_group["Properties"]["RetentionInDays"] == 365
    assert log_group["DeletionPolicy"] == "Retain"
    assert len(of_type(template, FUNCTION)) == 1


def test_a_provider_without_instances_serves_only_its_own_stack() -> None:
    """Its permissions would be changed by one stack and needed by another."""
    app = App()
    provider = QueueOutboundCallerConfigProvider(Stack(app, "One"), "Provider")
    with pytest.raises(InvalidArguments, match=r"provider is One/Provider, which serves only configs of its own stack"):
        config(Stack(app, "Other"), provider=provider)


def test_the_functions_logical_id_is_that_of_every_version() -> None:
    """Another one would be another service token, and CloudFormation refuses an update with that."""
    stack = stack_of()
    config(stack)
    assert list(of_type(template_of(stack), FUNCTION)) == ["QueueOutboundCallerConfigProviderFunctionF05F24A2"]


@pytest.mark.parametrize(
    ("region", "account", "named"),
    [(REPLICA, ACCOUNT, f"Region {REGION}"), (REGION, "999988887777", f"account {ACCOUNT}")],
)
@pytest.mark.parametrize("imported", [False, True])
def test_a_provider_serves_no_stack_that_its_function_cannot_be_called_from(
    imported: bool, region: str, account: str, named: str
) -> None:
    """Also where the CDK would hand references over, and if the provider was imported for another stack."""
    app = App()
    home = Stack(app, "One", env=Environment(region=REGION, account=ACCOUNT), cross_region_references=True)
    provider: ProviderBase
    if imported:
        token = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
        provider = QueueOutboundCallerConfigProvider.from_service_token(home, "Provider", token)
    else:
        provider = QueueOutboundCallerConfigProvider(home, "Provider", instances=[instance_arn(REGION)])
    other = Stack(app, "Other", env=Environment(region=region, account=account), cross_region_references=True)
    instance = instance_arn(REGION, account=account)
    with pytest.raises(
        InvalidArguments, match=f"provider is One/Provider, which is of {named}, but the stack is in .*own account"
    ):
        config(other, provider=provider, instance=instance)


def test_a_provider_is_told_of_no_instance_of_another_account() -> None:
    """Its function works on its own account alone, and its policies would be of that one."""
    stack = stack_of(region=REGION, account=ACCOUNT)
    instances = [instance_arn(), instance_arn(id=OTHER_INSTANCE, account="999988887777")]
    message = rf"- instances\[1\] is of account 999988887777, but the stack is in {ACCOUNT}\. A stack sets queues"
    with pytest.raises(InvalidArguments, match=message) as raised:
        QueueOutboundCallerConfigProvider(stack, "Provider", instances=instances)
    assert len(raised.value.problems) == 1


@pytest.mark.parametrize("instances", [[INSTANCE], [instance_arn()]])
def test_a_config_outside_the_providers_instances_is_an_error(instances: list[str]) -> None:
    """At synthesis, where the instance is concrete."""
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=instances)
    with pytest.raises(
        InvalidArguments, match=rf"instance is {OTHER_INSTANCE}, which the provider Stack/Provider does not"
    ):
        config(stack, provider=provider, instance=OTHER_INSTANCE)
    config(stack, provider=provider)


def test_the_replica_is_the_same_instance_to_a_provider() -> None:
    """It has the same id, and the policy is right in any Region."""
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[instance_arn()])
    config(stack, provider=provider, instance=instance_arn(REPLICA))


@pytest.mark.parametrize("instances", [[], "text", ["nowhere", 5]])
def test_wrong_instances_are_told_with_their_place_in_the_list(instances: Any) -> None:
    """All of them."""
    with pytest.raises(InvalidArguments, match="QueueOutboundCallerConfigProvider Stack/Provider:\n  - instances"):
        QueueOutboundCallerConfigProvider(stack_of(), "Provider", instances=instances)


def test_a_provider_of_another_app_is_used_by_its_service_token() -> None:
    """No function is made, and nothing depends on a policy."""
    stack = stack_of()
    config(stack, provider=QueueOutboundCallerConfigProvider.from_service_token(stack, "Provider", TOKEN))
    template = template_of(stack)
    assert of_type(template, FUNCTION) == {}
    resource = the(template, CONFIG)
    assert resource["Properties"]["ServiceToken"] == TOKEN
    assert "DependsOn" not in resource


def test_a_provider_is_imported_by_export_name() -> None:
    """That of the contract, or another."""
    stack = stack_of()
    for name, arguments in (("Usual", {}), ("Own", {"export_name": "Mine"})):
        provider = QueueOutboundCallerConfigProvider.from_export(stack, f"{name}Provider", **arguments)
        config(stack, name, provider=provider)
    tokens = [resource["Properties"]["ServiceToken"] for resource in of_type(template_of(stack), CONFIG).values()]
    assert tokens == [
        {"Fn::ImportValue": "QueueOutboundCallerConfigServiceToken"},
        {"Fn::ImportValue": "Mine"},
    ]


def test_the_instances_of_an_imported_provider_are_checked_when_told() -> None:
    """It cannot be known otherwise."""
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider.from_export(stack, "Provider", instances=[INSTANCE])
    with pytest.raises(InvalidArguments, match="does not serve"):
        config(stack, provider=provider, instance=OTHER_INSTANCE)


@pytest.mark.parametrize(
    "token",
    [
        TOKEN,
        f"{TOKEN}:live",
        f"arn:aws:sns:{REGION}:{ACCOUNT}:provider",
        f"arn:aws-us-gov:lambda:us-gov-west-1:{ACCOUNT}:function:provider",
    ],
)
def test_a_service_token_is_the_arn_of_a_function_or_a_topic(token: str) -> None:
    """Of any place, where the stack's is not known."""
    provider = QueueOutboundCallerConfigProvider.from_service_token(stack_of(), "Provider", token)
    assert provider.service_token == token


@pytest.mark.parametrize(
    ("token", "wrong"),
    [
        ("provider", r"is 'provider', which is not the ARN of a Lambda function"),
        (f"arn:aws:s3:::{ACCOUNT}", "is .*, which is not the ARN of a Lambda function"),
        (5, "is '5', of type int. Give the service token as a string"),
        (TOKEN.replace(REGION, REPLICA), rf"is of Region {REPLICA}, but the stack is in {REGION}"),
        (TOKEN.replace(ACCOUNT, "999999999999"), rf"is of account 999999999999, but the stack is in {ACCOUNT}"),
    ],
)
def test_a_service_token_that_cannot_work_is_an_error(token: Any, wrong: str) -> None:
    """With what to do about it."""
    stack = Stack(App(), "Stack", env=Environment(region=REGION, account=ACCOUNT))
    with pytest.raises(InvalidArguments, match=rf"Provider:\n  - service_token {wrong}"):
        QueueOutboundCallerConfigProvider.from_service_token(stack, "Provider", token)


def test_the_provider_stack_exports_its_token_and_says_where_its_log_is() -> None:
    """For stacks of any app."""
    stack = QueueOutboundCallerConfigProviderStack(App(), "Shared", instances=[instance_arn()])
    template = template_of(stack)
    (function,), (log_group,) = (of_type(template, type) for type in (FUNCTION, "AWS::Logs::LogGroup"))
    outputs = template["Outputs"]
    assert outputs["ServiceToken"]["Value"] == {"Fn::GetAtt": [function, "Arn"]}
    assert outputs["ServiceToken"]["Export"] == {"Name": "QueueOutboundCallerConfigServiceToken"}
    assert outputs["FunctionName"]["Value"] == {"Ref": function}
    assert outputs["LogGroupName"]["Value"] == {"Ref": log_group}


def test_the_provider_stack_takes_a_stacks_arguments_and_another_export_name() -> None:
    """As CDK users expect."""
    stack = QueueOutboundCallerConfigProviderStack(
        App(),
        "Shared",
        instances=[INSTANCE],
        export_name="Mine",
        env=Environment(region=REPLICA),
        description="Ours",
        stack_name="ours",
    )
    template = template_of(stack)
    assert template["Outputs"]["ServiceToken"]["Export"] == {"Name": "Mine"}
    assert template["Description"] == "Ours"


def test_a_stack_of_the_same_app_uses_the_provider_stack() -> None:
    """By the token that the CDK carries between stacks; permissions stay as they are."""
    app = App()
    shared = QueueOutboundCallerConfigProviderStack(app, "Shared", instances=[INSTANCE])
    before = of_type(template_of(shared), POLICY)
    consumer = Stack(app, "Consumer")
    config(consumer, provider=shared.provider)
    template = template_of(consumer)
    assert of_type(template, FUNCTION) == {}
    assert "Fn::ImportValue" in the(template, CONFIG)["Properties"]["ServiceToken"]
    assert "DependsOn" not in the(template, CONFIG)
    assert of_type(template_of(shared), POLICY) == before
