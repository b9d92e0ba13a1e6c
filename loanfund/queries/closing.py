"""What a close locked: its minutes, and what was booked later for the month (S19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from loanfund.domain.book_voucher import MONTHLY, Booking
from loanfund.domain.money import Money, total
from loanfund.domain.portfolio import GROUPS
from loanfund.domain.posting import Account
from loanfund.domain.report import Column, Kind, Line, Report, Said, Table, summed
from loanfund.models.capital import CapitalSource
from loanfund.models.ledger import LedgerEntry
from loanfund.models.period import Period
from loanfund.models.position import MonthEndPosition
from loanfund.queries._behind import each, loans_behind
from loanfund.queries._booking import account_name, cause_words, whose
from loanfund.queries._loan_row import Figure
from loanfund.queries._report import TOTAL
from loanfund.queries.audit_chain import head_at_close
from loanfund.store.book_voucher import month_rows
from loanfund.store.journal import restated_rows

BY_GROUP = (
    Column("debt_group"),
    Column("loans", Kind.COUNT),
    Column("outstanding", Kind.MONEY),
)
PROVISIONS = (Column("source_name"), Column("provision_change", Kind.MONEY, is_explained=True))
RESTATED = (
    Column("contract"),
    Column("whose"),
    Column("words"),
    Column("value_date", Kind.DAY),
    Column("booking_date", Kind.DAY),
    Column("debit_account"),
    Column("credit_account"),
    Column("amount", Kind.MONEY),
    Column("recorded_by"),
)
PROVISION_ACCOUNTS = (Account.SPECIFIC_PROVISION.value, Account.GENERAL_PROVISION.value)


def closing_minutes(session: Session, month_end: date, words: tuple[Said, ...]) -> Report:
    """Give the minutes of a close: what was locked then, whatever was booked since."""
    rows = session.execute(
        select(MonthEndPosition.final_group, MonthEndPosition.principal_outstanding).where(
            MonthEndPosition.month_end == month_end,
            MonthEndPosition.final_group.is_not(None),
        )
    )
    groups = [(row.final_group, row.principal_outstanding) for row in rows]
    return Report(
        name="period",
        as_of=month_end,
        known_at=session.get_one(Period, month_end).closed_at,
        tables=_tables(month_end, groups, _booked(session, month_end)),
        words=words,
        notes=(Said("period.note"), *_audited(session, month_end)),
        signs=(Said("period.sign.confirmed"),),
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


def _tables(
    day: date, groups: Iterable[tuple[int, Money]], changes: Mapping[str, Money]
) -> tuple[Table, ...]:
    found: dict[int, list[Money]] = {group: [] for group in GROUPS}
    for group, amount in groups:
        found[group].append(amount)
    by_group = [
        Line(
            (Said("period.group", {"group": group}), len(owed), total(owed)),
            behind=each(
                loans_behind(Figure.OUTSTANDING, "", day, group=group), "loans", "outstanding"
            ),
        )
        for group, owed in found.items()
    ]
    by_source = [Line((name, change)) for name, change in changes.items()]
    return (
        _table("period.by_group", BY_GROUP, by_group),
        _table("period.provisions", PROVISIONS, by_source),
    )


def _table(title: str, columns: tuple[Column, ...], lines: list[Line]) -> Table:
    return Table(
        columns=columns, lines=(*lines, summed(columns, lines, TOTAL)), title=Said(title)
    )


def _booked(session: Session, month_end: date) -> dict[str, Money]:
    """Give by how much the close itself changed the provisions of each source."""
    signed = case((LedgerEntry.credit.in_(PROVISION_ACCOUNTS), 1), else_=-1)
    query = select(LedgerEntry.source_id, func.sum(LedgerEntry.amount * signed)).where(
        LedgerEntry.cause.like(f"provision:%:{month_end:%Y-%m}"),
        LedgerEntry.value_date == month_end,
    )
    found = {
        source: _dong(amount)
        for source, amount in session.execute(query.group_by(LedgerEntry.source_id))
    }
    sources = session.scalars(select(CapitalSource).order_by(CapitalSource.code))
    return {f"{one.code} – {one.name}": Money(found.get(one.id, 0)) for one in sources}


def _dong(amount: Any) -> int:
    return amount.dong if isinstance(amount, Money) else int(amount)
