"""Write capital sources and movements; shared by their own services and the import."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.book_voucher import kind_of_capital
from loanfund.domain.code import fold_code
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    InvalidInputError,
    NotFoundError,
    OverDisbursementError,
)
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.posting import Account, TransferKey
from loanfund.domain.setting import BEGINNING, OverdueMethod
from loanfund.domain.terms import DebtRuleSet
from loanfund.domain.voucher import SERIES
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.setting import Setting
from loanfund.services._booking import Booking, booking_by
from loanfund.services._permission import allow
from loanfund.store.audit import write_audit
from loanfund.store.ledger import add_rows, least_undisbursed, ledger_rows
from loanfund.store.lock import lock_books, lock_source
from loanfund.store.number import next_number


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """A capital source; method and rule set become its settings from the beginning."""

    code: str
    name: str
    bears_risk: bool
    overdue_method: OverdueMethod = OverdueMethod.WHOLE_DEBT
    debt_rule_set: DebtRuleSet = DebtRuleSet.MFI


def beyond_capital(left: Money, event: str | None = None) -> OverDisbursementError:
    """Give the refusal of lending more than a source has left, or has at all already."""
    if left.dong < 0:
        return OverDisbursementError("capital_lacking", event=event, over=-left)
    return OverDisbursementError("over_capital", event=event, left=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCapital:
    """A contribution, or with a negative amount a withdrawal."""

    source_code: str
    value_date: date
    amount: Money
    contributor: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoCapital:
    """A movement to take back, and why."""

    movement_id: int
    reason: str = ""


def write_movement(
    session: Session,
    request: MoveCapital,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> CapitalMovement:
    """Move capital inside the caller's unit of work; a withdrawal leaves what is lent out."""
    closed = lock_books(session)
    source = _locked(session, request.source_code)
    allow(actor, Action.MOVE_CAPITAL, approver)
    _check(session, source, request, clock)
    return add_movement(session, source, request, booking_by(actor, clock, closed, approver))


def check_movement(session: Session, request: MoveCapital, clock: Clock) -> None:
    """Refuse a movement that could not be written as things stand."""
    query = select(CapitalSource).where(CapitalSource.code == request.source_code)
    source = session.scalar(query)
    if source is None:
        raise NotFoundError("capital_source", code=request.source_code)
    _check(session, source, request, clock)


def _check(session: Session, source: CapitalSource, request: MoveCapital, clock: Clock) -> None:
    if not request.amount:
        raise InvalidInputError("zero", field="amount")
    if request.value_date > clock.today():
        raise InvalidEventError("after_business_date")
    _check_left(session, source, request.value_date, request.amount)


def _check_left(session: Session, source: CapitalSource, day: date, moved: Money) -> None:
    """Refuse to take what is lent on any day since."""
    left = least_undisbursed(session, source.id, day)
    if moved.dong < 0 and (left + moved).dong < 0:
        facts = {"source": source.code, "day": day, "left": max(NOTHING, left)}
        missing = -(left + moved).dong
        raise InvalidInputError("over_capital", field="amount", missing=missing, **facts)


def undo_movement(
    session: Session,
    request: UndoCapital,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> CapitalMovement:
    """Undo a movement inside the caller's unit of work, by one on the same value date."""
    closed = lock_books(session)
    old = session.get(CapitalMovement, request.movement_id)
    if old is None:
        raise NotFoundError("capital_movement", id=request.movement_id)
    source = lock_source(session, old.source_id)
    allow(actor, Action.MOVE_CAPITAL, approver)
    check_standing(session, old.id)
    undo = MoveCapital(
        source_code=source.code,
        value_date=old.value_date,
        amount=-old.amount,
        contributor=old.contributor,
        note=request.reason or None,
    )
    _check_left(session, source, old.value_date, undo.amount)
    booking = booking_by(actor, clock, closed, approver)
    return add_movement(session, source, undo, booking, reverses=old.id)


def check_standing(session: Session, movement_id: int) -> None:
    """Refuse to undo what was undone, or what undoes another movement."""
    of_it = (CapitalMovement.id == movement_id) & CapitalMovement.reverses.is_not(None)
    query = select(CapitalMovement.id).where(of_it | (CapitalMovement.reverses == movement_id))
    if session.scalar(query.limit(1)) is not None:
        raise ConflictError("movement_reversed", id=movement_id)


def _locked(session: Session, code: str) -> CapitalSource:
    source_id = session.scalar(select(CapitalSource.id).where(CapitalSource.code == code))
    if source_id is None:
        raise NotFoundError("capital_source", code=code)
    return lock_source(session, source_id)


def add_source(session: Session, facts: SourceFacts, booking: Booking) -> CapitalSource:
    """Write a new source with its first settings inside the caller's unit of work."""
    row = CapitalSource(
        code=facts.code,
        code_fold=fold_code(facts.code),
        name=facts.name,
        bears_risk=facts.bears_risk,
        recorded_at=booking.at,
        recorded_by=booking.actor,
    )
    session.add(row)
    session.flush()
    values = {
        "overdue_method": facts.overdue_method.value,
        "debt_rule_set": facts.debt_rule_set.value,
    }
    for key, value in values.items():
        session.add(
            Setting(
                key=key,
                source_id=row.id,
                value=value,
                valid_from=BEGINNING,
                recorded_at=booking.at,
                recorded_by=booking.actor,
                approved_by=booking.approved_by,
            )
        )
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action="create_source",
        subject=("capital_source", facts.code),
        facts=asdict(facts),
    )
    return row


def add_movement(
    session: Session,
    source: CapitalSource,
    request: MoveCapital,
    booking: Booking,
    *,
    reverses: int | None = None,
) -> CapitalMovement:
    """Write a movement and its transfer inside the caller's unit of work."""
    kind = kind_of_capital(request.amount, undoes=reverses is not None)
    row = CapitalMovement(
        number=next_number(session, SERIES[kind], request.value_date.year),
        source_id=source.id,
        value_date=request.value_date,
        amount=request.amount,
        contributor=request.contributor,
        note=request.note,
        reverses=reverses,
        recorded_at=booking.at,
        recorded_by=booking.actor,
        approved_by=booking.approved_by,
    )
    session.add(row)
    session.flush()
    sides = (Account.BANK, Account.CAPITAL)
    debit, credit = sides if request.amount.dong > 0 else sides[::-1]
    key = TransferKey(f"capital:{row.id}", request.value_date, debit, credit)
    add_rows(session, ledger_rows(booking.posted(source.id), [(key, abs(request.amount.dong))]))
    _tell(session, source, row, booking)
    return row


def _tell(
    session: Session, source: CapitalSource, row: CapitalMovement, booking: Booking
) -> None:
    facts = {
        "number": row.number,
        "date": row.value_date.isoformat(),
        "amount": row.amount.dong,
        "contributor": row.contributor,
        "reverses": row.reverses,
        "approved_by": row.approved_by,
    }
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action="move_capital",
        subject=("capital_source", source.code),
        facts=facts,
    )
