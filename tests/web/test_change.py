"""Proposals made on a page: seen first, refused beside their field, sent once, approved."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.wording import LANGUAGES
from tests.builders import Fund, a_contract, a_lending_fund, a_loan, capital_moved
from tests.prepared import prepared
from tests.site import Browser, Site
from tests.web.test_proposal import decide, plain

HIDDEN = re.compile(r'<input[^>]*name="(request_key|shown|version)"[^>]*value="([^"]*)"')
DISBURSE = {"value_date": "10/01/2020", "amount": "100.000.000", "method": "bank"}
# 100 million to January 2021 becomes two halves, the last of them a year later.
EXTEND = {
    "value_date": "01/06/2020",
    "kind": "extend",
    "plan": "10/01/2021 50.000.000\n10/01/2022 50tr",
}


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_lending_fund(session, clock)


def address(fund: Fund, what: str) -> str:
    loan_id = fund.session.scalars(select(Loan.id)).one()
    return f"/loan/{loan_id}/propose/{what}"


def send(browser: Browser, path: str, typed: dict[str, str], reason: str) -> TestResponse:
    """Look at the preview of what is typed, then propose it."""
    browser.get(path)
    seen = browser.post(path, {**typed, "act": "preview"})
    shown = dict(HIDDEN.findall(plain(seen)))
    return browser.post(path, {**typed, **shown, "reason": reason, "act": "post"})


def test_a_disbursement_is_seen_proposed_and_approved(site: Site, fund: Fund) -> None:
    """A billion undisbursed, less a hundred million."""
    a_contract(fund)
    path, officer = address(fund, "disbursement"), site.sign_in(Role.OFFICER)

    preview = plain(officer.get(f"{path}/preview?value_date=10/01/2020&amount=100tr"))
    answer = send(officer, path, DISBURSE, "Đủ hồ sơ")

    assert "1.000.000.000 đ" in preview
    assert "900.000.000 đ" in preview
    number = fund.session.scalars(select(Proposal.id)).one()
    assert answer.headers["Location"] == f"/proposals/{number}"
    assert not fund.session.scalars(select(LoanEvent)).all()
    assert decide(site.sign_in(Role.MANAGER), number, "approve").status_code == 302
    assert fund.session.scalars(select(LoanEvent.type)).all() == ["disbursement"]


def test_more_than_the_source_has_left_is_stopped(site: Site, fund: Fund) -> None:
    capital_moved(fund, "QUY", 1_000_000_000)
    a_contract(fund, amount=2_000_000_000)
    capital_moved(fund, "QUY", -1_000_000_000)  # after it was promised
    typed = {**DISBURSE, "amount": "1.500.000.000"}
    path = address(fund, "disbursement")

    answer = send(site.sign_in(Role.OFFICER), path, typed, "Đủ hồ sơ")

    assert answer.status_code == 422
    assert "chưa giải ngân" in plain(answer)
    assert 'value="1.500.000.000"' in answer.text
    assert not fund.session.scalars(select(Proposal)).all()


def test_an_extension_shows_both_schedules(site: Site, fund: Fund) -> None:
    a_loan(fund)
    path, officer = address(fund, "reschedule"), site.sign_in(Role.OFFICER)

    form = plain(officer.get(path))
    seen = plain(officer.post(path, {**EXTEND, "act": "preview"}))
    answer = send(officer, path, EXTEND, "Dịch bệnh")

    assert "10/01/2021 100.000.000" in form  # the plan that stands is where one begins
    assert "Lịch trả nợ trước và sau" in seen
    assert "10/01/2022" in seen
    assert answer.status_code == 302
    assert fund.session.scalars(select(Proposal.action)).all() == ["reschedule"]


def plan_of(answer: TestResponse) -> list[str]:
    """The lines of the plan as the form shows them."""
    found = re.search(
        r'<textarea[^>]*name="plan"[^>]*>(.*?)</textarea>', answer.text, re.DOTALL
    )
    assert found is not None
    return found[1].strip().splitlines()


def test_the_editor_spreads_what_is_owed_and_keeps_what_was_typed(
    site: Site, fund: Fund
) -> None:
    """Without scripts: 100 million over 3, half a year apart; the last takes the rest."""
    a_loan(fund)
    path, officer = address(fund, "reschedule"), site.sign_in(Role.OFFICER)
    asked = {"spread_count": "3", "spread_from": "10/7/2021", "spread_every": "6"}

    first = officer.get(path)
    answer = officer.post(path, {**EXTEND, **asked, "reason": "Dịch bệnh", "act": "spread"})
    plan = plan_of(answer)
    sent = send(officer, path, {**EXTEND, **asked, "plan": "\n".join(plan)}, "Dịch bệnh")

    assert 'name="spread_count"' in first.text
    assert answer.status_code == 200
    assert plan == ["10/07/2021 33.333.333", "10/01/2022 33.333.333", "10/07/2022 33.333.334"]
    assert 'value="Dịch bệnh"' in answer.text
    assert "Lịch trả nợ trước và sau" in plain(answer)  # with the interest of both
    assert "Tổng lãi theo lịch" in plain(answer)
    assert '<option selected value="extend">' in answer.text
    assert sent.status_code == 302


def test_the_editor_moves_every_line_by_months(site: Site, fund: Fund) -> None:
    a_loan(fund)
    path, officer = address(fund, "reschedule"), site.sign_in(Role.OFFICER)
    typed = {**EXTEND, "plan": "31/12/2020 40tr\n28/02/2021 60.000.000", "kind": "adjust"}

    officer.get(path)
    answer = officer.post(path, {**typed, "move_months": "3", "act": "move"})

    assert plan_of(answer) == ["31/03/2021 40.000.000", "31/05/2021 60.000.000"]
    assert '<option selected value="extend">' in answer.text


@pytest.mark.parametrize(
    ("act", "asked", "said"),
    [
        ("spread", {"spread_from": "10/7/2021", "spread_every": "1"}, "spread_count"),
        ("spread", {"spread_count": "401", "spread_from": "1/7/2021"}, "spread_count"),
        ("spread", {"spread_count": "2", "spread_from": "31/02/2021"}, "spread_from"),
        ("move", {"move_months": "không"}, "move_months"),
        ("move", {}, "move_months"),
    ],
)
def test_what_the_editor_lacks_is_said_beside_it_and_the_plan_stays(
    site: Site, fund: Fund, act: str, asked: dict[str, str], said: str
) -> None:
    a_loan(fund)
    path, officer = address(fund, "reschedule"), site.sign_in(Role.OFFICER)

    officer.get(path)
    answer = officer.post(path, {**EXTEND, **asked, "act": act})

    assert f'id="{said}-error"' in answer.text
    assert plan_of(answer) == EXTEND["plan"].splitlines()


def test_an_extension_may_keep_the_debt_group(site: Site, fund: Fund) -> None:
    """What is chosen is proposed; without a choice the rules classify."""
    a_loan(fund)
    path, officer = address(fund, "reschedule"), site.sign_in(Role.OFFICER)

    for chosen, keeps in ({}, False), ({"keeps_debt_group": "yes"}, True):
        typed = {**EXTEND, **chosen}
        assert send(officer, path, typed, "Dịch bệnh").status_code == 302
        latest = select(Proposal.payload).order_by(Proposal.id.desc()).limit(1)
        events = fund.session.scalars(latest).one()["events"]
        assert [one["keeps_debt_group"] for one in events] == [keeps]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("10/01/2022 60.000.000", "dư nợ"),
        ("31/02/2022 100.000.000", "Dòng 1"),
        ("10/01/2022 nhiều", "Dòng 1"),
    ],
)
def test_a_plan_that_does_not_fit_says_why_and_stays_typed(
    site: Site, fund: Fund, plan: str, said: str
) -> None:
    a_loan(fund)
    officer, path = site.sign_in(Role.OFFICER), address(fund, "reschedule")

    answer = send(officer, path, {**EXTEND, "plan": plan}, "Dịch bệnh")

    assert answer.status_code == 422
    assert said in plain(answer)
    assert plan in plain(answer)


@pytest.mark.parametrize(
    ("what", "typed"),
    [
        ("interest-waiver", {"amount": "500.000", "of": "any"}),
        ("freeze", {"until": "01/12/2020"}),
        ("rate-change", {"annual_rate": "7,2"}),
        ("write-off", {"reference": "21/QĐ-HĐQL"}),
    ],
)
def test_everything_else_is_proposed_with_a_reason(
    site: Site, fund: Fund, what: str, typed: dict[str, str]
) -> None:
    a_loan(fund)
    officer, path = site.sign_in(Role.OFFICER), address(fund, what)
    asked = {"value_date": "01/06/2020", **typed}

    without = send(officer, path, asked, "")
    answer = send(officer, path, asked, "Theo quyết định 12")

    assert without.status_code == 422
    assert "Hãy điền ô này." in plain(without)
    assert answer.status_code == 302
    kept = fund.session.scalars(select(Proposal)).one()
    shows_provision = "Dự phòng còn thiếu</dt><dd><strong>100.000.000" in plain(
        officer.get(path)
    )
    assert shows_provision == (what == "write-off")
    assert (kept.action, kept.note) != ("", None)
    assert kept.payload["events"][0]["date"] == date(2020, 6, 1).isoformat()


def test_a_write_off_names_its_decision_and_both_people_learn_what_provision_is_for(
    site: Site, fund: Fund
) -> None:
    """112 days late: group 4, and provision may be used for group 5."""
    a_loan(fund)
    officer, path = site.sign_in(Role.OFFICER), address(fund, "write-off")
    asked = {"value_date": "01/06/2020"}
    warning = "Khoản vay đang ở nhóm 4. Dự phòng chỉ được dùng cho nợ nhóm 5"

    page = plain(officer.get(path))
    without = send(officer, path, asked, "Hội đồng xử lý rủi ro")
    sent = send(officer, path, {**asked, "reference": "21/QĐ-HĐQL"}, "Hội đồng xử lý rủi ro")

    assert warning in page
    assert without.status_code == 422
    assert 'href="#reference"' in without.text
    assert warning in plain(site.sign_in(Role.MANAGER).get(sent.location or ""))


def test_what_was_not_shown_is_not_proposed(site: Site, fund: Fund) -> None:
    a_loan(fund)
    officer, path = site.sign_in(Role.OFFICER), address(fund, "freeze")
    typed = {"value_date": "01/06/2020", "until": "01/12/2020", "reason": "Thiên tai"}
    officer.get(path)

    answer = officer.post(path, {**typed, "shown": "2020-06-01|2020-11-01", "act": "post"})

    assert answer.status_code == 422
    assert "khác bản xem trước" in plain(answer)
    assert not fund.session.scalars(select(Proposal)).all()


def test_why_nothing_can_be_shown_at_first_is_said_in_its_place(site: Site, fund: Fund) -> None:
    """The working date lies before the money was lent."""
    a_loan(fund)
    officer = site.sign_in(Role.OFFICER)
    officer.get("/password")
    officer.post("/working-date", {"day": "6/1/2020", "next": "/password"})

    page = plain(officer.get(address(fund, "write-off")))

    assert "Ngày này trước lần giải ngân đầu tiên của khoản vay." in page
    assert "Nhập đủ các ô" not in page
    assert "data-post" not in page


def test_the_loan_offers_only_what_fits_and_is_permitted(site: Site, fund: Fund) -> None:
    a_contract(fund)
    loan_id = fund.session.scalars(select(Loan.id)).one()

    officer = site.sign_in(Role.OFFICER).get(f"/loan/{loan_id}").text
    manager = site.sign_in(Role.MANAGER).get(f"/loan/{loan_id}").text

    assert "/propose/disbursement" in officer
    assert "/propose/write-off" not in officer
    assert "/propose/" not in manager


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_every_text_is_there_in_both_languages(site: Site, fund: Fund, chosen: str) -> None:
    a_loan(fund)
    officer = site.sign_in(Role.OFFICER)
    officer.get("/proposals")
    officer.post("/language", {"language": chosen, "next": "/proposals"})

    for what in ("disbursement", "reschedule", "interest-waiver", "freeze", "rate-change"):
        assert officer.get(address(fund, what)).status_code == 200
