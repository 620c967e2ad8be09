"""The drift watch: what wakes it, what it is told, and what it may do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from queue_outbound_caller_config import (
    InvalidArguments,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigDriftWatch,
    QueueOutboundCallerConfigMonitoring,
    QueueOutboundCallerConfigProvider,
)

from tests.cloudtrail import BY_A_ROLE, BY_A_USER, BY_MIRRORING, PEOPLE, Identity, by_role, call_event
from tests.infrastructure.synthesis import (
    ACCOUNT,
    INSTANCE,
    OTHER_ACCOUNT,
    OTHER_INSTANCE,
    REGION,
    REPLICA,
    Deployment,
    check_no_circle,
    of_type,
    queue_id,
    stack_of,
    template_of,
    the,
)

RULE = "AWS::Events::Rule"


def watched(**options: Any) -> dict[str, Any]:
    """The template of a watch over a provider of two instances, one of them named after the watch was made."""
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider")
    config(stack, "First", INSTANCE, provider)
    QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider, **options)
    config(stack, "Second", OTHER_INSTANCE, provider)
    return template_of(stack)


def config(stack: Stack, name: str, instance: str, provider: QueueOutboundCallerConfigProvider) -> None:
    queue = queue_id(len(name))
    QueueOutboundCallerConfig(
        stack, name, instance=instance, queue=queue, outbound_caller_id_name="x", provider=provider
    )


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return watched()


def rule(template: Mapping[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (one["Properties"] for id, one in of_type(template, RULE).items() if id.startswith(f"Watch{name}"))
    return found


def target(template: Mapping[str, Any], name: str) -> dict[str, Any]:
    one: dict[str, Any]
    (one,) = rule(template, name)["Targets"]
    return one


def told(target: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
    """What the function is told: the input, or what EventBridge makes of its template for an event."""
    if "Input" in target:
        return json.loads(target["Input"])
    transformer = target["InputTransformer"]
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        text = text.replace(f"<{name}>", json.dumps(event[path.removeprefix("$.detail.")]))
    return json.loads(text)


BOTH = {"instances": [INSTANCE, OTHER_INSTANCE], "queues": [], "repair": False}


def test_on_a_schedule_all_instances_are_compared(template: dict[str, Any]) -> None:
    """Those too that are declared after the watch."""
    assert rule(template, "Schedule")["ScheduleExpression"] == "rate(1 hour)"
    assert told(target(template, "Schedule"), {}) == {"QueueOutboundCallerConfigDriftWatch": BOTH}


def test_the_schedule_and_whether_to_repair_can_be_chosen() -> None:
    template = watched(schedule=events.Schedule.rate(Duration.minutes(10)), repair=True)
    assert rule(template, "Schedule")["ScheduleExpression"] == "rate(10 minutes)"
    for name in ("Schedule", "Change"):
        event = dict.fromkeys(
            ("userIdentity.arn", "eventTime", "requestParameters.InstanceId", "requestParameters.QueueId"), "x"
        )
        assert told(target(template, name), event)["QueueOutboundCallerConfigDriftWatch"]["repair"] is True


def test_a_change_by_somebody_else_is_looked_at_at_once_and_named(template: dict[str, Any]) -> None:
    event = {
        "userIdentity.arn": "arn:aws:iam::1:user/eve",
        "eventTime": "2026-11-26T06:00:00Z",
        "requestParameters.InstanceId": INSTANCE,
        "requestParameters.QueueId": "queue",
    }
    found = told(target(template, "Change"), event)["QueueOutboundCallerConfigDriftWatch"]
    assert found == {
        **BOTH,
        "change": {
            "who": "arn:aws:iam::1:user/eve",
            "at": "2026-11-26T06:00:00Z",
            "instanceId": INSTANCE,
            "queueId": "queue",
        },
    }


def matches(pattern: Any, value: Any) -> bool:
    """Whether EventBridge's pattern matches, for the operators that are used here."""
    if isinstance(pattern, dict):
        value = value if isinstance(value, dict) else {}
        return all(matches(part, value.get(name)) for name, part in pattern.items())
    values = value if isinstance(value, list) else [value]
    return any(matches_one(one, item) for one in pattern for item in values)


def matches_one(pattern: Any, value: Any) -> bool:
    match pattern:
        case {"exists": wanted}:
            return (value is not None) is wanted
        case {"anything-but": others}:
            return value is not None and value not in others
        case {"suffix": suffix}:
            return isinstance(value, str) and value.endswith(suffix)
        case {"prefix": prefix}:
            return isinstance(value, str) and value.startswith(prefix)
    return bool(pattern == value)


ROLE = "arn:aws:iam::123456789012:role/provider"
BY_US = by_role("provider", "function")
NAMED = (INSTANCE, f"arn:aws:connect:us-east-1:{ACCOUNT}:instance/{INSTANCE}")
"""How a request may name an instance."""


def pattern(template: Mapping[str, Any], name: str) -> Any:
    (role,) = of_type(template, "AWS::IAM::Role")
    return Deployment({f"{role}.Arn": ROLE}).evaluate(rule(template, name)["EventPattern"])


def change(who: Identity, instance: str = INSTANCE, **more: Any) -> dict[str, Any]:
    request = {"InstanceId": instance, "QueueId": queue_id(1), "OutboundCallerConfig": {"OutboundCallerIdName": "x"}}
    return call_event("connect", "UpdateQueueOutboundCallerConfig", who, request, **more)


@pytest.mark.parametrize("instance", [*NAMED, *(quote(name, safe="") for name in NAMED)])
@pytest.mark.parametrize("who", PEOPLE.values(), ids=PEOPLE)
def test_a_change_by_anyone_else_wakes_it(template: dict[str, Any], who: Identity, instance: str) -> None:
    """However the request named the instance."""
    watched = pattern(template, "Change")
    assert matches(watched, change(who, instance))
    assert not matches(watched, change(who, instance, errorCode="AccessDenied"))


def test_another_call_or_instance_does_not_wake_it(template: dict[str, Any]) -> None:
    watched = pattern(template, "Change")
    assert not matches(watched, change(BY_A_USER, queue_id(9)))
    assert not matches(watched, call_event("connect", "DescribeQueue", BY_A_USER, {"InstanceId": INSTANCE}))


@pytest.mark.parametrize("who", [BY_US, BY_MIRRORING], ids=["provider", "mirroring"])
def test_changes_by_the_provider_and_by_mirroring_wake_nobody(template: dict[str, Any], who: Identity) -> None:
    """A deployment of 450 configs in the other Region is mirrored here as 450 changes."""
    assert not matches(pattern(template, "Change"), change(who))


@pytest.mark.parametrize("call", ["PutParameter", "DeleteParameter", "DeleteParameters"])
@pytest.mark.parametrize(("who", "seen"), [(BY_US, False), (BY_A_ROLE, True), (BY_A_USER, True)])
def test_writes_of_a_ledger_by_others_wake_it(template: dict[str, Any], call: str, who: Identity, seen: bool) -> None:
    """Of these instances' ledgers alone."""

    def write(path: str) -> dict[str, Any]:
        return {"names": [path]} if call == "DeleteParameters" else {"name": path}

    found = [pattern(template, name) for name in ("LedgerChange", "LedgerDeletion")]
    ledger = f"/queue-outbound-caller-config/{OTHER_INSTANCE}/{queue_id(1)}"
    for path, is_ours in ((ledger, True), ("/other", False), (ledger.replace(OTHER_INSTANCE, queue_id(9)), False)):
        written = call_event("ssm", call, who, write(path))
        assert any(matches(one, written) for one in found) is (seen and is_ours)


def test_a_provider_of_some_queues_tells_the_function_which() -> None:
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE], queues=[queue_id(1)])
    QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)
    scheduled = told(target(template_of(stack), "Schedule"), {})["QueueOutboundCallerConfigDriftWatch"]
    assert scheduled == {"instances": [INSTANCE], "queues": [queue_id(1)], "repair": False}


def test_the_patterns_of_many_instances_fit_into_a_rule() -> None:
    """EventBridge takes 2,048 characters. More instances do not fit into the role."""
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[queue_id(one) for one in range(17)])
    QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)
    template = template_of(stack)
    written = call_event("ssm", "PutParameter", BY_A_ROLE, {"name": f"/queue-outbound-caller-config/{queue_id(7)}/x"})
    assert matches(pattern(template, "LedgerChange"), written)
    for name in ("Change", "LedgerChange", "LedgerDeletion"):
        assert len(json.dumps(pattern(template, name), separators=(",", ":"))) <= 2048


def test_an_app_that_has_no_queues_yet_can_have_one() -> None:
    """EventBridge takes no empty list in a pattern."""
    stack = stack_of()
    QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=QueueOutboundCallerConfigProvider.of(stack))
    template = template_of(stack)
    assert told(target(template, "Schedule"), {})["QueueOutboundCallerConfigDriftWatch"]["instances"] == []
    for name in ("Change", "LedgerChange", "LedgerDeletion"):
        assert "[]" not in json.dumps(pattern(template, name))


def test_every_ledger_that_is_written_or_deleted_is_named(template: dict[str, Any]) -> None:
    request = {"requestParameters.name": "n", "requestParameters.names": ["other", "n"]}
    for name, names in (("LedgerChange", ["n"]), ("LedgerDeletion", ["other", "n"])):
        given = {"userIdentity.arn": "w", "eventTime": "t", **request}
        found = told(target(template, name), given)["QueueOutboundCallerConfigDriftWatch"]
        assert found == {**BOTH, "ledgerChange": {"who": "w", "at": "t", "names": names}}


def test_the_function_may_look_through_its_instances(template: dict[str, Any]) -> None:
    """Only if it is watched."""
    allowed = Deployment().allowed(template)
    ids = (INSTANCE, OTHER_INSTANCE)
    assert allowed["connect:SearchQueues"] == {f"arn:aws:connect:*:{ACCOUNT}:instance/{id}" for id in ids}
    ledgers = {f"arn:aws:ssm:*:{ACCOUNT}:parameter/queue-outbound-caller-config/{id}" for id in ids}
    assert allowed["ssm:GetParametersByPath"] == ledgers
    assert len(of_type(template, "AWS::Lambda::Permission")) == 4
    check_no_circle(template)


def test_drift_tampering_and_damage_are_alarmed_and_shown() -> None:
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE])
    monitoring = QueueOutboundCallerConfigMonitoring(stack, "Monitoring", function_name=provider.function.function_name)
    topic = sns.Topic(stack, "Topic")
    watch = QueueOutboundCallerConfigDriftWatch(
        stack, "Watch", provider=provider, alarm_actions=[actions.SnsAction(topic)], dashboard=monitoring.dashboard
    )
    assert isinstance(watch.drifted, cloudwatch.Alarm)
    template = template_of(stack)
    alarms = {
        one["Properties"]["MetricName"]: one["Properties"]
        for one in of_type(template, "AWS::CloudWatch::Alarm").values()
    }
    assert {"Drifted", "LedgerTampered", "Unreadable", "TookOver"} < alarms.keys()
    assert all("AlarmActions" in alarms[name] for name in ("Drifted", "LedgerTampered", "Unreadable"))
    assert "Drifted" in json.dumps(the(template, "AWS::CloudWatch::Dashboard"))


@pytest.mark.parametrize("imported", [True, False])
def test_a_provider_that_is_not_of_the_app_cannot_be_watched(imported: bool) -> None:
    """The watch needs its function and role."""
    stack = stack_of()
    provider: Any = QueueOutboundCallerConfigProvider.from_export(stack, "Shared") if imported else "Shared"
    with pytest.raises(
        InvalidArguments,
        match=r"^QueueOutboundCallerConfigDriftWatch Stack/Watch:\n  - provider is not .* of this app\. Declare the watch in",
    ):
        QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)
    assert stack.node.try_find_child("Watch") is None


def test_a_watch_is_in_the_providers_account_and_region() -> None:
    """The CDK would hand events over to the other account, and give up on the other Region with a message about names."""
    app = App()
    home = Stack(app, "Home", env=Environment(region=REGION, account=ACCOUNT))
    provider = QueueOutboundCallerConfigProvider(home, "Provider", instances=[INSTANCE])
    for region, account in ((REPLICA, ACCOUNT), (REGION, OTHER_ACCOUNT)):
        stack = Stack(app, f"Of{region}{account}", env=Environment(region=region, account=account))
        with pytest.raises(
            InvalidArguments, match=r"/Watch:\n  - provider is Home/Provider, which is of (Region|account)"
        ):
            QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)
