"""The outbound whisper flows of an instance."""

from __future__ import annotations

from typing import Any

from .aws import Aws, Refusal
from .instances import ConnectInstance

OUTBOUND_WHISPER = "OUTBOUND_WHISPER"


def flows_of(aws: Aws, instance: ConnectInstance, region: str) -> dict[str, dict[str, Any]]:
    """Returns the flows of an instance in a Region, by id.

    Raises:
        CannotTell: Amazon Connect refused the call.
    """
    request = {"InstanceId": instance.id, "MaxResults": 1000}
    try:
        pages = list(aws.pages("connect", region, "ListContactFlows", request))
    except Refusal as refusal:
        raise refusal.explained from None
    return {flow["Id"].lower(): flow for page in pages for flow in page["ContactFlowSummaryList"]}
