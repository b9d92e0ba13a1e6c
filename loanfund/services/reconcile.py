"""Bring ledgers to a day: one loan, or all of them in chunks (the monthly interest run)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund import failpoint
from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import InvalidInputError, LoanFundError, NotFoundError
from loanfund.domain.folded import fold_loan
from loanfund.domain.permission import Actor
from loanfund.domain.setting import BEGINNING
from loanfund.models.loan import Loan
from loanfund.services._booking import booking_by
from loanfund.services._reconcile import reconcile, settle
from loanfund.store.audit import write_audit
from loanfund.store.loan import each_loan
from loanfund.store.lock import lock_books, lock_loans
from loanfund.store.setting import load_settings

CHUNK = 100

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A loan that could not be reconciled, and why; the others were."""

    contract_number: str
    error: LoanFundError


@dataclass(slots=True)
class Report:
    """What a run over many loans came to."""

    done: int = 0
    posted: int = 0
    failures: list[Failure] = field(default_factory=list)


def reconcile_all(
    sessions: sessionmaker[Session],
    through: date,
    actor: Actor,
    clock: Clock,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Reconcile every loan through a day, a chunk a transaction; once more posts nothing.

    A run that was interrupted is simply run again: what its chunks posted stands.
    """
    return _reconcile_many(sessions, through, _Run(actor, clock), progress)


def bring_forward(
    sessions: sessionmaker[Session],
    through: date,
    actor: Actor,
    clock: Clock,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Reconcile every loan through a day, looking only at the days since it was last done.

    Whatever changes earlier days, an event or a setting, brings the ledger after itself or says
    from which day on it must be looked at again; `verify` compares the whole.
    """
    return _reconcile_many(sessions, through, _Run(actor, clock, is_whole=False), progress)


def _reconcile_many(
    sessions: sessionmaker[Session], through: date, run: _Run, progress: Progress
) -> Report:
    if through > run.clock.today():
        raise InvalidInputError("after_business_date", field="through")
    with sessions() as session:
        query = select(Loan.id).where(Loan.state == "approved").order_by(Loan.id)
        ids = list(session.scalars(query))
    for chunk in _chunks(ids):
        with sessions() as session, unit_of_work(session):
            _reconcile_chunk(session, chunk, through, run)
        progress(run.report.done + len(run.report.failures), len(ids))
        failpoint.reach("between_chunks")
    return run.report


def reconcile_loan(
    session: Session, contract_number: str, through: date, actor: Actor, clock: Clock
) -> Report:
    """Reconcile one loan through a day; one that does not fold is refused with the reason."""
    if through > clock.today():
        raise InvalidInputError("after_business_date", field="through")
    run = _Run(actor, clock)
    with unit_of_work(session):
        query = select(Loan.id).where(Loan.contract_number == contract_number)
        loan_id = session.scalar(query)
        if loan_id is None:
            raise NotFoundError("loan", contract=contract_number)
        _reconcile_chunk(session, [loan_id], through, run)
        for failure in run.report.failures:
            raise failure.error
    return run.report


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


@dataclass(frozen=True, slots=True)
class _Run:
    """Who runs it, by which clock, and the report it adds to."""

    actor: Actor
    clock: Clock
    is_whole: bool = True
    report: Report = field(default_factory=Report)

    def agreed_through(self, row: Loan) -> date:
        """Give the day through which a loan's ledger need not be compared again."""
        return BEGINNING if self.is_whole else row.reconciled_through or BEGINNING


def _reconcile_chunk(session: Session, ids: Sequence[int], through: date, run: _Run) -> None:
    closed = lock_books(session)
    rows = {row.id: row for row in lock_loans(session, ids)}
    settled = []
    for loan in each_loan(session, load_settings(session), Loan.id.in_(ids)):
        try:
            folded = fold_loan(loan.history(), through, loan.rule_sets)
        except LoanFundError as error:
            run.report.failures.append(Failure(loan.contract_number, error))
            continue
        agreed = run.agreed_through(rows[loan.id])
        settled.append(settle(loan, folded, is_changed=False, agreed_through=agreed))
    booking = booking_by(run.actor, run.clock, closed)
    posted = reconcile(session, settled, rows, booking)
    run.report.done += len(settled)
    run.report.posted += posted
    if posted:
        write_audit(
            session,
            at=booking.at,
            actor=booking.actor,
            action="reconcile",
            subject=("ledger", through.isoformat()),
            facts={"loans": [one.contract_number for one in settled], "rows": posted},
        )
