"""Counters that many processes share, made when first asked for."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from loanfund.models.base import Base

Counter = TypeVar("Counter", bound=Base)


def locked_counter(session: Session, counter: type[Counter], values: dict[str, Any]) -> Counter:
    """Give the row with the key among `values`, locked; it is added with them where none is.

    One statement: between two somebody could delete the row, forgiven or long quiet.
    """
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if on_sqlite else postgresql.insert)(counter).values(values)
    key = [column.name for column in inspect(counter).primary_key]
    as_it_is = {key[0]: insert.excluded[key[0]]}  # changes nothing, and locks the row
    found = insert.on_conflict_do_update(index_elements=key, set_=as_it_is).returning(counter)
    return session.scalars(found, execution_options={"populate_existing": True}).one()


def forget(session: Session, counter: type[Base], condition: ColumnElement[bool]) -> None:
    """Remove counters that nobody needs, passing over those that others are counting in."""
    key = inspect(counter).primary_key
    unlocked = select(*key).where(condition).with_for_update(skip_locked=True)
    session.execute(
        delete(counter).where(tuple_(*key).in_(unlocked)),
        execution_options={"synchronize_session": False},
    )
