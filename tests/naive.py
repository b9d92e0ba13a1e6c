"""The portfolio by brute force: every loan folded for every day on its own, plain loops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.collection import month_collection
from loanfund.domain.folded import fold_loan
from loanfund.models.capital import CapitalSource
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.setting import load_settings


@dataclass(frozen=True, kw_only=True)
class Row:
    """One loan on one day; `group` is the final one, 0 where there is none."""

    number: str
    day: date
    source: str
    area: str
    sector: str
    outstanding: int
    days: int
    group: int
    collection: Any


def rows_on(session: Session, days: Iterable[date]) -> list[Row]:
    """Give every loan on every one of the days."""
    sources = {row.id: row for row in session.scalars(select(CapitalSource))}
    loans = load_loans(session, load_settings(session))
    return [
        one
        for day in days
        for one in _on(loans, {key: row.code for key, row in sources.items()}, day)
    ]


def _on(loans: list[LoadedLoan], sources: dict[int, str], day: date) -> list[Row]:
    places = {
        loan.id: fold_loan(loan.history(), day, loan.rule_sets).position() for loan in loans
    }
    rows = []
    for loan in loans:
        group = places[loan.id].debt_group or 0
        for other in loans:
            infects = other.books.bears_risk and places[other.id].principal_outstanding
            if loan.books.bears_risk and infects and other.borrower_id == loan.borrower_id:
                group = max(group, places[other.id].debt_group or 0)
        rows.append(
            Row(
                number=loan.contract_number,
                day=day,
                source=sources[loan.source_id],
                area=loan.area or "-",
                sector=loan.sector or "-",
                outstanding=places[loan.id].principal_outstanding.dong,
                days=places[loan.id].days_past_due,
                group=group,
                collection=month_collection(loan.history(), day),
            )
        )
    return rows
