"""R15: the ledger of one account (sổ cái): its rows, counter accounts and running balance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy.orm import Session

from loanfund.domain.money import NOTHING, Money
from loanfund.domain.posting import CREDIT_ACCOUNTS, Account
from loanfund.domain.report import (
    Behind,
    Cell,
    Column,
    Equation,
    Kind,
    Line,
    Look,
    Report,
    Said,
    Table,
    numbered,
    summed,
)
from loanfund.queries._behind import before_and_in, each, report_behind
from loanfund.queries._booking import (
    RESTATED,
    Vouchers,
    account_cell,
    account_numbers,
    account_title,
    cause_words,
    look_of,
    span_of,
    vouchers_of,
)
from loanfund.queries._report import NUMBER, Question
from loanfund.store.journal import JournalRow, Turnover, journal_rows, turnovers


def account_ledger(session: Session, question: Question) -> Report:
    """Give the account's rows; its balance stands on the side where such accounts stand."""
    account = Account(question.account)
    span = span_of(question)
    numbers = account_numbers(session, question)
    standing = turnovers(session, span)[account]
    columns = _columns(account)
    before, _ = before_and_in(
        "account_ledger", question.source, question.first, question.as_of, account=account.value
    )
    rows, vouchers = journal_rows(session, span, account), vouchers_of(session, question)
    lines = numbered(_lines(account, rows, standing, numbers, vouchers))
    sums = summed(columns, lines, Said("report.sums"))
    table = Table(
        title=account_title(numbers, account),
        columns=columns,
        lines=(
            _balance("report.opening", account, standing.opening, behind=before),
            *lines,
            Line((*sums.cells[:-1], None), Look.SUBTOTAL),
            _balance("report.closing", account, standing.closing, Look.TOTAL),
        ),
    )
    return Report(
        name="account_ledger",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=(table,),
        equations=(_equation(account, standing, sums),),
        notes=(RESTATED,),
    )


def _columns(account: Account) -> tuple[Column, ...]:
    side = "credit_balance" if account in CREDIT_ACCOUNTS else "debit_balance"
    return (
        NUMBER,
        Column("booking_date", Kind.DAY),
        Column("voucher"),
        Column("value_date", Kind.DAY),
        Column("words"),
        Column("contract"),
        Column("counter_account"),
        Column("debit", Kind.MONEY),
        Column("credit", Kind.MONEY),
        Column(side, Kind.MONEY, is_explained=True),
    )


def _lines(
    account: Account,
    rows: Iterable[JournalRow],
    standing: Turnover,
    numbers: Mapping[Account, str],
    vouchers: Vouchers,
) -> Iterator[Line]:
    balance = standing.opening
    for row in rows:
        is_debit = row.debit is account
        balance += row.amount.dong if is_debit else -row.amount.dong
        cells = (
            row.booking_date,
            vouchers.number_of(row),
            row.value_date,
            cause_words(row),
            row.contract_number or "",
            account_cell(numbers, row.credit if is_debit else row.debit),
            row.amount if is_debit else NOTHING,
            NOTHING if is_debit else row.amount,
            on_its_side(account, balance),
        )
        entry = report_behind("journal", row.source, row.booking_date, row.booking_date)
        yield Line(cells, look_of(row), row.loan_id, each(entry, "debit", "credit"))


def on_its_side(account: Account, balance: int) -> Money:
    """Give a balance as positive on the side where accounts of this kind stand."""
    return Money(-balance if account in CREDIT_ACCOUNTS else balance)


def _balance(
    key: str,
    account: Account,
    balance: int,
    look: Look = Look.OPENING,
    behind: Behind | None = None,
) -> Line:
    columns = _columns(account)
    cells: list[Cell] = [None] * len(columns)
    cells[2], cells[-1] = Said(key), on_its_side(account, balance)
    return Line(tuple(cells), look, behind={columns[-1].name: behind} if behind else {})


def _equation(account: Account, standing: Turnover, sums: Line) -> Equation:
    """Say that what stands is what stood and the sums of the rows, read in another way."""
    debit, credit = sums.cells[7], sums.cells[8]
    facts = {
        "opening": on_its_side(account, standing.opening),
        "debit": debit,
        "credit": credit,
        "closing": on_its_side(account, standing.closing),
    }
    holds = (debit, credit) == (Money(standing.debit), Money(standing.credit))
    return Equation(Said(f"report.equation.{_side(account)}", facts), holds)


def _side(account: Account) -> str:
    return "credit_account" if account in CREDIT_ACCOUNTS else "debit_account"
