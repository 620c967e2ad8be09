"""IAM: on which ARNs it judges a call, and whether our judge agrees with IAM's own simulator."""

from __future__ import annotations

import json
from typing import Any

from botocore import xform_name

from conformance.outcome import OK, outcome
from conformance.own_queue import CALLS as QUEUE_CALLS
from conformance.points import CannotTell, point
from conformance.site import FLOW, NAME, NUMBER, Site
from emulator.connect.authorization import judge

GUIDE = "Admin guide, allow or deny queue API actions for phone numbers in a replica Region"
WRITE_UNDER_A_POLICY = ("connect:UpdateQueueOutboundCallerConfig", "sts:AssumeRole")
DENIED = "AccessDeniedException"
NOBODYS = "00000000-0000-4000-8000-000000000000"
ACTION = "connect:UpdateQueueOutboundCallerConfig"
FORMS = {
    "both": "both ARN forms of the number must be allowed",
    "v2": "its V2 ARN must be allowed",
    "v1": "its V1 ARN must be allowed",
    "either": "one of its ARN forms must be allowed",
}


def _allow(action: str | list[str], *resources: str, **condition: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": list(resources), **condition}]}


def _forms_needed(site: Site, number: str, region: str | None) -> str:
    """Returns which ARN forms of a number a write needs in a Region."""
    allowed = {}
    for name, arn in {"v2": number, "v1": site.subject.number_v1(number, region)}.items():
        client = site.under("connect", [_allow(ACTION, site.subject.queue_arn(region), arn)], region)
        allowed[name] = site.write({NUMBER: number}, region, client) != DENIED
    return "either" if all(allowed.values()) else next((name for name, passes in allowed.items() if passes), "both")


@point(
    "iam-number-forms",
    "IAM judges a write with a number, in the Region where it was claimed",
    source=GUIDE,
    readings=FORMS,
    needs=("number", "role"),
    calls=WRITE_UNDER_A_POLICY,
)
def iam_number_forms(site: Site) -> str:
    return _forms_needed(site, site.subject.any_number, None)


@point(
    "iam-number-forms-elsewhere",
    "IAM judges a write with a group's number, in the other Region",
    source=GUIDE,
    documented="both",
    readings=FORMS,
    needs=("group number", "replica", "role"),
    calls=WRITE_UNDER_A_POLICY,
)
def iam_number_forms_elsewhere(site: Site) -> str:
    return _forms_needed(site, site.subject.group_number or "", site.subject.replica)


@point(
    "iam-describe-number",
    "IAM judges DescribePhoneNumber",
    source="Service authorization reference",
    readings={"v2": "on the number's V2 ARN", "v1": "on its V1 ARN, too"},
    needs=("number", "role"),
    calls=("connect:DescribePhoneNumber", "sts:AssumeRole"),
)
def iam_describe_number(site: Site) -> str:
    number = site.subject.any_number
    client = site.under("connect", [_allow("connect:DescribePhoneNumber", number)])
    return "v2" if outcome(client.describe_phone_number, PhoneNumberId=number) != DENIED else "v1"


READS = (
    "DescribeContactFlow",
    "DescribeInstance",
    "DescribeQueue",
    "DescribeTrafficDistributionGroup",
    "ListContactFlows",
    "ListInstances",
    "ListPhoneNumbers",
    "ListPhoneNumbersV2",
    "ListQueues",
    "ListTrafficDistributionGroups",
    "SearchContactFlows",
    "SearchQueues",
)


@point(
    "iam-reads",
    "IAM judges the other operations that read",
    source="Service authorization reference",
    documented="one",
    readings={"one": "on the one kind of resource that is documented", "more": "some of them on more than that"},
    needs=("flow", "role"),
    calls=(*(f"connect:{operation}" for operation in READS), "sts:AssumeRole"),
)
def iam_reads(site: Site) -> str:
    subject, instance = site.subject, {"InstanceId": site.subject.instance}
    below = f"instance/{subject.instance}"
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "DescribeContactFlow": (subject.flow_arn(), {**instance, "ContactFlowId": subject.flow}),
        "DescribeInstance": (subject.instance_arn(), instance),
        "DescribeQueue": (subject.queue_arn(), {**instance, "QueueId": subject.queue}),
        "DescribeTrafficDistributionGroup": (
            subject.arn(f"traffic-distribution-group/{NOBODYS}"),
            {"TrafficDistributionGroupId": NOBODYS},
        ),
        "ListContactFlows": (subject.arn(f"{below}/contact-flow/*"), instance),
        "ListInstances": ("*", {}),
        "ListPhoneNumbers": (subject.arn(f"{below}/phone-number/*"), instance),
        "ListPhoneNumbersV2": (subject.arn("phone-number/*"), instance),
        "ListQueues": (subject.arn(f"{below}/queue/*"), instance),
        "ListTrafficDistributionGroups": (subject.arn("traffic-distribution-group/*"), instance),
        "SearchContactFlows": (subject.instance_arn(), instance),
        "SearchQueues": (subject.instance_arn(), instance),
    }
    # These also ask for the directory that the instance is managed by, and for each flow that is found.
    beside = {"DescribeInstance": "ds:DescribeDirectories", "SearchContactFlows": "connect:DescribeContactFlow"}
    for operation in READS:
        resource, request = cases[operation]
        documents = [_allow(f"connect:{operation}", resource)]
        if operation in beside:
            documents.append(_allow(beside[operation], "*"))
        client = site.under("connect", documents)
        if outcome(getattr(client, xform_name(operation)), **request) == DENIED:
            return "more"
    return "one"


@point(
    "iam-new-queue",
    "IAM judges CreateQueue with a flow",
    source="Service authorization reference",
    documented="each",
    readings={
        "each": "on the instance's queues, the hours of operation and the flow",
        "fewer": "not on each of the instance's queues, the hours of operation and the flow",
        "more": "on more than the instance's queues, the hours of operation and the flow",
    },
    needs=("flow", "role", "new queue"),
    calls=(*QUEUE_CALLS, "sts:AssumeRole"),
)
def iam_new_queue(site: Site) -> str:
    subject, own = site.subject, site.own_queue
    own.id()
    below = f"instance/{subject.instance}"
    judged = {subject.arn(f"{below}/queue/*"), subject.arn(f"{below}/operating-hours/{own.hours}"), subject.flow_arn()}

    def denied(resources: set[str]) -> bool:
        # The name is taken, so that what IAM allows makes nothing.
        allowed = _allow(["connect:CreateQueue", "connect:TagResource"], *resources)
        return own.create({FLOW: subject.flow or ""}, client=site.under("connect", [allowed])) == DENIED

    if denied(judged):
        return "more"
    return "each" if all(denied(judged - {resource}) for resource in judged) else "fewer"


@point(
    "iam-deleted-queue",
    "IAM judges DeleteQueue",
    source="Service authorization reference",
    documented="one",
    readings={"one": "on that queue", "more": "on more than that queue"},
    needs=("role", "new queue"),
    calls=(*QUEUE_CALLS, "sts:AssumeRole"),
)
def iam_deleted_queue(site: Site) -> str:
    arn = site.subject.arn(f"instance/{site.subject.instance}/queue/{site.own_queue.id()}")
    client = site.under("connect", [_allow("connect:DeleteQueue", arn)])
    return "one" if site.own_queue.delete(client) != DENIED else "more"


@point(
    "iam-unresolved-id",
    "the Region of the V2 ARN on which IAM judges a group's UUID, in the other Region",
    source="Nobody documents it",
    readings={"home": "is where the number was claimed", "here": "is that of the call", "neither": "is neither"},
    needs=("group number", "replica", "role"),
    calls=WRITE_UNDER_A_POLICY,
)
def iam_unresolved_id(site: Site) -> str:
    number, region = site.subject.group_number or "", site.subject.replica or ""
    uuid = number.rpartition("/")[2]
    for reading, arn in {"home": number, "here": site.subject.arn(f"phone-number/{uuid}", region)}.items():
        resources = (site.subject.queue_arn(region), arn, site.subject.number_v1(number, region))
        client = site.under("connect", [_allow(ACTION, *resources)], region)
        if site.write({NUMBER: uuid}, region, client) != DENIED:
            return reading
    return "neither"


@point(
    "iam-deny-one-form",
    "a Deny of one ARN form of a number",
    source=GUIDE,
    readings={"denies": "denies the write", "passes": "does not deny it"},
    needs=("number", "role"),
    calls=WRITE_UNDER_A_POLICY,
)
def iam_deny_one_form(site: Site) -> str:
    number = site.subject.any_number
    v1 = site.subject.number_v1(number)
    documents = [_allow(ACTION, site.subject.queue_arn(), number, v1), {"Statement": [_deny(v1)]}]
    return "denies" if site.write({NUMBER: number}, None, site.under("connect", documents)) == DENIED else "passes"


@point(
    "iam-order",
    "a write that breaks a limit and is denied",
    source="Nobody documents it",
    readings={
        "InvalidParameterException": "is InvalidParameterException: limits come first",
        DENIED: "is AccessDeniedException: policies come first",
    },
    needs=("role",),
    calls=WRITE_UNDER_A_POLICY,
)
def iam_order(site: Site) -> str:
    client = site.under("connect", [_allow("connect:DescribeQueue", "*")])
    return site.write({NAME: "x" * 256}, None, client)


@point(
    "iam-instance-condition",
    "the condition key connect:InstanceId on the V2 ARN of a number that is written",
    source="Service authorization reference",
    readings={"known": "is known", "unknown": "is unknown, so that a condition on it is false"},
    needs=("number", "role"),
    calls=WRITE_UNDER_A_POLICY,
)
def iam_instance_condition(site: Site) -> str:
    number = site.subject.any_number
    condition = {"StringEquals": {"connect:InstanceId": site.subject.instance}}
    documents = [
        _allow(ACTION, site.subject.queue_arn(), site.subject.number_v1(number)),
        _allow(ACTION, number, Condition=condition),
    ]
    code = site.write({NUMBER: number}, None, site.under("connect", documents))
    if code not in {OK, DENIED}:
        raise CannotTell(f"the write was answered {code}")
    return "known" if code == OK else "unknown"


@point(
    "iam-judge",
    "our judge of policies and IAM's simulator",
    source="SimulateCustomPolicy, API reference; service authorization reference",
    documented="agree",
    readings={"agree": "agree on every case", "differ": "differ"},
    needs=("iam simulator",),
    calls=("iam:SimulateCustomPolicy",),
)
def iam_judge(site: Site) -> str:
    subject = site.subject
    queue, other = subject.queue_arn(), subject.arn("instance/other/queue/other")
    everything = _allow("connect:*", "*")["Statement"]
    name = f"arn:{subject.partition}:ssm:{subject.region}:{subject.account}:parameter/conformance"
    key = "connect:InstanceId"
    of_the_instance = _allow(ACTION, "*", Condition={"StringEquals": {key: subject.instance}})
    cases: list[tuple[dict[str, Any], str, str, dict[str, str]]] = [
        (_allow(ACTION, queue), ACTION, queue, {}),
        (_allow(ACTION, queue), ACTION, other, {}),
        (_allow(ACTION, subject.arn(f"instance/{subject.instance}/*")), ACTION, queue, {}),
        (_allow("connect:Describe*", "*"), ACTION, queue, {}),
        (_allow("connect:*", subject.arn("instance/*/queue/*", "*")), ACTION, queue, {}),
        ({"Statement": [*everything, _deny(queue)]}, ACTION, queue, {}),
        ({"Statement": [*everything, _deny(queue)]}, ACTION, other, {}),
        (_allow("ssm:GetParameter", name), "ssm:GetParameter", f"{name}:1", {}),
        (_allow("ssm:GetParameter", f"{name}:*"), "ssm:GetParameter", f"{name}:1", {}),
        (of_the_instance, ACTION, queue, {}),
        (of_the_instance, ACTION, queue, {key: subject.instance}),
        (of_the_instance, ACTION, queue, {key: "other"}),
    ]
    simulator = site.client("iam")
    for document, action, resource, context in cases:
        if context and "context in the iam simulator" not in site.has:
            continue
        answered = simulator.simulate_custom_policy(
            PolicyInputList=[json.dumps({"Version": "2012-10-17", **document})],
            ActionNames=[action],
            ResourceArns=[resource],
            ContextEntries=[
                {"ContextKeyName": each, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for each, value in context.items()
            ],
        )
        allowed = answered["EvaluationResults"][0]["EvalDecision"] == "allowed"
        if judge([document], action, resource, context).allowed != allowed:
            return "differ"
    return "agree"


def _deny(resource: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": ACTION, "Resource": resource}
