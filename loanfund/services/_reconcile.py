"""Bring ledger and caches to what the fold says; shared by everything that changes a loan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.folded import FoldedLoan
from loanfund.domain.posting import TransferKey, differences
from loanfund.domain.setting import BEGINNING
from loanfund.domain.snapshot import Snapshot
from loanfund.models.loan import Loan
from loanfund.services._booking import Booking
from loanfund.store.ledger import add_rows, ledger_rows, standing_transfers
from loanfund.store.loan import LoadedLoan
from loanfund.store.position import write_positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the fold of a loan says should stand; fold and events, which are large, are let go.

    `is_changed` by what is recorded now, with the last event's row. Before what happened,
    ledger and fold agreed: `agreed_through` a day nothing is compared.
    """

    loan_id: int
    contract_number: str
    source_id: int
    through: date
    wanted: Mapping[TransferKey, int]
    snapshot: Snapshot | None
    event_id: int | None
    is_changed: bool
    agreed_through: date


def settle(
    loan: LoadedLoan,
    folded: FoldedLoan,
    *,
    event_id: int | None = None,
    is_changed: bool = True,
    agreed_through: date = BEGINNING,
) -> Settled:
    """Ask a fold for all that books and caches need of it."""
    return Settled(
        loan_id=loan.id,
        contract_number=loan.contract_number,
        source_id=loan.source_id,
        through=folded.through,
        wanted=folded.wanted(loan.books, agreed_through),
        snapshot=folded.snapshot(),
        event_id=event_id,
        is_changed=is_changed,
        agreed_through=agreed_through,
    )


def reconcile(
    session: Session, settled: Sequence[Settled], rows: Mapping[int, Loan], booking: Booking
) -> int:
    """Post, for loans that are locked, what the fold implies and the ledger lacks.

    All are folded through the same day. Gives the number of rows posted; doing it again
    posts nothing.
    """
    if not settled:
        return 0
    through = settled[0].through
    entries = _lacking(session, settled, booking)
    add_rows(session, entries)
    for one in settled:
        row = rows[one.loan_id]
        # What the ledger said of later days was of the loan before the change.
        spoken = through if one.is_changed else row.reconciled_through
        row.reconciled_through = max(spoken or through, through)
    if through == booking.business_date:
        snapshots = {one.loan_id: one.snapshot for one in settled}
        write_positions(session, snapshots, {key: rows[key].version for key in snapshots})
    session.flush()
    return len(entries)


def _lacking(
    session: Session, settled: Sequence[Settled], booking: Booking
) -> list[dict[str, Any]]:
    """Give the ledger rows that are lacking after the days on which fold and ledger agree."""
    since = min(one.agreed_through for one in settled)
    days = (since, settled[0].through)
    standing = standing_transfers(session, [one.loan_id for one in settled], days)
    entries = []
    for one in settled:
        stands = _after(one.agreed_through, standing[one.loan_id])
        posted = booking.posted(one.source_id, one.loan_id, one.event_id)
        entries += ledger_rows(posted, differences(one.wanted, stands))
    return entries


def _after(day: date, transfers: Mapping[TransferKey, int]) -> Mapping[TransferKey, int]:
    """Leave out what the chunk's other loans needed to be read."""
    return {key: amount for key, amount in transfers.items() if key.value_date > day}
