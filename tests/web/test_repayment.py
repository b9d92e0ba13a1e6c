"""Recording a repayment: what is shown is posted, once; errors keep what was typed."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from html import unescape
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.period import Books
from loanfund.services.restructuring import WriteOff, restructure
from loanfund.wording import LANGUAGES, vnd
from tests.builders import Fund, a_borrower, a_contract, a_lending_fund, a_loan, repaid
from tests.conftest import TODAY
from tests.prepared import prepared
from tests.site import Browser, Site

HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
MEANT = {"meant": "y", "meant_reason": "khách bán được kho"}


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A loan of 100 million at 6 % from 10/01/2020 on which nothing was paid.

    Interest due: 509,589 + 476,712 + 509,589 + 493,151 = 1,989,041.
    """
    fund = a_lending_fund(session, clock)
    a_loan(fund)
    return fund


def path(fund: Fund, tail: str = "/repay", number: str = "01/2020") -> str:
    found = fund.session.scalars(select(Loan.id).where(Loan.contract_number == number)).one()
    return f"/loan/{found}{tail}"


def hidden(page: str) -> dict[str, str]:
    """Read what the forms of a page carry along, the payment's own coming last."""
    fields = {}
    for tag in HIDDEN.findall(page):
        name, value = (re.search(rf'\b{part}="([^"]*)"', tag) for part in ("name", "value"))
        if name:
            fields[name[1]] = unescape(value[1]) if value else ""
    return fields


def filled(
    browser: Browser, address: str, day: str, amount: str, **more: str
) -> dict[str, str]:
    """Open the form, look at the preview of a payment, and give what would be sent."""
    key = hidden(browser.get(address).text)["request_key"]
    typed = {"value_date": day, "amount": amount, "method": "bank", "request_key": key} | more
    seen = browser.post(address, typed | {"act": "preview"})
    assert seen.status_code == 200, seen.text
    carried = hidden(seen.text)
    return (
        typed
        | chosen(seen.text)
        | {
            "version": carried.get("version", ""),
            "shown": carried.get("shown", ""),
            "act": "post",
        }
    )


def chosen(page: str) -> dict[str, str]:
    """Read where money too much is said to go."""
    found = re.search(r'name="surplus" value="(\w+)" checked', page)
    return {"surplus": found[1]} if found else {}


def payments(session: Session) -> int:
    query = select(func.count()).where(LoanEvent.type == "repayment")
    return session.execute(query).scalar_one()


def plain(response: TestResponse) -> str:
    return unescape(response.text).replace("\N{NO-BREAK SPACE}", " ")


def test_the_form_begins_with_what_is_due(site: Site, fund: Fund) -> None:
    page = plain(site.sign_in(Role.OFFICER).get(path(fund)))

    assert 'value="01/06/2020"' in page
    assert 'value="1.989.041"' in page
    assert "Một triệu chín trăm tám mươi chín nghìn không trăm bốn mươi mốt đồng" in page
    assert "Ghi thu 1.989.041 đ – HTX Đồng Tâm" in page
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Tất toán 01/06/2020 102.350.685 đ" in words


def test_an_amount_that_nobody_touched_follows_the_day(site: Site, fund: Fund) -> None:
    """Due on 01/06 are the interest of February to May, on 09/05 that to April; no surplus."""
    browser = site.sign_in(Role.OFFICER)
    form = hidden(plain(browser.get(path(fund))))
    due = 1_989_041 - 493_151  # of 31 days from 10/04 to 10/05: 30 days of 16 438,36
    typed = form | {"value_date": "09/05/2020", "amount": "1.989.041", "method": "bank"}
    query = {name: typed[name] for name in ("value_date", "amount", "prefilled")}

    alone = plain(browser.get(f"{path(fund, '/repay/preview')}?{urlencode(query)}"))
    posted = browser.post(path(fund), typed | {"act": "post"})
    page = plain(posted)

    for shown in (alone, page):
        assert f"Ghi thu {due:,} đ".replace(",", ".") in shown
        assert "Tiền thừa" not in shown
    assert posted.status_code == 422  # what is shown now was not shown before
    assert f'value="{due:,}"'.replace(",", ".") in page
    assert payments(fund.session) == 0
    own = plain(browser.post(path(fund), typed | {"amount": "1.989.000", "act": "preview"}))
    assert "Ghi thu 1.989.000 đ" in own
    again = hidden(page) | {"value_date": "1/6", "amount": f"{due:,}".replace(",", ".")}
    back = plain(browser.post(path(fund), again | {"act": "preview"}))
    assert "Ghi thu 1.989.041 đ" in back


def test_without_arrears_the_form_begins_with_what_falls_due_next(
    site: Site, fund: Fund
) -> None:
    repaid(fund, "01/2020", TODAY, 1_989_041)

    page = plain(site.sign_in(Role.OFFICER).get(path(fund)))

    assert 'value="509.589"' in page
    assert "Tiền thừa 509.589 đ" in page  # not due before 10/06


def test_a_payment_is_posted_and_answered_with_its_receipt(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = filled(
        browser, path(fund), "1/6", "1,5tr", payer="Bà Tư", reference="FT1", note="kỳ 1–3"
    )

    answer = browser.post(path(fund), sent)

    assert answer.status_code == 302
    page = plain(browser.get(answer.headers["Location"]))
    assert "TTG-2020/000001" in page
    assert "Một triệu năm trăm nghìn đồng" in page
    assert all(text in page for text in ("Bà Tư", "FT1", "kỳ 1–3", "1.500.000 đ"))
    assert "850.685" in page  # 1,989,041 due and 361,644 accrued, less 1,500,000
    assert "Đã ghi lúc" not in page


def test_the_preview_says_what_posting_does(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    query = "/repay/preview?value_date=10%2F02%2F2020&amount=1000000&surplus=credit"

    shown = browser.get(path(fund, query))
    sent = filled(browser, path(fund), "10/02/2020", "1000000", surplus="credit")
    receipt = browser.get(browser.post(path(fund), sent).headers["Location"])

    parts = [
        re.findall(r'class="money part"[^>]*>\s*([0-9.]+|–)', one.text)
        for one in (shown, receipt)
    ]
    assert parts[0] == ["509.589", "–", "490.411"]
    assert parts[1] == parts[0]
    assert hidden(shown.text)["shown"] == sent["shown"]


def test_a_preview_writes_nothing(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)

    filled(browser, path(fund), "1/6", "1000000")
    browser.get(path(fund, "/repay/preview?value_date=1/6&amount=1000000"))

    assert payments(fund.session) == 0


def test_what_was_not_shown_is_not_posted(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = filled(browser, path(fund), "1/6", "1000000")

    answer = browser.post(path(fund), sent | {"amount": "2000000"})

    assert payments(fund.session) == 0
    assert "vừa đổi" in answer.text
    assert "Ghi thu 2.000.000 đ" in plain(answer)


def test_the_same_form_sent_twice_posts_once(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = filled(browser, path(fund), "1/6", "1000000")

    first = browser.post(path(fund), sent)
    second = browser.post(path(fund), sent)

    assert payments(fund.session) == 1
    assert second.headers["Location"] == first.headers["Location"] + "?again=1"
    assert re.search(
        r"Đã ghi lúc \d\d/\d\d/\d{4} \d\d:\d\d", browser.get(second.headers["Location"]).text
    )


def test_a_key_used_for_something_else_posts_nothing_and_gives_way(
    site: Site, fund: Fund
) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = filled(browser, path(fund), "1/6", "1000000")
    browser.post(path(fund), sent)
    other = filled(browser, path(fund), "1/6", "1000001") | {"request_key": sent["request_key"]}

    answer = browser.post(path(fund), other)

    assert answer.status_code == 422
    assert payments(fund.session) == 1
    assert "đã dùng cho một yêu cầu khác" in answer.text
    assert hidden(answer.text)["request_key"] != sent["request_key"]


def test_a_stale_preview_posts_nothing_and_both_pictures_are_shown(
    site: Site, fund: Fund
) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = filled(browser, path(fund), "1/6", "1000000")
    repaid(fund, "01/2020", TODAY, 989_041)

    answer = browser.post(path(fund), sent)

    assert answer.status_code == 422
    assert payments(fund.session) == 1
    page = plain(answer)
    assert "đã thay đổi từ khi bạn xem trước" in page
    assert "Số liệu đã xem" in page
    assert "Số liệu bây giờ" in page
    assert "1.989.041" in page  # due as it was shown
    carried = hidden(answer.text)
    again = sent | {"version": carried["version"], "shown": carried["shown"]}
    assert browser.post(path(fund), again).status_code == 302
    assert payments(fund.session) == 2


def test_a_twin_is_stopped_until_somebody_says_why_it_is_none(site: Site, fund: Fund) -> None:
    repaid(fund, "01/2020", TODAY, 700_000)
    browser = site.sign_in(Role.OFFICER)
    sent = filled(browser, path(fund), "1/6", "700000", note="lần hai")

    stopped = browser.post(path(fund), sent)
    posted = browser.post(path(fund), sent | {"reason": "nộp hai lần"})

    assert stopped.status_code == 422
    assert "TTG-2020/000001" in stopped.text
    assert "cùng khoản vay, cùng ngày, cùng số tiền" in stopped.text
    page = plain(browser.get(posted.headers["Location"]))
    assert "lần hai (không trùng TTG-2020/000001: nộp hai lần)" in page
    assert payments(fund.session) == 2


def test_a_transfer_that_paid_another_loan_of_the_borrower_is_named_on_the_receipt(
    site: Site, fund: Fund
) -> None:
    a_loan(fund, "02/2020")
    repaid(fund, "02/2020", TODAY, 700_000, reference="FT20153")
    browser = site.sign_in(Role.OFFICER)

    sent = filled(browser, path(fund), "1/6", "500000", reference="ft 20153")
    receipt = plain(browser.get(browser.post(path(fund), sent).headers["Location"]))

    assert "Cùng giao dịch với phiếu TTG-2020/000001 của hợp đồng 02/2020." in receipt


def test_a_bank_reference_counts_once_whatever_the_reason(site: Site, fund: Fund) -> None:
    a_loan(fund, "02/2020", borrower=a_borrower(fund, "HTX Hòa Bình"))
    repaid(fund, "02/2020", TODAY, 700_000, reference="FT20153")
    browser = site.sign_in(Role.OFFICER)
    sent = filled(browser, path(fund), "1/6", "500000", reference=" FT20153 ")

    answer = browser.post(path(fund), sent | {"reason": "khác"})

    assert answer.status_code == 422
    assert payments(fund.session) == 1
    assert "TTG-2020/000001 (hợp đồng 02/2020)" in answer.text
    assert 'href="#reference"' in answer.text


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"value_date": "31/02"}, "value_date", "Không có ngày"),
        ({"value_date": "2/6/2020"}, "value_date", "chưa đến"),
        ({"value_date": "9/1/2020"}, "value_date", "trước lần giải ngân"),
        ({"value_date": ""}, "value_date", "Hãy điền ô này"),
        ({"amount": "1.5"}, "amount", "có thể hiểu hai cách"),
        ({"amount": "-5"}, "amount", "không phải là số tiền"),
        ({"amount": ""}, "amount", "Hãy điền ô này"),
    ],
)
def test_a_refused_form_keeps_what_was_typed_and_names_the_field(
    site: Site, fund: Fund, typed: dict[str, str], field: str, sentence: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get(path(fund))
    sent = {"value_date": "1/6", "amount": "1000000", "method": "cash", "payer": "Bà Tư"}

    answer = browser.post(
        path(fund), sent | typed | {"act": "post", "shown": "x", "version": "y"}
    )

    assert payments(fund.session) == 0
    assert f'href="#{field}"' in answer.text
    assert sentence in plain(answer)
    assert 'value="Bà Tư"' in answer.text
    assert 'value="cash" selected' in answer.text or 'selected value="cash"' in answer.text


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN, Role.AUDITOR])
def test_who_may_not_record_is_refused_everywhere(site: Site, fund: Fund, role: Role) -> None:
    browser = site.sign_in(role)
    browser.get("/password")

    answers = [
        browser.get(path(fund)),
        browser.get(path(fund, "/repay/preview")),
        browser.post(path(fund), {"act": "post"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_a_form_of_another_site_posts_nothing(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = filled(browser, path(fund), "1/6", "1000000")

    forged = browser.post(path(fund), sent | {"csrf_token": "x"})
    foreign = browser.post(path(fund), sent, headers={"Origin": "https://evil.example"})

    assert [forged.status_code, foreign.status_code] == [400, 403]
    assert payments(fund.session) == 0


def test_a_closed_month_says_where_it_will_be_booked(site: Site, fund: Fund) -> None:
    fund.session.get_one(Books, 1).closed_through = TODAY.replace(month=4, day=30)
    fund.session.commit()

    page = plain(
        site.sign_in(Role.OFFICER).get(
            path(fund, "/repay/preview?value_date=20/04/2020&amount=1000000")
        )
    )

    assert "Ngày thu 20/04/2020 thuộc tháng đã khóa; sẽ ghi sổ vào tháng 06/2020." in page


def test_a_backdated_payment_lists_whose_split_changes(site: Site, fund: Fund) -> None:
    repaid(fund, "01/2020", TODAY.replace(month=4, day=10), 1_600_000)
    browser = site.sign_in(Role.OFFICER)

    page = plain(browser.get(path(fund, "/repay/preview?value_date=10/02/2020&amount=509589")))

    assert "Từ ngày 10/02/2020, 2 giao dịch sau đó sẽ được tính lại." in page
    assert "<del>1.495.890</del> → <ins>986.301</ins>" in page  # 509,589 was paid before


def test_money_that_comes_after_the_settlement_is_kept_and_refunded(
    site: Site, fund: Fund
) -> None:
    """The page leads there and says what becomes of it; a second person approves the refund."""
    repaid(fund, "01/2020", TODAY, 102_350_685)
    browser = site.sign_in(Role.OFFICER)

    loan = plain(browser.get(path(fund, "")))
    form = plain(browser.get(path(fund)))
    preview = plain(browser.get(path(fund, "/repay/preview?value_date=1/6&amount=5.000")))
    sent = filled(browser, path(fund), "1/6", "5.000")
    refused = browser.post(path(fund), sent)
    receipt = plain(browser.get(browser.post(path(fund), sent | MEANT).headers["Location"]))
    after = plain(browser.get(path(fund, "")))
    refund = plain(browser.get(path(fund, "/propose/credit-refund")))

    assert "Ghi tiền nhận sau tất toán" in loan
    assert "Tiền nhận thêm được giữ nguyên làm tiền thừa" in form
    assert "/propose/given-split" not in form
    assert "Ghi thu 5.000 đ" in preview
    assert "Tiền thừa 5.000 đ: giữ cho bên vay, chờ trả lại." in preview
    assert "vượt số tất toán (0 đ) là 5.000 đ" in preview
    assert refused.status_code == 422
    assert "Khoản vay vẫn đã tất toán." in preview
    assert "Số tiền này tất toán khoản vay." not in preview
    assert "5.000" in receipt
    assert "Quỹ đang giữ tiền thừa 5.000 đ" in after
    assert path(fund, "/propose/credit-refund") in after
    assert 'value="5.000"' in refund
    assert payments(fund.session) == 2


def test_a_settled_loan_takes_no_agreed_split(site: Site, fund: Fund) -> None:
    repaid(fund, "01/2020", TODAY, 102_350_685)
    agreed = "/propose/given-split/preview?value_date=1/6&amount=5000&principal=5000"

    shown = plain(site.sign_in(Role.OFFICER).get(path(fund, agreed)))

    assert "đã tất toán" in shown


def test_a_loan_of_another_state_leads_to_what_can_be_done(site: Site, fund: Fund) -> None:
    a_contract(fund, "02/2020", amount=1_000_000)
    lost = WriteOff(contract_number="01/2020", value_date=TODAY)
    restructure(fund.session, lost, fund.officer, fund.clock, fund.manager)
    browser = site.sign_in(Role.OFFICER)

    assert "chưa giải ngân" in plain(browser.get(path(fund, number="02/2020")))
    assert path(fund, "/recover") in plain(browser.get(path(fund)))


def test_a_receipt_is_reversed_with_a_reason_after_seeing_what_stands_again(
    site: Site, fund: Fund
) -> None:
    done = repaid(fund, "01/2020", TODAY, 1_000_000)
    browser = site.sign_in(Role.ACCOUNTANT)
    tail = f"/receipt/{done.result['event']}"
    shown = browser.get(path(fund, tail + "/reverse"))
    sent = hidden(shown.text) | {"why": "bounced", "words": "ngân hàng trả lại"}

    silent = browser.post(path(fund, tail + "/reverse"), sent | {"words": ""})
    stale = browser.post(path(fund, tail + "/reverse"), sent | {"version": "1"})
    answer = browser.post(path(fund, tail + "/reverse"), sent)
    again = browser.post(path(fund, tail + "/reverse"), sent)

    assert "2.350.685" in shown.text  # interest due and accrued stands again
    assert (silent.status_code, stale.status_code) == (422, 422)
    assert answer.status_code == again.status_code == 302
    page = plain(browser.get(answer.headers["Location"]))
    assert "đã hoàn" in page
    assert "Tiền không về: ngân hàng trả lại" in page
    assert browser.get(path(fund, tail + "/reverse")).status_code == 200
    assert "đã được hoàn" in browser.get(path(fund, tail + "/reverse")).text
    stands = select(func.count()).where(LoanEvent.type == "reversal")
    assert fund.session.execute(stands).scalar_one() == 1


def test_a_reversal_into_a_closed_month_needs_a_second_person(site: Site, fund: Fund) -> None:
    done = repaid(fund, "01/2020", TODAY.replace(month=4), 1_000_000)
    fund.session.get_one(Books, 1).closed_through = TODAY.replace(month=4, day=30)
    fund.session.commit()
    browser = site.sign_in(Role.OFFICER)
    number = done.result["event"]
    address = path(fund, f"/receipt/{number}/reverse")
    browser.get(path(fund))

    shown = browser.get(address)
    sent = {"why": "other", "words": "thử", "version": "4", "request_key": "k"}
    answer = browser.post(address, sent)

    assert shown.headers["Location"] == path(fund, f"/event/{number}/propose/reversal")
    assert answer.status_code == 403


def test_only_receipts_can_be_reversed_here(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get(path(fund))

    answers = [
        browser.get(path(fund, "/receipt/1")),
        browser.get(path(fund, "/receipt/1/reverse")),
        browser.post(path(fund, "/receipt/1/reverse"), {"why": "other", "words": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


# What is left over


def interest_to_maturity(prepaid: int) -> int:
    """From 01/06/2020 to 10/01/2021, each month's rounded; 22 days of June's have accrued."""
    dues = [date(2020, month, 10) for month in range(6, 13)] + [date(2021, 1, 10)]
    since = [TODAY, *dues]
    days = [(end - start).days for start, end in pairwise(since)]
    balances = [(100_000_000 - prepaid) * count for count in days]
    balances[0] += 100_000_000 * 22
    return sum(int(Fraction(6 * one, 36_500) + Fraction(1, 2)) for one in balances)


# Of 100 million at 6 %: due on 01/06/2020 are 1.989.041, in June 509.589; 102.350.685 settle.
FAR = {
    "5.967.124": "quá 3 lần số phải trả (1.989.041 đ) và kỳ tới (509.589 đ)",
    "102.350.686": "vượt số tất toán (102.350.685 đ) là 1 đ",
}


@pytest.mark.parametrize("amount", FAR)
def test_an_amount_far_beyond_what_is_asked_for_is_posted_with_a_reason_only(
    site: Site, fund: Fund, amount: str
) -> None:
    """Without scripts: the page says how far, and posts once it is ticked with a reason."""
    browser = site.sign_in(Role.OFFICER)
    alone = plain(browser.get(path(fund, f"/repay/preview?value_date=1/6&amount={amount}")))
    said = {"surplus": "credit"} if amount == "5.967.124" else {}
    asked = filled(browser, path(fund), "1/6", amount, **said)

    for half in ({}, {"meant": "y"}, {"meant_reason": "bán kho"}):
        refused = browser.post(path(fund), asked | half)
        assert refused.status_code == 422
        assert 'id="meant-error"' in refused.text
        assert half.get("meant_reason", "") in refused.text
    before = payments(fund.session)
    done = browser.post(path(fund), asked | MEANT)

    assert FAR[amount] in alone
    assert (before, payments(fund.session)) == (0, 1)
    assert done.status_code == 302
    facts = fund.session.scalars(select(AuditLine.facts).order_by(AuditLine.id.desc())).first()
    assert facts is not None
    assert facts["meant"] == MEANT["meant_reason"]


@pytest.mark.parametrize("amount", ["5.967.123", "102.350.685", "1.989.041"])
def test_three_times_what_is_due_and_what_settles_are_no_question(
    site: Site, fund: Fund, amount: str
) -> None:
    browser = site.sign_in(Role.OFFICER)

    page = browser.get(path(fund, f"/repay/preview?value_date=1/6&amount={amount}"))

    assert 'name="meant"' not in page.text


def test_a_surplus_beyond_what_falls_due_next_is_asked_about(site: Site, fund: Fund) -> None:
    """Due are 1,989,041; in June 509,589 come, so that fifty million more are a decision."""
    browser = site.sign_in(Role.OFFICER)
    key = hidden(browser.get(path(fund)).text)["request_key"]
    typed = {"value_date": "1/6", "amount": "51.989.041", "method": "bank", "request_key": key}
    typed |= MEANT

    asked = plain(browser.post(path(fund), typed | {"act": "preview"}))
    refused = browser.post(path(fund), typed | {"act": "post", "shown": "2020-06-01 51989041 "})
    before = payments(fund.session)
    decided = filled(browser, path(fund), "1/6", "51.989.041", surplus="principal", **MEANT)
    answer = browser.post(path(fund), decided)

    assert "Tiền thừa 50.000.000 đ: để đâu?" in asked
    assert not chosen(asked)
    assert "data-post" not in asked
    for prepaid in (0, 50_000_000):
        interest = vnd(interest_to_maturity(prepaid)).replace("\N{NO-BREAK SPACE}", " ")
        assert f"lãi từ nay đến đáo hạn {interest}" in asked
    assert (refused.status_code, before) == (422, 0)
    assert "Hãy chọn tiền thừa 50.000.000 đ được giữ lại" in plain(refused)
    assert answer.status_code == 302
    receipt = plain(browser.get(answer.headers["Location"]))
    assert re.search(r"Gốc\s*</th>.*?50\.000\.000", receipt, re.DOTALL)
    assert surplus_said(fund.session) == ["principal"]


def test_a_small_surplus_goes_where_the_contract_says_unless_somebody_says_otherwise(
    site: Site, fund: Fund
) -> None:
    browser = site.sign_in(Role.OFFICER)

    for amount, more in (("1.989.100", {}), ("10.000", {"surplus": "principal"})):
        sent = filled(browser, path(fund), "1/6", amount, **more)
        assert browser.post(path(fund), sent).status_code == 302

    assert surplus_said(fund.session) == [None, "principal"]


def test_no_page_says_by_itself_what_becomes_of_a_surplus(site: Site, fund: Fund) -> None:
    """June's 509,589 come before they are due; fifty million are a decision of somebody's."""
    repaid(fund, "01/2020", TODAY, 1_989_041)
    browser = site.sign_in(Role.OFFICER)

    opened = browser.get(path(fund)).text
    small = filled(browser, path(fund), "1/6", "509.589", surplus="credit")
    carried = {**small, "amount": "50.000.000", "act": "preview"}
    other = browser.post(path(fund), carried).text
    refused = browser.post(path(fund), {**carried, "act": "post", **MEANT})

    assert 'name="surplus"' in opened
    assert "Không chọn thì theo hợp đồng: Giữ lại cho kỳ tới." in opened
    assert not chosen(opened)
    assert 'name="surplus"' in other
    assert not chosen(other)
    assert "data-post" not in other
    assert not chosen(refused.text)
    assert payments(fund.session) == 1


def test_what_is_exactly_due_raises_no_question(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)

    sent = filled(browser, path(fund), "1/6", "1.989.041")
    answer = browser.post(path(fund), sent)

    assert "surplus" not in sent
    assert answer.status_code == 302
    assert surplus_said(fund.session) == [None]


def surplus_said(session: Session) -> list[str | None]:
    query = select(LoanEvent.payload).where(LoanEvent.type == "repayment")
    return [one.get("surplus") for one in session.scalars(query.order_by(LoanEvent.id))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_has_its_words(site: Site, fund: Fund, language: str) -> None:
    repaid(fund, "01/2020", TODAY.replace(month=4, day=10), 1_600_000)
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")
    browser.post("/language", {"language": language})

    for query, status in (
        ("?value_date=1/6&amount=500000000", 200),
        ("?value_date=1/6&amount=50000000&surplus=principal", 200),
        ("?value_date=1/6&amount=50000000&surplus=credit", 200),
        ("?value_date=10/02/2020&amount=900000", 200),
        ("?value_date=1/1/2020&amount=900000", 422),
        ("?value_date=1/1/0001&amount=900000", 422),
        ("?value_date=31/12/9999&amount=900000", 422),
        ("?value_date=&amount=", 200),
    ):
        assert browser.get(path(fund, "/repay/preview" + query)).status_code == 200
        assert browser.get(path(fund, "/repay" + query)).status_code == status, query


@pytest.mark.parametrize(
    "wrong", [{"method": "gold"}, {"surplus": "me"}, {"version": "9" * 5_000}], ids=str
)
def test_what_no_form_of_ours_sends_is_refused(
    site: Site, fund: Fund, wrong: dict[str, str]
) -> None:
    officer = site.sign_in(Role.OFFICER)
    form = filled(officer, path(fund), "01/06/2020", "1.000.000")

    refused = officer.post(path(fund), {**form, "act": "post", **wrong})

    assert refused.status_code == 422
    assert payments(fund.session) == 0
