"""Alarms and a small dashboard for a provider, from the metrics that its function writes into its log at no extra call.

The metrics are in the namespace `QueueOutboundCallerConfig` with the dimension `FunctionName`, one value for each event:
`Succeeded`, `Failed`, `TimedOut`, `TookOver` (0 or 1), `Throttled` (calls that the quota refused) and `Duration` (milliseconds).
"""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from queue_outbound_caller_config_provider.reporting import NAMESPACE

PERIOD = Duration.minutes(5)
MANY_THROTTLED = 100
"""Throttled calls in five minutes: a deploy alone keeps to the quota, so others use the same API at the same time."""
LONG = Duration.minutes(10)
"""Of the fifteen that the function has."""


class Watcher(Construct):
    """What watches a provider's function by its metrics.

    Args:
        scope: where it is made.
        id: its id.
        function_name: the provider's function.
        alarm_actions: what an alarm does.
    """

    def __init__(
        self, scope: Construct, id: str, function_name: str, alarm_actions: Sequence[cloudwatch.IAlarmAction] | None
    ) -> None:
        super().__init__(scope, id)
        self._function_name = function_name
        self._alarm_actions = alarm_actions or ()

    def metric(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """Returns one of the function's metrics.

        Args:
            name: `Succeeded`, `Failed`, `TimedOut`, `TookOver`, `Throttled` or `Duration`; a drift watch also has `Drifted`,
                `Repaired`, `Unreadable` and `LedgerTampered`.
            statistic: as CloudWatch names it.
        """
        function = {"FunctionName": self._function_name}
        return cloudwatch.Metric(
            namespace=NAMESPACE, metric_name=name, dimensions_map=function, statistic=statistic, period=PERIOD
        )

    def _alarm(
        self, id: str, description: str, *, threshold: float = 1, metric: cloudwatch.Metric | None = None
    ) -> cloudwatch.Alarm:
        """Returns an alarm for a metric that reaches a threshold within five minutes, by default the one of the alarm's name."""
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric or self.metric(id),
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,  # nothing is deployed most of the time
            alarm_description=description,
        )
        alarm.add_alarm_action(*self._alarm_actions)
        return alarm


class QueueOutboundCallerConfigMonitoring(Watcher):
    """Alarms and, if wanted, a dashboard for one provider in its own Region.

    Args:
        scope: where it is made.
        id: its id.
        function_name: the provider's function: `provider.function.function_name`, or the output `FunctionName` of its stack.
        alarm_actions: what an alarm does: for example `aws_cloudwatch_actions.SnsAction(topic)`.
        throttled_threshold: throttled calls in five minutes that are too many.
        dashboard: whether a dashboard is made.

    Attributes:
        failed, timed_out, took_over, throttled, slow: the alarms.
        dashboard: the dashboard, or None.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function_name: str,
        alarm_actions: Sequence[cloudwatch.IAlarmAction] | None = None,
        throttled_threshold: int = MANY_THROTTLED,
        dashboard: bool = True,
    ) -> None:
        super().__init__(scope, id, function_name, alarm_actions)
        self.failed: cloudwatch.Alarm = self._alarm("Failed", "A caller config could not be set or taken back")
        self.timed_out: cloudwatch.Alarm = self._alarm("TimedOut", "The function ran out of time on a caller config")
        self.took_over: cloudwatch.Alarm = self._alarm("TookOver", "A stack took a queue over: the log line names both")
        many = "Amazon Connect throttles many calls: something else uses the same API, or its quota should be raised"
        self.throttled: cloudwatch.Alarm = self._alarm("Throttled", many, threshold=throttled_threshold)
        long, longest = "An outbound caller config took most of the function's time", self.metric("Duration", "Maximum")
        self.slow: cloudwatch.Alarm = self._alarm("Slow", long, threshold=LONG.to_milliseconds(), metric=longest)
        row: list[cloudwatch.IWidget] = [
            graph("Operations", *map(self.metric, ("Succeeded", "Failed", "TimedOut", "TookOver"))),
            graph("Calls throttled", self.metric("Throttled")),
            graph("Duration (ms)", self.metric("Duration", "Average"), longest),
        ]
        made = cloudwatch.Dashboard(self, "Dashboard", widgets=[row]) if dashboard else None
        self.dashboard: cloudwatch.Dashboard | None = made


def graph(title: str, *metrics: cloudwatch.Metric) -> cloudwatch.GraphWidget:
    """Returns a third of a dashboard's row."""
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
