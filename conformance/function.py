"""The function behind the custom resources of the checks: it notes each event in Parameter Store, and answers as it is told.

Its source is the body of the template's function, so it imports only what Lambda has.
"""

import json
import os
import time
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3


def handler(event: Any, _context: Any) -> str:
    """Notes an event and answers it; for a `probe` says whether the function may read that parameter."""
    ssm = boto3.client("ssm")
    prefix = os.environ["PREFIX"]
    if "probe" in event:
        return _may_read(ssm, event["probe"])
    told = event["ResourceProperties"].get("Do", "")
    url = event["ResponseURL"]
    note = {
        "type": event["RequestType"],
        "resource": event["LogicalResourceId"],
        "physical": event.get("PhysicalResourceId", ""),
        "query": sorted(parse_qs(urlsplit(url).query)),
        "begun": time.time(),
    }
    if told == "slow" and event["RequestType"] == "Create":
        time.sleep(20)
    failed = told == "fail" and event["RequestType"] == "Create"
    if told == "refuse" and event["RequestType"] == "Delete":
        failed = bool(ssm.get_parameters(Names=[prefix + "/refuse"])["Parameters"])
    answer = {
        "Status": "FAILED" if failed else "SUCCESS",
        "Reason": "as told",
        "PhysicalResourceId": event.get("PhysicalResourceId") or "answered-" + event["LogicalResourceId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    note["ended"] = time.time()
    name = f"{prefix}/events/{event['RequestId']}-{int(note['begun'] * 1000)}"
    ssm.put_parameter(Name=name, Value=json.dumps(note), Type="String")
    body = json.dumps(answer).encode()
    headers = {"content-type": "", "content-length": str(len(body))}
    urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"))  # noqa: S310 - CloudFormation's
    return str(answer["Status"])


def _may_read(ssm: Any, name: str) -> str:
    try:
        ssm.get_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        return "allowed"
    except ssm.exceptions.ClientError:
        return "denied"
    return "allowed"
