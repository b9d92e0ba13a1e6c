"""The capital of each source: every movement with a running balance, and what is not lent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import NOTHING, Money, total
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.user import User
from loanfund.store.ledger import least_undisbursed


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalLine:
    """One movement: what came or went, who wrote and approved it, and the balance after it."""

    id: int
    day: date
    contributor: str
    note: str | None
    amount: Money
    balance: Money
    recorded_by: str
    approved_by: str | None
    reverses: int | None
    reversed_by: int | None

    @property
    def can_reverse(self) -> bool:
        """Whether it stands and undoes nothing itself."""
        return self.reverses is None and self.reversed_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalAccount:
    """A source on the business date, its movements by value date."""

    code: str
    name: str
    undisbursed: Money
    lines: tuple[CapitalLine, ...]

    @property
    def capital(self) -> Money:
        """What was put in less what was taken out."""
        return self.lines[-1].balance if self.lines else NOTHING

    @property
    def lent(self) -> Money:
        """The part that is lent out, or was written off and did not return."""
        return self.capital - self.undisbursed


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalBook:
    """Every source, and the sums over all of them."""

    sources: tuple[CapitalAccount, ...]

    def sum_of(self, figure: str) -> Money:
        """Add up a figure of the sources."""
        return total([getattr(one, figure) for one in self.sources])


def capital_book(session: Session, today: date) -> CapitalBook:
    """Give all sources by code; a movement never lies after the business date."""
    lines = list(_rows(session))
    return CapitalBook(
        sources=tuple(
            CapitalAccount(
                code=source.code,
                name=source.name,
                undisbursed=least_undisbursed(session, source.id, today),
                lines=tuple(_lines(one for one in lines if one[0].source_id == source.id)),
            )
            for source in session.scalars(select(CapitalSource).order_by(CapitalSource.code))
        )
    )


def capital_line(session: Session, movement_id: int, today: date) -> tuple[str, CapitalLine]:
    """Give the code of a source and one of its movements."""
    for source in capital_book(session, today).sources:
        for line in source.lines:
            if line.id == movement_id:
                return source.code, line
    raise NotFoundError("capital_movement", id=movement_id)


_Row = tuple[CapitalMovement, str, str | None, int | None]


def _rows(session: Session) -> Iterator[_Row]:
    maker, approver, undo = aliased(User), aliased(User), aliased(CapitalMovement)
    query = (
        select(CapitalMovement, maker.name, approver.name, undo.id)
        .join(maker, maker.id == CapitalMovement.recorded_by)
        .outerjoin(approver, approver.id == CapitalMovement.approved_by)
        .outerjoin(undo, undo.reverses == CapitalMovement.id)
        .order_by(CapitalMovement.value_date, CapitalMovement.id)
    )
    for row in session.execute(query):
        yield row[0], row[1], row[2], row[3]


def _lines(rows: Iterable[_Row]) -> Iterator[CapitalLine]:
    balance = NOTHING
    for row, maker, approver, undo in rows:
        balance += row.amount
        yield CapitalLine(
            id=row.id,
            day=row.value_date,
            contributor=row.contributor,
            note=row.note,
            amount=row.amount,
            balance=balance,
            recorded_by=maker,
            approved_by=approver,
            reverses=row.reverses,
            reversed_by=undo,
        )
