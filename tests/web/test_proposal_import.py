"""A workbook that waits: its approver sees what it adds up to, and adds it with one act."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.book import Book, Place, Sheet
from loanfund.domain.book_closed import ClosedRows
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from loanfund.services._book_import import ImportBook
from loanfund.services.book import bring_in_book, import_book
from tests.builders import Fund, a_fund, a_source
from tests.domain.test_book_check import a_borrower as borrower_record
from tests.domain.test_book_check import a_contract
from tests.prepared import prepared
from tests.services.before import of_before
from tests.services.months import closed
from tests.site import Site
from tests.web.test_proposal import HASH, decide, decided_last, plain, row_of_table, state_of

BOOK = Book(
    borrowers=(replace(borrower_record(), code="KH-MOI"),),
    contracts=(replace(a_contract(number="09/2019"), borrower="KH-MOI", source="QUY"),),
)


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A fund with a source of capital, so that its book is no longer empty."""
    fund = a_fund(session, clock)
    a_source(fund)
    return fund


@pytest.fixture
def number(fund: Fund, clock: FixedClock) -> int:
    """A borrower and a contract that an officer brings in a workbook."""
    request = ImportBook(book=BOOK, file="sổ-cũ.xlsx")
    waiting = bring_in_book(fund.session, request, fund.officer, clock).proposal
    assert waiting is not None
    return waiting


def test_the_approver_sees_what_the_workbook_adds_up_to(site: Site, number: int) -> None:
    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))

    assert "Nhập sổ Excel sổ-cũ.xlsx: thêm 2 dòng" in page
    assert "QUY, hợp đồng: 1, số tiền duyệt 90.000.000 đ" in page
    assert "lãi suất một năm từ 6,6 % đến 6,6 %" in page
    assert decided_last(page)


def test_the_approver_sees_every_new_row_and_which_months_it_restates(
    site: Site, fund: Fund, clock: FixedClock
) -> None:
    """Contracts of March 2019 and June 2020; the books are closed through April, then May."""
    late = replace(BOOK.contracts[0], number="10/2020", place=Place(Sheet.CONTRACT, 3))
    late = replace(late, signed_on=date(2020, 5, 11), amount=Money(70_000_000))
    known = ImportBook(book=Book(borrowers=BOOK.borrowers))
    import_book(fund.session, known, fund.officer, clock, fund.manager)
    closed(fund, date(2020, 4, 30))
    asked = ImportBook(book=replace(BOOK, contracts=(*BOOK.contracts, late)))

    tried = bring_in_book(fund.session, replace(asked, is_dry_run=True), fund.officer, clock)
    number = bring_in_book(fund.session, asked, fund.officer, clock).proposal
    assert number is not None
    manager = site.sign_in(Role.MANAGER)
    page = plain(manager.get(f"/proposals/{number}"))

    march = ClosedRows(date(2019, 3, 31), {"contracts": 1})
    assert tried.meaning.closed == (march,)
    assert "Tháng 03/2019: hợp đồng 1, giải ngân 0, thu nợ 0, khác 0." in page
    rows = {cells[0]: cells for cells in rows_of(page, "Hợp đồng")}
    assert rows["09/2019"][1:] == ["KH-MOI – HTX Đồng Tâm 3", "QUY", *OF_MARCH]
    assert rows["10/2020"][-1] == "70.000.000"
    assert [cells[-1] for cells in rows.values()][-1] == "160.000.000"  # below them
    assert page.count("line-marked") == 1  # of March
    assert page.count("Dòng tô màu thuộc tháng đã khóa sổ") == 1
    assert "Khách hàng</h2>" not in page  # known already, it adds nothing
    assert row_of_table(page, "Dòng thuộc tháng đã khóa sổ") == ["1", "1"]

    closed(fund, date(2020, 5, 31))

    assert row_of_table(plain(manager.get(f"/proposals/{number}")), "Dòng thuộc") == ["1", "2"]
    decide(manager, number, "approve")
    assert state_of(fund, number) == ("returned", "moved")


OF_MARCH = ["01/03/2019", "6,6 %", "24", "90.000.000"]


def rows_of(page: str, title: str) -> list[list[str]]:
    """Give the cells of each line of the table with this title."""
    table = page.partition(f">{title}</h2>")[2].partition("</table>")[0]
    lines = re.findall(r"<tr class=.line-.*?</tr>", table, re.DOTALL)
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", one, re.DOTALL) for one in lines)
    return [[" ".join(cell.split()) for cell in one] for one in cells]


def test_one_act_adds_it(site: Site, fund: Fund, number: int) -> None:
    decide(site.sign_in(Role.MANAGER), number, "approve")

    assert state_of(fund, number) == ("approved", None)
    loan = fund.session.scalars(select(Loan).where(Loan.contract_number == "09/2019")).one()
    assert loan.state == "approved"
    assert loan.recorded_by == fund.officer.user_id


def test_sent_back_it_adds_nothing(site: Site, fund: Fund, number: int) -> None:
    decide(site.sign_in(Role.MANAGER), number, "return", reason="Sai đơn vị")

    assert state_of(fund, number) == ("returned", "Sai đơn vị")
    query = select(Loan).where(Loan.contract_number == "09/2019")
    assert fund.session.scalars(query).all() == []


@pytest.fixture
def rival(fund: Fund, clock: FixedClock) -> int:
    """Another workbook with the same contract, for another purpose, that waits as well."""
    (one,) = BOOK.contracts
    other = replace(BOOK, contracts=(replace(one, purpose="Mua máy sấy"),))
    request = ImportBook(book=other, file="sổ-khác.xlsx")
    waiting = bring_in_book(fund.session, request, fund.officer, clock).proposal
    assert waiting is not None
    return waiting


def test_rows_that_came_meanwhile_send_the_other_workbook_back(
    site: Site, fund: Fund, number: int, rival: int
) -> None:
    browser = site.sign_in(Role.MANAGER)
    shown = HASH.search(browser.get(f"/proposals/{rival}").text)
    assert shown
    decide(browser, number, "approve")

    page = plain(browser.get(f"/proposals/{rival}"))
    answer = browser.post(f"/proposals/{rival}/approve", {"payload_hash": shown[1]})

    assert row_of_table(page, "Các dòng sẽ thêm đều chưa có trong sổ") == ["Đạt", "Không đạt"]
    assert "/approve" not in page
    assert answer.status_code == 302
    assert state_of(fund, rival) == ("returned", "flipped")


def test_a_workbook_of_before_that_contradicts_the_book_goes_back_with_its_rows(
    site: Site, fund: Fund, number: int, rival: int
) -> None:
    of_before(fund, rival)
    browser = site.sign_in(Role.MANAGER)
    decide(browser, number, "approve")

    answer = decide(browser, rival, "approve")

    assert answer.status_code == 302
    assert state_of(fund, rival) == ("returned", "refused")
    page = plain(browser.get(f"/proposals/{rival}"))
    assert "Sổ không nhận nội dung này" in page
    assert "09/2019" in page
