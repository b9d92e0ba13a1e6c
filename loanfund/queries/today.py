"""A day's work of officers and accountants: what is due, overdue, came in, and lies undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.money import Money, total
from loanfund.domain.voucher import MONEY_IN
from loanfund.models.borrower import Borrower
from loanfund.models.collection_sheet import CollectionDraft
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.user import User
from loanfund.queries._coming import Coming, coming_dues, later_dues, loans_of
from loanfund.queries._loan_row import SOON
from loanfund.queries._standing import Moment, Standing, standings
from loanfund.store.lock import closed_through
from loanfund.store.setting import load_settings
from loanfund.wording.order import name_key

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueLoan:
    """A loan that is late, with all that is to be paid of it.

    `today` is what of it falls due on the day. It is past due by 0 days where nothing but
    overdue or late interest is left.
    """

    loan_id: int
    contract_number: str
    borrower: str
    source: str
    days_past_due: int
    amount: Money
    today: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReceipt:
    """A receipt dated this day; one that was taken back is shown and not counted."""

    loan_id: int
    sequence: int
    number: str | None
    contract_number: str
    borrower: str
    amount: Money
    recorded_at: datetime
    recorded_by: str
    is_reversed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDraft:
    """A collection sheet that somebody began and did not post."""

    month: date
    source: str
    rows: int
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What the page shows: dues of the day and of the week after, and what else is to do.

    `later` says what comes next where nothing does; `open_from` is the first day after the
    closed months, None where none was closed yet.
    """

    day: date
    due: tuple[Coming, ...]
    soon: tuple[Coming, ...]
    later: tuple[date, int, Money] | None
    overdue: tuple[OverdueLoan, ...]
    receipts: tuple[DayReceipt, ...]
    drafts: tuple[OwnDraft, ...]
    open_from: date | None
    has_loans: bool

    @property
    def week_end(self) -> date:
        """The last day that `soon` looks at."""
        return self.day + SOON

    @property
    def month_to_close(self) -> date | None:
        """The first month that is over and not closed, once any was closed."""
        first = self.open_from
        return first if first is not None and first < self.day.replace(day=1) else None

    @property
    def week_loans(self) -> int:
        """How many loans have anything to pay of the day's dues or of those of the week."""
        return loans_of(self.due + self.soon)

    @property
    def due_total(self) -> Money:
        """What is to be paid by the loans whose due date the day is, and that are not late."""
        return total([one.amount for one in self.due])

    @property
    def soon_total(self) -> Money:
        """What is to be paid of the dues of the week after."""
        return total([one.amount for one in self.soon])

    @property
    def overdue_total(self) -> Money:
        """What is to be paid by all loans that are late."""
        return total([one.amount for one in self.overdue])

    @property
    def standing_receipts(self) -> tuple[DayReceipt, ...]:
        """The receipts that count."""
        return tuple(one for one in self.receipts if not one.is_reversed)

    @property
    def received(self) -> Money:
        """What came in under receipts of this day."""
        return total([one.amount for one in self.standing_receipts])


def day_of_work(session: Session, day: date, user_id: int) -> Today:
    """Give the work of a day, with the drafts of one person."""
    settings, moment = load_settings(session), Moment(day)
    found = standings(session, settings, moment, Loan.state == "approved")
    coming = coming_dues(found, day)
    closed = closed_through(session)
    return Today(
        day=day,
        due=tuple(one for one in coming if one.day == day),
        soon=tuple(one for one in coming if one.day > day),
        later=later_dues(found),
        overdue=_overdue(found),
        receipts=_receipts(session, day),
        drafts=_drafts(session, user_id),
        open_from=closed + A_DAY if closed else None,
        has_loans=bool(found),
    )


def _overdue(found: Iterable[Standing]) -> tuple[OverdueLoan, ...]:
    """Give the loans that are late, those longest so first, then by name."""
    late = [
        OverdueLoan(
            loan_id=one.facts.id,
            contract_number=one.facts.contract_number,
            borrower=one.facts.borrower,
            source=one.facts.source,
            days_past_due=one.days_past_due,
            amount=one.to_pay.amount,
            today=one.to_pay.today,
        )
        for one in found
        if one.to_pay.is_overdue
    ]
    return tuple(sorted(late, key=lambda one: (-one.days_past_due, name_key(one.borrower))))


def _receipts(session: Session, day: date) -> tuple[DayReceipt, ...]:
    """Give the receipts with this day as their date, the newest first."""
    reversal = aliased(LoanEvent)
    query = (
        select(
            LoanEvent.loan_id,
            LoanEvent.sequence,
            LoanEvent.number,
            Loan.contract_number,
            Borrower.name.label("borrower"),
            LoanEvent.amount,
            LoanEvent.recorded_at,
            User.name.label("recorded_by"),
            reversal.id.is_not(None).label("is_reversed"),
        )
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .join(User, User.id == LoanEvent.recorded_by)
        .outerjoin(reversal, reversal.reverses == LoanEvent.id)
        .where(LoanEvent.type.in_(MONEY_IN), LoanEvent.value_date == day)
        .order_by(LoanEvent.id.desc())
    )
    return tuple(DayReceipt(**row) for row in session.execute(query).mappings())


def _drafts(session: Session, user_id: int) -> tuple[OwnDraft, ...]:
    """Give the sheets that a person began, the one touched last first."""
    query = (
        select(CollectionDraft)
        .where(CollectionDraft.user_id == user_id)
        .order_by(CollectionDraft.saved_at.desc())
    )
    return tuple(
        OwnDraft(
            month=one.month,
            source=one.source,
            rows=len(one.typed["rows"]),
            saved_at=one.saved_at,
        )
        for one in session.scalars(query)
        if one.typed.get("rows")
    )
