"""After a write-off money still comes in: seen first, posted once, with a receipt."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import LoanEvent
from loanfund.services.restructuring import WriteOff, restructure
from tests.builders import Fund, a_lending_fund, a_loan
from tests.papers import words_of
from tests.prepared import prepared
from tests.services.derived import AT_20_000_A_DAY
from tests.site import Browser, Site
from tests.web.test_repayment import MEANT, hidden, path, plain


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """100 million at 20,000 a day, written off on 10/02/2020 with 620,000 of interest."""
    fund = a_lending_fund(session, clock)
    a_loan(fund, **AT_20_000_A_DAY)
    lost = WriteOff(contract_number="01/2020", value_date=date(2020, 2, 10))
    restructure(session, lost, fund.officer, clock, fund.manager)
    return fund


def typed(browser: Browser, fund: Fund, amount: str, **more: str) -> dict[str, str]:
    address = path(fund, "/recover")
    key = hidden(browser.get(address).text)["request_key"]
    fields = {
        "value_date": "1/6",
        "amount": amount,
        "method": "cash",
        "request_key": key,
    } | more
    seen = browser.post(address, fields | {"act": "preview"})
    assert seen.status_code == 200, seen.text
    carried = hidden(seen.text)
    names = ("version", "shown")
    return fields | {name: carried.get(name, "") for name in names} | {"act": "post"}


def cells(page: str, component: str) -> list[str]:
    row = re.search(rf"{component}\s*</th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None, page
    return re.findall(r"<td[^>]*>\s*(?:<span[^>]*>)?([\d.–]+)", row[1])


def recoveries(session: Session) -> int:
    query = select(func.count()).where(LoanEvent.type == "recovery")
    return session.execute(query).scalar_one()


def test_the_page_of_a_written_off_loan_leads_to_it(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)

    page = plain(browser.get(path(fund, "")))
    form = plain(browser.get(path(fund, "/recover")))

    assert path(fund, "/recover") in page
    assert path(fund, "/repay") not in page
    assert "Còn phải thu <strong>100.620.000 đ</strong>" in " ".join(form.split())


def test_a_recovery_pays_principal_first_and_is_posted_as_shown(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.ACCOUNTANT)
    query = "/recover/preview?value_date=1/6&amount=100120000"

    shown = plain(browser.get(path(fund, query)))
    before = recoveries(fund.session)
    sent = typed(browser, fund, "100120000", payer="Ông Ba")
    answer = browser.post(path(fund, "/recover"), sent)
    again = browser.post(path(fund, "/recover"), sent)

    assert cells(shown, "Gốc") == ["100.000.000", "100.000.000", "–"]
    assert cells(shown, "Lãi các loại") == ["620.000", "120.000", "500.000"]
    assert "Ghi thu nợ đã xử lý rủi ro 100.120.000 đ" in shown
    assert before == 0
    assert answer.status_code == 302, answer.text
    assert again.headers["Location"] == answer.headers["Location"] + "?again=1"
    assert recoveries(fund.session) == 1
    receipt = plain(browser.get(answer.headers["Location"]))
    assert "PT-2020/000001" in receipt
    assert cells(receipt, "Lãi các loại") == ["620.000", "120.000", "500.000"]


def test_its_receipt_says_what_is_left_off_balance(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    done = browser.post(path(fund, "/recover"), typed(browser, fund, "40000000"))
    page = browser.get(done.headers["Location"])
    sequence = done.headers["Location"].rpartition("/")[2]

    printed = browser.post(
        path(fund, f"/voucher/{sequence}/print"),
        {"request_key": hidden(page.text)["request_key"]},
    )

    said = words_of(browser.get(printed.headers["Location"]).data)
    assert "Thu nợ đã xử lý rủi ro theo Hợp đồng số 01/2020" in said
    assert "Đã xử lý rủi ro, còn phải thu" in said
    assert "40.000.000 60.620.000" in said


def test_what_exceeds_what_was_written_off_is_kept_for_the_borrower(
    site: Site, fund: Fund
) -> None:
    browser = site.sign_in(Role.OFFICER)

    seen = plain(browser.get(path(fund, "/recover/preview?value_date=1/6&amount=100620700")))
    sent = typed(browser, fund, "100620700")
    refused = browser.post(path(fund, "/recover"), sent)
    before = recoveries(fund.session)
    done = browser.post(path(fund, "/recover"), sent | MEANT)
    receipt = plain(browser.get(done.headers["Location"]))

    assert (refused.status_code, before) == (422, 0)
    assert "vượt số nợ đã xử lý rủi ro còn phải thu (100.620.000 đ) là 700 đ" in seen
    assert cells(seen, "Tiền thừa") == ["–", "700", "700"]
    assert "Tiền thừa 700 đ: giữ cho bên vay, chờ trả lại." in seen
    assert cells(receipt, "Tiền thừa") == ["–", "700", "700"]


def test_what_comes_when_all_has_come_back_is_kept_too(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.post(path(fund, "/recover"), typed(browser, fund, "100620000"))

    form = plain(browser.get(path(fund, "/recover")))
    browser.post(path(fund, "/recover"), typed(browser, fund, "5000", **MEANT))
    loan = plain(browser.get(path(fund, "")))

    assert "Nợ đã xử lý rủi ro đã thu hồi hết." in form
    assert "Quỹ đang giữ tiền thừa 5.000 đ" in loan
    assert path(fund, "/propose/credit-refund") in loan
    assert recoveries(fund.session) == 2


def test_a_twin_of_a_recovery_is_stopped(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)

    browser.post(path(fund, "/recover"), typed(browser, fund, "1000000"))
    twin = browser.post(path(fund, "/recover"), typed(browser, fund, "1000000"))

    assert twin.status_code == 422
    assert "PT-2020/000001" in twin.text
    assert recoveries(fund.session) == 1


def test_a_recovery_is_taken_back_like_any_receipt(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    done = browser.post(path(fund, "/recover"), typed(browser, fund, "1000000"))
    address = done.headers["Location"] + "/reverse"

    page = plain(browser.get(address))

    assert cells(page, "Gốc") == ["99.000.000", "100.000.000"]
    sent = hidden(page) | {"why": "other", "words": "nhầm"}
    assert browser.post(address, sent).status_code == 302
    assert browser.get(done.headers["Location"] + "/correct").status_code == 404


def test_a_loan_that_was_not_written_off_has_nothing_to_recover(site: Site, fund: Fund) -> None:
    a_loan(fund, "02/2020")
    browser = site.sign_in(Role.OFFICER)

    page = browser.get(path(fund, "/recover", "02/2020"))

    assert "Khoản vay này chưa xử lý rủi ro." in page.text
    assert site.sign_in(Role.MANAGER).get(path(fund, "/recover")).status_code == 403
