"""A cooperative's repayment schedule: every due, what became of it, and when to pay it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.calendar import day_off, last_working_day
from loanfund.domain.permission import Actor
from loanfund.queries._loan_tables import DueRow, schedule
from loanfund.queries._standing import Moment
from loanfund.queries.portal import OwnLoan, folded_loan, own_loan_of
from loanfund.store.message import holidays
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class OwnDue:
    """One due; where its day is none of work, what day it is, and by when to pay."""

    row: DueRow
    day_off: str = ""
    pay_by: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSchedule:
    """The schedule in force, which of its dues are settled, and which are to be paid."""

    loan: OwnLoan
    since: date | None
    settled: tuple[OwnDue, ...]
    ahead: tuple[OwnDue, ...]


def own_schedule(session: Session, actor: Actor, loan_id: int, moment: Moment) -> OwnSchedule:
    """Give the schedule of one loan of the cooperative; another's is unknown."""
    loan, folded, row = folded_loan(session, actor, loan_id, moment)
    plan = schedule(folded)
    closed_on = holidays(load_settings(session, moment.known_at))
    dues = [_due(one, moment.as_of, closed_on) for one in plan.rows]
    return OwnSchedule(
        loan=own_loan_of(loan, folded, row),
        since=plan.since,
        settled=tuple(one for one in dues if not one.row.left),
        ahead=tuple(one for one in dues if one.row.left),
    )


def _due(row: DueRow, today: date, closed_on: frozenset[date]) -> OwnDue:
    pay_by = last_working_day(row.due_date, closed_on)
    if not row.left or row.due_date < today or pay_by == row.due_date:
        return OwnDue(row)
    return OwnDue(row, day_off(row.due_date, closed_on), max(pay_by, today))
