"""Vouchers as they are printed: an event of a loan with everything its paper says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import MoneyEvent, Reversal
from loanfund.domain.folded import fold_loan
from loanfund.domain.setting import SettingBook
from loanfund.domain.voucher import (
    KIND_OF,
    PAYMENT_VOUCHER,
    RECEIPT,
    MoneyVoucher,
    Struck,
    taken,
)
from loanfund.models.document import Document
from loanfund.models.user import User
from loanfund.store.loan import LoadedLoan, RecordedEvent
from loanfund.store.paper import fund_profile, loan_head

SERIES = {"repayment": "PT", "recovery": "PT", "credit_refund": "PC", "disbursement": "KU"}


def voucher(
    session: Session, loan: LoadedLoan, sequence: int, settings: SettingBook, day: date
) -> MoneyVoucher:
    """Give the voucher of an event as the books know it; `day` is that of the print.

    One that was taken back says what it said the moment before.
    """
    found = next((one for one in loan.recorded if one.sequence == sequence), None)
    if found is None or not isinstance(found.event, MoneyEvent):
        raise NotFoundError("voucher")
    event, reversal = found.event, reversal_of(loan.recorded, found)
    known = loan.recorded[: loan.recorded.index(reversal)] if reversal else loan.recorded
    then = replace(loan, recorded=known)
    folded = fold_loan(then.history(), found.value_date, loan.rule_sets)
    numbers = settings.get("account_numbers", found.value_date)
    head = loan_head(session, loan.id, fund_profile(settings, day))
    return MoneyVoucher(
        kind=KIND_OF[found.type],
        type=found.type,
        sequence=sequence,
        head=head,
        circular=settings.get("voucher_circular", found.value_date),
        number=_number(found),
        value_date=found.value_date,
        party=found.payer or head.borrower.name,
        amount=event.amount,
        method=event.method.value,
        reference=found.reference or "",
        note=found.note or "",
        taken=taken(folded, event, loan.books, numbers),
        recorded_at=found.recorded_at,
        recorded_by=_name(session, found.recorded_by),
        replaces=_number(replaced_by(loan.recorded, found)),
        struck=_struck(session, loan.recorded, found, reversal) if reversal else None,
    )


def reversal_of(
    recorded: Sequence[RecordedEvent], target: RecordedEvent
) -> RecordedEvent | None:
    """Give what took an event back."""
    return next(
        (
            one
            for one in recorded
            if isinstance(one.event, Reversal) and one.event.of == target.event.id
        ),
        None,
    )


def replacement_of(
    recorded: Sequence[RecordedEvent], target: RecordedEvent
) -> RecordedEvent | None:
    """Give what was recorded in an event's place."""
    return next((one for one in recorded if one.event.replaces == target.event.id), None)


def replaced_by(
    recorded: Sequence[RecordedEvent], again: RecordedEvent
) -> RecordedEvent | None:
    """Give the event in whose place another was recorded."""
    return next((one for one in recorded if one.event.id == again.event.replaces), None)


def _number(found: RecordedEvent | None) -> str:
    return (found.number or f"#{found.sequence}") if found else ""


def _struck(
    session: Session,
    recorded: Sequence[RecordedEvent],
    target: RecordedEvent,
    reversal: RecordedEvent,
) -> Struck:
    return Struck(
        number=_number(reversal),
        at=reversal.recorded_at,
        by=_name(session, reversal.recorded_by),
        reason=reversal.note or "",
        replaced_by=_number(replacement_of(recorded, target)),
    )


def _name(session: Session, user_id: int) -> str:
    return session.get_one(User, user_id).name


def prints(session: Session, loan_id: int, sequence: int) -> list[Document]:
    """Give the prints of an event's voucher, the first one first."""
    query = (
        select(Document)
        .where(
            Document.loan_id == loan_id,
            Document.kind.in_((RECEIPT, PAYMENT_VOUCHER)),
            Document.content["sequence"].as_integer() == sequence,
        )
        .order_by(Document.id)
    )
    return list(session.scalars(query))


def paper_number(voucher: MoneyVoucher) -> str:
    """Give the number under which a print is kept: the voucher's, and which copy it is.

    An imported number without its series gets it, so that no two papers share one.
    """
    series = SERIES[voucher.type]
    own = voucher.number
    number = own if own.startswith(series) else f"{series}-{own}"
    return f"{number}-IL{voucher.copy.number}" if voucher.copy else number
