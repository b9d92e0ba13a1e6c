"""Users, invitation and verification as people see them: narrow too, with axe and CSP."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.user import UserSession
from loanfund.services.statement import IssueStatement, issue_statement
from tests.books import a_small_book
from tests.browser import LiveSite, window
from tests.people import PASSWORD, a_user

pytestmark = pytest.mark.browser
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"


def enter(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page.locator(".account")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_about_people_and_papers_are_for_everybody(
    browser: Browser, live_site: LiveSite, clock: FixedClock, width: int
) -> None:
    with live_site.sessions() as session:
        a_small_book(session, clock)
        officer = a_user(session, Role.OFFICER, email="o@quy.vn")
        a_user(session, Role.ADMIN, email="a@quy.vn")
        number = session.scalars(select(Loan.contract_number).limit(1)).one()
        asked = IssueStatement(contract_number=number)
        issue_statement(session, asked, officer, clock, lambda *_: b"%PDF")
        code = session.scalars(select(Document.code)).one()
        borrower_id = session.scalars(select(Borrower.id)).first()

    with window(browser, live_site.address, width=width) as opened:
        page = opened.page
        for path in ("/verify", f"/verify/{code}", "/verify/AAAA-BBBB-CCCC"):
            opened.open(path)
            opened.assert_accessible()
            assert page.evaluate(TOO_WIDE) <= 0
    for email, path in (
        ("a@quy.vn", "/users"),
        ("o@quy.vn", f"/borrower/{borrower_id}/invitation"),
    ):
        with window(browser, live_site.address, width=width) as opened:
            enter(opened.page, live_site.address, email)
            opened.open(path)
            opened.assert_accessible()
            assert opened.page.evaluate(TOO_WIDE) <= 0


@pytest.mark.parametrize("width", [1280, 390])
def test_a_grave_act_asks_for_the_password_and_goes_on(
    browser: Browser, live_site: LiveSite, width: int
) -> None:
    with live_site.sessions() as session:
        a_user(session, Role.ADMIN, email="a@quy.vn")
    with window(browser, live_site.address, width=width) as opened:
        page = opened.page
        enter(page, live_site.address, "a@quy.vn")
        with live_site.sessions() as session:
            session.execute(update(UserSession).values(confirmed_at=None))
            session.commit()
        opened.open("/users")
        page.fill("#name", "Lê Thị Mới")
        page.fill("#email", "moi@quy.vn")

        page.get_by_role("button", name="Đề nghị mời").click()
        expect(page.locator("#password_again")).to_be_focused()
        opened.assert_accessible()
        assert page.evaluate(TOO_WIDE) <= 0
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")

        expect(page.get_by_text("Đã đề nghị vai trò cho Lê Thị Mới")).to_be_visible()
