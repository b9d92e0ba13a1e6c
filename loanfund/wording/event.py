"""How an event of a loan is named to people: by its voucher, else by what it was and when."""

from __future__ import annotations

from datetime import date

from loanfund.wording.texts import text

PAPERS = "vi"  # papers, and what is printed on them, speak one language


def event_name(number: str | None, kind: str, day: date, language: str = PAPERS) -> str:
    """Give the number of an event's voucher, else "Thu nợ ngày 05/06/2020"."""
    what = text(f"event.{kind}", language)
    return number or text("event.of_day", language, what=what, day=day)
