"""`QueueOutboundCallerConfigDriftWatch`: notices when somebody changes a queue, or its ledger, past the provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jsii
from aws_cdk import Duration, IStableAnyProducer, Lazy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT

from .monitoring import alarm_on, graph, metric_of
from .provider import QueueOutboundCallerConfigProvider

_EVENT = "QueueOutboundCallerConfigDriftWatch"
_WHO = {
    "who": events.EventField.from_path("$.detail.userIdentity.arn"),
    "at": events.EventField.from_path("$.detail.eventTime"),
}
_MIRRORING = "synchronization.connect.amazonaws.com"
"""Who writes to the replica's queue what was written to the source's, as CloudTrail names it."""


class QueueOutboundCallerConfigDriftWatch(Construct):
    """Has a provider's function compare every ledger of its instances with the live queues.

    It does so on a schedule, and at once when CloudTrail tells of a change that was not the provider's; for that the account
    has a trail with management events in the provider's Region. Differences are logged, counted and alarmed.

    Args:
        scope: where it is made: a stack of the provider's account and Region.
        id: its id.
        provider: the provider whose instances are watched.
        schedule: when to compare (default: every hour).
        repair: whether a queue that differs gets back what its ledger says.
        alarm_actions: what an alarm does: for example `aws_cloudwatch_actions.SnsAction(topic)`.
        dashboard: a dashboard that gets a row for this.

    Attributes:
        drifted: the alarm for queues that differ from their ledgers.
        tampered: the alarm for ledgers that somebody else wrote.
        rules: the rules, by what they wait for: `Schedule`, `Change`, `LedgerChange` and `LedgerDeletion`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        provider: QueueOutboundCallerConfigProvider,
        schedule: events.Schedule | None = None,
        repair: bool = False,
        alarm_actions: Sequence[cloudwatch.IAlarmAction] | None = None,
        dashboard: cloudwatch.Dashboard | None = None,
    ) -> None:
        super().__init__(scope, id)
        provider.allow_drift_watch()
        self._provider = provider
        self._repair = repair
        when = schedule or events.Schedule.rate(Duration.hours(1))
        self.rules: dict[str, events.Rule] = {
            "Schedule": events.Rule(self, "Schedule", schedule=when),
            "Change": events.Rule(self, "Change", event_pattern=self._changes()),
            "LedgerChange": self._ledger_rule("LedgerChange", ["PutParameter", "DeleteParameter"], "name"),
            "LedgerDeletion": self._ledger_rule("LedgerDeletion", ["DeleteParameters"], "names"),
        }
        self._target("Schedule")
        self._target("Change", change={**_WHO, "instanceId": _asked("InstanceId"), "queueId": _asked("QueueId")})
        self._target("LedgerChange", ledgerChange={**_WHO, "name": _asked("name")})
        self._target("LedgerDeletion", ledgerChange={**_WHO, "name": _asked("names[0]")})
        name, actions = provider.function.function_name, alarm_actions or ()
        drifted, tampered = metric_of(name, "Drifted"), metric_of(name, "LedgerTampered")
        self.drifted: cloudwatch.Alarm = alarm_on(
            self, "Drifted", drifted, "A queue does not have what was deployed", actions
        )
        self.tampered: cloudwatch.Alarm = alarm_on(
            self, "LedgerTampered", tampered, "Somebody else wrote a queue's ledger", actions
        )
        if dashboard:
            others = [metric_of(name, other) for other in ("Repaired", "Unreadable")]
            dashboard.add_widgets(graph("Drift", drifted, *others), graph("Ledgers", tampered))

    def _target(self, rule: str, **more: Mapping[str, str]) -> None:
        """Has a rule invoke the provider's function."""
        instances = Lazy.any(_Produced(lambda: self._provider.instance_ids))
        message = events.RuleTargetInput.from_object({_EVENT: {"instances": instances, "repair": self._repair, **more}})
        self.rules[rule].add_target(targets.LambdaFunction(self._provider.function, event=message, retry_attempts=2))

    def _changes(self) -> events.EventPattern:
        """Returns what a change of a queue looks like that is neither the provider's nor mirroring's."""
        detail = {"eventName": ["UpdateQueueOutboundCallerConfig"], "errorCode": [{"exists": False}]}
        return _by_others("connect", self._provider.role.role_arn, detail)

    def _ledger_rule(self, id: str, calls: list[str], parameter: str) -> events.Rule:
        """Returns the rule for writes of ledgers that are not the provider's."""
        ledgers = Lazy.any(
            _Produced(lambda: [{"prefix": f"{LEDGER_ROOT}/{id}/"} for id in self._provider.instance_ids])
        )
        detail = {"eventName": calls, "errorCode": [{"exists": False}], "requestParameters": {parameter: ledgers}}
        return events.Rule(self, id, event_pattern=_by_others("ssm", self._provider.role.role_arn, detail))


def _by_others(service: str, role_arn: str, detail: Mapping[str, Any]) -> events.EventPattern:
    issuer = {"sessionIssuer": {"arn": [{"anything-but": [role_arn]}, {"exists": False}]}}
    identity = {"invokedBy": [{"anything-but": [_MIRRORING]}, {"exists": False}], "sessionContext": issuer}
    return events.EventPattern(
        source=[f"aws.{service}"],
        detail_type=["AWS API Call via CloudTrail"],
        detail={"eventSource": [f"{service}.amazonaws.com"], "userIdentity": identity, **detail},
    )


def _asked(parameter: str) -> str:
    return events.EventField.from_path(f"$.detail.requestParameters.{parameter}")


@jsii.implements(IStableAnyProducer)
class _Produced:
    """What the CDK asks for a value that depends on all configs of the app."""

    def __init__(self, value: Callable[[], list[Any]]) -> None:
        self._value = value

    def produce(self) -> list[Any]:
        """Is called by the CDK once every construct has been made."""
        return self._value()
