"""Alarms and dashboard over the metrics that the function writes."""

from __future__ import annotations

from typing import Any

import pytest
from queue_outbound_caller_config import QueueOutboundCallerConfigMonitoring
from queue_outbound_caller_config_provider import reporting

from tests.infrastructure.synthesis import of_type, stack_of, template_of

ALARM = "AWS::CloudWatch::Alarm"


def template(**arguments: Any) -> dict[str, Any]:
    stack = stack_of()
    QueueOutboundCallerConfigMonitoring(stack, "Monitoring", function_name="provider", **arguments)
    return template_of(stack)


@pytest.fixture(scope="module")
def alarms() -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in of_type(template(), ALARM).values()]


def test_there_is_an_alarm_for_each_thing_that_goes_wrong(alarms: list[dict[str, Any]]) -> None:
    """By the metrics that the function writes, of the function alone."""
    found = {alarm["MetricName"]: alarm for alarm in alarms}
    assert set(found) == {"Failed", "TimedOut", "TookOver", "Throttled", "Duration"}
    assert set(found) - {"TookOver"} | {"Succeeded"} <= set(reporting._METRICS)
    for alarm in alarms:
        assert alarm["Namespace"] == reporting.NAMESPACE
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "provider"}]
        assert alarm["TreatMissingData"] == "notBreaching"
    assert found["Duration"]["Threshold"] == 600_000
    assert found["Failed"]["Threshold"] == 1


def test_the_dashboard_is_optional() -> None:
    """The alarms are there in any case."""
    kind = "AWS::CloudWatch::Dashboard"
    assert len(of_type(template(), kind)) == 1
    without = template(dashboard=False)
    assert of_type(without, kind) == {}
    assert len(of_type(without, ALARM)) == 5
