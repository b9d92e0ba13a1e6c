"""The portfolio figures of any day, as known at any instant (rules §10)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.portfolio import LoanFigures, Portfolio, SourceFigures, portfolio
from loanfund.domain.setting import OverdueMethod, SettingBook
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.loan import Loan
from loanfund.queries._standing import Moment, Standing, standings
from loanfund.store.setting import load_settings


def portfolio_at(
    session: Session, moment: Moment, today: date, source_code: str | None = None
) -> Portfolio:
    """Give the figures per source and in total; a day after the business date is refused.

    Contagion looks at all loans, also when one source is asked for; and where something was
    known to be lent, also at a contract that was reversed and cancelled since.
    """
    if moment.as_of > today:
        raise InvalidInputError("after_business_date", field="as_of")
    settings = load_settings(session, moment.known_at)
    sources = source_figures(session, settings, moment)
    if source_code is not None and source_code not in {source.code for source in sources}:
        raise NotFoundError("capital_source", code=source_code)
    loans = standings(session, settings, moment, Loan.state != "draft")
    figures = [loan_figures(one) for one in loans if one.snapshot is not None]
    wanted = [one for one in sources if source_code is None or one.code == source_code]
    return portfolio(wanted, figures)


def source_figures(
    session: Session, settings: SettingBook, moment: Moment
) -> list[SourceFigures]:
    """Give each capital source with its capital on the day, by code."""
    movements = (
        select(CapitalMovement.source_id, func.sum(CapitalMovement.amount))
        .where(CapitalMovement.value_date <= moment.as_of)
        .group_by(CapitalMovement.source_id)
    )
    query = select(CapitalSource).order_by(CapitalSource.code)
    if moment.known_at is not None:
        movements = movements.where(CapitalMovement.recorded_at <= moment.known_at)
        query = query.where(CapitalSource.recorded_at <= moment.known_at)
    capital: dict[int, Money] = {row[0]: row[1] for row in session.execute(movements)}
    return [
        SourceFigures(
            code=source.code,
            name=source.name,
            capital=capital.get(source.id, NOTHING),
            overdue_method=OverdueMethod(
                settings.get("overdue_method", moment.as_of, source.id)
            ),
            bears_risk=source.bears_risk,
        )
        for source in session.scalars(query)
    ]


def loan_figures(one: Standing) -> LoanFigures:
    """Give what the portfolio needs of a loan that was disbursed."""
    place = one.snapshot
    assert place is not None
    recovered = min(place.recovered, place.written_off_principal)
    return LoanFigures(
        loan=one.facts.contract_number,
        borrower=one.facts.borrower_id,
        source=one.facts.source,
        bears_risk=one.facts.bears_risk,
        principal_outstanding=place.principal_outstanding,
        principal_overdue=place.principal_overdue,
        interest_open=place.interest_open,
        written_off_unrecovered=place.written_off_principal - recovered,
        days_past_due=one.days_past_due,
        own_group=one.own_group,
        in_freeze=place.is_frozen,
    )
