"""The ledger as books: rows and sums by booking date, as known at an instant (rules §13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.money import Money
from loanfund.domain.posting import Account
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The booking dates [first, last] of one capital source, of all where its code is empty."""

    first: date
    last: date
    known_at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One transfer with the names of what it belongs to.

    `event_type` is of the event that the cause names, `number` is of the voucher that the row
    is booked by: that event's, the movement's of capital, or its reversal's, which `undoes`
    the former. `by_number` is that of another event which made the row necessary, as a
    backdated one does.
    """

    id: int
    booking_date: date
    value_date: date
    debit: Account
    credit: Account
    amount: Money
    cause: str
    source: str
    loan_id: int | None
    contract_number: str | None
    borrower: str | None
    contributor: str | None
    event_type: str | None
    number: str | None
    undoes: str | None
    by_number: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(slots=True)
class Turnover:
    """What stood on an account before the span, debit positive, and what moved in it."""

    opening: int = 0
    debit: int = 0
    credit: int = 0

    @property
    def closing(self) -> int:
        """What stands at the end of the span, debit positive."""
        return self.opening + self.debit - self.credit


def journal_rows(session: Session, span: Span, *accounts: Account) -> list[JournalRow]:
    """Give the rows booked in the span, as booked; with accounts, those that touch one."""
    names = [account.value for account in accounts]
    touching = (or_(LedgerEntry.debit.in_(names), LedgerEntry.credit.in_(names)),)
    within = LedgerEntry.booking_date.between(span.first, span.last)
    return _rows(session, within, *_known(span), *(touching if accounts else ()))


def caused_rows(
    session: Session, causes: Iterable[str], first: date, last: date
) -> list[JournalRow]:
    """Give the rows booked from a day through another whose cause begins like one of these."""
    within = LedgerEntry.booking_date.between(first, last)
    begins = (LedgerEntry.cause.startswith(one, autoescape=True) for one in causes)
    return _rows(session, within, or_(*begins))


def rows_of_capital(session: Session, movement_id: int) -> list[JournalRow]:
    """Give the rows of one movement of capital."""
    return _rows(session, LedgerEntry.cause == f"capital:{movement_id}")


def restated_rows(session: Session, after: date, month_end: date) -> list[JournalRow]:
    """Give what was booked later for the days after one through the end of a closed month."""
    return _rows(
        session,
        LedgerEntry.value_date > after,
        LedgerEntry.value_date <= month_end,
        LedgerEntry.booking_date > month_end,
    )


def _rows(session: Session, *conditions: ColumnElement[bool]) -> list[JournalRow]:
    caused, by = aliased(LoanEvent), aliased(LoanEvent)
    undone, undo = aliased(CapitalMovement), aliased(LoanEvent)
    query = (
        select(
            LedgerEntry.id,
            LedgerEntry.booking_date,
            LedgerEntry.value_date,
            LedgerEntry.debit,
            LedgerEntry.credit,
            LedgerEntry.amount,
            LedgerEntry.cause,
            CapitalSource.code.label("source"),
            LedgerEntry.loan_id,
            Loan.contract_number,
            Borrower.name.label("borrower"),
            CapitalMovement.contributor,
            caused.type.label("event_type"),
            *_vouchers(caused, undo, undone),
            case((by.id != caused.id, by.number)).label("by_number"),
            LedgerEntry.recorded_at,
            User.name.label("recorded_by"),
        )
        .join(CapitalSource, CapitalSource.id == LedgerEntry.source_id)
        .join(User, User.id == LedgerEntry.recorded_by)
        .outerjoin(Loan, Loan.id == LedgerEntry.loan_id)
        .outerjoin(Borrower, Borrower.id == Loan.borrower_id)
        .outerjoin(CapitalMovement, _named("capital:", CapitalMovement.id))
        .outerjoin(undone, undone.id == CapitalMovement.reverses)
        .outerjoin(
            caused,
            and_(caused.loan_id == LedgerEntry.loan_id, _named("event:", caused.sequence)),
        )
        .outerjoin(undo, undo.reverses == caused.id)
        .outerjoin(by, by.id == LedgerEntry.event_id)
        .where(*conditions)
        .order_by(LedgerEntry.booking_date, LedgerEntry.recorded_at, LedgerEntry.id)
    )
    return [_row(dict(row)) for row in session.execute(query).mappings()]


def _vouchers(caused: Any, undo: Any, undone: Any) -> tuple[ColumnElement[Any], ...]:
    """Give the voucher that a row is booked by, and the one that this undoes.

    `undo` is the reversal of the event that caused the row, `undone` the movement taken back.
    """
    is_undo = LedgerEntry.event_id >= undo.id  # booked with the reversal, not before it
    by_reversal = case((is_undo, undo.number))
    number = func.coalesce(by_reversal, caused.number, CapitalMovement.number)
    undoes = func.coalesce(case((is_undo, caused.number)), undone.number)
    return number.label("number"), undoes.label("undoes")


def _row(columns: dict[str, Any]) -> JournalRow:
    sides = {side: Account(columns[side]) for side in ("debit", "credit")}
    return JournalRow(**columns | sides)


def _named(kind: str, key: Any) -> ColumnElement[bool]:
    """Say that a row's cause names something by its key."""
    return LedgerEntry.cause == literal(kind).concat(cast(key, String))


def turnovers(session: Session, span: Span) -> Mapping[Account, Turnover]:
    """Give opening balance and movements of every account, summed in the database."""
    found = {account: Turnover() for account in Account}
    is_before = LedgerEntry.booking_date < span.first
    before = func.sum(case((is_before, LedgerEntry.amount), else_=0))
    within = func.sum(case((is_before, 0), else_=LedgerEntry.amount))
    for side, sign in ((LedgerEntry.debit, 1), (LedgerEntry.credit, -1)):
        query = (
            select(side, before, within)
            .where(*_known(span), LedgerEntry.booking_date <= span.last)
            .group_by(side)
        )
        for name, opening, moved in session.execute(query):
            one = found[Account(name)]
            one.opening += sign * _dong(opening)
            if sign > 0:
                one.debit = _dong(moved)
            else:
                one.credit = _dong(moved)
    return found


def booked_total(session: Session, span: Span, *, memo: frozenset[Account]) -> int:
    """Give the sum of all transfers booked in the span but those between memo accounts."""
    query = select(func.sum(LedgerEntry.amount)).where(
        *_known(span),
        LedgerEntry.booking_date.between(span.first, span.last),
        LedgerEntry.debit.not_in([account.value for account in memo]),
    )
    return _dong(session.scalar(query) or 0)


def _known(span: Span) -> list[ColumnElement[bool]]:
    """Narrow to what was recorded by the instant, and to the source asked for."""
    conditions: list[ColumnElement[bool]] = []
    if span.known_at is not None:
        conditions.append(LedgerEntry.recorded_at <= span.known_at)
    if span.source:
        code = select(CapitalSource.id).where(CapitalSource.code == span.source)
        conditions.append(LedgerEntry.source_id == code.scalar_subquery())
    return conditions


def _dong(amount: Any) -> int:
    return amount.dong if isinstance(amount, Money) else int(amount)
