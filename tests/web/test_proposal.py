"""The inbox: who sees what, decides once about what was shown, and keeps what was typed."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.domain.permission import Actor, Role
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.services import _proposable
from loanfund.services._capital import MoveCapital
from loanfund.services._setting import SetSetting
from loanfund.services.disbursement import Disburse
from loanfund.services.proposal import Propose, propose
from loanfund.services.reconcile import reconcile_loan
from loanfund.services.restructuring import Amend, Restructuring, WriteOff
from loanfund.wording import LANGUAGES
from tests.builders import Fund, a_contract, a_lending_fund, a_loan, repaid
from tests.conftest import TODAY
from tests.prepared import prepared
from tests.services.drafts import a_draft
from tests.services.months import closed
from tests.site import Browser, Site

HASH = re.compile(r'name="payload_hash"[^>]*value="([0-9a-f]{64})"')
LENT = date(2020, 1, 10)


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """An approved contract over 100 million that is not disbursed yet."""
    fund = a_lending_fund(session, clock)
    a_contract(fund)
    return fund


def proposed(fund: Fund, asked: _proposable.Proposed, maker: Actor | None = None) -> int:
    request = Propose(proposed=asked, note="Theo biên bản 12")
    return propose(fund.session, request, maker or fund.officer, fund.clock)


def lending(fund: Fund, amount: int = 100_000_000, maker: Actor | None = None) -> int:
    asked = Disburse(contract_number="01/2020", value_date=LENT, amount=Money(amount))
    return proposed(fund, _proposable.loan_change(asked.change()), maker)


def changing(fund: Fund, asked: Restructuring) -> int:
    return proposed(fund, _proposable.loan_change(asked.change()))


def plain(response: TestResponse) -> str:
    return unescape(response.text).replace("\N{NO-BREAK SPACE}", " ")


def decided_last(page: str, act: str = r"/proposals/\d+/(approve|return)") -> bool:
    """Tell whether what is approved, or proposed, all stands before the act that does it."""
    main = page.partition("</main>")[0]
    form = re.search(rf'<form[^>]*action="{act}"', main)
    assert form
    return max(main.rfind(one) for one in ("</table>", "</dl>")) < form.start()


def decide(browser: Browser, number: int, act: str, **typed: str) -> TestResponse:
    """Open a proposal and send a decision about what it shows."""
    page = browser.get(f"/proposals/{number}")
    shown = HASH.search(page.text)
    sent = {"payload_hash": shown[1] if shown else ""} | typed
    return browser.post(f"/proposals/{number}/{act}", sent)


def state_of(fund: Fund, number: int) -> tuple[str, str | None]:
    fund.session.expire_all()
    row = fund.session.get_one(Proposal, number)
    return row.state, row.reason


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 200),
        (Role.ACCOUNTANT, 200),
        (Role.MANAGER, 200),
        (Role.AUDITOR, 200),
        (Role.ADMIN, 200),
        (Role.COOPERATIVE, 404),
    ],
)
def test_whoever_proposes_approves_or_audits_sees_the_inbox(
    site: Site, fund: Fund, role: Role, status: int
) -> None:
    number = lending(fund)
    borrower = fund.session.scalars(select(Loan.borrower_id)).one()
    browser = site.sign_in(role, borrower_id=borrower if role is Role.COOPERATIVE else None)

    assert browser.get("/proposals").status_code == status
    about_money = 404 if role is Role.ADMIN else status  # whose inbox holds roles only
    assert browser.get(f"/proposals/{number}").status_code == about_money
    home = "/elsewhere" if role is Role.ADMIN else "/"
    assert ('href="/proposals"' in browser.get(home).text) == (status == 200)


def test_the_manager_sees_what_waits_with_its_count(site: Site, fund: Fund) -> None:
    lending(fund)

    page = plain(site.sign_in(Role.MANAGER).get("/proposals"))

    assert "Giải ngân 100.000.000 đ ngày 10/01/2020" in page
    assert "HTX Đồng Tâm" in page
    assert "Theo biên bản 12" in page
    assert "Xem và duyệt" in page
    assert '<span class="count">1' in page


def test_another_officer_lists_only_what_they_proposed_themselves(
    site: Site, fund: Fund
) -> None:
    number = lending(fund)
    browser = site.sign_in(Role.OFFICER)

    assert "Giải ngân" not in plain(browser.get("/proposals"))
    assert 'class="count"' not in browser.get("/").text
    assert browser.get(f"/proposals/{number}").status_code == 200  # the loan is theirs to see


def test_an_officer_does_not_see_what_is_proposed_about_capital(site: Site, fund: Fund) -> None:
    given = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(3_000_000_000), contributor="UBND"
    )
    number = proposed(fund, _proposable.capital_movement(given), fund.accountant)

    assert site.sign_in(Role.OFFICER).get(f"/proposals/{number}").status_code == 404
    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))
    assert "1.000.000.000 đ" in page  # undisbursed before
    assert "4.000.000.000 đ" in page  # and after


def test_the_loan_says_what_waits_for_it(site: Site, fund: Fund) -> None:
    number = lending(fund)
    loan = fund.session.scalars(select(Loan)).one()

    for role, is_told in ((Role.OFFICER, True), (Role.COOPERATIVE, False)):
        own = loan.borrower_id if role is Role.COOPERATIVE else None
        page = site.sign_in(role, borrower_id=own).get(f"/loan/{loan.id}").text
        assert (f'href="/proposals/{number}"' in page) is is_told


def test_approved_it_happens_in_the_makers_name(site: Site, fund: Fund) -> None:
    number = lending(fund)
    browser = site.sign_in(Role.MANAGER)

    answer = decide(browser, number, "approve")

    assert answer.headers["Location"] == f"/proposals/{number}"
    page = plain(browser.get(f"/proposals/{number}"))
    assert "Đã duyệt và ghi sổ." in page
    assert "CTG-2020/000001" in page
    assert browser.actor is not None
    event = fund.session.scalars(select(LoanEvent)).one()
    assert (event.recorded_by, event.approved_by) == (
        fund.officer.user_id,
        browser.actor.user_id,
    )


def test_the_picture_shows_what_changes_and_why_the_group(site: Site, fund: Fund) -> None:
    """Disbursed in January: four months of interest unpaid, 112 days past due on 1 June."""
    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{lending(fund)}"))

    assert "Điều gì sẽ thay đổi" in page
    assert "1.989.041 đ" in page  # 509,589 + 476,712 + 509,589 + 493,151
    assert "Quá hạn 112 ngày, kể từ kỳ 10/02/2020 còn thiếu 509.589 đ: nhóm 4" in page
    assert "10/01/2021" in page
    assert decided_last(page)


def test_sent_back_with_a_reason(site: Site, fund: Fund) -> None:
    number = lending(fund)
    browser = site.sign_in(Role.MANAGER)

    empty = decide(browser, number, "return")
    answer = decide(browser, number, "return", reason="Thiếu hồ sơ bảo đảm")

    assert empty.status_code == 422
    assert "Hãy điền ô này." in plain(empty)
    assert answer.status_code == 302
    assert state_of(fund, number) == ("returned", "Thiếu hồ sơ bảo đảm")
    assert "Thiếu hồ sơ bảo đảm" in plain(browser.get("/proposals"))


def test_the_maker_withdraws_and_does_not_approve(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    assert browser.actor is not None
    number = lending(fund, maker=browser.actor)

    page = plain(browser.get(f"/proposals/{number}"))

    assert "Rút lại" in page
    assert "/approve" not in page
    assert decide(browser, number, "approve").status_code == 403
    assert decide(browser, number, "withdraw").status_code == 302
    assert state_of(fund, number)[0] == "withdrawn"


def test_what_a_promoted_maker_proposed_waits_for_a_new_one(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    assert browser.actor is not None
    number = lending(fund, maker=browser.actor)
    fund.session.get_one(User, browser.actor.user_id).role = Role.MANAGER.value
    fund.session.commit()

    assert "Chờ người đề nghị mới" in plain(browser.get("/proposals"))
    assert "không tự duyệt được" in plain(browser.get(f"/proposals/{number}"))
    assert decide(browser, number, "approve").status_code == 403


def test_another_content_than_was_shown_stands_above_the_form(site: Site, fund: Fund) -> None:
    number = lending(fund)

    answer = decide(site.sign_in(Role.MANAGER), number, "approve", payload_hash="0" * 64)

    assert answer.status_code == 422
    assert "không còn như đã hiển thị" in plain(answer)
    assert state_of(fund, number)[0] == "waiting"


def row_of_table(page: str, name: str) -> list[str]:
    """Give the cells of the row with this head, as they are read."""
    found = re.search(rf"<tr[^>]*>\s*<th scope=\"row\">{name}.*?</tr>", page, re.DOTALL)
    assert found, name
    cells = re.findall(r"<td[^>]*>(.*?)</td>", found[0], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in cells]


def test_figures_that_payments_move_are_shown_then_and_now(site: Site, fund: Fund) -> None:
    """A billion less 500 million lent on another loan, of which 20 million came back."""
    a_loan(fund, "02/2020", amount=500_000_000, signed_on=TODAY, surplus="principal")
    asked = Disburse(contract_number="01/2020", value_date=TODAY, amount=Money(100_000_000))
    number = proposed(fund, _proposable.loan_change(asked.change()))
    browser = site.sign_in(Role.MANAGER)
    before = plain(browser.get(f"/proposals/{number}"))
    repaid(fund, "02/2020", TODAY, 20_000_000)

    page = plain(browser.get(f"/proposals/{number}"))

    assert row_of_table(before, "Nguồn vốn còn chưa giải ngân") == ["500.000.000 đ"] * 2
    assert "đã thay đổi" not in before
    moved = ["500.000.000 đ", "520.000.000 đ"]
    assert row_of_table(page, "Nguồn vốn còn chưa giải ngân") == moved
    assert row_of_table(page, "Nguồn vốn đủ tiền") == ["Đạt", "Đạt"]
    assert page.count('<small class="mark">đã thay đổi</small>') == 2
    assert decide(browser, number, "approve").status_code == 302
    assert state_of(fund, number)[0] == "approved"
    assert (
        row_of_table(plain(browser.get(f"/proposals/{number}")), "Nguồn vốn còn chưa") == moved
    )


def test_a_check_that_flipped_is_named_and_sends_it_back(site: Site, fund: Fund) -> None:
    number = lending(fund)
    taken = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(-950_000_000), contributor="UBND"
    )
    money = proposed(fund, _proposable.capital_movement(taken), fund.accountant)
    browser = site.sign_in(Role.MANAGER)
    shown = HASH.search(browser.get(f"/proposals/{number}").text)
    assert shown
    assert decide(browser, money, "approve").status_code == 302

    page = plain(browser.get(f"/proposals/{number}"))
    answer = browser.post(f"/proposals/{number}/approve", {"payload_hash": shown[1]})

    assert "Một điều kiện kiểm tra không còn như khi đề nghị" in page
    assert "/approve" not in page
    assert row_of_table(page, "Nguồn vốn đủ tiền") == ["Đạt", "Không đạt"]
    assert answer.status_code == 302
    assert state_of(fund, number) == ("returned", "flipped")
    kept = plain(browser.get(f"/proposals/{number}"))
    assert row_of_table(kept, "Nguồn vốn đủ tiền") == ["Đạt", "Không đạt"]
    assert "Khi quyết định (01/06/2020)" in kept


def test_a_loan_that_moved_shows_both_pictures_and_goes_back(site: Site, fund: Fund) -> None:
    a_loan(fund, "02/2020")
    number = changing(fund, WriteOff(contract_number="02/2020", value_date=TODAY))
    browser = site.sign_in(Role.MANAGER)
    before = browser.get(f"/proposals/{number}").text
    repaid(fund, "02/2020", TODAY, 1_000_000)

    page = plain(browser.get(f"/proposals/{number}"))
    shown = HASH.search(before)
    assert shown
    answer = browser.post(f"/proposals/{number}/approve", {"payload_hash": shown[1]})

    assert "Điều gì sẽ thay đổi nếu ghi bây giờ" in page
    assert "Điều người đề nghị đã xem" in page
    assert "/approve" not in page
    assert "102.350.685 đ" in page  # 100,000,000 + 1,989,041 + 361,644 as the maker saw it
    assert "101.350.685 đ" in page  # a million less
    assert answer.status_code == 302
    assert state_of(fund, number) == ("returned", "moved")
    assert "Khoản vay đã thay đổi" in plain(browser.get(f"/proposals/{number}"))
    assert "write_off" not in fund.session.scalars(select(LoanEvent.type)).all()


def test_whoever_approves_a_contract_sees_its_whole_file(site: Site, fund: Fund) -> None:
    """Of a billion 200 million is lent, on a loan 112 days late, and 100 promised."""
    a_loan(fund, "02/2020", amount=200_000_000)
    draft = a_draft(
        fund,
        contract_number="03/2020",
        purpose="Mua máy sấy",
        deductible_collateral=Money(150_000_000),
    )
    terms = {"annual_rate": "6", "amount": 100_000_000}
    number = proposed(fund, _proposable.contract("03/2020", draft.version, terms))

    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))

    assert "Mua máy sấy" in page
    assert "150.000.000 đ" in page
    assert row_of_table(page, "Nguồn vốn còn chưa giải ngân") == ["800.000.000 đ"] * 2
    promised = "Trong đó đã duyệt cho hợp đồng khác chưa giải ngân"
    assert row_of_table(page, promised) == ["100.000.000 đ"] * 2
    assert row_of_table(page, "Nguồn vốn còn lại sau khi ghi") == ["600.000.000 đ"] * 2
    assert row_of_table(page, "Khách hàng không nợ quá hạn") == ["Không đạt"] * 2
    others = page[page.index("Khoản vay khác của HTX Đồng Tâm") :]
    assert re.search(r">02/2020</a>.*?200\.000\.000.*?>112<.*?>4<", others, re.DOTALL)
    schedule = page[page.index("Lịch trả nợ dự kiến") :]
    assert "10/01/2021" in schedule
    assert "100.509.589" in schedule  # the last month's 31 days at 6 %, with the principal
    assert decided_last(page)


def test_an_amendment_shows_old_and_new_terms(site: Site, fund: Fund) -> None:
    a_loan(fund, "02/2020")
    asked = Amend(contract_number="02/2020", terms={"annual_rate": "7.2", "term_months": 24})
    number = changing(fund, asked)

    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))

    row = r'<th scope="row">{}</th>\s*<td[^>]*>{}</td>\s*<td[^>]*>{}</td>'
    assert re.search(row.format(r"Lãi suất \(năm\)", "6 %", "7,2 %"), page)
    assert re.search(row.format("Thời hạn", "12 tháng", "24 tháng"), page)


def test_settings_show_what_holds_and_what_would(site: Site, fund: Fund) -> None:
    rules = [{"days": -3, "kind": "message"}, {"days": 30, "kind": "notice"}]
    values = (
        SetSetting(key="fund_phone", value="0204 3555 000", valid_from=TODAY),
        SetSetting(key="fund_name", value="Quỹ tỉnh", valid_from=TODAY),
        SetSetting(key="reminder_rules", value=rules, valid_from=TODAY),
    )
    number = proposed(fund, _proposable.settings(values), fund.accountant)

    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))

    assert "0204 3555 000" in page
    assert "Điện thoại từ 01/06/2020" in page
    assert (
        "Đổi thiết lập: Tên Quỹ, từ 01/06/2020; Đổi thiết lập: Điện thoại, từ 01/06/2020"
    ) in page
    assert "trước hạn 3 ngày: tin nhắn\nsau hạn 30 ngày: thông báo" in page
    assert "fund_phone" not in page


def test_an_unknown_proposal_is_not_found(site: Site) -> None:
    browser = site.sign_in(Role.MANAGER)

    assert browser.get("/proposals/999").status_code == 404
    assert browser.post("/proposals/999/approve", {"payload_hash": "0" * 64}).status_code == 404


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_every_text_is_there_in_both_languages(site: Site, fund: Fund, chosen: str) -> None:
    number = lending(fund)
    browser = site.sign_in(Role.MANAGER)
    browser.get("/proposals")
    browser.post("/language", {"language": chosen, "next": "/proposals"})

    assert browser.get("/proposals").status_code == 200
    assert browser.get(f"/proposals/{number}").status_code == 200


def test_a_closed_month_is_no_failure_and_money_names_its_day(site: Site, fund: Fund) -> None:
    reconcile_loan(fund.session, "01/2020", TODAY, fund.accountant, fund.clock)
    closed(fund, date(2020, 4, 30))
    given = MoveCapital(
        source_code="QUY",
        value_date=date(2020, 4, 15),
        amount=Money(500_000_000),
        contributor="UBND",
    )
    number = proposed(fund, _proposable.capital_movement(given), fund.accountant)

    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))

    held = "Ngày giá trị thuộc tháng đã khóa; sẽ ghi vào tháng mở đầu tiên"
    assert row_of_table(page, "Tháng ghi sổ") == [held] * 2
    head = re.search(r"<th[^>]*>\s*Nguồn vốn còn chưa giải ngân.*?</th>", page, re.DOTALL)
    assert head
    assert "tính từ ngày 15/04/2020" in head[0]
    assert "Vốn chưa giải ngân tính từ ngày 15/04/2020" in page
