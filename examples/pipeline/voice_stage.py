"""What the pipeline deploys to each environment: one stack with the caller IDs of a contact centre."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Environment, Stack, Stage
from constructs import Construct
from queue_outbound_caller_config import QueueOutboundCallerConfig


@dataclass(frozen=True)
class ContactCentre:
    """What differs from one environment to the next.

    Attributes:
        account: the AWS account.
        region: the instance's Region.
        instance: the instance's id.
        queue: the queue's id.
        number: the id of a phone number that is claimed in this Region.
    """

    account: str
    region: str
    instance: str
    queue: str
    number: str


class VoiceStage(Stage):
    """The caller IDs of one contact centre."""

    def __init__(self, scope: Construct, id: str, *, centre: ContactCentre) -> None:
        super().__init__(scope, id, env=Environment(account=centre.account, region=centre.region))
        stack = Stack(self, "CallerIds")
        arn = f"arn:aws:connect:{centre.region}:{centre.account}"
        QueueOutboundCallerConfig(
            stack,
            "BasicQueue",
            instance=f"{arn}:instance/{centre.instance}",
            queue=centre.queue,
            outbound_caller_id_name="Example Corp",
            outbound_caller_id_number=f"{arn}:phone-number/{centre.number}",
        )
