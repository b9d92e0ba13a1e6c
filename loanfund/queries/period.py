"""Months: which are closed and by whom, and what stands in the way of the next one (S19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.calendar import month_end
from loanfund.domain.job import RunState
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.posting import MONEY_ACCOUNTS
from loanfund.domain.proposal import ProposalKind, ProposalState
from loanfund.models.collection_sheet import CollectionDraft
from loanfund.models.job_run import JobRun
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan
from loanfund.models.period import Period
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.store.journal import Span, turnovers
from loanfund.store.lock import closed_through

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedMonth:
    """A closed month: who closed and who confirmed it, and how many rows restate it since.

    `closed_with` is the end of the month that was closed: the first close takes everything
    earlier with it. Of every other month it is its own end.
    """

    month_end: date
    closed_with: date
    closed_at: datetime
    closed_by: str
    confirmed_by: str
    restated: int

    @property
    def after(self) -> date:
        """The last day before it."""
        return self.month_end.replace(day=1) - A_DAY

    @property
    def is_earlier(self) -> bool:
        """Whether it was locked along with a later month, which has the minutes."""
        return self.month_end < self.closed_with


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at before a close; what only warns does not stop it.

    `amount` is what an account of money stands at where it is below nothing.
    """

    name: str
    passes: bool
    count: int = 0
    warns: bool = False
    amount: Money = NOTHING

    @property
    def why(self) -> str:
        """Name what is missing where it does not pass."""
        return "unverified" if self.name == "verified" and not self.count else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMonth:
    """The month whose turn it is: its checks, and who waits for whom."""

    month_end: date
    checks: tuple[Check, ...]
    proposal_id: int | None

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands in the way."""
        return all(one.passes or one.warns for one in self.checks)


def closed_months(session: Session) -> list[ClosedMonth]:
    """Give the closed months, newest first; of those before the first close the restated."""
    closer, confirmer = aliased(User), aliased(User)
    rows = session.execute(
        select(Period, closer.name.label("closer"), confirmer.name.label("confirmer"))
        .join(closer, closer.id == Period.closed_by)
        .join(confirmer, confirmer.id == Period.confirmed_by)
        .order_by(Period.month_end)
    ).all()
    restated = _restated(session)
    found = [
        ClosedMonth(
            month_end=row.Period.month_end,
            closed_with=row.Period.month_end,
            closed_at=row.Period.closed_at,
            closed_by=row.closer,
            confirmed_by=row.confirmer,
            restated=restated[row.Period.month_end],
        )
        for row in rows
    ]
    earlier = sorted(day for day in restated if found and day < found[0].month_end)
    before = [replace(found[0], month_end=day, restated=restated[day]) for day in earlier]
    return [*before, *found][::-1]


def closed_month(session: Session, day: date) -> ClosedMonth | None:
    """Give the month that ends on a day, with what restates it; None where it is open."""
    months = closed_months(session)
    known = next((one for one in months if one.month_end == day), None)
    first = next((one for one in reversed(months) if not one.is_earlier), None)
    if known is None and first is not None and day < first.month_end:
        return replace(first, month_end=day, restated=0)
    return known


def _restated(session: Session) -> Counter[date]:
    """Count by month the rows that take effect in it and were booked after it was closed."""
    closing = select(func.min(Period.month_end)).where(
        Period.month_end >= LedgerEntry.value_date
    )
    late = (
        select(
            LedgerEntry.value_date,
            LedgerEntry.booking_date,
            closing.scalar_subquery().label("closing"),
        )
        .where(LedgerEntry.booking_date > LedgerEntry.value_date)
        .subquery()
    )
    query = (
        select(late.c.value_date, func.count())
        .where(late.c.booking_date > late.c.closing)
        .group_by(late.c.value_date)
    )
    found: Counter[date] = Counter()
    for day, count in session.execute(query):
        found[month_end(day)] += count
    return found


def next_month(session: Session, today: date) -> NextMonth | None:
    """Give the month to close next; None while it is not over.

    The first close takes the month before today, and everything earlier with it.
    """
    closed = closed_through(session)
    day = month_end(closed + A_DAY) if closed else today.replace(day=1) - A_DAY
    if day >= today:
        return None
    waiting = select(Proposal.id).where(
        Proposal.kind == ProposalKind.CLOSE.value,
        Proposal.state == ProposalState.WAITING.value,
        Proposal.subject_id == day.isoformat(),
    )
    return NextMonth(
        month_end=day,
        checks=_checks(session, day),
        proposal_id=session.scalar(waiting),
    )


def _checks(session: Session, day: date) -> tuple[Check, ...]:
    """Look at what house rules ask for, then at what somebody may have left undone."""
    behind = (Loan.reconciled_through.is_(None)) | (Loan.reconciled_through < day)
    loans = select(func.count()).select_from(Loan).where(Loan.state == "approved", behind)
    drafts = (
        select(func.count()).select_from(CollectionDraft).where(CollectionDraft.month <= day)
    )
    proposals = (
        select(func.count())
        .select_from(Proposal)
        .where(
            Proposal.state == ProposalState.WAITING.value,
            Proposal.kind.in_(
                [ProposalKind.LOAN_CHANGE.value, ProposalKind.CAPITAL_MOVEMENT.value]
            ),
        )
    )
    unreconciled, typed, waiting = (
        session.scalar(query) or 0 for query in (loans, drafts, proposals)
    )
    return (
        Check("turn", passes=True),
        Check("reconciled", passes=not unreconciled, count=unreconciled),
        _verified(session, day),
        Check("drafts", passes=not typed, count=typed, warns=True),
        Check("proposals", passes=not waiting, count=waiting, warns=True),
        *_money(session, day),
    )


def _money(session: Session, day: date) -> Iterator[Check]:
    """Say of cash and bank whether they have at least nothing at the end of the month."""
    standing = turnovers(session, Span(first=day, last=day))
    for account in MONEY_ACCOUNTS:
        amount = Money(standing[account].closing)
        yield Check(account.value, passes=amount.dong >= 0, warns=True, amount=amount)


def _verified(session: Session, day: date) -> Check:
    """Say whether the newest verification after the month found the books sound."""
    newest = (
        select(JobRun.state, JobRun.failed)
        .where(JobRun.job == "verify", JobRun.slot > day)
        .order_by(JobRun.slot.desc())
    )
    row = session.execute(newest.limit(1)).one_or_none()
    if row is None:
        return Check("verified", passes=False)
    return Check("verified", passes=row.state == RunState.DONE.value, count=row.failed)
