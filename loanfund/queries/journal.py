"""The journal: every transfer booked in a period, on the balance sheet and off it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from loanfund.domain.posting import MEMO_ACCOUNTS, Account
from loanfund.domain.report import (
    Behind,
    Column,
    Kind,
    Line,
    Report,
    Said,
    Table,
    numbered,
    summed,
)
from loanfund.queries._behind import report_behind
from loanfund.queries._booking import (
    RESTATED,
    Vouchers,
    account_cell,
    account_numbers,
    cause_words,
    look_of,
    span_of,
    vouchers_of,
    whose,
)
from loanfund.queries._report import NUMBER, TOTAL, Question
from loanfund.store.journal import JournalRow, journal_rows

COLUMNS = (
    NUMBER,
    Column("booking_date", Kind.DAY),
    Column("voucher"),
    Column("value_date", Kind.DAY),
    Column("words"),
    Column("debit_account"),
    Column("credit_account"),
    Column("amount", Kind.MONEY),
    Column("source"),
    Column("contract"),
    Column("whose"),
    Column("recorded_at", Kind.INSTANT),
    Column("recorded_by"),
)


def journal(session: Session, question: Question) -> Report:
    """Give the rows in the order booked; those with an earlier value date are marked."""
    numbers = account_numbers(session, question)
    vouchers = vouchers_of(session, question)
    rows = journal_rows(session, span_of(question))
    parts = {
        "balance_sheet": [row for row in rows if row.debit not in MEMO_ACCOUNTS],
        "memo": [row for row in rows if row.debit in MEMO_ACCOUNTS],
    }
    return Report(
        name="journal",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=tuple(
            _table(name, part, numbers, vouchers) for name, part in parts.items() if part
        ),
        notes=(RESTATED,),
    )


def _table(
    name: str, rows: Iterable[JournalRow], numbers: Mapping[Account, str], vouchers: Vouchers
) -> Table:
    lines = numbered(_line(row, numbers, vouchers) for row in rows)
    return Table(
        title=Said(f"report.part.{name}"),
        columns=COLUMNS,
        lines=(*lines, summed(COLUMNS, lines, TOTAL)),
    )


def _line(row: JournalRow, numbers: Mapping[Account, str], vouchers: Vouchers) -> Line:
    return Line(
        (
            row.booking_date,
            vouchers.number_of(row),
            row.value_date,
            cause_words(row),
            account_cell(numbers, row.debit),
            account_cell(numbers, row.credit),
            row.amount,
            row.source,
            row.contract_number or "",
            whose(row),
            row.recorded_at,
            row.recorded_by,
        ),
        look_of(row),
        row.loan_id,
        _behind(row),
    )


def _behind(row: JournalRow) -> Mapping[str, Behind]:
    """Give what caused a row; that of a loan leads to the loan."""
    kind = row.cause.partition(":")[0]
    if kind == "capital":
        return {"amount": Behind("capital_book", {"as_of": row.value_date})}
    if kind == "provision":
        return {"amount": report_behind("classification", row.source, None, row.value_date)}
    return {}
