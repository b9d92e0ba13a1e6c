"""Money that needs two people: a payment split by hand, and credit given back."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.wording import LANGUAGES
from tests.builders import Fund, a_borrower, a_lending_fund, a_loan, repaid
from tests.conftest import TODAY
from tests.services.derived import AT_20_000_A_DAY
from tests.services.months import closed
from tests.site import Site
from tests.web.test_change import HIDDEN, address, send
from tests.web.test_proposal import decide, plain

LOAN = "01/2020"
# On 1 June four months of interest are due, 620 + 580 + 620 + 600 thousand, and 22 days more
# have accrued; a contract in arrears pays principal first, of which none is due before 2021.
SPLIT = {
    "value_date": "01/06/2020",
    "amount": "3.000.000",
    "principal": "1.000.000",
    "interest": "2.000.000",
    "method": "bank",
}


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """One database: what differs between the two is tried below the pages."""
    return sqlite_engine


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    """A hundred million lent at 20,000 đồng a day on 10 January."""
    fund = a_lending_fund(session, clock)
    a_loan(fund, **AT_20_000_A_DAY)
    return fund


def cells(page: str) -> str:
    return " ".join(page.split()).replace("> <", "><")


def approved(site: Site, fund: Fund) -> str:
    """Let a manager approve the one proposal, and give its page."""
    number = fund.session.scalars(select(Proposal.id)).one()
    manager = site.sign_in(Role.MANAGER)
    assert decide(manager, number, "approve").status_code == 302
    return plain(manager.get(f"/proposals/{number}"))


def without_heads(page: str) -> str:
    """Leave out what each cell knows of its column."""
    return re.sub(r' data-(label="[^"]*"|empty)', "", page)


def test_a_split_stands_beside_the_order_and_is_posted_as_given(site: Site, fund: Fund) -> None:
    officer, path = site.sign_in(Role.OFFICER), address(fund, "given-split")

    officer.get(path)
    seen = without_heads(cells(plain(officer.post(path, {**SPLIT, "act": "preview"}))))
    answer = send(officer, path, {**SPLIT, "payer": "Bà Hoa"}, "Biên bản thỏa thuận 12")
    page = approved(site, fund)

    row = '<th scope="row">{}</th><td class="money">{}</td><td class="money of-due">{}</td>'
    # The order pays what is due, 2,420,000, and keeps the rest as credit.
    assert row.format("Lãi trong hạn", "2.860.000", "2.420.000") in seen
    assert '<td class="money">2.420.000</td><td class="money part">2.000.000</td>' in seen
    assert '<td class="money">580.000</td><td class="money part">–</td>' in seen
    assert answer.status_code == 302
    event = fund.session.scalars(select(LoanEvent).order_by(LoanEvent.id.desc())).first()
    assert event is not None
    assert event.payer == "Bà Hoa"
    assert event.payload["split"] == {"principal": 1_000_000, "interest": 2_000_000}
    receipt = address(fund, "").removesuffix("/propose/") + "/voucher/2"
    assert f'href="{receipt}">TTG-2020/000001</a>' in page
    assert officer.get(receipt).headers["Location"].endswith("/receipt/2")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"interest": "1.999.999"}, "amount"),
        ({"principal": "", "interest": ""}, "amount"),
        ({"interest": "2.860.001", "principal": "139.999"}, "interest"),
        ({"overdue_interest": "1.000", "interest": "1.999.000"}, "overdue_interest"),
        ({"late_interest": "1.000", "interest": "1.999.000"}, "late_interest"),
        ({"amount": "100.000.001", "principal": "100.000.001", "interest": ""}, "principal"),
        ({"value_date": "02/06/2020"}, "value_date"),
        ({"bank_reference": "FT2001"}, "bank_reference"),
    ],
)
def test_a_split_that_does_not_fit_is_refused_beside_its_field(
    site: Site, fund: Fund, typed: dict[str, str], field: str
) -> None:
    a_borrower(fund, "HTX Hòa Bình")
    a_loan(fund, "02/2020", borrower="htx-hoa-binh")
    repaid(fund, "02/2020", TODAY, 1_000, reference="FT2001")
    officer = site.sign_in(Role.OFFICER)
    path = f"/loan/{address_id(fund)}/propose/given-split"

    answer = send(officer, path, {**SPLIT, **typed}, "Biên bản")

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert not fund.session.scalars(select(Proposal)).all()


def test_a_split_may_share_its_transfer_with_another_loan_of_the_borrower(
    site: Site, fund: Fund
) -> None:
    path = address(fund, "given-split")
    a_loan(fund, "02/2020")
    repaid(fund, "02/2020", TODAY, 1_000, reference="FT2001")
    officer = site.sign_in(Role.OFFICER)

    answer = send(officer, path, {**SPLIT, "bank_reference": "ft 2001"}, "Biên bản 12")
    approved(site, fund)

    assert answer.status_code == 302
    event = fund.session.scalars(select(LoanEvent).order_by(LoanEvent.id.desc())).first()
    assert event is not None
    assert (
        event.note
        == "Biên bản 12 Cùng giao dịch với phiếu TTG-2020/000001 của hợp đồng 02/2020."
    )


def address_id(fund: Fund) -> str:
    """The id of the first loan, as addresses name it."""
    return str(fund.session.scalars(select(LoanEvent.loan_id).order_by(LoanEvent.id)).first())


def test_credit_goes_back_also_on_a_closed_loan(site: Site, fund: Fund) -> None:
    """Settled by 100,000,000 + 143 days × 20,000, and half a million more."""
    repaid(fund, LOAN, TODAY, 100_000_000 + 143 * 20_000 + 500_000)
    officer, path = site.sign_in(Role.OFFICER), address(fund, "credit-refund")
    typed = {"value_date": "01/06/2020", "amount": "500.000", "method": "cash"}

    offered = officer.get(path.removesuffix("/propose/credit-refund")).text
    form = plain(officer.get(path))
    refused = send(officer, path, {**typed, "amount": "500.001"}, "Khách đề nghị")
    answer = send(officer, path, {**typed, "recipient": "Bà Hoa"}, "Khách đề nghị")
    asked = plain(officer.get(answer.location or ""))
    page = approved(site, fund)

    assert "Người nhận tiền" in asked
    assert "Người nộp" not in asked
    assert "/propose/credit-refund" in offered
    assert "/propose/given-split" not in offered
    assert 'value="500.000"' in form
    assert refused.status_code == 422
    assert 'id="amount-error"' in refused.text
    assert "500.000 đ" in plain(refused)  # what there is
    assert answer.status_code == 302
    voucher = path.removesuffix("/propose/credit-refund") + "/voucher/3"
    assert f'href="{voucher}">PC-2020/000001</a>' in page
    paper = plain(officer.get(voucher))
    assert "Bà Hoa" in paper
    assert "Phiếu chi" in paper
    assert officer.post(f"{voucher}/print").status_code == 302
    assert "/propose/credit-refund" not in officer.get(path.partition("/propose")[0]).text


def test_a_loan_that_moved_since_the_preview_is_not_proposed_about(
    site: Site, fund: Fund
) -> None:
    officer, path = site.sign_in(Role.OFFICER), address(fund, "given-split")
    officer.get(path)
    shown = dict(HIDDEN.findall(plain(officer.post(path, {**SPLIT, "act": "preview"}))))
    repaid(fund, LOAN, TODAY, 1_000)

    answer = officer.post(path, {**SPLIT, **shown, "reason": "Biên bản", "act": "post"})

    assert answer.status_code == 422
    assert not fund.session.scalars(select(Proposal)).all()
    version = dict(HIDDEN.findall(plain(answer)))["version"]
    assert int(version) == int(shown["version"]) + 1  # the new picture is there to look at


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_what_reaches_a_closed_month_says_where_it_is_booked(
    site: Site, fund: Fund, chosen: str
) -> None:
    repaid(fund, LOAN, date(2020, 2, 10), 5_000_000)  # which leaves credit of 4,380,000
    closed(fund, date(2020, 3, 31))
    said = {"vi": "ghi sổ vào tháng 06/2020", "en": "booked in 06/2020"}[chosen]
    officer = site.sign_in(Role.OFFICER)
    officer.get("/proposals")
    officer.post("/language", {"language": chosen, "next": "/proposals"})

    for what, amount in (("given-split", {"principal": "1.000"}), ("credit-refund", {})):
        path = address(fund, what)
        assert officer.get(path).status_code == 200
        typed = {"amount": "1.000", **amount, "method": "bank"}
        for day, is_closed in (("31/03/2020", True), ("01/04/2020", False)):
            asked = {**typed, "value_date": day, "act": "preview"}
            assert (said in plain(officer.post(path, asked))) is is_closed
