"""`loanfund verify` compares events, papers and numbers with what the audit log says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.documents.layout import imprint
from loanfund.documents.statement import render_statement
from loanfund.documents.workbook.reading import read_book
from loanfund.domain.issue import Issue
from loanfund.domain.statement_parts import Statement
from loanfund.models.document import Document
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.period import NumberSeries
from loanfund.paths import DEMO_BOOK
from loanfund.services._book_import import ImportBook
from loanfund.services.book import import_book
from loanfund.services.restructuring import WriteOff, restructure
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.services.user import command_line
from tests.builders import Fund, a_loan, repaid
from tests.prepared import prepared
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY, verified

LOAN = "01/2020"
PAPER = "SK-2020/000001"


def rendered(found: Statement, issue: Issue) -> bytes:
    return render_statement(found, imprint(issue, "https://quy.example.vn"))


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A loan paid, written off with a manager's approval, and its statement."""
    fund = a_lender(session, clock)
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 5, 1))
    restructure(session, lost, fund.officer, clock, fund.manager)
    asked = IssueStatement(contract_number=LOAN)
    issue_statement(session, asked, fund.officer, clock, rendered)
    assert verified(fund) == []
    return fund


def unlocked(session: Session, table: str) -> None:
    """What the owner of the database can do first."""
    if session.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER {table}_refuses_{verb}"))
        session.execute(text("PRAGMA defer_foreign_keys=1"))
    else:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))


def found(fund: Fund, *names: str) -> list[tuple[str, str]]:
    """What verify finds of these checks, and about what."""
    fund.session.expire_all()
    return [(one.check, one.subject) for one in verified(fund) if one.check in names]


WRONG: dict[str, Any] = {
    "recorded_by": 5,
    "recorded_at": datetime(2020, 6, 2, tzinfo=UTC),
    "approved_by": 5,
    "payload": {"id": "3", "type": "write_off", "date": "2020-05-02"},
    "payer": "Kẻ gian",
    "reference": "FT999",
    "note": "khác",
}


@pytest.mark.parametrize("field", WRONG)
def test_recorder_approver_and_content_of_an_event_are_those_of_its_line(
    fund: Fund, field: str
) -> None:
    unlocked(fund.session, "loan_event")
    value = fund.auditor.user_id if WRONG[field] == 5 else WRONG[field]

    fund.session.execute(
        update(LoanEvent).where(LoanEvent.sequence == 3).values({field: value})
    )

    named = "details" if field in {"payer", "reference", "note"} else field
    assert ("audit", f"{LOAN} event 3 {named}") in found(fund, "audit")


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        (3, [("audit", f"{LOAN} event 3")]),
        (2, [("sequence", LOAN), ("audit", f"{LOAN} event 2")]),
    ],
)
def test_an_event_that_is_gone_is_missed(
    fund: Fund, sequence: int, expected: list[tuple[str, str]]
) -> None:
    unlocked(fund.session, "loan_event")
    unlocked(fund.session, "ledger_entry")
    gone = select(LoanEvent.id).where(LoanEvent.sequence == sequence).scalar_subquery()
    fund.session.execute(delete(LedgerEntry).where(LedgerEntry.event_id == gone))

    fund.session.execute(delete(LoanEvent).where(LoanEvent.sequence == sequence))

    assert found(fund, "audit", "sequence") == expected


def test_an_imported_event_is_told_by_its_import(session: Session, clock: FixedClock) -> None:
    fund = a_lender(session, clock)
    operator = command_line(session, now=clock.now())
    import_book(session, ImportBook(book=read_book(DEMO_BOOK)), operator, clock, fund.manager)
    assert found(fund, "audit") == []
    unlocked(session, "loan_event")
    row = session.scalars(select(LoanEvent).order_by(LoanEvent.id.desc()).limit(1)).one()
    contract = session.get_one(Loan, row.loan_id).contract_number
    at, more = row.recorded_at.isoformat(), forged(row)

    changed = update(LoanEvent).where(LoanEvent.id == row.id)
    session.execute(changed.values(recorded_by=fund.officer.user_id))
    assert found(fund, "audit") == [("audit", f"{contract} event {row.sequence} recorded_by")]
    session.execute(changed.values(recorded_by=operator.user_id, sequence=99))
    session.execute(insert(LoanEvent), [more])
    assert found(fund, "audit") == [("audit", f"import {at}")]


def forged(row: LoanEvent) -> dict[str, Any]:
    """One more event, said to have come with the same import."""
    columns = (column.key for column in LoanEvent.__table__.columns)
    return {name: getattr(row, name) for name in columns if name not in {"id", "number"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"file": b"%PDF-1.4 other"}, [PAPER]),
        ({"sha256": "0" * 64}, [PAPER, f"{PAPER} audit"]),
        (
            {"file": b"x", "sha256": sha256(b"x").hexdigest()},
            [f"{PAPER} audit"],
        ),
        ({"content": {}}, [f"{PAPER} content"]),
    ],
    ids=["another file", "another hash", "both", "other figures"],
)
def test_a_paper_is_the_file_that_was_issued(
    fund: Fund, changes: dict[str, Any], expected: list[str]
) -> None:
    unlocked(fund.session, "document")

    fund.session.execute(update(Document).values(**changes))

    assert found(fund, "paper") == [("paper", one) for one in expected]


def test_a_number_that_was_given_and_stands_nowhere_is_missed(fund: Fund) -> None:
    unlocked(fund.session, "document")

    fund.session.execute(delete(Document))
    fund.session.execute(
        update(NumberSeries)
        .where(NumberSeries.series == "TTG", NumberSeries.year == 2020)
        .values(last_number=3)
    )

    missed = [PAPER, "TTG-2020/000002", "TTG-2020/000003"]
    assert found(fund, "number") == [("number", one) for one in missed]
