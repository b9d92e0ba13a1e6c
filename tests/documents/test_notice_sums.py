"""Every sum that a notice asks for can be computed again from the paper alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import pytest
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.documents.notice import render_notice
from loanfund.domain.folded import fold_loan
from loanfund.domain.notice import OVERDUE_NOTICE, Notice, notice_of
from loanfund.models.borrower import Borrower
from loanfund.store.letter import letter
from loanfund.store.message import owing
from loanfund.store.setting import load_settings
from tests.builders import a_lending_fund, a_loan, repaid
from tests.papers import words_of
from tests.statements import ISSUE

pytestmark = pytest.mark.slow

DAY, AMOUNT = r"(\d\d)/(\d\d)/(\d{4})", r"\(?[\d.]+(?:,\d+)?\)?"
LINE = (
    rf"{DAY} {DAY} (?P<days>\d+) (?P<balance>{AMOUNT}) (?P<rate>[\d,]+) % (?P<amount>{AMOUNT})"
)
ROUNDED = rf"(?P<exact>{AMOUNT}), làm tròn (?P<rounded>{AMOUNT})"
SETTLED = rf"Đã trả (?P<settled>{AMOUNT}) Còn phải trả (?P<left>{AMOUNT})"
WITHIN = timedelta(days=10)
EACH = re.compile(f"{LINE}|{ROUNDED}|{SETTLED}")


def notices(session: Session, day: date) -> Iterator[Notice]:
    """The notice of every loan that has anything overdue, else of what it owes next."""
    settings = load_settings(session)
    for owed in owing(session, settings, day):
        dues = [one.due_date for one in owed.dues.dues]
        days = {one for one in dues if one <= day} or set(dues[:1])
        if not days:
            continue
        borrower = session.get_one(Borrower, owed.loan.borrower_id)
        told = letter(session, settings, borrower, day, {owed.loan.id: (owed, days)})
        folded = fold_loan(owed.loan.history(), day, owed.loan.rule_sets)
        yield notice_of(told, told.loans[0], folded, day + WITHIN)


def exactly(written: str) -> Fraction:
    plain = written.strip("()").replace(".", "").replace(",", ".")
    return -Fraction(plain) if written.startswith("(") else Fraction(plain)


def half_up(exact: Fraction, decimals: int = 0) -> Fraction:
    scale = 10**decimals
    return Fraction(floor(exact * scale + Fraction(1, 2)), scale)


def sums_of(words: str) -> list[Fraction]:
    """Compute each sum of interest of an annex again, as somebody with a calculator does."""
    found: list[Fraction] = []
    lines: list[Fraction] = []
    for one in EACH.finditer(words):
        if one["days"]:
            numbers = [int(part) for part in one.groups()[:6]]
            first, last = date(*numbers[2::-1]), date(*numbers[5:2:-1])
            assert int(one["days"]) == (last - first).days
            rate = exactly(one["rate"]) / 100
            lines.append(exactly(one["balance"]) * rate * int(one["days"]) / 365)
            assert half_up(lines[-1], 2) == exactly(one["amount"])
        elif one["rounded"]:
            amount = half_up(sum(lines, Fraction(0)))
            assert half_up(exactly(one["exact"])) == amount == exactly(one["rounded"])
            assert abs(sum(lines) - exactly(one["exact"])) <= Fraction(1, 200)
            found.append(amount)
            lines = []
        else:
            found[-1] += exactly(one["settled"])
            assert found[-1] == exactly(one["left"])
    assert lines == []
    return found


def recomputed(notice: Notice) -> str:
    """Compute the sums of a notice again from its paper, and give the words of that.

    Those of its own day come first, then those of the last day on which it is to be paid.
    """
    words = words_of(render_notice(notice, ISSUE))
    own, _, later = words.partition("PHỤ LỤC")[2].partition(" II. Nếu trả ngày")
    asked = re.search(rf"Tổng số tiền phải trả[^:]*: ({AMOUNT}) đ", words)
    principal = sum(due.principal.dong - due.credit.dong for due in notice.dues)
    assert asked is not None
    assert sum(sums_of(own)) + principal == exactly(asked[1]), notice.loan.contract_number
    if notice.kind == OVERDUE_NOTICE:
        asked_then = re.search(
            rf"Nếu trả ngày {notice.deadline:%d/%m/%Y}[^()]* ({AMOUNT}) đ", words
        )
        of_it = re.search(rf"gồm gốc ({AMOUNT}) đ", words)
        assert asked_then is not None
        due = exactly(of_it[1]) if of_it else 0
        assert sum(sums_of(later)) + due == exactly(asked_then[1]) > exactly(asked[1])
    return words


def test_every_sum_of_a_notice_can_be_computed_again_from_the_paper(
    book_2020: Session,
) -> None:
    """Of every loan of the 2020 book with anything overdue, and of some of the others."""
    found = list(notices(book_2020, date(2020, 5, 31)))
    overdue = [one for one in found if one.kind == OVERDUE_NOTICE]
    others = [one for one in found if one.kind != OVERDUE_NOTICE][::8]

    for notice in (*overdue, *others):
        recomputed(notice)

    assert len(overdue) >= 4
    assert len(others) >= 8


@pytest.mark.parametrize("day", [date(2020, 4, 20), date(2020, 7, 15), date(2020, 11, 2)])
def test_what_was_paid_in_part_and_late_interest_can_be_computed_again_too(
    session: Session, clock: FixedClock, day: date
) -> None:
    """120 million at 6 %, to be paid by October; interest unpaid costs 10 % a year."""
    fund = a_lending_fund(session, clock)
    terms = {"amount": 120_000_000, "term_months": 8}
    a_loan(fund, "9/2020", signed_on=date(2020, 2, 5), late_interest_rate="10", **terms)
    repaid(fund, "9/2020", date(2020, 3, 20), 400_000)

    (notice,) = notices(session, day)
    words = recomputed(notice)

    assert notice.kind == OVERDUE_NOTICE
    assert "Lãi chậm trả" in words.partition("PHỤ LỤC")[2]
    assert "Còn phải trả" in words
