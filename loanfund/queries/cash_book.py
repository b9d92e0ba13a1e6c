"""The cash book (sổ quỹ): receipts and payments in cash and at the bank, with the balance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.money import NOTHING, Money
from loanfund.domain.posting import MONEY_ACCOUNTS, Account
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
    account_name,
    account_numbers,
    account_title,
    cause_words,
    look_of,
    span_of,
    whose,
)
from loanfund.queries._report import NUMBER, Question
from loanfund.store.journal import JournalRow, journal_rows, turnovers

COLUMNS = (
    NUMBER,
    Column("booking_date", Kind.DAY),
    Column("voucher"),
    Column("value_date", Kind.DAY),
    Column("words"),
    Column("whose"),
    Column("contract"),
    Column("receipts", Kind.MONEY),
    Column("payments", Kind.MONEY),
    Column("balance", Kind.MONEY, is_explained=True),
)


def cash_book(session: Session, question: Question) -> Report:
    """Give a table each for cash and bank; parts of one receipt are one line.

    What a later correction moved from one counter account to another moved no money: parts
    that cancel out are no line.
    """
    span = span_of(question)
    rows = journal_rows(session, span, *MONEY_ACCOUNTS)
    standing = turnovers(session, span)
    numbers = account_numbers(session, question)
    tables, equations, below = [], [], list[Said]()
    for account in MONEY_ACCOUNTS:
        opening, closing = standing[account].opening, standing[account].closing
        lines = numbered(_lines(account, rows, opening))
        below += _below(account, question, opening, lines)
        below += _below(account, question, opening, lines)
        sums = summed(COLUMNS, lines, Said("report.sums"))
        received, paid = sums.cells[7], sums.cells[8]
        ends = (
            _balance("report.opening", opening, behind=_before(account, question)),
            *lines,
            Line((*sums.cells[:9], None), Look.SUBTOTAL),
            _balance("report.closing", closing, Look.TOTAL),
        )
        tables.append(Table(title=account_title(numbers, account), columns=COLUMNS, lines=ends))
        equations.append(_equation(account, opening, received, paid, closing))
    return Report(
        name="cash_book",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=tuple(tables),
        equations=tuple(equations),
        words=tuple(below),
        notes=(Said("report.note.cash_book"), RESTATED),
    )


def _below(account: Account, question: Question, opening: int, lines: list[Line]) -> list[Said]:
    """Say of an account on which day it first ended below nothing, which money cannot.

    What a single source has of it is no account of its own.
    """
    ends: dict[Cell, Cell] = {question.first: Money(opening)} if opening < 0 else {}
    ends |= {line.cells[1]: line.cells[-1] for line in lines}
    facts = [
        {"account": account_name(account), "day": day, "balance": balance}
        for day, balance in ends.items()
        if isinstance(balance, Money) and balance.dong < 0
    ]
    return [Said("report.cash_book.below", one) for one in facts[:1] if not question.source]


def _before(account: Account, question: Question) -> Behind:
    """Give the account's ledger before the period."""
    days = (question.first, question.as_of)
    return before_and_in("account_ledger", question.source, *days, account=account.value)[0]


def _lines(account: Account, rows: Iterable[JournalRow], opening: int) -> Iterator[Line]:
    """Give a line for each posting that moved money, with the balance after it."""
    own = [row for row in rows if account in {row.debit, row.credit}]
    balance = opening
    for _, group in groupby(own, key=_posting):
        parts = list(group)
        moved = sum(
            row.amount.dong if row.debit is account else -row.amount.dong for row in parts
        )
        if moved:
            balance += moved
            yield _line(parts, moved, balance)


def _posting(row: JournalRow) -> tuple[Any, ...]:
    return row.booking_date, row.recorded_at, row.loan_id, row.cause, row.value_date


def _line(parts: Sequence[JournalRow], moved: int, balance: int) -> Line:
    row = parts[0]
    entries = report_behind("journal", row.source, row.booking_date, row.booking_date)
    return Line(
        (
            row.booking_date,
            row.number or "",
            row.value_date,
            cause_words(row),
            whose(row),
            row.contract_number or "",
            Money(max(moved, 0)),
            Money(max(-moved, 0)),
            Money(balance),
        ),
        look_of(row),
        row.loan_id,
        each(entries, "receipts", "payments"),
    )


def _balance(
    key: str, dong: int, look: Look = Look.OPENING, behind: Behind | None = None
) -> Line:
    """Give the line of the balance before, or at the end."""
    cells: list[Cell] = [None] * len(COLUMNS)
    cells[2], cells[-1] = Said(key), Money(dong)
    return Line(tuple(cells), look, behind={"balance": behind} if behind else {})


def _equation(
    account: Account, opening: int, received: Cell, paid: Cell, closing: int
) -> Equation:
    receipts = received if isinstance(received, Money) else NOTHING
    payments = paid if isinstance(paid, Money) else NOTHING
    facts = {
        "account": account_name(account),
        "opening": Money(opening),
        "receipts": receipts,
        "payments": payments,
        "closing": Money(closing),
    }
    holds = opening + receipts.dong - payments.dong == closing
    return Equation(Said("report.equation.cash_book", facts), holds)
