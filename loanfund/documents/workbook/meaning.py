"""What a workbook adds up to, in lines: whoever decides on it sees a wrong unit at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from loanfund.domain.book_closed import closed_says
from loanfund.domain.book_meaning import Meaning, meaning_says
from loanfund.wording import text


def meaning_lines(meaning: Meaning, language: str) -> Iterator[str]:
    """Give a line for each sheet and source, then one for each span of lending beyond means."""
    for key, facts in meaning_says(meaning):
        yield text(key, language, **facts)


def closed_lines(meaning: Meaning, language: str) -> Iterator[str]:
    """Give a line for each closed month that rows fall into."""
    for key, facts in closed_says(meaning.closed):
        yield text(key, language, **facts)
