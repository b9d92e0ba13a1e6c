"""What people call the objects of audit lines: a person by name, a loan with its borrower."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.job_run import JobRun
from loanfund.models.loan import Loan
from loanfund.models.user import User

Object = tuple[str, str]  # its type, and what lines name it by


def object_names(session: Session, objects: Iterable[Object]) -> dict[Object, str]:
    """Give the names of those objects that have one, in a query a type."""
    keys: dict[str, set[str]] = {}
    for kind, key in objects:
        keys.setdefault(kind, set()).add(key)
    return {
        (kind, str(row.key)): row.name
        for kind, query in _QUERIES.items()
        if kind in keys
        for row in session.execute(query.where(_among(kind, keys[kind])))
    }


_BY_ID = {"user": User.id, "job_run": JobRun.id}
_BY_CODE = {
    "borrower": Borrower.code,
    "capital_source": CapitalSource.code,
    "loan": Loan.contract_number,
}
_QUERIES: dict[str, Select[object, str]] = {
    "user": select(User.id.label("key"), User.name),
    "job_run": select(JobRun.id.label("key"), JobRun.job.label("name")),
    "borrower": select(Borrower.code.label("key"), Borrower.name),
    "capital_source": select(CapitalSource.code.label("key"), CapitalSource.name),
    "loan": select(Loan.contract_number.label("key"), Borrower.name).join(
        Borrower, Borrower.id == Loan.borrower_id
    ),
}


def _among(kind: str, keys: Iterable[str]) -> ColumnElement[bool]:
    if kind in _BY_ID:
        return _BY_ID[kind].in_([int(key) for key in keys])
    return _BY_CODE[kind].in_(keys)
