"""The audit log for people: who changed what and when, page by page or as a whole.

What a job did many times in a row is one line of a page, with its parts behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from loanfund.clock import end_of_day
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.loan import Loan
from loanfund.models.user import User
from loanfund.queries._audit_names import object_names

PAGE_SIZE = 100
MOST_READ = 10_000  # lines for one page: a month's statements of a large fund
IN_A_ROW = timedelta(minutes=5)  # a job that waited longer began anew
CHUNK = 500
A_DAY = timedelta(days=1)
MOST_EXPORTED = 50_000
PEOPLE = ("approved_by", "confirmed_by")  # facts that are somebody's id


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
    """One line, `loan_id` where its object is a loan that has a page.

    `others` are those before it that a job wrote of the same kind, the latest first.
    """

    id: int
    at: datetime
    who: str | None
    action: str
    object_type: str
    object_id: str | None
    object_name: str
    facts: Mapping[str, Any]
    loan_id: int | None
    others: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """A page of the log; `older` is what the next page is asked for, None at the end.

    `count` lines fit in all, the `newest` of them by its id: an export asks for just those.
    """

    lines: tuple[Change, ...]
    count: int
    newest: int
    older: int | None
    people: tuple[tuple[int, str], ...]
    actions: tuple[str, ...]
    object_types: tuple[str, ...]


def audit_page(session: Session, asked: AskedAudit) -> AuditPage:
    """Give the lines that fit, those recorded last first."""
    with session.execute(_lines(asked).limit(MOST_READ)) as rows:
        runs = list(islice(_runs(rows), PAGE_SIZE + 1))
    changes = iter(_changes(session, [row for run in runs[:PAGE_SIZE] for row in run]))
    lines = tuple(_one_of(islice(changes, len(run))) for run in runs[:PAGE_SIZE])
    people = select(User.id, User.name).order_by(User.name)
    fits = _conditions(replace(asked, below=None))
    count, newest = session.execute(
        select(func.count(), func.max(AuditLine.id)).select_from(AuditLine).where(*fits)
    ).one()
    return AuditPage(
        lines=lines,
        count=count,
        newest=newest or 0,
        older=runs[PAGE_SIZE - 1][-1].AuditLine.id if len(runs) > PAGE_SIZE else None,
        people=tuple((row.id, row.name) for row in session.execute(people)),
        actions=_known(session, AuditLine.action),
        object_types=_known(session, AuditLine.object_type),
    )


def audit_lines(session: Session, asked: AskedAudit) -> Iterator[Change]:
    """Give all lines that fit, the newest first and no more than anybody can read."""
    with session.execute(_lines(asked).limit(MOST_EXPORTED)) as rows:
        while chunk := list(islice(rows, CHUNK)):
            yield from _changes(session, chunk)


def _runs(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Gather the lines that a job wrote one after the other; every other stands alone."""
    run: list[Any] = []
    for row in rows:
        if run and not _goes_on(run[-1], row):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _goes_on(later: Any, row: Any) -> bool:
    """Tell whether a line and the one before it are parts of what a job did."""
    line, above = row.AuditLine, later.AuditLine
    if not row.role == later.role == Role.CLI:
        return False
    if (line.action, line.object_type) != (above.action, "loan"):
        return False
    between: timedelta = above.recorded_at - line.recorded_at
    return between <= IN_A_ROW


def _one_of(run: Iterable[Change]) -> Change:
    first, *others = run
    return replace(first, others=tuple(others))


def _lines(asked: AskedAudit) -> Select[AuditLine, str, str, int]:
    of_loan = (AuditLine.object_type == "loan") & (Loan.contract_number == AuditLine.object_id)
    return (
        select(AuditLine, User.name, User.role, Loan.id.label("loan_id"))
        .outerjoin(User, User.id == AuditLine.recorded_by)
        .outerjoin(Loan, of_loan)
        .where(*_conditions(asked))
        .order_by(AuditLine.id.desc())
        .execution_options(yield_per=CHUNK)
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


def _changes(session: Session, rows: Sequence[Any]) -> list[Change]:
    lines = [row.AuditLine for row in rows]
    objects = ((one.object_type, one.object_id) for one in lines if one.object_id is not None)
    names = object_names(session, objects)
    people = _named_people(session, lines)
    return [
        Change(
            id=line.id,
            at=line.recorded_at,
            who=row.name,
            action=line.action,
            object_type=line.object_type,
            object_id=line.object_id,
            object_name=names.get((line.object_type, line.object_id), ""),
            facts=_with_names(line.facts, people),
            loan_id=row.loan_id,
        )
        for row, line in zip(rows, lines, strict=True)
    ]


def _named_people(session: Session, lines: Sequence[AuditLine]) -> dict[int, str]:
    """Give the names of those whom facts tell by their id."""
    ids = {line.facts[name] for line in lines for name in PEOPLE if name in line.facts}
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _with_names(facts: Mapping[str, Any], people: Mapping[int, str]) -> Mapping[str, Any]:
    told = {name: people.get(facts[name], facts[name]) for name in PEOPLE if name in facts}
    return {**facts, **told}


def _known(session: Session, column: Any) -> tuple[str, ...]:
    return tuple(session.scalars(select(column).distinct().order_by(column)))
