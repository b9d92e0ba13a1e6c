"""Capital: proposed by the accountant, approved by another, listed with a running balance."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.capital import CapitalMovement
from loanfund.models.proposal import Proposal
from loanfund.services.reconcile import reconcile_loan
from tests.builders import Fund, a_lending_fund, a_loan
from tests.prepared import prepared
from tests.services.months import closed
from tests.site import Browser, Site
from tests.web.test_proposal import decide, plain

BOOKED_IN_FEBRUARY = re.compile(r"tháng đã khóa, ghi sổ vào tháng(\s|<[^>]*>)*02/2020")
KEY = re.compile(r'name="request_key"[^>]*value="([^"]*)"')
GIVEN = {
    "source": "QUY",
    "direction": "in",
    "value_date": "01/03/2020",
    "amount": "3 tỷ",
    "contributor": "UBND tỉnh",
    "reason": "Quyết định 7/QĐ",
}


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A billion of capital, of which a hundred million are lent."""
    fund = a_lending_fund(session, clock)
    a_loan(fund)
    return fund


def send(browser: Browser, path: str, typed: dict[str, str]) -> TestResponse:
    key = KEY.search(browser.get(path).text)
    return browser.post(path, {**typed, "request_key": key[1] if key else ""})


def amounts(fund: Fund) -> list[int]:
    fund.session.expire_all()
    query = select(CapitalMovement.amount).order_by(CapitalMovement.id)
    return [one.dong for one in fund.session.scalars(query)]


def latest(fund: Fund) -> int:
    return fund.session.scalars(select(Proposal.id).order_by(Proposal.id.desc())).first() or 0


@pytest.mark.usefixtures("fund")
def test_the_list_says_what_is_lent_and_what_is_left(site: Site) -> None:
    seen = plain(site.sign_in(Role.AUDITOR).get("/capital"))

    assert re.findall(r"[\d.]{9,}", seen[seen.index("<tfoot>") :])[:3] == [
        "1.000.000.000",
        "100.000.000",
        "900.000.000",
    ]


def test_a_contribution_counts_once_another_person_approved_it(site: Site, fund: Fund) -> None:
    accountant, manager = site.sign_in(Role.ACCOUNTANT), site.sign_in(Role.MANAGER)

    answer = send(accountant, "/capital/propose", GIVEN)

    assert answer.headers["Location"] == f"/proposals/{latest(fund)}"
    assert amounts(fund) == [1_000_000_000]
    assert decide(manager, latest(fund), "approve").status_code == 302
    assert amounts(fund) == [1_000_000_000, 3_000_000_000]
    seen = plain(manager.get("/capital"))
    assert "4.000.000.000" in seen
    assert "3.900.000.000" in seen


def test_what_is_lent_out_cannot_be_withdrawn(site: Site, fund: Fund) -> None:
    typed = {**GIVEN, "direction": "out", "amount": "950.000.000"}

    accountant = site.sign_in(Role.ACCOUNTANT)
    free = plain(accountant.get("/capital/propose"))
    answer = send(accountant, "/capital/propose", typed)

    assert "(phần rút được): QUY 900.000.000 đ" in free.replace("\N{NO-BREAK SPACE}", " ")
    assert answer.status_code == 422
    said = plain(answer).replace("\N{NO-BREAK SPACE}", " ")
    assert "kể từ ngày 01/03/2020 chỉ còn 900.000.000 đ chưa cho vay" in said
    assert 'value="950.000.000"' in answer.text
    assert latest(fund) == 0


@pytest.mark.parametrize("name", ["value_date", "amount", "contributor", "reason"])
def test_an_empty_field_is_named(site: Site, fund: Fund, name: str) -> None:
    answer = send(site.sign_in(Role.ACCOUNTANT), "/capital/propose", {**GIVEN, name: ""})

    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.text
    assert latest(fund) == 0


def test_a_movement_is_taken_back_once(site: Site, fund: Fund) -> None:
    accountant, manager = site.sign_in(Role.ACCOUNTANT), site.sign_in(Role.MANAGER)
    send(accountant, "/capital/propose", {**GIVEN, "amount": "5tr"})
    decide(manager, latest(fund), "approve")
    wrong = fund.session.scalars(select(CapitalMovement.id)).all()[-1]
    path = f"/capital/{wrong}/reverse"

    assert send(accountant, path, {"reason": "Ghi nhầm"}).status_code == 302
    assert decide(manager, latest(fund), "approve").status_code == 302

    assert amounts(fund) == [1_000_000_000, 5_000_000, -5_000_000]
    assert "đã hoàn" in plain(accountant.get("/capital"))
    again = accountant.post(path, {"reason": "Ghi nhầm"})
    assert again.status_code == 422
    assert "đã được hoàn" in plain(again)


def test_a_day_in_a_closed_month_is_warned_of_before_it_is_sent_and_approved(
    site: Site, fund: Fund
) -> None:
    reconcile_loan(fund.session, "01/2020", date(2020, 1, 31), fund.accountant, fund.clock)
    closed(fund, date(2020, 1, 31))
    accountant, manager = site.sign_in(Role.ACCOUNTANT), site.sign_in(Role.MANAGER)
    late = {**GIVEN, "value_date": "20/01/2020"}
    warning = "Ngày 20/01/2020 thuộc tháng đã khóa: bút toán sẽ ghi vào tháng 02/2020"

    warned = send(accountant, "/capital/propose", late)
    sent = send(accountant, "/capital/propose", {**late, "into_closed": "y"})
    asked = manager.get(f"/proposals/{latest(fund)}")
    decide(manager, latest(fund), "approve")
    undo = fund.session.scalars(select(CapitalMovement.id)).all()[-1]

    assert warned.status_code == 422
    assert warning in plain(warned)
    assert 'value="20/01/2020"' in warned.text
    assert sent.status_code == 302
    assert BOOKED_IN_FEBRUARY.search(asked.text)
    assert warning in plain(accountant.get(f"/capital/{undo}/reverse"))
    send(accountant, f"/capital/{undo}/reverse", {"reason": "Ghi nhầm"})
    assert BOOKED_IN_FEBRUARY.search(manager.get(f"/proposals/{latest(fund)}").text)
    assert send(accountant, "/capital/propose", GIVEN).status_code == 302


@pytest.mark.usefixtures("fund")
def test_an_officer_does_not_propose_to_move_capital(site: Site) -> None:
    officer = site.sign_in(Role.OFFICER)

    assert officer.get("/capital/propose").status_code == 403
    assert "/capital/propose" not in officer.get("/capital").text
