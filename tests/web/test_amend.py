"""An amendment: one begins with the terms that stand, and proposes only what differs."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.ledger import LedgerEntry
from loanfund.models.proposal import Proposal
from loanfund.queries.change import standing_terms
from loanfund.wording import LANGUAGES
from tests.builders import Fund, a_contract, a_lending_fund, a_loan
from tests.conftest import TODAY
from tests.services.derived import verified
from tests.services.months import closed
from tests.site import Browser, Site
from tests.web.test_change import address, send
from tests.web.test_proposal import decide, plain

FIELD = re.compile(r'<input[^>]*id="(\w+)"[^>]*name="\1"[^>]*value="([^"]*)"')
CHOSEN = re.compile(r'<select[^>]*name="(\w+)".*?<option selected value="([^"]*)"', re.DOTALL)
EARLY_FIRST, LATE_FIRST = (
    "10/07/2020 40tr\n10/12/2020 60tr",
    "10/12/2020 60tr\n10/07/2020 40tr",
)
WHY = "Gõ sai khi nhập hợp đồng"


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """One database: what differs between the two is tried below the pages."""
    return sqlite_engine


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    """A hundred million at 6 % for a year, lent on 10 January."""
    return a_lending_fund(session, clock)


def typed(officer: Browser, path: str, **changed: str) -> dict[str, str]:
    """What a browser would send back after some fields were changed."""
    page = officer.get(path).text
    hidden = {"shown", "version", "request_key", "csrf_token"}
    found = dict(FIELD.findall(page)) | dict(CHOSEN.findall(page))
    return {name: value for name, value in found.items() if name not in hidden} | changed


def proposed(fund: Fund) -> dict[str, Any]:
    row = fund.session.scalars(select(Proposal)).one()
    (event,) = row.payload["events"]
    terms: dict[str, Any] = event["terms"]
    return terms


def test_only_what_differs_is_proposed_and_holds_from_the_start(site: Site, fund: Fund) -> None:
    """At 7.2 %: 100 million × 31 days × 7.2 % / 365 = 611,507 for the first month."""
    a_loan(fund)
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)
    asked = typed(officer, path, rate="0,6", rate_per="month", reference="PL-01")

    seen = plain(officer.post(path, {**asked, "act": "preview"}))
    answer = send(officer, path, asked, WHY)
    number = fund.session.scalars(select(Proposal.id)).one()
    manager = site.sign_in(Role.MANAGER)
    waiting = plain(manager.get("/proposals"))
    page = plain(manager.get(f"/proposals/{number}"))
    decided = decide(manager, number, "approve")

    assert asked["amount"] == "100.000.000"
    assert (asked["rate"], asked["term_months"], asked["surplus"]) == ("0,6", "12", "credit")
    assert "611.507" in seen
    assert answer.status_code == 302
    assert proposed(fund) == {"annual_rate": "7.2"}
    assert "Sửa hợp đồng: Lãi suất (năm) thành 7,2 %" in waiting
    assert page.count(WHY) == 1  # the reason, and not once more as a note
    assert "PL-01" in page
    assert decided.status_code == 302
    fund.session.expire_all()
    loan = path.removesuffix("/propose/amend")
    assert standing_terms(fund.session, int(loan.rpartition("/")[2]))["annual_rate"] == "7.2"
    shown = plain(officer.get(loan))
    assert "7,2 %" in shown
    assert "Lãi suất (năm)" in shown  # what was amended, in words
    assert 'value="7,2"' in officer.get(path).text


def test_terms_made_such_as_nobody_means_are_named_to_maker_and_approver(
    site: Site, fund: Fund
) -> None:
    a_loan(fund)
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)
    asked = typed(officer, path, rate="72", rate_per="year", reference="PL-01")

    seen = plain(officer.post(path, {**asked, "act": "preview"}))
    send(officer, path, asked, WHY)
    number = fund.session.scalars(select(Proposal.id)).one()
    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))

    assert "đây có phải lãi suất tháng không?" in seen
    assert "đây có phải lãi suất tháng không?" in page


def test_nothing_changed_is_nothing_to_propose(site: Site, fund: Fund) -> None:
    a_loan(fund, interest_day=15, annual_rate="6.25")
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)

    answer = send(officer, path, typed(officer, path), WHY)

    assert answer.status_code == 422
    assert "Chưa sửa gì so với hợp đồng." in plain(answer)
    assert not fund.session.scalars(select(Proposal)).all()


@pytest.mark.parametrize(
    ("changed", "terms"),
    [
        ({"interest_day": ""}, {"interest_day": None}),
        ({"principal_rounding": ""}, {"principal_rounding": 1}),
        ({"late_interest_rate": "4,5"}, {"late_interest_rate": "4.5"}),
        ({"tolerance": "1.500"}, {"tolerance": 1_500}),
        ({"tolerance": "0"}, {"tolerance": 0}),
        ({"overdue_rate_multiplier": "1,2"}, {"overdue_rate_multiplier": "1.2"}),
        (
            {
                "repayment_method": "custom",
                "principal_plan": EARLY_FIRST,
            },
            {
                "repayment_method": "custom",
                "principal_plan": [
                    {"date": "2020-07-10", "amount": 40_000_000},
                    {"date": "2020-12-10", "amount": 60_000_000},
                ],
            },
        ),
    ],
)
def test_what_is_emptied_and_what_is_typed_become_terms(
    site: Site, fund: Fund, changed: dict[str, str], terms: dict[str, Any]
) -> None:
    a_loan(fund, interest_day=15, principal_rounding=1000)
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)

    assert send(officer, path, typed(officer, path, **changed), WHY).status_code == 302
    assert proposed(fund) == terms


def test_an_older_contract_comes_under_the_present_rules_with_its_amendment(
    site: Site, fund: Fund
) -> None:
    a_loan(fund, interest_day=15, edition=1, tolerance=0)
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)
    told = "ký khi quy tắc tính còn ở lần thứ nhất"
    assert told in plain(officer.get(path))

    asked = send(officer, path, typed(officer, path, tolerance="1.000"), WHY)

    assert asked.status_code == 302
    assert proposed(fund) == {"tolerance": 1_000, "edition": 2}
    assert "Quy tắc tính lần thứ" in plain(officer.get(asked.location))
    number = int(asked.location.rpartition("/")[2])
    assert decide(site.sign_in(Role.MANAGER), number, "approve").status_code == 302
    assert told not in plain(officer.get(path))
    terms = standing_terms(fund.session, int(path.split("/")[2]))
    assert (terms["edition"], terms["tolerance"]) == (2, 1_000)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": "99.999.999"}, "amount"),  # less than was lent
        ({"rate": "101"}, "rate"),
        ({"rate": ""}, "rate"),
        ({"term_months": "0"}, "term_months"),
        ({"term_months": ""}, "term_months"),
        ({"interest_day": "32"}, "interest_day"),
        ({"late_interest_rate": "11"}, "late_interest_rate"),
        ({"tolerance": "1.000.001"}, "tolerance"),
        ({"repayment_method": "custom"}, "principal_plan"),
        (
            {
                "repayment_method": "custom",
                "principal_plan": LATE_FIRST,
            },
            "principal_plan",
        ),
    ],
)
def test_impossible_terms_are_refused_beside_their_field(
    site: Site, fund: Fund, changed: dict[str, str], field: str
) -> None:
    a_loan(fund)
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)

    answer = send(officer, path, typed(officer, path, **changed), WHY)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert not fund.session.scalars(select(Proposal)).all()


def test_a_closed_month_is_restated_and_not_booked_in(site: Site, fund: Fund) -> None:
    """Interest of February and March at 7.2 % instead of 6 % is booked on 1 June.

    In group 2 at the end of February, the unpaid interest had left the balance sheet then.
    """
    a_loan(fund)
    closed(fund, date(2020, 3, 31))
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)
    manager = site.sign_in(Role.MANAGER)
    last = fund.session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id.desc())).first()

    asked = typed(officer, path, rate="7,2")
    seen = plain(officer.post(path, {**asked, "act": "preview"}))
    send(officer, path, asked, WHY)
    number = fund.session.scalars(select(Proposal.id)).one()
    page = plain(manager.get(f"/proposals/{number}"))
    decide(manager, number, "approve")

    for shown in (seen, page):
        assert "Sổ đã khóa đến hết ngày 31/03/2020" in shown
        assert "ghi sổ vào tháng 06/2020" in shown
    rows = fund.session.scalars(select(LedgerEntry).where(LedgerEntry.id > last)).all()
    late = [row for row in rows if row.value_date <= date(2020, 3, 31)]
    days = {date(2020, 2, 10), date(2020, 2, 29), date(2020, 3, 10)}
    assert {row.value_date for row in late} == days
    assert {row.booking_date for row in late} == {TODAY}
    assert "01/2020" in plain(manager.get("/period/2020-03")).partition("Điều chỉnh")[2]
    assert verified(fund) == []


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_a_contract_not_lent_on_yet_is_amended_too(site: Site, fund: Fund, chosen: str) -> None:
    a_contract(fund)
    path, officer = address(fund, "amend"), site.sign_in(Role.OFFICER)
    officer.get("/proposals")
    officer.post("/language", {"language": chosen, "next": "/proposals"})

    answer = send(officer, path, typed(officer, path, term_months="24"), WHY)

    assert answer.status_code == 302
    assert proposed(fund) == {"term_months": 24}
    number = fund.session.scalars(select(Proposal.id)).one()
    assert officer.get(f"/proposals/{number}").status_code == 200
