"""What a close locked: its minutes, and what was booked later for the month (S19)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from loanfund.domain.book_voucher import MONTHLY, Booking
from loanfund.domain.money import Money
from loanfund.domain.posting import Account
from loanfund.domain.report import Column, Kind, Line, Report, Said, Sign, Table
from loanfund.models.ledger import LedgerEntry
from loanfund.models.period import Period
from loanfund.queries._booking import account_name, cause_words, whose
from loanfund.queries._locked_then import locked_then
from loanfund.queries.audit_chain import head_at_close
from loanfund.queries.locked import locked_tables
from loanfund.store.book_voucher import month_rows
from loanfund.store.journal import restated_rows

RESTATED = (
    Column("contract"),
    Column("whose"),
    Column("voucher"),
    Column("words"),
    Column("value_date", Kind.DAY),
    Column("booking_date", Kind.DAY),
    Column("debit_account"),
    Column("credit_account"),
    Column("amount", Kind.MONEY),
    Column("recorded_by"),
)
PROVISION_ACCOUNTS = (Account.SPECIFIC_PROVISION.value, Account.GENERAL_PROVISION.value)


def closing_minutes(session: Session, month_end: date, people: tuple[str, str]) -> Report:
    """Give the minutes of a close: what was locked then, whatever was booked since.

    `people` are the names of who closed and who confirmed it; the tables are what they saw.
    """
    period = session.get_one(Period, month_end)
    closed_by, confirmed_by = people
    facts = {"day": month_end, "closed_by": closed_by, "confirmed_by": confirmed_by}
    locked = locked_then(session, period, _booked(session, month_end))
    return Report(
        name="period",
        as_of=month_end,
        known_at=period.closed_at,
        tables=locked_tables(session, locked, month_end),
        words=(Said("period.words", facts),),
        notes=(Said("period.note"), *_audited(session, month_end)),
        signs=(Sign(Said("period.sign.confirmed"), confirmed_by),),
    )


def _audited(session: Session, month_end: date) -> Iterator[Said]:
    """Say which line of the audit log the close wrote, to find later whether it is still so."""
    head = head_at_close(session, month_end)
    if head is not None:
        yield Said("paper.audited", {"line": head.line, "code": head.printed()})


def restatements(session: Session, after: date, month_end: date) -> Table:
    """Give what was booked later for a closed month, by loan and cause."""
    rows = restated_rows(session, after, month_end)
    rows.sort(key=lambda row: (row.contract_number or "", row.cause, row.id))
    lines = [
        Line(
            (
                row.contract_number or row.source,
                whose(row),
                row.number or "",
                cause_words(row),
                row.value_date,
                row.booking_date,
                account_name(row.debit),
                account_name(row.credit),
                row.amount,
                row.recorded_by,
            ),
            loan_id=row.loan_id,
        )
        for row in rows
    ]
    return Table(columns=RESTATED, lines=tuple(lines), title=Said("period.restated"))


def vouchers_of_month(session: Session, month_end: date) -> tuple[Booking, ...]:
    """Give of what a closed month has a voucher: it booked some."""
    return tuple(one for one in MONTHLY if month_rows(session, one, month_end))


def _booked(session: Session, month_end: date) -> dict[int, Money]:
    """Give by how much the close itself changed the provisions of each source, by its id."""
    signed = case((LedgerEntry.credit.in_(PROVISION_ACCOUNTS), 1), else_=-1)
    query = select(LedgerEntry.source_id, func.sum(LedgerEntry.amount * signed)).where(
        LedgerEntry.cause.like(f"provision:%:{month_end:%Y-%m}"),
        LedgerEntry.value_date == month_end,
    )
    found = session.execute(query.group_by(LedgerEntry.source_id))
    return {source: Money(_dong(amount)) for source, amount in found}


def _dong(amount: Any) -> int:
    return amount.dong if isinstance(amount, Money) else int(amount)
