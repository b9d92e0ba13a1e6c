"""The position cache: one row a loan, remade whenever the loan is reconciled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.accruing import Accruing, Growth
from loanfund.domain.calendar import DayCount
from loanfund.domain.snapshot import Snapshot
from loanfund.domain.terms import CHARGE_KINDS
from loanfund.models.base import Base
from loanfund.models.loan import Loan
from loanfund.models.position import CachedPosition

_FIELDS = [one.name for one in fields(Snapshot)]
_KINDS = [kind.value for kind in CHARGE_KINDS]
_TABLE = Base.metadata.tables[CachedPosition.__tablename__]


def write_positions(
    session: Session, snapshots: Mapping[int, Snapshot | None], versions: Mapping[int, int]
) -> None:
    """Replace the cached positions of some loans; None leaves a loan without one."""
    ids = list(snapshots)
    session.execute(delete(CachedPosition).where(CachedPosition.loan_id.in_(ids)))
    rows = [
        {**_columns(one), "loan_id": loan_id, "loan_version": versions[loan_id]}
        for loan_id, one in snapshots.items()
        if one is not None
    ]
    if rows:
        session.execute(insert(_TABLE), rows)


def _columns(one: Snapshot) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in _FIELDS}
    return {**values, "status": one.status.value, "accruing": _plain(one.accruing)}


def _plain(one: Accruing) -> dict[str, Any]:
    return {"day_count": one.day_count.value, **{kind: getattr(one, kind) for kind in _KINDS}}


def read_positions(session: Session, *conditions: ColumnElement[bool]) -> dict[int, Snapshot]:
    """Give the cached positions of the loans that satisfy all conditions on `Loan`."""
    columns = [getattr(CachedPosition, name) for name in _FIELDS]
    query = (
        select(CachedPosition.loan_id, *columns)
        .join(Loan, Loan.id == CachedPosition.loan_id)
        .where(Loan.version == CachedPosition.loan_version, *conditions)
    )
    return {loan_id: _snapshot(row) for loan_id, *row in session.execute(query)}


def _snapshot(row: Sequence[Any]) -> Snapshot:
    values = dict(zip(_FIELDS, row, strict=True))
    values["status"] = LoanStatus(values["status"])
    values["accruing"] = _accruing(values["accruing"])
    return Snapshot(**values)


def _accruing(plain: Mapping[str, Any]) -> Accruing:
    kinds = {kind: Growth(*plain[kind]) for kind in _KINDS}
    return Accruing(day_count=DayCount(plain["day_count"]), **kinds)
