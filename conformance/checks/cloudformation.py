"""CloudFormation's protocol for custom resources, and what DescribeStackResources says.

The checks share one stack, which goes through its life in their order: each depends on the ones before it.
"""

from __future__ import annotations

from conformance.outcome import outcome
from conformance.points import CannotTell, point
from conformance.site import Site
from conformance.stack import CheckStack, custom

GUIDE = "CloudFormation user guide, custom resources"
README = "aws-cdk-lib, README of custom_resources"
STACK_CALLS = (
    "cloudformation:CreateStack",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudformation:UpdateStack",
    "ssm:DeleteParameter",
    "ssm:GetParametersByPath",
    "ssm:PutParameter",
)
NEEDS = ("stack", "ssm")
FAILED = "ValidationError"


def _deployed(site: Site, *wanted: str) -> CheckStack:
    """Returns the stack, with all the resources that it has at first, or as an earlier check left it."""
    stack = site.stack
    if not stack.id:
        status = stack.deploy({"A": custom(), "B": custom(depends_on="A"), "D": custom("refuse")})
        if status != "CREATE_COMPLETE":
            raise CannotTell(f"the stack of the checks is {status}")
    for resource in wanted:
        if not stack.events(resource, "Create"):
            raise CannotTell(f"no Create of {resource} was noted")
    return stack


@point(
    "response-url",
    "the query of a custom resource's response URL",
    source="Captured events of many Regions; AWS's own example is older",
    readings={
        "X-Amz-Date": "has X-Amz-Date, to the second",
        "Expires": "has Expires, and no date",
        "neither": "has neither",
    },
    needs=NEEDS,
    calls=STACK_CALLS,
)
def response_url(site: Site) -> str:
    query = _deployed(site, "A").events("A", "Create")[0]["query"]
    return next((name for name in ("X-Amz-Date", "Expires") if name in query), "neither")


@point(
    "create-pause",
    "the pause between the answer of one resource and the Create of the next in a chain",
    source="Nobody documents it",
    readings={"none": "is under half a second", "short": "is under five seconds", "long": "is longer"},
    needs=NEEDS,
    calls=STACK_CALLS,
)
def create_pause(site: Site) -> str:
    stack = _deployed(site, "A", "B")
    pause = stack.events("B", "Create")[0]["begun"] - stack.events("A", "Create")[0]["ended"]
    return "none" if pause < 0.5 else "short" if pause < 5 else "long"


@point(
    "depends-on",
    "an update that changes the DependsOn of a custom resource alone",
    source=GUIDE,
    readings={"nothing": "sends it nothing", "an Update": "sends it an Update"},
    needs=NEEDS,
    calls=STACK_CALLS,
)
def depends_on(site: Site) -> str:
    stack = _deployed(site, "B")
    before = len(stack.events("B"))
    stack.deploy({"A": custom(), "B": custom(), "C": custom(), "D": custom("refuse")})
    return "nothing" if len(stack.events("B")) == before else "an Update"


@point(
    "clean-up-tries",
    "a Delete that fails at the end of an update",
    source=README,
    documented="three",
    readings={"three": "is tried three times, and then given up", "one": "is tried once, and then given up"},
    needs=(*NEEDS, "clean-up like CloudFormation's"),
    calls=STACK_CALLS,
)
def clean_up_tries(site: Site) -> str:
    stack = _deployed(site, "D")
    refusing = f"{site.prefix}/refuse"
    site.parameter("refuse")
    site.ssm.put_parameter(Name=refusing, Value="yes", Type="String", Overwrite=True)
    status = stack.deploy({"A": custom(), "B": custom(), "C": custom()})
    site.ssm.delete_parameter(Name=refusing)
    tries = len(stack.events("D", "Delete"))
    if status != "UPDATE_COMPLETE":
        raise CannotTell(f"the update ended {status} after {tries} tries")
    return {1: "one", 3: "three"}.get(tries, str(tries))


@point(
    "removed-resource",
    "DescribeStackResources about a resource that the stack no longer has",
    source="localstack #13269, validated on AWS",
    readings={FAILED: "is ValidationError", "none": "is an empty list", "DELETE_COMPLETE": "says DELETE_COMPLETE"},
    needs=NEEDS,
    calls=STACK_CALLS,
)
def removed_resource(site: Site) -> str:
    stack = _deployed(site)
    stack.deploy({"A": custom()})
    return stack.describe("C" if stack.events("C") else "B")


@point(
    "unknown-resource",
    "DescribeStackResources about a resource that the stack never had",
    source="DescribeStackResource, API reference",
    readings={FAILED: "is ValidationError", "none": "is an empty list"},
    needs=NEEDS,
    calls=STACK_CALLS,
)
def unknown_resource(site: Site) -> str:
    return _deployed(site).describe("NeverThere")


@point(
    "unknown-stack",
    "DescribeStackResources about a stack that never was",
    source="DescribeStackResources, API reference",
    documented=FAILED,
    readings={FAILED: "is ValidationError", "ok": "is an empty list"},
    needs=("stack",),
    calls=("cloudformation:DescribeStackResources",),
)
def unknown_stack(site: Site) -> str:
    subject = site.subject
    nowhere = f"stack/queue-outbound-caller-config-conformance-none/00000000-0000-4000-8000-{site.run}"
    arn = f"arn:{subject.partition}:cloudformation:{subject.region}:{subject.account}:{nowhere}"
    return outcome(site.client("cloudformation").describe_stack_resources, StackName=arn)


@point(
    "changed-type",
    "an update that gives a logical id another type",
    source="CloudFormation's own message: Update of resource type is not permitted",
    documented=FAILED,
    readings={FAILED: "is refused with ValidationError", "accepted": "is accepted"},
    needs=NEEDS,
    calls=STACK_CALLS,
)
def changed_type(site: Site) -> str:
    stack = _deployed(site)
    other = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    code = outcome(stack.deploy, resources={"A": other})
    return "accepted" if code == "ok" else code


@point(
    "cancelled-create",
    "the physical id in the Delete of a Create that was cancelled while its function was running",
    source=f"{README}; cloudformation-coverage-roadmap #1730, #1814",
    documented="made up",
    readings={
        "made up": "is made up by CloudFormation",
        "answered": "is the one that was answered",
        "no Delete": "is none",
    },
    needs=(*NEEDS, "resources side by side"),
    calls=STACK_CALLS,
)
def cancelled_create(site: Site) -> str:
    stack = _deployed(site)
    stack.deploy({"A": custom(), "Slow": custom("slow"), "Failing": custom("fail")})
    deleted = stack.events("Slow", "Delete")
    if not deleted:
        return "no Delete"
    return "answered" if deleted[0]["physical"] == "answered-Slow" else "made up"


@point(
    "new-policy",
    "a policy that a stack has just attached to a function's role",
    source="aws-cdk #37675, #18237, #37939; Terraform's provider waits two minutes",
    readings={
        "at once": "is active when the stack says so",
        "within a minute": "is active within a minute",
        "later": "is not active within a minute",
    },
    needs=(*NEEDS, "policies that are enforced"),
    calls=(*STACK_CALLS, "lambda:InvokeFunction"),
)
def new_policy(site: Site) -> str:
    stack = _deployed(site)
    subject, name = site.subject, f"{site.prefix}/probe"
    if stack.probe(name) == "allowed":
        raise CannotTell("the function may read the parameter before it is allowed to")
    arn = f"arn:{subject.partition}:ssm:{subject.region}:{subject.account}:parameter{name}"
    may = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": arn}
    policy = {
        "PolicyName": "probe",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [may]},
        "Roles": [{"Ref": "Role"}],
    }
    stack.deploy({"A": custom(), "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy}})
    for waited in range(0, 65, 5):
        if stack.probe(name) == "allowed":
            return "at once" if waited == 0 else "within a minute"
        site.sleep(5)
    return "later"


@point(
    "deleted-stack",
    "DescribeStackResources by the id of a stack that was deleted",
    source="DescribeStackResources, API reference",
    documented="found",
    readings={"found": "finds it for 90 days", FAILED: "is ValidationError"},
    needs=NEEDS,
    calls=STACK_CALLS,
)
def deleted_stack(site: Site) -> str:
    stack = _deployed(site)
    stack.delete()
    status = stack.describe("A")
    return "found" if status == "DELETE_COMPLETE" else status
