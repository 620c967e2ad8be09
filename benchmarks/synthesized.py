"""The stacks whose synthesis is compared. The process that is measured loads what an app with one of them would, no more."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from aws_cdk import App, CustomResource, Stack

ACCOUNT, REGION = "123456789012", "us-east-1"
INSTANCE, NUMBER, FLOW = (str(uuid5(NAMESPACE_OID, what)) for what in ("instance", "number", "flow"))
INSTANCE_ARN = f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{INSTANCE}"
NUMBER_ARN = f"arn:aws:connect:{REGION}:{ACCOUNT}:phone-number/{NUMBER}"


def ours(configs: int) -> None:
    """Synthesizes configs."""
    from queue_outbound_caller_config import QueueOutboundCallerConfig  # noqa: PLC0415 - the other app does without it

    app, stack = _app()
    for number in range(configs):
        QueueOutboundCallerConfig(
            stack,
            f"Queue{number}",
            instance=INSTANCE_ARN,
            queue=_queue(number),
            outbound_caller_id_name="Caller 1",
            outbound_caller_id_number=NUMBER_ARN,
            outbound_flow=FLOW,
        )
    app.synth()


def served(configs: int) -> None:
    """Synthesizes bare custom resources, and a function that serves them, as each of them needs one somewhere."""
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - the app without it does not load it

    app, stack = _app()
    code, python = lambda_.Code.from_inline("def handler(event, context): ..."), lambda_.Runtime.PYTHON_3_14
    function = lambda_.Function(stack, "Function", code=code, handler="index.handler", runtime=python)
    _add_bare(stack, configs, function.function_arn)
    app.synth()


def bare(configs: int) -> None:
    """Synthesizes as many bare custom resources with the same properties."""
    app, stack = _app()
    _add_bare(stack, configs, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:bare")
    app.synth()


def _add_bare(stack: Stack, configs: int, service_token: str) -> None:
    config = {"OutboundCallerIdName": "Caller 1", "OutboundCallerIdNumberId": NUMBER_ARN, "OutboundFlowId": FLOW}
    for number in range(configs):
        CustomResource(
            stack,
            f"Queue{number}",
            service_token=service_token,
            resource_type="Custom::ConnectQueueOutboundCallerConfig",
            properties={
                "InstanceId": INSTANCE_ARN,
                "QueueId": _queue(number),
                "OutboundCallerConfig": config,
                "DeletionBehavior": "RESTORE",
            },
        )


def cpu_of(synthesize: Callable[[int], None], configs: int) -> float:
    """Returns the CPU seconds of a synthesis, Python's and Node's, once another one has loaded what it takes."""
    synthesize(1)
    before = _cpu_at_rest()
    synthesize(configs)
    return _cpu_now() - before


def _cpu_at_rest() -> float:
    """Returns the CPU seconds so far, once no process uses any.

    After a synthesis Node continues to compile what it ran, mostly the CDK's own check of the template: up to a second of CPU
    time, and more the more kinds of resources there were. It does not belong to the next synthesis.
    """
    now, quiet = _cpu_now(), 0
    while quiet < 3:
        time.sleep(0.2)
        before, now = now, _cpu_now()
        quiet = quiet + 1 if now - before < 0.02 else 0
    return now


def _cpu_now() -> float:
    """Returns the CPU seconds of this process and those that it started so far (Linux)."""
    total, processes = time.process_time(), _children(os.getpid())
    while processes:
        process = processes.pop()
        processes += _children(process)
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _app() -> tuple[App, Stack]:
    app = App()
    return app, Stack(app, "Benchmark", env={"region": REGION, "account": ACCOUNT})


def _queue(number: int) -> str:
    return str(uuid5(NAMESPACE_OID, f"queue {number}"))
