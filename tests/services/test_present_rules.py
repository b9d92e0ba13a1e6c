"""Contracts on file come under the present rules by one proposal, which a manager approves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.errors import ConflictError, PermissionDeniedError
from loanfund.domain.money import Money
from loanfund.models.proposal import Proposal
from loanfund.queries._standing import Moment
from loanfund.queries.loan import loan_at
from loanfund.services._present_rules import Renewal, present_rules, renewals
from loanfund.services.proposal import Decide, Propose, approve, propose
from tests.builders import Fund, a_borrower, a_fund, a_loan, a_source, repaid
from tests.conftest import TODAY
from tests.prepared import prepared
from tests.queries.test_remarks import CUSTOM
from tests.services.derived import verified

OLD: dict[str, Any] = {"edition": 1, "tolerance": 0, "signed_on": date(2020, 4, 15)}


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Due on 15/05 are 493,151: 01 lacks 151 of it, 17 days ago; 02 paid it, 03 is of today."""
    fund = a_fund(session, clock)
    a_source(fund, capital=2_000_000_000)
    a_borrower(fund)
    for number, amount in (("01/2020", 493_000), ("02/2020", 493_151)):
        a_loan(fund, number, **OLD)
        repaid(fund, number, date(2020, 5, 15), amount)
    a_loan(fund, "03/2020")
    a_loan(fund, "04/2020", edition=1, tolerance=0, amount=90_000_000, **CUSTOM)
    a_loan(fund, "05/2020", **OLD)
    repaid(fund, "05/2020", date(2020, 4, 15), 100_000_000)
    return fund


def found(fund: Fund) -> dict[str, Renewal]:
    return {one.contract_number: one for one in renewals(fund.session, TODAY)}


def proposed(fund: Fund) -> Decide:
    asked = present_rules(renewals(fund.session, TODAY))
    number = propose(fund.session, Propose(proposed=asked), fund.officer, fund.clock)
    row = fund.session.get_one(Proposal, number)
    return Decide(proposal_id=number, payload_hash=row.payload_hash)


def terms_and_days(fund: Fund, contract: str) -> tuple[int, Money, int]:
    folded = loan_at(fund.session, contract, Moment(TODAY)).folded
    terms = folded.history.terms
    return terms.edition, terms.tolerance, folded.position().days_past_due


def test_what_would_change_is_shown_and_what_cannot_be_says_why(fund: Fund) -> None:
    """What is settled, or signed under the present rules, is not asked about."""
    known = found(fund)

    assert list(known) == ["01/2020", "02/2020", "04/2020"]
    assert [one.changes for one in known.values()] == [True, False, False]
    late = known["01/2020"]
    assert late.after is not None
    assert (late.before.days_past_due, late.after.days_past_due) == (17, 0)
    assert [bool(one.refusal) for one in known.values()] == [False, False, True]


def test_one_approval_amends_them_all(fund: Fund) -> None:
    asked = proposed(fund)
    repaid(fund, "02/2020", TODAY, 1_000)  # money that comes meanwhile changes nothing

    assert approve(fund.session, asked, fund.manager, fund.clock) == {"loans": 2}

    assert terms_and_days(fund, "01/2020") == (2, Money(1_000), 0)
    assert terms_and_days(fund, "02/2020") == (2, Money(1_000), 0)
    assert terms_and_days(fund, "03/2020")[0] == 2
    assert terms_and_days(fund, "05/2020")[0] == 1
    assert list(found(fund)) == ["04/2020"]
    assert verified(fund) == []


def test_its_maker_does_not_approve_it_and_nothing_is_proposed_twice(fund: Fund) -> None:
    asked = proposed(fund)

    with pytest.raises(ConflictError):
        proposed(fund)
    with pytest.raises(PermissionDeniedError):
        approve(fund.session, asked, fund.officer, fund.clock)
    approve(fund.session, asked, fund.manager, fund.clock)
    with pytest.raises(ConflictError) as refusal:
        proposed(fund)
    assert refusal.value.reason == "nothing_to_renew"
