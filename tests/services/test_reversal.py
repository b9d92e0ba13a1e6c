"""A reversal takes back all that an event caused; a correction puts another in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    LoanClosedError,
    UnknownReversalError,
)
from loanfund.domain.event import RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.terms import Component, PlannedInstalment, Surplus
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import LoanEvent
from loanfund.models.period import Books
from loanfund.models.proposal import Proposal
from loanfund.services._loan_change import LoanChange, Recorded, record
from loanfund.services._proposable import loan_change, read_loan_change
from loanfund.services.proposal import Propose, propose
from loanfund.services.repayment import Repay
from loanfund.services.restructuring import (
    Amend,
    ChangeRate,
    Freeze,
    Reschedule,
    Restructuring,
    WaiveInterest,
    WriteOff,
    restructure,
)
from loanfund.services.reversal import Correct, Reverse, preview_reversal, reverse
from tests.builders import Fund, a_borrower, a_contract, a_loan, a_source, disbursed, repaid
from tests.services.at_once import accepted, at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import (
    AT_20_000_A_DAY,
    accounts_by_day,
    balances,
    contents,
    days_between,
    derived,
    loan_json,
    verified,
    without_ids,
)
from tests.services.refusal import refusal_of

pytestmark = pytest.mark.slow

LOAN = "01/2020"
SIGNED = date(2020, 1, 10)
TODAY = date(2020, 6, 1)
# Before, on and between all that happens; the state machine asks about every other day.
DAYS = days_between(date(2020, 1, 9), TODAY, step=6)


def reversed_by_officer(fund: Fund, sequence: int, **more: Any) -> Recorded:
    request = Reverse(contract_number=LOAN, sequence=sequence, reason="Ghi nhầm", **more)
    return reverse(fund.session, request, fund.officer, fund.clock)


def decided(fund: Fund, request: Restructuring) -> Recorded:
    return restructure(fund.session, request, fund.officer, fund.clock, fund.manager)


def a_history(fund: Fund) -> None:
    """Two loans of one borrower with a past that later events build on."""
    a_contract(fund, **AT_20_000_A_DAY, repayment_method="equal_principal")
    disbursed(fund, LOAN, SIGNED, 60_000_000)
    repaid(fund, LOAN, date(2020, 2, 10), 5_000_000)
    disbursed(fund, LOAN, date(2020, 2, 20), 40_000_000)
    repaid(fund, LOAN, date(2020, 3, 25), 9_000_000)
    repaid(fund, LOAN, date(2020, 5, 12), 20_000_000)
    a_loan(fund, "02/2020", **AT_20_000_A_DAY)


def after_history(what: str) -> Any:
    """What may be recorded on 01/04 in the middle of that history, by its name."""
    day = date(2020, 4, 1)
    requests: dict[str, Any] = {
        "rate change": ChangeRate(
            contract_number=LOAN, value_date=day, annual_rate=Rate.percent("3.65")
        ),
        "freeze": Freeze(contract_number=LOAN, value_date=day, until=date(2020, 4, 20)),
        "waiver": WaiveInterest(contract_number=LOAN, value_date=day, amount=Money(1_000)),
        "amendment": Amend(contract_number=LOAN, terms={"late_interest_rate": "10"}),
    }
    return requests[what]


def test_a_payment_in_the_middle_taken_back_leaves_no_trace_in_any_figure(fund: Fund) -> None:
    a_history(fund)
    before = derived(fund.session, DAYS, TODAY)
    wrong = repaid(fund, LOAN, date(2020, 3, 1), 30_000_000).result["event"]
    assert loan_json(fund.session, LOAN, TODAY) != before["loans"][LOAN, TODAY]

    reversed_by_officer(fund, wrong)

    assert derived(fund.session, DAYS, TODAY) == before


@pytest.mark.parametrize("what", ["rate change", "freeze", "waiver", "amendment"])
def test_any_other_change_taken_back_leaves_no_trace_either(fund: Fund, what: str) -> None:
    a_history(fund)
    days = days_between(date(2020, 1, 9), TODAY, step=12)
    before = derived(fund.session, days, TODAY)
    wrong = decided(fund, after_history(what)).result["event"]
    assert loan_json(fund.session, LOAN, TODAY) != before["loans"][LOAN, TODAY]

    reversed_by_officer(fund, wrong)

    assert derived(fund.session, days, TODAY) == before


def test_a_tranche_taken_back_leaves_no_trace(fund: Fund) -> None:
    a_contract(fund, **AT_20_000_A_DAY, repayment_method="equal_principal")
    disbursed(fund, LOAN, SIGNED, 60_000_000)
    repaid(fund, LOAN, date(2020, 3, 25), 9_000_000)
    days = days_between(date(2020, 1, 9), TODAY, step=12)
    before = derived(fund.session, days, TODAY)

    wrong = disbursed(fund, LOAN, date(2020, 2, 20), 40_000_000).result["event"]
    reversed_by_officer(fund, wrong)

    assert derived(fund.session, days, TODAY) == before


def test_a_reschedule_taken_back_makes_the_principal_overdue_again(fund: Fund) -> None:
    a_loan(fund, term_months=3, **AT_20_000_A_DAY)
    days = days_between(date(2020, 4, 1), TODAY, step=12)
    before = derived(fund.session, days, TODAY)
    extended = Reschedule(
        contract_number=LOAN,
        value_date=date(2020, 5, 1),
        kind=RescheduleKind.EXTEND,
        plan=(PlannedInstalment(date(2020, 12, 10), Money(100_000_000)),),
    )
    wrong = decided(fund, extended).result["event"]
    assert balances(fund.session, LOAN, TODAY)["principal_in_term"] == 100_000_000

    reversed_by_officer(fund, wrong)

    assert derived(fund.session, days, TODAY) == before
    assert balances(fund.session, LOAN, TODAY)["principal_overdue"] == 100_000_000


def test_a_payment_that_settled_a_loan_can_be_taken_back(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    settled = repaid(fund, LOAN, TODAY, 100_000_000 + 143 * 20_000).result
    assert settled["position"]["status"] == "closed"

    answer = reversed_by_officer(fund, settled["event"]).result

    assert answer["position"]["status"] == "active"
    assert answer["position"]["principal_outstanding"] == 100_000_000
    assert answer["receipt"] == "PKT-2020/000001"
    assert verified(fund) == []


def test_a_write_off_taken_back_puts_the_loan_on_the_balance_sheet_again(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    before = derived(fund.session, [TODAY], TODAY)
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 5, 15))
    wrong = decided(fund, lost).result["event"]

    reversed_by_officer(fund, wrong)

    assert derived(fund.session, [TODAY], TODAY) == before


def test_what_was_posted_stands_and_only_rows_were_added(fund: Fund) -> None:
    a_history(fund)
    wrong = repaid(fund, LOAN, date(2020, 3, 1), 30_000_000).result["event"]
    stands = {name: set(rows) for name, rows in rows_of_the_books(fund.session).items()}

    reversed_by_officer(fund, wrong)

    after = {name: set(rows) for name, rows in rows_of_the_books(fund.session).items()}
    assert all(stands[name] <= after[name] for name in stands)
    assert len(after["loan_event"]) == len(stands["loan_event"]) + 1


def rows_of_the_books(session: Session) -> dict[str, list[str]]:
    found = contents(session)
    return {name: [repr(row) for row in found[name]] for name in ("loan_event", "ledger_entry")}


def test_the_reversal_names_its_target_and_reason(fund: Fund) -> None:
    a_loan(fund)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 1_000).result["event"]

    reversed_by_officer(fund, wrong)

    rows = {row.sequence: row for row in fund.session.scalars(select(LoanEvent))}
    assert (rows[3].type, rows[3].reverses, rows[3].note) == (
        "reversal",
        rows[2].id,
        "Ghi nhầm",
    )
    assert rows[3].value_date == TODAY


def test_an_event_is_reversed_once(fund: Fund) -> None:
    a_loan(fund)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 1_000).result["event"]
    reversed_by_officer(fund, wrong)

    refusal = refusal_of(lambda: reversed_by_officer(fund, wrong))

    assert (type(refusal), refusal.reason) == (UnknownReversalError, "reversed_already")


def test_a_reversal_is_not_reversed(fund: Fund) -> None:
    a_loan(fund)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 1_000).result["event"]
    reversal = reversed_by_officer(fund, wrong).result["event"]

    refusal = refusal_of(lambda: reversed_by_officer(fund, reversal))

    assert (type(refusal), refusal.reason) == (UnknownReversalError, "is_reversal")


def test_what_is_unknown_is_not_reversed(fund: Fund) -> None:
    a_loan(fund)

    refusal = refusal_of(lambda: reversed_by_officer(fund, 7))

    assert (type(refusal), refusal.reason) == (UnknownReversalError, "unknown")


def test_a_disbursement_that_others_rest_on_is_not_reversed(fund: Fund) -> None:
    a_loan(fund)
    repaid(fund, LOAN, date(2020, 2, 10), 1_000)
    stands = contents(fund.session)

    refusal = refusal_of(lambda: reversed_by_officer(fund, 1))

    assert (type(refusal), refusal.facts["later"]) == (InvalidEventError, "2")
    assert contents(fund.session) == stands


def test_a_stale_reversal_is_refused(fund: Fund) -> None:
    a_loan(fund)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 1_000).result["event"]
    request = Reverse(contract_number=LOAN, sequence=wrong, reason="Ghi nhầm")
    shown = preview_reversal(fund.session, request, fund.clock)
    repaid(fund, LOAN, date(2020, 2, 11), 1_000)

    refusal = refusal_of(lambda: reversed_by_officer(fund, wrong, version=shown.version))

    assert (type(refusal), refusal.reason) == (ConflictError, "stale_preview")


def test_the_preview_names_the_later_splits_that_change(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 620_000).result["event"]
    repaid(fund, LOAN, date(2020, 3, 10), 580_000)
    request = Reverse(contract_number=LOAN, sequence=wrong, reason="Ghi nhầm")

    plan = preview_reversal(fund.session, request, fund.clock).plan

    # The payment of 10/03 then pays February's interest, and nothing of its own month's.
    changes = {(one.before or one.after): one for one in plan.resplit}
    assert [(row.value_date, row.interest) for row in changes if row] == [
        (date(2020, 2, 10), Money(620_000)),
    ]
    assert plan.position_after.interest_open - plan.position_before.interest_open == Money(
        620_000
    )


def test_eight_reversals_of_one_payment_at_once_reverse_it_once(
    own_engine: Engine, clock: FixedClock
) -> None:
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        a_loan(fund)
        wrong = repaid(fund, LOAN, date(2020, 2, 10), 1_000).result["event"]

    def undo(session: Session) -> Recorded:
        request = Reverse(contract_number=LOAN, sequence=wrong, reason="Ghi nhầm")
        return reverse(session, request, fund.officer, fund.clock)

    outcomes = at_once(own_engine, [undo] * 8)

    assert len(accepted(outcomes)) == 1
    assert refused(outcomes) == [("unknown_reversal", "reversed_already")] * 7


# Corrections


def corrected(fund: Fund, sequence: int, day: date, amount: int) -> Recorded:
    payment = Repay(contract_number=LOAN, value_date=day, amount=Money(amount))
    request = Correct(sequence=sequence, repayment=payment, reason="Sai số tiền")
    return reverse(fund.session, request, fund.officer, fund.clock)


def test_a_corrected_payment_is_as_if_it_had_been_typed_right(fund: Fund) -> None:
    """Within a day the recorded order counts, and the correction takes the old one's place."""
    a_loan(fund, **AT_20_000_A_DAY)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 62_000).result["event"]
    repaid(fund, LOAN, date(2020, 2, 10), 500_000)
    a_borrower(fund, "HTX An")
    a_loan(fund, "02/2020", borrower="htx-an", **AT_20_000_A_DAY)
    repaid(fund, "02/2020", date(2020, 2, 10), 620_000)
    repaid(fund, "02/2020", date(2020, 2, 10), 500_000)

    answer = corrected(fund, wrong, date(2020, 2, 10), 620_000).result

    assert (answer["receipt"], answer["event"]) == ("TTG-2020/000005", 5)
    assert answer["allocation"]["interest"] == 620_000
    found = [
        [{**row, "id": None} for row in loan_json(fund.session, number, TODAY)["transactions"]]
        for number in (LOAN, "02/2020")
    ]
    assert found[0] == found[1]
    assert verified(fund) == []


def test_a_correction_that_is_refused_reverses_nothing(fund: Fund) -> None:
    a_loan(fund)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 1_000).result["event"]
    stands = contents(fund.session)

    refusal = refusal_of(lambda: corrected(fund, wrong, date(2020, 6, 2), 1_000))

    assert refusal.reason == "after_business_date"
    assert contents(fund.session) == stands


def test_what_was_corrected_is_not_corrected_again_but_its_correction_is(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    first = repaid(fund, LOAN, date(2020, 2, 10), 1_000).result["event"]
    second = corrected(fund, first, date(2020, 2, 10), 2_000).result["event"]

    refusal = refusal_of(lambda: corrected(fund, first, date(2020, 2, 10), 3_000))
    third = corrected(fund, second, date(2020, 2, 10), 3_000).result

    assert isinstance(refusal, UnknownReversalError)
    assert third["allocation"]["interest"] == 3_000
    assert verified(fund) == []


def test_a_correction_with_a_given_split_needs_two_people(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 620_000).result["event"]
    payment = Repay(
        contract_number=LOAN,
        value_date=date(2020, 2, 10),
        amount=Money(620_000),
        split={Component.PRINCIPAL: Money(620_000)},
    )
    request = Correct(sequence=wrong, repayment=payment, reason="Theo thỏa thuận")

    refusal = refusal_of(lambda: reverse(fund.session, request, fund.officer, fund.clock))
    answer = reverse(fund.session, request, fund.officer, fund.clock, fund.manager).result

    assert refusal.code == "permission_denied"
    assert answer["allocation"]["principal"] == 620_000


def test_a_surplus_of_a_correction_is_decided_before_it_is_proposed_and_when_it_is_approved(
    fund: Fund,
) -> None:
    """Of 5 million on 10/02 all but 620,000 is left over: more than what falls due next."""
    a_loan(fund, **AT_20_000_A_DAY)
    wrong = repaid(fund, LOAN, date(2020, 2, 10), 620_000).result["event"]
    fund.session.get_one(Books, 1).closed_through = date(2020, 2, 29)
    fund.session.commit()

    def asked(surplus: Surplus | None) -> LoanChange:
        payment = Repay(
            contract_number=LOAN,
            value_date=date(2020, 2, 10),
            amount=Money(5_000_000),
            surplus=surplus,
            must_decide=True,
        )
        return Correct(sequence=wrong, repayment=payment, reason="Sai số tiền").change()

    def propose_it(surplus: Surplus | None) -> int:
        proposed = Propose(proposed=loan_change(asked(surplus)))
        return propose(fund.session, proposed, fund.officer, fund.clock)

    assert refusal_of(lambda: propose_it(None)).reason == "surplus_unsaid"

    row = fund.session.get_one(Proposal, propose_it(Surplus.CREDIT))
    again = read_loan_change(row.payload, row.version)
    unsaid = replace(again, events=(again.events[0], {**again.events[1], "surplus": None}))
    people = (fund.officer, fund.clock, fund.manager)

    refusal = refusal_of(lambda: record(fund.session, unsaid, *people))

    assert refusal.reason == "surplus_unsaid"
    assert record(fund.session, again, *people).result["allocation"]["credit"] == 4_380_000


# Typing order (INV-23, D-05)

PAYMENTS = (
    (date(2020, 2, 10), 400_000),
    (date(2020, 3, 2), 6_000_000),
    (date(2020, 4, 17), 9_500_000),
    (date(2020, 5, 29), 300_000),
)


def typed(fund: Fund, number: str, order: tuple[int, ...]) -> list[Any]:
    """The same payments of different days in some order, and a rate change among them."""
    borrower = a_borrower(fund, f"HTX {number[:2]}")
    terms = {"repayment_method": "equal_principal", **AT_20_000_A_DAY}
    a_loan(fund, number, borrower=borrower, **terms)
    rate = ChangeRate(
        contract_number=number, value_date=date(2020, 4, 1), annual_rate=Rate.percent("3.65")
    )
    for place in order:
        if place == len(PAYMENTS):
            decided(fund, rate)
        else:
            repaid(fund, number, *PAYMENTS[place])
    account = [without_ids(loan_json(fund.session, number, day)) for day in DAYS]
    ledger = [
        (day, name, change)
        for (contract, day, name), change in accounts_by_day(fund.session).items()
        if contract == number
    ]
    return [account, sorted(ledger)]


@pytest.mark.parametrize(
    "order", [(4, 3, 2, 1, 0), (2, 0, 4, 3, 1), (3, 1, 4, 0, 2), (1, 2, 3, 4, 0)]
)
def test_events_of_different_days_typed_in_any_order_come_to_the_same(
    fund: Fund, order: tuple[int, ...]
) -> None:
    in_order = typed(fund, "11/2020", (0, 1, 4, 2, 3))

    assert typed(fund, "12/2020", order) == in_order
    assert verified(fund) == []


def test_within_a_day_the_recorded_order_counts(fund: Fund) -> None:
    """A payment before a write-off of the same day is one; after it, it is refused."""
    a_loan(fund)
    decided(fund, WriteOff(contract_number=LOAN, value_date=date(2020, 5, 1)))

    refusal = refusal_of(lambda: repaid(fund, LOAN, date(2020, 5, 1), 1_000))

    assert isinstance(refusal, LoanClosedError)
    a_loan(fund, "02/2020")
    repaid(fund, "02/2020", date(2020, 5, 1), 1_000)
    lost = WriteOff(contract_number="02/2020", value_date=date(2020, 5, 1))
    assert decided(fund, lost).result["position"]["status"] == "written_off"


def test_a_backdated_payment_splits_the_later_ones_anew(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 3, 10), 1_200_000)  # 620.000 of February, 580.000 of March

    repaid(fund, LOAN, date(2020, 2, 10), 620_000)

    rows = loan_json(fund.session, LOAN, TODAY)["transactions"]
    assert [(row["date"], row["interest"], row["credit"]) for row in rows[1:]] == [
        ("2020-02-10", 620_000, 0),
        ("2020-03-10", 580_000, 620_000),
        ("2020-04-10", 620_000, -620_000),
    ]
    query = select(LedgerEntry.value_date).where(LedgerEntry.cause == "event:2")
    assert set(fund.session.scalars(query)) == {date(2020, 3, 10)}
    assert verified(fund) == []


def test_a_source_in_the_books_of_another_stays_as_it_was(fund: Fund) -> None:
    a_source(fund, "VIEC", bears_risk=False)
    a_loan(fund, **AT_20_000_A_DAY)
    a_loan(fund, "02/2020", source="VIEC", **AT_20_000_A_DAY)
    february = date(2020, 2, 28)
    before = balances(fund.session, "02/2020", february)

    wrong = repaid(fund, LOAN, date(2020, 2, 10), 620_000).result["event"]
    reversed_by_officer(fund, wrong)

    assert balances(fund.session, "02/2020", february) == before
    assert before["entrusted_interest_payable"] == -620_000
