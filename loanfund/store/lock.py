"""Row locks, always taken in this order: books, capital source, loans by id, number series.

Who holds a source or a loan lets others refer to it (`key_share`): a payment's ledger rows name
the source, and must not wait for a disbursement that waits for the payment's loan. On SQLite a
unit of work holds the one write lock from its start, and these only read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import NotFoundError
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.models.period import Books


def lock_books(session: Session, *, alone: bool = False) -> date | None:
    """Hold the books, shared or alone; give the last day of the last closed month."""
    query = select(Books.closed_through).with_for_update(read=not alone)
    return session.execute(query).scalar_one()


def closed_through(session: Session) -> date | None:
    """Give the last day of the last closed month, without holding anything."""
    return session.execute(select(Books.closed_through)).scalar_one()


def lock_source(session: Session, source_id: int) -> CapitalSource:
    """Hold a capital source, so that nobody else disburses from it or moves its capital."""
    source = session.get(CapitalSource, source_id, with_for_update={"key_share": True})
    if source is None:
        raise NotFoundError("capital_source", id=source_id)
    return source


def lock_sources(session: Session) -> list[CapitalSource]:
    """Hold every capital source, by id."""
    query = select(CapitalSource).order_by(CapitalSource.id)
    return list(session.scalars(query.with_for_update(key_share=True)))


def lock_loan(session: Session, contract_number: str) -> Loan:
    """Hold a loan by its contract number."""
    query = select(Loan).where(Loan.contract_number == contract_number)
    loan = session.execute(query.with_for_update(key_share=True)).scalar_one_or_none()
    if loan is None:
        raise NotFoundError("loan", contract=contract_number)
    return loan


def lock_loans(session: Session, ids: Iterable[int]) -> list[Loan]:
    """Hold loans by id, in the order that two batches cannot take crosswise."""
    query = select(Loan).where(Loan.id.in_(sorted(ids))).order_by(Loan.id)
    return list(session.execute(query.with_for_update(key_share=True)).scalars())
