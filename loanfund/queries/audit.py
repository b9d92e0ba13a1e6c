"""The audit log for people: who changed what and when, page by page or as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from loanfund.clock import end_of_day
from loanfund.models.audit import AuditLine
from loanfund.models.loan import Loan
from loanfund.models.user import User

PAGE_SIZE = 100
A_DAY = timedelta(days=1)
MOST_EXPORTED = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAudit:
    """What the log is asked for; nothing set asks for everything, the newest first."""

    who: int | None = None
    action: str = ""
    object_type: str = ""
    object_id: str = ""
    first: date | None = None
    last: date | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line: `loan_id` where the object is a loan that has a page."""

    id: int
    at: datetime
    who: str | None
    action: str
    object_type: str
    object_id: str | None
    facts: Mapping[str, Any]
    loan_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """A page of the log; `older` is what the next page is asked for, None at the end."""

    lines: tuple[Change, ...]
    older: int | None
    people: tuple[tuple[int, str], ...]
    actions: tuple[str, ...]
    object_types: tuple[str, ...]


def audit_page(session: Session, asked: AskedAudit) -> AuditPage:
    """Give the lines that fit, those recorded last first."""
    query = _lines(asked).limit(PAGE_SIZE + 1)
    found = [_change(row) for row in session.execute(query)]
    lines = tuple(found[:PAGE_SIZE])
    people = select(User.id, User.name).order_by(User.name)
    return AuditPage(
        lines=lines,
        older=lines[-1].id if len(found) > PAGE_SIZE else None,
        people=tuple((row.id, row.name) for row in session.execute(people)),
        actions=_known(session, AuditLine.action),
        object_types=_known(session, AuditLine.object_type),
    )


def audit_lines(session: Session, asked: AskedAudit) -> Iterator[Change]:
    """Give all lines that fit, the newest first and no more than anybody can read."""
    for row in session.execute(_lines(asked).limit(MOST_EXPORTED)):
        yield _change(row)


def _lines(asked: AskedAudit) -> Select[AuditLine, str, int]:
    of_loan = (AuditLine.object_type == "loan") & (Loan.contract_number == AuditLine.object_id)
    return (
        select(AuditLine, User.name, Loan.id)
        .outerjoin(User, User.id == AuditLine.recorded_by)
        .outerjoin(Loan, of_loan)
        .where(*_conditions(asked))
        .order_by(AuditLine.id.desc())
    )


def _conditions(asked: AskedAudit) -> Iterator[ColumnElement[bool]]:
    if asked.who is not None:
        yield AuditLine.recorded_by == asked.who
    if asked.action:
        yield AuditLine.action == asked.action
    if asked.object_type:
        yield AuditLine.object_type == asked.object_type
    if asked.object_id:
        yield AuditLine.object_id == asked.object_id
    if asked.first is not None:
        yield AuditLine.recorded_at > end_of_day(asked.first - A_DAY)
    if asked.last is not None:
        yield AuditLine.recorded_at <= end_of_day(asked.last)
    if asked.below is not None:
        yield AuditLine.id < asked.below


def _change(row: Any) -> Change:
    line, who, loan_id = row
    return Change(
        id=line.id,
        at=line.recorded_at,
        who=who,
        action=line.action,
        object_type=line.object_type,
        object_id=line.object_id,
        facts=line.facts,
        loan_id=loan_id,
    )


def _known(session: Session, column: Any) -> tuple[str, ...]:
    return tuple(session.scalars(select(column).distinct().order_by(column)))
