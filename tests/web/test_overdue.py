"""The overdue worklist: whom it lists, how to reach them, and the same loans as files."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, SystemClock
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from loanfund.models.message import Message
from loanfund.models.reminder import Reminder
from tests.books import a_small_book
from tests.browser import LiveSite, window
from tests.people import a_user
from tests.site import Browser, Site

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def officer(site: Site, clock: FixedClock) -> Browser:
    """An officer's browser on the small book."""
    with site.sessions() as session:
        a_small_book(session, clock)
    return site.sign_in(Role.OFFICER)


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split(" ")).replace("\n", " ")


def rows(page: str) -> list[str]:
    """What stands in each line of the lists."""
    found = re.findall(r"<tr id=\"loan-\d+\">\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    return [re.sub(r"[ \n]+", " ", plain(one)).strip() for one in found]


def test_the_longest_overdue_come_first_with_phone_and_amounts(officer: Browser) -> None:
    """Ánh owes 200 million since 15/02, with four months of interest; Đặng since 05/05."""
    page = officer.get("/overdue?as_of=2020-05-31").text

    first, second = rows(page)
    assert first.startswith(
        "Hợp tác xã Ánh Dương 02/2020/HĐTD · QUY 0204 3854 321 106 từ 15/02"
    )
    assert "200.000.000" in first
    assert "nhóm 4" in first.lower()
    assert second.startswith("HTX Đặng")
    assert " 26 từ 05/05/2020 " in second
    assert 'href="tel:02043854321"' in page
    assert "HTX An" not in plain(page)


def test_filters_narrow_it_and_links_lead_to_loans(officer: Browser) -> None:
    page = officer.get("/overdue?as_of=2020-05-31&source=VIEC&late=1-30").text

    (row,) = rows(page)
    assert row.startswith("HTX Đặng")
    assert re.search(r'href="/loan/\d+\?as_of=2020-05-31"', page)
    assert officer.get("/overdue?late=7-8").status_code == 422
    assert "Không có khoản quá hạn nào" in officer.get("/overdue?area=Nowhere").text


def test_an_empty_book_is_good_news(site: Site) -> None:
    page = site.sign_in(Role.MANAGER).get("/overdue")

    assert page.status_code == 200
    assert "không có khoản vay nào quá hạn" in page.text


def test_the_administrator_sees_nothing(site: Site) -> None:
    admin = site.sign_in(Role.ADMIN)

    assert {admin.get(f"/overdue{end}").status_code for end in ("", ".xlsx", ".pdf")} == {403}


def test_the_last_reminder_that_went_out_is_shown(officer: Browser, session: Session) -> None:
    loan = session.scalars(select(Loan).where(Loan.contract_number == "02/2020/HĐTD")).one()
    now = SystemClock().now()
    facts = {"borrower_id": loan.borrower_id, "channel": "letter", "attempts": 1}
    for day, state in (
        ("2020-05-05", "sent"),
        ("2020-05-20", "sent"),
        ("2020-05-29", "lapsed"),
    ):
        message = session.scalars(
            insert(Message)
            .values(
                day=date.fromisoformat(day),
                state="sent",
                runner="",
                recorded_at=now,
                **facts,
            )
            .returning(Message.id)
        ).one()
        session.execute(
            insert(Reminder).values(
                loan_id=loan.id,
                due_date=date.fromisoformat("2020-04-15"),
                rule=int(day[-2:]),
                channel="letter",
                schedule_version=1,
                send_on=date.fromisoformat(day),
                state=state,
                message_id=message,
                recorded_at=now,
            )
        )
    session.commit()

    first, second = rows(officer.get("/overdue?as_of=2020-05-31").text)

    assert "20/05/2020 Thư giấy" in first
    assert "chưa nhắc" in second


def test_the_same_loans_come_as_a_workbook(officer: Browser) -> None:
    answer = officer.get("/overdue.xlsx?as_of=2020-05-31&area=Yên+Thế")

    sheet = load_workbook(BytesIO(answer.data)).worksheets[0]
    loans = [
        [cell.value for cell in row] for row in sheet.iter_rows() if row[0].value in {1, 2}
    ]
    assert [(row[1], row[3], row[6], row[13]) for row in loans] == [
        ("02/2020/HĐTD", "0204 3854 321", 106, 200_000_000),
        ("03/2020/HĐTD", None, 26, 104_457_534),
    ]
    assert officer.get("/overdue.pdf?as_of=2020-05-31").mimetype == "application/pdf"


@pytest.mark.browser
def test_the_worklist_is_accessible_and_fits(
    browser: Chromium, live_site: LiveSite, clock: FixedClock
) -> None:
    with live_site.sessions() as session:
        a_small_book(session, clock)
        a_user(session, Role.MANAGER)
    with window(browser, live_site.address, width=390) as opened:
        page = opened.page
        opened.enter(Role.MANAGER)
        expect(page.get_by_role("link", name="Quá hạn")).to_be_visible()
        opened.open("/overdue?as_of=2020-05-31")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        opened.assert_in_order()
