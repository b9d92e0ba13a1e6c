"""Each event of section 8 with what it does and how it is refused, worked by hand."""

from typing import Any

import pytest

from tests.loans import Json, columns, happened, lent, paid, plan, position, refused, told

S = "2025-01-15"
LATE: dict[str, Any] = {"late_interest_rate": "7.3"}
TWO: dict[str, Any] = {"term_months": 2}
PARTS = ("principal", "interest", "overdue_interest", "late_interest", "credit")
ROW = ("due_date", "principal", "interest")
INTEREST_PAID = (paid("2025-02-15", 620_000), paid("2025-03-15", 560_000))
WRITTEN_OFF = happened("write_off", "2025-03-25")


def schedule(*events: Json, as_of: str, **terms: Any) -> list[tuple[Any, ...]]:
    return columns(told(*events, as_of=as_of, **terms)["schedule"], *ROW)


def row(*events: Json, **terms: Any) -> tuple[int, ...]:
    """What the last event's row says of each part."""
    found = told(*events, as_of=events[-1]["date"], **terms)["transactions"]
    return columns(found, *PARTS)[-1]


def reschedule(day: str, kind: str, *rows: tuple[str, int], **fields: Any) -> Json:
    return happened("reschedule", day, kind=kind, plan=plan(*rows), **fields)


# rate_change


def test_a_new_rate_holds_from_its_day() -> None:
    # 10 days at 20,000 and 18 at 40,000; then 31 at 40,000.
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        happened("rate_change", "2025-02-25", annual_rate="14.6"),
    )

    assert position(*events, as_of="2025-03-15")["interest_open"] == 920_000
    assert schedule(*events, as_of="2025-02-25")[:2] == [
        ("2025-03-15", 0, 920_000),
        ("2025-04-15", 0, 1_240_000),
    ]


def test_a_new_rate_holds_for_overdue_principal_too() -> None:
    # Due on 15 March; ten days at 30,000, then 21 at 60,000 until 15 April.
    events = (
        lent(S),
        *INTEREST_PAID,
        happened("rate_change", "2025-03-25", annual_rate="14.6"),
    )

    place = position(*events, as_of="2025-04-15", **TWO)

    assert place["overdue_interest_open"] == 300_000 + 1_260_000


def test_an_annuity_keeps_its_instalments_when_the_rate_changes() -> None:
    terms: dict[str, Any] = {"repayment_method": "annuity", "term_months": 3}
    events = (lent(S), happened("rate_change", "2025-01-20", annual_rate="14.6"))

    before = schedule(*events[:1], as_of=S, **terms)
    after = schedule(*events, as_of="2025-01-20", **terms)

    assert [principal for _, principal, _ in after] == [each for _, each, _ in before]
    assert after[0][2] == 100_000 + 26 * 40_000  # five days at 20,000


# reschedule


def test_an_extension_after_maturity() -> None:
    # 100 million overdue since 15 March: 10 days × 30,000 are charged. From then on it is in
    # term again: 21 days to 15 April, 30, 31; interest goes on day 15 to the new maturity.
    events = (
        lent(S),
        *INTEREST_PAID,
        reschedule("2025-03-25", "extend", ("2025-06-15", 100_000_000)),
    )

    place = position(*events, as_of="2025-03-25", **TWO)

    assert (place["principal_overdue"], place["overdue_interest_open"]) == (0, 300_000)
    assert (place["days_past_due"], place["maturity_date"]) == (0, "2025-06-15")
    assert schedule(*events, as_of="2025-03-25", **TWO) == [
        ("2025-04-15", 0, 420_000),
        ("2025-05-15", 0, 600_000),
        ("2025-06-15", 100_000_000, 620_000),
    ]


def test_an_adjustment_within_the_same_maturity() -> None:
    # One quarter of 25 million is paid; the other 75 become 10 and 65.
    events = (
        lent(S),
        paid("2025-02-15", 25_620_000),
        reschedule(
            "2025-02-19", "adjust", ("2025-04-01", 10_000_000), ("2025-05-15", 65_000_000)
        ),
    )
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal"}

    # 15,000 a day for 28 and then 17 days, 13,000 for 14 and then 30.
    assert schedule(*events, as_of="2025-02-19", **terms) == [
        ("2025-03-15", 0, 420_000),
        ("2025-04-01", 10_000_000, 0),
        ("2025-04-15", 0, 17 * 15_000 + 14 * 13_000),
        ("2025-05-15", 65_000_000, 390_000),
    ]


def test_a_shorter_maturity_ends_the_interest_dates_with_it() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        reschedule("2025-02-20", "adjust", ("2025-04-01", 100_000_000)),
    )

    assert schedule(*events, as_of="2025-02-20") == [
        ("2025-03-15", 0, 560_000),
        ("2025-04-01", 100_000_000, 340_000),  # 17 days
    ]


def test_unpaid_interest_may_be_moved_and_moved_again() -> None:
    # February's 620,000 to June, then with March's 560,000 to July.
    first = reschedule(
        "2025-02-20", "adjust", ("2026-01-15", 100_000_000), unpaid_interest_due="2025-06-15"
    )
    second = reschedule(
        "2025-03-20", "adjust", ("2026-01-15", 100_000_000), unpaid_interest_due="2025-07-15"
    )

    place = position(lent(S), first, second, as_of="2025-03-20")

    assert (place["interest_open"], place["interest_deferred"]) == (0, 1_180_000)
    assert place["days_past_due"] == 0
    assert schedule(lent(S), first, second, as_of="2025-03-20")[2:4] == [
        ("2025-06-15", 0, 620_000),
        ("2025-07-15", 0, 600_000 + 1_180_000),
    ]


def test_moved_interest_bears_no_late_interest_until_it_is_due_again() -> None:
    # 620,000 × 7.3 % = 124 a day: five days before it is moved, two after it is due again.
    moved = reschedule(
        "2025-02-20", "adjust", ("2026-01-15", 100_000_000), unpaid_interest_due="2025-03-13"
    )

    found = told(lent(S), moved, as_of="2025-03-15", **LATE)

    late = [one for one in found["charges"] if one["kind"] == "late_interest"]
    assert columns(late, "from", "to", "amount") == [
        ("2025-02-15", "2025-02-20", 620),
        ("2025-02-20", "2025-03-15", 248),
    ]


def test_a_plans_dates_move_to_working_days() -> None:
    # 14 June 2025 is a Saturday.
    events = (lent(S), reschedule("2025-02-10", "adjust", ("2025-06-14", 100_000_000)))

    place = position(*events, as_of="2025-02-10", working_day_rule="following")

    assert place["maturity_date"] == "2025-06-16"


def test_what_was_not_lent_is_cancelled() -> None:
    events = (
        lent(S, 60_000_000),
        reschedule("2025-02-10", "adjust", ("2026-01-15", 60_000_000)),
        lent("2025-02-20", 1),
    )

    assert refused(*events) == ("over_disbursement", "e3")


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("adjust", [("2026-01-15", 99_999_999)]),  # does not sum to the principal
        ("adjust", [("2026-01-15", 100_000_001)]),
        ("adjust", [("2026-01-16", 100_000_000)]),  # after the maturity
        ("extend", [("2026-01-15", 100_000_000)]),  # not after it
        ("extend", [("2026-03-15", 50_000_000), ("2026-02-15", 50_000_000)]),
        ("adjust", [("2025-02-20", 100_000_000)]),  # on the day itself
        ("adjust", [("2025-03-15", 0), ("2026-01-15", 100_000_000)]),
        ("adjust", []),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(kind: str, rows: list[tuple[str, int]]) -> None:
    assert refused(lent(S), reschedule("2025-02-20", kind, *rows)) == ("plan_mismatch", "e2")


# freeze


def test_nothing_accrues_in_a_freeze_and_what_falls_due_moves_to_its_end() -> None:
    # Ten days before it; 15 March and 15 April move to 25 April; 20 days after it.
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        happened("freeze", "2025-02-25", until="2025-04-25"),
    )

    assert position(*events, as_of="2025-03-20")["accrued_interest"] == 200_000
    assert schedule(*events, as_of="2025-02-25")[:3] == [
        ("2025-04-25", 0, 200_000),
        ("2025-05-15", 0, 400_000),
        ("2025-06-15", 0, 620_000),
    ]


def test_a_freeze_moves_instalments_and_maturity() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 25_620_000),
        happened("freeze", "2025-03-01", until="2025-06-01"),
    )
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal"}

    assert position(*events, as_of="2025-03-01", **terms)["maturity_date"] == "2025-06-01"
    assert schedule(*events, as_of="2025-03-01", **terms) == [
        ("2025-06-01", 75_000_000, 14 * 15_000)
    ]


def test_days_past_due_do_not_grow_in_a_freeze() -> None:
    # Interest of 15 February is unpaid: 9 days on the 24th, frozen from the 25th to 24 April.
    events = (lent(S), happened("freeze", "2025-02-25", until="2025-04-25"))

    late = [
        position(*events, as_of=day)["days_past_due"]
        for day in ("2025-02-24", "2025-02-25", "2025-04-24", "2025-04-25", "2025-04-30")
    ]

    assert late == [9, 9, 9, 10, 15]


def test_penalties_up_to_a_freeze_are_charged_and_move_with_it() -> None:
    # Ten days of late interest, 124 each, made on the freeze's own day.
    events = (lent(S), happened("freeze", "2025-02-25", until="2025-04-25"))

    place = position(*events, as_of="2025-02-25", **LATE)

    assert (place["late_interest_open"], place["interest_deferred"]) == (0, 1_240)
    assert position(*events, as_of="2025-04-25", **LATE)["late_interest_open"] == 1_240


def test_a_freeze_on_a_due_date_lets_the_interest_of_that_day_wait() -> None:
    events = (lent(S), happened("freeze", "2025-02-15", until="2025-03-01"))

    assert position(*events, as_of="2025-02-15")["interest_deferred"] == 620_000
    assert schedule(*events, as_of="2025-02-15")[:2] == [
        ("2025-03-01", 0, 620_000),
        ("2025-03-15", 0, 280_000),
    ]


def test_overdue_principal_stays_overdue_in_a_freeze_but_bears_nothing() -> None:
    # Due on 15 March, ten days at 30,000 before the freeze and six after it.
    events = (
        lent(S),
        *INTEREST_PAID,
        happened("freeze", "2025-03-25", until="2025-05-09"),
    )

    place = position(*events, as_of="2025-05-15", **TWO)

    assert place["principal_overdue"] == 100_000_000
    # Charged up to the freeze, moved to 9 May; the rest on 15 May.
    assert place["overdue_interest_open"] == 300_000 + 180_000
    assert place["days_past_due"] == 10 + 6


def test_a_charge_made_inside_a_freeze_by_a_repayment_is_due_that_day() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        happened("freeze", "2025-02-25", until="2025-04-25"),
        paid("2025-03-10", 150_000, split={"interest": 150_000}),
    )

    found = told(*events, as_of="2025-03-10")

    assert columns(found["charges"], "due_date", "amount", "open")[-1] == (
        *("2025-03-10", 200_000, 50_000),
    )


def test_a_rescheduling_inside_a_freeze_sets_its_dates_as_they_are() -> None:
    # 15 March stays where the plan says; the grid's dates of the window wait for its end.
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        happened("freeze", "2025-02-25", until="2025-04-25"),
        reschedule(
            "2025-03-01", "adjust", ("2025-03-15", 1_000_000), ("2025-05-15", 99_000_000)
        ),
    )

    assert schedule(*events, as_of="2025-03-01") == [
        ("2025-03-15", 1_000_000, 0),
        ("2025-04-25", 0, 200_000),
        ("2025-05-15", 99_000_000, 20 * 19_800),
    ]


def test_a_second_freeze_moves_on_what_the_first_had_moved() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        happened("freeze", "2025-02-25", until="2025-04-25"),
        happened("freeze", "2025-04-20", until="2025-05-20"),
    )

    assert schedule(*events, as_of="2025-04-20")[:2] == [
        ("2025-05-20", 0, 200_000),
        ("2025-06-15", 0, 26 * 20_000),
    ]


def test_interest_days_after_a_moved_maturity_that_fall_due_after_the_freeze_stay() -> None:
    # Lent on 31 January for a month: M on 28 February moves to 1 April. 31 March is a holiday
    # until the 2nd: that interest date falls due on 3 April, outside the freeze, and stays.
    events = (
        lent("2025-01-31"),
        happened("freeze", "2025-02-20", until="2025-04-01"),
    )
    terms: dict[str, Any] = {
        "term_months": 1,
        "working_day_rule": "following",
        "holidays": ["2025-03-31", "2025-04-01", "2025-04-02"],
    }

    found = told(*events, as_of="2025-05-05", **terms)

    # 20 days in term, due on 1 April; then 30,000 a day for two days, and 27 until 30 April.
    assert columns(found["charges"], "kind", "due_date", "amount") == [
        ("interest", "2025-04-01", 400_000),
        ("overdue_interest", "2025-04-03", 60_000),
        ("overdue_interest", "2025-04-30", 810_000),
    ]


def test_a_freeze_ends_after_it_begins() -> None:
    assert refused(lent(S), happened("freeze", "2025-02-25", until="2025-02-25")) == (
        "invalid_event",
        "e2",
    )


# interest_waiver


@pytest.mark.parametrize(
    ("of", "amount", "expected"),
    [
        # On 25 February 25,000,000 principal is 10 days late: overdue interest 75,000; interest
        # 620,000; late interest 1,240.
        ("any", 1_000, (0, 0, 0, 1_000, 0)),
        ("any", 50_000, (0, 0, 48_760, 1_240, 0)),
        ("any", 100_000, (0, 23_760, 75_000, 1_240, 0)),
        ("any", 696_240, (0, 620_000, 75_000, 1_240, 0)),
        ("interest", 620_000, (0, 620_000, 0, 0, 0)),
        ("overdue_interest", 75_000, (0, 0, 75_000, 0, 0)),
        ("late_interest", 240, (0, 0, 0, 240, 0)),
    ],
)
def test_a_waiver_forgives_late_then_overdue_then_interest(
    of: str, amount: int, expected: tuple[int, ...]
) -> None:
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal", **LATE}
    waiver = happened("interest_waiver", "2025-02-25", amount=amount, of=of)

    assert row(lent(S), waiver, **terms) == expected


@pytest.mark.parametrize(
    ("of", "amount"),
    [
        ("any", 696_241),
        ("interest", 620_001),
        ("overdue_interest", 75_001),
        ("late_interest", 1_241),
    ],
)
def test_more_than_is_open_cannot_be_waived(of: str, amount: int) -> None:
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal", **LATE}
    waiver = happened("interest_waiver", "2025-02-25", amount=amount, of=of)

    assert refused(lent(S), waiver, **terms) == ("over_waiver", "e2")


def test_a_waiver_goes_on_to_interest_moved_forward() -> None:
    moved = reschedule(
        "2025-02-20", "adjust", ("2026-01-15", 100_000_000), unpaid_interest_due="2025-06-15"
    )
    waiver = happened("interest_waiver", "2025-03-15", amount=700_000, of="interest")

    # March's 560,000 is due, February's 620,000 was moved.
    place = position(lent(S), moved, waiver, as_of="2025-03-15")

    assert (place["interest_open"], place["interest_deferred"]) == (0, 480_000)


def test_waiving_the_last_that_is_open_closes_the_loan() -> None:
    # Settled on 25 February but for the overdue interest.
    terms: dict[str, Any] = {"term_months": 1}
    split = {"principal": 100_000_000, "interest": 620_000}
    events = (
        lent(S),
        paid("2025-02-25", 100_620_000, split=split),
        happened("interest_waiver", "2025-02-25", amount=300_000, of="any"),
    )

    assert position(*events[:2], as_of="2025-02-25", **terms)["status"] == "active"
    assert position(*events, as_of="2025-02-25", **terms)["status"] == "closed"


# write_off, recovery


def test_a_write_off_takes_everything_off_the_balance_sheet() -> None:
    # Two months: by 25 March 1,180,000 of interest; 100 million ten days late, 300,000.
    events = (lent(S), WRITTEN_OFF)

    place = position(*events, as_of="2025-06-30", **TWO)

    assert row(*events, **TWO) == (100_000_000, 1_180_000, 300_000, 0, 0)
    assert place["status"] == "written_off"
    assert (place["principal_outstanding"], place["principal_overdue"]) == (0, 0)
    assert place["written_off_principal"] == 100_000_000
    assert place["written_off_interest"] == 1_480_000
    assert (place["accrued_overdue_interest"], place["settlement_amount"]) == (0, 0)
    assert (place["days_past_due"], place["debt_group"], place["next_due"]) == (0, None, None)


def test_a_write_off_in_term_charges_the_interest_of_the_day() -> None:
    # 15 January to 25 January: 200,000.
    assert row(lent(S), happened("write_off", "2025-01-25")) == (100_000_000, 200_000, 0, 0, 0)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([40_000_000], (40_000_000, 0)),
        ([40_000_000, 60_000_000], (60_000_000, 0)),
        ([99_000_000, 1_500_000], (1_000_000, 500_000)),
        ([101_480_000], (100_000_000, 1_480_000)),
    ],
)
def test_a_recovery_comes_to_principal_first(
    amounts: list[int], expected: tuple[int, int]
) -> None:
    recoveries = [happened("recovery", "2025-05-01", amount=amount) for amount in amounts]

    assert row(lent(S), WRITTEN_OFF, *recoveries, **TWO)[:2] == expected
    place = position(lent(S), WRITTEN_OFF, *recoveries, as_of="2025-05-01", **TWO)
    assert place["recovered"] == sum(amounts)
    assert place["written_off_principal"] == 100_000_000  # it does not shrink


def test_what_exceeds_the_written_off_debt_is_credit() -> None:
    first = happened("recovery", "2025-05-01", amount=101_000_000)
    second = happened("recovery", "2025-05-02", amount=480_001)
    third = happened("recovery", "2025-05-03", amount=7)
    events = (lent(S), WRITTEN_OFF, first, second)

    assert row(*events, **TWO) == (0, 480_000, 0, 0, 1)
    assert row(*events, third, **TWO) == (0, 0, 0, 0, 7)
    place = position(*events, third, as_of="2025-05-03", **TWO)
    assert (place["recovered"], place["credit"]) == (101_480_000, 8)


def test_credit_pays_before_a_write_off_what_is_due_then_what_is_to_come() -> None:
    quarters: dict[str, Any] = {"repayment_method": "equal_principal", "term_months": 4}
    events = (
        lent(S),
        paid("2025-02-15", 25_620_000 + 30_000_000),
        happened("write_off", "2025-02-25"),
    )

    rows = told(*events, as_of="2025-02-25", **quarters)["transactions"]

    # Ten days of 75 million at 15,000 a day: 150,000; the rest of the credit pays March whole
    # and 4,850,000 of April.
    assert columns(rows, "type", *PARTS)[2:] == [
        ("credit_applied", 29_850_000, 150_000, 0, 0, -30_000_000),
        ("write_off", 45_150_000, 0, 0, 0, 0),
    ]
    place = position(*events, as_of="2025-02-25", **quarters)
    assert (place["credit"], place["written_off_principal"]) == (0, 45_150_000)
    assert place["principal_repaid"] == 25_000_000 + 29_850_000


FROZEN = happened("freeze", "2025-02-15", until="2025-06-15")


def test_credit_pays_charges_moved_forward_before_the_principal_to_come() -> None:
    # The 620,000 of February wait until June, and nothing accrues.
    events = (lent(S), FROZEN, paid("2025-02-21", 100_000), happened("write_off", "2025-02-25"))

    rows = told(*events, as_of="2025-02-25")["transactions"]

    assert columns(rows, "type", *PARTS)[1:] == [
        ("repayment", 0, 0, 0, 0, 100_000),
        ("credit_applied", 0, 100_000, 0, 0, -100_000),
        ("write_off", 100_000_000, 520_000, 0, 0, 0),
    ]


def test_a_write_off_that_credit_pays_whole_still_is_one() -> None:
    # 620,000 are still to come when 100 million are paid, so that they are kept, then waived.
    events = (
        lent(S),
        FROZEN,
        paid("2025-02-21", 100_000_000),
        happened("interest_waiver", "2025-02-22", amount=620_000, of="interest"),
        happened("write_off", "2025-02-23"),
    )

    found = told(*events, as_of="2025-02-23")

    assert columns(found["transactions"], "type", *PARTS)[3:] == [
        ("credit_applied", 100_000_000, 0, 0, 0, -100_000_000),
        ("write_off", 0, 0, 0, 0, 0),
    ]
    assert found["position"]["status"] == "written_off"


def test_credit_of_the_first_edition_stands_beside_what_is_written_off() -> None:
    events = (lent(S), paid("2025-02-15", 620_000 + 5_000_000), WRITTEN_OFF)

    place = position(*events, as_of="2025-03-25", edition=1)

    # March took 560,000 of it; ten days more bear 200,000.
    assert (place["credit"], place["written_off_interest"]) == (4_440_000, 200_000)
    assert position(*events, as_of="2025-03-25")["written_off_principal"] == 95_760_000


def test_a_recovery_needs_a_write_off() -> None:
    recovery = happened("recovery", "2025-05-01", amount=5)

    assert refused(lent(S), recovery) == ("invalid_event", "e2")


# credit_refund


def test_credit_is_paid_back() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 1_620_000),
        happened("credit_refund", "2025-02-20", amount=400_000),
    )

    assert row(*events) == (0, 0, 0, 0, -400_000)
    assert position(*events, as_of="2025-02-20")["credit"] == 600_000


def test_more_than_the_credit_is_not_paid_back() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 1_620_000),
        happened("credit_refund", "2025-02-20", amount=1_000_001),
    )

    assert refused(*events) == ("invalid_event", "e3")


# What a closed or written-off loan still takes.

CLOSED = (lent(S), paid("2025-02-15", 100_620_500))
SIMPLE_EVENTS: list[Json] = [
    lent("2025-05-01", 1),
    paid("2025-05-01", 1, split={"interest": 1}),
    happened("rate_change", "2025-05-01", annual_rate="6"),
    reschedule("2025-05-01", "extend", ("2027-01-15", 1)),
    happened("freeze", "2025-05-01", until="2025-06-01"),
    happened("interest_waiver", "2025-05-01", amount=1, of="any"),
    happened("write_off", "2025-05-01"),
]


@pytest.mark.parametrize("event", SIMPLE_EVENTS, ids=lambda event: str(event["type"]))
def test_a_closed_loan_refuses(event: Json) -> None:
    assert refused(*CLOSED, event) == ("loan_closed", "e3")


def test_a_closed_loan_refuses_a_recovery_too() -> None:
    assert refused(*CLOSED, happened("recovery", "2025-05-01", amount=1)) == (
        "loan_closed",
        "e3",
    )


def test_money_that_comes_to_a_closed_loan_is_credit() -> None:
    events = (*CLOSED, paid("2025-05-01", 7_000), paid("2025-05-02", 1, surplus="principal"))

    place = position(*events, as_of="2025-12-31")

    assert (place["status"], place["credit"]) == ("closed", 7_501)
    assert row(*events) == (0, 0, 0, 0, 1)
    refund = happened("credit_refund", "2025-06-01", amount=7_501)
    assert position(*events, refund, as_of="2025-06-01")["credit"] == 0


def test_a_loan_closes_at_the_event_that_leaves_nothing_open() -> None:
    again = paid("2025-02-15", 100)

    assert row(lent(S), paid("2025-02-15", 100_620_000), again) == (0, 0, 0, 0, 100)
    assert refused(*CLOSED, happened("write_off", "2025-02-15")) == ("loan_closed", "e3")


def test_a_closed_loan_refunds_its_credit() -> None:
    refund = happened("credit_refund", "2025-05-01", amount=500)

    place = position(*CLOSED, refund, as_of="2025-05-01")

    assert (place["status"], place["credit"]) == ("closed", 0)


def test_a_reversal_opens_a_closed_loan_again() -> None:
    place = position(*CLOSED, {"type": "reversal", "of": "e2"}, as_of="2025-05-01")

    assert (place["status"], place["principal_outstanding"]) == ("active", 100_000_000)


@pytest.mark.parametrize("event", SIMPLE_EVENTS, ids=lambda event: str(event["type"]))
def test_a_written_off_loan_refuses(event: Json) -> None:
    assert refused(lent(S), WRITTEN_OFF, event, **TWO) == ("loan_closed", "e3")


def test_a_written_off_loan_refunds_credit_and_takes_recoveries() -> None:
    # 1,480,000 of interest are written off with the principal; 500 come in too much.
    events = (
        lent(S),
        WRITTEN_OFF,
        happened("recovery", "2025-05-01", amount=101_480_500),
        happened("credit_refund", "2025-05-02", amount=400),
    )

    place = position(*events, as_of="2025-05-02", **TWO)

    assert (place["credit"], place["recovered"]) == (100, 101_480_000)


def test_a_backdated_event_may_make_a_later_one_impossible() -> None:
    # The split of February needs 620,000 of interest open; a payment dated earlier takes it.
    events = (
        lent(S),
        paid("2025-02-20", 720_000, split={"interest": 720_000}),
        paid("2025-02-15", 620_000),
    )

    assert refused(*events) == ("split_mismatch", "e2")
