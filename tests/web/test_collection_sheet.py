"""The collection sheet as pages: blank, filled, reviewed, posted once, taken back as one."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.collection_sheet import CollectionBatch, CollectionDraft
from loanfund.models.loan import Loan, LoanEvent
from loanfund.services.period import close_month
from loanfund.services.reconcile import reconcile_all
from tests.books import a_small_book
from tests.builders import Fund, repaid
from tests.papers import words_of
from tests.site import SETTINGS, Browser, Site, an_app

SHEET = "/collection-sheet"
TODAY = date(2020, 6, 1)
NBSP = "\N{NO-BREAK SPACE}"
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
AN, ANH, DANG = "01/2020/HĐTD", "02/2020/HĐTD", "03/2020/HĐTD"


@pytest.fixture
def fund(site: Site, clock: FixedClock) -> Fund:
    with site.sessions() as session:
        return a_small_book(session, clock)


@pytest.fixture
def officer(site: Site, fund: Fund) -> Browser:
    assert fund.accountant.user_id
    return site.sign_in(Role.OFFICER)


def loan_id(site: Site, contract: str) -> int:
    with site.sessions() as session:
        return session.scalars(select(Loan.id).where(Loan.contract_number == contract)).one()


def receipts(site: Site) -> int:
    with site.sessions() as session:
        query = select(func.count()).where(LoanEvent.type == "repayment")
        return session.execute(query).scalar_one()


def hidden(page: TestResponse) -> dict[str, str]:
    """What the form of a page carries along unseen."""
    of_review = page.text.split('class="posting"')[-1].split("</form>")[0]
    found = {}
    for field in HIDDEN.findall(of_review if "posting" in page.text else page.text):
        name = re.search(r'name="([^"]*)"', field)
        value = re.search(r'value="([^"]*)"', field)
        if name and value:
            found[name[1]] = unescape(value[1])
    return found


def filled(browser: Browser, site: Site, **amounts: str) -> dict[str, str]:
    """The sheet with amounts by contract: `an="500000"`."""
    contracts = {"an": AN, "anh": ANH, "dang": DANG}
    sent = hidden(browser.get(SHEET)) | {"day": "01/06/2020", "method": "bank"}
    typed = {f"r{loan_id(site, contracts[name])}-amount": one for name, one in amounts.items()}
    return sent | typed


def review(browser: Browser, sent: dict[str, str]) -> TestResponse:
    answer = browser.post(SHEET, sent | {"act": "review"})
    return browser.get(answer.headers["Location"]) if answer.status_code == 302 else answer


def post(browser: Browser, page: TestResponse) -> TestResponse:
    return browser.post(SHEET, hidden(page) | {"act": "post"})


def text_of(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.ADMIN])
def test_others_neither_see_nor_send_a_sheet(site: Site, fund: Fund, role: Role) -> None:
    assert fund.accountant.user_id
    browser = site.sign_in(role)
    browser.get("/password")

    assert browser.get(SHEET).status_code == 403
    assert browser.post(SHEET, {"act": "review"}).status_code == 403
    assert browser.post(f"{SHEET}/draft", {}).status_code == 403


def test_the_sheet_is_blank_and_says_what_is_due(officer: Browser, site: Site) -> None:
    page = officer.get(SHEET)

    said = text_of(page)
    assert "Bảng thu lãi tháng 06/2020" in said
    assert "3 khoản vay, các khoản đến hạn đến hết 30/06/2020" in said
    assert "205.309.589" in said
    field = re.search(rf'<input[^>]*name="r{loan_id(site, AN)}-amount"[^>]*>', page.text)
    assert field is not None
    assert 'value=""' in field[0]
    assert 'data-due="509.589"' in field[0]
    assert f"0{NBSP}đ" in page.text


def test_a_month_a_source_and_an_area_can_be_asked_for(officer: Browser) -> None:
    page = officer.get(f"{SHEET}?month=2020-05&source=QUY&area=Yên+Thế")

    said = text_of(page)
    assert "Bảng thu lãi tháng 05/2020" in said
    assert "Ánh Dương" in said
    assert "HTX An" not in said
    assert "Đặng" not in said


@pytest.mark.parametrize("month", ["2020-13", "x", "2020-08", "1980-01"])
def test_a_month_that_has_no_sheet_is_refused(officer: Browser, month: str) -> None:
    assert officer.get(f"{SHEET}?month={month}").status_code == 422


def test_without_loans_the_page_says_so(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)

    assert "Không có khoản vay nào" in browser.get(SHEET).text


def test_fill_enters_what_is_due_wherever_nothing_is_typed(
    officer: Browser, site: Site
) -> None:
    page = officer.post(SHEET, filled(officer, site, an="100000") | {"act": "fill"})

    assert 'value="100.000"' in page.text
    assert 'value="205.309.589"' in page.text
    assert 'value="15.559.764"' in page.text
    # 100 000 + 205 309 589 + 15 559 764, and 409 589 less than is due of An.
    assert f"Xem lại: 3 dòng – 220.969.353{NBSP}đ" in page.text
    assert "−409.589" in page.text


def test_what_is_typed_is_reviewed_then_posted_and_has_a_page(
    officer: Browser, site: Site
) -> None:
    reviewed = review(officer, filled(officer, site, an="509.589", dang="5tr", anh="0"))

    assert reviewed.status_code == 200
    assert receipts(site) == 6
    assert f"Ghi sổ lô: 2 dòng – 5.509.589{NBSP}đ" in reviewed.text
    said = text_of(reviewed)
    # Đặng's five millions: 4 457 534 of principal, 542 466 of interest; An's is credit.
    # Nobody pays a penalty, whose column gives way.
    assert "5.000.000 542.466 4.457.534 –" in said

    answer = post(officer, reviewed)

    assert answer.status_code == 302
    page = officer.get(answer.headers["Location"])
    said = text_of(page)
    assert "Lô thu BT-2020/000001" in said
    assert "TTG-2020/000007" in said
    assert "TTG-2020/000008" in said
    assert f"5.509.589{NBSP}đ" in page.text.replace("&nbsp;", NBSP)
    assert receipts(site) == 8


def meaning(site: Site, contract: str) -> dict[str, str]:
    """What is sent about an amount that is far beyond what is asked for."""
    row = f"r{loan_id(site, contract)}"
    return {f"{row}-meant": "y", f"{row}-meant_reason": "bán được kho"}


def test_an_amount_far_beyond_what_is_due_comes_first_in_the_review_and_needs_a_reason(
    officer: Browser, site: Site
) -> None:
    """Đặng owes 5.050.175 and 50.175 of overdue interest at most; An pays what is due."""
    reviewed = review(officer, filled(officer, site, an="509.589", dang="40tr"))
    meant = meaning(site, DANG)
    asked = hidden(reviewed) | {f"r{loan_id(site, DANG)}-surplus": "credit", "act": "post"}

    for name in (None, *meant):
        refused = officer.post(SHEET, asked | ({name: meant[name]} if name else {}))
        assert refused.status_code == 422
        assert f'id="r{loan_id(site, DANG)}-meant-error"' in refused.text
    without = {name: one for name, one in asked.items() if not name.endswith("-far")}
    sneaked = officer.post(SHEET, without)
    before = receipts(site)
    done = officer.post(SHEET, asked | meant)

    assert reviewed.text.count("-meant_reason") == 3  # one row: label, id and name
    assert reviewed.text.index("-meant_reason") < reviewed.text.index("-surplus")
    assert "40.000.000" in reviewed.text.split('class="surplus meant"')[1].split("</legend>")[0]
    assert (sneaked.status_code, before) == (422, 6)
    assert done.status_code == 302
    receipt = officer.get(f"/loan/{loan_id(site, DANG)}/receipt/4")
    assert "Đúng là số tiền này</dt><dd>bán được kho" in receipt.text
    with site.sessions() as session:
        query = select(AuditLine.facts).where(AuditLine.object_id == DANG)
        facts = session.scalars(query.order_by(AuditLine.id.desc())).first()
    assert facts is not None
    assert facts["meant"] == "bán được kho"


def test_a_surplus_that_is_a_decision_is_made_in_the_review(
    officer: Browser, site: Site
) -> None:
    """Of Đặng's forty millions 5,050,175 were due; in June some 10.5 millions come.

    Overdue interest: 15 days on 10 millions and 12 on 4,457,534 at 9 %: 36,986 and 13,189.
    """
    reviewed = review(officer, filled(officer, site, an="509.589", dang="40tr"))
    said = text_of(reviewed)
    choice = f"r{loan_id(site, DANG)}-surplus"
    meant = meaning(site, DANG)

    unsaid = officer.post(SHEET, hidden(reviewed) | meant | {"act": "post"})
    before = receipts(site)
    decided = hidden(reviewed) | meant | {"act": "post", choice: "principal"}
    answer = officer.post(SHEET, decided)

    assert f"HTX Đặng: Tiền thừa 34.949.825{NBSP}đ: để đâu?" in unescape(reviewed.text)
    assert said.count("để đâu?") == 1  # An pays what falls due next, and no more
    assert " checked" not in reviewed.text
    assert (unsaid.status_code, before) == (422, 6)
    assert f"Hãy chọn tiền thừa 34.949.825{NBSP}đ" in unescape(unsaid.text)
    assert answer.status_code == 302
    with site.sessions() as session:
        query = select(LoanEvent.payload).where(LoanEvent.type == "repayment")
        told = session.scalars(query.order_by(LoanEvent.id.desc()).limit(2)).all()
    assert [one.get("surplus") for one in told] == ["principal", None]


def test_what_was_decided_stays_while_the_rest_is_reviewed_again(
    officer: Browser, site: Site
) -> None:
    choice = f"r{loan_id(site, DANG)}-surplus"
    sent = filled(officer, site, dang="40tr") | {choice: "credit"}

    reviewed = review(officer, sent)

    assert re.search(rf'name="{choice}" value="credit" required checked', reviewed.text)


def test_what_the_review_was_answered_stays_while_one_goes_back_to_the_sheet(
    officer: Browser, site: Site
) -> None:
    """To another amount it is no answer: of that one is asked again, with the reason typed."""
    row = f"r{loan_id(site, DANG)}"
    answered = meaning(site, DANG) | {f"{row}-surplus": "principal"}
    reviewed = review(officer, filled(officer, site, an="509.589", dang="40tr"))

    sheet = officer.post(SHEET, hidden(reviewed) | answered | {"act": "edit"})
    unticked = {name: one for name, one in answered.items() if name != f"{row}-meant"}
    half = officer.post(SHEET, hidden(reviewed) | unticked | {"act": "edit"})
    of_sheet = filled(officer, site, an="500.000", dang="40tr") | hidden(sheet)
    again = review(officer, of_sheet)
    other = review(officer, of_sheet | {f"{row}-amount": "41tr"})
    once_more = review(officer, of_sheet)
    done = post(officer, once_more)
    posted = officer.post(SHEET, hidden(once_more) | answered | {"act": "post"})

    kept = answered | {f"{row}-said_of": "40000000"}
    assert {name: one for name, one in hidden(sheet).items() if name in kept} == kept
    assert f"{row}-meant" not in hidden(half)
    assert re.search(rf'name="{row}-surplus" value="principal" required checked', again.text)
    assert re.search(rf'name="{row}-meant" value="y" required checked', again.text)
    assert 'value="bán được kho"' in again.text
    assert " checked" not in other.text
    assert 'value="bán được kho"' in other.text
    assert done.status_code == 422, "what is visible in the review is sent with it"
    assert posted.status_code == 302


def test_the_same_form_sent_again_lands_on_its_batch(officer: Browser, site: Site) -> None:
    reviewed = review(officer, filled(officer, site, an="509589"))
    first = post(officer, reviewed)

    again = post(officer, reviewed)

    assert again.headers["Location"] == first.headers["Location"] + "?again=1"
    assert "lần gửi này không ghi thêm" in officer.get(again.headers["Location"]).text
    assert receipts(site) == 7


def test_what_was_not_reviewed_is_not_posted(officer: Browser, site: Site) -> None:
    sent = filled(officer, site, an="509589")

    straight = officer.post(SHEET, sent | {"act": "post"})
    assert "Ghi sổ lô: 1 dòng" in straight.text

    changed = hidden(straight) | {f"r{loan_id(site, AN)}-amount": "600.000", "act": "post"}
    page = officer.post(SHEET, changed)

    assert f"Ghi sổ lô: 1 dòng – 600.000{NBSP}đ" in page.text
    assert receipts(site) == 6


def test_every_bad_row_is_named_and_all_that_was_typed_stays(
    officer: Browser, site: Site
) -> None:
    sent = filled(officer, site, an="1,5", anh="2tr", dang="3tr")
    sent |= {f"r{loan_id(site, ANH)}-value_date": "02/06/2020"}
    sent |= {f"r{loan_id(site, DANG)}-note": "đưa tận tay"}

    page = review(officer, sent)

    assert page.status_code == 422
    said = text_of(page)
    assert "Dòng 1 – HTX An: “1,5” có thể hiểu hai cách" in said
    assert 'value="1,5"' in page.text
    assert 'value="2.000.000"' in page.text
    assert 'value="đưa tận tay"' in page.text
    sent[f"r{loan_id(site, AN)}-amount"] = "1500000"

    page = review(officer, sent)

    assert page.status_code == 422
    assert "Dòng 2 – Hợp tác xã Ánh Dương: Ngày hiệu lực chưa đến" in text_of(page)
    assert receipts(site) == 6


def test_an_empty_sheet_is_refused_in_words(officer: Browser, site: Site) -> None:
    page = review(officer, filled(officer, site))

    assert page.status_code == 422
    assert "Bảng chưa có số tiền nào" in page.text


def test_an_amount_for_a_loan_that_is_not_on_the_sheet_is_never_dropped(
    officer: Browser, site: Site
) -> None:
    sent = filled(officer, site, an="509589") | {"r99999999-amount": "1000"}

    page = review(officer, sent)

    assert page.status_code == 422
    assert "không còn trong bảng này" in page.text


def test_of_two_officers_the_second_hears_which_rows_moved(
    officer: Browser, site: Site
) -> None:
    other = site.sign_in(Role.ACCOUNTANT)
    mine = review(officer, filled(officer, site, an="509589", dang="5tr"))
    theirs = review(other, filled(other, site, an="509589"))
    assert post(other, theirs).status_code == 302

    page = post(officer, mine)

    assert page.status_code == 422
    assert "Dòng 1 – HTX An: Giống phiếu TTG-2020/000007" in text_of(page)
    sent = hidden(mine) | {"reason": "hai lần nộp", "act": "post"}
    again = officer.post(SHEET, sent)  # with a reason it is reviewed anew, and is stale
    assert again.status_code == 422
    assert "Dòng 1 – HTX An: Khoản vay đã thay đổi" in text_of(again)
    assert receipts(site) == 7


def test_a_twin_is_posted_with_a_reason_that_is_kept(
    officer: Browser, site: Site, fund: Fund
) -> None:
    with site.sessions() as session:
        fund_ = Fund(
            **{**{k: getattr(fund, k) for k in fund.__dataclass_fields__}, "session": session}
        )
        repaid(fund_, AN, TODAY, 509_589, reference="FT01")
    sent = filled(officer, site, an="509589")

    stopped = review(officer, sent)
    assert stopped.status_code == 422
    assert 'name="reason"' in stopped.text

    reviewed = review(officer, sent | {"reason": "nộp hai lần"})
    assert "giống phiếu TTG-2020/000007" in reviewed.text
    assert post(officer, reviewed).status_code == 302
    with site.sessions() as session:
        note = session.scalars(select(LoanEvent.note).order_by(LoanEvent.id.desc())).first()
        assert note is not None
        assert "nộp hai lần" in note


def test_a_reference_of_the_bank_counts_once(officer: Browser, site: Site) -> None:
    an, dang = loan_id(site, AN), loan_id(site, DANG)
    sent = filled(officer, site, an="500k", dang="2tr")
    both = {f"r{an}-reference": "FT01", f"r{dang}-reference": "FT01"}

    page = review(officer, sent | both)
    assert "Dòng 3 – HTX Đặng: Mã giao dịch này đã gõ ở dòng 1" in text_of(page)

    post(officer, review(officer, sent | {f"r{an}-reference": "FT01"}))
    page = review(officer, filled(officer, site, dang="2tr") | {f"r{dang}-reference": "FT01"})
    assert "Mã giao dịch ngân hàng này đã ghi ở phiếu TTG-2020/000007" in text_of(page)


# Drafts


def test_a_draft_outlives_the_session_and_posting_takes_its_rows_away(
    officer: Browser, site: Site
) -> None:
    sent = filled(officer, site, an="509589", dang="1,5")
    said = officer.post(
        f"{SHEET}/draft", sent | {"method": "cash"}, headers={"Accept": "application/json"}
    )
    assert said.json is not None
    assert re.fullmatch(r"Đã lưu nháp lúc \d\d:\d\d\.", said.json["said"])
    assert officer.actor is not None
    officer.post("/sign-out")
    officer.enter(officer.actor.email)

    page = officer.get(SHEET)

    assert "Bản nháp lưu lúc" in page.text
    assert 'value="509.589"' in page.text
    assert 'value="1,5"' in page.text  # as typed, though it cannot be read
    assert '<option selected value="cash">' in page.text
    fixed = hidden(page) | {"day": "01/06/2020", "method": "cash"}
    fixed |= {f"r{loan_id(site, AN)}-amount": "509.589", f"r{loan_id(site, DANG)}-amount": ""}
    post(officer, review(officer, fixed))
    page = officer.get(SHEET)
    assert 'value="509.589"' not in page.text


def test_a_draft_is_kept_by_button_too_and_for_each_person_month_and_source(
    officer: Browser, site: Site
) -> None:
    sent = filled(officer, site, an="509589") | {"source": "QUY"}

    answer = officer.post(f"{SHEET}/draft", sent)

    assert answer.headers["Location"].endswith("month=2020-06&source=QUY")
    assert 'value="509.589"' in officer.get(f"{SHEET}?source=QUY").text
    for address in (SHEET, f"{SHEET}?source=QUY&month=2020-05"):
        assert 'value="509.589"' not in officer.get(address).text
    other = site.sign_in(Role.ACCOUNTANT)
    assert 'value="509.589"' not in other.get(f"{SHEET}?source=QUY").text


def test_a_draft_of_one_area_leaves_the_rows_of_others(officer: Browser, site: Site) -> None:
    officer.post(f"{SHEET}/draft", filled(officer, site, an="1000", anh="2000"))
    of_area = {f"r{loan_id(site, ANH)}-amount": "", "month": "2020-06", "source": ""}

    officer.post(f"{SHEET}/draft", of_area)

    with site.sessions() as session:
        typed = session.scalars(select(CollectionDraft.typed)).one()
    assert typed["rows"] == {str(loan_id(site, AN)): {"amount": "1000"}}


def test_what_was_sent_after_the_session_ended_comes_back_whole_and_is_posted_once(
    officer: Browser, site: Site
) -> None:
    reviewed = review(officer, filled(officer, site, an="509589"))
    sent = hidden(reviewed) | {"act": "post"}
    assert officer.actor is not None
    officer.post("/sign-out")
    officer.get("/sign-in")

    asked = officer.post(SHEET, sent)
    assert asked.status_code == 401
    kept = hidden(asked)["kept"]
    officer.enter(officer.actor.email, kept=kept)
    resumed = officer.get("/sign-in/resume")
    whole = officer.post(SHEET, hidden(resumed))
    assert receipts(site) == 6
    assert 'value="509.589"' in whole.text
    again = filled(officer, site, an="509589") | hidden(whole)
    answer = post(officer, review(officer, again))

    assert "/collection-sheet/batch/" in answer.headers["Location"]
    assert receipts(site) == 7


# Batches


def batch_of(browser: Browser, site: Site, **amounts: str) -> str:
    answer = post(browser, review(browser, filled(browser, site, **amounts)))
    return str(answer.headers["Location"])


def test_a_batch_is_taken_back_after_seeing_what_stands_again(
    officer: Browser, site: Site
) -> None:
    address = batch_of(officer, site, an="509589", dang="5tr")

    page = officer.get(f"{address}/undo")
    said = text_of(page)
    assert "Hoàn lô: 2 phiếu – 5.509.589" in said.replace(NBSP, " ")
    # The penalties of May and of the twelve days since, then the 5 million again beside them.
    assert "5.000.000 100.000.000 104.457.534 50.175 5.050.175 – –" in said
    assert "509.589 100.000.000 100.000.000 – – 509.589 –" in said
    answer = officer.post(
        f"{address}/undo", hidden(page) | {"why": "twice", "words": "ghi nhầm tháng"}
    )

    assert answer.headers["Location"] == address
    said = text_of(officer.get(address))
    assert "đã hoàn 2 phiếu" in said
    assert "đã hoàn 2 phiếu" in text_of(officer.get(SHEET))
    assert "Mọi phiếu của lô" in text_of(officer.get(f"{address}/undo"))


def test_the_rows_of_a_batch_that_was_taken_back_are_in_the_sheet_again(
    officer: Browser, site: Site
) -> None:
    sent = filled(officer, site, an="509589", dang="5tr")
    own = {"payer": "Bà Tư", "note": "đưa tận tay", "value_date": "31/05/2020"}
    sent |= {f"r{loan_id(site, DANG)}-{name}": typed for name, typed in own.items()}
    address = post(officer, review(officer, sent)).headers["Location"]
    typed_since = filled(officer, site, an="400000")
    officer.post(f"{SHEET}/draft", typed_since)

    undo = hidden(officer.get(f"{address}/undo")) | {"why": "twice", "words": "sai một dòng"}
    officer.post(f"{address}/undo", undo)

    assert "trở lại bảng thu tháng 06/2020" in text_of(officer.get(address))
    page = officer.get(SHEET).text
    assert 'value="400.000"' in page, "what was typed since stays"
    for typed in ("5.000.000", *own.values()):
        assert f'value="{typed}"' in page
    again = filled(officer, site) | hidden(officer.get(SHEET))
    fields = re.findall(r'name="(r\d+-\w+)"[^>]*value="([^"]*)"', page)
    reviewed = review(officer, again | {name: unescape(value) for name, value in fields})
    assert "Ghi sổ lô: 2 dòng" in reviewed.text


def test_back_from_a_posted_batch_leads_to_the_sheet(officer: Browser, site: Site) -> None:
    answer = officer.post(SHEET, filled(officer, site, an="509589") | {"act": "review"})
    assert answer.headers["Location"].startswith(f"{SHEET}/review")
    post(officer, officer.get(answer.headers["Location"]))

    assert officer.get(answer.headers["Location"]).headers["Location"].startswith(f"{SHEET}?")


def test_taking_back_needs_words_and_a_current_preview(officer: Browser, site: Site) -> None:
    address = batch_of(officer, site, an="509589")
    sent = hidden(officer.get(f"{address}/undo")) | {"why": "twice"}

    assert officer.post(f"{address}/undo", sent).status_code == 422
    stale = sent | {f"v{loan_id(site, AN)}": "1", "words": "nhầm"}
    page = officer.post(f"{address}/undo", stale)

    assert page.status_code == 422
    assert "Dòng 1 – HTX An: Khoản vay đã thay đổi" in text_of(page)


def test_a_closed_month_is_said_before_posting_and_keeps_a_batch(
    officer: Browser, site: Site, fund: Fund, clock: FixedClock
) -> None:
    january = date(2020, 1, 31)
    sent = filled(officer, site, an="10000") | {"day": "20/01/2020"}
    address = str(post(officer, review(officer, sent)).headers["Location"])
    reconcile_all(site.sessions, january, fund.accountant, clock)
    with site.sessions() as session:
        close_month(session, january, fund.accountant, clock, fund.manager)

    page = officer.get(f"{address}/undo")
    assert "Dòng 1 – HTX An: Phiếu có ngày thu trong tháng đã khóa" in text_of(page)
    assert "danger" not in page.text

    sent = filled(officer, site, an="20000") | {"day": "21/01/2020"}
    reviewed = review(officer, sent)
    assert "ghi sổ vào 06/2020" in text_of(reviewed)
    back = officer.post(SHEET, hidden(reviewed) | {"act": "edit"})
    assert "sẽ ghi sổ vào tháng 06/2020" in text_of(back)
    assert 'value="20.000"' in back.text


def paper_of(answer: TestResponse) -> str:
    assert answer.content_type == "application/pdf"
    return words_of(answer.data)


def test_the_list_to_collect_says_what_each_loan_owes_and_leaves_room_to_sign(
    officer: Browser,
) -> None:
    said = paper_of(officer.get(f"{SHEET}/due.pdf?month=2020-06"))

    assert "BẢNG KÊ PHẢI THU" in said
    assert "Ký nộp" in said
    for expected in ("HTX An", "509.589", "205.309.589", "15.559.764"):
        assert expected in said
    # 509 589 + 205 309 589 + 15 559 764
    assert "221.378.942" in said
    assert "HTX An" not in paper_of(officer.get(f"{SHEET}/due.pdf?area=Yên+Thế"))


def test_the_list_of_what_was_collected_leaves_out_what_was_taken_back(
    officer: Browser, site: Site
) -> None:
    address = batch_of(officer, site, an="509589", dang="5tr")

    said = paper_of(officer.get(f"{address}.pdf"))

    assert "BẢNG KÊ ĐÃ THU" in said
    for expected in ("TTG-2020/000007", "TTG-2020/000008", "4.457.534", "5.509.589"):
        assert expected in said
    undo = hidden(officer.get(f"{address}/undo")) | {"why": "twice", "words": "nhầm"}
    officer.post(f"{address}/undo", undo)
    said = paper_of(officer.get(f"{address}.pdf"))
    assert "không cộng: TTG-2020/000007, TTG-2020/000008" in said
    assert "5.509.589" not in said


def test_managers_and_auditors_see_a_batch_and_cannot_take_it_back(
    officer: Browser, site: Site
) -> None:
    address = batch_of(officer, site, an="509589")

    for role in (Role.MANAGER, Role.AUDITOR):
        browser = site.sign_in(role)
        page = browser.get(address)
        assert page.status_code == 200
        assert "Hoàn cả lô" not in page.text
        assert browser.get(f"{address}/undo").status_code == 403


def test_there_is_one_batch_after_all_this(officer: Browser, site: Site) -> None:
    batch_of(officer, site, an="509589")

    with site.sessions() as session:
        assert session.scalar(select(func.count()).select_from(CollectionBatch)) == 1


def test_a_day_of_another_year_is_said_before_posting(site: Site, fund: Fund) -> None:
    """On 15/01/2021 `31/12` is a day of 2020."""
    assert fund.clock.today() == TODAY
    app = an_app(SETTINGS, site.sessions, FixedClock(date(2021, 1, 15)))
    officer = Site(app, site.sessions).sign_in(Role.OFFICER)
    sent = filled(officer, site, dang="10.000.000") | {"day": "31/12"}

    said = text_of(review(officer, sent | {"month": "2021-01"}))

    assert "Ngày thu không thuộc năm 2021" in said
    assert "3. HTX Đặng: 31/12/2020" in said
    assert "Ngày của năm 2020" in said
