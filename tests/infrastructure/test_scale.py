"""450 configs in one stack: CloudFormation's and IAM's limits, and what synthesis asks of the CDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, NestedStack, Stack
from constructs import Construct
from jsii._kernel.providers import process
from queue_outbound_caller_config import (
    ProviderBase,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
    QueueOutboundCallerConfigProviderStack,
)

from tests.infrastructure.synthesis import (
    CONFIG,
    INSTANCE,
    check_no_circle,
    depends_on,
    number_arn,
    of_type,
    queue_id,
    run_cfn_lint,
    template_of,
)

MANY = 450


def properties(at: int, instance: str = INSTANCE) -> dict[str, Any]:
    return {"instance": instance, "queue": queue_id(at), "outbound_caller_id_name": "x"}


def own(stack: Stack) -> None:
    """The stack gets a provider of its own."""


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


def test_no_config_waits_for_more_than_its_policy_and_one_other(template: dict[str, Any]) -> None:
    """However many there are."""
    assert {len(depends_on(config)) for config in of_type(template, CONFIG).values()} == {1}


@pytest.mark.parametrize("provider_for", [own, of_another_stack, deployed_elsewhere])
def test_a_config_costs_few_calls_of_the_cdk(
    monkeypatch: pytest.MonkeyPatch, provider_for: Callable[[Stack], ProviderBase | None]
) -> None:
    """The construct and its resource, and to lay its chain: its logical id, what it waits for, and one dependency."""
    calls = 0
    send = process._NodeProcess.send

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return send(*arguments)

    synthesize(1, provider_for)  # which loads what is loaded once
    monkeypatch.setattr(process._NodeProcess, "send", counted)
    totals = []
    for count in (50, 150):
        calls = 0
        synthesize(count, provider_for)
        totals.append(calls)
    assert (totals[1] - totals[0]) / 100 <= 5.5


def test_a_large_app_is_valid_and_within_the_limits(tmp_path: Path) -> None:
    """Twelve instances behind providers, 450 configs in one stack, and five nested stacks."""
    app = App(outdir=str(tmp_path))
    instances = [f"11111111-1111-4111-8111-{at:012}" for at in range(12)]
    stack = Stack(app, "Stack", env=Environment(region="us-east-1"))
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=instances[:6])
    scopes: list[Construct] = [stack, *(NestedStack(stack, f"Nested{at}") for at in range(5))]
    for at in range(MANY + 100):
        scope = scopes[0] if at < MANY else scopes[1 + at % 5]
        given = properties(at, instances[at % 12 if at < MANY else at % 6])
        # In the stack itself, the other six instances are served by the stack's own provider.
        served = provider if given["instance"] in instances[:6] else None
        QueueOutboundCallerConfig(scope, f"Config{at}", provider=served, **given)
    template = template_of(stack)
    check_no_circle(template)
    assert len(template["Resources"]) <= 500
    paths = [str(path) for path in tmp_path.glob("*.template.json")]
    assert len(paths) == 6
    assert run_cfn_lint("--ignore-checks", "W3005", "--", *paths) == ""
