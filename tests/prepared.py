"""Books that many tests begin with: made by the services once a process, then put down again.

Making even a small book takes longer than most tests, and is the same each time. So the rows
that the services wrote into an empty database are kept, and written again into the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.models.base import Base
from loanfund.models.user import User
from tests.builders import Fund

LOANS = Base.metadata.tables["loan"]
SEEDED = {"audit_head", "books"}  # their only row is there from the beginning
C = TypeVar("C", bound=Clock)
P = ParamSpec("P")
Recipe = Callable[Concatenate[Session, C, P], Fund]


@dataclass(frozen=True)
class Kept:
    """The rows of every table, in an order in which they can be written, and who is there."""

    rows: dict[Table, list[dict[str, Any]]]
    fund: Fund


def prepared(recipe: Recipe[C, P]) -> Recipe[C, P]:
    """Let a recipe be followed once for each database, instant and argument."""
    kept: dict[tuple[object, ...], Kept] = {}

    @wraps(recipe)
    def put_down(session: Session, clock: C, *args: P.args, **kwargs: P.kwargs) -> Fund:
        if session.scalar(select(func.count()).select_from(User)):
            return recipe(session, clock, *args, **kwargs)
        key = (_dialect(session), repr(clock), args, *kwargs.items())
        if key not in kept:
            fund = recipe(session, clock, *args, **kwargs)
            kept[key] = Kept(_rows(session), fund)
            return fund
        _be_another_book(kept[key].rows)
        _write(session, kept[key].rows)
        return replace(kept[key].fund, session=session, clock=clock)

    return cast("Recipe[C, P]", put_down)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _rows(session: Session) -> dict[Table, list[dict[str, Any]]]:
    found = {
        table: session.execute(select(table).order_by(*table.primary_key)).mappings().all()
        for table in Base.metadata.sorted_tables
    }
    session.commit()  # whoever writes next is not to wait for a reader
    return {table: [dict(row) for row in rows] for table, rows in found.items() if rows}


def _be_another_book(kept: dict[Table, list[dict[str, Any]]]) -> None:
    """Move the instants of contracts, by which a process tells books apart."""
    for loan in kept.get(LOANS, ()):
        loan["recorded_at"] -= timedelta(microseconds=1)


def _write(session: Session, kept: dict[Table, list[dict[str, Any]]]) -> None:
    for table, rows in kept.items():
        if table.name in SEEDED:
            session.execute(update(table).values(rows[0]))
        else:
            session.execute(insert(table), rows)
    if _dialect(session) == "postgresql":
        _count_on(session, kept)
    session.commit()


def _count_on(session: Session, kept: dict[Table, list[dict[str, Any]]]) -> None:
    """Let PostgreSQL number the next rows after these, whose numbers it did not give."""
    counted = []
    for table, rows in kept.items():
        if table.name not in {*SEEDED, "audit_line"} and "id" in table.columns:
            sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
            last = func.greatest(rows[-1]["id"], func.nextval(sequence))
            counted.append(func.setval(sequence, last))
    session.execute(select(*counted))
