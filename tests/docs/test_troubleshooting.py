"""The messages that the pages quote are the code's, and each error that a user can meet is among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.markdown import DOCS, README, code_spans, rows
from tests.docs.messages import ANY, Message, error_messages, is_known, quoted_in

PAGE = DOCS / "troubleshooting.md"


def quoted(page: Path, heading: str) -> list[str]:
    """Returns the messages in the first column of the tables below a heading, which ends at the next one like it."""
    text = page.read_text().partition(f"{heading}\n")[2]
    text = text.partition(f"\n{heading.partition(' ')[0]} ")[0]
    return [code_spans(row[0])[0] for row in rows_of_all_tables(text) if row[0].startswith("`")]


def rows_of_all_tables(text: str) -> list[list[str]]:
    return [row for table in text.split("\n\n") if table.startswith("|") for row in rows(table)]


ON_THE_PAGE = [span for row in rows_of_all_tables(PAGE.read_text()) for span in code_spans(row[0])]
IN_SHARED_PROVIDER = [
    span
    for row in rows_of_all_tables((DOCS / "how-to" / "shared-provider.md").read_text())
    for span in code_spans(row[-1])
    if ANY in span
]
QUOTES = [*ON_THE_PAGE, *quoted(README, "## Troubleshooting"), *IN_SHARED_PROVIDER]


@pytest.mark.parametrize("quote", QUOTES)
def test_a_message_that_is_quoted_is_in_the_code(quote: str) -> None:
    assert is_known(quote)


@pytest.mark.parametrize("message", error_messages(), ids=lambda message: message.text)
def test_an_error_that_a_user_can_meet_is_explained(message: Message) -> None:
    assert any(quote.strip(ANY + " ") and covers(quote, message.text) for quote in ON_THE_PAGE), message.where


def covers(quote: str, message: str) -> bool:
    """Tells whether a quote, read as a pattern, could be this message: both may have blanks where the other has words."""
    return quoted_in(message, quote) or quoted_in(quote, message)
