"""Due dates, spreading and annuities (sections 3 and 4); schedules worked by hand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.domain.schedule import annuity_payment, annuity_principal, spread
from tests.loans import columns, folded, happened, lent, paid, plan, refused, told

S = "2025-01-15"
FOUR_MONTHS: dict[str, Any] = {"term_months": 4}
ROW = ("due_date", "principal", "interest", "principal_balance")


def schedule(*events: Any, as_of: str = S, **terms: Any) -> list[tuple[Any, ...]]:
    return columns(told(*events, as_of=as_of, **terms)["schedule"], *ROW)


def dates(*events: Any, as_of: str = S, **terms: Any) -> list[str]:
    return [row[0] for row in schedule(*events, as_of=as_of, **terms)]


def principals(*events: Any, as_of: str = S, **terms: Any) -> list[tuple[str, int]]:
    return [row[:2] for row in schedule(*events, as_of=as_of, **terms) if row[1]]


# Each method.


def test_principal_at_maturity() -> None:
    # 20,000 a day: 31, 28, 31 and 30 days.
    assert schedule(lent(S), **FOUR_MONTHS) == [
        ("2025-02-15", 0, 620_000, 100_000_000),
        ("2025-03-15", 0, 560_000, 100_000_000),
        ("2025-04-15", 0, 620_000, 100_000_000),
        ("2025-05-15", 100_000_000, 600_000, 0),
    ]


def test_equal_principal() -> None:
    # 20,000, then 15,000, 10,000 and 5,000 a day.
    assert schedule(lent(S), repayment_method="equal_principal", **FOUR_MONTHS) == [
        ("2025-02-15", 25_000_000, 620_000, 75_000_000),
        ("2025-03-15", 25_000_000, 420_000, 50_000_000),
        ("2025-04-15", 25_000_000, 310_000, 25_000_000),
        ("2025-05-15", 25_000_000, 150_000, 0),
    ]


def test_annuity_on_months_of_thirty_days() -> None:
    # i = 1 %: A = 100,000,000 × 0.01 × 1.030301 / 0.030301 = 34,002,211.15
    # interest 1,000,000; 1 % of 66,997,789 = 669,977.89; 1 % of 33,665,556 = 336,655.56
    assert schedule(
        lent(S),
        repayment_method="annuity",
        annual_rate="12",
        day_count="30E/360",
        term_months=3,
    ) == [
        ("2025-02-15", 33_002_211, 1_000_000, 66_997_789),
        ("2025-03-15", 33_332_233, 669_978, 33_665_556),
        ("2025-04-15", 33_665_556, 336_656, 0),
    ]


QUARTERLY: dict[str, Any] = {
    "repayment_method": "annuity",
    "annual_rate": "12",
    "day_count": "30E/360",
    "interest_every_months": 3,
    "term_months": 9,
}


def test_an_annuity_with_interest_every_three_months_is_level() -> None:
    # i = 3 %, n = 3: A = 3,000,000 × 1.092727 / 0.092727 = 35,353,036.33
    # 3 % of 67,646,964 is 2,029,408.92, of 34,323,337 it is 1,029,700.11.
    assert schedule(lent(S), **QUARTERLY) == [
        ("2025-04-15", 32_353_036, 3_000_000, 67_646_964),
        ("2025-07-15", 33_323_627, 2_029_409, 34_323_337),
        ("2025-10-15", 34_323_337, 1_029_700, 0),
    ]


def test_an_annuity_of_the_first_edition_takes_the_payment_of_months() -> None:
    # i = 1 % though a period bears 3 %: A = 34,002,211, and the last takes much more.
    assert schedule(lent(S), edition=1, **QUARTERLY) == [
        ("2025-04-15", 31_002_211, 3_000_000, 68_997_789),
        ("2025-07-15", 31_932_277, 2_069_934, 37_065_512),
        ("2025-10-15", 37_065_512, 1_111_965, 0),
    ]


def test_annuity_on_actual_days_takes_the_rest_at_last() -> None:
    # i = 7.3 % / 12: (1 + i)⁻³ = 0.98196981, A = 33,739,708.77, rounded to 1,000: 33,740,000
    # 620,000; 66,880,000 × 0.02 % × 28 = 374,528; 33,514,528 × 0.02 % × 31 = 207,790.07
    assert schedule(
        lent(S), repayment_method="annuity", principal_rounding=1_000, term_months=3
    ) == [
        ("2025-02-15", 33_120_000, 620_000, 66_880_000),
        ("2025-03-15", 33_365_472, 374_528, 33_514_528),
        ("2025-04-15", 33_514_528, 207_790, 0),
    ]


def test_annuity_without_interest_is_parted_evenly() -> None:
    assert principals(lent(S), repayment_method="annuity", annual_rate="0", term_months=3) == [
        ("2025-02-15", 33_333_333),
        ("2025-03-15", 33_333_333),
        ("2025-04-15", 33_333_334),
    ]


def test_during_the_grace_of_an_annuity_only_interest_is_due() -> None:
    rows = schedule(
        lent(S),
        repayment_method="annuity",
        annual_rate="12",
        day_count="30E/360",
        principal_grace_months=2,
        term_months=5,
    )

    # Then as the three months above.
    assert rows[:3] == [
        ("2025-02-15", 0, 1_000_000, 100_000_000),
        ("2025-03-15", 0, 1_000_000, 100_000_000),
        ("2025-04-15", 33_002_211, 1_000_000, 66_997_789),
    ]


def test_a_custom_plan_is_followed() -> None:
    # 46 days to 2 March at 20,000, 29 to 31 March at 12,000.
    rows = schedule(
        lent(S),
        repayment_method="custom",
        term_months=None,
        interest_day=1,
        principal_plan=plan(("2025-03-02", 40_000_000), ("2025-03-31", 60_000_000)),
    )

    assert rows == [
        # Interest goes on day 1: 17 days, 28, and from 1 to 31 March one day at 20,000, 29 at
        # 12,000; principal falls where the plan says.
        ("2025-02-01", 0, 340_000, 100_000_000),
        ("2025-03-01", 0, 560_000, 100_000_000),
        ("2025-03-02", 40_000_000, 0, 60_000_000),
        ("2025-03-31", 60_000_000, 368_000, 0),
    ]


ONE_TWO_ONE = plan(
    ("2025-03-01", 25_000_000), ("2025-04-01", 50_000_000), ("2025-05-01", 25_000_000)
)


def test_the_amounts_of_a_custom_plan_are_weights() -> None:
    assert principals(
        lent(S, 80_000_000), repayment_method="custom", principal_plan=ONE_TWO_ONE
    ) == [("2025-03-01", 20_000_000), ("2025-04-01", 40_000_000), ("2025-05-01", 20_000_000)]


@pytest.mark.parametrize("amount", [99_999_999, 100_000_001])
def test_the_amounts_of_a_custom_plan_sum_to_that_of_the_loan(amount: int) -> None:
    custom: dict[str, Any] = {"repayment_method": "custom", "principal_plan": ONE_TWO_ONE}

    assert refused(amount=amount, **custom) == ("invalid_terms", None)
    assert principals(lent(S, 80_000_000), amount=amount, edition=1, **custom) == [
        ("2025-03-01", 20_000_000),
        ("2025-04-01", 40_000_000),
        ("2025-05-01", 20_000_000),
    ]


# Which days.


def test_the_thirty_first_clips_and_does_not_drift() -> None:
    assert dates(lent("2025-01-31"), as_of="2025-01-31", term_months=5) == [
        "2025-02-28",
        "2025-03-31",
        "2025-04-30",
        "2025-05-31",
        "2025-06-30",
    ]


def test_a_leap_year_keeps_its_29th() -> None:
    assert dates(lent("2023-12-31"), as_of="2023-12-31", term_months=3) == [
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
    ]


def test_an_interest_day_makes_a_short_first_and_last_period() -> None:
    # Day 25: ten days to 25 January, and from 25 March to M on 15 April.
    assert schedule(lent(S), interest_day=25, term_months=3) == [
        ("2025-01-25", 0, 200_000, 100_000_000),
        ("2025-02-25", 0, 620_000, 100_000_000),
        ("2025-03-25", 0, 560_000, 100_000_000),
        ("2025-04-15", 100_000_000, 420_000, 0),
    ]


def test_principal_starts_in_the_month_after_the_first() -> None:
    # Months after S's month: 25 January is k = 0 and bears no principal.
    assert principals(
        lent(S), interest_day=25, term_months=3, repayment_method="equal_principal"
    ) == [
        ("2025-02-25", 33_333_333),
        ("2025-03-25", 33_333_333),
        ("2025-04-15", 33_333_334),
    ]


def test_interest_every_three_months() -> None:
    assert dates(lent(S), interest_every_months=3, term_months=11) == [
        "2025-04-15",
        "2025-07-15",
        "2025-10-15",
        "2025-12-15",
    ]


def test_principal_every_three_months_after_three_of_grace() -> None:
    # k = 6 and 9, and M: 100 / 3 to the million is 33, 33, and the rest.
    assert principals(
        lent(S),
        repayment_method="equal_principal",
        principal_every_months=3,
        principal_grace_months=3,
        principal_rounding=1_000_000,
    ) == [
        ("2025-07-15", 33_000_000),
        ("2025-10-15", 33_000_000),
        ("2026-01-15", 34_000_000),
    ]


def test_principal_falls_due_as_often_as_interest_unless_said() -> None:
    quarterly: dict[str, Any] = {
        "repayment_method": "equal_principal",
        "interest_every_months": 3,
        "principal_grace_months": 3,
    }
    # k = 6 and 9, and M. An amendment of the interest's months takes those of principal along.
    expected = [("2025-07-15", 33_333_333), ("2025-10-15", 33_333_333)]
    last = ("2026-01-15", 33_333_334)
    monthly = {**quarterly, "interest_every_months": 1}
    amended = happened("amend", S, terms={"interest_every_months": 3})

    assert principals(lent(S), **quarterly) == [*expected, last]
    assert principals(lent(S), amended, **monthly) == [*expected, last]


@pytest.mark.parametrize(
    ("method", "field", "is_refused"),
    [
        ("equal_principal", "principal_every_months", True),
        ("equal_principal", "principal_grace_months", True),
        ("annuity", "principal_grace_months", True),
        ("annuity", "principal_every_months", False),
        ("principal_at_maturity", "principal_grace_months", False),
    ],
)
def test_months_of_principal_are_multiples_of_those_of_interest(
    method: str, field: str, *, is_refused: bool
) -> None:
    terms: dict[str, Any] = {"repayment_method": method, "interest_every_months": 2, field: 3}

    if is_refused:
        assert refused(**terms) == ("invalid_terms", None)
    else:
        assert principals(lent(S), **terms)
    assert principals(lent(S), edition=1, **terms)


def test_principal_of_the_first_edition_needs_an_interest_due_date() -> None:
    # Interest in months 2 and 4, principal wanted every 3: only M is left.
    assert principals(
        lent(S),
        repayment_method="equal_principal",
        interest_every_months=2,
        principal_every_months=3,
        term_months=5,
        edition=1,
    ) == [("2025-06-15", 100_000_000)]


def test_due_dates_on_days_off_move_and_take_their_interest_along() -> None:
    # 15 February and 15 March 2025 are Saturdays; 15 April is made a holiday.
    # 33, 28, 30 and 29 days.
    assert schedule(
        lent(S), working_day_rule="following", holidays=["2025-04-15"], **FOUR_MONTHS
    ) == [
        ("2025-02-17", 0, 660_000, 100_000_000),
        ("2025-03-17", 0, 560_000, 100_000_000),
        ("2025-04-16", 0, 600_000, 100_000_000),
        ("2025-05-15", 100_000_000, 580_000, 0),
    ]


def test_holidays_do_not_count_without_the_rule() -> None:
    assert dates(lent(S), holidays=["2025-04-15"], **FOUR_MONTHS)[2] == "2025-04-15"


def test_two_instalments_moved_to_one_day_share_a_row() -> None:
    # Saturday 15 and Sunday 16 February: 33 days of interest once.
    assert schedule(
        lent(S),
        repayment_method="custom",
        principal_plan=plan(("2025-02-15", 40_000_000), ("2025-02-16", 60_000_000)),
        working_day_rule="following",
    ) == [("2025-02-17", 100_000_000, 660_000, 0)]


def test_of_two_annuity_instalments_moved_to_one_day_the_first_bears_the_interest() -> None:
    # Day 15, M on 16 March: Saturday and Sunday, both due on Monday 17 March. A as for three
    # months: 34,002,211. 31 days of 30E/360: 1,033,333; 1 % of 67,031,122 is 670,311.
    loan = folded(
        lent("2025-01-16"),
        as_of="2025-01-16",
        repayment_method="annuity",
        annual_rate="12",
        day_count="30E/360",
        interest_day=15,
        term_months=2,
        working_day_rule="following",
    )

    assert loan.state is not None
    assert [one.amount for one in loan.state.instalments] == [
        34_002_211 - 1_033_333,
        34_002_211 - 670_311,
        33_699_222,
    ]


# Tranches.


def test_a_tranche_goes_over_the_instalments_strictly_after_it() -> None:
    events = (lent(S, 60_000_000), lent("2025-02-15", 40_000_000))

    # 15 million each, and 40 / 3 of the tranche on the last three.
    assert principals(
        *events, as_of="2025-02-15", repayment_method="equal_principal", **FOUR_MONTHS
    ) == [
        ("2025-03-15", 28_333_333),
        ("2025-04-15", 28_333_333),
        ("2025-05-15", 28_333_334),
    ]


def test_a_tranche_of_a_custom_loan_keeps_the_weights_that_are_left() -> None:
    weights = plan(
        ("2025-03-01", 50_000_000), ("2025-04-01", 30_000_000), ("2025-05-01", 20_000_000)
    )
    events = (lent(S, 90_000_000), lent("2025-03-10", 8_000_000))

    # 27 and 18 million of the first; 30 and 20 of 50 are 4.8 and 3.2 million more.
    assert principals(
        *events, as_of="2025-03-10", repayment_method="custom", principal_plan=weights
    ) == [("2025-04-01", 31_800_000), ("2025-05-01", 21_200_000)]


def test_a_tranche_in_the_middle_of_an_annuitys_period() -> None:
    # i = 1 %, n = 4: A = 1,000,000 × 1.04060401 / 0.04060401 = 25,628,109.39
    # First period: 60 million for 16 days, 320,000; 100 million for 14, 466,666.67: 786,667.
    # Then 1 % of 75,158,558: 751,585.58, of 50,282,035: 502,820.35, of 25,156,746: 251,567.46.
    assert schedule(
        lent(S, 60_000_000),
        lent("2025-02-01", 40_000_000),
        as_of="2025-02-01",
        repayment_method="annuity",
        annual_rate="12",
        day_count="30E/360",
        **FOUR_MONTHS,
    ) == [
        ("2025-02-15", 24_841_442, 786_667, 75_158_558),
        ("2025-03-15", 24_876_523, 751_586, 50_282_035),
        ("2025-04-15", 25_125_289, 502_820, 25_156_746),
        ("2025-05-15", 25_156_746, 251_567, 0),
    ]


def test_a_tranche_after_a_freeze_that_left_two_annuity_instalments_on_one_day() -> None:
    # 60 million over five months at 1 %: A = 12,362,388, of which 600,000 are interest. The
    # instalments of March and April wait for 1 May. On 20 April 40 million join the 48,237,612
    # that are left: A over four = 22,613,631.73. Interest of five days before the freeze on
    # 48,237,612: 80,396.02, none for the second instalment of 1 May, and of 14 days on
    # 43,090,744 until 15 May: 201,090.14.
    rows = principals(
        lent(S, 60_000_000),
        paid("2025-02-15", 12_362_388),
        happened("freeze", "2025-02-20", until="2025-05-01"),
        lent("2025-04-20", 40_000_000),
        as_of="2025-04-20",
        repayment_method="annuity",
        annual_rate="12",
        day_count="30E/360",
        term_months=5,
    )

    assert rows == [
        ("2025-05-01", (22_613_632 - 80_396) + 22_613_632),
        ("2025-05-15", 22_613_632 - 201_090),
        ("2025-06-15", 20_678_202),
    ]


@pytest.mark.parametrize(
    ("prepayment", "expected"),
    [
        # 60 million in four, one paid, 20 prepaid. The tranche makes 45 + 30 = 75 of what is
        # left, 25 each, and the 20 are applied to the new instalments.
        ("next_first", [5_000_000, 25_000_000, 25_000_000]),
        ("last_first", [25_000_000, 25_000_000, 5_000_000]),
    ],
)
def test_what_was_prepaid_on_an_annuity_is_applied_again(
    prepayment: str, expected: list[int]
) -> None:
    rows = principals(
        lent(S, 60_000_000),
        paid("2025-02-15", 15_000_000),
        paid("2025-02-20", 20_000_000, surplus="principal"),
        lent("2025-03-01", 30_000_000),
        as_of="2025-03-01",
        repayment_method="annuity",
        annual_rate="0",
        prepayment=prepayment,
        **FOUR_MONTHS,
    )

    assert [amount for _, amount in rows] == expected


def test_a_tranche_with_no_instalment_left_is_refused() -> None:
    events = (lent(S, 60_000_000), lent("2025-05-15", 40_000_000))

    assert refused(*events, **FOUR_MONTHS) == ("invalid_event", "e2")


def test_more_than_the_contract_is_refused() -> None:
    events = (lent(S, 60_000_000), lent("2025-02-15", 40_000_001))

    assert refused(*events) == ("over_disbursement", "e2")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # 1 đồng over four: 0.25 rounds to nothing.
        ([lent(S, 1)], ("invalid_terms", "e1")),
        # Over four to the 100 million: 25 rounds to nothing.
        ([lent(S, 100_000_000)], None),
        ([lent(S, 100), lent("2025-02-20", 1)], ("invalid_event", "e2")),
    ],
)
def test_an_instalment_of_nothing_is_refused(
    events: list[Any], expected: tuple[str, str] | None
) -> None:
    terms: dict[str, Any] = {"repayment_method": "equal_principal", **FOUR_MONTHS}
    if expected is None:
        terms["principal_rounding"] = 100_000_000
        expected = ("invalid_terms", "e1")

    assert refused(*events, **terms) == expected


def test_a_plan_that_begins_before_the_money_is_refused() -> None:
    assert refused(
        lent(S), repayment_method="custom", principal_plan=plan((S, 100_000_000))
    ) == ("invalid_terms", "e1")


# Spreading.


@pytest.mark.parametrize(
    ("amount", "weights", "rounding", "expected"),
    [
        (100, [1, 1, 1], 1, [33, 33, 34]),
        (200, [1, 1, 1], 1, [67, 67, 66]),  # 66.67 up, the last takes the rest
        (1, [1, 1], 1, [1, 0]),  # half a đồng up: the caller refuses the 0
        (2, [1, 1, 1, 1], 1, [1, 1, 1, -1]),
        (1_000, [1, 1, 1], 100, [300, 300, 400]),
        (950, [1, 1], 100, [500, 450]),  # 475 is nearer to 500
        (900, [1, 1], 100, [500, 400]),  # 450 half up
        (90, [2, 1], 1, [60, 30]),
        (7, [5], 1_000, [7]),  # the last is never rounded
    ],
)
def test_an_amount_is_spread_by_weights(
    amount: int, weights: list[int], rounding: int, expected: list[int]
) -> None:
    assert spread(amount, weights, rounding) == expected


@given(
    st.integers(1, 10**12),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=60),
    st.sampled_from([1, 100, 1_000]),
)
def test_the_parts_of_a_spread_sum_to_the_whole(
    amount: int, weights: list[int], rounding: int
) -> None:
    parts = spread(amount, weights, rounding)

    assert sum(parts) == amount
    assert all(part % rounding == 0 for part in parts[:-1])


# Annuities.


@pytest.mark.parametrize(
    ("rounding", "expected"), [(1, 34_002_211), (100, 34_002_200), (1_000, 34_002_000)]
)
def test_the_payment_of_an_annuity_is_rounded(rounding: int, expected: int) -> None:
    assert annuity_payment(100_000_000, 120_000, 3, rounding) == expected


def test_principal_is_never_below_nothing_nor_above_the_balance() -> None:
    assert annuity_principal(100, 10, lambda _index, _balance: 20, 3) == [0, 0, 100]
    assert annuity_principal(100, 80, lambda _index, _balance: 0, 3) == [80, 20, 0]
