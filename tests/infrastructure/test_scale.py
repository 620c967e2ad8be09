"""450 configs in one stack: CloudFormation's and IAM's limits, and what synthesis asks of the CDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, CfnResource, Stack
from jsii._kernel.providers import process
from queue_outbound_caller_config import (
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
    QueueOutboundCallerConfigProviderStack,
)
from queue_outbound_caller_config.permissions import LARGEST_POLICY
from queue_outbound_caller_config.provider import ProviderBase

from tests.infrastructure.synthesis import (
    CONFIG,
    INSTANCE,
    POLICY,
    Deployment,
    number_arn,
    of_type,
    queue_id,
    template_of,
    the,
)

MANY = 450


def properties(at: int) -> dict[str, Any]:
    return {"instance": INSTANCE, "queue": queue_id(at), "outbound_caller_id_name": "x"}


def own(stack: Stack) -> None:
    """The stack gets a provider of its own."""


def own_with_a_reference(stack: Stack) -> None:
    """Likewise; and a queue comes from another resource, so that policies go by who waits for whom."""
    queue = CfnResource(stack, "Queue", type="Custom::Queue").get_att("QueueArn").to_string()
    QueueOutboundCallerConfig(stack, "OfQueue", instance=INSTANCE, queue=queue, outbound_caller_id_name="x")


def of_another_stack(stack: Stack) -> ProviderBase:
    """A provider that serves other stacks of the app."""
    app = stack.node.root
    assert isinstance(app, App)
    return QueueOutboundCallerConfigProviderStack(app, "Shared", instances=[INSTANCE]).provider


def deployed_elsewhere(stack: Stack) -> ProviderBase:
    """A provider of another app."""
    return QueueOutboundCallerConfigProvider.from_export(stack, "Elsewhere")


def synthesize(count: int, provider_for: Callable[[Stack], ProviderBase | None] = own) -> dict[str, Any]:
    """The template of a stack of so many configs."""
    stack = Stack(App(), "Stack")
    provider = provider_for(stack)
    for at in range(count):
        QueueOutboundCallerConfig(
            stack, f"Config{at}", outbound_caller_id_number=number_arn(), provider=provider, **properties(at)
        )
    return template_of(stack)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return synthesize(MANY)


def test_the_template_is_within_cloudformations_limits(template: dict[str, Any]) -> None:
    """500 resources and 1 MB."""
    assert len(of_type(template, CONFIG)) == MANY
    assert len(template["Resources"]) <= 500
    assert len(json.dumps(template)) < 1_000_000


def test_the_policy_is_within_iams_limit_and_of_this_instance_alone(template: dict[str, Any]) -> None:
    """All of the instance's queues, none of another's."""
    document = Deployment().evaluate(the(template, POLICY)["Properties"]["PolicyDocument"])
    assert len(json.dumps(document, separators=(",", ":"))) <= LARGEST_POLICY
    for queues in Deployment().allowed(template)["connect:DescribeQueue"]:
        assert queues.endswith(f"instance/{INSTANCE}/queue/*")


def test_no_config_waits_for_more_than_its_policy_and_one_other(template: dict[str, Any]) -> None:
    """However many there are."""
    assert {len(config["DependsOn"]) for config in of_type(template, CONFIG).values()} <= {1, 2}


@pytest.mark.parametrize("provider_for", [own, own_with_a_reference, of_another_stack, deployed_elsewhere])
def test_a_config_costs_two_calls_of_the_cdk(
    monkeypatch: pytest.MonkeyPatch, provider_for: Callable[[Stack], ProviderBase | None]
) -> None:
    """Its construct and its resource, each a round trip to another process; all else is done for all of them at once."""
    calls = 0
    send = process._NodeProcess.send

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return send(*arguments)

    synthesize(1, provider_for)  # which loads what is loaded once
    monkeypatch.setattr(process._NodeProcess, "send", counted)
    totals = []
    for count in (25, 50, 150):
        calls = 0
        synthesize(count, provider_for)
        totals.append(calls)
    assert totals[1] - totals[0] == 25 * 2
    assert totals[2] - totals[1] == 100 * 2
