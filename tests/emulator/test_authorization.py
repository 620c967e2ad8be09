"""IAM's judgement, alone: documents, an action, a resource."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.connect.authorization import Decision, UnsupportedPolicy, judge

QUEUE = "arn:aws:connect:us-east-1:123456789012:instance/i/queue/q"
LEDGER = "arn:aws:ssm:us-east-1:123456789012:parameter/queue-outbound-caller-config/i/q"


def policy(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns a role's documents: one, of these statements."""
    return [{"Version": "2012-10-17", "Statement": list(statements)}]


def allow(action: Any = "connect:DescribeQueue", resource: Any = QUEUE, **more: Any) -> dict[str, Any]:
    """Returns an Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "connect:DescribeQueue", resource: Any = QUEUE, **more: Any) -> dict[str, Any]:
    """Returns a Deny statement."""
    return {**allow(action, resource, **more), "Effect": "Deny"}


def allowed(
    documents: list[dict[str, Any]],
    action: str = "connect:DescribeQueue",
    resource: str = QUEUE,
    context: dict[str, str] | None = None,
) -> bool:
    """Says whether IAM would allow it."""
    return judge(documents, action, resource, context).allowed


def test_what_no_statement_allows_is_denied_implicitly() -> None:
    assert judge([], "connect:DescribeQueue", QUEUE) == Decision(allowed=False)
    assert judge(policy(allow("connect:ListQueues")), "connect:DescribeQueue", QUEUE) == Decision(allowed=False)


def test_an_allow_says_which_statement_it_was() -> None:
    documents = policy(allow("ssm:*"), allow(Sid="Queue"))
    assert judge(documents, "connect:DescribeQueue", QUEUE) == Decision(allowed=True, statement="Queue")


def test_a_deny_wins_over_every_allow_in_whichever_document() -> None:
    documents = policy(allow("*", "*")) + policy(deny(Sid="No"))
    assert judge(documents, "connect:DescribeQueue", QUEUE) == Decision(allowed=False, explicit=True, statement="No")


def test_one_statement_need_not_stand_in_a_list() -> None:
    assert allowed([{"Statement": allow()}])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("connect:DescribeQueue", True),
        ("CONNECT:describequeue", True),
        ("connect:Describe*", True),
        ("connect:*Queue", True),
        ("connect:DescribeQueu?", True),
        ("*", True),
        (["ssm:GetParameter", "connect:DescribeQueue"], True),
        ("connect:Describe", False),
        ("connect:DescribeQueue?", False),
        ("ssm:*", False),
        ("connect.DescribeQueue", False),
    ],
)
def test_an_action_matches_by_wildcards_whatever_its_case(pattern: Any, expected: bool) -> None:
    assert allowed(policy(allow(pattern))) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (QUEUE, True),
        ("*", True),
        ("arn:aws:connect:us-east-1:123456789012:instance/i/queue/*", True),
        ("arn:aws:connect:us-east-1:123456789012:instance/*/queue/q", True),
        ("arn:*:connect:*:123456789012:instance/i/queue/?", True),
        ("arn:aws:connect:*", True),
        ([LEDGER, QUEUE], True),
        (QUEUE.upper(), False),
        ("arn:aws:connect:us-east-1:123456789012:instance/j/queue/*", False),
        ("arn:aws:connect:us-west-2:123456789012:instance/i/queue/*", False),
        ("arn:aws:connect:us-*-1x:123456789012:instance/i/queue/q", False),
        ("arn:aws:con*t:us-east-1:*", True),
        ("arn:aws:co*:instance/i/queue/q", True),
        ("arn:aws:con*/queue/q", False),
        ("arn:aws:connect:us-east-1:123456789012:queue/*", False),
    ],
)
def test_a_resource_matches_by_wildcards_and_its_case_counts(pattern: Any, expected: bool) -> None:
    assert allowed(policy(allow(resource=pattern))) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("phone-number/*", True), ("*", True), ("phone-number/abc", False), ("phone-number/?bc", False)],
)
def test_an_action_on_all_of_a_kind_needs_a_pattern_that_covers_all(pattern: str, expected: bool) -> None:
    prefix = "arn:aws:connect:us-east-1:123456789012:"
    documents = policy(allow("connect:ListPhoneNumbersV2", prefix + pattern))
    assert allowed(documents, "connect:ListPhoneNumbersV2", f"{prefix}phone-number/*") is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"StringEquals": {"AWS:requestedregion": ["eu-west-2", "us-east-1"]}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-*"}}, False),
        ({"StringLike": {"aws:RequestedRegion": "us-*"}}, True),
        ({"StringLike": {"aws:RequestedRegion": "eu-*"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1", "connect:instanceId": "j"}}, False),
        (
            {"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "StringLike": {"connect:InstanceId": "?"}},
            True,
        ),
        ({"StringEquals": {"connect:FlowType": "OUTBOUND_WHISPER"}}, False),
        ({"ArnLike": {"connect:InstanceId": "i"}}, True),
        ({"ArnEquals": {"connect:InstanceId": "*"}}, True),
    ],
)
def test_a_statement_counts_only_where_all_its_conditions_are_true(condition: Any, expected: bool) -> None:
    context = {"aws:RequestedRegion": "us-east-1", "connect:InstanceId": "i"}
    assert allowed(policy(allow(Condition=condition)), context=context) is expected
    assert allowed(policy(allow(), deny(Condition=condition)), context=context) is not expected


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({**allow(), "NotAction": "iam:*"}, "NotAction is not supported"),
        ({"Effect": "Deny", "Action": "*", "NotResource": QUEUE}, "NotResource is not supported"),
        ({**allow(), "Principal": "*"}, "Principal is not supported"),
        (allow(Condition={"StringNotEquals": {"aws:RequestedRegion": "x"}}), "operator StringNotEquals is not"),
        (allow(Condition={"StringEqualsIfExists": {"aws:RequestedRegion": "x"}}), "StringEqualsIfExists is not"),
        (allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}}), "key aws:PrincipalTag/team is not"),
        (allow(resource="arn:aws:ssm:*:*:parameter/${aws:username}"), "policy variable"),
        ({"Effect": "allow", "Action": "*", "Resource": "*"}, "Effect is Allow or Deny, not 'allow'"),
        ({"Effect": "Allow", "Action": "*"}, "Resource is a text or a list of texts"),
        (allow(resource=[]), "Resource is a text or a list of texts"),
        (allow(resource={"Fn::GetAtt": ["Queue", "Arn"]}), "Resource is a text or a list of texts"),
    ],
)
def test_what_is_not_understood_is_an_error_and_never_passed_over(statement: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedPolicy, match=words):
        judge(policy(deny(), allow("*", "*"), statement), "connect:DescribeQueue", QUEUE)


def test_a_document_without_statements_is_an_error() -> None:
    with pytest.raises(UnsupportedPolicy, match="has a Statement"):
        judge([{"Version": "2012-10-17"}], "connect:DescribeQueue", QUEUE)


def test_calls_of_other_services_are_judged_the_same_way() -> None:
    documents = policy(allow(["ssm:GetParameter", "ssm:PutParameter"], LEDGER))
    assert allowed(documents, "ssm:GetParameter", LEDGER)
    assert not allowed(documents, "ssm:GetParameter", f"{LEDGER}2")
    assert not allowed(documents, "ssm:DeleteParameter", LEDGER)
