"""An officer proposes, a manager approves: in a real browser, wide and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from tests.browser import LiveSite, Window, window
from tests.builders import a_contract, a_lending_fund, a_loan
from tests.people import a_user

pytestmark = pytest.mark.browser


@pytest.fixture
def loan_id(live_site: LiveSite, clock: FixedClock) -> int:
    """An approved contract over 100 million, to be disbursed from a billion."""
    with live_site.sessions() as session:
        for role in (Role.OFFICER, Role.MANAGER):
            a_user(session, role)
        fund = a_lending_fund(session, clock)
        a_contract(fund)
        return session.scalars(select(Loan.id)).one()


@pytest.fixture
def lent_id(live_site: LiveSite, clock: FixedClock) -> int:
    """A hundred million that have been lent since January; no interest was ever paid."""
    with live_site.sessions() as session:
        a_user(session, Role.OFFICER)
        fund = a_lending_fund(session, clock)
        a_loan(fund)
        return session.scalars(select(Loan.id)).one()


@contextmanager
def signed_in(
    browser: Browser, live_site: LiveSite, role: Role, width: int
) -> Iterator[Window]:
    with window(browser, live_site.address, width=width) as opened:
        opened.enter(role)
        yield opened


def propose(opened: Window, loan_id: int, link: str, typed: dict[str, str]) -> None:
    """Choose an act on the loan's page, wait for its preview, and send it."""
    page = opened.page
    opened.open(f"/loan/{loan_id}")
    page.get_by_text("Thao tác", exact=True).click()
    page.get_by_role("link", name=link).click()
    for name, value in typed.items():
        page.fill(f"#{name}", value)
    page.fill("#reason", "Theo quyết định 12/QĐ")
    button = page.locator("[data-post]")
    expect(button).to_be_visible()
    expect(page.locator("#preview table.change")).to_be_visible()
    opened.assert_in_order()
    button.click()
    expect(page.get_by_text("Đã gửi đề nghị vào hộp duyệt.")).to_be_visible()


def approve(opened: Window) -> None:
    """Open what waits in the inbox and approve it."""
    page = opened.page
    opened.open("/proposals")
    opened.assert_in_order()
    page.get_by_role("link", name="Xem và duyệt").first.click()
    expect(page.get_by_text("Điều gì sẽ thay đổi").first).to_be_visible()
    opened.assert_in_order()
    page.locator("[data-post]").click()
    expect(page.get_by_text("Đã duyệt và ghi sổ.")).to_be_visible()


@pytest.mark.slow
def test_lent_and_extended_by_two_people(
    browser: Browser, live_site: LiveSite, loan_id: int
) -> None:
    lending = {"value_date": "10/01/2020", "amount": "100tr"}
    later = {"value_date": "01/06/2020", "plan": "10/01/2021 50tr\n10/01/2022 50tr"}
    with (
        signed_in(browser, live_site, Role.OFFICER, 1280) as officer,
        signed_in(browser, live_site, Role.MANAGER, 390) as manager,
    ):
        propose(officer, loan_id, "Giải ngân", lending)
        approve(manager)
        propose(officer, loan_id, "Cơ cấu lại, gia hạn nợ", later)
        approve(manager)

        officer.open(f"/loan/{loan_id}")
        expect(officer.page.locator("#schedule")).to_contain_text("10/01/2022")
        expect(officer.page.locator("#events")).to_contain_text("Theo quyết định 12/QĐ")


def test_parts_and_terms_are_shown_while_they_are_typed(
    browser: Browser, live_site: LiveSite, lent_id: int
) -> None:
    """What is wrong is said beside its field, without a reload; so is what no method needs."""
    with signed_in(browser, live_site, Role.OFFICER, 390) as opened:
        page = opened.page
        opened.open(f"/loan/{lent_id}/propose/given-split")
        page.fill("#amount", "3000000")
        page.fill("#principal", "1000000")
        expect(page.locator("#amount-hint")).to_contain_text("cộng lại là 1.000.000 đ")
        expect(page.locator("#preview #owed")).to_be_visible()
        page.fill("#interest", "2000000")
        expect(page.locator("#amount-hint")).to_have_text("Ba triệu đồng")
        expect(page.locator("#preview [data-post]")).to_be_visible()
        opened.assert_in_order()

        opened.open(f"/loan/{lent_id}/propose/amend")
        expect(page.locator("#principal_plan")).to_be_hidden()
        page.select_option("#repayment_method", "custom")
        expect(page.locator("#term_months")).to_be_hidden()
        page.fill("#principal_plan", "10/12/2020 100tr")
        expect(page.locator("#preview table.change")).to_contain_text("10/12/2020")
        opened.assert_in_order()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_plan_is_filled_in_by_the_keyboard_and_stays_to_be_edited(
    browser: Browser, live_site: LiveSite, lent_id: int, width: int
) -> None:
    """Enter in the editor works out its plan; what was typed elsewhere and the lines stay."""
    with signed_in(browser, live_site, Role.OFFICER, width) as opened:
        page = opened.page
        opened.open(f"/loan/{lent_id}/propose/reschedule")
        page.fill("#reason", "Dịch bệnh")
        page.fill("#spread_from", "10/7/2021")
        page.fill("#spread_every", "6")
        page.fill("#spread_count", "4")
        page.keyboard.press("Enter")
        expect(page.locator("#plan")).to_have_value(
            "10/07/2021 25.000.000\n10/01/2022 25.000.000\n"
            "10/07/2022 25.000.000\n10/01/2023 25.000.000"
        )
        expect(page.locator("#preview table.beside-plans")).to_contain_text("10/01/2023")
        expect(page.locator("#reason")).to_have_value("Dịch bệnh")
        opened.assert_in_order()
        page.fill("#plan", "10/07/2021 40tr\n10/07/2022 60tr")
        expect(page.locator("#preview table.beside-plans")).not_to_contain_text("10/01/2023")
        page.locator("[data-post]").click()
        expect(page.get_by_text("Đã gửi đề nghị vào hộp duyệt.")).to_be_visible()
