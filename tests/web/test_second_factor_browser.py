"""The second factor as people set it up: with a telephone's width, axe and CSP."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from loanfund.clock import FixedClock, SystemClock
from loanfund.domain.permission import Role
from tests.authenticator import Authenticator
from tests.browser import Listener, LiveSite, window
from tests.people import PASSWORD, a_user
from tests.site import SETTINGS, an_app

pytestmark = pytest.mark.browser
MANAGER = "manager@quy.example.vn"


def enter(page: Page) -> None:
    page.fill("#email", MANAGER)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")


def test_a_manager_sets_it_up_and_signs_in_with_it(
    browser: Browser, listener: Listener, live_site: LiveSite, clock: FixedClock
) -> None:
    with live_site.sessions() as session:
        a_user(session, Role.MANAGER)
    asked = replace(
        SETTINGS,
        base_url=live_site.address,
        trusted_hosts=("127.0.0.1",),
        demo=True,
        second_factor=True,
    )
    listener.app = an_app(asked, live_site.sessions, clock)
    with window(browser, live_site.address, width=390) as opened:
        page = opened.page
        opened.open("/period")
        enter(page)

        picture = page.locator("img.qr")
        expect(picture).to_be_visible()
        assert picture.evaluate("one => one.naturalWidth") > 0
        opened.assert_in_order()
        app = Authenticator.typed(page.content())
        page.fill("#code", app.code(SystemClock().now(), -1))
        page.press("#code", "Enter")
        expect(page.locator(".codes li")).to_have_count(10)
        opened.assert_in_order()
        page.get_by_role("link", name="Tôi đã cất, tiếp tục").click()
        expect(page).to_have_url(f"{live_site.address}/period")
    with window(browser, live_site.address) as opened:
        page = opened.page
        opened.open("/period")
        enter(page)
        expect(page.locator("#code")).to_be_focused()
        opened.assert_in_order()
        page.keyboard.type(app.code(SystemClock().now()))
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{live_site.address}/period")
