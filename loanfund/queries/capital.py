"""The capital of each source: every movement with a running balance, and what is not lent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import NOTHING, Money, total
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.user import User
from loanfund.queries._standing import Moment
from loanfund.queries.portfolio import portfolio_at
from loanfund.store.ledger import least_undisbursed


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalLine:
    """One movement: what came or went, who wrote and approved it, and the balance after it."""

    id: int
    number: str
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
    """A source at the moment asked about, its movements by value date.

    Its capital is lent, or was written off and has not come back, or is not disbursed.
    """

    code: str
    name: str
    lent: Money
    written_off: Money
    undisbursed: Money
    lines: tuple[CapitalLine, ...]

    @property
    def capital(self) -> Money:
        """What was put in less what was taken out."""
        return self.lines[-1].balance if self.lines else NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalBook:
    """Every source, and the sums over all of them."""

    sources: tuple[CapitalAccount, ...]

    def sum_of(self, figure: str) -> Money:
        """Add up a figure of the sources."""
        return total([getattr(one, figure) for one in self.sources])


def capital_book(session: Session, moment: Moment, today: date) -> CapitalBook:
    """Give all sources by code as they stood at a moment, through the business date."""
    lines = _lines_by_source(session, moment)
    return CapitalBook(
        sources=tuple(
            CapitalAccount(
                code=one.source.code,
                name=one.source.name,
                lent=one.figures.outstanding,
                written_off=one.figures.written_off_unrecovered,
                undisbursed=one.figures.undisbursed,
                lines=lines.get(one.source.code, ()),
            )
            for one in portfolio_at(session, moment, today).sources
        )
    )


def free_capital(session: Session, day: date) -> list[tuple[str, Money]]:
    """Give what each source has not lent on any day from one on, by its code."""
    query = select(CapitalSource.code, CapitalSource.id).order_by(CapitalSource.code)
    return [
        (code, least_undisbursed(session, one, day)) for code, one in session.execute(query)
    ]


def capital_line(session: Session, movement_id: int, today: date) -> tuple[str, CapitalLine]:
    """Give the code of a source and one of its movements."""
    for code, lines in _lines_by_source(session, Moment(today)).items():
        for line in lines:
            if line.id == movement_id:
                return code, line
    raise NotFoundError("capital_movement", id=movement_id)


_Row = tuple[CapitalMovement, str, str | None, int | None]


def _lines_by_source(session: Session, moment: Moment) -> dict[str, tuple[CapitalLine, ...]]:
    """Give the movements known at the moment with their balances, by the source's code."""
    maker, approver, undo = aliased(User), aliased(User), aliased(CapitalMovement)
    is_undo = undo.reverses == CapitalMovement.id
    known = [CapitalMovement.value_date <= moment.as_of]
    if moment.known_at is not None:
        known.append(CapitalMovement.recorded_at <= moment.known_at)
        is_undo = and_(is_undo, undo.recorded_at <= moment.known_at)
    query = (
        select(CapitalSource.code, CapitalMovement, maker.name, approver.name, undo.id)
        .join(CapitalMovement, CapitalMovement.source_id == CapitalSource.id)
        .join(maker, maker.id == CapitalMovement.recorded_by)
        .outerjoin(approver, approver.id == CapitalMovement.approved_by)
        .outerjoin(undo, is_undo)
        .where(*known)
        .order_by(CapitalMovement.value_date, CapitalMovement.id)
    )
    rows: dict[str, list[_Row]] = {}
    for code, row, made_by, approved_by, undone in session.execute(query):
        rows.setdefault(code, []).append((row, made_by, approved_by, undone))
    return {code: tuple(_lines(found)) for code, found in rows.items()}


def _lines(rows: Iterable[_Row]) -> Iterator[CapitalLine]:
    balance = NOTHING
    for row, maker, approver, undo in rows:
        balance += row.amount
        yield CapitalLine(
            id=row.id,
            number=row.number,
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
