"""Movements of capital that stand, as reports list them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.money import Money
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.queries._report import Question


@dataclass(frozen=True, slots=True)
class CapitalMove:
    """Capital that came (positive) or went."""

    number: str
    day: date
    source: str
    contributor: str
    amount: Money
    note: str | None


def capital_moves(session: Session, question: Question) -> list[CapitalMove]:
    """Give what moved in the period and was not taken back; it all goes through the bank."""
    undone = aliased(CapitalMovement)
    known = () if question.known_at is None else (undone.recorded_at <= question.known_at,)
    is_undone = select(undone.id).where(undone.reverses == CapitalMovement.id, *known).exists()
    query = (
        select(
            CapitalMovement.number,
            CapitalMovement.value_date,
            CapitalSource.code,
            CapitalMovement.contributor,
            CapitalMovement.amount,
            CapitalMovement.note,
        )
        .join(CapitalSource, CapitalSource.id == CapitalMovement.source_id)
        .where(
            CapitalMovement.value_date.between(question.first, question.as_of),
            CapitalMovement.reverses.is_(None),
            ~is_undone,
        )
        .order_by(CapitalSource.code, CapitalMovement.value_date, CapitalMovement.id)
    )
    if question.source:
        query = query.where(CapitalSource.code == question.source)
    if question.known_at is not None:
        query = query.where(CapitalMovement.recorded_at <= question.known_at)
    return [CapitalMove(*row) for row in session.execute(query)]
