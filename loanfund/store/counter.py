"""Counters that many processes share, made when first asked for."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from loanfund.models.base import Base

Counter = TypeVar("Counter", bound=Base)


def locked_counter(session: Session, counter: type[Counter], values: dict[str, Any]) -> Counter:
    """Give the row with the key among `values`, locked; it is added with them where none is."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert if on_sqlite else postgresql.insert
    session.execute(insert(counter).values(values).on_conflict_do_nothing())
    key = tuple(values[column.name] for column in inspect(counter).primary_key)
    return session.get_one(counter, key, with_for_update=True)
