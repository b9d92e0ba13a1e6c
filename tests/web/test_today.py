"""The first page of a working day: for whom, what it says, and the paper that is signed."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Role
from loanfund.models.proposal import Proposal
from loanfund.services._capital import MoveCapital
from loanfund.services._proposable import Proposed, loan_change
from loanfund.services.capital import move_capital
from loanfund.services.proposal import Decide, Propose, propose, send_back
from loanfund.services.restructuring import ChangeRate, WriteOff
from loanfund.services.reversal import Reverse, reverse
from loanfund.store.collection_sheet import DraftName, put_draft
from tests.books import a_small_book
from tests.builders import Fund, repaid
from tests.papers import words_of
from tests.site import SETTINGS, Browser, Site, an_app

NBSP = "\N{NO-BREAK SPACE}"
MAY, JUNE = date(2020, 5, 31), date(2020, 6, 1)


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_small_book(session, clock)


def text_of(browser: Browser, path: str = "/today") -> str:
    """The page as it reads, with single blanks."""
    return " ".join(unescape(browser.get(path).text).replace(NBSP, " ").split())


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.OFFICER, "/today"),
        (Role.ACCOUNTANT, "/today"),
        (Role.MANAGER, "/"),
        (Role.AUDITOR, "/"),
        (Role.ADMIN, "/"),
    ],
)
def test_the_day_of_each_role_begins_where_its_work_is(
    site: Site, role: Role, first: str
) -> None:
    browser = site.sign_in_by_page(role)

    assert browser.entered.headers["Location"] == "/begin"
    assert browser.get("/begin").headers["Location"] == first
    assert browser.get("/today").status_code == (200 if first == "/today" else 403)


def test_an_empty_book_says_how_to_begin(site: Site) -> None:
    page = text_of(site.sign_in(Role.OFFICER))

    assert "Chưa có khoản vay nào trong sổ." in page


def test_the_day_shows_dues_arrears_and_the_ways_to_record(site: Site, fund: Fund) -> None:
    """On 01/06 nothing is due; Đặng owes 10 509 589 on 05/06, An 509 589 only on the 10th."""
    page = text_of(site.sign_in(Role.OFFICER))

    assert "Hôm nay không có khoản đến hạn còn phải thu." in page
    assert "10.509.589 đ" in page
    assert 'href="/loans?status=all&figure=soon&sort=-part"' in page
    assert 'href="/loans?status=all&figure=overdue_to_pay&sort=-days"' in page
    assert 'aria-label="Ghi thu HTX Đặng, hợp đồng 03/2020/HĐTD"' in page
    assert "Hôm nay chưa có chứng từ thu nào." in page
    assert "Chưa khóa tháng nào." in page
    assert fund.clock.today() == JUNE


def test_a_day_without_dues_names_the_next_ones(
    sessions: sessionmaker[Session], session: Session
) -> None:
    """On 21/05 the week is empty; Đặng's 10 million and 509 589 come on 05/06."""
    clock = FixedClock(date(2020, 5, 21))
    a_small_book(session, clock)
    site = Site(an_app(SETTINGS, sessions, clock), sessions)

    page = text_of(site.sign_in(Role.OFFICER))

    assert "Kỳ tới: 05/06/2020 – 1 khoản, 10.509.589 đ." in page


def test_what_was_collected_and_lies_undone_is_a_link_away(site: Site, fund: Fund) -> None:
    repaid(fund, "01/2020/HĐTD", JUNE, 509_589)
    browser = site.sign_in(Role.OFFICER)
    assert browser.actor is not None
    typed = {"head": {}, "rows": {"1": {"amount": "1tr"}}}
    put_draft(
        fund.session, DraftName(browser.actor.user_id, JUNE, "QUY"), typed, fund.clock.now()
    )

    page = text_of(browser)

    assert "TTG-2020/000007" in page
    assert "1 chứng từ thu" in page
    assert "Tháng 06/2020, nguồn QUY: 1 dòng" in page
    assert "/reports/daily_list.pdf?as_of=2020-06-01" in page


def written_off_on(day: date) -> Proposed:
    """What is proposed to write the second loan off on a day."""
    return loan_change(WriteOff(contract_number="02/2020/HĐTD", value_date=day).change())


@pytest.mark.parametrize(
    ("day", "note"),
    [(JUNE, None), (MAY, "Thay đề nghị số {number}: đã họp")],
    ids=["the very same", "mended"],
)
def test_what_was_sent_back_waits_until_it_is_proposed_anew(
    site: Site, fund: Fund, day: date, note: str | None
) -> None:
    """Another matter of the same loan is no answer to it."""
    browser = site.sign_in(Role.OFFICER)
    assert browser.actor is not None
    request = Propose(proposed=written_off_on(JUNE))
    number = propose(fund.session, request, browser.actor, fund.clock)
    content = fund.session.get_one(Proposal, number).payload_hash
    refusal = Decide(proposal_id=number, payload_hash=content, reason="Thiếu biên bản họp")
    send_back(fund.session, refusal, fund.manager, fund.clock)

    another = ChangeRate(
        contract_number="02/2020/HĐTD", value_date=JUNE, annual_rate=Rate.percent("5.5")
    )
    of_the_same_loan = Propose(proposed=loan_change(another.change()), note="Giảm lãi")
    propose(fund.session, of_the_same_loan, browser.actor, fund.clock)

    page = text_of(browser)
    others = text_of(site.sign_in(Role.ACCOUNTANT))
    said = note.format(number=number) if note else None
    anew = Propose(proposed=written_off_on(day), note=said)
    propose(fund.session, anew, browser.actor, fund.clock)
    again = text_of(browser)

    assert "Đề nghị bị trả lại" in page
    assert "Thiếu biên bản họp" in page
    assert f'href="/proposals/{number}"' in page
    assert "Đề nghị bị trả lại" not in others + again


def test_reminders_of_the_next_working_day_are_counted(site: Site, fund: Fund) -> None:
    """On 02/06 Đặng hears of the dues of 05/06, three days ahead; An hears later."""
    page = text_of(site.sign_in(Role.OFFICER))

    assert "0 thư điện tử, 1 thư giấy" in page
    assert fund.clock.today() == JUNE


def test_everything_is_there_in_english(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.ACCOUNTANT)
    repaid(fund, "01/2020/HĐTD", JUNE, 509_589)
    browser.get("/today")
    browser.post("/language", {"language": "en"})

    page = text_of(browser)

    assert "Today's work" in page
    assert "Nothing due today is left to collect." in page


def test_the_paper_of_the_day_adds_up_by_cash_and_bank(site: Site, fund: Fund) -> None:
    """Cash 509 589 + 190 411; bank 2 000 000 and capital of 5 000 000; one taken back."""
    repaid(fund, "01/2020/HĐTD", JUNE, 509_589, method=PaymentMethod.CASH)
    repaid(fund, "03/2020/HĐTD", JUNE, 190_411, method=PaymentMethod.CASH, payer="Bà Tư")
    repaid(fund, "02/2020/HĐTD", JUNE, 2_000_000)
    wrong = repaid(fund, "02/2020/HĐTD", JUNE, 3_333_333)
    undo = Reverse(
        contract_number="02/2020/HĐTD", sequence=wrong.result["event"], reason="nhầm"
    )
    reverse(fund.session, undo, fund.officer, fund.clock)
    given = MoveCapital(
        source_code="VIEC", value_date=JUNE, amount=Money(5_000_000), contributor="Bộ"
    )
    move_capital(fund.session, given, fund.accountant, fund.clock, fund.manager)
    browser = site.sign_in(Role.ACCOUNTANT)

    page = text_of(browser, "/reports/daily_list?as_of=2020-06-01")
    paper = browser.get("/reports/daily_list.pdf?as_of=2020-06-01")

    printed = words_of(paper.data)
    for said in (
        "Bà Tư – HTX Đặng",
        "2.700.000",
        "Tiền mặt 700.000 – 700.000",
        "Chuyển khoản 7.000.000 – 7.000.000",
        "Tổng cộng 7.700.000 – 7.700.000",
        "Phiếu của ngày đã hủy, không cộng: TTG-2020/000008.",
        "THỦ QUỸ",
        "NGƯỜI LẬP BIỂU",
    ):
        assert said in printed, printed
    assert "3.333.333" not in printed + page


def test_money_that_left_stands_on_the_day_it_left(site: Site, fund: Fund) -> None:
    """On 05/03/2020 Đặng's 120 million went out through the bank, and nothing came."""
    page = text_of(site.sign_in(Role.OFFICER), "/reports/daily_list?as_of=2020-03-05")

    assert "Chứng từ chi" in page
    assert "(120.000.000)" in page
    assert fund.clock.today() == JUNE
