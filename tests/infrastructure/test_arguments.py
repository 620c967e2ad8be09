"""What synthesis refuses: every problem in one error, with the argument and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack
from aws_cdk import aws_connect as connect
from queue_outbound_caller_config import InvalidArguments, QueueOutboundCallerConfig

from tests.infrastructure.synthesis import (
    ACCOUNT,
    FLOW,
    INSTANCE,
    NUMBER,
    OTHER_ACCOUNT,
    OTHER_INSTANCE,
    QUEUE,
    REGION,
    REPLICA,
    flow_arn,
    instance_arn,
    number_arn,
    queue_arn,
    stack_of,
    v1_number_arn,
)

FINE: dict[str, Any] = {"instance": INSTANCE, "queue": QUEUE, "outbound_caller_id_name": "Example Inc."}


def problems(*, region: str | None = REGION, account: str | None = ACCOUNT, **arguments: Any) -> list[str]:
    """The problems that a config with these arguments has, in a stack of that place."""
    try:
        QueueOutboundCallerConfig(stack_of(region=region, account=account), "Config", **{**FINE, **arguments})
    except InvalidArguments as error:
        return [str(problem) for problem in error.problems]
    return []


def test_all_problems_are_in_one_error_that_names_the_construct() -> None:
    """So a user fixes them at once."""
    with pytest.raises(InvalidArguments) as raised:
        QueueOutboundCallerConfig(
            stack_of(),
            "Sales",
            instance="nowhere",
            queue=7,  # type: ignore[arg-type]
            outbound_caller_id_name="",
            outbound_caller_id_number="call me",
            outbound_flow=number_arn(),
            deletion_behavior="KEEP",  # type: ignore[arg-type]
        )
    text = str(raised.value)
    assert text.startswith("QueueOutboundCallerConfig Stack/Sales:\n")
    assert [problem.property for problem in raised.value.problems] == [
        "instance",
        "queue",
        "outbound_caller_id_name",
        "outbound_caller_id_number",
        "outbound_flow",
        "deletion_behavior",
    ]
    assert text.count("\n  - ") == 6
    assert "Write RESTORE, CLEAR or RETAIN" in text


@pytest.mark.parametrize("value", [None, 5, 1.5, True, b"x", ["x"], {"a": "b"}, object()])
@pytest.mark.parametrize(
    "argument", ["instance", "queue", "outbound_caller_id_number", "outbound_flow", "deletion_behavior"]
)
def test_a_wrong_python_type_is_named(argument: str, value: object) -> None:
    """In words of the project, not of jsii's type checker."""
    if value is None and argument.startswith("outbound"):
        return
    (problem,) = problems(**{argument: value})  # type: ignore[arg-type] # wrong on purpose
    assert problem.startswith(f"{argument} is ")
    assert type(value).__name__ in problem
    assert "Give the" in problem


def test_a_construct_of_another_kind_is_named() -> None:
    """A queue where an instance is wanted."""
    stack = stack_of()
    queue = connect.CfnQueue(
        stack, "Queue", name="Sales", instance_arn=instance_arn(), hours_of_operation_arn="arn:aws:connect:x"
    )
    with pytest.raises(InvalidArguments, match=r"instance is of kind queue \(CfnQueue\)\. Give the instance"):
        QueueOutboundCallerConfig(stack, "Config", instance=queue, queue=QUEUE, outbound_caller_id_name="x")  # type: ignore[arg-type]


def test_nothing_to_set_is_an_error() -> None:
    """With the arguments of which one is wanted."""
    (problem,) = problems(outbound_caller_id_name=None)
    assert problem == (
        "outbound_caller_id_name, outbound_caller_id_number and outbound_flow are all left out. Give at least one of them"
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"outbound_caller_id_name": "x" * 256}, "outbound_caller_id_name has 256 characters"),
        ({"outbound_caller_id_name": ""}, "outbound_caller_id_name is empty"),
        ({"outbound_caller_id_number": "12065550110"}, "a phone number without its plus"),
        ({"outbound_caller_id_number": ""}, "outbound_caller_id_number is empty"),
        ({"outbound_caller_id_number": v1_number_arn()}, "outbound_caller_id_number is a V1 ARN"),
        ({"outbound_caller_id_number": queue_arn()}, "which is not a phone number ARN"),
        ({"queue": "arn:aws:sqs:us-east-1:123456789012:queue"}, "which is not a valid queue id or ARN"),
        ({"queue": instance_arn()}, "which is not a valid queue id or ARN"),
        ({"queue": queue_arn(instance=OTHER_INSTANCE)}, f"queue is of instance {OTHER_INSTANCE}"),
        ({"instance": instance_arn(), "queue": queue_arn(REPLICA)}, f"queue is of Region {REPLICA}"),
        (
            {"instance": instance_arn(account=OTHER_ACCOUNT), "queue": queue_arn(), "account": None},
            f"queue is of account {ACCOUNT}, but must be of {OTHER_ACCOUNT}",
        ),
        ({"outbound_flow": flow_arn(instance=OTHER_INSTANCE)}, f"outbound_flow is of instance {OTHER_INSTANCE}"),
        ({"instance": instance_arn(REPLICA), "outbound_flow": flow_arn()}, f"outbound_flow is of Region {REGION}"),
        (
            {"instance": instance_arn(), "outbound_caller_id_number": number_arn(account=OTHER_ACCOUNT)},
            f"outbound_caller_id_number is of account {OTHER_ACCOUNT}",
        ),
        (
            {"instance": instance_arn(), "outbound_caller_id_number": number_arn("cn-north-1", partition="aws-cn")},
            "outbound_caller_id_number is of partition aws-cn",
        ),
    ],
)
def test_what_is_concrete_and_wrong_is_told(arguments: dict[str, Any], named: str) -> None:
    """By the same rules as at deployment."""
    (problem,) = problems(**arguments)
    assert named in problem


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"outbound_caller_id_number": number_arn(account=OTHER_ACCOUNT)}, "number is of account"),
        ({"outbound_flow": flow_arn(REPLICA)}, f"of Region {REPLICA}, but must be of {REGION}"),
    ],
)
def test_a_bare_id_is_in_the_stacks_place(arguments: dict[str, Any], named: str) -> None:
    """So what is of another place cannot belong to it."""
    (problem,) = problems(**arguments)
    assert named in problem


@pytest.mark.parametrize(
    "arguments",
    [
        {"outbound_caller_id_number": number_arn(account=OTHER_ACCOUNT)},
        {"outbound_flow": flow_arn(REPLICA)},
    ],
)
def test_the_place_of_a_stack_without_environment_is_not_guessed(arguments: dict[str, Any]) -> None:
    """Only the deployment knows it."""
    assert problems(region=None, account=None, **arguments) == []


def test_an_arn_of_another_region_than_the_stacks_is_fine() -> None:
    """One stack can configure the primary and the replica; the stack's Region counts only for bare ids."""
    assert problems(instance=instance_arn(REPLICA)) == []


@pytest.mark.parametrize("argument", ["instance", "queue"])
def test_an_account_other_than_the_stacks_is_an_error(argument: str) -> None:
    """The function works on queues of its own account alone."""
    arn = instance_arn(account=OTHER_ACCOUNT)
    arguments = {"instance": {"instance": arn}, "queue": {"queue": f"{arn}/queue/{QUEUE}"}}[argument]
    (problem,) = problems(**arguments)
    assert problem.startswith(f"{argument} is of account {OTHER_ACCOUNT}, but the stack is in {ACCOUNT}")
    assert problems(account=None, **arguments) == []


def test_a_partition_other_than_the_stacks_is_an_error() -> None:
    """The CDK knows it by the Region, in apps that have the feature flag for it."""
    app = App(context={"@aws-cdk/core:enablePartitionLiterals": True})
    stack = Stack(app, "Stack", env=Environment(region="us-gov-west-1"))
    with pytest.raises(InvalidArguments, match=r"\n  - instance is of partition aws, but the stack is in aws-us-gov"):
        QueueOutboundCallerConfig(stack, "Config", **{**FINE, "instance": instance_arn()})


@pytest.mark.parametrize("argument", ["instance", "queue", "outbound_caller_id_number", "outbound_flow", "revision"])
def test_what_a_context_lookup_returns_before_it_has_run_is_not_known(argument: str) -> None:
    assert problems(**{argument: "dummy-value-for-/connect/id"}) == []


def test_a_revision_is_any_string() -> None:
    """It is a property only when it is given."""
    assert problems(revision="2026-11-26") == []
    (problem,) = problems(revision=5)
    assert problem.startswith("revision is '5', of type int. Give the revision as a string")


def test_a_number_of_another_region_is_fine() -> None:
    """It is claimed to a traffic distribution group of that Region, maybe."""
    assert problems(outbound_caller_id_number=number_arn(REPLICA)) == []


def test_beside_a_token_only_what_is_certain_is_checked() -> None:
    """The instance may turn out one of any Region, but a queue's ARN settles that."""
    stack = stack_of(region=REGION, account=ACCOUNT)
    token = CfnParameter(stack, "Instance").value_as_string
    QueueOutboundCallerConfig(stack, "A", instance=token, queue=QUEUE, outbound_flow=flow_arn(REPLICA))
    with pytest.raises(InvalidArguments, match=r"outbound_flow is of Region us-west-2"):
        QueueOutboundCallerConfig(stack, "B", instance=token, queue=queue_arn(), outbound_flow=flow_arn(REPLICA))


def test_upper_case_ids_are_the_same_ids() -> None:
    """A queue of the instance, however its id is written."""
    assert problems(instance=INSTANCE.upper(), queue=queue_arn(), outbound_caller_id_number=NUMBER.upper()) == []
    assert problems(outbound_flow=FLOW.upper()) == []


def test_a_failed_config_leaves_nothing_in_the_stack() -> None:
    """Its id can be used again."""
    stack = stack_of()
    with pytest.raises(InvalidArguments):
        QueueOutboundCallerConfig(stack, "Config", instance=INSTANCE, queue=QUEUE)
    QueueOutboundCallerConfig(stack, "Config", **FINE)


def test_a_provider_of_the_wrong_type_is_named() -> None:
    """For example a function's ARN, which has a method of its own."""
    (problem,) = problems(provider="arn:aws:lambda:us-east-1:123456789012:function:f")
    assert problem.startswith("provider is 'arn:aws:lambda")
    assert "QueueOutboundCallerConfigProvider" in problem
