"""A queue's caller config: what is written, what is read, what is refused."""

from __future__ import annotations

from conformance.outcome import OK, outcome, until
from conformance.points import CannotTell, point
from conformance.site import FLOW, NAME, NUMBER, Site

UPDATE = "UpdateQueueOutboundCallerConfig, API reference"
DESCRIBE = "DescribeQueue, API reference"
MODEL = "botocore's model of connect"
READ_WRITE = ("connect:DescribeQueue", "connect:UpdateQueueOutboundCallerConfig")
WRITE = ("connect:UpdateQueueOutboundCallerConfig",)
INVALID = "InvalidParameterException"
MISSING = "ResourceNotFoundException"


@point(
    "omitted-member",
    "a member that UpdateQueueOutboundCallerConfig leaves out",
    source=UPDATE,
    readings={"cleared": "is cleared", "kept": "keeps its value"},
    setting="omitted_member",
    needs=("flow",),
    calls=READ_WRITE,
)
def omitted_member(site: Site) -> str:
    must(site.write({NAME: "Conformance", FLOW: site.subject.flow or ""}))
    must(site.write({FLOW: site.subject.flow or ""}))
    return "kept" if site.read().get(NAME) == "Conformance" else "cleared"


@point(
    "returned-form",
    "how DescribeQueue writes a number and a flow",
    source=DESCRIBE,
    readings={
        "id": "both by id",
        "as_written": "as they were written",
        "arn": "the number's V2 ARN, the flow's ARN",
        "v1": "the number's V1 ARN, the flow's ARN",
    },
    setting="returned_form",
    needs=("number",),
    calls=READ_WRITE,
)
def returned_form(site: Site) -> str:
    arn = site.subject.any_number
    forms = []
    for written in (arn, arn.rpartition("/")[2]):
        must(site.write({NUMBER: written}))
        forms.append(_form(site.read()[NUMBER]))
    if forms == ["arn", "id"]:
        return "as_written"
    if forms[0] != forms[1]:
        raise CannotTell(f"an ARN came back as {forms[0]}, an id as {forms[1]}")
    return forms[0]


@point(
    "unset-config",
    "OutboundCallerConfig in DescribeQueue's answer about a queue without one",
    source=DESCRIBE,
    readings={"absent": "is absent", "empty": "is an empty object", "null": "is null"},
    setting="unset_config",
    calls=READ_WRITE,
)
def unset_config(site: Site) -> str:
    must(site.write({}))
    if site.read():
        raise CannotTell("the queue's config cannot be cleared")
    body = site.described_body()
    if "OutboundCallerConfig" not in body:
        return "absent"
    return "null" if body["OutboundCallerConfig"] is None else "empty"


@point(
    "last-modified",
    "LastModifiedTime and LastModifiedRegion of a queue that was just written",
    source="Queue, API reference",
    readings={"given": "are given", "absent": "are absent"},
    setting="last_modified",
    calls=READ_WRITE,
)
def last_modified(site: Site) -> str:
    must(site.write({NAME: "Conformance"}))
    described = site.describe()
    return "given" if {"LastModifiedTime", "LastModifiedRegion"} <= set(described) else "absent"


@point(
    "empty-config",
    "a config without members",
    source=UPDATE,
    readings={OK: "is accepted", INVALID: "is refused"},
    calls=WRITE,
)
def empty_config(site: Site) -> str:
    return site.write({})


@point(
    "write-read",
    "a write is seen by a read",
    source=DESCRIBE,
    readings={"at once": "at once", "later": "within 30 seconds", "never": "not within 30 seconds"},
    calls=READ_WRITE,
)
def write_read(site: Site) -> str:
    def is_read() -> bool:
        return site.read().get(NAME) == f"Conformance {site.run}"

    must(site.write({NAME: f"Conformance {site.run}"}))
    if is_read():
        return "at once"
    return "never" if until(is_read, 30, pause=1) is None else "later"


@point(
    "empty-number",
    "an empty string for the number",
    source="Terraform's provider for AWS, internal/service/connect/queue.go",
    documented=INVALID,
    readings={INVALID: "is refused", OK: "is accepted"},
    calls=WRITE,
)
def empty_number(site: Site) -> str:
    return site.write({NUMBER: ""})


@point(
    "empty-flow",
    "an empty string for the flow",
    source="Terraform's provider for AWS, internal/service/connect/queue.go",
    documented=INVALID,
    readings={INVALID: "is refused", OK: "is accepted"},
    calls=WRITE,
)
def empty_flow(site: Site) -> str:
    return site.write({FLOW: ""})


@point(
    "flow-forms",
    "a flow in UpdateQueueOutboundCallerConfig",
    source=UPDATE,
    documented="both",
    readings={"both": "taken by id and by ARN", "id": "taken by id alone", "arn": "taken by ARN alone"},
    needs=("flow",),
    calls=WRITE,
)
def flow_forms(site: Site) -> str:
    forms = {"id": site.subject.flow or "", "arn": site.subject.flow_arn()}
    taken = [name for name, text in forms.items() if site.write({FLOW: text}) == OK]
    if not taken:
        raise CannotTell("the flow is not taken in either form")
    return "both" if len(taken) == 2 else taken[0]


@point(
    "flow-of-another-region",
    "a flow's ARN with another Region",
    source=UPDATE,
    readings={MISSING: "is not found", INVALID: "is invalid", OK: "is accepted"},
    needs=("flow", "replica"),
    calls=WRITE,
)
def flow_of_another_region(site: Site) -> str:
    return site.write({FLOW: site.subject.flow_arn(site.subject.replica)})


@point(
    "flow-type",
    "a flow that is not an outbound whisper flow",
    source="Admin guide, outbound whisper flows",
    documented=INVALID,
    readings={INVALID: "is refused", OK: "is accepted"},
    calls=(*WRITE, "connect:ListContactFlows"),
)
def flow_type(site: Site) -> str:
    listed = site.connect().list_contact_flows(InstanceId=site.subject.instance, ContactFlowTypes=["CONTACT_FLOW"])
    if not listed["ContactFlowSummaryList"]:
        raise CannotTell("the instance has no inbound flow")
    return site.write({FLOW: listed["ContactFlowSummaryList"][0]["Id"]})


@point(
    "refused-write",
    "a write that is refused",
    source=UPDATE,
    documented="writes nothing",
    readings={"writes nothing": "writes nothing", "writes a part": "writes the members that are valid"},
    calls=READ_WRITE,
)
def refused_write(site: Site) -> str:
    must(site.write({NAME: "Before"}))
    site.write({NAME: "Refused", NUMBER: "no number"})
    return "writes nothing" if site.read().get(NAME) == "Before" else "writes a part"


@point(
    "broken-limit",
    "a name of 256 characters",
    source=MODEL,
    readings={INVALID: "is InvalidParameterException", "InvalidRequestException": "is InvalidRequestException"},
    calls=WRITE,
)
def broken_limit(site: Site) -> str:
    return site.write({NAME: "x" * 256})


@point(
    "instance-arn",
    "an instance's ARN for InstanceId",
    source=MODEL,
    readings={OK: "is accepted", INVALID: "is invalid", MISSING: "is not found"},
    calls=("connect:DescribeQueue",),
)
def instance_arn(site: Site) -> str:
    describe = site.connect().describe_queue
    return outcome(describe, InstanceId=site.subject.instance_arn(), QueueId=site.subject.queue)


@point(
    "queue-arn",
    "a queue's ARN for QueueId",
    source=DESCRIBE,
    readings={INVALID: "is invalid", OK: "is accepted", MISSING: "is not found"},
    calls=("connect:DescribeQueue",),
)
def queue_arn(site: Site) -> str:
    describe = site.connect().describe_queue
    return outcome(describe, InstanceId=site.subject.instance, QueueId=site.subject.queue_arn())


@point(
    "unknown-queue",
    "a queue that is not there",
    source=DESCRIBE,
    documented=MISSING,
    readings={MISSING: "is not found", INVALID: "is invalid"},
    calls=("connect:DescribeQueue",),
)
def unknown_queue(site: Site) -> str:
    nowhere = "00000000-0000-4000-8000-000000000000"
    return outcome(site.connect().describe_queue, InstanceId=site.subject.instance, QueueId=nowhere)


@point(
    "released-number",
    "a queue whose number was released",
    source=UPDATE,
    readings={"keeps it": "keeps the number in its config", "loses it": "has no number any more"},
    needs=("number that can be released",),
    calls=READ_WRITE,
)
def released_number(site: Site) -> str:
    number = site.spare_number()
    must(site.write({NUMBER: number}))
    site.release_number(number)
    return "keeps it" if site.read().get(NUMBER, "").endswith(number.rpartition("/")[2]) else "loses it"


@point(
    "deleted-flow",
    "a queue whose flow was deleted",
    source=UPDATE,
    readings={"keeps it": "keeps the flow in its config", "loses it": "has no flow any more"},
    needs=("flow that can be deleted",),
    calls=READ_WRITE,
)
def deleted_flow(site: Site) -> str:
    flow = site.spare_flow()
    must(site.write({FLOW: flow}))
    site.delete_flow(flow)
    return "keeps it" if site.read().get(FLOW, "").endswith(flow) else "loses it"


def must(code: str) -> None:
    """Goes on only after a call that succeeded."""
    if code != OK:
        raise CannotTell(f"a write that the check needs was answered {code}")


def _form(text: str) -> str:
    if not text.startswith("arn:"):
        return "id"
    return "v1" if ":instance/" in text else "arn"
