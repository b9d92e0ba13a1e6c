"""After posting from a list there is a way back to it: its filter, its page and its row."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from tests.browser import LiveSite, window
from tests.builders import Fund, a_lending_fund, a_loan, repaid
from tests.people import a_user
from tests.prepared import prepared
from tests.site import SETTINGS, Browser, Site
from tests.web.test_repayment import filled, hidden, path

LOANS = 55  # two pages of a list
WAY = re.compile(r'<a class="button quiet" href="([^"]+)">← ([^<]+)</a>')
NOWHERE = [
    "https://evil.example/loans",
    "//evil.example/loans",
    "/\\\\evil.example/loans",
    "javascript:alert(1)",
    "/password",
    "/loans/../sign-out",
    "/loan/1/repay",
]


def a_book(session: Session, clock: FixedClock) -> Fund:
    """Two pages of loans of one source, all of one borrower."""
    fund = a_lending_fund(session, clock)
    for number in range(1, LOANS + 1):
        a_loan(fund, f"{number:02}/2020", amount=10_000_000)
    return fund


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_book(session, clock)


def way(page: str) -> tuple[str, str]:
    found = WAY.search(page)
    assert found is not None, page
    return unescape(found[1]), unescape(found[2])


def come(browser: Browser, address: str, before: str) -> str:
    """Go to a page as from another one."""
    return browser.get(address, {"Referer": f"{SETTINGS.base_url}{before}"}).text


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("/loans?status=all&sort=-outstanding&page=2", "Về danh sách khoản vay"),
        ("/loans?q=htx&status=all", "Về danh sách khoản vay"),
        ("/overdue?late=91-180", "Về danh sách nợ quá hạn"),
        ("/today", "Về việc hôm nay"),
        ("/collection-sheet?month=2020-06", "Về bảng thu lãi"),
        ("/borrower/{of_it}", "Về trang khách hàng"),
    ],
)
def test_a_receipt_leads_back_to_the_list(
    site: Site, fund: Fund, before: str, said: str
) -> None:
    """From the list to the loan, its form, a refused try, the receipt, and what it corrects."""
    officer = site.sign_in(Role.OFFICER)
    of_it = fund.session.scalars(
        select(Loan.borrower_id).where(Loan.contract_number == "07/2020")
    ).one()
    before = before.format(of_it=of_it)
    loan, row = path(fund, "", "07/2020"), path(fund, "", "07/2020").rpartition("/")[2]
    expected = (f"{before}#loan-{row}", said)

    shown = come(officer, loan, before)
    form = re.search(rf'href="({loan}/repay[^"]*)"', shown)
    assert form is not None
    sent = filled(officer, unescape(form[1]), "01/06/2020", "100.000", back=before)
    refused = officer.post(f"{loan}/repay", sent | {"shown": "another"})
    done = officer.post(f"{loan}/repay", sent)
    receipt = officer.get(done.headers["Location"]).text

    assert way(shown) == expected
    assert f'name="back" value="{before.replace("&", "&amp;")}"' in refused.text
    assert way(receipt) == expected
    assert officer.get(before).status_code == 200


def test_a_form_that_a_list_leads_to_itself_knows_the_list_too(site: Site, fund: Fund) -> None:
    page = come(site.sign_in(Role.OFFICER), path(fund), "/today")

    assert 'name="back" value="/today"' in page


@pytest.mark.parametrize("elsewhere", NOWHERE)
def test_nothing_but_a_list_of_ours_is_gone_back_to(
    site: Site, fund: Fund, elsewhere: str
) -> None:
    officer = site.sign_in(Role.OFFICER)
    sent = filled(officer, path(fund), "01/06/2020", "100.000", back=elsewhere)
    done = officer.post(path(fund), sent).headers["Location"]

    assert "back" not in done
    loan = officer.client.get(
        path(fund, ""), query_string={"back": elsewhere}, base_url=officer.base_url
    )
    assert WAY.search(loan.text) is None
    assert WAY.search(come(officer, path(fund, ""), "/password")) is None


def test_vouchers_and_taking_a_receipt_back_lead_back_too(site: Site, fund: Fund) -> None:
    """From the list to the loan, to what left it, to a receipt, and through its reversal."""
    officer, before = site.sign_in(Role.OFFICER), "/overdue?late=91-180"
    repaid(fund, "07/2020", date(2020, 6, 1), 100_000)
    loan = path(fund, "", "07/2020")
    expected = (f"{before}#loan-{loan.rpartition('/')[2]}", "Về danh sách nợ quá hạn")

    shown = come(officer, loan, before)
    voucher = officer.get(linked(shown, f"{loan}/voucher/1")).text
    receipt = officer.get(linked(shown, f"{loan}/receipt/2")).text
    undo = linked(receipt, f"{loan}/receipt/2/reverse")
    form = officer.get(undo)
    sent = hidden(form.text) | {"why": "twice", "words": "ghi nhầm"}
    refused = officer.post(undo.partition("?")[0], sent | {"words": ""})
    done = officer.post(undo.partition("?")[0], hidden(refused.text) | sent)

    assert way(voucher) == expected
    assert f'name="back" value="{before}"' in refused.text
    assert done.status_code == 302, done.text
    assert way(officer.get(done.headers["Location"]).text) == expected


def test_a_batch_leads_back_to_the_month_source_and_area_of_its_sheet(
    site: Site, fund: Fund
) -> None:
    officer = site.sign_in(Role.OFFICER)
    assert fund.officer.user_id
    sheet = "/collection-sheet?month=2020-06&source=QUY&area=-"
    shown = officer.get(sheet).text
    row = re.findall(r'name="(r[0-9]+-amount)"', shown)[0]
    sent = hidden(shown) | {"day": "01/06/2020", "method": "bank", row: "100.000"}
    review = officer.post("/collection-sheet", sent | {"act": "review"}).headers["Location"]
    posting = hidden(officer.get(review).text.split('class="posting"')[-1]) | {"act": "post"}
    batch = officer.post("/collection-sheet", posting).headers["Location"]

    page = officer.get(batch).text
    undo = linked(page, f"{batch.partition('?')[0]}/undo")
    form = hidden(officer.get(undo).text) | {"why": "twice", "words": "ghi nhầm"}
    after = officer.post(undo.partition("?")[0], form).headers["Location"]

    for one in (page, officer.get(after).text):
        assert linked(one, "/collection-sheet", "data-first ") == sheet
    plain_batch = officer.get(batch.partition("?")[0]).text
    assert linked(plain_batch, "/collection-sheet", "data-first ").endswith("&source=QUY")


def linked(page: str, address: str, before: str = "") -> str:
    """Give a link of a page to this address, with whatever the link asks for beside."""
    found = re.search(rf'{before}href="({re.escape(address)}(?:\?[^"]*)?)"', page)
    assert found is not None, address
    return unescape(found[1])


@pytest.mark.browser
@pytest.mark.parametrize("scripts", ["with", "without"])
def test_one_goes_on_in_the_row_that_one_left(
    live_site: LiveSite, clock: FixedClock, browser: Chromium, scripts: str
) -> None:
    has_scripts = scripts == "with"
    with live_site.sessions() as session:
        a_book(session, clock)
        a_user(session, Role.OFFICER)
    with window(browser, live_site.address, java_script_enabled=has_scripts) as opened:
        page, asked = opened.page, "/loans?status=all&sort=borrower&page=2"
        opened.enter()
        opened.open(asked)
        row = page.locator("tr[id^=loan-]").nth(2)
        name = row.get_attribute("id")
        row.locator("a").first.click()
        page.locator("[data-first]").click()
        page.locator("[name=act][value=post]").click()
        page.get_by_role("link", name="Về danh sách khoản vay").click()

        expect(page).to_have_url(f"{live_site.address}{asked}#{name}")
        assert page.locator("tr:target").get_attribute("id") == name
        if has_scripts:
            expect(page.locator(f"#{name} a").first).to_be_focused()
