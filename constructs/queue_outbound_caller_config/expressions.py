"""Text that is known at synthesis, or only to the deployment: what the policy's ARNs are made of.

A `Text` is either a plain string or an `Expression`: a CDK token or an intrinsic function. Both can be joined, compared and
sorted into sets without a call to the CDK, whose every call from Python is a round trip to another process.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

_TOKEN = "${Token["  # noqa: S105 - how the CDK writes a token into a string
_A_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")
DYNAMIC_REFERENCE = "{{resolve:"

LONGEST_PARTITION = 10
LONGEST_REGION = 16
LONGEST_ID = 36
LONGEST_NUMBER_ARN = 110


@dataclass(frozen=True, slots=True)
class Expression:
    """A piece of text that only the deployment knows.

    Attributes:
        json: what stands in the template, as JSON text; CDK tokens may stand in its strings.
        longest: how many characters it can become, for the size of a policy.
        parts: what it was joined of, so that joins do not nest.
    """

    json: str
    longest: int
    parts: tuple[Text, ...] = ()


Text: TypeAlias = "str | Expression"


def is_unresolved(text: str) -> bool:
    """Tells whether a string holds a CDK token, or a dynamic reference that CloudFormation resolves."""
    return _TOKEN in text or DYNAMIC_REFERENCE in text


def tokens_in(text: Text) -> frozenset[str]:
    """Returns what a text holds that may refer to a resource: CDK tokens. A pseudo parameter is none."""
    return frozenset(_A_TOKEN.findall(text.json)) if isinstance(text, Expression) else frozenset()


def pseudo_parameter(name: str, longest: int) -> Expression:
    """Returns a reference to a pseudo parameter, `AWS::Region`, say."""
    return Expression(json.dumps({"Ref": name}), longest)


def token(text: str, longest: int) -> Text:
    """Returns a string as a Text: an Expression when it holds a token."""
    return Expression(json.dumps(text), longest) if is_unresolved(text) else text


def join(*pieces: Text) -> Text:
    """Returns the pieces as one text."""
    plain = [piece for piece in pieces if isinstance(piece, str)]
    if len(plain) == len(pieces):
        return "".join(plain)
    parts: list[Text] = []
    for part in (part for piece in pieces for part in _flat(piece)):
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    body = ", ".join(json.dumps(part) if isinstance(part, str) else part.json for part in parts)
    return Expression(f'{{"Fn::Join": ["", [{body}]]}}', sum(map(longest, parts)), tuple(parts))


def part(text: Text, separator: str, index: int, longest: int) -> Text:
    """Returns one part of a text that is split at a separator."""
    if isinstance(text, str):
        return text.split(separator)[index]
    split = f'{{"Fn::Split": [{json.dumps(separator)}, {text.json}]}}'
    return Expression(f'{{"Fn::Select": [{index}, {split}]}}', longest)


def render(text: Text) -> object:
    """Returns what stands in the template."""
    return text if isinstance(text, str) else json.loads(text.json)


def longest(text: Text) -> int:
    """Returns how many characters a text has, or can become."""
    return len(text) if isinstance(text, str) else text.longest


def _flat(text: Text) -> tuple[Text, ...]:
    return text.parts if isinstance(text, Expression) and text.parts else (text,)
