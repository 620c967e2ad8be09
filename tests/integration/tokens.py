"""A phone number that goes through a token: declared by a construct, synthesized, and resolved by the deployment."""

from __future__ import annotations

from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import App, Stack
from aws_cdk.aws_connect import CfnPhoneNumber
from queue_outbound_caller_config import QueueOutboundCallerConfig

from emulator.connect.sample import INSTANCE, PRIMARY, SUPPORT_QUEUE
from tests.integration.world import OURS
from tests.permissions.intrinsics import Deployment


def through_a_token(arn: str) -> str:
    """Returns what reaches the function when the number is a `CfnPhoneNumber` of the same stack, with this ARN."""
    text = Deployment(values={"Number": arn}).resolve(_in_template())
    assert isinstance(text, str)
    return text


@cache
def _in_template() -> Any:
    with TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = Stack(app, "Stack")
        QueueOutboundCallerConfig(
            stack,
            "Config",
            instance=INSTANCE,
            queue=SUPPORT_QUEUE,
            outbound_caller_id_number=CfnPhoneNumber(stack, "Number", target_arn=OURS.instance(PRIMARY, INSTANCE)),
        )
        resources = app.synth().get_stack_by_name("Stack").template["Resources"]
    config = next(resource for resource in resources.values() if resource["Type"].startswith("Custom::"))
    written = config["Properties"]["OutboundCallerConfig"]["OutboundCallerIdNumberId"]
    if isinstance(written, str):
        raise AssertionError(f"the template has {written}, no token")
    return written
