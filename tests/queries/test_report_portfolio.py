"""Reports of the portfolio: their figures against sums over the raw rows of the 2020 book."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.domain.report import Look, Report, fingerprint
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._report import Question
from loanfund.queries.report_loans import loans_report
from loanfund.queries.report_sources import sources_report
from tests.books import a_small_book

FIRST, LAST = date(2020, 1, 1), date(2020, 5, 31)
HALF_YEAR = Question(first=FIRST, as_of=LAST)
PRINCIPAL = ("principal_in_term", "principal_overdue")
MONEY = ("cash", "bank")


def column(report: Report, name: str, look: Look = Look.PLAIN, table: int = 0) -> list[Any]:
    """One column of a table's lines of a look; amounts as whole đồng."""
    found = report.tables[table]
    place = [one.name for one in found.columns].index(name)
    cells = [line.cells[place] for line in found.lines if line.look is look]
    return [cell.dong if isinstance(cell, Money) else cell for cell in cells]


def ledger_sum(
    session: Session, source: str, debit: Iterable[str], credit: Iterable[str], since: date
) -> int:
    """What the ledger moved from some accounts to others in [since, LAST], by value date."""
    query = (
        select(func.sum(LedgerEntry.amount))
        .join(CapitalSource, CapitalSource.id == LedgerEntry.source_id)
        .where(CapitalSource.code == source)
        .where(LedgerEntry.debit.in_(tuple(debit)), LedgerEntry.credit.in_(tuple(credit)))
        .where(LedgerEntry.value_date.between(since, LAST))
    )
    found = session.scalar(query)
    return 0 if found is None else found.dong


@pytest.mark.parametrize(("place", "source"), [(0, "QHTPT"), (1, "QVL")])
def test_each_source_has_what_its_rows_add_up_to(
    book_2020: Session, place: int, source: str
) -> None:
    report = sources_report(book_2020, HALF_YEAR)

    capital = book_2020.scalar(
        select(func.sum(CapitalMovement.amount))
        .join(CapitalSource, CapitalSource.id == CapitalMovement.source_id)
        .where(CapitalSource.code == source, CapitalMovement.value_date <= LAST)
    )
    since = date(1900, 1, 1)
    lent = ledger_sum(book_2020, source, PRINCIPAL, MONEY, since)
    paid = ledger_sum(book_2020, source, (*MONEY, "borrower_credit"), PRINCIPAL, since)
    assert capital is not None
    assert column(report, "capital")[place] == capital.dong
    assert column(report, "disbursed")[place] == ledger_sum(
        book_2020, source, PRINCIPAL, MONEY, FIRST
    )
    assert column(report, "collected_principal")[place] == ledger_sum(
        book_2020, source, (*MONEY, "borrower_credit"), PRINCIPAL, FIRST
    )
    assert column(report, "outstanding")[place] == lent - paid
    assert column(report, "undisbursed")[place] == capital.dong - lent + paid


def test_the_sources_report_says_what_the_published_report_said(book_2020: Session) -> None:
    report = sources_report(book_2020, HALF_YEAR)

    assert column(report, "capital") == [14_390_000_000, 5_129_000_000]
    assert column(report, "loans") == [48, 23]
    assert column(report, "outstanding") == [13_300_000_000, 5_000_000_000]
    assert column(report, "undisbursed") == [1_090_000_000, 129_000_000]
    assert [ratio.percent for ratio in column(report, "bad_debt_ratio")] == ["2.26", "1.24"]
    assert column(report, "outstanding", Look.TOTAL) == [18_300_000_000]


def test_the_list_has_every_loan_with_a_balance_and_its_sums(book_2020: Session) -> None:
    report = loans_report(book_2020, HALF_YEAR)

    outstanding = column(report, "outstanding")
    assert len([dong for dong in outstanding if dong]) == 48 + 23
    assert column(report, "outstanding", Look.SUBTOTAL) == [13_300_000_000, 5_000_000_000]
    assert column(report, "outstanding", Look.TOTAL) == [sum(outstanding)]
    by_contract = dict(
        zip(column(report, "contract"), column(report, "accrued_interest"), strict=True)
    )
    assert by_contract["01/2019/HĐTD-QHTPT"] == 216_986  # tests/data, position of 31/05/2020
    assert by_contract["29/2018/HĐTD-QHTPT"] == 2_115_616
    assert column(report, "number") == list(range(1, len(outstanding) + 1))


def test_each_balance_is_the_loan_s_raw_payments(book_2020: Session) -> None:
    report = loans_report(book_2020, HALF_YEAR)

    signed = dict.fromkeys(book_2020.scalars(select(Loan.id)), 0)
    rows = select(LedgerEntry).where(LedgerEntry.value_date <= LAST)
    for row in book_2020.scalars(rows):
        if row.loan_id is not None:
            signed[row.loan_id] += row.amount.dong * (row.debit in PRINCIPAL)
            signed[row.loan_id] -= row.amount.dong * (row.credit in PRINCIPAL)
    shown = {
        line.loan_id: dong
        for line, dong in zip(
            [line for line in report.tables[0].lines if line.look is Look.PLAIN],
            column(report, "outstanding"),
            strict=True,
        )
    }
    assert {loan_id: dong for loan_id, dong in signed.items() if dong} == {
        loan_id: dong for loan_id, dong in shown.items() if dong
    }


def test_one_source_alone_has_no_subtotal(book_2020: Session) -> None:
    question = Question(first=FIRST, as_of=LAST, source="QVL")

    report = loans_report(book_2020, question)

    assert column(report, "outstanding", Look.SUBTOTAL) == []
    assert column(report, "outstanding", Look.TOTAL) == [5_000_000_000]
    assert sources_report(book_2020, question).tables[0].lines[0].cells[1] == (
        "QVL – Quỹ quốc gia về việc làm"
    )


def test_the_same_question_has_the_same_answer(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)
    known_at = session.scalar(select(func.max(LoanEvent.recorded_at)))
    question = Question(first=FIRST, as_of=LAST, known_at=known_at)

    for build in (sources_report, loans_report):
        assert fingerprint(build(session, question)) == fingerprint(build(session, question))
    now = loans_report(session, Question(first=FIRST, as_of=LAST))
    assert now.tables == loans_report(session, question).tables
