"""Vouchers of capital and of closed months, put together from the ledger and the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from loanfund.domain.book_voucher import (
    CAUSES,
    MONTHLY,
    Booking,
    BookLine,
    BookVoucher,
    about_month,
    kind_of_capital,
)
from loanfund.domain.calendar import month_end
from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import Money
from loanfund.domain.posting import Account
from loanfund.domain.voucher import Booked, Entry, Struck, VoucherKind
from loanfund.models.capital import CapitalMovement
from loanfund.models.document import Document
from loanfund.models.period import Period
from loanfund.models.user import User
from loanfund.store.journal import JournalRow, caused_rows, rows_of_capital
from loanfund.store.paper import fund_profile
from loanfund.store.setting import load_settings


def about_capital(movement_id: int) -> str:
    """Name what the voucher of a movement is about."""
    return f"{Booking.CAPITAL}:{movement_id}"


def issued_vouchers(session: Session, about: str) -> Sequence[Document]:
    """Give the prints of a voucher about something, the first one first, without files."""
    is_about = Document.content["about"].as_string() == about
    query = select(Document).where(is_about, Document.loan_id.is_(None))
    return session.scalars(query.options(defer(Document.file)).order_by(Document.id)).all()


def month_numbers(session: Session, known_at: datetime | None = None) -> Mapping[str, str]:
    """Give the number of every month's voucher issued by an instant, by what it is about."""
    about = Document.content["about"].as_string()
    query = select(about, Document.number).where(
        Document.loan_id.is_(None),
        Document.content["booking"].as_string().in_([one.value for one in MONTHLY]),
    )
    if known_at is not None:
        query = query.where(Document.issued_at <= known_at)
    return {row[0]: row[1] for row in session.execute(query)}


def capital_voucher(session: Session, movement_id: int, day: date) -> BookVoucher:
    """Give the voucher of a movement of capital, printed on a day."""
    row = session.get(CapitalMovement, movement_id)
    if row is None:
        raise NotFoundError("capital_movement", id=movement_id)
    return BookVoucher(
        kind=kind_of_capital(row.amount, undoes=row.reverses is not None),
        booking=Booking.CAPITAL,
        about=about_capital(row.id),
        value_date=row.value_date,
        party=row.contributor,
        note=row.note or "",
        recorded_by=_name(session, row.recorded_by),
        approved_by=_name(session, row.approved_by),
        lines=_lines(session, rows_of_capital(session, row.id), row.value_date),
        of=session.get_one(CapitalMovement, row.reverses).number if row.reverses else "",
        struck=_struck(session, row),
        **_around(session, row.value_date, day) | {"number": row.number},
    )


def _struck(session: Session, row: CapitalMovement) -> Struck | None:
    """Give what took a movement back."""
    undo = session.scalar(select(CapitalMovement).where(CapitalMovement.reverses == row.id))
    if undo is None:
        return None
    return Struck(
        number=undo.number,
        at=undo.recorded_at,
        by=_name(session, undo.recorded_by),
        reason=undo.note or "",
        replaced_by="",
    )


def month_voucher(session: Session, booking: Booking, last: date, day: date) -> BookVoucher:
    """Give what a closed month booked of a kind, summed by loan or source and by accounts.

    It has no number yet. Nothing is booked in a closed month any more. NotFoundError where it
    is open or has none.
    """
    period = session.get(Period, last)
    rows = month_rows(session, booking, last) if period else []
    if period is None or not rows:
        raise NotFoundError("voucher")
    return BookVoucher(
        kind=VoucherKind.JOURNAL_VOUCHER,
        booking=booking,
        about=about_month(booking, last),
        value_date=last,
        party="",
        note="",
        recorded_by=_name(session, period.closed_by),
        approved_by=_name(session, period.confirmed_by),
        lines=_lines(session, rows, last),
        **_around(session, last, day),
    )


def month_rows(session: Session, booking: Booking, last: date) -> list[JournalRow]:
    """Give the rows of a kind that a month booked."""
    return caused_rows(session, CAUSES[booking], last.replace(day=1), month_end(last))


def _around(session: Session, value_date: date, day: date) -> dict[str, Any]:
    """Give the fund as it is on the day of the print, and its account at its bank then."""
    settings = load_settings(session)
    return {
        "fund": fund_profile(settings, day),
        "number": "",
        "account": settings.get("fund_bank_account", value_date),
    }


def _lines(session: Session, rows: Iterable[JournalRow], day: date) -> tuple[BookLine, ...]:
    """Sum the rows of each loan, else of each source, by their accounts."""
    numbers = load_settings(session, keys=("account_numbers",)).get("account_numbers", day)
    sums: dict[tuple[str, str, Account, Account], int] = {}
    for row in rows:
        key = (row.source, row.contract_number or "", row.debit, row.credit)
        sums[key] = sums.get(key, 0) + row.amount.dong
    return tuple(
        BookLine(
            whose=contract or source,
            entry=Entry(
                debit=Booked(account=debit, number=numbers.get(debit.value, "")),
                credit=Booked(account=credit, number=numbers.get(credit.value, "")),
                amount=Money(amount),
            ),
        )
        for (source, contract, debit, credit), amount in sorted(sums.items())
    )


def _name(session: Session, user_id: int | None) -> str:
    return session.get_one(User, user_id).name if user_id else ""
