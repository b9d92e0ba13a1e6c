"""Receipts as they stand, what a payment would do, and payments that look like it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.account import Position, Transaction
from loanfund.domain.code import fold_reference
from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import MoneyEvent
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import Money
from loanfund.domain.voucher import MONEY_IN, VoucherKind, kind_of_money
from loanfund.models.audit import AuditLine
from loanfund.models.document import Document
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.user import User
from loanfund.queries._loan_tables import PaidCharge, paid_by
from loanfund.queries._picture import PictureRow, picture_rows, recovery_rows
from loanfund.queries.loan_page import LoanName, names_of
from loanfund.store.loan import RecordedEvent, load_loans
from loanfund.store.paper import STATEMENT
from loanfund.store.setting import load_settings
from loanfund.store.voucher import replaced_by, replacement_of, reversal_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A payment recorded before that looks like the one being recorded."""

    loan_id: int
    borrower_id: int
    sequence: int
    number: str | None
    contract_number: str
    value_date: date
    amount: Money
    reference: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment with its split as it stands now; without a row it was reversed."""

    recorded: RecordedEvent
    amount: Money
    method: str
    recorded_by: str
    row: Transaction | None
    picture: tuple[PictureRow, ...]
    pays: tuple[PaidCharge, ...]
    place: Position
    kind: VoucherKind
    reversal: RecordedEvent | None
    replaces: RecordedEvent | None
    replaced_by: RecordedEvent | None
    meant: str | None


def look_alikes(
    session: Session,
    name: LoanName,
    asked: tuple[date, Money],
    key: str,
    replaces: int | None = None,
) -> list[Earlier]:
    """Give payments of the same loan, day and amount that stand, the own key's aside.

    `replaces` is the row of a payment that goes, and is no twin either.
    """
    day, amount = asked
    same = {"loan": name.id, "day": day, "amount": amount}
    return _earlier(session, _OF_THE_SAME, same, key, replaces)


def same_reference(
    session: Session, reference: str, key: str, replaces: int | None = None
) -> list[Earlier]:
    """Give payments of any loan that stand under a reference of the bank, however spelled."""
    fold = fold_reference(reference)
    if not fold:
        return []
    return _earlier(session, _UNDER_REFERENCE, {"fold": fold}, key, replaces)


def superseded(session: Session, loan_id: int, day: date) -> list[str]:
    """Give the numbers of statements whose period holds a day or ends after it."""
    query = (
        select(Document.number)
        .where(
            Document.loan_id == loan_id, Document.kind == STATEMENT, Document.period_to >= day
        )
        .order_by(Document.id)
    )
    return list(session.scalars(query))


def receipt(session: Session, name: LoanName, sequence: int) -> Receipt:
    """Give a payment by its place among the loan's events; NotFoundError for anything else."""
    loan = load_loans(session, load_settings(session), Loan.id == name.id)[0]
    found = next((one for one in loan.recorded if one.sequence == sequence), None)
    if found is None or found.type not in MONEY_IN or not isinstance(found.event, MoneyEvent):
        raise NotFoundError("receipt")
    folded = fold_loan(loan.history(), found.value_date, loan.rule_sets)
    row = next((one for one in folded.transactions() if one.event == found.event.id), None)
    return Receipt(
        recorded=found,
        amount=found.event.amount,
        method=found.event.method.value,
        recorded_by=names_of(session, [found.recorded_by])[found.recorded_by],
        row=row,
        picture=_picture(found.type, folded, row) if row else (),
        pays=tuple(paid_by(folded.state, found.event.id)) if folded.state else (),
        place=folded.position(),
        kind=kind_of_money(found.event),
        reversal=reversal_of(loan.recorded, found),
        replaces=replaced_by(loan.recorded, found),
        replaced_by=replacement_of(loan.recorded, found),
        meant=_meant(session, name, found.number),
    )


def _meant(session: Session, name: LoanName, number: str | None) -> str | None:
    """Give why an unusual amount was right, as whoever typed it said."""
    lines = select(AuditLine.facts).where(
        AuditLine.object_type == "loan", AuditLine.object_id == name.contract_number
    )
    told = (facts for facts in session.scalars(lines) if facts.get("number") == number)
    return next((facts["meant"] for facts in told if number and facts.get("meant")), None)


def _picture(kind: str, folded: FoldedLoan, row: Transaction) -> tuple[PictureRow, ...]:
    if kind == "recovery":
        return recovery_rows(folded, row)
    return picture_rows(None, folded, row)


def _earlier(
    session: Session,
    query: Select[*tuple[Any, ...]],
    same: dict[str, Any],
    key: str,
    replaces: int | None,
) -> list[Earlier]:
    asked = same | {"key": key, "replaces": replaces or 0}
    return [Earlier(**row) for row in session.execute(query, asked).mappings()]


def standing_receipts() -> Select[*tuple[Any, ...]]:
    """Give payments that no reversal took back, the earliest first, as `Earlier` has them."""
    reversal = aliased(LoanEvent)
    stands = ~select(reversal.id).where(reversal.reverses == LoanEvent.id).exists()
    return (
        select(
            LoanEvent.loan_id,
            Loan.borrower_id,
            LoanEvent.sequence,
            LoanEvent.number,
            Loan.contract_number,
            LoanEvent.value_date,
            LoanEvent.amount,
            LoanEvent.reference,
            LoanEvent.recorded_at,
            User.name.label("recorded_by"),
        )
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .join(User, User.id == LoanEvent.recorded_by)
        .where(LoanEvent.type.in_(MONEY_IN), stands)
        .order_by(LoanEvent.id)
    )


def _others() -> Select[*tuple[Any, ...]]:
    """Give those but the own key's and the one replaced."""
    other_key = or_(
        LoanEvent.idempotency_key.is_(None), LoanEvent.idempotency_key != bindparam("key")
    )
    return standing_receipts().where(other_key, LoanEvent.id != bindparam("replaces"))


# Asked with every posting, so put together once.
_OF_THE_SAME = _others().where(
    LoanEvent.loan_id == bindparam("loan"),
    LoanEvent.value_date == bindparam("day"),
    LoanEvent.amount == bindparam("amount"),
)
_UNDER_REFERENCE = _others().where(LoanEvent.reference_fold == bindparam("fold"))
