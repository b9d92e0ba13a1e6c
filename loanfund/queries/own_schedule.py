"""A cooperative's repayment schedule: every due, what became of it, and when to pay it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.calendar import DayOff, day_off_for
from loanfund.domain.permission import Actor
from loanfund.queries._loan_tables import DueRow, DueState, EarlierPlan, Schedule, schedule
from loanfund.queries._standing import Moment
from loanfund.queries.portal import OwnLoan, folded_loan, own_loan_of
from loanfund.store.loan import LoadedLoan

BY_DECISION = {"reschedule"}


@dataclass(frozen=True, slots=True)
class OwnDue:
    """One due; where it is to be paid on a day off, by when instead."""

    row: DueRow
    off: DayOff | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSchedule:
    """The schedule in force, which of its dues are settled, and which are to be paid.

    Where something but money paid ahead made it anew, `decision` is that event's paper, and
    `earlier` the schedules that held before, the latest first.
    """

    loan: OwnLoan
    since: date | None
    cause: str | None
    decision: str
    earlier: tuple[EarlierPlan, ...]
    settled: tuple[OwnDue, ...]
    ahead: tuple[OwnDue, ...]


def own_schedule(session: Session, actor: Actor, loan_id: int, moment: Moment) -> OwnSchedule:
    """Give the schedule of one loan of the cooperative; another's is unknown."""
    loan, folded, row, closed_on = folded_loan(session, actor, loan_id, moment)
    plan = schedule(folded)
    dues = [_due(one, moment.as_of, closed_on) for one in plan.rows]
    return OwnSchedule(
        loan=own_loan_of(loan, folded, row, closed_on),
        since=plan.since,
        cause=plan.cause,
        decision=_decision(loan, plan),
        earlier=plan.earlier,
        settled=tuple(one for one in dues if not _is_ahead(one.row)),
        ahead=tuple(one for one in dues if _is_ahead(one.row)),
    )


def _decision(loan: LoadedLoan, plan: Schedule) -> str:
    """Give the number of the decision by which the schedule holds, where it has one."""
    made = [
        one.reference or ""
        for one in loan.recorded
        if one.type == plan.cause and one.value_date == plan.since
    ]
    return made[-1] if made and plan.cause in BY_DECISION else ""


def _is_ahead(row: DueRow) -> bool:
    """Tell whether a due is still to come, even where credit will pay it, or still open."""
    return bool(row.left) or row.state is DueState.COMING


def _due(row: DueRow, today: date, closed_on: frozenset[date]) -> OwnDue:
    return OwnDue(row, day_off_for(row.due_date, today, closed_on) if row.left else None)
