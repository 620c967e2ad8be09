"""`QueueOutboundCallerConfigDriftWatch`: notices when somebody changes a queue, or its ledger, past the provider."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jsii
from aws_cdk import Duration, IStableAnyProducer, Lazy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT
from queue_outbound_caller_config_provider.errors import InvalidProperty

from .arguments import told_of
from .monitoring import Watcher, graph
from .provider import QueueOutboundCallerConfigProvider

_EVENT = "QueueOutboundCallerConfigDriftWatch"
_NONE = ("none",)
"""What a pattern has for a provider without instances: EventBridge takes no empty list."""
_MIRRORING = "synchronization.connect.amazonaws.com"
"""Who writes to the replica's queue what was written to the source's, as CloudTrail names it."""


class QueueOutboundCallerConfigDriftWatch(Watcher):
    """Has a provider's function compare every ledger of its instances, or of its `queues`, with the live queues of its Region.

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
        unreadable: the alarm for ledgers that cannot be read.
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
        with told_of("QueueOutboundCallerConfigDriftWatch", lambda: f"{scope.node.path}/{id}"):
            if not isinstance(provider, QueueOutboundCallerConfigProvider):
                fix = "Declare the watch in the app that deploys the provider, and give it that provider"
                raise InvalidProperty("provider", "is not a QueueOutboundCallerConfigProvider of this app", fix)
            provider._check_place(scope)
            provider._policies.watch()
        super().__init__(scope, id, provider.function.function_name, alarm_actions)
        self._provider = provider
        instances = Lazy.any(_Later(lambda: provider.instance_ids))
        self._watch: dict[str, object] = {"instances": instances, "queues": provider.queue_ids, "repair": repair}
        self.rules: dict[str, events.Rule] = {}
        self._wake("Schedule", {}, schedule=schedule or events.Schedule.rate(Duration.hours(1)))
        who, asked = {"who": _detail("userIdentity.arn"), "at": _detail("eventTime")}, "requestParameters"
        ids = {"instanceId": _detail(f"{asked}.InstanceId"), "queueId": _detail(f"{asked}.QueueId")}
        # CloudTrail has the instance as it was in the request: its id, or its ARN, even in percent-encoding.
        ours = {"InstanceId": Lazy.any(_Later(lambda: [{"suffix": id} for id in provider.instance_ids or _NONE]))}
        pattern = self._by_others("connect", ["UpdateQueueOutboundCallerConfig"], requestParameters=ours)
        self._wake("Change", {"change": {**who, **ids}}, event_pattern=pattern)
        held = Lazy.any(_Later(lambda: [{"prefix": f"{LEDGER_ROOT}/{id}/"} for id in provider.instance_ids or _NONE]))
        for rule, calls, parameter, names in (
            ("LedgerChange", ["PutParameter", "DeleteParameter"], "name", [_detail(f"{asked}.name")]),
            ("LedgerDeletion", ["DeleteParameters"], "names", _detail(f"{asked}.names")),
        ):
            pattern = self._by_others("ssm", calls, requestParameters={parameter: held})
            self._wake(rule, {"ledgerChange": {**who, "names": names}}, event_pattern=pattern)
        self.drifted: cloudwatch.Alarm = self._alarm("Drifted", "A queue does not have what was deployed")
        self.tampered: cloudwatch.Alarm = self._alarm("LedgerTampered", "Somebody else wrote a queue's ledger")
        self.unreadable: cloudwatch.Alarm = self._alarm("Unreadable", "A queue's ledger cannot be read")
        if dashboard:
            drift = graph("Drift", *map(self.metric, ("Drifted", "Repaired", "Unreadable")))
            dashboard.add_widgets(drift, graph("Ledgers", self.metric("LedgerTampered")))

    def _wake(self, rule: str, told: Mapping[str, object], **when: Any) -> None:
        """Has a rule invoke the provider's function, and tell it which call of AWS it was, by whom and when."""
        message = events.RuleTargetInput.from_object({_EVENT: {**self._watch, **told}})
        target = targets.LambdaFunction(self._provider.function, event=message, retry_attempts=2)
        self.rules[rule] = events.Rule(self, rule, targets=[target], **when)

    def _by_others(self, service: str, calls: list[str], **more: object) -> events.EventPattern:
        """Returns what a call that was made looks like if it is neither the provider's nor mirroring's."""
        issuer = {"sessionIssuer": {"arn": [{"anything-but": [self._provider.role.role_arn]}, {"exists": False}]}}
        identity = {"invokedBy": [{"anything-but": [_MIRRORING]}, {"exists": False}], "sessionContext": issuer}
        call = {"eventSource": [f"{service}.amazonaws.com"], "eventName": calls, "errorCode": [{"exists": False}]}
        detail, kind = {**call, "userIdentity": identity, **more}, "AWS API Call via CloudTrail"
        return events.EventPattern(source=[f"aws.{service}"], detail_type=[kind], detail=detail)


def _detail(path: str) -> str:
    return events.EventField.from_path(f"$.detail.{path}")


@jsii.implements(IStableAnyProducer)
class _Later:
    """What depends on all configs of the app; the CDK asks for it once every construct has been made."""

    def __init__(self, value: Callable[[], list[Any]]) -> None:
        self._value = value

    def produce(self) -> list[Any]:
        """Returns it."""
        return self._value()
