"""What lies in a closed month is taken back by two people, and restates it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Rate
from loanfund.domain.permission import Role
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.services.restructuring import ChangeRate, WriteOff, restructure
from loanfund.wording import LANGUAGES
from tests.builders import Fund, a_lending_fund, a_loan, repaid
from tests.conftest import TODAY
from tests.prepared import prepared
from tests.services.derived import AT_20_000_A_DAY, verified
from tests.services.months import closed
from tests.site import Site
from tests.web.test_change import HIDDEN
from tests.web.test_proposal import decide, plain

LOAN, MARCH_ENDS = "01/2020", date(2020, 3, 31)
LENT, PAID, CHANGED, PAID_LATER = 1, 2, 3, 4


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """One database: what differs between the two is tried below the pages."""
    return sqlite_engine


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Lent in January, February's interest paid, a new rate in March; closed through March."""
    fund = a_lending_fund(session, clock)
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    lower = ChangeRate(
        contract_number=LOAN, value_date=date(2020, 3, 10), annual_rate=Rate.percent("3.65")
    )
    restructure(session, lower, fund.officer, clock, fund.manager)
    repaid(fund, LOAN, TODAY, 1_000)
    closed(fund, MARCH_ENDS)
    return fund


def path(fund: Fund, rest: str = "") -> str:
    loan_id = fund.session.scalars(select(LoanEvent.loan_id)).first()
    return f"/loan/{loan_id}{rest}"


def asking(fund: Fund, sequence: int) -> str:
    return path(fund, f"/event/{sequence}/propose/reversal")


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ACCOUNTANT])
def test_a_receipt_of_a_closed_month_is_reversed_by_two_people(
    site: Site, fund: Fund, role: Role
) -> None:
    """February's 620,000 are unpaid again: booked on 1 June, shown as restating February."""
    maker, address = site.sign_in(role), asking(fund, PAID)
    manager = site.sign_in(Role.MANAGER)

    begun = maker.get(path(fund, f"/receipt/{PAID}/reverse"))
    seen = maker.get(address)
    shown = dict(HIDDEN.findall(plain(seen))) | {"act": "post"}
    without = maker.post(address, shown)
    answer = maker.post(address, shown | {"reason": "Chuyển khoản bị hoàn"})
    row = fund.session.scalars(select(Proposal)).one()
    own = decide(maker, row.id, "approve")
    page = plain(manager.get(f"/proposals/{row.id}"))
    last = fund.session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id.desc())).first()
    decided = decide(manager, row.id, "approve")

    assert begun.headers["Location"] == address
    assert "Hoàn TTG-2020/000001" in plain(seen)
    assert without.status_code == 422
    assert 'id="reason-error"' in without.text
    assert answer.headers["Location"] == f"/proposals/{row.id}"
    assert (row.action, own.status_code) == ("reverse_in_closed_month", 403)
    assert "Hoàn TTG-2020/000001 ngày 10/02/2020 (Thu nợ)" in plain(manager.get("/proposals"))
    for told in (plain(seen), page):
        assert "ghi sổ vào tháng 06/2020" in told
        assert "TTG-2020/000001 ngày 10/02/2020" in told
    assert decided.status_code == 302
    rows = fund.session.scalars(select(LedgerEntry).where(LedgerEntry.id > last)).all()
    late = [one for one in rows if one.value_date <= MARCH_ENDS]
    assert late
    assert {one.booking_date for one in late} == {TODAY}
    restated = plain(manager.get("/period/2020-03")).partition("Điều chỉnh ghi sau")[2]
    assert LOAN in restated
    assert "Chuyển khoản bị hoàn" in plain(maker.get(path(fund, f"/receipt/{PAID}")))
    assert verified(fund) == []


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_one_begins_where_the_event_is_seen(site: Site, fund: Fund, chosen: str) -> None:
    """The new rate on the loan's page, the money lent on its voucher; open months have none."""
    officer = site.sign_in(Role.OFFICER)
    officer.get("/proposals")
    officer.post("/language", {"language": chosen, "next": "/proposals"})

    loan, lent = officer.get(path(fund)).text, officer.get(path(fund, f"/voucher/{LENT}")).text
    reader = site.sign_in(Role.AUDITOR).get(path(fund)).text

    for sequence, is_offered in ((PAID, True), (CHANGED, True), (PAID_LATER, False)):
        assert (f'href="{asking(fund, sequence)}"' in loan) is is_offered
    assert f'href="{asking(fund, LENT)}"' in lent
    assert "/propose/reversal" not in reader
    page = officer.get(asking(fund, CHANGED))
    assert page.status_code == 200
    assert "data-post" in page.text


def test_what_others_stand_on_is_not_taken_back(site: Site, fund: Fund) -> None:
    page = site.sign_in(Role.OFFICER).get(asking(fund, LENT))

    assert "data-post" not in page.text.split("<main")[1].split("</main")[0]
    assert 'class="notice bad"' in page.text


def test_only_what_stands_in_a_closed_month_is_proposed(site: Site, fund: Fund) -> None:
    officer, manager = site.sign_in(Role.OFFICER), site.sign_in(Role.MANAGER)
    address = asking(fund, CHANGED)
    shown = dict(HIDDEN.findall(plain(officer.get(address)))) | {"act": "post"}
    officer.post(address, shown | {"reason": "Sai quyết định"})
    number = fund.session.scalars(select(Proposal.id)).one()
    assert decide(manager, number, "approve").status_code == 302

    again = plain(officer.get(address))
    open_month = officer.get(asking(fund, PAID_LATER))

    assert "Việc này đã được hoàn" in again
    assert open_month.headers["Location"] == path(fund, f"/receipt/{PAID_LATER}/reverse")
    for sequence in (5, 99):  # the reversal itself, and nothing
        assert officer.get(asking(fund, sequence)).status_code == 404


def test_what_is_no_receipt_is_taken_back_by_two_in_an_open_month_too(
    site: Site, fund: Fund
) -> None:
    """Written off on 1 June by mistake: no month is closed over it, and one alone cannot."""
    wrong = WriteOff(contract_number=LOAN, value_date=TODAY)
    restructure(fund.session, wrong, fund.officer, fund.clock, fund.manager)
    written_off = PAID_LATER + 1
    officer, manager = site.sign_in(Role.OFFICER), site.sign_in(Role.MANAGER)
    address = asking(fund, written_off)

    offered = [officer.get(path(fund, at)).text for at in ("", f"/voucher/{written_off}")]
    shown = dict(HIDDEN.findall(plain(officer.get(address)))) | {"act": "post"}
    sent = officer.post(address, shown | {"reason": "Ghi nhầm khoản"})
    number = fund.session.scalars(select(Proposal.id)).one()
    decided = decide(manager, number, "approve")

    assert all(f'href="{address}"' in page for page in offered)
    assert sent.headers["Location"] == f"/proposals/{number}"
    assert decided.status_code == 302
    assert "Việc này đã được hoàn" in plain(officer.get(address))
    assert verified(fund) == []
