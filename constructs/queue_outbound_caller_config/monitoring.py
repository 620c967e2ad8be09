"""Alarms and a small dashboard for a provider, from the metrics that its function writes into its log at no extra call.

The metrics are in the namespace `QueueOutboundCallerConfig` with the dimension `FunctionName`, one value for each event:
`Succeeded`, `Failed`, `TimedOut` (0 or 1), `Throttled` (calls that the quota refused) and `Duration` (milliseconds).
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from queue_outbound_caller_config_provider.reporting import NAMESPACE

PERIOD = Duration.minutes(5)
MANY_THROTTLED = 100
"""Refused calls in five minutes: a deploy alone keeps to the quota, so others use the same API at the same time."""
LONG = Duration.minutes(10)
"""Of the fifteen that the function has."""


class QueueOutboundCallerConfigMonitoring(Construct):
    """Alarms and, if wanted, a dashboard for one provider in its own Region.

    Arguments:
        scope: where it is made.
        id: its id.
        function_name: the provider's function: `provider.function.function_name`, or the output `FunctionName` of its stack.
        alarm_actions: what an alarm does: `aws_cloudwatch_actions.SnsAction(topic)`, say.
        throttled_threshold: refused calls in five minutes that are too many.
        dashboard: whether a dashboard is made.

    Attributes:
        failed, timed_out, throttled, slow: the alarms.
        dashboard: the dashboard, or None.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function_name: str,
        alarm_actions: list[cloudwatch.IAlarmAction] | None = None,
        throttled_threshold: int = MANY_THROTTLED,
        dashboard: bool = True,
    ) -> None:
        super().__init__(scope, id)
        self._function_name = function_name
        self.failed = self._alarm("Failed", "Sum", 1, "An outbound caller config could not be set or taken back")
        self.timed_out = self._alarm("TimedOut", "Sum", 1, "The function ran out of time on an outbound caller config")
        self.throttled = self._alarm(
            "Throttled",
            "Sum",
            throttled_threshold,
            "Amazon Connect refuses many calls for its quota: something else uses the same API, or it should be raised",
        )
        self.slow = self._alarm(
            "Duration",
            "Maximum",
            LONG.to_milliseconds(),
            "An outbound caller config took most of the function's time",
            "Slow",
        )
        for alarm in (self.failed, self.timed_out, self.throttled, self.slow):
            for action in alarm_actions or ():
                alarm.add_alarm_action(action)
        self.dashboard = self._dashboard() if dashboard else None

    def metric(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """Returns one of the function's metrics.

        Arguments:
            name: `Succeeded`, `Failed`, `TimedOut`, `Throttled` or `Duration`.
            statistic: as CloudWatch names it.
        """
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"FunctionName": self._function_name},
            statistic=statistic,
            period=PERIOD,
        )

    def _alarm(
        self, metric: str, statistic: str, threshold: float, description: str, id: str | None = None
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            id or metric,
            metric=self.metric(metric, statistic),
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,  # nothing is deployed most of the time
            alarm_description=description,
        )

    def _dashboard(self) -> cloudwatch.Dashboard:
        def graph(title: str, *metrics: cloudwatch.Metric) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)

        return cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [
                    graph("Operations", *map(self.metric, ("Succeeded", "Failed", "TimedOut"))),
                    graph("Calls refused for the quota", self.metric("Throttled")),
                    graph("Duration (ms)", self.metric("Duration", "Average"), self.metric("Duration", "Maximum")),
                ]
            ],
        )
