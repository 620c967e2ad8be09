"""The messages that the pages quote are the code's, and each error that a user can meet is among them."""

from __future__ import annotations

import pytest

from tests.docs.errors_page import PAGE, messages, page, with_table
from tests.docs.markdown import DOCS, README, code_spans, rows
from tests.docs.messages import ANY, Message, error_messages, is_known, quoted_in

SHARED_PROVIDER = DOCS / "how-to" / "shared-provider.md"


def rows_of_all_tables(text: str) -> list[list[str]]:
    return [row for table in text.split("\n\n") if table.startswith("|") for row in rows(table)]


MISTAKES = SHARED_PROVIDER.read_text().partition("## Mistakes")[2].partition("\n## ")[0]
IN_SHARED_PROVIDER = [span for row in rows_of_all_tables(MISTAKES) for span in code_spans(row[-1]) if ANY in span]


def test_the_page_is_written_from_the_table_of_errors() -> None:
    assert PAGE.read_text() == page()


def test_the_readme_has_the_frequent_errors_of_that_table() -> None:
    assert README.read_text() == with_table(README.read_text())


@pytest.mark.parametrize("quote", [*messages(), *IN_SHARED_PROVIDER])
def test_a_message_that_is_quoted_is_in_the_code(quote: str) -> None:
    assert is_known(quote)


@pytest.mark.parametrize("message", error_messages(), ids=lambda message: message.text)
def test_an_error_that_a_user_can_meet_is_explained(message: Message) -> None:
    assert any(quote.strip(ANY + " ") and covers(quote, message.text) for quote in messages()), message.where


def covers(quote: str, message: str) -> bool:
    """Tells whether a quote, read as a pattern, could be this message: both may have blanks where the other has words."""
    return quoted_in(message, quote) or quoted_in(quote, message)
