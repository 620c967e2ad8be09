"""The calls that an event takes, and nothing else: what the handler's own CPU time is measured against."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import boto3

connect = boto3.client("connect")
ssm = boto3.client("ssm")
ssm_of_twin = boto3.client("ssm", region_name="us-west-2")
LEDGER = json.dumps({"note": "x" * 600})


def handler(event: dict[str, Any], _context: object) -> None:
    """Makes the calls of a Create or Update of a fully declared config, or of its Delete, and answers."""
    properties = event["ResourceProperties"]
    instance = str(properties["InstanceId"]).rpartition("/")[2]
    queue = str(properties["QueueId"])
    name = f"/bare/{queue}"
    if event["RequestType"] == "Create":
        with contextlib.suppress(ssm.exceptions.ParameterNotFound):
            ssm.get_parameter(Name=name)
    else:
        ssm.get_parameter(Name=name)
    with contextlib.suppress(ssm_of_twin.exceptions.ParameterNotFound):
        ssm_of_twin.get_parameter(Name=name)
    ssm.put_parameter(Name=name, Value=LEDGER, Type="String", Overwrite=True)
    connect.describe_queue(InstanceId=instance, QueueId=queue)
    connect.update_queue_outbound_caller_config(
        InstanceId=instance, QueueId=queue, OutboundCallerConfig=properties["OutboundCallerConfig"]
    )
    ssm.get_parameter(Name=name)
    if event["RequestType"] == "Delete":
        ssm.delete_parameter(Name=name)
    _answer(event)


def _answer(event: dict[str, Any]) -> None:
    url = urlsplit(event["ResponseURL"])
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event["ResourceProperties"]["QueueId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    connection = http.client.HTTPSConnection(url.netloc, timeout=10, context=ssl.create_default_context())
    connection.request("PUT", f"{url.path}?{url.query}", json.dumps(answer), {"content-type": ""})
    connection.getresponse().read()
    connection.close()
