"""Remake the caches from contracts and events; figures do not change by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.folded import fold_loan
from loanfund.domain.snapshot import Snapshot
from loanfund.models.loan import Loan
from loanfund.store.loan import each_loan
from loanfund.store.lock import lock_loans
from loanfund.store.position import write_positions
from loanfund.store.setting import load_settings
from loanfund.store.unreadable import leaving_out

CHUNK = 200


def rebuild(
    sessions: sessionmaker[Session],
    clock: Clock,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """Fold every loan again and replace its cached position; give how many there are."""
    with sessions() as session:
        ids = list(session.scalars(select(Loan.id).order_by(Loan.id)))
    for start in range(0, len(ids), CHUNK):
        with sessions() as session, unit_of_work(session):
            _rebuild_chunk(session, ids[start : start + CHUNK], clock)
        progress(min(start + CHUNK, len(ids)), len(ids))
    return len(ids)


def _rebuild_chunk(session: Session, ids: Sequence[int], clock: Clock) -> None:
    versions = {row.id: row.version for row in lock_loans(session, ids)}
    snapshots: dict[int, Snapshot | None] = dict.fromkeys(ids)
    for loan in each_loan(session, load_settings(session), Loan.id.in_(ids)):
        with leaving_out(session, loan):  # it keeps no figures; lists say that it is unreadable
            folded = fold_loan(loan.history(), clock.today(), loan.rule_sets)
            snapshots[loan.id] = folded.snapshot()
    write_positions(session, snapshots, versions)
