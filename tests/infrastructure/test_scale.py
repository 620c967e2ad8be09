"""450 configs in one stack: CloudFormation's and IAM's limits, and the time that synthesis takes."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CustomResource, Duration, Stack
from jsii._kernel.providers import process
from queue_outbound_caller_config import QueueOutboundCallerConfig, QueueOutboundCallerConfigProvider
from queue_outbound_caller_config.permissions import LARGEST_POLICY

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


def synthesize(count: int, *, bare: bool) -> dict[str, Any]:
    """The template of a stack of so many configs, or of as many bare custom resources."""
    stack = Stack(App(), "Stack")
    provider = QueueOutboundCallerConfigProvider.of(stack)
    for at in range(count):
        if bare:
            CustomResource(
                stack,
                f"Config{at}",
                service_token=provider.service_token,
                service_timeout=Duration.seconds(1900),
                resource_type=CONFIG,
                properties=properties(at),
            )
        else:
            QueueOutboundCallerConfig(stack, f"Config{at}", outbound_caller_id_number=number_arn(), **properties(at))
    return template_of(stack)


def processor_seconds(*, bare: bool) -> float:
    """What a process of its own that synthesizes 450 takes, with the processes of the CDK that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    script = f"from tests.infrastructure.test_scale import MANY, synthesize; synthesize(MANY, bare={bare})"
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return synthesize(MANY, bare=False)


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


def test_a_config_costs_few_calls_of_the_cdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a round trip to another process: so many for each config, and not one more for having many."""
    calls = 0
    send = process._NodeProcess.send

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return send(*arguments)

    monkeypatch.setattr(process._NodeProcess, "send", counted)
    totals = []
    for count in (50, 100, 150):
        calls = 0
        synthesize(count, bare=False)
        totals.append(calls)
    assert totals[1] - totals[0] <= 50 * 8
    assert totals[2] - totals[1] == pytest.approx(totals[1] - totals[0], abs=15)


def test_synthesis_takes_hardly_longer_than_that_of_bare_custom_resources() -> None:
    """At most half as long again, in processor time of the whole run, since others use the machine too."""
    assert processor_seconds(bare=False) <= 1.5 * processor_seconds(bare=True)
