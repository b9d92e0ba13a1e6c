"""Classification worked by hand: own and final groups, why, and what must be set aside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, SystemClock
from loanfund.domain.money import Money
from loanfund.domain.report import Look, Report, Said
from loanfund.domain.terms import Surplus
from loanfund.queries._report import Question
from loanfund.queries.report_classification import classification_report
from tests.books import a_small_book
from tests.builders import a_loan, repaid
from tests.services.months import closed

MAY = date(2020, 5, 31)
QUESTION = Question(first=MAY, as_of=MAY)
BY_GROUP, REQUIRED, LOANS = range(3)


def lines(report: Report, table: int, look: Look = Look.PLAIN) -> list[list[Any]]:
    """The cells of a table's lines of a look; amounts as whole đồng, reasons by their key."""
    return [
        [
            cell.dong
            if isinstance(cell, Money)
            else cell.key
            if isinstance(cell, Said)
            else cell
            for cell in line.cells
        ]
        for line in report.tables[table].lines
        if line.look is look
    ]


def test_groups_and_provisions_by_hand(session: Session, clock: FixedClock) -> None:
    """Ánh, 106 days late: group 4, half of 200 million. An: group 1. Đặng is not at our risk.

    General: 0,5 % of the 300 million in groups 1 to 4 of QUY.
    """
    a_small_book(session, clock)

    found = classification_report(session, QUESTION)

    assert [row[:5] for row in lines(found, BY_GROUP) if row[2]] == [
        ["QUY", 1, 1, 100_000_000, 100_000_000],
        ["QUY", 4, 1, 200_000_000, 200_000_000],
        ["VIEC", 2, 1, 104_457_534, 104_457_534],
    ]
    assert [row[2:] for row in lines(found, REQUIRED, Look.TOTAL)] == [
        [300_000_000, None, 1_500_000, 100_000_000, 101_500_000, 0, 101_500_000]
    ]
    assert [(row[1], row[7:]) for row in lines(found, LOANS)] == [
        ("02/2020/HĐTD", [106, 4, 4, "report.reason.days", 100_000_000]),
        ("01/2020/HĐTD", [0, 1, 1, "report.reason.current", 0]),
        ("03/2020/HĐTD", [26, 2, 2, "report.reason.days", 0]),
    ]


def test_another_loan_of_the_borrower_takes_its_group_and_says_so(
    session: Session, clock: FixedClock
) -> None:
    """Collateral of 30 million covers part of the second loan's 50: half of 20 remains."""
    fund = a_small_book(session, clock)
    own: dict[str, Any] = {"borrower": "hop-tac-xa-anh-duong", "signed_on": date(2020, 5, 20)}
    a_loan(fund, "04/2020", amount=50_000_000, deductible_collateral=30_000_000, **own)
    a_loan(fund, "05/2020", amount=10_000_000, source="VIEC", **own)

    found = classification_report(session, QUESTION)

    by_number = {row[1]: row for row in lines(found, LOANS)}
    assert by_number["04/2020"][4:7] == [50_000_000, 30_000_000, 20_000_000]
    assert by_number["04/2020"][8:] == [1, 4, "report.reason.contagion", 10_000_000]
    assert by_number["05/2020"][8:] == [1, 1, "report.reason.current", 0]
    (line,) = [one for one in found.tables[LOANS].lines if one.cells[1] == "04/2020"]
    assert line.cells[10] == Said("report.reason.contagion", {"contract": "02/2020/HĐTD"})


def test_it_says_what_is_booked_and_as_of_which_close(
    session: Session, clock: FixedClock
) -> None:
    """On 1 June nothing is due: what was booked for May is required still."""
    fund = a_small_book(session, clock)
    before = clock.now()

    def said(day: date, known_at: datetime | None = None) -> tuple[list[int], Said]:
        report = classification_report(
            session, Question(first=day, as_of=day, known_at=known_at)
        )
        (row,) = lines(report, REQUIRED, Look.TOTAL)
        return row[6:], report.tables[REQUIRED].notes[-1]

    never = Said("report.note.provision.never")
    assert said(MAY) == ([101_500_000, 0, 101_500_000], never)
    closed(fund, MAY)
    assert said(MAY) == (
        [101_500_000, 101_500_000, 0],
        Said("report.note.provision.day", {"closed": MAY}),
    )
    assert said(date(2020, 6, 1))[1] == Said("report.note.provision.before", {"closed": MAY})
    assert said(date(2020, 4, 30))[1] == never
    assert said(MAY, before) == ([101_500_000, 0, 101_500_000], never)


def test_one_source_alone_and_what_was_known_earlier(
    session: Session, clock: FixedClock
) -> None:
    fund = a_small_book(session, clock)
    before = SystemClock().now()
    repaid(fund, "02/2020/HĐTD", date(2020, 3, 16), 210_000_000, surplus=Surplus.PRINCIPAL)

    now = classification_report(session, Question(first=MAY, as_of=MAY, source="QUY"))
    then = classification_report(
        session, Question(first=MAY, as_of=MAY, source="QUY", known_at=before)
    )

    assert [row[1] for row in lines(now, LOANS)] == ["01/2020/HĐTD"]
    assert lines(now, REQUIRED, Look.TOTAL)[0][-1] == 500_000
    assert lines(then, REQUIRED, Look.TOTAL)[0][-1] == 101_500_000


def test_an_empty_book_has_no_tables(session: Session) -> None:
    assert classification_report(session, QUESTION).tables == ()
