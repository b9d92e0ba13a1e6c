"""Bring ledger and caches to what the fold says; shared by everything that changes a loan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from loanfund.domain.folded import FoldedLoan
from loanfund.domain.posting import differences
from loanfund.models.loan import Loan
from loanfund.store.ledger import Posted, add_rows, ledger_rows, standing_transfers
from loanfund.store.loan import LoadedLoan
from loanfund.store.position import write_positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why and when something is posted: who, at which instant, on which business date."""

    at: datetime
    actor: int
    business_date: date
    closed_through: date | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A loan with its fold, and the event that made a difference, if one did."""

    loan: LoadedLoan
    folded: FoldedLoan
    event_id: int | None = None


def reconcile(
    session: Session, settled: Sequence[Settled], rows: Mapping[int, Loan], occasion: Occasion
) -> int:
    """Post, for loans that are locked, what the fold implies and the ledger lacks.

    All are folded through the same day. Gives the number of rows posted; doing it again
    posts nothing.
    """
    if not settled:
        return 0
    through = settled[0].folded.through
    standing = standing_transfers(session, [one.loan.id for one in settled], through)
    entries = []
    for one in settled:
        posted = Posted(
            source_id=one.loan.source_id,
            loan_id=one.loan.id,
            recorded_at=occasion.at,
            recorded_by=occasion.actor,
            business_date=occasion.business_date,
            closed_through=occasion.closed_through,
            event_id=one.event_id,
        )
        wanted = one.folded.wanted(one.loan.books)
        entries += ledger_rows(posted, differences(wanted, standing[one.loan.id]))
    add_rows(session, entries)
    for one in settled:
        row = rows[one.loan.id]
        row.reconciled_through = max(row.reconciled_through or through, through)
    if through == occasion.business_date:
        snapshots = {one.loan.id: one.folded.snapshot() for one in settled}
        write_positions(session, snapshots, {key: rows[key].version for key in snapshots})
    session.flush()
    return len(entries)
