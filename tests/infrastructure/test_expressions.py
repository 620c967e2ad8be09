"""Text that is known at synthesis or only to the deployment."""

from __future__ import annotations

from queue_outbound_caller_config.expressions import (
    Expression,
    is_unresolved,
    join,
    longest,
    part,
    pseudo_parameter,
    render,
    token,
)

REGION = pseudo_parameter("AWS::Region", 16)


def test_plain_texts_join_to_plain_text() -> None:
    """No function in the template where none is needed."""
    assert join("arn:", "aws", ":connect") == "arn:aws:connect"


def test_joins_do_not_nest() -> None:
    """One Fn::Join with neighbouring texts put together, so that a template stays readable."""
    inner = join("b", REGION, "c")
    assert render(join("a", inner, "d")) == {"Fn::Join": ["", ["ab", {"Ref": "AWS::Region"}, "cd"]]}


def test_a_part_of_plain_text_is_plain() -> None:
    """Split at synthesis."""
    assert part("arn:aws:connect", ":", 1, 10) == "aws"


def test_a_part_of_an_expression_is_left_to_the_deployment() -> None:
    """Fn::Select of Fn::Split."""
    found = part(token("${Token[TOKEN.7]}", 90), "/", 1, 36)
    assert render(found) == {"Fn::Select": [1, {"Fn::Split": ["/", "${Token[TOKEN.7]}"]}]}
    assert longest(found) == 36


def test_the_length_of_a_join_is_that_of_its_longest_outcome() -> None:
    """The size of a policy is judged by it."""
    assert longest(join("1234", REGION, "56")) == 22


def test_equal_expressions_are_one() -> None:
    """Resources of a policy are told apart by it."""
    assert len({join("a", REGION), join("a", REGION), "a"}) == 2


def test_dynamic_references_are_left_to_the_deployment() -> None:
    """CloudFormation resolves them, so they are no text to check."""
    assert is_unresolved("{{resolve:ssm:/connect/number}}")
    assert isinstance(token("{{resolve:ssm:/connect/number}}", 90), Expression)
