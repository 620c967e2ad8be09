"""Mistakes that only the rest of the app shows."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Annotations as CdkAnnotations
from aws_cdk import App, Aws, Environment, Stack, Stage
from aws_cdk import aws_connect as connect
from aws_cdk.assertions import Annotations, Match
from constructs import Construct
from queue_outbound_caller_config import (
    DeletionBehavior,
    InvalidArguments,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
    QueueOutboundCallerConfigProviderStack,
)

from tests.infrastructure.synthesis import (
    ACCOUNT,
    CONFIG,
    INSTANCE,
    NUMBER,
    OTHER_ACCOUNT,
    QUEUE,
    REGION,
    REPLICA,
    instance_arn,
    number_arn,
    of_type,
    queue_arn,
    queue_id,
    stack_of,
    template_of,
)

DIFFER = "queue-outbound-caller-config:regionsDiffer"


def config(scope: Construct, name: str = "Config", **arguments: Any) -> QueueOutboundCallerConfig:
    given = {"instance": INSTANCE, "queue": QUEUE, "outbound_caller_id_name": "x", **arguments}
    return QueueOutboundCallerConfig(scope, name, **given)


def in_region(app: App, region: str | None, name: str = "") -> Stack:
    return Stack(app, name or f"In-{region}", env=Environment(region=region))


def test_the_same_queue_twice_in_one_app_is_an_error_that_names_both() -> None:
    """In one stack or two, however the queue is written."""
    app = App()
    config(in_region(app, REGION))
    other = in_region(app, REGION, "Other")
    for arguments in ({}, {"queue": QUEUE.upper()}, {"queue": queue_arn()}, {"instance": instance_arn()}):
        with pytest.raises(
            InvalidArguments, match=r"Other/Again:\n  - queue is one that In-us-east-1/Config of this app sets"
        ):
            config(other, "Again", **arguments)
    config(other, "Again", queue=queue_id(7))


def test_of_a_queue_whose_region_is_not_known_nothing_is_said() -> None:
    """Two stages may be two accounts or Regions."""
    app = App()
    for name in ("Dev", "Prod"):
        config(Stack(Stage(app, name), "Stack"))
    config(in_region(app, REGION), outbound_caller_id_name="y")
    config(in_region(app, None), outbound_caller_id_name="z")


def test_a_config_that_was_removed_again_is_no_other_one() -> None:
    stack = stack_of(region=REGION)
    config(stack)
    stack.node.try_remove_child("Config")
    config(Construct(stack, "Scope"), "Again")
    stack.node.try_remove_child("Scope")
    config(stack, "Anew")
    assert of_type(template_of(stack), CONFIG).keys() == {"Anew"}


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ({"outbound_caller_id_name": "y"}, "outbound_caller_id_name"),
        ({"outbound_caller_id_number": number_arn()}, "outbound_caller_id_number"),
        ({"outbound_caller_id_name": "a/x"}, "outbound_caller_id_name"),
    ],
)
def test_differing_configs_for_the_two_regions_of_a_queue_are_an_error(there: dict[str, Any], named: str) -> None:
    """They mirror each other."""
    app = App()
    config(in_region(app, REGION))
    with pytest.raises(
        InvalidArguments, match=f"  - {named} differ from what In-us-east-1/Config declares .* {DIFFER}"
    ):
        config(in_region(app, REPLICA), **there)


def test_the_same_config_for_both_regions_is_fine_however_it_is_written() -> None:
    app = App()
    config(in_region(app, REGION), outbound_caller_id_number=number_arn())
    config(in_region(app, REPLICA), outbound_caller_id_number=NUMBER)


def test_differing_regions_can_be_acknowledged() -> None:
    app = App()
    config(in_region(app, REGION))
    stack = in_region(app, REPLICA)
    CdkAnnotations.of(stack).acknowledge_warning(DIFFER, "not mirrored yet")
    config(stack, outbound_caller_id_name="y")
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def own_queue(stack: Stack, **arguments: Any) -> connect.CfnQueue:
    return connect.CfnQueue(
        stack,
        "Queue",
        name="Sales",
        instance_arn=instance_arn(),
        hours_of_operation_arn="arn:aws:connect:x",
        **arguments,
    )


@pytest.mark.parametrize("by_its_arn", [False, True])
def test_a_queue_of_the_app_that_sets_its_own_config_too_is_warned_of(by_its_arn: bool) -> None:
    """One of the two wins, and which one nobody sees. On the way from one to the other both are there for a while."""
    stack = stack_of()
    set_too = connect.CfnQueue.OutboundCallerConfigProperty(outbound_caller_id_name="y")
    queue = own_queue(stack, outbound_caller_config=set_too)
    config(stack, queue=queue.attr_queue_arn if by_its_arn else queue)
    Annotations.from_stack(stack).has_warning(
        "/Stack/Config",
        Match.string_like_regexp("Stack/Queue sets its own .*queue-outbound-caller-config:queueSetsItsOwn"),
    )


def test_a_queue_of_the_app_without_one_is_fine() -> None:
    stack = stack_of()
    config(stack, queue=own_queue(stack))
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


@pytest.mark.parametrize("by_its_arn", [False, True])
@pytest.mark.parametrize("behavior", DeletionBehavior)
def test_a_number_of_the_app_that_a_restored_queue_may_be_left_with_is_warned_of(
    behavior: DeletionBehavior, by_its_arn: bool
) -> None:
    """If the queue had it before, RESTORE gives it back, and then the number is deleted."""
    stack = stack_of()
    number = connect.CfnPhoneNumber(stack, "Number", target_arn=instance_arn(), type="DID", country_code="US")
    given = number.attr_phone_number_arn if by_its_arn else number
    config(stack, outbound_caller_id_number=given, deletion_behavior=behavior)
    found = Annotations.from_stack(stack)
    if behavior is DeletionBehavior.RESTORE:
        found.has_warning("/Stack/Config", Match.string_like_regexp("outbound_caller_id_number of this app.*CLEAR"))
    else:
        found.has_no_warning("*", Match.any_value())


def shared(app: App | Stage, name: str, **arguments: Any) -> QueueOutboundCallerConfigProviderStack:
    return QueueOutboundCallerConfigProviderStack(app, name, instances=[INSTANCE], **arguments)


def test_two_provider_stacks_with_one_export_name_in_a_place_are_an_error() -> None:
    """CloudFormation would say so in the middle of a deployment."""
    app = App()
    here = Environment(region=REGION, account=ACCOUNT)
    shared(app, "One", env=here)
    with pytest.raises(InvalidArguments, match=r"Stack Two:\n  - export_name is QueueOutbound\w+, which another"):
        shared(app, "Two", env=here)
    shared(app, "Three", env=here, export_name="Mine")
    shared(app, "Elsewhere", env=Environment(region=REPLICA, account=ACCOUNT))
    shared(app, "Others", env=Environment(region=REGION, account=OTHER_ACCOUNT))
    for name in ("Fourth", "Fifth"):  # each of its own name
        shared(app, name, env=here, export_name=f"{Aws.STACK_NAME}-ServiceToken")


@pytest.mark.parametrize("env", [None, Environment(region=REGION)], ids=["agnostic", "region alone"])
def test_stages_whose_account_is_not_known_may_each_have_a_provider_stack(env: Environment | None) -> None:
    """They are deployed with the credentials of one account each."""
    app = App()
    for name in ("Test", "Production"):
        stage = Stage(app, name, env=env)
        consumer = Stack(stage, "Consumer")
        QueueOutboundCallerConfigProvider.from_export(consumer, "Provider")
        made = shared(stage, "Shared")
        assert consumer.dependencies == [made]
    with pytest.raises(InvalidArguments, match=r"Stack Production/Two:\n  - export_name is"):
        shared(stage, "Two")


@pytest.mark.parametrize("first", ["producer", "consumer"])
def test_who_imports_the_export_of_a_stack_of_the_app_is_deployed_after_it(first: str) -> None:
    app = App()
    consumer = Stack(app, "Consumer")
    if first == "producer":
        shared(app, "Shared")
    provider = QueueOutboundCallerConfigProvider.from_export(consumer, "Provider")
    config(consumer, provider=provider)
    if first == "consumer":
        shared(app, "Shared")
    shared(app, "Elsewhere", env=Environment(region=REPLICA, account=ACCOUNT))
    assert [stack.node.id for stack in consumer.dependencies] == ["Shared"]


@pytest.mark.parametrize("strength", ["strong", "weak", "both", None])
def test_a_provider_of_another_stack_is_used_by_an_export(strength: str | None) -> None:
    """With a weak reference, as new apps have it, the provider could be deleted before its users."""
    app = App(context={"@aws-cdk/core:defaultCrossStackReferences": strength} if strength else None)
    home, consumer = Stack(app, "Home"), Stack(app, "Consumer")
    config(consumer, provider=QueueOutboundCallerConfigProvider(home, "Provider", instances=[INSTANCE]))
    assert [stack.node.id for stack in consumer.dependencies] == ["Home"]
    (resource,) = of_type(template_of(consumer), CONFIG).values()
    (export,) = template_of(home)["Outputs"].values()
    assert resource["Properties"]["ServiceToken"] == {"Fn::ImportValue": export["Export"]["Name"]}
