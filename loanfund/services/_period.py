"""What closing a month does: provisions, the positions as known now, and the lock (§6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.calendar import month_end
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.folded import fold_loan
from loanfund.domain.job import RunState
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.portfolio import LoanFigures, final_groups
from loanfund.domain.posting import Account, TransferKey
from loanfund.domain.provision import LoanAtRisk, Provision, provision, provision_transfer
from loanfund.domain.setting import SettingBook
from loanfund.domain.snapshot import Balances, Snapshot
from loanfund.domain.terms import DebtRuleSet
from loanfund.models.capital import CapitalSource
from loanfund.models.job_run import JobRun
from loanfund.models.loan import Loan
from loanfund.models.period import Books, Period
from loanfund.models.position import MonthEndPosition
from loanfund.services._booking import Booking, booking_by
from loanfund.services._permission import allow
from loanfund.store.audit import write_audit
from loanfund.store.ledger import add_rows, ledger_rows, provisions_held
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.lock import closed_through, lock_books
from loanfund.store.setting import load_settings

COLUMNS = [one.name for one in fields(Balances)]


@dataclass(frozen=True, slots=True)
class Closed:
    """What a close came to; `provisions` is by how much all of them changed."""

    month_end: date
    loans: int
    outstanding: Money
    provisions: Money


@dataclass(frozen=True, slots=True)
class _AtClose:
    """A loan at the end of the month that is closed."""

    loan: LoadedLoan
    snapshot: Snapshot
    own_group: int | None
    final_group: int | None


def close_books(
    session: Session, day: date, actor: Actor, clock: Clock, approver: Actor
) -> Closed:
    """Close the month that ends on a day, inside the caller's unit of work."""
    through = lock_books(session, alone=True)
    allow(actor, Action.CLOSE_MONTH, approver)
    _check_turn(day, through, clock.today())
    _check_reconciled(session, day)
    booking = booking_by(actor, clock, through, approver)
    settings = load_settings(session)
    loans = _at_close(session, settings, day)
    provisions = _post_provisions(session, settings, loans, booking, day)
    _freeze(session, loans, booking, day)
    outstanding = Money(sum(one.snapshot.principal_outstanding.dong for one in loans))
    closed = Closed(day, len(loans), outstanding, provisions)
    _mark(session, closed, booking)
    return closed


def check_closable(session: Session, day: date, clock: Clock) -> None:
    """Refuse a month whose turn it is not, or whose books were not looked at since its end."""
    _check_turn(day, closed_through(session), clock.today())
    _check_reconciled(session, day)
    newest = (
        select(JobRun.state)
        .where(JobRun.job == "verify", JobRun.slot > day)
        .order_by(JobRun.slot.desc())
        .limit(1)
    )
    if session.scalar(newest) != RunState.DONE.value:
        raise ConflictError("not_verified", day=day)


def _mark(session: Session, closed: Closed, booking: Booking) -> None:
    """Move the lock, and say who closed what."""
    assert booking.approved_by is not None
    session.get_one(Books, 1).closed_through = closed.month_end
    session.add(
        Period(
            month_end=closed.month_end,
            closed_at=booking.at,
            closed_by=booking.actor,
            confirmed_by=booking.approved_by,
        )
    )
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action="close_month",
        subject=("period", closed.month_end.isoformat()),
        facts={
            "loans": closed.loans,
            "outstanding": closed.outstanding.dong,
            "provisions": closed.provisions.dong,
            "confirmed_by": booking.approved_by,
        },
    )


def _check_turn(day: date, through: date | None, today: date) -> None:
    """Months close in order, each after its last day; the first close may begin anywhere."""
    if day != month_end(day):
        raise InvalidInputError("not_a_month_end", day=day)
    if day >= today:
        raise InvalidInputError("month_not_over", day=day)
    if through is None:
        return
    if day <= through:
        raise ConflictError("month_closed", day=day)
    following = month_end(date.fromordinal(through.toordinal() + 1))
    if day != following:
        raise InvalidInputError("month_out_of_turn", day=day, turn=following)


def _check_reconciled(session: Session, day: date) -> None:
    behind = (Loan.reconciled_through.is_(None)) | (Loan.reconciled_through < day)
    query = select(func.count()).select_from(Loan).where(Loan.state == "approved", behind)
    count = session.scalar(query)
    if count:
        raise ConflictError("not_reconciled", count=count, day=day)


def _at_close(session: Session, settings: SettingBook, day: date) -> list[_AtClose]:
    """Give every loan that was disbursed by the day, with its own and final group."""
    found: list[tuple[LoadedLoan, Snapshot, int | None]] = []
    for loan in load_loans(session, settings, Loan.state == "approved"):
        snapshot = fold_loan(loan.history(), day, loan.rule_sets).snapshot()
        if snapshot is not None:
            rule_set = DebtRuleSet(settings.get("debt_rule_set", day, loan.source_id))
            found.append((loan, snapshot, snapshot.own_group(day, rule_set)))
    groups = final_groups([_figures(*one, day) for one in found])
    return [
        _AtClose(loan, snapshot, own, groups.get(loan.contract_number))
        for loan, snapshot, own in found
    ]


def _figures(
    loan: LoadedLoan, snapshot: Snapshot, own_group: int | None, day: date
) -> LoanFigures:
    """Give what contagion needs to know of a loan."""
    return LoanFigures(
        loan=loan.contract_number,
        borrower=loan.borrower_id,
        source=str(loan.source_id),
        bears_risk=loan.books.bears_risk,
        principal_outstanding=snapshot.principal_outstanding,
        principal_overdue=snapshot.principal_overdue,
        interest_open=snapshot.interest_open,
        written_off_unrecovered=NOTHING,
        days_past_due=snapshot.days_past_due(day),
        own_group=own_group,
        in_freeze=snapshot.is_frozen,
    )


def _post_provisions(
    session: Session,
    settings: SettingBook,
    loans: Sequence[_AtClose],
    booking: Booking,
    day: date,
) -> Money:
    """Bring each provision to what is required; give by how much all of them change."""
    specific, general = provisions_held(session, day)
    rows: list[dict[str, Any]] = []
    change = 0
    for source in session.scalars(select(CapitalSource).order_by(CapitalSource.id)):
        own = [one for one in loans if one.loan.source_id == source.id]
        rule_set = DebtRuleSet(settings.get("debt_rule_set", day, source.id))
        required = provision(rule_set, _at_risk(own), bears_risk=source.bears_risk)
        cause = f"provision:{source.code}:{day:%Y-%m}"
        needs = [_specific(one, required, specific) for one in own]
        held = general.get(source.id, NOTHING)
        needs.append(_Need(None, Account.GENERAL_PROVISION, required.general, held))
        for need in needs:
            transfer = provision_transfer(need.account, need.required, need.held)
            if transfer is not None:
                debit, credit, amount = transfer
                key = TransferKey(cause, day, debit, credit)
                posted = booking.posted(source.id, need.loan_id)
                rows += ledger_rows(posted, [(key, amount.dong)])
                change += need.required.dong - need.held.dong
    add_rows(session, rows)
    return Money(change)


@dataclass(frozen=True, slots=True)
class _Need:
    """One provision: what it must be, and what it is; negative after a write-off."""

    loan_id: int | None
    account: Account
    required: Money
    held: Money


def _specific(one: _AtClose, required: Provision, held: Mapping[int, Money]) -> _Need:
    needed = required.specific.get(one.loan.contract_number, NOTHING)
    stands = held.get(one.loan.id, NOTHING)
    return _Need(one.loan.id, Account.SPECIFIC_PROVISION, needed, stands)


def _at_risk(loans: Sequence[_AtClose]) -> list[LoanAtRisk]:
    return [
        LoanAtRisk(
            loan=one.loan.contract_number,
            principal_outstanding=one.snapshot.principal_outstanding,
            deductible_collateral=one.loan.deductible_collateral,
            final_group=one.final_group,
        )
        for one in loans
        if one.final_group is not None
    ]


def _freeze(session: Session, loans: Sequence[_AtClose], booking: Booking, day: date) -> None:
    """Keep every loan's position as it is known now; readers of the closed month use it."""
    rows = [
        {
            **_columns(one.snapshot),
            "loan_id": one.loan.id,
            "month_end": day,
            "own_group": one.own_group,
            "final_group": one.final_group,
            "known_at": booking.at,
        }
        for one in loans
    ]
    if rows:
        session.execute(insert(MonthEndPosition), rows)


def _columns(snapshot: Snapshot) -> Mapping[str, Any]:
    values = {name: getattr(snapshot, name) for name in COLUMNS}
    return {**values, "status": snapshot.status.value}
