"""What CloudFormation makes of a token in a template, for tests that send the deployed value to the function."""

from __future__ import annotations


def through_a_token(v2_arn: str) -> str:
    return v2_arn
