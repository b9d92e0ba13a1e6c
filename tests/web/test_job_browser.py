"""Jobs and reminders in a real browser: a run is followed without a reload; nothing for axe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.errors import ConflictError
from loanfund.domain.permission import Role
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.models.message import Message
from loanfund.services.job import Begin, Report, begin_run, finish_run, keep_progress
from loanfund.services.scheduler import take_lease
from tests.browser import LiveSite, Window, window
from tests.jobs.owing import an_owing_fund
from tests.people import a_user

pytestmark = pytest.mark.browser
TODAY = date(2020, 6, 1)


@pytest.fixture(params=(1280, 390))
def opened(
    request: pytest.FixtureRequest, browser: Browser, live_site: LiveSite, clock: FixedClock
) -> Iterator[Window]:
    with live_site.sessions() as session:
        an_owing_fund(session, clock)
        a_user(session, Role.ADMIN)
        a_user(session, Role.OFFICER)
    world = World(sessions=live_site.sessions, clock=clock, runner="test")
    run_slot("reminders", SCHEDULE["reminders"], TODAY, world)
    run_slot("classification", SCHEDULE["classification"], date(2020, 5, 31), world)
    with window(browser, live_site.address, width=request.param) as opened:
        yield opened


def test_a_run_is_followed_to_its_end(
    opened: Window, live_site: LiveSite, clock: FixedClock
) -> None:
    opened.enter(Role.ADMIN)
    page = opened.page
    opened.open("/jobs")
    opened.assert_in_order()
    page.get_by_role("button", name="Chạy ngay Tính lãi").click()
    expect(page.locator("#run h2").first).to_have_text("đang chờ")
    opened.assert_in_order()

    begin = Begin(job="interest", slot=TODAY, runner="test")
    with live_site.sessions() as session:
        ticket = begin_run(session, begin, clock)
        assert ticket is not None
        keep_progress(session, ticket, 2, 5, clock)
    expect(page.locator("#run")).to_contain_text("Đã xử lý 2/5")
    opened.assert_in_order()
    report = Report(done=4)
    report.fail("05/2020/HĐTD", ConflictError("busy"))
    with live_site.sessions() as session:
        finish_run(session, ticket, report, clock)

    expect(page.locator("#run h2").first).to_have_text("xong, có lỗi")
    expect(page.locator("#reasons")).to_be_visible()
    opened.assert_in_order()
    page.get_by_role("button", name="Chạy lại phần lỗi").click()
    expect(page.locator("#run h2").first).to_have_text("đang chờ")


def test_the_switch_holds_and_lets_go(
    opened: Window, live_site: LiveSite, clock: FixedClock
) -> None:
    with live_site.sessions() as session:
        take_lease(session, "scheduler:quy:1", timedelta(minutes=1), clock)
    opened.enter(Role.ADMIN)
    opened.open("/jobs")
    expect(opened.page.locator("main")).to_contain_text("Bộ lập lịch đang chạy")

    opened.page.get_by_role("button", name="Dừng gửi mọi nhắc nợ").click()
    expect(opened.page.locator("main")).to_contain_text("Đang dừng gửi nhắc nợ")
    opened.assert_in_order()
    opened.page.get_by_role("button", name="Cho gửi lại").click()

    expect(opened.page.locator("main")).not_to_contain_text("Đang dừng")


def test_reminders_read_well(opened: Window, live_site: LiveSite) -> None:
    opened.enter(Role.OFFICER)
    opened.open("/reminders")
    expect(opened.page.locator("#letters")).to_be_visible()
    opened.assert_in_order()
    with live_site.sessions() as session:
        first = session.scalars(select(Message.id)).first()

    opened.open(f"/reminders/{first}")

    expect(opened.page.locator("main")).to_contain_text("trước hạn 7 ngày")
    opened.assert_in_order()
