"""The repayment schedule as a paper: the one in force, of the loan that was asked for."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from loanfund.services._setting import SetSetting
from loanfund.services.setting import set_setting
from tests.builders import Fund, a_contract, a_lending_fund, a_loan
from tests.papers import words_of
from tests.prepared import prepared
from tests.site import Site

DUE_DAY = re.compile(
    r'data-label="Đến hạn">(\d\d/\d\d/\d{4})( <small class="muted">([^<]*)</small>)?</td>'
)


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_lending_fund(session, clock)


def paper(site: Site, fund: Fund) -> str:
    loan_id = fund.session.scalars(select(Loan.id)).one()
    officer = site.sign_in(Role.OFFICER)
    assert f"/loan/{loan_id}/schedule.pdf" in officer.get(f"/loan/{loan_id}").text
    answer = officer.get(f"/loan/{loan_id}/schedule.pdf")
    assert answer.mimetype == "application/pdf"
    assert "Lich-tra-no_01-2020_" in answer.headers["Content-Disposition"]
    return words_of(answer.data)


def test_the_schedule_in_force_is_printed_to_be_signed(site: Site, fund: Fund) -> None:
    """A hundred million lent in January 2020, all of it due a year later."""
    a_loan(fund)

    text = paper(site, fund)

    assert "LỊCH TRẢ NỢ" in text
    assert "HTX Đồng Tâm" in text
    assert "có hiệu lực từ 10/01/2020" in text
    assert "10/01/2021 100.000.000" in text
    assert "509.589" in text  # 31 days × 100.000.000 × 6 % / 365
    assert "ĐẠI DIỆN BÊN VAY" in text


def test_before_the_first_disbursement_it_is_the_one_expected(site: Site, fund: Fund) -> None:
    a_contract(fund)

    assert "Lịch dự kiến nếu giải ngân hết" in paper(site, fund)


def test_the_paper_says_by_when_to_pay_on_days_off_and_who_made_it(
    site: Site, fund: Fund
) -> None:
    """The 10th: Saturday in October, pay by Friday. No cooperative makes papers of the fund."""
    a_loan(fund)
    loan, borrower = fund.session.execute(select(Loan.id, Loan.borrower_id)).one()
    makers = {}

    for role in (Role.OFFICER, Role.MANAGER, Role.AUDITOR):
        makers[role] = words_of(site.sign_in(role).get(f"/loan/{loan}/schedule.pdf").data)
    cooperative = site.sign_in(Role.COOPERATIVE, borrower_id=borrower)
    makers[Role.COOPERATIVE] = words_of(cooperative.get(f"/my/loan/{loan}/schedule.pdf").data)

    for role, text in makers.items():
        assert re.search(r"10/10/2020 .* 09/10/2020", text), role
        is_maker = role in {Role.OFFICER, Role.MANAGER}
        assert ("Nguyễn Thị Hường" in text) == is_maker, role


def test_due_dates_on_days_off_are_named_on_the_pages_of_schedules(
    site: Site, fund: Fund
) -> None:
    """The 10th: Saturday in October 2020, Sunday in January 2021, Tết in February."""
    tet = SetSetting(key="holidays", value=["2021-02-10"], valid_from=date(2020, 1, 1))
    set_setting(fund.session, tet, fund.accountant, fund.clock, fund.manager)
    a_loan(fund, term_months=14)
    a_contract(fund, "02/2020", signed_on=date(2020, 6, 1))
    lent, approved = fund.session.scalars(select(Loan.id).order_by(Loan.id))
    officer = site.sign_in(Role.OFFICER)

    for address in (f"/loan/{lent}", f"/contract/{approved}"):
        found = DUE_DAY.findall(officer.get(address).text)
        named = {}
        for typed, _, word in found:
            day = datetime.strptime(typed, "%d/%m/%Y").date()  # noqa: DTZ007
            named[day] = word
            off = {6: "Thứ Bảy", 7: "Chủ nhật"}.get(day.isoweekday(), "")
            assert word == ("ngày lễ" if day == date(2021, 2, 10) else off), day
        assert len(named) > 8
        assert {"Thứ Bảy", "Chủ nhật"} <= set(named.values()), address
