"""What two people decide about a loan, and what the ledger says of it (rules §§8 and 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from loanfund.domain.errors import (
    ConflictError,
    InvalidTermsError,
    LoanClosedError,
    OverWaiverError,
    PlanMismatchError,
)
from loanfund.domain.event import RescheduleKind, WaiverOf
from loanfund.domain.money import Money, Rate
from loanfund.domain.simulation import position_json
from loanfund.domain.terms import PlannedInstalment
from loanfund.models.loan import LoanEvent
from loanfund.services._loan_change import Recorded
from loanfund.services.restructuring import (
    Amend,
    ChangeRate,
    Freeze,
    Reschedule,
    Restructuring,
    WaiveInterest,
    WriteOff,
    preview_restructuring,
    restructure,
)
from tests.builders import Fund, a_loan, a_source, repaid
from tests.services.derived import AT_20_000_A_DAY, balances, contents, loan_json, verified
from tests.services.refusal import refusal_of

LOAN = "01/2020"
TODAY = date(2020, 6, 1)


def decided(fund: Fund, request: Restructuring) -> Recorded:
    return restructure(fund.session, request, fund.officer, fund.clock, fund.manager)


def position(fund: Fund, day: date = TODAY) -> dict[str, Any]:
    found: dict[str, Any] = loan_json(fund.session, LOAN, day)["position"]
    return found


def extended(amount: int = 100_000_000, day: date = date(2020, 5, 1)) -> Reschedule:
    return Reschedule(
        contract_number=LOAN,
        value_date=day,
        kind=RescheduleKind.EXTEND,
        plan=(PlannedInstalment(date(2021, 6, 10), Money(amount)),),
        reference="12/QĐ-QHT",
    )


def test_the_worked_line_of_the_rules(fund: Fund) -> None:
    """100 million at 6 % for a month, its principal paid 45 days late (rules §13)."""
    a_loan(fund, signed_on=date(2019, 1, 10), term_months=1)
    repaid(fund, LOAN, date(2019, 2, 10), 509_589)
    repaid(fund, LOAN, date(2019, 3, 27), 100_000_000 + 690_411 + 419_178)

    assert balances(fund.session, LOAN, date(2019, 2, 10)) == {
        "principal_overdue": 100_000_000,
        "bank": 509_589 - 100_000_000,
        "interest_income": -509_589,
    }
    assert balances(fund.session, LOAN, date(2019, 3, 26)) == {
        "principal_overdue": 100_000_000,
        "bank": 509_589 - 100_000_000,
        "interest_income": -509_589,
        "off_balance_interest": 690_411,
        "off_balance_contra": -690_411,
    }
    assert balances(fund.session, LOAN, date(2019, 3, 27)) == {
        "bank": 509_589 + 690_411 + 419_178,
        "interest_income": -509_589,
        "overdue_interest_income": -1_109_589,
    }
    assert position(fund)["status"] == "closed"
    assert verified(fund) == []


def test_a_decision_names_its_number_and_both_people(fund: Fund) -> None:
    a_loan(fund)

    decided(fund, extended())

    row = fund.session.scalars(select(LoanEvent).where(LoanEvent.sequence == 2)).one()
    assert (row.type, row.reference, row.number) == ("reschedule", "12/QĐ-QHT", None)
    assert (row.recorded_by, row.approved_by) == (fund.officer.user_id, fund.manager.user_id)


def test_what_was_shown_of_a_decision_is_what_is_posted(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    request = extended()

    shown = preview_restructuring(fund.session, request, fund.clock)
    posted = decided(fund, replace(request, version=shown.version))

    assert posted.result["position"] == position_json(shown.plan.position_after)
    assert position(fund) == posted.result["position"]


def test_a_stale_preview_of_a_decision_is_refused(fund: Fund) -> None:
    a_loan(fund)
    shown = preview_restructuring(fund.session, extended(), fund.clock)
    repaid(fund, LOAN, TODAY, 1_000)

    refusal = refusal_of(lambda: decided(fund, replace(extended(), version=shown.version)))

    assert (type(refusal), refusal.reason) == (ConflictError, "stale_preview")


def test_an_extension_puts_overdue_principal_in_term_again(fund: Fund) -> None:
    a_loan(fund, term_months=3, **AT_20_000_A_DAY)  # due on 10/04
    assert balances(fund.session, LOAN, TODAY)["principal_overdue"] == 100_000_000

    decided(fund, extended())

    assert "principal_overdue" not in balances(fund.session, LOAN, TODAY)
    assert balances(fund.session, LOAN, TODAY)["principal_in_term"] == 100_000_000
    assert balances(fund.session, LOAN, date(2020, 4, 30))["principal_overdue"] == 100_000_000
    assert position(fund)["maturity_date"] == "2021-06-10"
    assert verified(fund) == []


@pytest.mark.parametrize("amount", [99_999_999, 100_000_001])
def test_a_plan_that_does_not_sum_to_the_debt_is_refused(fund: Fund, amount: int) -> None:
    a_loan(fund)
    stands = contents(fund.session)

    assert isinstance(refusal_of(lambda: decided(fund, extended(amount))), PlanMismatchError)
    assert contents(fund.session) == stands


def test_a_new_rate_counts_from_its_day(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    half = ChangeRate(
        contract_number=LOAN, value_date=date(2020, 2, 10), annual_rate=Rate.percent("3.65")
    )

    decided(fund, half)

    # 31 days at 20.000, then 29, 31 and 30 at 10.000.
    assert position(fund)["interest_open"] == 620_000 + 290_000 + 310_000 + 300_000
    assert verified(fund) == []


def test_on_frozen_days_nothing_accrues_and_what_falls_due_moves_on(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    frozen = Freeze(contract_number=LOAN, value_date=date(2020, 3, 1), until=date(2020, 4, 20))

    decided(fund, frozen)

    # 20 days from 10/02 to 29/02, and none of the freeze, due on 20/04; then 20 days to 10/05.
    assert position(fund, date(2020, 4, 19))["interest_open"] == 0
    assert position(fund, date(2020, 4, 20))["interest_open"] == 400_000
    assert position(fund)["interest_open"] == 800_000
    assert verified(fund) == []


@pytest.mark.parametrize("day", [date(2020, 2, 20), date(2020, 3, 20)])
def test_a_waiver_takes_interest_off_whichever_balance_it_stands_on(
    fund: Fund, day: date
) -> None:
    """On 20/02 the charge is on the balance sheet; since 29/02, with group 2, it is not."""
    a_loan(fund, **AT_20_000_A_DAY)
    forgiven = WaiveInterest(contract_number=LOAN, value_date=day, amount=Money(620_000))

    decided(fund, forgiven)

    found = balances(fund.session, LOAN, date(2020, 3, 9) if day.month == 2 else day)
    expected = {"principal_in_term": 100_000_000, "bank": -100_000_000}
    if day.month == 3:  # of 10/03 stands: February's charge was the older, and is forgiven
        expected |= {"off_balance_interest": 580_000, "off_balance_contra": -580_000}
    assert found == expected
    assert verified(fund) == []


def test_more_than_is_open_cannot_be_waived(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    too_much = WaiveInterest(
        contract_number=LOAN,
        value_date=date(2020, 2, 20),
        amount=Money(620_001),
        of=WaiverOf.INTEREST,
    )

    assert isinstance(refusal_of(lambda: decided(fund, too_much)), OverWaiverError)


@pytest.mark.parametrize(
    ("bears_risk", "loss", "income"),
    [
        (True, "specific_provision", "interest_income"),
        (False, "entrusted_loss", "entrusted_interest_payable"),
    ],
)
def test_a_write_off_is_borne_by_whose_risk_it_was(
    fund: Fund, loss: str, income: str, *, bears_risk: bool
) -> None:
    a_source(fund, "KHAC", bears_risk=bears_risk)
    a_loan(fund, source="KHAC", **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)

    decided(fund, WriteOff(contract_number=LOAN, value_date=date(2020, 3, 1)))

    # 20 days since 10/02 are charged on that day, on the balance sheet, and leave it at once.
    assert balances(fund.session, LOAN, TODAY) == {
        "bank": 620_000 - 100_000_000,
        income: -620_000,
        loss: 100_000_000,
        "off_balance_principal": 100_000_000,
        "off_balance_interest": 400_000,
        "off_balance_contra": -100_400_000,
    }
    assert position(fund)["written_off_interest"] == 400_000
    assert verified(fund) == []


def test_after_a_write_off_nothing_but_recoveries_happens(fund: Fund) -> None:
    a_loan(fund)
    decided(fund, WriteOff(contract_number=LOAN, value_date=date(2020, 5, 1)))

    for request in (
        extended(day=date(2020, 5, 2)),
        WriteOff(contract_number=LOAN, value_date=date(2020, 5, 2)),
    ):
        refusal = refusal_of(lambda request=request: decided(fund, request))  # type: ignore[misc]
        assert isinstance(refusal, LoanClosedError)


def test_an_amendment_is_as_if_the_contract_had_said_so(fund: Fund) -> None:
    a_loan(fund, annual_rate="3.65")
    a_loan(fund, "02/2020", **AT_20_000_A_DAY)

    decided(fund, Amend(contract_number=LOAN, terms={"annual_rate": "7.3"}))

    found = [loan_json(fund.session, number, TODAY) for number in (LOAN, "02/2020")]
    assert found[0] == found[1]
    assert balances(fund.session, LOAN, TODAY) == balances(fund.session, "02/2020", TODAY)
    assert verified(fund) == []


def test_an_amendment_that_leaves_impossible_terms_is_refused(fund: Fund) -> None:
    a_loan(fund)
    wrong = Amend(contract_number=LOAN, terms={"late_interest_rate": "10.5"})

    refusal = refusal_of(lambda: decided(fund, wrong))

    assert (type(refusal), getattr(refusal, "event", None)) == (InvalidTermsError, "2")
