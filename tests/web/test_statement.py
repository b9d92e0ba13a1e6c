"""Statements: issued once for a form, kept as they are, and served as a PDF."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from tests.builders import Fund, a_contract, a_lending_fund, a_loan, repaid
from tests.conftest import TODAY
from tests.papers import words_of
from tests.prepared import prepared
from tests.site import Site
from tests.web.test_repayment import hidden

NUMBER = "01/2020/HĐTD-QHTPT"


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    fund = a_lending_fund(session, clock)
    a_loan(fund, NUMBER)
    repaid(fund, NUMBER, TODAY, 1_989_041)
    return fund


def path(fund: Fund, number: str = NUMBER) -> str:
    found = fund.session.scalars(select(Loan.id).where(Loan.contract_number == number)).one()
    return f"/loan/{found}/statement"


def issued(fund: Fund) -> int:
    return fund.session.execute(select(func.count(Document.id))).scalar_one()


def test_a_statement_is_issued_and_served_as_it_was_kept(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = hidden(browser.get(path(fund)).text)

    answer = browser.post(path(fund), sent)
    again = browser.post(path(fund), sent)
    file = browser.get(answer.headers["Location"])

    assert again.headers["Location"] == answer.headers["Location"]
    assert issued(fund) == 1
    assert answer.headers["Location"] == "/statement/SK-2020/000001.pdf"
    assert file.mimetype == "application/pdf"
    name = file.headers["Content-Disposition"]
    assert name.startswith(
        'inline; filename="Sao-ke_01-2020-HDTD-QHTPT_2020-01-10_2020-06-01.pdf"; filename*='
    )
    text = words_of(file.data)
    assert "1.989.041" in text
    assert "SK-2020/000001" in text
    kept = fund.session.scalars(select(Document)).one()
    assert file.data == kept.file
    assert "SK-2020/000001" in browser.get(path(fund)).text
    assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_a_period_is_taken_as_typed(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = hidden(browser.get(path(fund)).text)

    browser.post(path(fund), sent | {"period_from": "1/2", "period_to": "31/3"})

    kept = fund.session.scalars(select(Document)).one()
    assert (kept.period_from, kept.period_to) == (
        TODAY.replace(month=2, day=1),
        TODAY.replace(month=3, day=31),
    )


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("1/3", "1/2", "period_from"),
        ("", "2/6", "period_to"),
        ("", "1/1/2020", "period_to"),
        ("31/2", "", "period_from"),
    ],
)
def test_an_impossible_period_issues_nothing_and_names_the_field(
    site: Site, fund: Fund, start: str, end: str, field: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    sent = hidden(browser.get(path(fund)).text)

    answer = browser.post(path(fund), sent | {"period_from": start, "period_to": end})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert issued(fund) == 0


def test_a_contract_without_a_disbursement_has_no_statement(site: Site, fund: Fund) -> None:
    a_contract(fund, "02/2020")
    browser = site.sign_in(Role.OFFICER)

    answer = browser.post(
        path(fund, "02/2020"), hidden(browser.get(path(fund, "02/2020")).text)
    )

    assert answer.status_code == 422
    assert "chưa được giải ngân" in answer.text


def test_an_auditor_reads_statements_and_issues_none(site: Site, fund: Fund) -> None:
    officer = site.sign_in(Role.OFFICER)
    sent = hidden(officer.get(path(fund)).text)
    address = officer.post(path(fund), sent).headers["Location"]
    auditor = site.sign_in(Role.AUDITOR)

    listed = auditor.get(path(fund))

    assert listed.status_code == 200
    assert "SK-2020/000001" in listed.text
    assert auditor.get(address).status_code == 200
    assert auditor.post(path(fund), {}).status_code == 403
    assert "data-post" not in listed.text.split("<main")[1].split("</main")[0]
    assert officer.get("/statement/SK-2020/999999.pdf").status_code == 404
    assert site.sign_in(Role.ADMIN).get(address).status_code == 403


def test_without_a_token_nothing_is_issued(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)

    assert browser.post(path(fund), {"csrf_token": "x"}).status_code == 400
    assert issued(fund) == 0
