"""The page of a loan and its receipts, with figures that can be followed by hand.

The loan: 100 million at 6 % from 10/01/2020, principal after a year, interest on every 10th.
Interest of 10/01-10/02 (31 days) is 100,000,000 × 6 % × 31 / 365 = 509,589.04 → 509,589;
10/02-10/03 (29 days) 476,712.33 → 476,712; 10/03-10/04 (31 days) 509,589;
10/04-10/05 (30 days) 493,150.68 → 493,151; 10/05-01/06 (22 days) 361,643.84 → 361,644.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.account import LoanStatus
from loanfund.domain.debt_group import Cure
from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Actor, Role
from loanfund.domain.terms import Component, DebtRuleSet, PlannedInstalment, Surplus
from loanfund.models.loan import Loan
from loanfund.queries._loan_tables import DueState, schedule
from loanfund.queries._picture import picture
from loanfund.queries._standing import Moment
from loanfund.queries._why import Law
from loanfund.queries.change import change_picture
from loanfund.queries.loan_page import (
    LoanName,
    LoanPage,
    known_loan,
    loan_page,
    place_on,
    quote,
)
from loanfund.queries.plan_ahead import plan_ahead
from loanfund.queries.receipt import (
    look_alikes,
    receipt,
    same_reference,
    superseded,
)
from loanfund.services.repayment import Repay, preview_repayment, repay
from loanfund.services.restructuring import (
    ChangeRate,
    Reschedule,
    WriteOff,
    preview_restructuring,
    restructure,
)
from loanfund.services.reversal import Reverse, reverse
from tests.builders import Fund, a_contract, a_lending_fund, a_loan, repaid
from tests.prepared import prepared

TODAY = date(2020, 6, 1)
FIRST, SECOND, THIRD, FOURTH = 509_589, 476_712, 509_589, 493_151

CIRCULAR = "Thông tư 15/2010/TT-NHNN"  # on all days of these tests


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_lending_fund(session, clock)


def name_of(fund: Fund, number: str = "01/2020") -> LoanName:
    loan_id = fund.session.scalars(select(Loan.id).where(Loan.contract_number == number)).one()
    return known_loan(fund.session, loan_id, fund.officer)


def page_of(fund: Fund, number: str = "01/2020", day: date = TODAY) -> LoanPage:
    return loan_page(fund.session, name_of(fund, number), Moment(day))


def test_a_loan_in_arrears_says_why_it_is_in_its_group(fund: Fund) -> None:
    a_loan(fund)
    repaid(fund, "01/2020", date(2020, 2, 10), FIRST)

    page = page_of(fund)

    assert page.place.days_past_due == 83  # from 10/03 to 01/06: 21 + 30 + 31 + 1
    assert page.place.interest_open == Money(SECOND + THIRD + FOURTH)
    assert [(why.reason, why.group, why.decides) for why in page.why] == [("days", 3, True)]
    assert page.why[0].facts == {
        "days": 83,
        "since": date(2020, 3, 10),
        "amount": Money(SECOND),
    }
    assert page.law == Law(DebtRuleSet.MFI, CIRCULAR, None)
    assert page.to_pay.amount == Money(1_479_452)
    assert page.place.settlement_amount == Money(100_000_000 + 1_479_452 + 361_644)


def test_the_schedule_stands_with_what_was_paid_and_what_is_left(fund: Fund) -> None:
    a_loan(fund)
    repaid(fund, "01/2020", date(2020, 2, 10), FIRST)
    repaid(fund, "01/2020", date(2020, 3, 20), 100_000)

    rows = page_of(fund).schedule.rows

    assert len(rows) == 12
    assert [(row.paid.dong, row.left.dong, row.state) for row in rows[:4]] == [
        (FIRST, 0, DueState.PAID),
        (100_000, SECOND - 100_000, DueState.LATE),
        (0, THIRD, DueState.LATE),
        (0, FOURTH, DueState.LATE),
    ]
    assert rows[1].days_late == 83
    assert rows[4].state is DueState.COMING
    assert rows[-1].principal == Money(100_000_000)
    assert page_of(fund, day=date(2020, 6, 10)).schedule.rows[4].state is DueState.TODAY


def test_a_prepaid_instalment_is_shown_as_paid(fund: Fund) -> None:
    a_loan(fund, repayment_method="equal_principal", amount=12_000_000, surplus="principal")
    interest = 61_151  # 12,000,000 × 6 % × 31 / 365 = 61,150.68
    repaid(fund, "01/2020", date(2020, 2, 10), interest + 1_000_000 + 400_000)

    schedule = page_of(fund, day=date(2020, 2, 10)).schedule

    assert schedule.rows[0].left == Money(0)
    assert schedule.rows[1].paid == Money(400_000)
    assert schedule.sum_of("principal") == Money(12_000_000)
    assert schedule.rows[1].principal == Money(1_000_000)
    # 12 − 1 − 0.4 million are left; what follows is reckoned from that and ends at nothing
    left = [row.principal_balance.dong for row in schedule.rows]
    assert left[:3] == [10_600_000, 10_000_000, 9_000_000]
    assert left[-1] == 0


def test_a_change_is_set_beside_the_schedule_that_the_loan_shows(fund: Fund) -> None:
    """Principal paid ahead is part of neither side: the columns equal the loan's own rows."""
    a_loan(fund, surplus="principal")
    repaid(fund, "01/2020", date(2020, 2, 10), FIRST + 20_000_000)
    request = ChangeRate(
        contract_number="01/2020", value_date=date(2020, 2, 11), annual_rate=Rate(72_000)
    )
    plan = preview_restructuring(fund.session, request, fund.clock).plan

    beside = change_picture(plan, None).schedule

    shown = [
        (row.due_date, row.principal, row.paid, row.interest, row.principal_balance)
        for row in schedule(plan.before).rows
        if row.due_date > date(2020, 2, 11)
    ]
    assert [
        (
            one.due_date,
            one.before.principal,
            one.before.paid,
            one.before.interest,
            one.before.principal_balance,
        )
        for one in beside
        if one.before
    ] == shown
    ahead = [one.before.principal_ahead for one in beside if one.before]
    assert (ahead[-1], sum(one.dong for one in ahead)) == (Money(80_000_000), 80_000_000)
    assert {one.before.principal_balance.dong for one in beside[:-1] if one.before} == {
        80_000_000
    }
    assert plan_ahead(plan.before)[-1].amount == Money(80_000_000)


def test_a_rescheduling_leaves_its_earlier_schedule_readable(fund: Fund) -> None:
    a_loan(fund)
    plan = (PlannedInstalment(date(2021, 3, 10), Money(100_000_000)),)
    request = Reschedule(
        contract_number="01/2020",
        value_date=date(2020, 5, 20),
        kind=RescheduleKind.EXTEND,
        plan=plan,
    )
    restructure(fund.session, request, fund.officer, fund.clock, fund.manager)

    page = page_of(fund)

    assert page.schedule.cause == "reschedule"
    assert [one.cause for one in page.schedule.earlier] == ["disbursement"]
    assert page.schedule.rows[-1].due_date == date(2021, 3, 10)
    assert page.schedule.rows[0].due_date == date(2020, 2, 10)  # open from before
    reasons = {why.reason: (why.group, why.decides) for why in page.why}
    assert reasons == {"days": (4, False), "restructured": (5, True)}
    assert page.law == Law(
        DebtRuleSet.MFI, CIRCULAR, Cure(1, None)
    )  # a year: one month, none while late


def test_every_charge_is_explained_and_adds_up(fund: Fund) -> None:
    a_loan(fund)
    repaid(fund, "01/2020", date(2020, 2, 10), FIRST)

    page = page_of(fund)

    latest, *_, first = page.charges
    assert (first.charge.amount, first.exact) == (Money(FIRST), "509589.04")
    line = first.charge.lines[0]
    assert (line.days, line.balance, line.annual_rate) == (31, 100_000_000, "6")
    assert latest.charge.open == Money(FOURTH)
    accrued = page.accrued[0]
    assert (accrued.kind, accrued.since) == (Component.INTEREST, date(2020, 5, 10))
    assert (accrued.amount, accrued.exact) == (Money(361_644), "361643.84")


def test_another_loan_of_the_borrower_pulls_the_group_down(fund: Fund) -> None:
    a_loan(fund)
    a_loan(fund, "02/2020", signed_on=date(2020, 5, 20))

    page = page_of(fund, "02/2020")

    assert page.place.debt_group == 1
    assert page.view.final_group == 4  # 112 days since 10/02
    assert [(why.reason, why.decides) for why in page.why] == [
        ("current", False),
        ("contagion", True),
    ]
    assert page.why[1].facts == {"contract": "01/2020"}
    assert page.why[1].loan_id == page.others[0].standing.facts.id
    assert [one.standing.facts.contract_number for one in page.others] == ["01/2020"]


def test_a_contract_that_is_not_disbursed_shows_what_it_would_be(fund: Fund) -> None:
    a_contract(fund)

    page = page_of(fund)

    assert page.place.status is LoanStatus.APPROVED
    assert len(page.schedule.rows) == 12
    assert page.schedule.sum_of("principal") == Money(100_000_000)
    assert (page.entries, page.charges, page.why) == ((), (), ())


def test_a_plan_whose_days_have_passed_is_quoted_from_the_day_of_signing(fund: Fund) -> None:
    plan = [{"date": "2020-03-10", "amount": 100_000_000}]
    a_contract(fund, repayment_method="custom", principal_plan=plan)

    page = page_of(fund)

    assert page.place.as_of == TODAY
    assert page.schedule.rows[-1].due_date == date(2020, 3, 10)


def test_a_settled_loan_keeps_its_schedule_and_says_when(fund: Fund) -> None:
    a_loan(fund)
    amount = place_on(fund.session, name_of(fund), date(2020, 2, 1)).settlement_amount
    assert amount == Money(100_000_000 + 361_644)  # 22 days
    repaid(fund, "01/2020", date(2020, 2, 1), amount.dong)

    page = page_of(fund)

    assert page.place.status is LoanStatus.CLOSED
    assert page.settled_on == date(2020, 2, 1)
    assert page.schedule.sum_of("left") == Money(0)
    assert page.accrued == ()
    assert page.why == ()


def test_a_loan_written_off_keeps_its_schedule_and_owes_what_was_given_up(fund: Fund) -> None:
    a_loan(fund)
    request = WriteOff(contract_number="01/2020", value_date=date(2020, 3, 10))
    restructure(fund.session, request, fund.officer, fund.clock, fund.manager)

    page = page_of(fund)

    assert page.place.status is LoanStatus.WRITTEN_OFF
    assert page.place.written_off_interest == Money(FIRST + SECOND)
    rows = page.schedule.rows
    assert [(row.principal.dong, row.forgiven.dong) for row in rows] == [
        (0, FIRST), (0, SECOND), (100_000_000, 100_000_000)
    ]  # fmt: skip
    assert {row.state for row in rows} == {DueState.WRITTEN_OFF}
    assert page.schedule.sum_of("left") == Money(0)
    assert page.place.left_to_recover == page.schedule.sum_of("forgiven")
    assert page.accrued == ()


def test_the_page_is_what_was_known_at_an_instant(fund: Fund) -> None:
    a_loan(fund)
    recorded = repaid(fund, "01/2020", date(2020, 2, 10), FIRST)
    before = page_of(fund).events[0].recorded.recorded_at
    reverse(
        fund.session,
        Reverse(contract_number="01/2020", sequence=recorded.result["event"], reason="nhầm"),
        fund.officer,
        fund.clock,
    )

    then = loan_page(fund.session, name_of(fund), Moment(TODAY, before))
    now = page_of(fund)

    assert then.place.days_past_due == 83
    assert now.place.days_past_due == 112  # since 10/02
    struck = next(entry for entry in now.entries if entry.reversed_by)
    assert (struck.amounts.received, struck.reversed_by) == (Money(FIRST), "PKT-2020/000001")
    taken_back = [line.reversal.sequence if line.reversal else None for line in now.events]
    assert taken_back == [None, 3, None]
    assert now.events[0].recorded_by == "Lê An"
    assert now.events[-1].approved_by == "Vũ Cúc"


def test_a_quote_for_a_later_day_adds_the_interest_of_the_days_between(fund: Fund) -> None:
    a_loan(fund)

    found = quote(page_of(fund, day=date(2020, 2, 10)), date(2020, 2, 20))

    assert found.place.accrued_interest == Money(164_384)  # 10 days: 164,383.56


def test_another_cooperative_does_not_learn_that_a_loan_exists(fund: Fund) -> None:
    a_loan(fund)
    name = name_of(fund)
    facts: dict[str, Any] = {
        "user_id": 9,
        "email": "a@b.vn",
        "name": "A",
        "role": Role.COOPERATIVE,
    }
    own = Actor(**facts, borrower_id=name.borrower_id)
    other = Actor(**facts, borrower_id=name.borrower_id + 1)

    assert known_loan(fund.session, name.id, own) == name
    with pytest.raises(NotFoundError):
        known_loan(fund.session, name.id, other)
    with pytest.raises(NotFoundError):
        known_loan(fund.session, name.id + 1000, fund.officer)


def test_the_picture_of_a_payment_is_what_posting_does(fund: Fund) -> None:
    a_loan(fund, late_interest_rate="10")
    request = Repay(
        contract_number="01/2020", value_date=date(2020, 3, 20), amount=Money(600_000)
    )
    plan = preview_repayment(fund.session, request, fund.clock).plan

    shown = picture(plan, request.value_date)
    done = repay(fund.session, request, fund.officer, fund.clock)

    parts = {row.component: row.part.dong for row in shown.rows}
    assert parts == done.result["allocation"]
    assert all(
        row.before - row.part == row.after for row in shown.rows if row.component != "credit"
    )
    paid = receipt(fund.session, name_of(fund), done.result["event"])
    assert paid.row == plan.rows[0]
    assert [(row.before, row.part, row.after) for row in paid.picture] == [
        (row.before, row.part, row.after) for row in shown.rows
    ]
    assert shown.pays == paid.pays


def test_a_backdated_payment_shows_whose_split_changes(fund: Fund) -> None:
    a_loan(fund)
    repaid(fund, "01/2020", date(2020, 2, 10), FIRST)
    repaid(fund, "01/2020", date(2020, 4, 10), 1_000_000)
    request = Repay(
        contract_number="01/2020", value_date=date(2020, 3, 10), amount=Money(SECOND)
    )

    shown = picture(
        preview_repayment(fund.session, request, fund.clock).plan, request.value_date
    )

    pairs = [
        (one.before.interest.dong, one.after.interest.dong)
        for one in shown.resplit
        if one.before and one.after
    ]
    # 10/04: both charges and 13,699 over → one charge and 490,411 over, which pays on 10/05.
    assert pairs == [(SECOND + THIRD, THIRD), (13_699, 490_411)]


def test_money_over_is_told_apart_from_prepaying_and_settling(fund: Fund) -> None:
    a_loan(fund)

    def shown(amount: int, **more: Any) -> tuple[int, int, bool]:
        request = Repay(
            contract_number="01/2020",
            value_date=date(2020, 2, 10),
            amount=Money(amount),
            **more,
        )
        plan = preview_repayment(fund.session, request, fund.clock).plan
        found = picture(plan, request.value_date)
        return found.surplus.dong, found.prepaid.dong, found.settles

    assert shown(FIRST) == (0, 0, False)
    assert shown(FIRST + 7) == (7, 0, False)
    assert shown(FIRST + 7, surplus=Surplus.PRINCIPAL) == (0, 7, False)
    assert shown(100_000_000 + FIRST + 9) == (9, 100_000_000, True)


def test_what_was_shown_can_be_shown_again(fund: Fund) -> None:
    a_loan(fund)
    request = Repay(
        contract_number="01/2020",
        value_date=date(2020, 2, 10),
        amount=Money(FIRST),
        version=name_of(fund).version,
    )
    before = preview_repayment(fund.session, request, fund.clock)
    repaid(fund, "01/2020", date(2020, 2, 10), 9)

    again = preview_repayment(fund.session, request, fund.clock, as_shown=True)
    now = preview_repayment(fund.session, request, fund.clock)

    assert again.plan.rows == before.plan.rows
    assert again.version == before.version
    assert now.version == before.version + 1
    assert now.plan.rows != before.plan.rows


def test_look_alikes_are_those_that_stand_and_have_another_key(fund: Fund) -> None:
    a_loan(fund)
    day, amount = date(2020, 2, 10), Money(FIRST)
    done = repaid(fund, "01/2020", day, FIRST, key="first", reference="FT1")
    name = name_of(fund)

    def found(asked: tuple[date, Money], key: str) -> list[str | None]:
        return [one.number for one in look_alikes(fund.session, name, asked, key)]

    assert found((day, amount), "second") == ["TTG-2020/000001"]
    assert found((day, amount), "first") == []
    assert found((day, Money(1)), "second") == []
    assert [one.sequence for one in same_reference(fund.session, "FT1", "second")] == [2]
    assert same_reference(fund.session, "FT1", "first") == []
    assert same_reference(fund.session, "", "second") == []
    reversal = Reverse(
        contract_number="01/2020", sequence=done.result["event"], reason="bị trả lại"
    )
    reverse(fund.session, reversal, fund.officer, fund.clock)
    assert found((day, amount), "second") == []
    assert same_reference(fund.session, "FT1", "second") == []


def test_a_receipt_that_was_reversed_has_no_split_any_more(fund: Fund) -> None:
    a_loan(fund)
    done = repaid(fund, "01/2020", date(2020, 2, 10), FIRST, payer="Bà Tư")
    reversal = Reverse(
        contract_number="01/2020", sequence=done.result["event"], reason="bị trả lại"
    )
    reverse(fund.session, reversal, fund.officer, fund.clock)

    found = receipt(fund.session, name_of(fund), done.result["event"])

    assert (found.row, found.picture, found.pays) == (None, (), ())
    assert found.reversal is not None
    assert found.reversal.note == "bị trả lại"
    assert found.recorded.payer == "Bà Tư"
    with pytest.raises(NotFoundError):
        receipt(fund.session, name_of(fund), 1)  # a disbursement has no receipt
    assert superseded(fund.session, name_of(fund).id, TODAY) == []
