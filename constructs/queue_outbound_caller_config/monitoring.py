"""Alarms and a small dashboard for a provider, from the metrics that its function writes into its log at no extra call.

The metrics are in the namespace `QueueOutboundCallerConfig` with the dimension `FunctionName`, one value for each event:
`Succeeded`, `Failed`, `TimedOut`, `TookOver` (0 or 1), `Throttled` (calls that the quota refused) and `Duration` (milliseconds).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from queue_outbound_caller_config_provider.reporting import NAMESPACE

PERIOD = Duration.minutes(5)
MANY_THROTTLED = 100
"""Throttled calls in five minutes: a deploy alone keeps to the quota, so others use the same API at the same time."""
LONG = Duration.minutes(10)
"""Of the fifteen that the function has."""


class QueueOutboundCallerConfigMonitoring(Construct):
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
        super().__init__(scope, id)
        self._function_name = function_name
        alarm = partial(alarm_on, self, function_name, alarm_actions or ())
        self.failed: cloudwatch.Alarm = alarm("Failed", "An outbound caller config could not be set or taken back")
        self.timed_out: cloudwatch.Alarm = alarm(
            "TimedOut", "The function ran out of time on an outbound caller config"
        )
        taken = "A stack set a queue that another stack had set: its log line names both"
        self.took_over: cloudwatch.Alarm = alarm("TookOver", taken)
        many = "Amazon Connect throttles many calls: something else uses the same API, or its quota should be raised"
        self.throttled: cloudwatch.Alarm = alarm("Throttled", many, threshold=throttled_threshold)
        long, longest = "An outbound caller config took most of the function's time", self.metric("Duration", "Maximum")
        self.slow: cloudwatch.Alarm = alarm("Slow", long, threshold=LONG.to_milliseconds(), metric=longest)
        row: list[cloudwatch.IWidget] = [
            graph("Operations", *map(self.metric, ("Succeeded", "Failed", "TimedOut", "TookOver"))),
            graph("Calls throttled", self.metric("Throttled")),
            graph("Duration (ms)", self.metric("Duration", "Average"), longest),
        ]
        self.dashboard: cloudwatch.Dashboard | None = (
            cloudwatch.Dashboard(self, "Dashboard", widgets=[row]) if dashboard else None
        )

    def metric(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """Returns one of the function's metrics.

        Args:
            name: `Succeeded`, `Failed`, `TimedOut`, `TookOver`, `Throttled` or `Duration`.
            statistic: as CloudWatch names it.
        """
        return metric_of(self._function_name, name, statistic)


def metric_of(function_name: str, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """Returns a metric that a provider's function writes."""
    function = {"FunctionName": function_name}
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name=name, dimensions_map=function, statistic=statistic, period=PERIOD
    )


def alarm_on(
    scope: Construct,
    function_name: str,
    actions: Sequence[cloudwatch.IAlarmAction],
    id: str,
    description: str,
    *,
    threshold: float = 1,
    metric: cloudwatch.Metric | None = None,
) -> cloudwatch.Alarm:
    """Returns an alarm for a metric that reaches a threshold within five minutes; by default it is that of the alarm's name."""
    alarm = cloudwatch.Alarm(
        scope,
        id,
        metric=metric or metric_of(function_name, id),
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,  # nothing is deployed most of the time
        alarm_description=description,
    )
    alarm.add_alarm_action(*actions)
    return alarm


def graph(title: str, *metrics: cloudwatch.Metric) -> cloudwatch.GraphWidget:
    """Returns a third of a dashboard's row."""
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
