"""What a closed month locked, read back from what it kept: the table that its approver saw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.locked import Locked, LockedLoan, LockedSource
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.portfolio import LoanFigures, overdue_and_bad
from loanfund.domain.setting import OverdueMethod
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.models.period import Period
from loanfund.models.position import MonthEndPosition
from loanfund.queries._month_end import balances_of
from loanfund.store.ledger import provisions_held
from loanfund.store.setting import load_settings


class _Kept(NamedTuple):
    """A loan as the month kept it."""

    place: MonthEndPosition
    loan: Loan
    source: CapitalSource
    specific: Money


def locked_then(session: Session, period: Period, booked: Mapping[int, Money]) -> Locked:
    """Give every loan and source as the close of a month locked them.

    `booked` is by how much the close itself changed the provisions of each source.
    """
    day = period.month_end
    specific, general = provisions_held(session, day, period.closed_at)
    settings = load_settings(session, period.closed_at)
    query = (
        select(MonthEndPosition, Loan, CapitalSource)
        .join(Loan, Loan.id == MonthEndPosition.loan_id)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .where(MonthEndPosition.month_end == day)
        .order_by(Loan.contract_number)
    )
    kept = [
        _Kept(place, loan, source, specific.get(loan.id, NOTHING))
        for place, loan, source in session.execute(query)
    ]
    known = CapitalSource.recorded_at <= period.closed_at
    sources = []
    for one in session.scalars(select(CapitalSource).where(known).order_by(CapitalSource.code)):
        own = [loan for loan in kept if loan.source.id == one.id]
        method = OverdueMethod(settings.get("overdue_method", day, one.id))
        set_aside = general.get(one.id, NOTHING)
        required = total([set_aside, *(loan.specific for loan in own)])
        parts = [
            overdue_and_bad(method, _figures(loan, day), loan.place.final_group)
            for loan in own
            if loan.place.principal_outstanding
        ]
        sources.append(
            LockedSource(
                code=one.code,
                general=set_aside,
                held=required - booked.get(one.id, NOTHING),
                overdue_debt=total([overdue for overdue, _ in parts]),
                bad_debt=total([bad for _, bad in parts]),
            )
        )
    return Locked(tuple(_loan(one) for one in kept), tuple(sources))


def _loan(one: _Kept) -> LockedLoan:
    place = one.place
    charged = [place.interest_open, place.overdue_interest_open, place.late_interest_open]
    return LockedLoan(
        contract=one.loan.contract_number,
        source=one.source.code,
        group=place.final_group,
        principal=place.principal_outstanding,
        interest=total([*charged, place.interest_deferred]),
        specific=one.specific,
        rest="",
    )


def _figures(one: _Kept, day: date) -> LoanFigures:
    place = balances_of(one.place)
    return LoanFigures(
        loan=one.loan.contract_number,
        borrower=one.loan.borrower_id,
        source=one.source.code,
        bears_risk=one.source.bears_risk,
        principal_outstanding=place.principal_outstanding,
        principal_overdue=place.principal_overdue,
        interest_open=place.interest_open,
        written_off_unrecovered=NOTHING,
        days_past_due=place.days_past_due(day),
        own_group=one.place.own_group,
        in_freeze=place.is_frozen,
    )
