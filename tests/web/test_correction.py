"""A receipt is corrected in one act, after all that changes was shown; both stay on record."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.domain.terms import Surplus
from loanfund.models.audit import AuditLine
from loanfund.models.loan import LoanEvent
from loanfund.models.period import Books
from loanfund.models.proposal import Proposal
from loanfund.services.repayment import Refund, refund_credit
from loanfund.services.statement import IssueStatement, issue_statement
from tests.builders import Fund, a_lending_fund, a_loan, repaid
from tests.conftest import TODAY
from tests.prepared import prepared
from tests.services.derived import AT_20_000_A_DAY
from tests.site import Browser, Site
from tests.web.test_proposal import decide
from tests.web.test_repayment import MEANT, hidden, path, plain

LOAN, FEBRUARY, MARCH = "01/2020", date(2020, 2, 10), date(2020, 3, 10)


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """100 million at 20,000 a day from 10/01/2020; in February 62,000 was typed for 620,000.

    March's 580,000 went to what February left open first: 558,000 and 22,000.
    """
    fund = a_lending_fund(session, clock)
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, FEBRUARY, 62_000, payer="Bà Tư", reference="FT1", note="kỳ 1")  # 2
    repaid(fund, LOAN, MARCH, 580_000)  # 3
    return fund


def typed(browser: Browser, address: str, **more: str) -> dict[str, str]:
    """Open the form, look at the preview of what is typed, and give what would be sent."""
    key = hidden(browser.get(address).text)["request_key"]
    fields = {
        "value_date": "10/02/2020",
        "amount": "620000",
        "method": "bank",
        "payer": "Bà Tư",
        "reference": "FT1",
        "why": "amount",
        "words": "thiếu một số 0",
        "request_key": key,
    } | more
    seen = browser.post(address, fields | {"act": "preview"})
    assert seen.status_code == 200, seen.text
    carried = hidden(seen.text)
    return fields | {
        "version": carried.get("version", ""),
        "shown": carried.get("shown", ""),
        "act": "post",
    }


def events(session: Session) -> list[tuple[int, str, str | None]]:
    rows = select(LoanEvent).order_by(LoanEvent.sequence)
    return [(one.sequence, one.type, one.number) for one in session.scalars(rows)]


def test_the_form_begins_with_what_the_receipt_says(site: Site, fund: Fund) -> None:
    page = plain(site.sign_in(Role.OFFICER).get(path(fund, "/receipt/2/correct")))

    for value in ("10/02/2020", "62.000", "Bà Tư", "FT1", "kỳ 1"):
        assert f'value="{value}"' in page
    assert "Số tiền và ngày không đổi: chỉ sửa chữ trên phiếu." in page
    assert "Sửa TTG-2020/000001 thành 62.000 đ" in page


def test_the_preview_shows_restored_and_corrected_and_every_later_change(
    site: Site, fund: Fund
) -> None:
    """Interest on 10/02: 558,000 stand, 620,000 are restored, none is left, 580,000 too much.

    That credit pays March, so that March's own payment becomes credit, and pays April.
    """
    issue = IssueStatement(contract_number=LOAN, period_to=date(2020, 3, 31))
    issue_statement(fund.session, issue, fund.officer, fund.clock, lambda *_: b"%PDF")
    browser = site.sign_in(Role.ACCOUNTANT)
    query = "/receipt/2/correct/preview?value_date=10/02/2020&amount=1200000&surplus="

    answer = browser.get(path(fund, query))

    page = plain(answer)
    interest = re.search(r"Lãi trong hạn\s*</th>(.*?)</tr>", page, re.DOTALL)
    assert interest is not None, page
    cells = re.findall(r"<td[^>]*>\s*(?:<span[^>]*>)?([\d.–]+)", interest[1])
    assert cells == ["558.000", "620.000", "620.000", "–"]
    assert "Từ ngày 10/02/2020, 3 giao dịch sau đó sẽ được tính lại." in page
    assert "<del>580.000</del> → <ins>–</ins>" in page
    assert "SK-2020/000001" in page
    assert len(events(fund.session)) == 3


def test_a_receipt_moved_back_counts_anew_from_the_earlier_day(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.ACCOUNTANT)
    told = [
        plain(
            browser.get(
                path(fund, f"/receipt/2/correct/preview?value_date={day}&amount=1200000")
            )
        )
        for day in ("01/02/2020", "11/03/2020")
    ]

    for page, first in zip(told, ("01/02/2020", "10/02/2020"), strict=True):
        assert re.search(rf"Từ ngày {first}, \d+ giao dịch sau đó sẽ được tính lại", page), page


def test_a_correction_to_another_amount_does_not_keep_the_choice_of_the_old(
    site: Site, fund: Fund
) -> None:
    done = repaid(fund, LOAN, TODAY, 20_000_000, surplus=Surplus.PRINCIPAL)
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, f"/receipt/{done.result['event']}/correct")
    opened = browser.get(address).text
    carried = {"shown": hidden(opened)["shown"], "surplus": "principal"}

    as_it_was = typed(browser, address, value_date="1/6", amount="20000000", **carried)
    other = browser.post(
        address, as_it_was | carried | {"amount": "30000000", "act": "preview"}
    )

    assert re.search(r'value="principal" checked', opened)
    assert 'name="surplus"' in other.text
    assert "data-post" not in other.text
    assert not re.search(r'name="surplus" value="\w+" checked', other.text)


def test_a_correction_is_one_act_and_both_receipts_point_to_each_other(
    site: Site, fund: Fund
) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")
    sent = typed(browser, address)

    answer = browser.post(address, sent)
    again = browser.post(address, sent)

    assert answer.status_code == 302, answer.text
    assert events(fund.session)[-2:] == [
        (4, "reversal", "PKT-2020/000001"),
        (5, "repayment", "TTG-2020/000003"),
    ]
    assert again.headers["Location"] == answer.headers["Location"] + "?again=1"
    new = plain(browser.get(answer.headers["Location"]))
    assert "Phiếu này thay thế phiếu" in new
    assert "/receipt/2" in new
    old = plain(browser.get(path(fund, "/receipt/2")))
    assert "Phiếu thay thế:" in old
    assert "Sai số tiền: thiếu một số 0" in old
    assert "TTG-2020/000003" in old
    assert "/correct" not in old


def test_what_is_written_on_a_receipt_is_corrected_by_the_same_act(
    site: Site, fund: Fund
) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")
    sent = typed(browser, address, amount="62000", payer="Bà Năm", note="", why="words")

    answer = browser.post(address, sent)

    assert answer.status_code == 302, answer.text  # its own reference and twin do not stop it
    page = plain(browser.get(answer.headers["Location"]))
    assert "Bà Năm" in page
    assert "FT1" in page
    assert "kỳ 1" not in page


def test_the_bank_reference_of_another_receipt_still_stops(site: Site, fund: Fund) -> None:
    repaid(fund, LOAN, date(2020, 4, 10), 1_000, reference="FT2")
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")

    answer = browser.post(address, typed(browser, address, reference="FT2"))

    assert answer.status_code == 422
    assert "TTG-2020/000003 (hợp đồng 01/2020)" in answer.text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"words": ""}, "Hãy điền ô này"),
        ({"amount": "630000"}, "vừa đổi"),
        ({"version": "1"}, "đã thay đổi từ khi bạn xem trước"),
    ],
)
def test_what_was_not_shown_or_explained_corrects_nothing(
    site: Site, fund: Fund, more: dict[str, str], said: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")
    sent = typed(browser, address)

    answer = browser.post(address, sent | more)

    assert answer.status_code == 422
    assert said in plain(answer)
    assert 'value="thiếu một số 0"' in answer.text or not more.get("words", "x")
    assert len(events(fund.session)) == 3


def test_a_stale_correction_shows_both_pictures(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")
    sent = typed(browser, address)
    repaid(fund, LOAN, date(2020, 4, 10), 1_000)

    answer = browser.post(address, sent)

    assert answer.status_code == 422
    assert "Số liệu đã xem" in answer.text
    assert len(events(fund.session)) == 4


def test_in_a_closed_month_a_correction_is_proposed(site: Site, fund: Fund) -> None:
    """The old receipt's day is closed, the new one's is not: it still takes two people."""
    fund.session.get_one(Books, 1).closed_through = date(2020, 2, 29)
    fund.session.commit()
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")

    shown = browser.get(address)
    answer = browser.post(address, typed(browser, address, value_date="1/6"))
    waiting = events(fund.session)
    page = answer.headers["Location"]
    number = int(page.rpartition("/")[2])
    manager = site.sign_in(Role.MANAGER)
    told = plain(manager.get(page))
    decided = decide(manager, number, "approve")

    assert "cần người khác duyệt" in shown.text
    assert "ghi sổ vào tháng 06/2020" in told
    assert len(waiting) == 3
    assert decided.status_code == 302
    latest = fund.session.scalars(select(LoanEvent).order_by(LoanEvent.sequence)).all()[-2:]
    assert [one.type for one in latest] == ["reversal", "repayment"]
    assert latest[-1].value_date == TODAY
    approver = manager.actor
    assert approver is not None
    assert {one.approved_by for one in latest} == {approver.user_id}


def test_a_correction_that_came_back_begins_with_its_reason(site: Site, fund: Fund) -> None:
    fund.session.get_one(Books, 1).closed_through = date(2020, 2, 29)
    fund.session.commit()
    browser, manager = site.sign_in(Role.OFFICER), site.sign_in(Role.MANAGER)
    address = path(fund, "/receipt/2/correct")
    said = {"amount": "62000", "note": "kỳ 1", "payer": "Bà Năm", "why": "words"}
    said |= {"words": "sổ ghi: bà Năm"}

    page = browser.post(address, typed(browser, address, **said)).headers["Location"]
    number = page.rpartition("/")[2]
    decide(manager, int(number), "return", reason="Thiếu giấy tờ")
    begun = browser.get(f"{address}?again={number}").text

    assert re.search(r'<option selected value="words">', begun)
    assert 'value="sổ ghi: bà Năm"' in begun


def test_a_payment_that_settled_the_loan_can_be_corrected(site: Site, fund: Fund) -> None:
    """D-10: the wrong payment closed the loan; corrected, the loan is open again."""
    done = repaid(fund, LOAN, date(2020, 6, 1), 103_000_000)
    browser = site.sign_in(Role.OFFICER)
    assert "tất toán" in plain(browser.get(path(fund, "")))
    address = path(fund, f"/receipt/{done.result['event']}/correct")

    sent = typed(browser, address, value_date="1/6", amount="1030000", reference="")
    answer = browser.post(address, sent)

    assert answer.status_code == 302, answer.text
    assert 'href="' + path(fund) + '"' in browser.get(path(fund, "")).text


def test_only_a_repayment_that_stands_is_corrected(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")
    browser.post(address, typed(browser, address))

    gone = browser.get(address)

    assert "Phiếu này đã được hoàn" in gone.text
    assert browser.get(path(fund, "/receipt/1/correct")).status_code == 404
    count = select(func.count()).select_from(LoanEvent)
    assert fund.session.scalar(count) == 5


def test_a_correction_offers_only_reasons_to_correct(site: Site, fund: Fund) -> None:
    """Money that never came, came twice or belongs to another loan takes a receipt back."""
    browser = site.sign_in(Role.OFFICER)

    offered = {
        tail: re.findall(r'<option[^>]*value="(\w+)"', page.partition('id="why"')[2])
        for tail in ("correct", "reverse")
        for page in [browser.get(path(fund, f"/receipt/2/{tail}")).text]
    }

    assert offered["correct"] == ["amount", "date", "method", "surplus", "words", "other"]
    assert {"loan", "twice", "bounced"} <= set(offered["reverse"])


@pytest.mark.parametrize("tail", ["correct", "reverse"])
def test_no_reason_is_given_unread(site: Site, fund: Fund, tail: str) -> None:
    """What stands on the voucher is what somebody chose, not what happened to stand first."""
    browser, before = site.sign_in(Role.OFFICER), len(events(fund.session))
    address = path(fund, f"/receipt/2/{tail}")
    page = browser.get(address).text
    offered = re.findall(r"<option[^>]*>", page.partition('id="why"')[2])
    sent = typed(browser, address) if tail == "correct" else hidden(page)

    unread = browser.post(address, sent | {"why": "", "words": "thiếu một số 0"})

    assert [one for one in offered if "selected" in one] == ['<option selected value="">']
    assert unread.status_code == 422
    assert 'id="why-error">Hãy điền' in unread.text
    assert len(events(fund.session)) == before


# By reason: what of February's receipt is typed otherwise.
OTHERWISE = {
    "amount": {"amount": "620000"},
    "date": {"value_date": "11/02/2020"},
    "method": {"method": "cash"},
    "words": {"payer": "Bà Năm"},
    "other": {"note": "kỳ 2"},
}
AS_IT_STANDS = {"amount": "62000", "note": "kỳ 1"}


@pytest.mark.parametrize("why", OTHERWISE)
def test_a_correction_changes_what_its_reason_names(site: Site, fund: Fund, why: str) -> None:
    """Without any change, or with a reason that names what stays, nothing is corrected."""
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")
    unlike = next(one for one in OTHERWISE if one not in {why, "other"})

    same = browser.post(address, typed(browser, address, **AS_IT_STANDS, why=why))
    sent = typed(browser, address, **AS_IT_STANDS | OTHERWISE[why], why=unlike)
    other = browser.post(address, sent)
    untouched = len(events(fund.session))
    right = browser.post(address, sent | {"why": why})

    assert same.status_code == other.status_code == 422
    assert "Chưa có gì khác với phiếu cũ" in plain(same)
    assert 'value="thiếu một số 0"' in same.text
    assert re.search(r'id="why-error">[^<]*hãy chọn đúng lý do', plain(other))
    assert untouched == 3
    assert right.status_code == 302, plain(right)


def test_what_becomes_of_a_surplus_is_corrected_alone(site: Site, fund: Fund) -> None:
    done = repaid(fund, LOAN, TODAY, 5_000_000)
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, f"/receipt/{done.result['event']}/correct")
    stands = {"value_date": "1/6", "amount": "5000000", "payer": "", "reference": ""}

    same = typed(browser, address, **stands, why="surplus", surplus="credit")
    otherwise = typed(browser, address, **stands, why="surplus", surplus="principal")

    assert "Chưa có gì khác" in plain(browser.post(address, same))
    assert browser.post(address, otherwise).status_code == 302


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_correction_to_an_amount_far_beyond_dues_needs_a_reason(
    site: Site, fund: Fund, *, is_closed: bool
) -> None:
    """On 10/02 620,000 are due and 580,000 come in March; 20 million are far more."""
    if is_closed:
        books = fund.session.scalars(select(Books)).one()
        books.closed_through = date(2020, 2, 29)
        fund.session.commit()
    browser = site.sign_in(Role.OFFICER)
    address = path(fund, "/receipt/2/correct")
    sent = typed(browser, address, amount="20.000.000", surplus="credit")

    refused = browser.post(address, sent)
    before = (len(events(fund.session)), fund.session.scalar(select(func.count(Proposal.id))))
    done = browser.post(address, sent | MEANT)

    assert refused.status_code == 422
    assert 'id="meant-error"' in refused.text
    assert "quá 3 lần số phải trả (620.000 đ) và kỳ tới (580.000 đ)" in plain(refused)
    assert before == (3, 0)
    assert done.status_code == 302
    if is_closed:
        proposal = fund.session.scalars(select(Proposal)).one()
        told = plain(site.sign_in(Role.MANAGER).get(done.headers["Location"]))
        assert proposal.payload["meant"] == MEANT["meant_reason"]
        assert proposal.payload["must_be_meant"] is True
        assert "Lý do số tiền lớn hơn hẳn số phải trả" in told
        assert MEANT["meant_reason"] in told
    else:
        newest = select(AuditLine.facts).order_by(AuditLine.id.desc()).limit(1)
        assert fund.session.scalars(newest).one()["meant"] == MEANT["meant_reason"]


def test_where_its_surplus_was_given_back_only_words_change(site: Site, fund: Fund) -> None:
    """Without the receipt there was nothing to give back: the form opens and says so."""
    repaid(fund, LOAN, TODAY, 20_000_000, surplus=Surplus.CREDIT)
    number = events(fund.session)[-1][0]
    give = Refund(contract_number=LOAN, value_date=TODAY, amount=Money(10_000_000))
    refund_credit(fund.session, give, fund.officer, fund.clock, fund.manager)
    browser, address = site.sign_in(Role.OFFICER), path(fund, f"/receipt/{number}/correct")

    opened = browser.get(address)
    stands = {"value_date": "01/06/2020", "payer": "", "reference": ""}
    less = browser.post(
        address, typed(browser, address, **stands | {"amount": "1.000.000"}) | {"words": "Nhầm"}
    )
    words = {"amount": "20.000.000", "payer": "Bà Năm", "surplus": "credit"}
    named = typed(browser, address, why="words", **stands | words)
    done = browser.post(address, named)

    assert opened.status_code == 200
    assert "Chỉ sửa được chữ trên phiếu" in plain(opened)
    assert less.status_code == 422
    assert "hãy hoàn bút toán đó trước" in plain(less)
    assert done.status_code == 302, plain(done)
