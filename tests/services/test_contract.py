"""Contracts from draft to approval or cancellation, by two different people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.contract import TRANSITIONS, ContractAct, ContractState
from loanfund.domain.errors import (
    ConflictError,
    InvalidTermsError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.loan import Loan
from loanfund.services._contract import Decide
from loanfund.services._setting import SetSetting
from loanfund.services.borrower import change_borrower
from loanfund.services.contract import approve_contract, cancel_contract, change_contract
from loanfund.services.reversal import Reverse, reverse
from loanfund.services.setting import set_setting
from tests.builders import Fund, a_borrower, a_loan, a_source, disbursed
from tests.services.at_once import accepted, at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import contents, loan_json, portfolio_on, verified
from tests.services.drafts import a_draft, facts
from tests.services.refusal import refusal_of

LOAN = "01/2020"
SIGNED = date(2020, 1, 10)
TODAY = date(2020, 6, 1)


def approved(fund: Fund, **more: Any) -> Loan:
    decision = Decide(contract_number=LOAN, **more)
    return approve_contract(fund.session, decision, fund.manager, fund.clock)


def cancelled(fund: Fund, **more: Any) -> Loan:
    decision = Decide(contract_number=LOAN, **more)
    return cancel_contract(fund.session, decision, fund.officer, fund.clock)


def test_a_draft_is_approved_by_another_person(fund: Fund) -> None:
    a_draft(fund)

    row = approved(fund)

    assert (row.state, row.recorded_by, row.approved_by) == (
        "approved",
        fund.officer.user_id,
        fund.manager.user_id,
    )
    query = select(AuditLine.action, AuditLine.recorded_by).where(AuditLine.object_id == LOAN)
    assert [tuple(line) for line in fund.session.execute(query.order_by(AuditLine.id))] == [
        ("draft_contract", fund.officer.user_id),
        ("approve_contract", fund.manager.user_id),
    ]


ACTS: dict[ContractAct, Callable[[Fund], Loan]] = {
    ContractAct.APPROVE: approved,
    ContractAct.CANCEL: cancelled,
}
WAYS: dict[ContractState, tuple[ContractAct, ...]] = {
    ContractState.DRAFT: (),
    ContractState.APPROVED: (ContractAct.APPROVE,),
    ContractState.CANCELLED: (ContractAct.CANCEL,),
}


@pytest.mark.parametrize("act", ContractAct)
@pytest.mark.parametrize("state", ContractState)
def test_every_pair_of_state_and_act_is_as_the_table_says(
    fund: Fund, state: ContractState, act: ContractAct
) -> None:
    a_draft(fund)
    for step in WAYS[state]:
        ACTS[step](fund)
    stands = contents(fund.session)

    after = TRANSITIONS.get((state, act))
    if after is None:
        refusal = refusal_of(lambda: ACTS[act](fund))
        assert (type(refusal), refusal.reason) == (ConflictError, "contract_state")
        assert contents(fund.session) == stands
    else:
        assert ACTS[act](fund).state == after


def test_a_source_promises_no_more_than_it_has(fund: Fund) -> None:
    """Of 150 million 100 are promised: 50 more can be, whoever submitted first."""
    a_source(fund, "NHO", capital=150_000_000)
    for number, amount in (("11/2020", 100), ("12/2020", 51), ("13/2020", 50)):
        terms = {"amount": amount * 1_000_000}
        a_draft(fund, contract_number=number, source_code="NHO", terms=terms)

    def approve(number: str) -> Loan:
        decision = Decide(contract_number=number)
        return approve_contract(fund.session, decision, fund.manager, fund.clock)

    approve("11/2020")
    refusal = refusal_of(lambda: approve("12/2020"))
    approve("13/2020")

    assert refusal.reason == "over_promised"
    assert refusal.facts == {"left": Money(50_000_000), "promised": Money(100_000_000)}


def test_nothing_comes_back_from_cancelled() -> None:
    assert not [act for state, act in TRANSITIONS if state is ContractState.CANCELLED]


def test_a_contract_on_which_money_is_lent_is_not_cancelled(fund: Fund) -> None:
    a_loan(fund)

    refusal = refusal_of(lambda: cancelled(fund))

    assert (type(refusal), refusal.reason) == (ConflictError, "contract_disbursed")


def test_once_the_disbursement_is_reversed_it_may_be_cancelled(fund: Fund) -> None:
    a_loan(fund)
    undo = Reverse(contract_number=LOAN, sequence=1, reason="Chưa giải ngân")
    reverse(fund.session, undo, fund.officer, fund.clock)

    row = cancelled(fund, reason="Khách hàng rút hồ sơ")

    assert row.state == "cancelled"
    refusal = refusal_of(lambda: disbursed(fund, LOAN, SIGNED, 1))
    assert refusal.reason == "contract_not_approved"
    assert portfolio_on(fund.session, TODAY, TODAY)["total"]["outstanding"] == 0
    assert verified(fund) == []


def test_an_approval_of_what_changed_meanwhile_is_refused(fund: Fund) -> None:
    shown = a_draft(fund).version
    change_contract(fund.session, facts(terms={"amount": 1}), shown, fund.officer, fund.clock)

    refusal = refusal_of(lambda: approved(fund, version=shown))

    assert (refusal.reason, refusal.facts) == ("stale", {"shown": shown, "stands": shown + 1})
    assert approved(fund, version=shown + 1).amount == Money(1)


def test_a_change_of_what_changed_meanwhile_is_refused(fund: Fund) -> None:
    shown = a_draft(fund).version
    change_contract(fund.session, facts(jobs=5), shown, fund.officer, fund.clock)

    refusal = refusal_of(
        lambda: change_contract(fund.session, facts(jobs=6), shown, fund.officer, fund.clock)
    )

    assert (type(refusal), refusal.reason) == (ConflictError, "stale")


def test_an_approved_contract_is_not_changed(fund: Fund) -> None:
    a_draft(fund)
    version = approved(fund).version

    refusal = refusal_of(
        lambda: change_contract(fund.session, facts(), version, fund.officer, fund.clock)
    )

    assert (type(refusal), refusal.reason) == (ConflictError, "contract_state")


def test_two_approvals_at_once_approve_once(own_engine: Engine, clock: FixedClock) -> None:
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        a_draft(fund)

    def approve(session: Session) -> Loan:
        return approve_contract(session, Decide(contract_number=LOAN), fund.manager, fund.clock)

    outcomes = at_once(own_engine, [approve] * 4)

    assert len(accepted(outcomes)) == 1
    assert refused(outcomes) == [("conflict", "contract_state")] * 3


def test_who_typed_a_contract_does_not_approve_it_even_as_a_manager(fund: Fund) -> None:
    a_draft(fund)
    promoted = replace(fund.officer, role=Role.MANAGER)

    refusal = refusal_of(
        lambda: approve_contract(
            fund.session, Decide(contract_number=LOAN), promoted, fund.clock
        )
    )

    assert (type(refusal), refusal.reason) == (PermissionDeniedError, "maker_is_checker")


def test_area_and_sector_are_those_of_the_signing(fund: Fund) -> None:
    a_borrower(fund, "HTX An", area="Lục Ngạn", sector="Trồng trọt")
    a_draft(fund, borrower_code="htx-an")
    approved(fund)
    moved = BorrowerFacts(
        code="htx-an", name="HTX An", kind="cooperative", area="Yên Thế", sector="Vận tải"
    )
    change_borrower(fund.session, moved, 1, fund.officer, fund.clock)

    row = fund.session.scalars(select(Loan)).one()

    assert (row.area, row.sector) == ("Lục Ngạn", "Trồng trọt")


def test_settings_of_the_signing_day_fill_in_what_a_contract_does_not_say(fund: Fund) -> None:
    def set_late_interest(value: str, day: date) -> None:
        request = SetSetting(key="late_interest_rate", value=value, valid_from=day)
        set_setting(fund.session, request, fund.accountant, fund.clock, fund.manager)

    set_late_interest("5", date(2020, 1, 1))
    set_late_interest("8", date(2020, 1, 11))

    silent = a_draft(fund)
    says_so = a_draft(fund, contract_number="02/2020", terms={"late_interest_rate": "3"})
    later = a_draft(fund, contract_number="03/2020", signed_on=date(2020, 1, 11))

    found = [row.late_interest_rate for row in (silent, says_so, later)]
    assert found == [Rate.percent("5"), Rate.percent("3"), Rate.percent("8")]


def test_a_contract_tolerates_what_the_fund_does_on_its_signing_day(fund: Fund) -> None:
    request = SetSetting(key="tolerance", value=2_000, valid_from=date(2020, 1, 11))
    set_setting(fund.session, request, fund.accountant, fund.clock, fund.manager)

    silent = a_draft(fund)
    says_so = a_draft(fund, contract_number="02/2020", terms={"tolerance": 0})
    later = a_draft(fund, contract_number="03/2020", signed_on=date(2020, 1, 11))

    assert [row.tolerance.dong for row in (silent, says_so, later)] == [1_000, 0, 2_000]


def test_a_setting_of_a_source_comes_before_that_of_the_fund(fund: Fund) -> None:
    for source, value in ((None, "2"), ("QUY", "1.3")):
        request = SetSetting(
            key="overdue_rate_multiplier",
            value=value,
            valid_from=date(2020, 1, 1),
            source_code=source,
        )
        set_setting(fund.session, request, fund.accountant, fund.clock, fund.manager)

    assert a_draft(fund).overdue_rate_thousandths == 1_300


def test_a_setting_made_later_does_not_touch_what_was_signed(fund: Fund) -> None:
    a_loan(fund)
    before = loan_json(fund.session, LOAN, TODAY)
    request = SetSetting(key="overdue_rate_multiplier", value="3", valid_from=date(2020, 1, 1))

    set_setting(fund.session, request, fund.accountant, fund.clock, fund.manager)

    assert loan_json(fund.session, LOAN, TODAY) == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"borrower_code": "khong"}, "borrower"), ({"source_code": "KHONG"}, "capital_source")],
)
def test_unknown_parties_are_not_found(
    fund: Fund, changes: dict[str, Any], reason: str
) -> None:
    refusal = refusal_of(lambda: a_draft(fund, **changes))

    assert (type(refusal), refusal.reason) == (NotFoundError, reason)


def test_terms_that_give_no_schedule_are_no_draft(fund: Fund) -> None:
    # 10.000 over 12 instalments of whole millions leaves instalments of nothing.
    terms = {
        "amount": 10_000,
        "repayment_method": "equal_principal",
        "principal_rounding": 1_000_000,
    }

    assert isinstance(refusal_of(lambda: a_draft(fund, terms=terms)), InvalidTermsError)


def test_a_number_is_given_to_one_contract(fund: Fund) -> None:
    a_draft(fund)

    refusal = refusal_of(lambda: a_draft(fund))

    assert (type(refusal), refusal.reason) == (ConflictError, "contract_number")


def test_deciding_about_an_unknown_contract_is_not_found(fund: Fund) -> None:
    for act in (approved, cancelled):
        assert isinstance(refusal_of(lambda act=act: act(fund)), NotFoundError)  # type: ignore[misc]
