"""One line of JSON for each event: what was decided and why, and its metrics in CloudWatch's embedded metric format.

The line costs no API call: CloudWatch Logs extracts the metrics. It never contains the response URL, a credential, the event
itself or a phone number in full. Numbers and flows are named by id.
"""

import json
import os
import sys
import time
from collections.abc import Mapping

from .config import CallerConfig
from .event import Event
from .ledger import Ledger

NAMESPACE = "QueueOutboundCallerConfig"
_COUNTS = ("Succeeded", "Failed", "Throttled", "TimedOut", "TookOver")
_METRICS = dict.fromkeys(_COUNTS, "Count") | {"Duration": "Milliseconds"}


class Report:
    """What happened while one event was handled."""

    def __init__(self, event: Event | None = None) -> None:
        self._started = time.monotonic()
        self.decisions: list[str] = []
        self.calls: list[str] = []
        self.warnings: list[str] = []
        self.facts: dict[str, object] = {}
        if event is not None:
            self.facts |= {
                "requestType": event.request_type,
                "requestId": event.request_id,
                "stackId": event.owner.stack_id,
                "logicalResourceId": event.owner.logical_id,
            }

    def decided(self, decision: str) -> None:
        """Notes a decision, as a sentence."""
        self.decisions.append(decision)

    def warn(self, warning: str) -> None:
        """Notes something that was not done as declared."""
        self.warnings.append(warning)

    def took_over(self, owner: str) -> None:
        """Notes that this event's layer became active in place of another owner's."""
        self.facts["tookOverFrom"] = owner
        self.warn(f"takes the queue over from {owner}")

    def ledger(self, ledger: Ledger, effective: CallerConfig) -> None:
        """Notes the ledger that the decisions are based on, and the effective config."""
        self.facts["baseline"] = ledger.baseline.by_id()
        self.facts["layers"] = [layer.owner.short for layer in ledger.layers]
        self.facts["effective"] = effective.by_id()

    def emit(self, status: str, reason: str, *, throttled: int, timed_out: bool) -> None:
        """Prints the line."""
        metrics: dict[str, float] = {
            "Succeeded": int(status == "SUCCESS"),
            "Failed": int(status != "SUCCESS"),
            "Throttled": throttled,
            "TimedOut": int(timed_out),
            "TookOver": int("tookOverFrom" in self.facts),
            "Duration": round((time.monotonic() - self._started) * 1000, 1),
        }
        facts = {"decisions": self.decisions, "calls": self.calls, "warnings": self.warnings, "status": status}
        write_line(metrics, self.facts | facts | ({"reason": reason} if reason else {}))


def write_line(metrics: Mapping[str, float], facts: Mapping[str, object]) -> None:
    """Writes one line of JSON to the log: metrics in CloudWatch's embedded metric format, and facts."""
    units = [{"Name": name, "Unit": _METRICS.get(name, "Count")} for name in metrics]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": units}
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
        **metrics,
        **facts,
    }
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.write(text.encode(errors="replace").decode() + "\n")
    sys.stdout.flush()
