"""A forgotten password on a telephone without any script: asked, mailed, chosen, signed in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.jobs.outbox import drain_accounts
from loanfund.jobs.running import World
from tests.browser import LiveSite
from tests.jobs.smtp import Box, free_port, listening, post_at
from tests.people import a_user

pytestmark = pytest.mark.browser
EMAIL, NEW = "officer@quy.example.vn", "mưa thuận gió hòa khắp đồng"


def test_a_new_password_by_telephone_without_script(
    browser: Browser, live_site: LiveSite, clock: FixedClock
) -> None:
    box = Box(free_port())
    world = World(
        sessions=live_site.sessions,
        clock=clock,
        runner="test:1",
        base_url=live_site.address,
        post=post_at(box.port),
    )
    with live_site.sessions() as session:
        a_user(session, Role.OFFICER, email=EMAIL)
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto(f"{live_site.address}/sign-in")

    page.get_by_role("link", name="Quên mật khẩu?").click()
    page.fill("#email", EMAIL)
    page.get_by_role("button", name="Gửi đường dẫn").click()
    expect(page.get_by_text("thư sẽ tới trong ít phút")).to_be_visible()
    with listening(box):
        drain_accounts(world)
    found = re.search(r"http\S+/password/\S+", box.taken[-1].get_content())
    assert found is not None
    page.goto(found[0])
    page.fill("#password", NEW)
    page.get_by_role("button", name="Đặt mật khẩu").click()
    expect(page.get_by_text("Hãy đăng nhập bằng mật khẩu mới.")).to_be_visible()
    page.fill("#email", EMAIL)
    page.fill("#password", NEW)
    page.press("#password", "Enter")

    expect(page.locator(".account")).to_be_visible()
    page.goto(found[0])
    expect(page.get_by_text("Đường dẫn này đã được dùng")).to_be_visible()
    context.close()
