"""What the end-to-end tests do to a ledger."""

from __future__ import annotations

import json

from emulator.connect.sample import INSTANCE, PRIMARY
from testing.local_aws import LocalAws


def age_ledger(local_aws: LocalAws, queue: str) -> None:
    """Makes a queue's ledger an hour old: the watch leaves an event alone that may still be running."""
    ssm = local_aws.client("ssm", PRIMARY)
    parameter = ssm.get_parameter(Name=f"/queue-outbound-caller-config/{INSTANCE}/{queue}")["Parameter"]
    document = json.loads(parameter["Value"])
    document["at"] -= 3600
    document["after"] = parameter["Version"]
    ssm.put_parameter(Name=parameter["Name"], Value=json.dumps(document), Overwrite=True, Type="String")
