"""CloudFormation's answers about single resources, taken from one list for each stack: 450 owners do not mean 450 calls."""

from __future__ import annotations

import threading
from typing import Any

from botocore.exceptions import ClientError
from queue_outbound_caller_config_provider.aws import code_of
from queue_outbound_caller_config_provider.errors import DENIED


class StackResources:
    """Stands for boto3's CloudFormation client where `owners.Owners` asks for a resource.

    Args:
        client: boto3's CloudFormation client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lists: dict[str, dict[str, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._may_list = True

    def describe_stack_resources(self, **request: str) -> dict[str, Any]:
        """Returns what DescribeStackResources answers for a stack's resource.

        Args:
            **request: `StackName` and `LogicalResourceId`.

        Raises:
            ClientError: CloudFormation refused the call.
        """
        with self._lock:
            if self._may_list:
                try:
                    resource = self._list(request["StackName"]).get(request["LogicalResourceId"])
                except ClientError as problem:
                    if code_of(problem) not in DENIED:
                        raise
                    self._may_list = False
                else:
                    return {"StackResources": [resource] if resource else []}
        answer: dict[str, Any] = self._client.describe_stack_resources(**request)
        return answer

    def _list(self, stack: str) -> dict[str, dict[str, Any]]:
        """Returns a stack's resources by logical id."""
        if stack not in self._lists:
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=stack)
            found = [resource for page in pages for resource in page["StackResourceSummaries"]]
            self._lists[stack] = {resource["LogicalResourceId"]: resource for resource in found}
        return self._lists[stack]
