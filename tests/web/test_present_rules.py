"""The page that proposes the present rules for contracts on file, and its approver's."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import LoanEvent
from loanfund.models.proposal import Proposal
from tests.builders import Fund, a_lending_fund, a_loan, repaid
from tests.prepared import prepared
from tests.site import Site
from tests.web.test_proposal import decided_last
from tests.web.test_repayment import hidden, plain

ADDRESS = "/contracts/present-rules"


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Of the 493,151 due on 15/05/2020 151 are missing: 17 days late, or tolerated."""
    fund = a_lending_fund(session, clock)
    a_loan(fund, edition=1, tolerance=0, signed_on=date(2020, 4, 15))
    repaid(fund, "01/2020", date(2020, 5, 15), 493_000)
    return fund


def test_it_is_shown_proposed_once_and_approved_on_what_it_changes(
    site: Site, fund: Fund
) -> None:
    officer, manager = site.sign_in(Role.OFFICER), site.sign_in(Role.MANAGER)
    page = plain(officer.get(ADDRESS))
    sent = {"reason": "QĐ 12", "shown": hidden(page)["shown"]}

    refused = officer.post(ADDRESS, sent | {"reason": ""})
    done = officer.post(ADDRESS, sent)
    again = officer.post(ADDRESS, sent)
    seen = plain(manager.get(done.headers["Location"]))
    proposal = fund.session.scalars(select(Proposal)).one()
    manager.post(
        f"/proposals/{proposal.id}/approve", {"payload_hash": hidden(seen)["payload_hash"]}
    )

    moved = re.compile(r"<del>17</del>\s*→\s*<ins>0</ins>")
    assert moved.search(page)
    assert decided_last(page, ADDRESS)
    assert decided_last(seen)
    assert refused.status_code == 422
    assert (done.status_code, again.headers.get("Location")) == (302, done.headers["Location"])
    assert moved.search(seen)
    assert "Đưa 1 hợp đồng về quy tắc tính hiện hành" in seen
    amended = select(func.count()).where(LoanEvent.type == "amend")
    assert fund.session.scalar(amended) == 1
    assert "Không còn hợp đồng nào" in plain(officer.get(ADDRESS))


def test_other_contracts_than_were_shown_are_shown_first(site: Site, fund: Fund) -> None:
    officer = site.sign_in(Role.OFFICER)
    page = plain(officer.get(ADDRESS))
    a_loan(fund, "02/2020", edition=1, tolerance=0, signed_on=date(2020, 5, 15))

    answer = officer.post(ADDRESS, {"reason": "QĐ 12", "shown": hidden(page)["shown"]})

    assert answer.status_code == 422
    assert "02/2020" in answer.text
    assert fund.session.scalars(select(Proposal)).all() == []
