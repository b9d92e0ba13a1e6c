"""The cooperative's own pages: what it owes, its papers, its password; small and scriptless."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import escape

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.event import RescheduleKind, WaiverOf
from loanfund.domain.money import Money, total
from loanfund.domain.permission import Actor, Role
from loanfund.domain.rate_limit import LIMITS, Use
from loanfund.domain.terms import PlannedInstalment
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.user import User, UserSession
from loanfund.queries.how_to_pay import how_to_pay
from loanfund.services._loan_change import record
from loanfund.services._setting import SetSetting
from loanfund.services.repayment import Refund, Repay
from loanfund.services.restructuring import Reschedule, WaiveInterest, WriteOff, restructure
from loanfund.services.reversal import Correct, Reverse, reverse
from loanfund.services.setting import set_setting
from loanfund.services.user import command_line
from loanfund.web.assets import STATIC
from tests.books import a_small_book
from tests.builders import FOUNDED, Fund, a_borrower, a_lending_fund, a_loan, repaid
from tests.papers import words_of
from tests.people import NOW
from tests.prepared import prepared
from tests.site import SETTINGS, Browser, Site, an_app
from tests.tables import tables_of
from tests.web.test_repayment import hidden

NUMBER = "01/2020/HĐTD-QHTPT"
AS_LARGE_AS_MAY_BE = 150 * 1024
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(date(2020, 6, 10))


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """250 million at 7.2 % from 05/05/2020; the first 31 days' interest was paid on time."""
    fund = a_lending_fund(session, clock)
    a_borrower(fund, "HTX Hòa Bình")
    terms = {"amount": 250_000_000, "annual_rate": "7.2", "signed_on": date(2020, 5, 5)}
    a_loan(fund, NUMBER, **terms)
    a_loan(fund, "02/2020", borrower="htx-hoa-binh", **terms)
    repaid(fund, NUMBER, date(2020, 6, 5), 1_528_767)
    return fund


@pytest.fixture
def htx(site: Site, fund: Fund) -> Browser:
    """Somebody of HTX Đồng Tâm."""
    query = select(Borrower.id).where(Borrower.code == "htx-dong-tam")
    return site.sign_in(Role.COOPERATIVE, borrower_id=fund.session.scalars(query).one())


def my(fund: Fund, tail: str = "", number: str = NUMBER) -> str:
    found = fund.session.scalars(select(Loan.id).where(Loan.contract_number == number)).one()
    return f"/my/loan/{found}{tail}"


def said(page: str) -> str:
    """Give what a page says, without tags and with plain spaces."""
    main = page.split("<main")[1].split("</main", maxsplit=1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace(NBSP, " ").split())


def without_incident(page: str) -> str:
    """Give what an error page says but for what differs between two of them."""
    return re.sub(r"[0-9A-F]{4}-[0-9A-F]{4}|/\d{6}", "", said(page))


def profile(fund: Fund, **values: str) -> None:
    operator = command_line(fund.session, now=NOW)
    for key, value in values.items():
        request = SetSetting(key=key, value=value, valid_from=FOUNDED)
        set_setting(fund.session, request, operator, fund.clock)


def test_the_first_view_is_one_number_one_date_and_one_amount(htx: Browser) -> None:
    """30 days × 250 million × 7.2 % / 365 = 1 479 452.05."""
    assert htx.get("/").headers["Location"] == "/my"

    page = said(htx.get("/my").text)

    assert "HTX còn nợ gốc 250.000.000 đ ." in page
    assert "Kỳ tới 05/07/2020: 1.479.452 đ (lãi 30 ngày)." in page
    assert "Hòa Bình" not in page
    assert "quá hạn" not in page


def test_the_first_view_is_light_and_asks_for_no_script(site: Site, htx: Browser) -> None:
    page = htx.get("/my")
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)

    files = [site.stranger().get(link).data for link in links]

    assert len(files) == 4  # two stylesheets, the mark twice
    assert len(page.data) + sum(map(len, files)) <= AS_LARGE_AS_MAY_BE
    assert "<script" not in page.text
    assert len((STATIC / "portal.css").read_bytes()) <= 20 * 1024
    assert "@font-face" not in (STATIC / "portal.css").read_text()


def test_who_is_late_reads_one_red_sentence_with_amount_days_and_phone(
    site: Site, fund: Fund
) -> None:
    """The interest of 05/05 to 05/06 was due five days ago."""
    profile(fund, fund_phone="0204 3555 000")
    query = select(Borrower.id).where(Borrower.code == "htx-hoa-binh")
    late = site.sign_in(Role.COOPERATIVE, borrower_id=fund.session.scalars(query).one())

    page = late.get("/my").text

    assert "Đã quá hạn 5 ngày: HTX cần nộp ngay 1.528.767 đ (lãi 1.528.767 đ)." in said(page)
    assert page.count('class="overdue"') == 1
    assert 'href="tel:02043555000"' in page


def test_the_interest_is_explained_in_plain_words(htx: Browser, fund: Fund) -> None:
    page = said(htx.get(my(fund)).text)

    assert "Từ 05/06/2020 đến 05/07/2020 là 30 ngày:" in page
    assert "30 ngày × số dư 250.000.000 đ × 7,2 %/năm = 1.479.452,05 đ" in page
    assert "31 ngày × số dư 250.000.000 đ × 7,2 %/năm = 1.528.767,12 đ" in page
    assert "Cộng 1.528.767,12 đ, làm tròn thành 1.528.767 đ." in page
    receipt = "Phiếu TTG-2020/000001"
    assert (
        f"05/06/2020: 1.528.767 đ {receipt} Lãi 1.528.767 đ. Còn nợ gốc 250.000.000 đ." in page
    )


def test_the_schedule_says_of_every_due_what_when_and_by_when(
    site: Site, htx: Browser, fund: Fund
) -> None:
    """Sunday, 05/07: by Friday. 31 days × 250 million × 7.2 % / 365 = 1 528 767.12.

    As on the loan's page of the fund and on the paper, row by row; another's is unknown.
    """
    page = said(htx.get(my(fund, "/schedule")).text)
    loan_id = my(fund).rsplit("/", 1)[1]
    tables = tables_of(site.sign_in(Role.OFFICER).get(f"/loan/{loan_id}").text)
    (plan,) = [one for one in tables if "Lịch trả nợ" in one.caption]
    paper = words_of(htx.get(my(fund, "/schedule.pdf")).data)

    assert (
        "05/07/2020: 1.479.452 đ Gốc 0 đ, lãi 1.479.452 đ. "
        "Hôm đó là Chủ nhật, Quỹ nghỉ: xin nộp chậm nhất 03/07/2020." in page
    )
    assert "05/06/2020: 1.528.767 đ đã trả đủ" in page
    expected = [(row.spread()[1].text[:10], row.spread()[4].text) for row in plan.part("tbody")]
    assert len(expected) == 12
    for day, amount in expected:
        assert f"{day}: {amount} đ" in page
        assert f"{day} " in paper
        assert amount in paper
    assert "Các kỳ đã xong (1)" in page
    assert my(fund, "/schedule") in htx.get("/my").text
    for tail in ("/schedule", "/schedule.pdf"):
        assert htx.get(my(fund, tail, number="02/2020")).status_code == 404


def test_every_page_that_names_a_due_on_a_day_off_says_by_when_to_pay(
    htx: Browser, fund: Fund
) -> None:
    """Sunday, 05/07: by Friday, wherever a cooperative reads when to pay."""
    by = "Hôm đó là Chủ nhật, Quỹ nghỉ: xin nộp chậm nhất 03/07/2020."
    pages = {
        tail: said(htx.get(my(fund, tail)).text)
        for tail in (
            "",
            "/schedule",
            "/pay",
            "/pay?pay_on=04/07/2020",
            "/pay?pay_on=05/07/2020",
        )
    }
    pages["/my"] = said(htx.get("/my").text)

    for tail, page in pages.items():
        assert "05/07/2020" in page, tail
        assert by in page, tail
    assert by not in said(htx.get(my(fund, "/pay?pay_on=06/07/2020")).text)


@pytest.mark.parametrize(
    ("typed", "why"),
    [("09/06/2020", "trước hôm nay"), ("31/06/2020", "31/06/2020"), ("mai", "mai")],
)
def test_a_day_to_pay_that_cannot_be_is_said_at_its_field_and_the_page_stays(
    htx: Browser, fund: Fund, typed: str, why: str
) -> None:
    whole = said(htx.get(my(fund, "/pay")).text)

    answer = htx.get(my(fund, f"/pay?pay_on={typed}"))

    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text
    wrong = re.search(r'<p class="error" id="pay_on-error">([^<]*)</p>', answer.text)
    assert wrong is not None
    assert why in wrong[1]
    page = said(answer.text).replace(wrong[1], "").replace("  ", " ")
    assert page.partition("Kỳ tới, hạn")[2] == whole.partition("Kỳ tới, hạn")[2]


def test_all_that_is_owed_is_read_at_once(site: Site, fund: Fund) -> None:
    """Five charges that nobody paid: none of them lies in what is folded."""
    october = FixedClock(date(2020, 10, 10))
    site = Site(an_app(SETTINGS, site.sessions, october), site.sessions)
    query = select(Borrower.id).where(Borrower.code == "htx-hoa-binh")
    late = site.sign_in(Role.COOPERATIVE, borrower_id=fund.session.scalars(query).one())

    page = late.get(my(fund, number="02/2020")).text

    told, _, folded = page.partition("Các khoản lãi đã tính")[2].partition("<details")
    owed = re.findall(r"Lãi trong hạn, hạn (\d\d/\d\d)/2020", told)
    assert owed == ["05/10", "05/09", "05/08", "05/07", "05/06"]
    assert "Lãi trong hạn, hạn" not in folded

    june = re.search(r"Lãi trong hạn, hạn 05/06/2020:\s*<strong>([\d.]+)", told)
    assert june is not None
    waived = WaiveInterest(
        contract_number="02/2020",
        value_date=october.today(),
        amount=Money(int(june[1].replace(".", ""))),
        of=WaiverOf.INTEREST,
    )
    record(fund.session, waived.change(), fund.officer, october, fund.manager)
    after = said(late.get(my(fund, number="02/2020")).text)
    assert f"Đã được miễn {june[1]} đ" in after


def boxes(page: str) -> dict[str, tuple[str, str]]:
    """What each box of the page is called, with what it shows and what is copied of it."""
    label, box = (
        r'<p id="label-[^"]+">([^<]+)</p>',
        r'<p class="copied"[^>]*data-copy="([^"]+)">',
    )
    found = re.findall(rf"{label}\s*{box}([^<]+)<", page)
    return {name: (shown.replace(NBSP, " "), copied) for name, copied, shown in found}


def test_a_payment_shows_its_receipt_and_what_was_kept_and_paid_back(
    htx: Browser, fund: Fund
) -> None:
    """500 000 too much came on 08/06, and 200 000 of it went back on the 10th."""
    repaid(fund, NUMBER, date(2020, 6, 8), 500_000)
    back = Refund(contract_number=NUMBER, value_date=date(2020, 6, 10), amount=Money(200_000))
    record(fund.session, back.change(), fund.officer, fund.clock, fund.manager)

    page = said(htx.get(my(fund)).text)

    assert "08/06/2020: 500.000 đ Phiếu TTG-2020/000002 Tiền thừa Quỹ giữ 500.000 đ." in page
    assert "10/06/2020: Quỹ trả lại tiền thừa 200.000 đ Phiếu CTG-2020/00000" in page
    assert "05/06/2020: 1.528.767 đ Phiếu TTG-2020/000001 Lãi 1.528.767 đ." in page


def test_a_payment_that_was_taken_back_is_struck_and_says_by_what(
    htx: Browser, fund: Fund
) -> None:
    """What the cooperative has a receipt for does not vanish without a word."""
    mistaken = repaid(fund, NUMBER, date(2020, 6, 8), 500_000).result["event"]
    asked = Reverse(contract_number=NUMBER, sequence=mistaken, reason="Ghi hai lần")
    reverse(fund.session, asked, fund.officer, fund.clock)

    page = htx.get(my(fund)).text

    assert re.search(r"<s>500\.000\sđ</s>", page)
    assert (
        "08/06/2020: 500.000 đ Phiếu TTG-2020/000002 đã hủy theo PKT-2020/000001 ngày "
        "10/06/2020 Phiếu này không còn hiệu lực, không tính nữa." in said(page)
    )
    assert "500.000 đ Phiếu" not in said(htx.get(f"{my(fund)}?as_of=07/06/2020").text)


def test_a_corrected_payment_says_by_what_it_was_replaced_in_one_word_everywhere(
    site: Site, htx: Browser, fund: Fund
) -> None:
    """The cooperative, its statement and the fund's page of the loan speak of one thing."""
    mistaken = repaid(fund, NUMBER, date(2020, 6, 8), 500_000).result["event"]
    right = Repay(contract_number=NUMBER, value_date=date(2020, 6, 8), amount=Money(50_000))
    asked = Correct(sequence=mistaken, repayment=right, reason="Sai số tiền: thừa một số 0")
    reverse(fund.session, asked, fund.officer, fund.clock)

    own = said(htx.get(my(fund)).text)
    loan_page = said(site.sign_in(Role.OFFICER).get(my(fund).removeprefix("/my")).text)
    address = my(fund, "/statement")
    made = htx.post(address, hidden(htx.get(address).text))
    statement = words_of(htx.get(made.headers["Location"]).data)

    assert "08/06/2020: 50.000 đ Phiếu TTG-2020/000003" in own
    assert "không tính nữa. Thay bằng phiếu TTG-2020/000003." in own
    for place in (own, loan_page, statement):
        assert "đã hủy theo PKT-2020/000001" in place


@pytest.mark.parametrize("is_lost", [False, True])
def test_every_page_with_a_balance_says_to_which_day_it_is(
    htx: Browser, fund: Fund, clock: FixedClock, *, is_lost: bool
) -> None:
    """Whoever writes a figure down from the telephone knows of which evening it is."""
    late = "03/2020"  # June's interest is overdue by five days
    a_loan(fund, late, amount=250_000_000, annual_rate="7.2", signed_on=date(2020, 5, 5))
    if is_lost:
        gone = WriteOff(contract_number=late, value_date=date(2020, 6, 9))
        restructure(fund.session, gone, fund.officer, clock, fund.manager)

    pages = [
        said(htx.get(address).text)
        for address in ("/my", *(my(fund, tail, late) for tail in ("", "/schedule", "/pay")))
    ]

    assert ["đến hết ngày 10/06/2020" in page for page in pages] == [True] * 4


def test_how_to_pay_has_account_note_and_amount_in_boxes_of_their_own(
    htx: Browser, fund: Fund
) -> None:
    before = said(htx.get(my(fund, "/pay")).text)
    profile(fund, fund_bank_account="2501 0000 000, Ngân hàng Nông nghiệp")

    page = htx.get(my(fund, "/pay")).text

    assert "chưa đăng số tài khoản" in before
    found = boxes(page)
    assert found["Số tài khoản"] == ("2501 0000 000", "25010000000")
    note = "Tra no HD 01/2020/HDTD-QHTPT"
    assert found["Nội dung chuyển khoản, xin ghi đúng như sau"] == (note, note)
    assert "Ngân hàng Nông nghiệp" in said(page)
    assert (
        "Kỳ tới, hạn 05/07/2020 Hôm đó là Chủ nhật, Quỹ nghỉ: xin nộp chậm nhất 03/07/2020. "
        "Số tiền 1.479.452 đ Sao chép Lãi trong hạn 1.479.452 đ" in said(page)
    )


def test_a_schedule_made_anew_names_its_decision_and_shows_what_held_before(
    site: Site, htx: Browser, fund: Fund
) -> None:
    """As the page of the fund does; the loan would have ended on 05/05/2021."""
    later = (PlannedInstalment(date(2023, 5, 5), Money(250_000_000)),)
    asked = Reschedule(
        contract_number=NUMBER,
        value_date=date(2020, 6, 10),
        kind=RescheduleKind.EXTEND,
        plan=later,
        reference="12/QĐ-QHT",
    )
    restructure(fund.session, asked, fund.officer, fund.clock, fund.manager)

    page = said(htx.get(my(fund, "/schedule")).text)

    assert "Lịch có hiệu lực từ 10/06/2020, do cơ cấu nợ. Theo quyết định 12/QĐ-QHT." in page
    staff = site.sign_in(Role.OFFICER).get(f"/loan/{my(fund).rsplit('/', 1)[1]}").text
    (former,) = [one for one in tables_of(staff) if "Lịch trước đó" in one.caption]
    before = page.partition("Lịch trước đây, không còn hiệu lực")[2]
    rows = [[cell.text for cell in row.spread()] for row in former.part("tbody")]
    assert rows[-1][0].startswith("05/05/2021")
    for due, _principal, _interest, expected, *_ in rows:
        assert f"{due[:10]}: {expected} đ" in before


@pytest.mark.parametrize("told", ["Gọi cho Quỹ", "19001001 tại Kho bạc <b>tỉnh</b>"])
def test_an_account_that_is_no_number_is_shown_as_it_was_entered(
    htx: Browser, fund: Fund, told: str
) -> None:
    profile(fund, fund_bank_account=told)

    assert boxes(htx.get(my(fund, "/pay")).text)["Số tài khoản"] == (escape(told),) * 2


def test_every_sum_of_how_to_pay_adds_up_as_printed_and_grows_by_what_tomorrow_adds(
    session: Session, clock: FixedClock
) -> None:
    """Three loans through two months; days on which something happens are left out."""
    a_small_book(session, clock)
    grown = 0
    for row in session.scalars(select(Loan).order_by(Loan.id)).all():
        owner = Actor(
            user_id=1, email="", name="", role=Role.COOPERATIVE, borrower_id=row.borrower_id
        )
        of_loan = select(LoanEvent.value_date).where(LoanEvent.loan_id == row.id)
        happened = set(session.scalars(of_loan))
        for number in range(70):
            day = date(2020, 4, 1) + timedelta(days=number)
            tomorrow = day + timedelta(days=1)
            found = how_to_pay(session, owner, row.id, day, day)
            then = how_to_pay(session, owner, row.id, tomorrow, day)
            for one in found.sums:
                assert total([amount for _, amount in one.parts]) == one.amount
            due = found.loan.to_pay.next_due
            if tomorrow in happened or (due and due.due_date == tomorrow):
                continue
            later = {one.name: one.amount for one in then.sums}
            for one in found.sums:
                if one.name in {"overdue", "all"}:
                    assert one.amount + one.tomorrow == later[one.name]
                    grown += bool(one.tomorrow)
    assert grown > 100


def test_a_statement_is_issued_once_and_listed(htx: Browser, fund: Fund) -> None:
    sent = hidden(htx.get(my(fund, "/statement")).text)

    answer = htx.post(my(fund, "/statement"), sent)
    again = htx.post(my(fund, "/statement"), sent)
    file = htx.get(answer.headers["Location"])

    assert answer.headers["Location"] == "/my/paper/SK-2020/000001.pdf"
    assert again.headers["Location"] == answer.headers["Location"]
    name = "Sao-ke_HD-01-2020-HDTD-QHTPT_2020-05-05_2020-06-10.pdf"
    disposition = file.headers["Content-Disposition"]
    assert disposition == f"inline; filename=\"{name}\"; filename*=UTF-8''{name}"
    text = words_of(file.data)
    assert "1.528.767" in text
    _, signed = text.split("NGƯỜI LẬP")
    assert htx.actor is not None
    assert htx.actor.name not in signed.split("Kết xuất")[0]  # who downloads makes nothing
    page = said(htx.get(my(fund, "/statement")).text)
    assert "Sao kê khoản vay SK-2020/000001 PDF 05/05/2020 – 10/06/2020" in page


def test_an_impossible_period_is_said_and_stays_typed(htx: Browser, fund: Fund) -> None:
    sent = hidden(htx.get(my(fund, "/statement")).text)

    answer = htx.post(my(fund, "/statement"), sent | {"period_to": "31/12/2020"})

    assert answer.status_code == 422
    assert 'value="31/12/2020"' in answer.text
    assert 'href="#period_to"' in answer.text


def test_statements_are_limited_in_the_shared_database(htx: Browser, fund: Fund) -> None:
    sent = hidden(htx.get(my(fund, "/statement")).text)
    limit = LIMITS[Use.PAPER].times

    answers = [htx.post(my(fund, "/statement"), sent).status_code for _ in range(2 * limit)]

    assert set(answers) == {302, 429}
    assert answers.index(429) >= limit
    assert fund.session.scalar(select(func.count(Document.id))) == 1


def test_another_s_loan_and_paper_are_as_unknown_as_missing_ones(
    site: Site, htx: Browser, fund: Fund
) -> None:
    officer = site.sign_in(Role.OFFICER)
    address = my(fund, "/statement", "02/2020").removeprefix("/my")
    officer.post(address, hidden(officer.get(address).text))
    htx.get("/password")

    for path in (my(fund, number="02/2020"), "/my/loan/999999", "/loan/1", "/loans", "/jobs"):
        assert htx.get(path).status_code == 404, path
    theirs = htx.get("/my/paper/SK-2020/000001.pdf")
    missing = htx.get("/my/paper/SK-2020/999999.pdf")
    assert theirs.status_code == missing.status_code == 404
    assert without_incident(theirs.text) == without_incident(missing.text)
    assert htx.post(my(fund, "/statement", "02/2020"), {}).status_code == 404
    assert officer.get(my(fund)).status_code == 403


def test_without_a_loan_the_page_says_so(site: Site, fund: Fund) -> None:
    code = a_borrower(fund, "HTX Mới")
    query = select(Borrower.id).where(Borrower.code == code)
    new = site.sign_in(Role.COOPERATIVE, borrower_id=fund.session.scalars(query).one())

    assert "Hiện HTX không có khoản vay." in said(new.get("/my").text)


def test_no_field_makes_somebody_else_of_who_is_signed_in(htx: Browser, fund: Fund) -> None:
    """What a form sends beside its own fields is nothing (S-18)."""
    other = fund.session.scalars(
        select(Borrower.id).where(Borrower.code == "htx-hoa-binh")
    ).one()
    extra = {"borrower_id": str(other), "coop_id": str(other), "role": "admin"}

    htx.post(my(fund, "/statement"), hidden(htx.get(my(fund, "/statement")).text) | extra)

    assert htx.actor is not None
    user = fund.session.get_one(User, htx.actor.user_id)
    assert user.role == "cooperative"
    assert user.cooperative is not None
    assert user.cooperative.borrower_id == htx.actor.borrower_id
    assert htx.get(f"/my?borrower_id={other}").text.count("<section") == 1


def test_own_browsers_are_listed_and_signed_out(site: Site, htx: Browser) -> None:
    assert htx.actor is not None
    phone = site.stranger()
    android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/120.0 Mobile Safari"
    phone.client.environ_base["HTTP_USER_AGENT"] = android
    phone.enter(htx.actor.email)

    page = htx.get("/sessions").text
    mark = hidden(page)["mark"]
    htx.post("/sessions/end", {"mark": mark})

    assert "Chrome trên Android" in page
    assert phone.get("/my").status_code == 302
    assert "Chrome trên Android" not in htx.get("/sessions").text
    htx.post("/sessions/end", {"mark": mark})
    assert "không còn nữa" in htx.get("/sessions").text


def test_signing_out_everywhere_ends_every_session(site: Site, htx: Browser) -> None:
    assert htx.actor is not None
    phone = site.stranger()
    phone.enter(htx.actor.email)
    htx.get("/sessions")

    answer = htx.post("/sessions/end-all")

    assert answer.headers["Location"] == "/sign-in?note=signed_out_everywhere"
    assert "ở mọi nơi" in htx.get(answer.headers["Location"]).text
    assert [one.get("/my").status_code for one in (htx, phone)] == [302, 302]


def test_another_person_s_session_cannot_be_ended(
    site: Site, htx: Browser, session: Session
) -> None:
    officer = site.sign_in(Role.OFFICER)
    assert officer.actor is not None
    query = select(UserSession).where(UserSession.user_id == officer.actor.user_id)
    mark = session.scalars(query).one().token_hash[:16]
    htx.get("/sessions")

    htx.post("/sessions/end", {"mark": mark})

    assert "không còn nữa" in htx.get("/sessions").text
    assert officer.get("/sessions").status_code == 200


def test_the_password_page_is_the_cooperative_s_own(htx: Browser) -> None:
    page = htx.get("/password").text

    assert "portal." in page.split("</head")[0]
    assert "Ít nhất 10 ký tự" in page
