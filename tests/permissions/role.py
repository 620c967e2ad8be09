"""The function's role: what its policies allow, for each service that it calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from queue_outbound_caller_config_provider import handler

from emulator.connect import ConnectControl
from emulator.connect.authorization import judge
from testing.local_aws import ACCOUNT
from tests.integration.stack import Clients
from tests.integration.world import FUNCTION_KEY

Documents = Sequence[Mapping[str, Any]]


class Role:
    """A role whose policies are enforced as IAM would.

    Attributes:
        connect: the emulator, which judges the calls of Amazon Connect.
        asked: the calls of SSM and CloudFormation since the policies were set, as (action, resource).
        denied: those of them that were denied.
    """

    connect: ConnectControl

    def __init__(self) -> None:
        self._documents: Documents | None = None
        self.asked: list[tuple[str, str]] = []
        self.denied: list[tuple[str, str]] = []

    def may_only(self, documents: Documents) -> None:
        """Gives the role its policy documents."""
        self._documents = documents
        self.asked.clear()
        self.denied.clear()
        self.connect.set_policy(FUNCTION_KEY, *documents)

    def may_do_everything(self) -> None:
        """Takes its policies away, and with them every restriction."""
        self._documents = None
        self.asked.clear()
        self.denied.clear()
        self.connect.clear_policies()

    def check(self, action: str, resource: str) -> None:
        """Raises AccessDeniedException if the policies do not allow an action on a resource."""
        self.asked.append((action, resource))
        if self._documents is None or judge(self._documents, action, resource).allowed:
            return
        self.denied.append((action, resource))
        message = f"User: the function is not authorized to perform: {action} on resource: {resource}"
        raise ClientError(
            {
                "Error": {"Code": "AccessDeniedException", "Message": message},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            },
            action.partition(":")[2],
        )


def judged_clients(role: Role) -> Clients:
    """Returns the function's clients, those of SSM and CloudFormation asking the role first."""

    make_unjudged = handler._client.__wrapped__

    def make(service: str, region: str, *, hasty: bool = False) -> Any:
        client = make_unjudged(service, region, hasty=hasty)

        def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
            if service == "ssm":
                name = params["Name"].partition(":")[0]
                resource = f"arn:aws:ssm:{region}:{ACCOUNT}:parameter{name}"
            else:
                resource = params["StackName"]
            role.check(f"{service}:{model.name}", resource)

        if service != "connect":
            client.meta.events.register(f"provide-client-params.{service}.*", ask)
        return client

    return Clients(make)
