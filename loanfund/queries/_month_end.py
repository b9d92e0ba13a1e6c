"""Closed months against the fold: what was frozen must be what was known at the close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.portfolio import final_groups
from loanfund.domain.snapshot import Balances
from loanfund.models.loan import Loan
from loanfund.models.period import Period
from loanfund.models.position import MonthEndPosition
from loanfund.queries._standing import Moment, standings
from loanfund.queries.portfolio import loan_figures
from loanfund.store.setting import load_settings

FROZEN = [one.name for one in fields(Balances)]


def month_end_differences(session: Session) -> Iterator[tuple[str, object, object]]:
    """Give each column that differs: where, what the fold says, and what was frozen."""
    for month_end, closed_at in session.execute(
        select(Period.month_end, Period.closed_at).order_by(Period.month_end)
    ):
        yield from _of_month(session, month_end, closed_at)


def balances_of(row: MonthEndPosition) -> Balances:
    """Give what a month kept of a loan's balances."""
    kept = {name: getattr(row, name) for name in FROZEN}
    return Balances(**kept | {"status": LoanStatus(row.status)})


def _of_month(
    session: Session, month_end: date, closed_at: datetime
) -> Iterator[tuple[str, object, object]]:
    settings = load_settings(session, closed_at)
    moment = Moment(month_end, closed_at)
    known = [
        one
        for one in standings(session, settings, moment, Loan.state != "draft")
        if one.snapshot is not None
    ]
    groups = final_groups([loan_figures(one) for one in known])
    query = select(MonthEndPosition).where(MonthEndPosition.month_end == month_end)
    frozen = {row.loan_id: row for row in session.scalars(query)}
    for one in known:
        number = one.facts.contract_number
        expected = {name: getattr(one.snapshot, name) for name in FROZEN}
        expected |= {"own_group": one.own_group, "final_group": groups.get(number)}
        row = frozen.pop(one.facts.id, None)
        for name, value in expected.items():
            found = getattr(row, name, None)
            if found != value:
                yield f"{number} {month_end} {name}", value, found
    for loan_id in frozen:
        yield f"loan {loan_id} {month_end}", None, "frozen"
