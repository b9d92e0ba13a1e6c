"""The statement's figures, worked by hand; its equations, over histories of every kind."""

import json
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loanfund.domain.account import LoanStatus
from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.errors import InvalidInputError, RuleViolationError
from loanfund.domain.event import RescheduleKind
from loanfund.domain.history import History, read_history
from loanfund.domain.money import Money, Rate, divide_half_up, total
from loanfund.domain.plain import to_json
from loanfund.domain.statement import statement
from loanfund.domain.statement_lines import added_up
from loanfund.domain.statement_parts import (
    Amounts,
    Balances,
    EarlierStatement,
    Equation,
    Group,
    Records,
    Statement,
    Voucher,
)
from loanfund.domain.terms import Component
from tests.statements import (
    EXAMPLE_EVENTS,
    EXAMPLE_TERMS,
    a_head,
    a_reversed_repayment,
    a_statement,
    the_example,
)
from tests.strategies import cases

Json = dict[str, Any]

# Rules §13, worked line: 100 million, 6 %, one month, the principal paid 45 days late.
LATE_TERMS = {
    "amount": 100_000_000,
    "annual_rate": "6",
    "term_months": 1,
    "repayment_method": "principal_at_maturity",
}
LATE_EVENTS = (
    {"id": "a", "type": "disbursement", "date": "2023-01-10", "amount": 100_000_000},
    {"id": "b", "type": "repayment", "date": "2023-02-10", "amount": 509_589},
    {"id": "c", "type": "repayment", "date": "2023-03-27", "amount": 101_109_589},
)


def equation_of(found: Statement, component: Component) -> Equation:
    return next(one for one in found.equations if one.component is component)


def parts(one: Equation) -> tuple[int, ...]:
    amounts = (one.opening, one.added, one.paid, one.waived, one.written_off, one.closing)
    return tuple(amount.dong for amount in amounts)


# Worked by hand.


def test_interest_is_explained_as_days_times_balance_times_rate() -> None:
    charge = the_example().charges[0]

    assert (charge.kind, charge.start, charge.end) == (
        Component.INTEREST,
        date(2020, 4, 5),
        date(2020, 5, 5),
    )
    assert [
        (line.start, line.end, line.days, line.balance, line.annual_rate, line.amount)
        for line in charge.lines
    ] == [
        (date(2020, 4, 5), date(2020, 4, 20), 15, 300_000_000, "7.2", "887671.23"),
        (date(2020, 4, 20), date(2020, 5, 5), 15, 250_000_000, "7.2", "739726.03"),
    ]
    assert charge.exact == "1627397.26"
    assert charge.amount == Money(1_627_397)
    assert charge.is_of_period


def test_every_component_is_an_equation() -> None:
    found = the_example()

    principal = equation_of(found, Component.PRINCIPAL)
    interest = equation_of(found, Component.INTEREST)

    assert parts(principal) == (0, 300_000_000, 50_000_000, 0, 0, 250_000_000)
    assert parts(interest) == (0, 1_627_397, 1_627_397, 0, 0, 0)
    assert parts(equation_of(found, Component.OVERDUE_INTEREST)) == (0, 0, 0, 0, 0, 0)
    assert found.opening == Balances()
    assert found.closing == Balances(principal=Money(250_000_000))


def test_the_default_period_begins_with_the_first_disbursement() -> None:
    found = the_example()

    assert (found.period_from, found.period_to) == (date(2020, 4, 5), date(2020, 5, 31))
    assert found.terms.first_disbursement == date(2020, 4, 5)


def test_every_transaction_has_its_split_its_voucher_and_the_balance_after() -> None:
    found = the_example()

    assert [
        (
            entry.value_date.isoformat(),
            entry.number,
            entry.amounts.disbursed.dong,
            entry.amounts.received.dong,
            entry.amounts.interest.dong,
            entry.amounts.principal.dong,
            entry.principal_balance,
        )
        for entry in found.entries
    ] == [
        ("2020-04-05", "PC-000041", 300_000_000, 0, 0, 0, Money(300_000_000)),
        ("2020-04-20", "PT-000107", 0, 50_000_000, 0, 50_000_000, Money(250_000_000)),
        ("2020-05-05", "PT-000131", 0, 1_627_397, 1_627_397, 0, Money(250_000_000)),
    ]
    (turnover,) = found.totals
    assert turnover.group is Group.TURNOVER
    assert turnover.amounts == Amounts(
        disbursed=Money(300_000_000),
        received=Money(51_627_397),
        interest=Money(1_627_397),
        principal=Money(50_000_000),
    )


def test_what_is_accrued_and_what_settles_stand_below() -> None:
    place = the_example().position

    # 26 days (05/05 to 31/05) × 250.000.000 × 7,2 % / 365 = 1.282.191,78
    assert place.accrued_interest == Money(1_282_192)
    assert place.settlement_amount == Money(251_282_192)


def test_the_next_three_instalments_are_shown() -> None:
    coming = the_example().coming

    # 31, 30 and 31 days × 250.000.000 × 7,2 % / 365
    assert [(one.due_date.isoformat(), one.interest.dong) for one in coming] == [
        ("2020-06-05", 1_528_767),
        ("2020-07-05", 1_479_452),
        ("2020-08-05", 1_528_767),
    ]
    assert all(one.to_pay == one.principal - one.prepaid + one.interest for one in coming)


def test_a_prepaid_part_is_not_asked_for_again() -> None:
    terms = {**EXAMPLE_TERMS, "repayment_method": "equal_principal"}
    found = a_statement(terms, EXAMPLE_EVENTS[:2], "2020-04-30")

    # twelve instalments of 25 million, the next two of them prepaid
    assert [(one.principal.dong, one.prepaid.dong) for one in found.coming] == [
        (25_000_000, 25_000_000),
        (25_000_000, 25_000_000),
        (25_000_000, 0),
    ]
    assert found.coming[0].to_pay == Money(1_627_397)


def test_a_month_opens_with_what_stood_open_the_day_before() -> None:
    found = a_statement(LATE_TERMS, LATE_EVENTS[:1], "2023-03-31", "2023-03-01")

    # 19 days of February, then 28 days to 10/03 × 100.000.000 × 9 % / 365 = 690.410,96
    assert found.opening == Balances(principal=Money(100_000_000), interest=Money(509_589))
    assert parts(equation_of(found, Component.OVERDUE_INTEREST)) == (
        0,
        690_411,
        0,
        0,
        0,
        690_411,
    )
    # 21 days from 10/03 to 31/03
    assert found.position.accrued_overdue_interest == Money(517_808)
    assert found.position.days_past_due == 49
    assert found.terms.overdue_rate == "9"


def test_a_loan_paid_late_closes_at_nothing() -> None:
    found = a_statement(LATE_TERMS, LATE_EVENTS, "2023-03-31", "2023-03-01")

    assert parts(equation_of(found, Component.PRINCIPAL)) == (
        100_000_000,
        0,
        100_000_000,
        0,
        0,
        0,
    )
    assert parts(equation_of(found, Component.OVERDUE_INTEREST)) == (
        0,
        1_109_589,
        1_109_589,
        0,
        0,
        0,
    )
    assert [(one.exact, one.amount.dong) for one in found.charges] == [
        ("690410.96", 690_411),
        ("419178.08", 419_178),
    ]
    assert found.position.status is LoanStatus.CLOSED
    assert found.coming == ()


def test_credit_stands_apart() -> None:
    overpaid = {"id": "d", "type": "credit_refund", "date": "2023-03-29", "amount": 400_000}
    paid = {**LATE_EVENTS[2], "amount": 102_109_589}
    events = (*LATE_EVENTS[:2], paid, overpaid)

    found = a_statement(LATE_TERMS, events, "2023-03-31", "2023-03-01")

    credit = found.credit
    assert (credit.opening, credit.received, credit.applied) == (
        Money(0),
        Money(1_000_000),
        Money(0),
    )
    assert (credit.refunded, credit.closing) == (Money(400_000), Money(600_000))
    assert found.entries[-1].amounts == Amounts(
        received=Money(-400_000), credit=Money(-400_000)
    )


def test_credit_that_pays_is_shown_as_applied() -> None:
    ahead = {"id": "e4", "type": "repayment", "date": "2020-05-06", "amount": 2_000_000}

    found = a_statement(EXAMPLE_TERMS, (*EXAMPLE_EVENTS, ahead), "2020-06-30", "2020-05-06")

    # on 05/06 the credit of 2.000.000 pays 31 days of interest, 1.528.767
    assert (found.credit.received, found.credit.applied) == (Money(2_000_000), Money(1_528_767))
    assert found.entries[-1].type == "credit_applied"
    assert found.entries[-1].amounts == Amounts(
        interest=Money(1_528_767), credit=Money(-1_528_767)
    )


def test_what_is_written_off_is_tracked_apart_and_won_back() -> None:
    events = (
        LATE_EVENTS[0],
        {
            "id": "w",
            "type": "interest_waiver",
            "date": "2023-02-20",
            "amount": 9_589,
            "of": "interest",
        },
        {"id": "x", "type": "write_off", "date": "2023-03-10"},
        {"id": "y", "type": "recovery", "date": "2023-04-01", "amount": 100_500_000},
    )
    whole = a_statement(LATE_TERMS, events, "2023-04-30")

    # waived on 20/02: penalties accrued are charged first, 10 days × 9 % = 246.575
    assert parts(equation_of(whole, Component.INTEREST)) == (0, 509_589, 0, 9_589, 500_000, 0)
    assert parts(equation_of(whole, Component.OVERDUE_INTEREST)) == (
        0,
        690_411,
        0,
        0,
        690_411,
        0,
    )
    assert [
        (one.component.value, one.opening.dong, one.written_off.dong, one.recovered.dong)
        for one in whole.off_balance
    ] == [("principal", 0, 100_000_000, 100_000_000), ("interest", 0, 1_190_411, 500_000)]
    assert [one.group.value for one in whole.totals] == [
        "turnover",
        "waived",
        "written_off",
        "recovered",
    ]
    april = a_statement(LATE_TERMS, events, "2023-04-30", "2023-04-01")
    assert [one.opening.dong for one in april.off_balance] == [100_000_000, 1_190_411]


def test_a_reversed_repayment_stays_and_counts_nothing() -> None:
    plain = the_example()
    found = a_statement(
        EXAMPLE_TERMS,
        EXAMPLE_EVENTS,
        "2020-05-31",
        reversed_events=[a_reversed_repayment(), a_reversed_repayment("2020-06-01")],
    )

    struck = found.entries[1]
    assert len(found.entries) == len(plain.entries) + 1
    assert (struck.reversed_by, struck.number) == ("HT-000012", "PT-000106")
    assert struck.amounts.received == Money(5_000_000)
    assert struck.principal_balance is None
    assert found.totals == plain.totals


def test_changes_of_the_contract_are_named_with_their_decisions() -> None:
    events = (
        *EXAMPLE_EVENTS,
        {"id": "r", "type": "rate_change", "date": "2020-05-10", "annual_rate": "6"},
        {
            "id": "s",
            "type": "reschedule",
            "date": "2020-05-20",
            "kind": "extend",
            "plan": [{"date": "2021-10-05", "amount": 250_000_000}],
        },
        {"id": "t", "type": "freeze", "date": "2020-05-25", "until": "2020-08-25"},
        {"id": "u", "type": "rate_change", "date": "2020-12-01", "annual_rate": "5"},
    )
    decisions = {"s": Voucher(number="15/QĐ-QHTPT")}

    found = a_statement(EXAMPLE_TERMS, events, "2020-05-31", vouchers=decisions)

    assert [(one.type, one.number) for one in found.notices] == [
        ("rate_change", ""),
        ("reschedule", "15/QĐ-QHTPT"),
        ("freeze", ""),
    ]
    assert found.notices[0].annual_rate == Rate.percent("6")
    assert found.notices[1].kind is RescheduleKind.EXTEND
    assert [one.until for one in found.notices[1:]] == [date(2021, 10, 5), date(2020, 8, 25)]
    assert found.terms.rate_in_force == Rate.percent("6")


def test_interest_moved_forward_is_explained_when_made_and_when_due() -> None:
    moved = {
        "id": "s",
        "type": "reschedule",
        "date": "2020-05-20",
        "kind": "extend",
        "plan": [{"date": "2021-10-05", "amount": 250_000_000}],
        "unpaid_interest_due": "2020-07-15",
    }
    events = (*EXAMPLE_EVENTS[:2], moved)

    made = a_statement(EXAMPLE_TERMS, events, "2020-05-31")
    due = a_statement(EXAMPLE_TERMS, events, "2020-07-31", "2020-07-01")

    assert made.position.interest_deferred == Money(1_627_397)
    assert made.closing.interest == Money(1_627_397)
    assert [one.due_date for one in made.charges] == [date(2020, 7, 15)]
    assert [(one.amount.dong, one.is_of_period) for one in due.charges] == [
        (1_627_397, False),
        (1_479_452, True),
    ]
    assert [one.due_date.day for one in made.coming] == [5, 5, 15]


def test_a_difference_to_the_statement_before_is_one_line() -> None:
    said = Balances(principal=Money(260_000_000))
    earlier = EarlierStatement(number="SK-000007", closing=said)
    same = EarlierStatement(number="SK-000008", closing=the_example("2020-04-30").closing)

    adjusted = a_statement(
        EXAMPLE_TERMS, EXAMPLE_EVENTS, "2020-05-31", "2020-05-01", earlier=earlier
    )
    plain = a_statement(EXAMPLE_TERMS, EXAMPLE_EVENTS, "2020-05-31", "2020-05-01", earlier=same)

    assert plain.adjustment is None
    assert adjusted.adjustment is not None
    assert adjusted.adjustment.number == "SK-000007"
    assert adjusted.adjustment.difference == Balances(principal=Money(-10_000_000))


@pytest.mark.parametrize(
    ("period_from", "period_to", "reason"),
    [
        ("2020-05-01", "2020-04-30", "statement_period"),
        (None, "2020-04-04", "statement_before_disbursement"),
    ],
)
def test_a_period_without_a_loan_is_refused(
    period_from: str | None, period_to: str, reason: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        the_example(period_to, period_from)

    assert refused.value.reason == reason


def test_a_sum_that_two_decimals_would_round_otherwise_shows_more() -> None:
    terms = {**EXAMPLE_TERMS, "amount": 100_000_760}
    events = [{"id": "e", "type": "disbursement", "date": "2023-01-05", "amount": 100_000_760}]

    (charge,) = a_statement(terms, events, "2023-02-28").charges

    # 31 days × 100.000.760 × 7,2 % / 365 = 611.511,4967…: "611.511,50" would not round to it
    assert charge.amount == Money(611_511)
    assert charge.exact == "611511.497"


def _ratio(text: str) -> tuple[int, int]:
    whole, _, part = text.partition(".")
    return int(whole + part), 10 ** len(part)


def test_json_is_plain_and_names_every_field() -> None:
    found = the_example()

    data = to_json(found)

    assert json.loads(json.dumps(data)) == data
    assert data.keys() == {one.name for one in fields(Statement)}
    assert data["equations"][0] == {
        "component": "principal",
        "opening": 0,
        "added": 300_000_000,
        "paid": 50_000_000,
        "waived": 0,
        "written_off": 0,
        "closing": 250_000_000,
    }
    assert data["terms"]["annual_rate"] == "7.2"
    assert data["period_from"] == "2020-04-05"
    assert data["head"]["fund"]["signatories"][1]["name"] == "Đặng Quốc Khánh"
    assert data == to_json(the_example())


def test_an_equation_that_does_not_hold_cannot_be_stated() -> None:
    good = equation_of(the_example(), Component.PRINCIPAL)

    with pytest.raises(AssertionError):
        replace(good, paid=Money(1))


# Over histories of every kind.

told_slowly = settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)


def known(case: Json) -> History:
    """The history of a case as known today, in so far as it is possible."""
    history = read_history(parse_terms(case["terms"]), [parse_event(e) for e in case["events"]])
    assume(history.first_disbursement is not None)
    return history


@st.composite
def histories(draw: st.DrawFn) -> tuple[History, date]:
    """A history that is possible through the day after the one given."""
    case = draw(cases())
    end = max(date.fromisoformat(case["as_of"]), date.fromisoformat(case["events"][0]["date"]))
    for event in case["events"]:
        event.pop("recorded_on", None)
    try:
        history = known(case)
        statement(history, a_head(), None, end + timedelta(days=1), Records())
    except (RuleViolationError, InvalidInputError):
        assume(condition=False)
        raise
    return history, end


def state_of(history: History, start: date | None, end: date) -> Statement:
    return statement(history, a_head(), start, end, Records())


@pytest.mark.slow
@told_slowly
@given(histories(), st.data())
def test_a_statement_opens_where_the_one_before_closed(
    told: tuple[History, date], data: st.DataObject
) -> None:
    history, end = told
    first = history.first_disbursement
    assert first is not None
    cut = data.draw(st.dates(first, end))

    before = state_of(history, None, cut)
    after_cut = state_of(history, cut + timedelta(days=1), max(end, cut + timedelta(days=1)))

    assert after_cut.opening == before.closing
    assert [one.opening for one in after_cut.off_balance] in (
        [one.closing for one in before.off_balance],
        [Money(0), Money(0)],
    )


@pytest.mark.slow
@told_slowly
@given(histories(), st.data())
def test_the_parts_of_a_period_add_up_to_the_whole(
    told: tuple[History, date], data: st.DataObject
) -> None:
    history, end = told
    first = history.first_disbursement
    assert first is not None
    cuts = sorted(data.draw(st.sets(st.dates(first, end), max_size=6)) - {end})
    starts = [first, *(cut + timedelta(days=1) for cut in cuts)]

    whole = state_of(history, None, end)
    pieces = [state_of(history, *ends) for ends in zip(starts, [*cuts, end], strict=True)]

    assert tuple(entry for piece in pieces for entry in piece.entries) == whole.entries
    for index, equation in enumerate(whole.equations):
        each = [piece.equations[index] for piece in pieces]
        for term in ("added", "paid", "waived", "written_off"):
            assert total([getattr(one, term) for one in each]) == getattr(equation, term)
    for term in ("received", "applied", "refunded"):
        assert total([getattr(one.credit, term) for one in pieces]) == getattr(
            whole.credit, term
        )
    assert [
        (one.kind, one.start, one.amount)
        for piece in pieces
        for one in piece.charges
        if one.is_of_period
    ] == [(one.kind, one.start, one.amount) for one in whole.charges]


@pytest.mark.slow
@told_slowly
@given(histories())
def test_lines_totals_and_equations_agree(told: tuple[History, date]) -> None:
    found = state_of(told[0], None, told[1])
    sums = {one.group: one.amounts for one in found.totals}
    nothing = Amounts()

    for entry in found.entries:
        amounts = entry.amounts
        if entry.type not in {"interest_waiver", "write_off"}:
            taken = [amounts.late_interest, amounts.overdue_interest, amounts.interest]
            assert amounts.received == total([*taken, amounts.principal, amounts.credit])
    for equation in found.equations:
        name = equation.component.value
        if equation.component is not Component.PRINCIPAL:
            made = [one.amount for one in found.charges if one.kind is equation.component]
            assert equation.added == total(made)
        assert equation.paid == getattr(sums[Group.TURNOVER], name)
        assert equation.waived == getattr(sums.get(Group.WAIVED, nothing), name)
        assert equation.written_off == getattr(sums.get(Group.WRITTEN_OFF, nothing), name)
    assert sums[Group.TURNOVER].disbursed == found.equations[0].added
    balances = [one.principal_balance for one in found.entries]
    assert balances[-1] == found.closing.principal
    assert added_up([one.amounts for one in found.entries]) == added_up(list(sums.values()))


@pytest.mark.slow
@told_slowly
@given(histories())
def test_the_next_instalment_is_the_positions(told: tuple[History, date]) -> None:
    found = state_of(told[0], None, told[1])
    place = found.position

    if found.coming and place.next_due is not None:
        first = found.coming[0]
        assert first.due_date == place.next_due.due_date
        assert first.interest == place.next_due.interest
        assert first.principal - first.prepaid == place.next_due.principal
    for charge in found.charges:
        assert divide_half_up(*_ratio(charge.exact)) == charge.amount.dong
