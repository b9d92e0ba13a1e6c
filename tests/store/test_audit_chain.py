"""Audit lines as they are stored: chained alike on both databases, the head held last."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text, update
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions, unit_of_work
from loanfund.documents.workbook.reading import read_book
from loanfund.domain.audit_chain import BEGINNING, Answer, BreakKind, ChainBreak, Head
from loanfund.domain.money import Money
from loanfund.models.audit import AuditHead, AuditLine
from loanfund.models.user import User
from loanfund.paths import DEMO_BOOK
from loanfund.queries.audit_chain import check_chain
from loanfund.services._book_import import ImportBook
from loanfund.services.book import import_book
from loanfund.services.repayment import Repay, repay
from loanfund.services.user import command_line
from loanfund.store.audit import read_head, write_audit
from tests.builders import Fund, a_lending_fund, a_loan
from tests.services.at_once import at_once

AT = datetime(2020, 6, 1, 2, 0, 0, 5, tzinfo=UTC)
FACTS = {"số": [1, None, True, "Đồng Tâm \U0001f33e", {"b": 2**60, "a": '\\"\n\t/'}]}
# Of SQLite there is one writer at a time.
ON_POSTGRESQL = pytest.mark.parametrize(
    "own_database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def noted(session: Session, action: str, **more: Any) -> None:
    with unit_of_work(session):
        write_audit(session, at=AT, actor=None, action=action, subject=("book", None), **more)


def test_what_is_stored_hashes_to_the_same_on_both_databases(session: Session) -> None:
    """Computed here from the text that ADR 18 describes, not by the program."""
    noted(session, "first", facts=FACTS)
    noted(session, "second")

    told = json.dumps(FACTS, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    at = "2020-06-01T02:00:00.000005Z"
    lines = [
        f'{{"action":"first","at":"{at}","by":null,"facts":{told},"id":1,"object":["book",null]}}',
        f'{{"action":"second","at":"{at}","by":null,"facts":{{}},"id":2,"object":["book",null]}}',
    ]
    first = sha256(f"{BEGINNING}\n{lines[0]}".encode()).hexdigest()
    second = sha256(f"{first}\n{lines[1]}".encode()).hexdigest()
    session.expire_all()
    rows = session.scalars(select(AuditLine).order_by(AuditLine.id)).all()
    assert [(row.id, row.hash) for row in rows] == [(1, first), (2, second)]
    assert rows[0].facts == FACTS
    assert read_head(session) == Head(2, second)
    assert check_chain(session).breaks == ()


def test_lines_of_a_change_that_failed_leave_no_gap(session: Session) -> None:
    def fail() -> None:
        with unit_of_work(session):
            write_audit(session, at=AT, actor=None, action="lost", subject=("book", None))
            raise LookupError

    noted(session, "first")
    with pytest.raises(LookupError):
        fail()
    noted(session, "second")

    query = select(AuditLine.id, AuditLine.action).order_by(AuditLine.id)
    assert [tuple(row) for row in session.execute(query)] == [(1, "first"), (2, "second")]


def test_a_line_belongs_to_a_unit_of_work(session: Session) -> None:
    with pytest.raises(RuntimeError, match="unit of work"):
        write_audit(session, at=AT, actor=None, action="alone", subject=("book", None))


def test_writers_at_once_make_one_chain(own_engine: Engine) -> None:
    def work(session: Session) -> None:
        for number in range(20):
            noted(session, str(number))

    at_once(own_engine, [work] * 4)

    with make_sessions(own_engine)() as session:
        assert check_chain(session).head.line == 80
        assert check_chain(session).breaks == ()


@ON_POSTGRESQL
def test_who_holds_a_person_and_who_writes_in_their_name_do_not_wait_crosswise(
    own_fund: Fund,
) -> None:
    """A sign-in holds the person and then the head: nobody may hold the head and want them."""
    officer = own_fund.officer.user_id
    engine = own_fund.session.get_bind()
    assert isinstance(engine, Engine)

    def sign_in(session: Session) -> str:
        with unit_of_work(session):
            session.get_one(User, officer, with_for_update={"of": User})
            session.execute(text("SELECT pg_sleep(0.05)"))
            write_audit(
                session, at=AT, actor=officer, action="sign_in", subject=("user", officer)
            )
        return "done"

    def post(session: Session) -> str:
        with unit_of_work(session):
            write_audit(
                session, at=AT, actor=officer, action="set_password", subject=("user", officer)
            )
        return "done"

    assert at_once(engine, [sign_in, post] * 4) == ["done"] * 8


@pytest.fixture
def own_fund(own_engine: Engine, clock: FixedClock) -> Iterator[Fund]:
    """A loan that can be paid, on a database of the test's own."""
    with make_sessions(own_engine)() as session:
        fund = a_lending_fund(session, clock)
        a_loan(fund)
        yield fund


LINES = ("audit_line", "audit_head")


@ON_POSTGRESQL
def test_no_import_makes_a_receipt_wait(own_fund: Fund) -> None:
    """Another connection pays at the last moment before the import takes what receipts need."""
    fund = own_fund
    clerks = fund.session.get_bind()
    assert isinstance(clerks, Engine)
    importer = make_engine(clerks.url)
    paid: list[str] = []
    held: list[str] = []

    def look(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if not paid and ("number_series" in statement or "audit_head" in statement):
            paid.append(pay())
        if paid:
            held.append(statement)

    def pay() -> str:
        asked = Repay(contract_number="01/2020", value_date=date(2020, 2, 10), amount=Money(9))
        with make_sessions(clerks)() as session:
            return str(repay(session, asked, fund.officer, fund.clock).replayed)

    book = read_book(DEMO_BOOK)
    event.listen(importer, "before_cursor_execute", look)
    operator = command_line(fund.session, now=fund.clock.now())
    with closing(importer.connect()) as connection:
        asked, session = ImportBook(book=book), make_sessions(connection)()
        import_book(session, asked, operator, fund.clock, fund.manager)
    importer.dispose()

    assert paid == ["False"]  # recorded, and for the first time
    # What is written while series and head are held: movements of capital with their numbers,
    # the lines, and the head itself; nothing of a loan.
    written = [re.findall(r"^(?:INSERT INTO|UPDATE) (\w+)", one) for one in held]
    moved = {"number_series", "capital_movement", "ledger_entry"}
    assert {table for found in written for table in found} == {*moved, *LINES}
    assert [table for found in written for table in found if table in LINES] == [*LINES]
    with make_sessions(clerks)() as session:
        assert check_chain(session).breaks == ()


# What the owner of the database can do.


def unprotected(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER audit_line_refuses_update"))
        session.execute(text("DROP TRIGGER audit_line_refuses_delete"))
    else:
        session.execute(text("ALTER TABLE audit_line DISABLE TRIGGER ALL"))
        session.execute(text("ALTER TABLE audit_head DISABLE TRIGGER ALL"))


TAMPERING = {
    "an edit": (
        ["UPDATE audit_line SET action = 'repaid' WHERE id = 2"],
        [ChainBreak(BreakKind.CHANGED, 2)],
    ),
    "a deletion": (
        ["DELETE FROM audit_line WHERE id = 2"],
        [ChainBreak(BreakKind.MISSING, 3)],
    ),
    "a swap": (
        [
            "UPDATE audit_line SET id = 99 WHERE id = 2",
            "UPDATE audit_line SET id = 2 WHERE id = 3",
            "UPDATE audit_line SET id = 3 WHERE id = 99",
        ],
        [ChainBreak(BreakKind.CHANGED, line) for line in (2, 3, 4)],
    ),
    "a cut tail": (
        ["DELETE FROM audit_line WHERE id > 2"],
        [ChainBreak(BreakKind.HEAD, 4)],
    ),
}


@pytest.mark.parametrize(("statements", "found"), TAMPERING.values(), ids=TAMPERING)
def test_what_the_owner_of_the_database_did_to_the_log_is_found(
    session: Session, statements: list[str], found: list[ChainBreak]
) -> None:
    for number in range(1, 5):
        noted(session, str(number))
    unprotected(session)

    for statement in statements:
        session.execute(text(statement))

    assert list(check_chain(session).breaks) == found


def test_only_what_was_printed_tells_that_the_tail_was_cut_with_care(session: Session) -> None:
    for number in range(1, 5):
        noted(session, str(number))
    printed = read_head(session)
    unprotected(session)

    session.execute(text("DELETE FROM audit_line WHERE id > 2"))
    kept = session.execute(select(AuditLine.hash).where(AuditLine.id == 2)).scalar_one()
    session.execute(update(AuditHead).values(line=2, hash=kept))

    assert check_chain(session).breaks == ()
    found = check_chain(session, [printed, Head(2, kept[:24])])
    assert [one.answer for one in found.typed] == [Answer.CUT, Answer.SAME]
    assert not found.holds
