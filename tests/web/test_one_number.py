"""One debt, one number: what is to be paid is the same to the đồng wherever it is shown.

Read back from pages, workbooks, papers and mails, and compared with the oracle of the tests,
which shares no code with the program; then paid, and asked again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.db import read_session
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.services.repayment import Repay, repay
from loanfund.services.user import command_line
from tests import oracle
from tests.books import a_book_by_chance
from tests.jobs.test_reminders import cases
from tests.papers import words_of
from tests.people import a_user
from tests.site import SETTINGS, Browser, Site, an_app, on_a_copy
from tests.tables import tables_of
from tests.web import one_number
from tests.web.one_number import AMOUNT, TO_PAY, Amounts, figure, loan_ids, plain, written

pytestmark = pytest.mark.slow

TODAY = date(2020, 6, 1)


@dataclass(frozen=True)
class Place:
    """A book on a day, somebody of the fund, and what the oracle says of every loan."""

    site: Site
    sessions: sessionmaker[Session]
    day: date
    staff: Browser
    loans: dict[str, int]
    known: dict[str, dict[str, Any]]

    @cached_property
    def expected(self) -> Amounts:
        return {contract: of_oracle(case, self.day) for contract, case in self.known.items()}

    @property
    def file(self) -> Path:
        """The file of the book, for commands."""
        return Path(self.sessions.kw["bind"].url.database)

    def is_asked_for(self, contract: str) -> bool:
        """Lists ask for what is more than the tolerance."""
        tolerance: int = self.known[contract]["terms"].get("tolerance", 0)
        return self.expected[contract] > tolerance


def opened(sessions: sessionmaker[Session], day: date) -> Place:
    site = Site(an_app(SETTINGS, sessions, FixedClock(day)), sessions)
    staff = entered(site, Role.OFFICER, f"officer{day:%m%d}@quy.example.vn")
    with read_session(sessions) as session:
        return Place(site, sessions, day, staff, loan_ids(session), dict(cases(session)))


def entered(site: Site, role: Role, email: str, borrower_id: int | None = None) -> Browser:
    """A browser of a new person's; several of one role come to a book that is opened again."""
    with site.sessions() as session:
        a_user(session, role, email=email, borrower_id=borrower_id)
    browser = site.stranger()
    assert browser.enter(email).status_code == 302
    return browser


def of_oracle(case: dict[str, Any], day: date) -> int:
    """What is due and open with penalties through the day, at most what settles."""
    return _of_oracle(json.dumps({**case, "as_of": day.isoformat()}))


@cache
def _of_oracle(case: str) -> int:
    place = oracle.simulate(json.loads(case))["position"]
    if place["status"] != "active":
        return 0
    kinds = ("interest", "overdue_interest", "late_interest")
    owed: int = place["principal_overdue"] + sum(place[f"{kind}_open"] for kind in kinds)
    owed += place["accrued_overdue_interest"] + place["accrued_late_interest"]
    settlement: int = place["settlement_amount"]
    return min(owed, settlement)


@pytest.fixture
def book_2020(sqlite_file_2020: Path, tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    with on_a_copy(sqlite_file_2020, tmp_path) as sessions:
        yield sessions


@pytest.fixture
def chance(sqlite_file: Path, tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    """A book in which contracts and payments are as they come."""
    with on_a_copy(sqlite_file, tmp_path) as sessions:
        with sessions() as session:
            chance = Random(2020)  # noqa: S311 -- no secret
            a_book_by_chance(session, FixedClock(TODAY), chance)
        yield sessions


def assert_one_number(place: Place) -> None:
    """Compare every place with the oracle; what is within the tolerance is in no list."""
    asked = {contract for contract in place.expected if place.is_asked_for(contract)}
    with read_session(place.sessions) as session:
        query = select(Loan.borrower_id).where(Loan.contract_number.in_(asked))
        borrowers = set(session.scalars(query))
        letters = dict(one_number.of_letters(session, place.day))
    coming = letters.pop("mail, next")
    assert_deadlines(place, letters.pop("notice, deadline"))
    said = [
        *letters.items(),
        *one_number.of_pages(place.staff, looked_at(place)),
        *one_number.of_lists(place.staff, place.day),
        *one_number.of_search(place.staff, sorted(asked)[:10]),
        *one_number.of_borrowers(place.staff, borrowers),
        *one_number.of_commands(place.file, place.day, sorted(asked)[:6]),
        *one_number.of_statements(place.file, place.day, sorted(asked)[:3]),
    ]
    for where, amounts in said:
        differing = {
            name: (amount, place.expected[name])
            for name, amount in amounts.items()
            if amount != place.expected[name]
        }
        assert not differing, (where, place.day, differing)
    known = dict(said)
    for kind in ("mail", "letter"):
        assert {contract for contract, amount in letters[kind].items() if amount} == asked
    assert set(letters["notice"]) == set(known["overdue"])
    for contract, amount in coming.items():
        page = place.staff.get(f"/loan/{place.loans[contract]}").text
        assert amount == figure(page, "Kỳ tới"), contract
    assert set(known["list"]) == set(place.loans)
    assert known["statement, explained"]
    assert set(known["overdue"]) <= asked
    assert set(known["overdue"]) == set(known["/overdue.xlsx"])
    assert_papers(place, known["overdue"])
    assert_today(place, asked, known["overdue"])


def assert_deadlines(place: Place, asked: Amounts) -> None:
    """What a notice asks for on its last day is what the oracle says of that day."""
    day = place.day + one_number.WITHIN
    assert asked == {one: of_oracle(place.known[one], day) for one in asked}


def looked_at(place: Place) -> dict[str, int]:
    """Every loan of which something is to be paid, and some others."""
    others = [name for name, amount in place.expected.items() if not amount][:3]
    return {
        name: loan_id
        for name, loan_id in place.loans.items()
        if place.expected[name] or name in others
    }


def assert_papers(place: Place, late: Amounts) -> None:
    """The papers of the lists name each loan's amount in its row."""
    words = words_of(place.staff.get("/overdue.pdf").data)
    for contract, amount in late.items():
        _, _, after = words.partition(contract)
        assert written(amount) in after[:400], contract
    words = words_of(place.staff.get("/loans.pdf?status=all").data)
    for contract in place.loans:
        _, _, after = words.partition(contract)
        assert not place.expected[contract] or written(place.expected[contract]) in after[:400]


def assert_today(place: Place, asked: set[str], late: Amounts) -> None:
    """Everything that is asked for today stands once: due today, or overdue."""
    page = place.staff.get("/today").text
    due = figure(page, "Đến hạn hôm nay, còn phải thu")
    overdue = figure(page, "Quá hạn")
    assert overdue == sum(late.values())
    assert due + overdue == sum(place.expected[name] for name in asked)
    tables = {table.caption.strip(): table for table in tables_of(page)}
    if "Quá hạn" in tables:
        for row, amount in tables["Quá hạn"].amounts_of(TO_PAY):
            contract = one_number.contract_of(row.cells[1].text)
            assert amount == place.expected[contract]


@pytest.mark.parametrize(
    "day",
    [
        "2020-06-03",
        *(
            pytest.param(f"2020-{day}", marks=pytest.mark.soak)
            for day in ("06-01", "06-30", "09-15")
        ),
    ],
)
def test_the_2020_book_says_one_number(book_2020: sessionmaker[Session], day: str) -> None:
    """On the day of the import, two days later (from the cache), and on days to come."""
    place = opened(book_2020, date.fromisoformat(day))

    assert sum(map(bool, place.expected.values())) > 3
    assert_one_number(place)


def test_a_book_by_chance_says_one_number(chance: sessionmaker[Session]) -> None:
    place = opened(chance, date(2020, 6, 2))

    assert_one_number(place)


def test_a_count_that_is_a_link_opens_so_many_rows(book_2020: sessionmaker[Session]) -> None:
    """Of the day, the month, the overview and the tabs of the list."""
    place = opened(book_2020, TODAY)
    for page in ("/today", "/", "/dashboard", "/loans"):
        links = list(one_number.counted(place.staff.get(page).text))
        found = {to: (count, one_number.rows_of(place.staff, to)) for to, count in links}

        assert len(found) > 1, page
        assert {to: one for to, one in found.items() if one[0] != one[1]} == {}, page


def test_what_falls_due_in_a_month_is_the_sheet_of_its_first_day_and_what_delay_costs(
    book_2020: sessionmaker[Session],
) -> None:
    """Nothing of June was paid by then: home parts what it counts as the sheet does."""
    place = opened(book_2020, TODAY)

    page = plain(place.staff.get("/").text)
    said = re.search(
        rf"{AMOUNT} gốc {AMOUNT}, lãi {AMOUNT}, lãi quá hạn và chậm trả dự kiến {AMOUNT}", page
    )
    assert said is not None, page
    due, principal, interest, penalties = (one_number.dong(one) for one in said.groups())
    (sheet, *_) = tables_of(place.staff.get("/collection-sheet?month=2020-06").text)
    (foot,) = sheet.part("tfoot")
    asked = foot.spread()[sheet.column("Gốc, lãi còn phải thu đến hết tháng")]

    assert due == principal + interest + penalties
    assert asked.amounts[:2] == [interest, principal]


def test_cooperatives_read_the_same(book_2020: sessionmaker[Session]) -> None:
    place = opened(book_2020, TODAY)
    with read_session(place.sessions) as session:
        query = select(Borrower.id, Loan.contract_number).join(Loan)
        owing = {
            row.id: row.contract_number
            for row in session.execute(query)
            if place.expected.get(row.contract_number)
        }
    assert owing
    for borrower_id in list(owing)[:4]:
        email = f"htx{borrower_id}@quy.example.vn"
        htx = entered(place.site, Role.COOPERATIVE, email, borrower_id)
        for where, amounts in one_number.of_portal(htx):
            assert amounts, where
            for contract, amount in amounts.items():
                assert amount == place.expected[contract], (where, contract)


@pytest.mark.parametrize(
    "day", ["2020-06-01", pytest.param("2020-06-03", marks=pytest.mark.soak)]
)
def test_a_day_more_costs_the_same_wherever_it_is_told(
    book_2020: sessionmaker[Session], day: str
) -> None:
    """Pages, mail and notice say what is asked for on the day after less what is today."""
    place = opened(book_2020, date.fromisoformat(day))
    with read_session(place.sessions) as session:
        said = list(one_number.costs_of_delay(session, place.day))
        owner = {loan.id: loan.borrower_id for loan in session.scalars(select(Loan))}
    assert {where for where, _, _ in said} == {"mail", "notice"}
    for contract in sorted({contract for _, contract, _ in said})[:6]:
        loan_id = place.loans[contract]
        email = f"htx{loan_id}@quy.example.vn"
        htx = entered(place.site, Role.COOPERATIVE, email, owner[loan_id])
        found = one_number.of_a_day_more(place.staff, htx, loan_id, place.day)
        found |= {where: amount for where, name, amount in said if name == contract}
        assert len(set(found.values())) == 1, (contract, found)


def test_paid_exactly_nothing_is_left(book_2020: sessionmaker[Session]) -> None:
    """Everybody pays what their page says: nothing is due that evening, nobody is late next."""
    place = opened(book_2020, TODAY)
    owing = {contract: amount for contract, amount in place.expected.items() if amount}
    with place.sessions() as session:
        operator = command_line(session, now=FixedClock(TODAY).now())
        for contract, amount in owing.items():
            paid = Repay(contract_number=contract, value_date=TODAY, amount=Money(amount))
            repay(session, paid, operator, FixedClock(TODAY))

    page = plain(place.staff.get("/today").text)
    tables = tables_of(place.staff.get("/loans?status=all").text)
    morrow = opened(place.sessions, date(2020, 6, 2))

    assert "Hôm nay không có khoản đến hạn còn phải thu." in page
    assert "Không có khoản nào quá hạn." in page
    assert len(tables[0].part("tbody")) > len(owing)
    assert TO_PAY not in tables[0].heads, "a column in which nobody has a figure gives way"
    for row in tables[0].part("tbody"):
        assert row.spread()[tables[0].column("Ngày quá hạn")].text == "–", row.text
    assert not tables_of(morrow.staff.get("/overdue").text)
