"""Home, list and quick search in a real browser: keys, phone, no complaint, accessible."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from tests.books import a_small_book
from tests.browser import LiveSite, Window, window
from tests.people import PASSWORD, a_user

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)


@pytest.fixture
def address(live_site: LiveSite, clock: FixedClock) -> str:
    """The address of a site with the small book and an officer."""
    with live_site.sessions() as session:
        a_small_book(session, clock)
        a_user(session, Role.OFFICER)
    return live_site.address


@pytest.fixture(params=WIDTHS)
def opened(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Window]:
    with window(browser, address, width=request.param) as opened:
        opened.enter()
        yield opened


@pytest.fixture
def wide(browser: Browser, address: str) -> Iterator[Window]:
    with window(browser, address) as opened:
        opened.enter()
        yield opened


def test_every_page_is_accessible_and_fits_its_window(opened: Window) -> None:
    for path in (
        "/?as_of=2020-05-31",
        "/loans",
        "/loans?figure=due&status=all&as_of=2020-05-31&area=Yên+Thế",
        "/loans?q=nobody",
    ):
        opened.open(path)
        opened.assert_in_order()


def test_a_figure_leads_to_its_loans_and_a_loan_to_its_page(opened: Window) -> None:
    page = opened.page
    opened.open("/")

    page.get_by_role("link", name="404.457.534").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Còn dư nợ")

    page.get_by_role("link", name="HTX Đặng").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("HTX Đặng")


def test_the_loan_is_found_by_keyboard_alone(wide: Window) -> None:
    page = wide.page

    page.keyboard.press("Control+k")
    page.keyboard.type("anh duong")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option").first).to_contain_text("02/2020/HĐTD")
    wide.assert_accessible()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Ánh Dương")


def test_arrows_choose_among_what_was_found_and_escape_closes(wide: Window) -> None:
    page = wide.page
    box = page.get_by_role("combobox")
    page.keyboard.press("Control+k")
    page.keyboard.type("htx")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(options.first).to_have_attribute("aria-selected", "true")

    page.keyboard.press("ArrowDown")

    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "found-1")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(options.first).to_be_hidden()


def test_what_is_not_found_says_what_to_try(opened: Window) -> None:
    search = opened.page.get_by_role("combobox")

    search.fill("không có ai")

    expect(opened.page.get_by_text("hãy bớt chữ")).to_be_visible()
    search.press("Enter")
    expect(opened.page.get_by_role("heading", level=1)).to_have_text("Khoản vay")


def test_arrows_go_from_row_to_row_and_enter_opens(wide: Window) -> None:
    page = wide.page
    wide.open("/loans")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")

    expect(page.get_by_role("link", name="Hợp tác xã Ánh Dương")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ánh Dương")


def test_a_stroke_goes_to_the_search_of_the_list(wide: Window) -> None:
    page = wide.page
    wide.open("/loans")

    page.keyboard.press("/")
    page.keyboard.type("02/2020")
    page.keyboard.press("Enter")

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#q")).to_have_value("02/2020")


def test_the_list_works_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="vi-VN")
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.locator("#email").fill("officer@quy.example.vn")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.goto(f"{address}/loans")

    page.locator("#q").fill("dang")
    page.get_by_role("button", name="Lọc").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.goto(f"{address}/loans")
    page.get_by_role("link", name="Dư nợ gốc").click()
    expect(page.locator("[data-row]").first).to_have_text("Hợp tác xã Ánh Dương")
    page.locator("#search").fill("dang")
    page.locator("#search").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("HTX Đặng")
    context.close()
