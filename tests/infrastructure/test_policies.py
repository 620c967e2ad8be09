"""The role's policies: one for each instance, named by the instance alone."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Fn, RemovalPolicies, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_connect import CfnInstance
from aws_cdk.aws_ssm import StringParameter
from queue_outbound_caller_config import (
    InvalidArguments,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigDriftWatch,
    QueueOutboundCallerConfigProvider,
)
from queue_outbound_caller_config.policies import LARGEST_INLINE_POLICIES

from tests.infrastructure.synthesis import (
    ACCOUNT,
    CONFIG,
    FUNCTION,
    INLINE_POLICY,
    INSTANCE,
    OTHER_INSTANCE,
    POLICY,
    Deployment,
    check_no_circle,
    depends_on,
    instance_arn,
    many,
    of_type,
    queue_arn,
    queue_id,
    references,
    stack_of,
    template_of,
    the,
)

UNDER = f"arn:aws:connect:*:{ACCOUNT}:instance/{INSTANCE}"
LEDGERS = f"arn:aws:ssm:*:{ACCOUNT}:parameter/queue-outbound-caller-config/{INSTANCE}"
NUMBERS = f"arn:aws:connect:*:{ACCOUNT}:phone-number/*"
GROUPS = f"arn:aws:connect:*:{ACCOUNT}:traffic-distribution-group/*"
STACKS = f"arn:aws:cloudformation:*:{ACCOUNT}:stack/*/*"


QUEUE = queue_id(1)
LARGEST_MANAGED = 6_144
"""Characters (IAM quota)."""


def config(stack: Stack, name: str, queue: Any = QUEUE, **arguments: Any) -> QueueOutboundCallerConfig:
    given = {"instance": INSTANCE, "queue": queue, "outbound_caller_id_name": "x", **arguments}
    return QueueOutboundCallerConfig(stack, name, **given)


def instance_id(number: int) -> str:
    return f"11111111-1111-4111-8111-{number:012}"


def own_instance(stack: Stack) -> CfnInstance:
    attributes = CfnInstance.AttributesProperty(inbound_calls=True, outbound_calls=True)
    return CfnInstance(stack, "Instance", attributes=attributes, identity_management_type="SAML")


def test_an_instance_is_allowed_in_any_region_and_nothing_else_is() -> None:
    """All of it, but for the log."""
    stack = stack_of()
    config(stack, "Config")
    allowed = Deployment({"LogArn": "log"}).allowed(without_log(template_of(stack)))
    assert allowed == {
        "connect:DescribeQueue": {f"{UNDER}/*"},
        "connect:UpdateQueueOutboundCallerConfig": {f"{UNDER}/*", NUMBERS},
        "connect:DescribeInstance": {UNDER},
        "connect:DescribePhoneNumber": {NUMBERS},
        "connect:ListPhoneNumbersV2": {NUMBERS},
        "connect:ListTrafficDistributionGroups": {GROUPS},
        "ssm:GetParameter": {f"{LEDGERS}/*"},
        "ssm:PutParameter": {f"{LEDGERS}/*"},
        "ssm:DeleteParameter": {f"{LEDGERS}/*"},
        "cloudformation:DescribeStackResources": {STACKS},
    }


def without_log(template: dict[str, Any]) -> dict[str, Any]:
    for policy in of_type(template, POLICY).values():
        document = policy["Properties"]["PolicyDocument"]
        document["Statement"] = [one for one in document["Statement"] if "logs:" not in str(one["Action"])]
    return template


def test_numbers_are_written_to_queues_of_the_instance_alone() -> None:
    """Their ARN does not name an instance, so a condition does."""
    stack = stack_of()
    config(stack, "Config")
    statements = [
        statement
        for document in Deployment({}).policies(without_log(template_of(stack)))
        for statement in document["Statement"]
        if "connect:UpdateQueueOutboundCallerConfig" in many(statement["Action"])
    ]
    conditions = [one.get("Condition") for one in statements if NUMBERS in many(one["Resource"])]
    assert conditions == [{"StringEquals": {"connect:InstanceId": INSTANCE}}]


def test_one_more_queue_changes_no_policy() -> None:
    """Nor does another way to name the instance."""

    def with_queues(*instances: str) -> dict[str, Any]:
        stack = stack_of()
        for at, instance in enumerate(instances):
            config(stack, f"Config{at}", queue_id(at), instance=instance)
        return of_type(template_of(stack), POLICY)

    assert with_queues(INSTANCE) == with_queues(instance_arn(), INSTANCE, instance_arn("us-west-2"))


def test_another_instance_is_another_policy_and_changes_none() -> None:
    stack, other = stack_of(), stack_of()
    config(stack, "Config")
    config(other, "First", instance=OTHER_INSTANCE)
    config(other, "Config")
    before, after = (of_type(template_of(one), POLICY) for one in (stack, other))
    assert before.items() < after.items()
    assert len(after) == len(before) + 1


def test_configs_wait_for_their_instances_policy_so_that_they_are_deleted_before_it() -> None:
    """Through the config before them in their chain, if that one needs the same policy."""
    stack = stack_of()
    for at in range(60):
        config(stack, f"Config{at}", queue_id(at), instance=(INSTANCE, OTHER_INSTANCE)[at % 2])
    template = template_of(stack)
    configs = of_type(template, CONFIG)

    def policies_of(id: str) -> set[str]:
        found = {one for one in depends_on(configs[id]) if one not in configs}
        return found.union(*(policies_of(one) for one in depends_on(configs[id]) if one in configs))

    for id, resource in configs.items():
        own = resource["Properties"]["InstanceId"].replace("-", "")
        same = [one for one in depends_on(resource) if one in configs]
        direct = [one for one in depends_on(resource) if one not in configs]
        assert any(own in policy for policy in policies_of(id))
        if not direct:
            assert {configs[one]["Properties"]["InstanceId"] for one in same} == {resource["Properties"]["InstanceId"]}


def test_whoever_uses_the_function_waits_for_its_policies() -> None:
    """A hand-written resource or a nested stack, too: it refers to the function."""
    stack = stack_of()
    QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE, OTHER_INSTANCE])
    template = template_of(stack)
    assert of_type(template, POLICY).keys() <= set(depends_on(the(template, FUNCTION)))


@pytest.mark.parametrize("form", ["id", "arn", "parameter"])
def test_an_instance_that_only_the_deployment_knows_has_a_policy_of_its_own(form: str) -> None:
    """A token may turn out an id or an ARN; the policy is right for both, and its name does not hang on other tokens."""

    def template(before: int) -> dict[str, Any]:
        stack = stack_of()
        for at in range(before):
            CfnParameter(stack, f"Other{at}")
        given = CfnParameter(stack, "Given").value_as_string if form == "parameter" else own_instance(stack)
        config(stack, "Config", instance=given)
        return template_of(stack)

    found = template(0)
    value = INSTANCE if form == "id" else instance_arn()
    allowed = Deployment({"Given": value, "Instance": value}).allowed(without_log(found))
    assert allowed["connect:DescribeQueue"] == {f"{UNDER}/*"}
    assert allowed["ssm:PutParameter"] == {f"{LEDGERS}/*"}
    assert of_type(found, POLICY).keys() == of_type(template(120), POLICY).keys()


def test_the_queues_arn_says_the_instance_if_that_is_a_token() -> None:
    stack = stack_of()
    config(stack, "Config", queue_arn(), instance=CfnParameter(stack, "Given").value_as_string)
    assert "Given" not in set(references(list(of_type(template_of(stack), POLICY).values())))


def test_tokens_that_mean_the_same_are_one_instance() -> None:
    """The CDK returns a new token each time that an export is asked for."""
    stack = stack_of()
    parts = CfnParameter(stack, "Given").value_as_string
    for at in range(3):
        config(stack, f"Export{at}", queue_id(at), instance=Fn.import_value("InstanceArn"))
        config(stack, f"Part{at}", queue_id(at + 3), instance=Fn.select(1, Fn.split("/", parts)))
    template = template_of(stack)
    policies = [id for id in of_type(template, POLICY) if "ProviderInstance" in id]
    waits = {(id[:-1], *depends_on(resource)) for id, resource in of_type(template, CONFIG).items()}
    assert waits == {("Export", policies[0]), ("Part", policies[1])}


@pytest.mark.parametrize("form", ["construct", "function"])
def test_instances_of_two_stacks_with_one_logical_id_have_a_policy_each(form: str) -> None:
    """Also if their ARNs are inside of a function."""
    app = App()
    instances: list[Any] = [own_instance(Stack(app, name)) for name in ("One", "Two")]
    if form == "function":
        instances = [Fn.select(1, Fn.split("/", instance.attr_arn)) for instance in instances]
    stack = Stack(app, "Stack")
    QueueOutboundCallerConfigProvider(stack, "Provider", instances=instances)
    text = [json.dumps(policy) for id, policy in of_type(template_of(stack), POLICY).items() if "Instance" in id]
    assert [{"One:" in one, "Two:" in one} for one in text] == [{True, False}] * 2
    assert "One:" in text[0]
    assert "Two:" in text[1]


def test_a_config_that_names_its_instance_by_another_token_than_the_provider_waits_for_the_policy() -> None:
    """So that the permission is there before its Create and after its Delete."""
    stack = stack_of()
    instance = own_instance(stack)
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[instance])
    config(stack, "Config", instance=instance.attr_id, provider=provider)
    template = template_of(stack)
    (policy,) = (id for id in of_type(template, POLICY) if "Instance" in id)
    assert depends_on(the(template, CONFIG)) == [policy]


def test_a_dynamic_reference_as_instance_is_an_error_that_says_what_to_use() -> None:
    """As one of the provider's queues, too."""
    stack = stack_of()
    hidden = StringParameter.from_string_parameter_attributes(
        stack, "Given", parameter_name="/given", force_dynamic_reference=True
    ).string_value
    for name, instance in (("A", "{{resolve:ssm:/given}}"), ("B", hidden)):
        with pytest.raises(
            InvalidArguments, match=rf"Stack/{name}:\n  - instance is a dynamic reference .*value_for_string"
        ):
            config(stack, name, instance=instance)
        with pytest.raises(InvalidArguments, match=r"\n  - queues\[1\] is a dynamic reference .*value_for_string"):
            QueueOutboundCallerConfigProvider(stack, f"Of{name}", instances=[INSTANCE], queues=[QUEUE, instance])


def test_twenty_instances_fit_behind_one_provider() -> None:
    """With tagged ledgers, in any partition; beyond, the error says so in the user's terms, in the constructor."""
    stack = Stack(App(), "Stack")
    instances = [instance_id(at) for at in range(20)]
    QueueOutboundCallerConfigProvider(stack, "Provider", instances=instances, ledger_tags={"a": "b"})
    template = template_of(stack)
    longest = {"AWS::Partition": "aws-us-gov", "AWS::AccountId": ACCOUNT}
    log = next(id for id in of_type(template, "AWS::Logs::LogGroup"))
    deployment = Deployment({**longest, f"{log}.Arn": "x" * 120})
    sizes = {
        type: [
            len(json.dumps(deployment.evaluate(one["Properties"]["PolicyDocument"]), separators=(",", ":")))
            for one in of_type(template, type).values()
        ]
        for type in (POLICY, INLINE_POLICY)
    }
    assert len(sizes[POLICY]) == 10
    assert len(sizes[INLINE_POLICY]) == 11
    assert max(sizes[POLICY]) <= LARGEST_MANAGED
    assert sum(sizes[INLINE_POLICY]) <= LARGEST_INLINE_POLICIES
    too_many = [instance_id(at) for at in range(40)]
    with pytest.raises(
        InvalidArguments, match=r"Stack/Other:\n  - instances\[\d+\] is too much.*provider of their own"
    ):
        QueueOutboundCallerConfigProvider(stack, "Other", instances=too_many)


def test_sixteen_instances_have_room_for_a_drift_watch_and_too_many_are_told() -> None:
    stack = Stack(App(), "Stack")
    for count in (16, 20):
        provider = QueueOutboundCallerConfigProvider(
            stack, f"Provider{count}", instances=[instance_id(at) for at in range(count)], ledger_tags={"a": "b"}
        )
        if count == 16:
            for name in ("One", "Two"):
                QueueOutboundCallerConfigDriftWatch(stack, name, provider=provider)
            continue
        with pytest.raises(
            InvalidArguments, match=r"DriftWatch Stack/Watch:\n  - provider is too much.*provider of their"
        ):
            QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)


@pytest.mark.parametrize("count", range(9, 15))
def test_a_managed_policy_of_many_queues_has_room_for_a_drift_watch(count: int) -> None:
    """In the partition with the longest name, too."""
    stack = Stack(App(), "Stack")
    queues = [queue_id(at) for at in range(count)]
    provider = QueueOutboundCallerConfigProvider(
        stack, "Provider", instances=[INSTANCE], queues=queues, ledger_tags={"a": "b"}
    )
    QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)
    longest = Deployment({"AWS::Partition": "aws-us-gov"})
    managed = [one["Properties"]["PolicyDocument"] for one in of_type(template_of(stack), POLICY).values()]
    sizes = [len(json.dumps(longest.evaluate(document), separators=(",", ":"))) for document in managed]
    assert max(sizes) <= LARGEST_MANAGED


def test_the_config_that_is_one_instance_too_many_is_named() -> None:
    stack = stack_of()
    for at in range(20):
        config(stack, f"Config{at}", instance=instance_id(at))
    many = [functools.partial(config, stack, f"More{at}", instance=instance_id(20 + at)) for at in range(20)]
    with pytest.raises(InvalidArguments, match=r"Stack/More\d+:\n  - instance is too much"):
        [declare() for declare in many]


def test_only_the_queues_that_are_named_are_allowed() -> None:
    """And their ledgers, also a version of them; flows and numbers stay the instance's."""
    stack = stack_of()
    queues = [queue_id(1), queue_arn(id=queue_id(2))]
    QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE], queues=queues)
    allowed = Deployment({}).allowed(without_log(template_of(stack)))
    named = {f"{UNDER}/queue/{queue_id(at)}" for at in (1, 2)}
    assert allowed["connect:DescribeQueue"] == named
    rest = {f"{UNDER}/contact-flow/*", f"{UNDER}/phone-number/*", NUMBERS}
    assert allowed["connect:UpdateQueueOutboundCallerConfig"] == named | rest
    assert allowed["ssm:PutParameter"] == {f"{LEDGERS}/{queue_id(at)}{end}" for at in (1, 2) for end in ("", ":*")}


def test_removal_policies_of_the_user_leave_one_policy_an_instance() -> None:
    """Retained policies do not pile up: their name is that of the instance."""

    def retained(*queues: str) -> dict[str, Any]:
        stack = stack_of()
        for at, queue in enumerate(queues):
            config(stack, f"Config{at}", queue)
        RemovalPolicies.of(stack).retain()
        return of_type(template_of(stack), POLICY)

    assert retained(queue_id(1)) == retained(queue_id(2), queue_id(3))


def test_what_the_user_grants_the_function_is_granted() -> None:
    stack = stack_of()
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE])
    sqs.Queue(stack, "Messages").grant_send_messages(provider.function)
    template = template_of(stack)
    assert "sqs:SendMessage" in json.dumps(of_type(template, INLINE_POLICY))
    check_no_circle(template)


def test_a_role_of_somebody_elses_gets_the_policies_unless_it_must_not_change() -> None:
    stack = stack_of()
    arn = f"arn:aws:iam::{ACCOUNT}:role/given"
    for name, mutable in (("Changing", True), ("Fixed", False)):
        role = iam.Role.from_role_arn(stack, f"{name}Role", arn, mutable=mutable)
        provider = QueueOutboundCallerConfigProvider(stack, name, instances=[INSTANCE], role=role)
        assert provider.role is role
    template = template_of(stack)
    assert all(id.startswith("Changing") for id in of_type(template, INLINE_POLICY))
    assert len(of_type(template, INLINE_POLICY)) == 2
    assert not of_type(template, POLICY)
    assert not of_type(template, "AWS::IAM::Role")


def test_customized_roles_leave_no_policy_and_report_all_of_it(tmp_path: Any) -> None:
    """`Role.customize_roles`: the security team makes the role, from a report that must be whole."""
    app = App(outdir=str(tmp_path))
    iam.Role.customize_roles(app)
    stack = Stack(app, "Stack")
    config(stack, "Config")
    template = app.synth().get_stack_by_name("Stack").template
    assert not of_type(template, POLICY)
    assert not of_type(template, INLINE_POLICY)
    assert not of_type(template, "AWS::IAM::Role")
    report = (tmp_path / "iam-policy-report.txt").read_text()
    for action in (
        "connect:DescribeQueue",
        "ssm:PutParameter",
        "cloudformation:DescribeStackResources",
        "logs:PutLogEvents",
    ):
        assert action in report
