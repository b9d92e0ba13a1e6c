"""The books: their figures against a plain walk over the ledger's rows, and by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.documents.report_cell import said
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money
from loanfund.domain.posting import CREDIT_ACCOUNTS, MEMO_ACCOUNTS, Account
from loanfund.domain.report import Look, Report, Said, Table
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import LoanEvent
from loanfund.queries._report import Question
from loanfund.queries.account_ledger import account_ledger
from loanfund.queries.cash_book import cash_book
from loanfund.queries.journal import journal
from loanfund.queries.trial_balance import trial_balance
from loanfund.services._setting import SetSetting
from loanfund.services.repayment import Repay
from loanfund.services.reversal import Correct, reverse
from loanfund.services.setting import set_setting
from tests.builders import (
    FOUNDED,
    Fund,
    a_borrower,
    a_fund,
    a_lending_fund,
    a_loan,
    a_source,
    repaid,
)
from tests.prepared import prepared
from tests.services.months import closed, on

MAY = Question(first=date(2020, 5, 1), as_of=date(2020, 5, 31))
NUMBERS = {"cash": "1111", "bank": "1121", "capital": "4111", "principal_in_term": "1283"}


def dong(cell: Any) -> Any:
    return cell.dong if isinstance(cell, Money) else cell


def rows_of(table: Table, *looks: Look) -> list[list[Any]]:
    return [
        [dong(cell) for cell in line.cells]
        for line in table.lines
        if line.look in (looks or (Look.PLAIN, Look.MARKED))
    ]


def walked(session: Session, question: Question) -> dict[Account, list[int]]:
    """Opening, debit, credit and closing of each account, row after row."""
    found = {account: [0, 0, 0, 0] for account in Account}
    for row in session.scalars(select(LedgerEntry)):
        if row.booking_date > question.as_of:
            continue
        for side, sign, place in ((row.debit, 1, 1), (row.credit, -1, 2)):
            one = found[Account(side)]
            one[3] += sign * row.amount.dong
            if row.booking_date < question.first:
                one[0] += sign * row.amount.dong
            else:
                one[place] += row.amount.dong
    return found


def balances(report: Report) -> dict[str, list[int]]:
    """The six figures of every account of a trial balance."""
    return {
        line.cells[0].key.removeprefix("account."): [dong(cell) for cell in line.cells[2:]]
        for table in report.tables
        for line in table.lines
        if line.look is Look.PLAIN and isinstance(line.cells[0], Said)
    }


def sides(balance: int) -> list[int]:
    return [max(balance, 0), max(-balance, 0)]


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """100 million lent at 6 % on 10/01/2020 from a billion; interest is paid until May."""
    found = a_fund(session, clock)
    numbers = SetSetting(key="account_numbers", value=NUMBERS, valid_from=FOUNDED)
    set_setting(session, numbers, found.accountant, clock, found.manager)
    a_source(found)
    a_borrower(found)
    a_loan(on(found, date(2020, 1, 10)))
    for month, interest in ((2, 509_589), (3, 476_712), (4, 509_589)):
        day = date(2020, month, 10)
        repaid(on(found, day), "01/2020", day, interest)
    day = date(2020, 5, 10)
    repaid(on(found, day), "01/2020", day, 493_151, method=PaymentMethod.CASH)
    return found


def test_every_account_of_the_2020_book_is_its_rows_and_both_sides_are_equal(
    book_2020: Session,
) -> None:
    report = trial_balance(book_2020, MAY)

    assert balances(report) == {
        account.value: [*sides(opening), debit, credit, *sides(closing)]
        for account, (opening, debit, credit, closing) in walked(book_2020, MAY).items()
    }
    for table in report.tables:
        (total,) = rows_of(table, Look.TOTAL)
        assert total[2] == total[3]
        assert total[4] == total[5]
        assert total[6] == total[7]
    assert len(report.equations) == 4
    assert all(equation.holds for equation in report.equations)


def test_the_ledger_of_each_account_ends_where_the_trial_balance_does(
    book_2020: Session,
) -> None:
    expected = walked(book_2020, MAY)
    for account in Account:
        question = Question(first=MAY.first, as_of=MAY.as_of, account=account.value)
        report = account_ledger(book_2020, question)
        opening, debit, credit, closing = expected[account]
        sign = -1 if account in CREDIT_ACCOUNTS else 1
        (table,) = report.tables
        lines = rows_of(table)

        assert rows_of(table, Look.OPENING)[0][-1] == sign * opening
        assert rows_of(table, Look.TOTAL)[0][-1] == sign * closing
        assert rows_of(table, Look.SUBTOTAL)[0][-3:-1] == [debit, credit]
        balance = sign * opening
        for line in lines:
            balance += sign * (line[-3] - line[-2])
            assert line[-1] == balance
        assert balance == sign * closing
        assert [equation.holds for equation in report.equations] == [True]


def test_the_cash_book_has_what_vouchers_moved(book_2020: Session) -> None:
    report = cash_book(book_2020, MAY)

    expected = walked(book_2020, MAY)
    events = book_2020.scalars(
        select(LoanEvent).where(LoanEvent.value_date.between(MAY.first, MAY.as_of))
    ).all()

    def moved(kind: str, method: str) -> int:
        return sum(
            one.amount.dong
            for one in events
            if one.amount and (one.type, one.payload.get("method", "bank")) == (kind, method)
        )

    for account, table in zip(("cash", "bank"), report.tables, strict=True):
        (sums,) = rows_of(table, Look.SUBTOTAL)
        assert sums[7:9] == [moved("repayment", account), moved("disbursement", account)]
        balance = rows_of(table, Look.OPENING)[0][-1]
        assert balance == expected[Account(account)][0]
        for line in rows_of(table):
            balance += line[7] - line[8]
            assert line[9] == balance
        assert rows_of(table, Look.TOTAL)[0][-1] == balance == expected[Account(account)][3]
    assert [equation.holds for equation in report.equations] == [True, True]


def test_the_journal_has_every_row_of_the_period_and_no_other(book_2020: Session) -> None:
    report = journal(book_2020, MAY)

    rows = book_2020.scalars(
        select(LedgerEntry).where(LedgerEntry.booking_date.between(MAY.first, MAY.as_of))
    ).all()
    found = [line for table in report.tables for line in rows_of(table)]
    assert sorted((line[1], line[3], line[7]) for line in found) == sorted(
        (row.booking_date, row.value_date, row.amount.dong) for row in rows
    )
    for table, is_memo in zip(report.tables, (False, True), strict=True):
        (total,) = rows_of(table, Look.TOTAL)
        assert total[7] == sum(
            row.amount.dong for row in rows if (Account(row.debit) in MEMO_ACCOUNTS) is is_memo
        )


def test_a_month_worked_by_hand_under_the_fund_s_own_numbers(fund: Fund) -> None:
    """1 billion less 100 million, and 509,589 + 476,712 + 509,589 by bank; May's in cash."""
    report = trial_balance(fund.session, MAY)

    found = {name: figures for name, figures in balances(report).items() if any(figures)}
    assert found == {
        "cash": [0, 0, 493_151, 0, 493_151, 0],
        "bank": [901_495_890, 0, 0, 0, 901_495_890, 0],
        "principal_in_term": [100_000_000, 0, 0, 0, 100_000_000, 0],
        "interest_receivable": [0, 0, 493_151, 493_151, 0, 0],
        "capital": [0, 1_000_000_000, 0, 0, 0, 1_000_000_000],
        "interest_income": [0, 1_495_890, 0, 493_151, 0, 1_989_041],
    }
    assert rows_of(report.tables[0], Look.TOTAL)[0][2:] == [
        1_001_495_890,
        1_001_495_890,
        986_302,
        986_302,
        1_001_989_041,
        1_001_989_041,
    ]
    named = {line.cells[0].key: line.cells[1] for line in report.tables[0].lines[:-1]}  # type: ignore[union-attr]
    assert named["account.cash"] == "1111"
    assert named["account.interest_income"] == ""


def test_the_books_name_accounts_as_the_fund_does(fund: Fund) -> None:
    charge, payment = rows_of(journal(fund.session, MAY).tables[0])

    receivable = Said("account.interest_receivable")
    assert charge[4] == Said("report.cause.charge.interest", {"day": date(2020, 5, 10)})
    assert charge[5:8] == [receivable, Said("account.interest_income"), 493_151]
    assert payment[2] == "PT-2020/000001"
    assert payment[4:8] == [Said("report.cause.repayment"), "1111", receivable, 493_151]
    assert payment[9:11] == ["01/2020", "HTX Đồng Tâm"]
    till, bank = cash_book(fund.session, MAY).tables
    assert till.title is not None
    assert till.title.facts["number"] == "1111"
    assert [line[2] for line in rows_of(till)] == ["PT-2020/000001"]
    assert rows_of(bank) == []


def test_a_payment_for_a_closed_month_is_a_restatement_in_the_open_one(
    session: Session,
) -> None:
    """February's payment, learned of in March: nothing of February's book changes."""
    clock = FixedClock(date(2020, 3, 5))
    found = a_lending_fund(session, clock)
    a_loan(found)
    closed(found, date(2020, 1, 31))
    closed(found, date(2020, 2, 29))
    known_at = clock.now()
    february = Question(first=date(2020, 2, 1), as_of=date(2020, 2, 29))
    before = [build(session, february).tables for build in (journal, cash_book, trial_balance)]
    repaid(on(found, date(2020, 3, 6)), "01/2020", date(2020, 2, 10), 509_589)

    march = Question(first=date(2020, 3, 1), as_of=date(2020, 3, 31))

    assert [
        build(session, february).tables for build in (journal, cash_book, trial_balance)
    ] == before
    (line,) = [one for one in cash_book(session, march).tables[1].lines if one.loan_id]
    assert line.look is Look.MARKED
    assert line.cells[1] == date(2020, 3, 6)
    assert line.cells[3] == date(2020, 2, 10)
    assert line.cells[7] == Money(509_589)
    earlier = Question(first=march.first, as_of=march.as_of, known_at=known_at)
    assert rows_of(cash_book(session, earlier).tables[1]) == []
    assert rows_of(trial_balance(session, earlier).tables[0])[1][6] == 900_000_000
    assert rows_of(trial_balance(session, march).tables[0])[1][6] == 900_509_589


def test_a_wrong_receipt_is_undone_by_its_reversal_before_the_right_one_is_booked(
    session: Session, clock: FixedClock
) -> None:
    """600 000 came, not 509 589; no row of it says that it was only split anew."""
    found = a_lending_fund(session, clock)
    a_loan(found)
    repaid(found, "01/2020", date(2020, 2, 10), 509_589)
    right = Repay(
        contract_number="01/2020", value_date=date(2020, 2, 10), amount=Money(600_000)
    )
    wrong = Correct(sequence=2, repayment=right, reason="Sai số tiền")
    reverse(session, wrong, found.officer, clock)
    year = Question(first=FOUNDED, as_of=clock.today())

    lines = cash_book(session, year).tables[1].lines
    booked = journal(session, year).tables[0].lines[:-1]

    undone = ("PKT-2020/000001", "Hoàn TTG-2020/000001: Thu nợ")
    of_loan = [line.cells for line in lines if line.loan_id][1:]
    assert [(row[2], words(row[4]), dong(row[7]), dong(row[8])) for row in of_loan] == [
        ("TTG-2020/000001", "Thu nợ", 509_589, 0),
        (*undone, 0, 509_589),
        ("TTG-2020/000002", "Thu nợ", 600_000, 0),
    ]
    told = [(line.cells[2], words(line.cells[4])) for line in booked]
    assert undone in told
    assert not [one for _, one in told if "tính lại" in one]


def words(cell: Any) -> str:
    """What a cell says."""
    return said(cell, "vi")


def test_one_source_alone_is_balanced_too(fund: Fund) -> None:
    a_source(fund, "VIEC", capital=500_000_000, bears_risk=False)
    question = Question(first=FOUNDED, as_of=MAY.as_of, source="VIEC")

    report = trial_balance(fund.session, question)

    found = {name: figures for name, figures in balances(report).items() if any(figures)}
    assert found == {
        "bank": [0, 0, 500_000_000, 0, 500_000_000, 0],
        "capital": [0, 0, 0, 500_000_000, 0, 500_000_000],
    }
    assert all(equation.holds for equation in report.equations)


def test_an_empty_book_has_nothing_in_it(session: Session) -> None:
    assert journal(session, MAY).line_count == 0
    assert all(not any(figures) for figures in balances(trial_balance(session, MAY)).values())
    for table in cash_book(session, MAY).tables:
        assert [line[-1] for line in rows_of(table, Look.OPENING, Look.TOTAL)] == [0, 0]
