"""Calls of AWS as CloudTrail tells EventBridge of them.

By the record contents and the `userIdentity` element of the CloudTrail user guide, and the log entries of Amazon Connect (its
admin guide, "Logging Amazon Connect API calls"): a request's path parameters are as they were sent, ids or ARNs, also in
percent-encoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ACCOUNT = "123456789012"
SYNCHRONIZATION = "synchronization.connect.amazonaws.com"
Identity = Mapping[str, Any]


def by_role(role: str, session: str, **more: Any) -> Identity:
    """Returns who a session of a role is.

    Args:
        role: The role's path and name.
        session: The session's name.
        **more: Further members.
    """
    name = role.rpartition("/")[2]
    issuer = {
        "type": "Role",
        "principalId": "AROAEXAMPLE",
        "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
        "accountId": ACCOUNT,
        "userName": name,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {"sessionIssuer": issuer, "attributes": _SESSION},
        **more,
    }


_SESSION = {"creationDate": "2026-11-26T09:00:00Z", "mfaAuthenticated": "false"}
BY_A_USER: Identity = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/someone",
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAEXAMPLE",
    "userName": "someone",
}
BY_ROOT: Identity = {
    "type": "Root",
    "principalId": ACCOUNT,
    "arn": f"arn:aws:iam::{ACCOUNT}:root",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAEXAMPLE",
    "sessionContext": {"attributes": _SESSION},
}
BY_A_ROLE = by_role("Operator", "jane")
IN_THE_CONSOLE = by_role(
    "aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_Example",
    "78adbca8-0000-4000-8000-000000000001",
)
"""A user of Amazon Connect: its admin website acts by the service-linked role."""
BY_MIRRORING = by_role(
    f"aws-service-role/{SYNCHRONIZATION}/AWSServiceRoleForAmazonConnectSynchronization_Example",
    "ResourceSynchronization",
    invokedBy=SYNCHRONIZATION,
)
BY_CLOUDFORMATION: Identity = {**BY_A_ROLE, "invokedBy": "cloudformation.amazonaws.com"}
PEOPLE = {
    "user": BY_A_USER,
    "root": BY_ROOT,
    "role": BY_A_ROLE,
    "console": IN_THE_CONSOLE,
    "CloudFormation": BY_CLOUDFORMATION,
}
"""Everyone who is neither a provider's function nor mirroring."""


def call_event(service: str, name: str, who: Identity, request: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Returns the event of a call.

    Args:
        service: The service's name in its endpoint.
        name: The operation.
        who: Who called.
        request: The request's parameters.
        **more: Further members of CloudTrail's record, for example `errorCode`.
    """
    detail = {
        "eventVersion": "1.09",
        "userIdentity": dict(who),
        "eventTime": "2026-11-26T10:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": who.get("invokedBy", "203.0.113.50"),
        "userAgent": who.get("invokedBy", "aws-cli/2.30.0"),
        "requestParameters": dict(request),
        "responseElements": None,
        "requestID": "be1bee1d-0000-4000-8000-000000000001",
        "eventID": "00fbeee1-0000-4000-8000-000000000001",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **more,
    }
    return {
        "version": "0",
        "id": "4a1d5d6b-0000-4000-8000-000000000001",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": ACCOUNT,
        "time": "2026-11-26T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }
