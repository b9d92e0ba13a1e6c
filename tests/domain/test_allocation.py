"""Where a repayment goes (section 7), worked by hand."""

from typing import Any

import pytest

from tests.loans import Json, columns, happened, lent, paid, plan, position, refused, told

S = "2025-01-15"
LATE: dict[str, Any] = {"late_interest_rate": "7.3"}
FOUR: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal"}
PARTS = ("principal", "interest", "overdue_interest", "late_interest", "credit")
PENALTIES_FIRST = ["late_interest", "overdue_interest", "interest", "principal"]


def parts(*events: Json, **terms: Any) -> tuple[int, ...]:
    """What the last event's row says each component took."""
    rows = told(*events, as_of=events[-1]["date"], **terms)["transactions"]
    return columns(rows, *PARTS)[-1]


# Settlement.


def test_what_settles_is_everything_with_the_interest_to_the_day() -> None:
    # Interest of 15 February is paid; five days more: 100,000.
    events = (lent(S), paid("2025-02-15", 620_000))

    assert position(*events, as_of="2025-02-20")["settlement_amount"] == 100_100_000


def test_paying_it_all_closes_the_loan_and_the_excess_is_credit() -> None:
    events = (lent(S), paid("2025-02-15", 620_000), paid("2025-02-20", 100_100_986))

    assert parts(*events) == (100_000_000, 100_000, 0, 0, 986)
    place = position(*events, as_of="2025-02-20")
    assert (place["status"], place["credit"]) == ("closed", 986)
    assert (place["settlement_amount"], place["accrued_interest"]) == (0, 0)


def test_one_dong_less_settles_nothing() -> None:
    # Nothing is due, so all of it is kept; the loan goes on.
    events = (lent(S), paid("2025-02-15", 620_000), paid("2025-02-20", 100_099_999))

    assert parts(*events) == (0, 0, 0, 0, 100_099_999)
    assert position(*events, as_of="2025-02-20")["settlement_amount"] == 1


def test_settlement_counts_everything_overdue_and_accrued() -> None:
    # 25 February, nothing paid, 25 million in arrears for ten days at 10.95 %, 7,500 a day;
    # 75 million in term for ten days, 15,000 a day; 620,000 unpaid for ten days, 124 a day.
    place = position(lent(S), as_of="2025-02-25", **FOUR, **LATE)

    assert place["accrued_overdue_interest"] == 75_000
    assert place["accrued_interest"] == 150_000
    assert place["accrued_late_interest"] == 1_240
    assert place["settlement_amount"] == 100_000_000 + 620_000 + 75_000 + 150_000 + 1_240
    settled = parts(lent(S), paid("2025-02-25", place["settlement_amount"]), **FOUR, **LATE)
    assert settled == (100_000_000, 770_000, 75_000, 1_240, 0)


def test_credit_lessens_what_settles_and_is_used_up() -> None:
    # 1,000,000 too much on 15 February; on the 20th 100,100,000 − 1,000,000.
    events = (lent(S), paid("2025-02-15", 1_620_000), paid("2025-02-20", 99_100_000))

    assert parts(*events) == (100_000_000, 100_000, 0, 0, -1_000_000)
    assert position(*events, as_of="2025-02-20")["status"] == "closed"


def test_settlement_includes_interest_moved_forward() -> None:
    moved = happened(
        "reschedule",
        "2025-02-20",
        kind="adjust",
        plan=plan(("2026-01-15", 100_000_000)),
        unpaid_interest_due="2025-06-15",
    )

    # 620,000 moved; ten days since 15 February.
    place = position(lent(S), moved, as_of="2025-02-25")

    assert (place["interest_open"], place["interest_deferred"]) == (0, 620_000)
    assert place["settlement_amount"] == 100_000_000 + 620_000 + 200_000


# The order.


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        # On 25 February 25,000,000 principal, 620,000 interest, 75,000 overdue interest and
        # 1,240 late interest are open; in arrears principal comes first.
        (10_000_000, (10_000_000, 0, 0, 0, 0)),
        (25_000_000, (25_000_000, 0, 0, 0, 0)),
        (25_300_000, (25_000_000, 300_000, 0, 0, 0)),
        (25_650_000, (25_000_000, 620_000, 30_000, 0, 0)),
        (25_696_000, (25_000_000, 620_000, 75_000, 1_000, 0)),
        (25_696_240, (25_000_000, 620_000, 75_000, 1_240, 0)),
        (25_697_240, (25_000_000, 620_000, 75_000, 1_240, 1_000)),
    ],
)
def test_in_arrears_principal_comes_first(amount: int, expected: tuple[int, ...]) -> None:
    assert parts(lent(S), paid("2025-02-25", amount), **FOUR, **LATE) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (PENALTIES_FIRST, (4_000, 620_000, 75_000, 1_240, 0)),
        (
            ["interest", "principal", "late_interest", "overdue_interest"],
            (80_240, 620_000, 0, 0, 0),
        ),
        (
            ["overdue_interest", "late_interest", "principal", "interest"],
            (624_000, 0, 75_000, 1_240, 0),
        ),
    ],
)
def test_the_contract_may_order_arrears_otherwise(
    order: list[str], expected: tuple[int, ...]
) -> None:
    terms: dict[str, Any] = {**FOUR, **LATE, "allocation_order_overdue": order}

    assert parts(lent(S), paid("2025-02-25", 700_240), **terms) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (500_000, (0, 500_000, 0, 0, 0)),
        (620_000, (0, 620_000, 0, 0, 0)),
        (10_000_000, (9_380_000, 620_000, 0, 0, 0)),
        (26_000_000, (25_000_000, 620_000, 0, 0, 380_000)),
    ],
)
def test_on_the_due_date_itself_interest_comes_first(
    amount: int, expected: tuple[int, ...]
) -> None:
    assert parts(lent(S), paid("2025-02-15", amount), **FOUR) == expected


def test_unpaid_interest_alone_is_arrears_too() -> None:
    # 15 March: 25 million paid in February, its interest not. Principal due today comes first.
    events = (
        lent(S),
        paid("2025-02-15", 25_000_000, split={"principal": 25_000_000}),
        paid("2025-03-15", 25_000_000),
    )

    assert parts(*events, **FOUR) == (25_000_000, 0, 0, 0, 0)


def test_unpaid_penalties_are_no_arrears() -> None:
    # All but the overdue interest of 75,000 is paid ten days late. On 15 March penalties come
    # first, as for a loan without arrears; then the interest of that day.
    events = (
        lent(S),
        paid("2025-02-25", 25_620_000),
        paid("2025-03-15", 100_000),
    )

    assert position(*events[:2], as_of="2025-03-01", **FOUR)["days_past_due"] == 0
    assert parts(*events, **FOUR) == (0, 25_000, 75_000, 0, 0)


def test_the_oldest_is_paid_first() -> None:
    # Interest of 620,000, 560,000 and 620,000 is open.
    events = (lent(S), paid("2025-04-20", 700_000))

    charges = told(*events, as_of="2025-04-20")["charges"]

    assert columns(charges, "due_date", "paid", "open") == [
        ("2025-02-15", 620_000, 0),
        ("2025-03-15", 80_000, 480_000),
        ("2025-04-15", 0, 620_000),
    ]


def test_what_was_moved_forward_is_not_paid_by_the_order() -> None:
    moved = happened(
        "reschedule",
        "2025-02-20",
        kind="adjust",
        plan=plan(("2026-01-15", 100_000_000)),
        unpaid_interest_due="2025-06-15",
    )

    assert parts(lent(S), moved, paid("2025-02-25", 700_000)) == (0, 0, 0, 0, 700_000)


# What is left.


def test_what_is_left_is_kept_and_applied_on_the_next_due_date() -> None:
    events = (lent(S), paid("2025-02-15", 1_620_000))

    found = told(*events, as_of="2025-03-15")

    assert columns(found["transactions"], "id", "type", "date", "amount", *PARTS)[-1] == (
        *(None, "credit_applied", "2025-03-15", 560_000),
        *(0, 560_000, 0, 0, -560_000),
    )
    assert found["position"]["credit"] == 440_000


def test_credit_neither_settles_nor_prepays() -> None:
    # One đồng short of settling on 20 February: credit 100,099,999 pays 560,000 of interest in
    # March and goes on paying month by month, principal at maturity.
    events = (lent(S), paid("2025-02-15", 620_000), paid("2025-02-20", 100_099_999))

    place = position(*events, as_of="2025-03-20")

    assert place["credit"] == 99_539_999
    assert place["principal_outstanding"] == 100_000_000
    assert place["settlement_amount"] == 560_001  # 100,000,000 + 5 days − credit


def test_credit_pays_in_the_order_of_arrears() -> None:
    # 1,000,000 paid ahead on 20 January. On 15 February nothing is late yet: interest first,
    # then principal. On 15 March 24,620,000 is: what comes then goes to principal.
    events = (lent(S), paid("2025-01-20", 1_000_000))

    rows = told(*events, as_of="2025-03-15", **FOUR)["transactions"]

    assert columns(rows, "type", *PARTS)[1:] == [
        ("repayment", 0, 0, 0, 0, 1_000_000),
        ("credit_applied", 380_000, 620_000, 0, 0, -1_000_000),
    ]


@pytest.mark.parametrize(
    ("prepayment", "expected"),
    [
        # 30 million beyond what is due on 15 February.
        ("next_first", [("2025-04-15", 20_000_000), ("2025-05-15", 25_000_000)]),
        ("last_first", [("2025-03-15", 25_000_000), ("2025-04-15", 20_000_000)]),
    ],
)
def test_what_is_left_may_prepay_principal(
    prepayment: str, expected: list[tuple[str, int]]
) -> None:
    events = (
        lent(S),
        paid("2025-02-15", 55_620_000, surplus="principal"),
        happened("rate_change", "2025-02-15", annual_rate="6"),
    )
    terms: dict[str, Any] = {**FOUR, "prepayment": prepayment}

    assert parts(*events[:2], **terms) == (55_000_000, 620_000, 0, 0, 0)
    schedule = told(*events, as_of="2025-02-15", **terms)["schedule"]
    assert [row for row in columns(schedule, "due_date", "principal") if row[1]] == expected


def test_the_terms_may_prepay_and_a_repayment_may_say_otherwise() -> None:
    prepaying: dict[str, Any] = {"surplus": "principal"}

    assert parts(lent(S), paid("2025-02-15", 1_620_000), **prepaying)[0] == 1_000_000
    kept = paid("2025-02-15", 1_620_000, surplus="credit")
    assert parts(lent(S), kept, **prepaying) == (0, 620_000, 0, 0, 1_000_000)


def test_prepaying_all_principal_leaves_the_rest_as_credit() -> None:
    # Five days of interest, 100,000, are not due; one đồng is missing to settle.
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        paid("2025-02-20", 100_099_999, surplus="principal"),
    )

    assert parts(*events) == (100_000_000, 0, 0, 0, 99_999)
    place = position(*events, as_of="2025-03-15")
    assert (place["status"], place["interest_open"], place["credit"]) == ("active", 1, 0)


# A given split.


def test_a_split_goes_exactly_where_it_says() -> None:
    # 25 February as above; interest and late interest are left alone.
    split = {"principal": 26_000_000, "overdue_interest": 70_000}

    paid_as_told = parts(lent(S), paid("2025-02-25", 26_070_000, split=split), **FOUR, **LATE)

    assert paid_as_told == (26_000_000, 0, 70_000, 0, 0)


def test_a_split_may_pay_interest_accrued_to_the_day() -> None:
    # Ten days since 15 February: 200,000, charged and due that day.
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        paid("2025-02-25", 10_200_000, split={"principal": 10_000_000, "interest": 200_000}),
    )

    found = told(*events, as_of="2025-02-25")

    assert columns(found["charges"], "from", "to", "due_date", "amount", "open")[-1] == (
        *("2025-02-15", "2025-02-25", "2025-02-25", 200_000, 0),
    )
    assert found["position"]["accrued_interest"] == 0
    # 18 days more at 18,000 fall due in March.
    assert position(*events, as_of="2025-03-15")["interest_open"] == 324_000


def test_a_part_of_accrued_interest_charges_all_of_it() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        paid("2025-02-25", 150_000, split={"interest": 150_000}),
    )

    assert position(*events, as_of="2025-02-25")["interest_open"] == 50_000


def test_interest_that_is_open_is_paid_before_any_accrued() -> None:
    # 620,000 open: nothing is charged early.
    events = (lent(S), paid("2025-02-25", 620_000, split={"interest": 620_000}))

    place = position(*events, as_of="2025-02-25")

    assert (place["interest_open"], place["accrued_interest"]) == (0, 200_000)


def test_a_split_pays_what_is_due_then_what_was_moved_forward() -> None:
    # 620,000 moved to June; 560,000 fall due on 15 March; 700,000 pay the due ones first.
    moved = happened(
        "reschedule",
        "2025-02-20",
        kind="adjust",
        plan=plan(("2026-01-15", 100_000_000)),
        unpaid_interest_due="2025-06-15",
    )
    split = paid("2025-03-15", 700_000, split={"interest": 700_000})

    place = position(lent(S), moved, split, as_of="2025-03-15")

    assert (place["interest_open"], place["interest_deferred"]) == (0, 480_000)


def test_a_split_of_everything_closes_the_loan() -> None:
    split = {"principal": 100_000_000, "interest": 100_000}
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        paid("2025-02-20", 100_100_000, split=split),
    )

    assert position(*events, as_of="2025-02-20")["status"] == "closed"


@pytest.mark.parametrize(
    ("amount", "split"),
    [
        (10, {"principal": 9}),  # the parts do not sum to the amount
        (100_000_001, {"principal": 100_000_001}),
        (770_001, {"interest": 770_001}),  # 620,000 open and 75 million × 10 days accrued
        (75_001, {"overdue_interest": 75_001}),
        (1_241, {"late_interest": 1_241}),
    ],
)
def test_a_split_beyond_what_is_open_is_refused(amount: int, split: dict[str, int]) -> None:
    repayment = paid("2025-02-25", amount, split=split)

    assert refused(lent(S), repayment, **FOUR, **LATE) == ("split_mismatch", "e2")
