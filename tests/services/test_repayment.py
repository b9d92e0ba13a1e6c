"""Repayments: what is recorded, once a key, and what a preview showed before."""

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
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    InvalidInputError,
    LoanClosedError,
    LoanFundError,
    NotFoundError,
    SplitMismatchError,
)
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money, Rate
from loanfund.domain.simulation import position_json
from loanfund.domain.terms import Component, Surplus
from loanfund.models.audit import AuditLine, RequestKey
from loanfund.models.loan import LoanEvent
from loanfund.models.period import NumberSeries
from loanfund.services._loan_change import Recorded
from loanfund.services.repayment import (
    Recover,
    Refund,
    Repay,
    preview_repayment,
    recover,
    refund_credit,
    repay,
)
from loanfund.services.restructuring import ChangeRate, WriteOff, restructure
from loanfund.services.reversal import Reverse, reverse
from tests.builders import Fund, a_borrower, a_contract, a_loan, repaid
from tests.services.at_once import accepted, at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import (
    AT_20_000_A_DAY,
    balances,
    contents,
    count_of,
    loan_json,
    verified,
)
from tests.services.drafts import a_draft
from tests.services.refusal import refusal_of

LOAN = "01/2020"
FIRST_DUE = date(2020, 2, 10)
TODAY = date(2020, 6, 1)

Edit = Callable[[Repay], Repay]


def a_payment(amount: int = 620_000, day: date = FIRST_DUE, **more: Any) -> Repay:
    return Repay(contract_number=LOAN, value_date=day, amount=Money(amount), **more)


def paid_by_officer(fund: Fund, request: Repay) -> Recorded:
    return repay(fund.session, request, fund.officer, fund.clock)


def test_a_repayment_has_a_receipt_its_split_and_the_position_after(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)

    answer = paid_by_officer(fund, a_payment()).result

    assert (answer["receipt"], answer["event"]) == ("TTG-2020/000001", 2)
    assert answer["allocation"] == {
        "principal": 0,
        "interest": 620_000,  # 31 days
        "overdue_interest": 0,
        "late_interest": 0,
        "credit": 0,
    }
    assert answer["position"]["as_of"] == "2020-06-01"
    assert answer["position"]["interest_open"] == (29 + 31 + 30) * 20_000


def test_what_is_recorded_names_who_paid_how_and_who_wrote_it_down(fund: Fund) -> None:
    a_loan(fund)

    request = a_payment(
        method=PaymentMethod.CASH, payer="Ông Nguyễn Văn Ba", reference="UNC 17", note="Kỳ 1"
    )
    number = paid_by_officer(fund, request).result["receipt"]

    row = fund.session.scalars(select(LoanEvent).where(LoanEvent.number == number)).one()
    assert (row.type, row.value_date, row.amount) == ("repayment", FIRST_DUE, Money(620_000))
    assert (row.payer, row.reference, row.note) == ("Ông Nguyễn Văn Ba", "UNC 17", "Kỳ 1")
    assert (row.recorded_by, row.approved_by) == (fund.officer.user_id, None)
    assert row.payload["method"] == "cash"


def test_the_ledger_stands_as_the_posting_table_says(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)

    paid_by_officer(fund, a_payment(method=PaymentMethod.CASH))

    # The charge of 10/03 was on the balance sheet until 31/03, when the group was 2 (21 days);
    # those of April and May never were on it.
    assert balances(fund.session, LOAN, TODAY) == {
        "bank": -100_000_000,
        "principal_in_term": 100_000_000,
        "cash": 620_000,
        "interest_income": -620_000,
        "off_balance_interest": 1_800_000,
        "off_balance_contra": -1_800_000,
    }
    assert verified(fund) == []


def test_the_audit_log_has_one_line_for_one_repayment(fund: Fund) -> None:
    a_loan(fund)

    paid_by_officer(fund, a_payment())

    query = select(AuditLine).where(AuditLine.action == "record_repayment")
    line = fund.session.scalars(query).one()
    assert (line.recorded_by, line.object_id) == (fund.officer.user_id, LOAN)
    assert line.facts["number"] == "TTG-2020/000001"


# Keys


def test_the_same_request_twice_posts_once_and_has_the_first_answer(fund: Fund) -> None:
    a_loan(fund)
    first = paid_by_officer(fund, a_payment(key="k1"))
    stands = contents(fund.session)

    again = paid_by_officer(fund, a_payment(key="k1"))

    assert (first.replayed, again.replayed) == (False, True)
    assert again.result == first.result
    assert contents(fund.session) == stands


def test_the_first_answer_stands_whatever_happened_since(fund: Fund) -> None:
    a_loan(fund)
    first = paid_by_officer(fund, a_payment(key="k1"))
    paid_by_officer(fund, a_payment(amount=5_000_000, day=date(2020, 3, 10)))

    assert paid_by_officer(fund, a_payment(key="k1")).result == first.result


def other_loan(request: Repay) -> Repay:
    return replace(request, contract_number="02/2020")


def other_amount(request: Repay) -> Repay:
    return replace(request, amount=Money(620_001))


def other_day(request: Repay) -> Repay:
    return replace(request, value_date=date(2020, 2, 11))


def other_method(request: Repay) -> Repay:
    return replace(request, method=PaymentMethod.CASH)


def other_surplus(request: Repay) -> Repay:
    return replace(request, surplus=Surplus.PRINCIPAL)


def other_note(request: Repay) -> Repay:
    return replace(request, note="khác")


@pytest.mark.parametrize(
    "edit", [other_loan, other_amount, other_day, other_method, other_surplus, other_note]
)
def test_a_key_sent_with_anything_else_is_a_conflict_that_discloses_nothing(
    fund: Fund, edit: Edit
) -> None:
    a_loan(fund)
    a_loan(fund, "02/2020")
    request = a_payment(key="k1")
    paid_by_officer(fund, request)
    stands = contents(fund.session)

    refusal = refusal_of(lambda: paid_by_officer(fund, edit(request)))

    assert (type(refusal), refusal.reason, refusal.facts) == (ConflictError, "key_used", {})
    assert contents(fund.session) == stands


def test_a_key_of_somebody_else_is_a_conflict_that_discloses_nothing(fund: Fund) -> None:
    a_loan(fund)
    request = a_payment(key="k1")
    paid_by_officer(fund, request)
    stands = contents(fund.session)

    refusal = refusal_of(lambda: repay(fund.session, request, fund.accountant, fund.clock))

    assert (type(refusal), refusal.reason, refusal.facts) == (ConflictError, "key_used", {})
    assert contents(fund.session) == stands


def test_a_key_of_another_action_is_a_conflict(fund: Fund) -> None:
    a_loan(fund)
    paid_by_officer(fund, a_payment(key="k1"))
    request = Recover(
        contract_number=LOAN, value_date=FIRST_DUE, amount=Money(620_000), key="k1"
    )

    refusal = refusal_of(lambda: recover(fund.session, request, fund.officer, fund.clock))

    assert (type(refusal), refusal.reason) == (ConflictError, "key_used")


def test_a_refused_request_leaves_its_key_free(fund: Fund) -> None:
    a_loan(fund)
    tomorrow = a_payment(day=date(2020, 6, 2), key="k1")

    refusal = refusal_of(lambda: paid_by_officer(fund, tomorrow))
    corrected = paid_by_officer(fund, replace(tomorrow, value_date=TODAY))

    assert refusal.reason == "after_business_date"
    assert not corrected.replayed
    assert corrected.result["receipt"] == "TTG-2020/000001"


def test_who_may_not_do_it_leaves_the_key_free(fund: Fund) -> None:
    a_loan(fund)
    request = a_payment(key="k1")

    with pytest.raises(LoanFundError):
        repay(fund.session, request, fund.auditor, fund.clock)

    assert not paid_by_officer(fund, request).replayed


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_key_that_is_empty_or_too_long_is_refused(fund: Fund, key: str) -> None:
    a_loan(fund)
    stands = contents(fund.session)

    refusal = refusal_of(lambda: paid_by_officer(fund, a_payment(key=key)))

    assert (type(refusal), refusal.reason) == (InvalidInputError, "key_length")
    assert contents(fund.session) == stands


def test_a_key_of_64_characters_is_kept(fund: Fund) -> None:
    a_loan(fund)
    key = "k" * 64

    paid_by_officer(fund, a_payment(key=key))

    assert paid_by_officer(fund, a_payment(key=key)).replayed


# Previews


def test_a_preview_writes_nothing(fund: Fund) -> None:
    a_loan(fund)
    stands = contents(fund.session)

    preview_repayment(fund.session, a_payment(key="k1"), fund.clock)

    assert contents(fund.session) == stands


@pytest.mark.parametrize("amount", [100_000, 620_000, 3_000_000, 102_420_000, 150_000_000])
def test_what_was_shown_is_what_is_posted(fund: Fund, amount: int) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    request = a_payment(amount=amount, day=TODAY)

    shown = preview_repayment(fund.session, request, fund.clock)
    posted = paid_by_officer(fund, replace(request, version=shown.version))

    row = shown.plan.rows[-1]
    assert posted.result["allocation"] == {
        "principal": row.principal.dong,
        "interest": row.interest.dong,
        "overdue_interest": row.overdue_interest.dong,
        "late_interest": row.late_interest.dong,
        "credit": row.credit.dong,
    }
    assert posted.result["position"] == position_json(shown.plan.position_after)
    assert loan_json(fund.session, LOAN, TODAY)["position"] == posted.result["position"]
    assert verified(fund) == []


def test_a_preview_that_something_overtook_is_refused_with_both_versions(fund: Fund) -> None:
    a_loan(fund)
    shown = preview_repayment(fund.session, a_payment(), fund.clock)
    repaid(fund, LOAN, date(2020, 3, 10), 1_000)
    stands = contents(fund.session)

    late = a_payment(version=shown.version)
    refusal = refusal_of(lambda: paid_by_officer(fund, late))

    assert (type(refusal), refusal.reason) == (ConflictError, "stale_preview")
    assert refusal.facts == {"shown": shown.version, "stands": shown.version + 1}
    assert contents(fund.session) == stands


def test_both_pictures_of_a_stale_preview_can_be_shown(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    shown = preview_repayment(fund.session, a_payment(), fund.clock)
    repaid(fund, LOAN, FIRST_DUE, 600_000)
    late = a_payment(version=shown.version)

    then = preview_repayment(fund.session, late, fund.clock, as_shown=True)
    now = preview_repayment(fund.session, late, fund.clock)

    assert (then.version, now.version) == (shown.version, shown.version + 1)
    assert then.plan.rows == shown.plan.rows
    assert (then.plan.rows[0].interest, then.plan.rows[0].credit) == (Money(620_000), Money(0))
    assert (now.plan.rows[0].interest, now.plan.rows[0].credit) == (
        Money(20_000),
        Money(600_000),
    )


# What is refused


def test_a_day_after_the_business_date_is_refused(fund: Fund) -> None:
    a_loan(fund)

    refusal = refusal_of(lambda: paid_by_officer(fund, a_payment(day=date(2020, 6, 2))))

    assert (type(refusal), refusal.reason) == (InvalidEventError, "after_business_date")


def test_a_day_before_the_loan_is_refused(fund: Fund) -> None:
    a_loan(fund)

    refusal = refusal_of(lambda: paid_by_officer(fund, a_payment(day=date(2020, 1, 9))))

    assert (type(refusal), refusal.reason) == (InvalidEventError, "before_first_disbursement")


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_is_no_payment(fund: Fund, amount: int) -> None:
    a_loan(fund)
    stands = contents(fund.session)

    refusal = refusal_of(lambda: paid_by_officer(fund, a_payment(amount=amount)))

    assert (type(refusal), refusal.reason) == (InvalidEventError, "amount_not_positive")
    assert contents(fund.session) == stands


def test_an_unknown_loan_is_not_found(fund: Fund) -> None:
    refusal = refusal_of(lambda: paid_by_officer(fund, a_payment()))

    assert (type(refusal), refusal.reason) == (NotFoundError, "loan")


def test_a_contract_without_money_lent_takes_no_payment(fund: Fund) -> None:
    a_contract(fund)

    refusal = refusal_of(lambda: paid_by_officer(fund, a_payment()))

    assert refusal.reason == "before_first_disbursement"


def test_a_draft_shows_and_takes_no_payment(fund: Fund) -> None:
    a_draft(fund)

    for act in (
        lambda: preview_repayment(fund.session, a_payment(), fund.clock),
        lambda: paid_by_officer(fund, a_payment()),
    ):
        refusal = refusal_of(act)
        assert (type(refusal), refusal.reason) == (InvalidEventError, "contract_not_approved")


def test_an_unknown_loan_shows_nothing(fund: Fund) -> None:
    refusal = refusal_of(lambda: preview_repayment(fund.session, a_payment(), fund.clock))

    assert isinstance(refusal, NotFoundError)


def test_a_payment_that_makes_a_later_one_impossible_names_the_later_one(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    new_rate = ChangeRate(
        contract_number=LOAN, value_date=date(2020, 3, 10), annual_rate=Rate.percent("6")
    )
    restructure(fund.session, new_rate, fund.officer, fund.clock, fund.manager)
    stands = contents(fund.session)

    # 31 days' interest and all principal on 10/02 close the loan before the new rate of 10/03.
    refusal = refusal_of(lambda: paid_by_officer(fund, a_payment(amount=100_620_000)))

    assert isinstance(refusal, LoanClosedError)
    assert (refusal.event, refusal.facts["later"]) == ("2", "2")
    assert contents(fund.session) == stands


# Splits, credit, recoveries


def test_a_given_split_is_paid_as_given_and_names_who_approved_it(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    split = {Component.PRINCIPAL: Money(600_000), Component.INTEREST: Money(20_000)}
    request = a_payment(split=split)

    answer = repay(fund.session, request, fund.officer, fund.clock, fund.manager).result

    assert (answer["allocation"]["principal"], answer["allocation"]["interest"]) == (
        600_000,
        20_000,
    )
    row = fund.session.scalars(select(LoanEvent).where(LoanEvent.sequence == 2)).one()
    assert (row.recorded_by, row.approved_by) == (fund.officer.user_id, fund.manager.user_id)
    assert verified(fund) == []


def test_a_split_that_does_not_add_up_is_refused(fund: Fund) -> None:
    a_loan(fund)
    request = a_payment(split={Component.INTEREST: Money(619_999)})

    with pytest.raises(SplitMismatchError):
        repay(fund.session, request, fund.officer, fund.clock, fund.manager)


def test_credit_is_refunded_at_most_as_far_as_it_goes(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    # On 1/6 the loan is settled by 100.000.000 + (143 days from 10/01) × 20.000.
    repaid(fund, LOAN, TODAY, 100_000_000 + 143 * 20_000 + 500_000)

    def refund(amount: int) -> Recorded:
        request = Refund(contract_number=LOAN, value_date=TODAY, amount=Money(amount))
        return refund_credit(fund.session, request, fund.officer, fund.clock, fund.manager)

    refusal = refusal_of(lambda: refund(500_001))
    answer = refund(500_000).result

    assert (refusal.reason, refusal.facts) == ("more_than_credit", {"credit": Money(500_000)})
    assert (answer["receipt"], answer["position"]["credit"]) == ("CTG-2020/000002", 0)
    assert "borrower_credit" not in balances(fund.session, LOAN, TODAY)
    assert verified(fund) == []


def test_a_recovery_after_a_write_off_takes_principal_first(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    given_up = WriteOff(contract_number=LOAN, value_date=date(2020, 5, 31))
    restructure(fund.session, given_up, fund.officer, fund.clock, fund.manager)
    # 142 days × 20.000 of interest were written off with the principal.
    owed = 100_000_000 + 142 * 20_000

    def recovered(amount: int) -> Recorded:
        request = Recover(contract_number=LOAN, value_date=TODAY, amount=Money(amount))
        return recover(fund.session, request, fund.officer, fund.clock)

    answers = [recovered(amount).result for amount in (99_000_000, owed - 99_000_000, 700)]

    parts = [
        tuple(one["allocation"][part] for part in ("principal", "interest", "credit"))
        for one in answers
    ]
    assert parts == [(99_000_000, 0, 0), (1_000_000, 142 * 20_000, 0), (0, 0, 700)]
    assert balances(fund.session, LOAN, TODAY) == {
        "bank": owed - 100_000_000 + 700,
        "specific_provision": 100_000_000,
        "recovery_income": -owed,
        "borrower_credit": -700,
    }
    assert verified(fund) == []


# Many at once


@pytest.fixture
def lender(own_engine: Engine, clock: FixedClock) -> Fund:
    """A fund with a loan of 100 million in a book where commits are real."""
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        a_loan(fund, **AT_20_000_A_DAY)
    return fund


def paying(fund: Fund, request: Repay) -> Callable[[Session], Recorded]:
    return lambda session: repay(session, request, fund.officer, fund.clock)


def test_eight_submits_of_one_form_post_once_and_all_see_it(
    lender: Fund, own_engine: Engine
) -> None:
    request = a_payment(key="k1")

    outcomes = at_once(own_engine, [paying(lender, request)] * 8)

    answers = accepted(outcomes)
    assert refused(outcomes) == []
    assert sorted(one.replayed for one in answers) == [False] + [True] * 7
    assert all(one.result == answers[0].result for one in answers)
    with make_sessions(own_engine)() as session:
        assert (count_of(session, LoanEvent), count_of(session, RequestKey)) == (2, 2)
        assert balances(session, LOAN, FIRST_DUE)["bank"] == 620_000 - 100_000_000


def test_one_key_for_two_loans_at_once_is_used_once(lender: Fund, own_engine: Engine) -> None:
    with make_sessions(own_engine)() as session:
        a_loan(replace(lender, session=session), "02/2020")
    first = a_payment(key="k1")

    outcomes = at_once(own_engine, [paying(lender, first), paying(lender, other_loan(first))])

    assert len(accepted(outcomes)) == 1
    assert [code for code, _reason in refused(outcomes)] == ["conflict"]
    with make_sessions(own_engine)() as session:
        assert count_of(session, LoanEvent) == 3


def test_of_two_settlements_at_once_one_settles_and_the_other_is_kept(
    lender: Fund, own_engine: Engine
) -> None:
    amount = 100_000_000 + 143 * 20_000
    works = [paying(lender, a_payment(amount=amount, day=TODAY)) for _ in range(2)]

    outcomes = at_once(own_engine, works)

    kept = sorted(one.result["allocation"]["credit"] for one in accepted(outcomes))
    assert kept == [0, amount]


def test_of_two_settlements_at_once_of_what_was_shown_one_is_collected(
    lender: Fund, own_engine: Engine
) -> None:
    shown = a_payment(amount=100_000_000 + 143 * 20_000, day=TODAY, version=3)
    works = [paying(lender, replace(shown, key=key)) for key in ("k1", "k2")]

    outcomes = at_once(own_engine, works)

    assert len(accepted(outcomes)) == 1
    assert refused(outcomes) == [("conflict", "stale_preview")]


@pytest.mark.parametrize("way", PaymentMethod)
def test_one_bank_reference_for_two_loans_at_once_is_posted_once(
    lender: Fund, own_engine: Engine, way: PaymentMethod
) -> None:
    """Also where one of the two takes the transfer for cash, which has numbers of its own."""
    with make_sessions(own_engine)() as session:
        fund = replace(lender, session=session)
        a_loan(fund, "02/2020", borrower=a_borrower(fund, "HTX Hòa Bình"))
    first = a_payment(reference="FT20153", method=PaymentMethod.BANK)
    other = replace(
        first, contract_number="02/2020", amount=Money(30_000), method=way, key="k2"
    )

    outcomes = at_once(own_engine, [paying(lender, first), paying(lender, other)])

    assert len(accepted(outcomes)) == 1
    assert refused(outcomes) == [("conflict", "same_reference")]
    with make_sessions(own_engine)() as session:
        given = [
            session.get_one(NumberSeries, (one, 2020)).last_number for one in ("PT", "TTG")
        ]
        assert sum(given) == 1


def test_a_bank_reference_is_free_again_once_its_receipt_is_taken_back(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    paid_by_officer(fund, a_payment(reference="FT1"))
    again = a_payment(amount=7_000, reference="FT1")

    refusal = refusal_of(lambda: paid_by_officer(fund, again))
    assert (refusal.reason, refusal.facts["number"]) == ("same_reference", "TTG-2020/000001")
    taken_back = Reverse(contract_number=LOAN, sequence=2, reason="wrong loan")
    reverse(fund.session, taken_back, fund.officer, fund.clock)
    assert paid_by_officer(fund, again).result["receipt"] == "TTG-2020/000002"


def test_different_payments_at_once_are_taken_one_after_the_other(
    lender: Fund, own_engine: Engine
) -> None:
    # 620.000 of interest is due, and whoever comes second pays what is left of it.
    small, large = a_payment(amount=100_000), a_payment(amount=700_000)

    outcomes = at_once(own_engine, [paying(lender, small), paying(lender, large)])

    parts = {
        one.result["event"]: one.result["allocation"]["interest"] for one in accepted(outcomes)
    }
    assert parts in ({2: 100_000, 3: 520_000}, {2: 620_000, 3: 0})
    with make_sessions(own_engine)() as session:
        assert loan_json(session, LOAN, FIRST_DUE)["position"]["credit"] == 180_000


def test_receipts_of_many_at_once_are_numbered_without_a_gap(
    lender: Fund, own_engine: Engine
) -> None:
    contracts = [f"{place:02d}/2020" for place in range(2, 9)]
    with make_sessions(own_engine)() as session:
        for number in contracts:
            a_loan(replace(lender, session=session), number)

    def clerk(contract: str) -> Callable[[Session], list[str]]:
        amounts = range(1_000, 7_000, 1_000)
        requests = [
            replace(a_payment(amount=amount), contract_number=contract) for amount in amounts
        ]
        return lambda session: [
            repay(session, request, lender.officer, lender.clock).result["receipt"]
            for request in requests
        ]

    outcomes = at_once(own_engine, [clerk(contract) for contract in (LOAN, *contracts)])

    assert refused(outcomes) == []
    numbers = [number for given in accepted(outcomes) for number in given]
    assert sorted(numbers) == [f"TTG-2020/{place:06d}" for place in range(1, 49)]
    with make_sessions(own_engine)() as session:
        assert session.get_one(NumberSeries, ("TTG", 2020)).last_number == 48
