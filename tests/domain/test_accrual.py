"""Charges and the lines that explain them (section 5)."""

from typing import Any

import pytest

from loanfund.domain.accrual import Accrual, explain
from loanfund.domain.calendar import DayCount
from loanfund.domain.terms import Component
from tests.loans import Json, columns, happened, lent, paid, plan, told

S = "2025-01-15"
CHARGE = ("kind", "from", "to", "due_date", "amount", "open")
LINE = ("from", "to", "days", "balance", "annual_rate", "amount")


def charges(*events: Json, as_of: str, **terms: Any) -> list[tuple[Any, ...]]:
    return columns(told(*events, as_of=as_of, **terms)["charges"], *CHARGE)


def lines(*events: Json, as_of: str, **terms: Any) -> list[tuple[Any, ...]]:
    """The lines of the last charge."""
    return columns(told(*events, as_of=as_of, **terms)["charges"][-1]["lines"], *LINE)


def test_interest_is_charged_on_each_due_date_for_the_period_before() -> None:
    assert charges(lent(S), as_of="2025-03-20") == [
        ("interest", "2025-01-15", "2025-02-15", "2025-02-15", 620_000, 620_000),
        ("interest", "2025-02-15", "2025-03-15", "2025-03-15", 560_000, 560_000),
    ]


@pytest.mark.parametrize(
    ("day_count", "expected"),
    [
        # 100 million at 7.3 % for 31 days, 15 December 2023 to 15 January 2024.
        ("actual/365", 620_000),
        ("actual/360", 628_611),  # 7,300,000 × 31 / 360 = 628,611.11
        ("actual/actual", 619_235),  # 340,000 + 7,300,000 × 14 / 366 = 279,234.97
        ("30E/360", 608_333),  # a twelfth: 608,333.33
    ],
)
def test_each_day_count_charges_its_own_interest(day_count: str, expected: int) -> None:
    found = told(lent("2023-12-15"), as_of="2024-01-15", day_count=day_count)

    assert found["charges"][0]["amount"] == expected


def test_a_year_parts_the_lines_of_actual_actual_only() -> None:
    asked: dict[str, Any] = {"as_of": "2024-01-15"}

    assert lines(lent("2023-12-15"), **asked, day_count="actual/actual") == [
        ("2023-12-15", "2024-01-01", 17, 100_000_000, "7.3", "340000.00"),
        ("2024-01-01", "2024-01-15", 14, 100_000_000, "7.3", "279234.97"),
    ]
    assert lines(lent("2023-12-15"), **asked) == [
        ("2023-12-15", "2024-01-15", 31, 100_000_000, "7.3", "620000.00")
    ]


def test_a_year_parts_the_lines_also_between_two_common_years() -> None:
    found = lines(lent("2025-12-22"), as_of="2026-01-22", day_count="actual/actual")

    assert [line[:3] for line in found] == [
        ("2025-12-22", "2026-01-01", 10),
        ("2026-01-01", "2026-01-22", 21),
    ]


def test_a_line_is_one_balance_at_one_rate() -> None:
    # 10 days at 20,000; 8 at 10,000 once half is prepaid; 10 at 14.6 % on 50 million, 20,000.
    assert lines(
        lent(S),
        paid("2025-02-15", 620_000),
        paid("2025-02-25", 50_000_000, surplus="principal"),
        happened("rate_change", "2025-03-05", annual_rate="14.6"),
        as_of="2025-03-15",
    ) == [
        ("2025-02-15", "2025-02-25", 10, 100_000_000, "7.3", "200000.00"),
        ("2025-02-25", "2025-03-05", 8, 50_000_000, "7.3", "80000.00"),
        ("2025-03-05", "2025-03-15", 10, 50_000_000, "14.6", "200000.00"),
    ]


def test_frozen_days_are_in_no_line() -> None:
    assert lines(
        lent(S),
        paid("2025-02-15", 620_000),
        happened("freeze", "2025-02-25", until="2025-03-07"),
        as_of="2025-03-15",
    ) == [
        ("2025-02-15", "2025-02-25", 10, 100_000_000, "7.3", "200000.00"),
        ("2025-03-07", "2025-03-15", 8, 100_000_000, "7.3", "160000.00"),
    ]


def test_a_charge_is_rounded_once_not_line_by_line() -> None:
    # 1,000 đồng at 9.125 % bear a quarter of a đồng a day: 7.75 in 31 days. With 500 prepaid
    # after two days 2 × 0.25 + 29 × 0.125 = 4.125, so 4; line by line it would be 1 + 4.
    assert charges(lent(S, 1_000), as_of="2025-02-15", annual_rate="9.125")[0][4] == 8
    halved = (lent(S, 1_000), paid("2025-01-17", 500, surplus="principal"))
    assert charges(*halved, as_of="2025-02-15", annual_rate="9.125")[0][4] == 4


def test_what_rounding_drops_is_not_carried_over() -> None:
    # 40 đồng at 9.125 % bear 0.01 a day, 0.31 until 15 February: no charge, but `from` moves.
    # With 1,000 more 0.26 a day: 7.28 in 28 days. With the 0.31 it would be 7.59, so 8.
    assert charges(
        lent(S, 40), lent("2025-02-15", 1_000), as_of="2025-03-15", annual_rate="9.125"
    ) == [("interest", "2025-02-15", "2025-03-15", "2025-03-15", 7, 7)]


def test_overdue_principal_bears_the_higher_rate_instead_from_its_due_date() -> None:
    # Two months: 100 million due on 15 March bear 1.5 × 7.3 % = 10.95 % from that day. The
    # period starts on 15 March as well: overdue interest would have been charged then.
    events = (lent(S), paid("2025-02-15", 620_000), paid("2025-03-15", 560_000))

    found = told(*events, as_of="2025-04-15", term_months=2)

    assert columns(found["charges"], *CHARGE)[-1] == (
        "overdue_interest",
        "2025-03-15",
        "2025-04-15",
        "2025-04-15",
        930_000,  # 31 × 30,000
        930_000,
    )
    assert columns(found["charges"][-1]["lines"], *LINE) == [
        ("2025-03-15", "2025-04-15", 31, 100_000_000, "10.95", "930000.00")
    ]


def test_interest_due_dates_go_on_monthly_after_maturity() -> None:
    # Interest every two months; after M on 15 March the dates are monthly.
    found = told(lent(S), as_of="2025-05-20", term_months=2, interest_every_months=2)

    assert [(one["kind"], one["due_date"], one["amount"]) for one in found["charges"]] == [
        ("interest", "2025-03-15", 1_180_000),  # 59 days
        ("overdue_interest", "2025-04-15", 930_000),
        ("overdue_interest", "2025-05-15", 900_000),
    ]


def test_unpaid_interest_bears_late_interest_from_its_due_date() -> None:
    # 620,000 × 7.3 % / 365 = 124 a day for 28 days; late interest bears nothing itself.
    # From 15 March 1,180,000 is open: 236 a day for 31 days.
    found = told(lent(S), as_of="2025-04-15", late_interest_rate="7.3")

    late = [one for one in found["charges"] if one["kind"] == "late_interest"]
    assert columns(late, "from", "to", "amount") == [
        ("2025-02-15", "2025-03-15", 3_472),
        ("2025-03-15", "2025-04-15", 7_316),
    ]
    assert columns(late[1]["lines"], *LINE) == [
        ("2025-03-15", "2025-04-15", 31, 1_180_000, "7.3", "7316.00")
    ]


def test_penalties_are_charged_on_the_day_of_a_repayment_too() -> None:
    # Due on 15 February, paid on the 25th: 10 × 124 late interest, due that day.
    found = told(
        lent(S), paid("2025-02-25", 1_000), as_of="2025-02-25", late_interest_rate="7.3"
    )

    assert columns(found["charges"], "kind", "due_date", "amount") == [
        ("interest", "2025-02-15", 620_000),
        ("late_interest", "2025-02-25", 1_240),
    ]


def test_interest_of_a_loan_without_principal_waits_for_its_due_date() -> None:
    # All principal prepaid on the 10th day; its 200,000 fall due on 15 February.
    events = (lent(S), paid("2025-01-25", 100_000_000, surplus="principal"))

    before = told(*events, as_of="2025-02-14")["position"]
    due = told(*events, as_of="2025-02-15")["position"]

    assert (before["principal_outstanding"], before["accrued_interest"]) == (0, 200_000)
    assert (before["status"], before["interest_open"]) == ("active", 0)
    assert (due["status"], due["interest_open"]) == ("active", 200_000)


def test_charges_are_shown_by_due_date_then_kind() -> None:
    found = told(lent(S), as_of="2025-03-20", term_months=1, late_interest_rate="7.3")

    assert columns(found["charges"], "due_date", "kind") == [
        ("2025-02-15", "interest"),
        ("2025-03-15", "overdue_interest"),
        ("2025-03-15", "late_interest"),
    ]


def test_a_charge_not_yet_due_is_shown_once_something_was_paid_on_it() -> None:
    # Interest of 15 February moved to June by a rescheduling.
    moved = happened(
        "reschedule",
        "2025-02-20",
        kind="adjust",
        plan=plan(("2026-01-15", 100_000_000)),
        unpaid_interest_due="2025-06-15",
    )
    part = paid("2025-02-25", 1_000, split={"interest": 1_000})

    assert charges(lent(S), moved, as_of="2025-02-25") == []
    assert charges(lent(S), moved, part, as_of="2025-02-25") == [
        ("interest", "2025-01-15", "2025-02-15", "2025-06-15", 620_000, 619_000)
    ]


def test_an_accrual_begins_anew_after_each_charge() -> None:
    accrual = Accrual(Component.INTEREST, 73_000 * 1_000, 100, 365)
    accrual.balance = 100_000_000
    accrual.advance(100, 110, 10)

    charge = accrual.charge(110)

    assert charge is not None
    assert (charge.amount, charge.start, charge.end, charge.due) == (200_000, 100, 110, 110)
    assert (accrual.amount, accrual.since) == (0, 110)
    assert accrual.charge(120) is None
    assert accrual.since == 120


def test_neighbouring_segments_alike_are_one_line() -> None:
    segments = [(1, 5, 100, 7), (5, 9, 100, 7), (9, 10, 50, 7), (12, 14, 50, 7)]

    shown = explain(segments, DayCount.ACTUAL_365)

    assert [(line.end - line.start).days for line in shown] == [8, 1, 2]
