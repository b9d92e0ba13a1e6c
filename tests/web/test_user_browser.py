"""Users, invitation and verification as people see them: narrow too, with axe and CSP."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from loanfund.domain.permission import Role
from loanfund.models.user import UserSession
from tests.browser import LiveSite, window
from tests.people import PASSWORD, a_user

pytestmark = pytest.mark.browser


def test_a_code_of_no_paper_is_told_on_a_telephone(
    browser: Browser, live_site: LiveSite
) -> None:
    with window(browser, live_site.address, width=360) as opened:
        opened.open("/verify/AAAA-BBBB-CCCC")
        opened.assert_in_order()


def test_a_grave_act_asks_for_the_password_and_goes_on(
    browser: Browser, live_site: LiveSite
) -> None:
    with live_site.sessions() as session:
        a_user(session, Role.ADMIN)
    with window(browser, live_site.address, width=390) as opened:
        page = opened.page
        opened.enter(Role.ADMIN)
        with live_site.sessions() as session:
            session.execute(update(UserSession).values(confirmed_at=None))
            session.commit()
        opened.open("/users")
        page.fill("#name", "Lê Thị Mới")
        page.fill("#email", "moi@quy.vn")

        page.get_by_role("button", name="Đề nghị mời").click()
        expect(page.locator("#password_again")).to_be_focused()
        opened.assert_in_order()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")

        expect(page.get_by_text("Đã đề nghị vai trò cho Lê Thị Mới")).to_be_visible()
