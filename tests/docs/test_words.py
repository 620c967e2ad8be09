"""The pages are in plain words: no phrase that needs a second reading, and one name for one thing."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.local_aws import PROJECT_ROOT
from tests.docs.markdown import pages, prose
from tests.docs.messages import Message, error_messages, texts

# A pattern (in any case), and what to write instead.
BANNED = {
    r"(?<!there )\bis no (?!longer|more)\w+": "is not a …",
    r"(?<!there )\bare no (?!longer|more)\w+": "are not …, or there are no …",
    r"\bmay be no\b": "must not be a …",
    r"\bneeds nothing\b": "say what need not be done",
    r"\bgoes\b(?! (?:to|on|back|first|through|beyond|wrong)\b)": "is deleted, is removed, is sent",
    r"\bwent\b(?! (?:on|away|wrong)\b)": "was deleted, was removed",
    r"\bstands? (?!in for\b)(?:in|at|on|here|there|by)\b": "is",
    r"\bin force\b": "active",
    r"\blanes?\b": "chain",
    r"\btakes? turns?\b|\b(?:its|whose|next) turns?\b": "time slot",
    r"\bframes?\b": "cycle",
    r"\bmend(?:s|ed)?\b": "fix",
    r"\bverbs?\b": "make target",
    r"\bat work\b": "running",
    r"\bunset in its place\b": "not set",
    r"\bunder way\b": "running, in progress",
    r"\b(?:lays?|laid) (?:a |over )": "adds",
    r"\btakes? out\b|\btaken out\b|\btakes? in\b": "removes, adds",
    r"\bgoes by\b|\bgo by\b": "follows",
    r"\boutdate[sd]?\b|\bcame too late\b": "superseded",
    r"\bdepart(?:ed|ures?)\b": "removed owner",
    r"\bforestall|\bovertak": "supersede",
    r"\bclaimed neither\b": "is not claimed to … or one of …",
    r"\bis for certain\b|\bhow(?:ever)? few\b": "say it plainly",
    r", say[.,]": "for example",
    r"\bwhat is (?:wrong|not|not there|unset)\b": "start with the subject",
    r"(?<=[.!?] )(?:What|Where|Whoever) [a-z][^.?]*\b(?:is|are|has|have|gets|comes)\b[^.?]*[.]": "start with who does what",
    r"\bin which\b|\bin that in which\b": "say it with a new sentence",
    r"\bas (?:many|long) .{0,30} as there are\b": "give an example",
    r"\bput in force\b": "made active",
    r"\bby hand(?:s)?\b": "manually, in the console",
    r"\bcircles?\b": "circular dependency",
    r"\btexts?\b of \d": "string of …",
    r"\bempty text\b": "empty string",
    r"\bshall\b": "should, or to …",
    r"\bthe last (?:one|layer|owner|config|resource)\b": "the newest …, or the final …",
}

CODE = [
    "benchmarks",
    "cli",
    "conformance",
    "constructs",
    "demo",
    "emulator",
    "examples",
    "provider",
    "testing",
    "tests",
]
"""Folders whose docstrings and comments are held to the same words."""
PAGES = [*pages(), *(PROJECT_ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md"))]


def found(text: str) -> list[tuple[str, str]]:
    """Returns each phrase that is banned, and what to write instead."""
    lines = " ".join(line for line in text.splitlines() if not line.startswith("<!--"))
    lines = re.sub(r"`[^`]+`", "`…`", lines)  # a message or a name, as it is in the code
    return [(match[0], instead) for pattern, instead in BANNED.items() for match in re.finditer(pattern, lines, re.I)]


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(PROJECT_ROOT))) for page in PAGES])
def test_a_page_has_no_phrase_that_needs_a_second_reading(page: Path) -> None:
    assert found(prose(page)) == []


@pytest.mark.parametrize("folder", CODE)
def test_the_docstrings_and_comments_of_a_folder_have_no_such_phrase(folder: str) -> None:
    wrong = {
        f"{path.relative_to(PROJECT_ROOT)}:{line}": phrases
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))
        for line, text in prose_of_code(path.read_text())
        if (phrases := found(text))
    }
    assert not wrong


@pytest.mark.parametrize("message", error_messages(), ids=lambda message: message.text)
def test_an_error_message_has_no_such_phrase(message: Message) -> None:
    assert found(message.text) == []


@pytest.mark.parametrize("folder", ["cli", "constructs", "emulator", "provider"])
def test_what_is_written_for_people_has_no_such_phrase(folder: str) -> None:
    """Lines of the log, what commands say, the emulator's refusals."""
    assert not {text.where: phrases for text in texts(folder) if (phrases := found(text.text))}


def prose_of_code(text: str) -> Iterator[tuple[int, str]]:
    """Yields the docstrings and the comments of a module, each with its line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, " ".join(node.value.value.split())
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@pytest.mark.parametrize(
    "sentence",
    [
        "The last layer is in force. When the last one goes, so does the parameter.",
        "It is no queue of the instance.",
        "An error, where the value is known, say.",
        "Each lane waits for its turn.",
        "Fine so far. What is wrong is an error before anything is written.",
    ],
)
def test_a_sentence_that_was_hard_to_read_is_found(sentence: str) -> None:
    assert found(sentence)


def test_a_sentence_that_is_easy_to_read_passes() -> None:
    assert not found("The newest layer is active. When the final layer is removed, the parameter is deleted.")
