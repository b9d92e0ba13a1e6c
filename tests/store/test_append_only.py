"""The database itself refuses to change what is only ever added (INV-14)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from loanfund.models import APPEND_ONLY
from loanfund.models.base import Base
from tests.builders import Fund


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_row_of_the_books_is_changed_or_removed(fund_with_rows: Session, name: str) -> None:
    session, table = fund_with_rows, Base.metadata.tables[name]
    column = next(iter(table.columns))
    before = session.execute(select(table)).all()
    assert before, "a test on an empty table would prove nothing"

    for statement in (update(table).values({column: column}), delete(table)):
        with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
            session.execute(statement)

    assert session.execute(select(table)).all() == before


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_table_of_the_books_is_emptied_at_once(fund_with_rows: Session, name: str) -> None:
    session, table = fund_with_rows, Base.metadata.tables[name]
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    # SQLite has no TRUNCATE: there, DELETE without a condition is what takes its place.
    verb = "TRUNCATE {} CASCADE" if is_postgresql else "DELETE FROM {}"
    before = session.scalar(select(func.count()).select_from(table))

    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text(verb.format(name)))

    assert session.scalar(select(func.count()).select_from(table)) == before


@pytest.fixture
def fund_with_rows(filled: Fund) -> Session:
    return filled.session
