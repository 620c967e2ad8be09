"""Whether the provider's role may use what a resource names, as IAM itself judges it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from queue_outbound_caller_config_provider.arns import Queue
from queue_outbound_caller_config_provider.properties import ResourceProperties

from .aws import Aws, Refusal
from .planning import World

_CONDITION = "connect:InstanceId"


@dataclass(frozen=True)
class Verdict:
    """What IAM says; no text: everything is allowed.

    Attributes:
        text: What is denied, or why nobody can tell.
        is_unknown: Whether nobody can tell.
    """

    text: str = ""
    is_unknown: bool = False


class Permissions:
    """Asks IAM's policy simulator about the roles of functions, each question once.

    Args:
        aws: The caller's AWS.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._roles: dict[str, str | Refusal] = {}
        self._answers: dict[tuple[str, str, str], Verdict] = {}

    def judge(self, function: str, properties: ResourceProperties, world: World) -> Verdict:
        """Returns whether a function's role allows what a resource needs."""
        role = self._role(function)
        if isinstance(role, Refusal):
            return Verdict(f"the role of {function} cannot be judged: {role}", is_unknown=True)
        for resource, actions in _needed(properties, world):
            verdict = self._ask(role, resource, actions, properties.queue.instance_id)
            if verdict.text:
                return verdict
        return Verdict()

    def _role(self, function: str) -> str | Refusal:
        if function not in self._roles:
            region = function.split(":")[3] if function.count(":") > 3 else self._aws.default_region or ""
            try:
                answer = self._aws.call("lambda", region, "GetFunctionConfiguration", {"FunctionName": function})
                self._roles[function] = str(answer["Role"])
            except Refusal as refusal:
                self._roles[function] = refusal
        return self._roles[function]

    def _ask(self, role: str, resource: str, actions: tuple[str, ...], instance_id: str) -> Verdict:
        key = (role, resource, instance_id)
        if key not in self._answers:
            self._answers[key] = self._simulate(role, resource, actions, instance_id)
        return self._answers[key]

    def _simulate(self, role: str, resource: str, actions: tuple[str, ...], instance_id: str) -> Verdict:
        # The provider's role may write numbers only to queues of its instances, by a condition.
        context = {"ContextKeyName": _CONDITION, "ContextKeyValues": [instance_id], "ContextKeyType": "string"}
        request = {
            "PolicySourceArn": role,
            "ActionNames": list(actions),
            "ResourceArns": [resource],
            "ContextEntries": [context],
        }
        region = self._aws.default_region or "us-east-1"
        try:
            results = self._aws.call("iam", region, "SimulatePrincipalPolicy", request)["EvaluationResults"]
        except Refusal as refusal:
            return Verdict(f"{role} cannot be judged: {refusal}", is_unknown=True)
        denied = next((result for result in results if result["EvalDecision"] != "allowed"), None)
        if denied is None:
            return Verdict()
        how = "denies" if denied["EvalDecision"] == "explicitDeny" else "does not allow"
        return Verdict(f"{role} {how} {denied['EvalActionName']} on {resource}. Add the instance to the provider")


def _needed(properties: ResourceProperties, world: World) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields what the function uses, with the actions that it needs on it: the number in both ARN forms."""
    queue = properties.queue
    write = ("connect:UpdateQueueOutboundCallerConfig",)
    yield queue.arn, ("connect:DescribeQueue", *write)
    yield _ledger_arn(queue), ("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")
    if properties.declared.flow is not None:
        yield queue.place.arn(f"instance/{queue.instance_id}/contact-flow/{properties.declared.flow}"), write
    book = world.books.get(queue.instance_id)
    known = book.written(properties.number, queue.place.region) if book and properties.number else None
    if known is not None:
        yield known.arn, write
        yield queue.place.arn(f"instance/{queue.instance_id}/phone-number/{known.id}"), write


def _ledger_arn(queue: Queue) -> str:
    place = queue.place
    return f"arn:{place.partition}:ssm:{place.region}:{place.account}:parameter{queue.ledger_name}"
