"""Signing in with a real browser: keyboard, phone, no complaint, accessible."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Blueprint, render_template_string, request
from flask.typing import ResponseReturnValue
from playwright.sync_api import Browser, expect

from loanfund.domain.permission import Action, Role
from loanfund.web.form import KeyedForm, MoneyField, Required
from loanfund.web.login import requires
from tests.browser import LiveSite, Window, window
from tests.people import PASSWORD, a_user

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)
PAGE = """{% extends "base.html" %}
{% from "macros/form.html" import row, submit, summary %}
{% from "macros/page.html" import badge, crumbs, empty, figure, figures, sheet %}
{% from "macros/table.html" import money, money_head, pager, table %}
{% block title %}HTX Đồng Tâm 3{% endblock %}
{% block crumbs %}{{ crumbs([("Khoản vay", "/trial")], "HD-023") }}{% endblock %}
{% block content %}
  {{ summary(form) }}
  {% call figures() %}
    {{ figure("Dư nợ gốc", "250.000.000 đ", "giải ngân 300.000.000 đ", "/trial") }}
    {{ figure("Quá hạn", "2.958.904 đ", tone="bad") }}
  {% endcall %}
  {% call sheet("Ghi thu") %}
    <form class="stack" method="post" novalidate>
      {{ form.hidden_tag() }}{{ row(form.amount, "Số tiền") }}{{ submit("Ghi thu") }}
    </form>
  {% endcall %}
  {% call sheet("Giao dịch") %}
    {% call table("Giao dịch", "entries") %}
      <thead><tr><th scope="col">Ngày</th>{{ money_head("Số tiền") }}</tr></thead>
      <tbody><tr><td>05/07/2019 {{ badge("Nhóm 2", "group-2") }}</td>{{ money(250000, "/x") }}
      </tr><tr><td>{{ badge("Đã hoàn", "bad") }} {{ badge("Trễ", "amber") }}</td>{{ money(0) }}
      </tr></tbody>
    {% endcall %}
  {% endcall %}
  {{ pager(2, 9, 214, "/trial", "/trial") }}
  {{ empty("Chưa có gì.", "/trial", "Nhập từ Excel") }}
{% endblock %}"""


class TrialForm(KeyedForm):
    """An amount as every posting has one."""

    amount = MoneyField(validators=[Required()])


def a_trial_page() -> Blueprint:
    """Make a page that shows one of every part there is."""
    page = Blueprint("trial", __name__)

    @page.route("/trial", methods=["GET", "POST"])
    @requires(Action.SEE_LOANS)
    def show() -> ResponseReturnValue:
        form = TrialForm()
        if request.method == "POST":
            form.sent()
        return render_template_string(PAGE, form=form)

    return page


TRIAL = a_trial_page()


@pytest.fixture
def more_pages() -> tuple[Blueprint, ...]:
    return (TRIAL,)


@pytest.fixture
def address(live_site: LiveSite) -> str:
    """The address of a site with one officer and one page of everything."""
    with live_site.sessions() as session:
        a_user(session, Role.OFFICER)
    return live_site.address


@pytest.fixture(params=WIDTHS)
def opened(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Window]:
    with window(browser, address, width=request.param) as opened:
        yield opened


def enter(opened: Window, password: str = PASSWORD) -> None:
    """Sign in with the keyboard alone: the first field has the focus already."""
    page = opened.page
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type("officer@quy.example.vn")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_an_officer_signs_in_works_and_signs_out(opened: Window) -> None:
    page = opened.page
    opened.open("/trial")
    opened.assert_accessible()

    enter(opened)

    expect(page.get_by_role("heading", level=1)).to_have_text("HTX Đồng Tâm 3")
    opened.assert_accessible()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    page.locator(".account summary").click()
    opened.assert_accessible()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_text("Bạn đã đăng xuất.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng nhập")


def test_a_wrong_password_is_said_and_the_address_stays(opened: Window) -> None:
    page = opened.page
    opened.open("/sign-in")

    enter(opened, "không phải mật khẩu")

    expect(page.get_by_role("alert")).to_contain_text("mật khẩu không đúng")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#email")).to_have_value("officer@quy.example.vn")
    expect(page.locator("#password")).to_have_value("")
    opened.assert_accessible()


def test_a_password_is_shown_to_who_asks_and_hidden_before_it_is_sent(opened: Window) -> None:
    page = opened.page
    opened.open("/sign-in")
    page.fill("#email", "officer@quy.example.vn")
    page.fill("#password", PASSWORD)
    button = page.get_by_role("button", name="Hiện mật khẩu")

    button.click()

    expect(page.locator("#password")).to_have_attribute("type", "text")
    expect(page.locator("#password")).to_have_value(PASSWORD)
    opened.assert_accessible()
    page.get_by_role("button", name="Ẩn mật khẩu").click()
    expect(page.locator("#password")).to_have_attribute("type", "password")
    button.focus()
    page.keyboard.press("Space")
    page.evaluate(
        "document.addEventListener('submit', (event) => event.preventDefault(), {once: true})"
    )
    page.press("#password", "Enter")
    expect(page.locator("#password")).to_have_attribute("type", "password")


def test_the_page_of_a_letter_is_accessible_and_begins_where_one_types(opened: Window) -> None:
    page = opened.page
    opened.open("/sign-in")
    page.get_by_role("link", name="Có giấy kích hoạt? Nhập mã").click()
    expect(page.locator("#email")).to_be_focused()
    opened.assert_accessible()

    page.keyboard.type("an@htx.example.vn")
    page.keyboard.press("Tab")
    page.keyboard.type("abcde fghjk")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("mã không đúng")
    expect(page.locator("#code")).to_have_value("abcde fghjk")
    opened.assert_accessible()


def test_every_page_of_the_shell_is_accessible(opened: Window) -> None:
    opened.open("/trial")
    enter(opened)
    expect(opened.page.locator("#amount")).to_be_visible()

    for path in ("/password", "/nothing/here"):
        opened.open(path)
        opened.assert_accessible()


def test_thousands_are_grouped_while_typing_and_the_caret_stays(opened: Window) -> None:
    page = opened.page
    opened.open("/trial")
    enter(opened)
    amount = page.locator("#amount")
    amount.focus()

    page.keyboard.type("2500000")
    expect(amount).to_have_value("2.500.000")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("1")
    expect(amount).to_have_value("25.001.000")
    assert amount.evaluate("field => field.selectionStart") == 6
    page.keyboard.press("Backspace")
    expect(amount).to_have_value("2.500.000")


@pytest.mark.parametrize("typed", ["2,5tr", "2.5tr", "13,3 tỷ", "2500k"])
def test_who_types_a_unit_is_left_alone(browser: Browser, address: str, typed: str) -> None:
    with window(browser, address) as opened:
        opened.open("/trial")
        enter(opened)
        amount = opened.page.locator("#amount")
        amount.focus()

        opened.page.keyboard.type(typed)

        expect(amount).to_have_value(typed)
        opened.page.keyboard.press("Control+Enter")
        expect(amount).to_have_value("2.500.000" if "2" in typed else "13.300.000.000")


def test_a_refused_amount_stays_and_its_sentence_leads_to_it(opened: Window) -> None:
    page = opened.page
    opened.open("/trial")
    enter(opened)
    page.locator("#amount").fill("1,5")

    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert")).to_contain_text("có thể hiểu hai cách")
    named = page.locator("label[for=amount]").inner_text().strip()
    expect(page.get_by_role("alert")).to_contain_text(f"{named}: ")
    expect(page.locator("#amount")).to_have_value("1,5")
    opened.assert_accessible()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#amount")).to_be_focused()


def test_keys_find_the_search_and_the_list_of_keys(browser: Browser, address: str) -> None:
    with window(browser, address) as opened:
        page = opened.page
        opened.open("/trial")
        enter(opened)
        expect(page.locator("#amount")).to_be_visible()

        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        opened.assert_accessible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.keyboard.press("Control+k")
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.type("?")
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_other_language_and_another_day_are_two_clicks_away(opened: Window) -> None:
    page = opened.page
    opened.open("/trial")
    enter(opened)

    page.locator(".chip").click()
    page.locator("#working-day").fill("28/5")
    page.keyboard.press("Enter")
    expect(page.locator(".chip time")).to_have_text("28/05/2020")
    opened.assert_accessible()
    page.get_by_role("button", name="EN").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    opened.assert_accessible()


def test_signing_in_works_without_any_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/trial")

    page.fill("#email", "officer@quy.example.vn")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("HTX Đồng Tâm 3")
    context.close()
