"""What a closed month locked, read back from what it kept: the table that its approver saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    day, known_at = period.month_end, period.closed_at
    specific, general = provisions_held(session, day, known_at)
    settings = load_settings(session, known_at)
    kept = _kept(session, day, specific)
    known = select(CapitalSource).where(CapitalSource.recorded_at <= known_at)
    sources = []
    for one in session.scalars(known.order_by(CapitalSource.code)):
        own = [loan for loan in kept if loan.source.id == one.id]
        required = total([general.get(one.id, NOTHING), *(loan.specific for loan in own)])
        method = OverdueMethod(settings.get("overdue_method", day, one.id))
        overdue, bad = _overdue_and_bad(own, method, day)
        sources.append(
            LockedSource(
                code=one.code,
                general=general.get(one.id, NOTHING),
                held=required - booked.get(one.id, NOTHING),
                overdue_debt=overdue,
                bad_debt=bad,
            )
        )
    return Locked(tuple(_loan(one) for one in kept), tuple(sources))


def _kept(session: Session, day: date, specific: Mapping[int, Money]) -> list[_Kept]:
    """Give every loan that the month kept, by contract number."""
    query = (
        select(MonthEndPosition, Loan, CapitalSource)
        .join(Loan, Loan.id == MonthEndPosition.loan_id)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .where(MonthEndPosition.month_end == day)
        .order_by(Loan.contract_number)
    )
    return [
        _Kept(place, loan, source, specific.get(loan.id, NOTHING))
        for place, loan, source in session.execute(query)
    ]


def _overdue_and_bad(
    loans: Sequence[_Kept], method: OverdueMethod, day: date
) -> tuple[Money, Money]:
    """Give overdue and bad debt of a source's loans as it counts them."""
    parts = [
        overdue_and_bad(method, _figures(one, day), one.place.final_group)
        for one in loans
        if one.place.principal_outstanding
    ]
    return total([overdue for overdue, _ in parts]), total([bad for _, bad in parts])


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
