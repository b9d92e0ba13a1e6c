"""Days past due and debt groups of both rule sets, every floor and its cure (section 9)."""

from datetime import date
from typing import Any

import pytest

from loanfund.domain.debt_group import (
    Cure,
    GroupReason,
    RuleSets,
    group_by_days,
    restructuring_floor,
)
from loanfund.domain.event import RescheduleKind
from loanfund.domain.folded import fold_loan
from loanfund.domain.terms import DebtRuleSet
from tests.loans import Json, folded, happened, history, lent, paid, plan, position

MFI, BANK = DebtRuleSet.MFI, DebtRuleSet.BANK
ADJUST, EXTEND = RescheduleKind.ADJUST, RescheduleKind.EXTEND
S = "2025-01-15"
# Interest on the 15th of each month, paid when due: 20,000 a day.
FEBRUARY = paid("2025-02-15", 620_000)
MARCH = paid("2025-03-15", 560_000)
APRIL = paid("2025-04-15", 620_000)
MAY = paid("2025-05-15", 600_000)
JUNE = paid("2025-06-15", 620_000)


def adjusted(day: str, **fields: Any) -> Json:
    rows = plan(("2026-01-15", 100_000_000))
    return happened("reschedule", day, kind="adjust", plan=rows, **fields)


def groups(*events: Json, days: list[str], **terms: Any) -> list[int]:
    return [position(*events, as_of=day, **terms)["debt_group"] for day in days]


def reason_on(day: str, *events: Json) -> GroupReason:
    groups = folded(*events, as_of=day).groups
    assert groups is not None
    return groups.reason(date.fromisoformat(day).toordinal())


# Days past due.


def test_days_count_from_the_oldest_unpaid_due_date() -> None:
    # Due on 15 February: that day is day 0.
    late = [
        position(lent(S), as_of=day)["days_past_due"]
        for day in ("2025-02-14", "2025-02-15", "2025-02-16", "2025-03-20")
    ]

    assert late == [0, 0, 1, 33]


@pytest.mark.parametrize(("tolerance", "late"), [(499, 5), (500, 0), (10_000_000, 0)])
def test_what_is_open_within_the_tolerance_makes_nobody_late(tolerance: int, late: int) -> None:
    short = paid("2025-02-15", 619_500)

    place = position(lent(S), short, as_of="2025-02-20", tolerance=tolerance)

    assert (place["days_past_due"], place["interest_open"]) == (late, 500)


def test_days_count_from_the_due_date_at_which_the_tolerance_is_exceeded() -> None:
    # 400 short of February, 700 of March: only the two together are more than 1,000.
    short = (lent(S), paid("2025-02-15", 619_600), paid("2025-03-15", 560_000 - 300))

    late = [
        position(*short, as_of=day, tolerance=1_000)["days_past_due"]
        for day in ("2025-03-14", "2025-03-15", "2025-03-16", "2025-04-15")
    ]

    # The March payment pays February's 400 first, so that 700 are open: not late until April.
    assert late == [0, 0, 0, 0]
    later = [
        position(*short, as_of=day, tolerance=1_000)["days_past_due"]
        for day in ("2025-04-16", "2025-05-16")
    ]
    assert later == [1, 31]


def test_overdue_principal_and_interest_add_up_to_the_tolerance() -> None:
    # All but 600 of the principal and 600 of the interest is paid when due; one alone is
    # tolerated, both are not.
    events = (lent(S), paid("2025-02-15", 100_620_000 - 1_200))

    places = [
        position(*events, as_of="2025-02-25", term_months=1, tolerance=tolerance)
        for tolerance in (1_199, 1_200)
    ]

    assert [place["days_past_due"] for place in places] == [10, 0]
    assert [place["principal_overdue"] for place in places] == [1_200, 1_200]
    assert [place["debt_group"] for place in places] == [2, 1]


def test_a_part_payment_does_not_begin_anew_but_the_next_due_date_does() -> None:
    almost = paid("2025-03-20", 619_999)
    all_of_february = paid("2025-03-20", 620_000)

    assert position(lent(S), almost, as_of="2025-03-20")["days_past_due"] == 33
    assert position(lent(S), all_of_february, as_of="2025-03-20")["days_past_due"] == 5


@pytest.mark.parametrize(
    ("days", "mfi", "bank"),
    [
        (0, 1, 1),
        (9, 1, 1),
        (10, 2, 2),
        (29, 2, 2),
        (30, 3, 2),
        (89, 3, 2),
        (90, 4, 2),
        (91, 4, 3),
        (179, 4, 3),
        (180, 5, 3),
        (181, 5, 4),
        (360, 5, 4),
        (361, 5, 5),
    ],
)
def test_days_alone_lead_to_a_group(days: int, mfi: int, bank: int) -> None:
    assert (group_by_days(MFI, days), group_by_days(BANK, days)) == (mfi, bank)


def test_a_loan_grows_worse_day_by_day_and_cures_at_once() -> None:
    # Unpaid since 15 February: 10 days on the 25th, 30 on 17 March, 90 on 16 May, 180 on 14
    # August. Everything due is paid on the 15th.
    days = [
        *("2025-02-24", "2025-02-25", "2025-03-16", "2025-03-17"),
        *("2025-05-15", "2025-05-16", "2025-08-13", "2025-08-14"),
    ]

    assert groups(lent(S), days=days) == [1, 2, 2, 3, 3, 4, 4, 5]
    assert groups(lent(S), paid("2025-08-15", 4_240_000), days=["2025-08-15"]) == [1]


def test_the_banks_thresholds_are_wider() -> None:
    # 90 days on 16 May, 181 on 15 August, 361 on 11 February 2026.
    days = [
        *("2025-05-16", "2025-05-17", "2025-08-14", "2025-08-15", "2026-02-10", "2026-02-11"),
    ]

    assert groups(lent(S), days=days, debt_rule_set="bank") == [2, 3, 3, 4, 4, 5]


def test_a_rule_set_holds_from_its_day() -> None:
    rule_sets: RuleSets = [(date(1900, 1, 1), MFI), (date(2025, 5, 16), BANK)]
    loan = history(lent(S))

    found = [
        fold_loan(loan, date(2025, 5, day), rule_sets).position().debt_group
        for day in (15, 16, 17)
    ]

    assert found == [3, 2, 3]  # 89 days mfi, 90 and 91 days bank


# Restructurings.


@pytest.mark.parametrize(
    ("kinds", "days", "mfi", "bank"),
    [
        ([], 500, 1, 1),
        ([ADJUST], 0, 2, 2),
        ([EXTEND], 0, 2, 3),
        ([ADJUST], 1, 3, 4),
        ([EXTEND], 1, 3, 4),
        ([ADJUST], 29, 3, 4),
        ([ADJUST], 30, 4, 4),
        ([ADJUST], 89, 4, 4),
        ([ADJUST], 90, 5, 5),
        ([EXTEND], 90, 5, 5),
        ([ADJUST, ADJUST], 0, 4, 4),
        ([EXTEND, ADJUST], 0, 4, 4),
        ([ADJUST, EXTEND], 1, 5, 5),
        ([ADJUST, ADJUST, ADJUST], 0, 5, 5),
        ([ADJUST] * 4, 0, 5, 5),
    ],
)
def test_restructurings_set_a_floor(
    kinds: list[RescheduleKind], days: int, mfi: int, bank: int
) -> None:
    assert restructuring_floor(MFI, kinds, days) == mfi
    assert restructuring_floor(BANK, kinds, days) == bank


def test_one_restructuring_is_cured_after_a_clean_month() -> None:
    # Restructured on 20 February: the days 21 February to 20 March are the first clean month
    # after it, with the due date 15 March in it.
    events = (lent(S), FEBRUARY, adjusted("2025-02-20"), MARCH)

    assert groups(*events, days=["2025-02-19", "2025-02-20", "2025-03-19", "2025-03-20"]) == [
        *(1, 2, 2, 1),
    ]


def test_days_past_due_break_the_clean_month() -> None:
    # March is paid three days late: 1 and 2 days on the 16th and 17th. The month from the 18th
    # to 17 April is clean. Two days late with one restructuring is group 3.
    events = (lent(S), FEBRUARY, adjusted("2025-02-20"), paid("2025-03-18", 560_000), APRIL)

    assert groups(
        *events,
        days=["2025-03-15", "2025-03-16", "2025-03-18", "2025-04-16", "2025-04-17"],
    ) == [2, 3, 2, 2, 1]


def test_a_clean_month_needs_a_due_date() -> None:
    # Interest every three months: 15 April is the first due date, before the 16th.
    events = (lent(S), adjusted("2025-02-20"), paid("2025-04-15", 1_800_000))

    assert groups(
        *events, days=["2025-03-20", "2025-04-15", "2025-04-16"], interest_every_months=3
    ) == [2, 2, 1]


def test_a_day_interest_was_moved_to_is_a_due_date_also_when_paid_ahead() -> None:
    # Interest every half-year: 184 days to 15 February are moved to 10 March and paid before.
    # The next date is 15 August; still the clean month to 20 March has a due date in it.
    events = (
        lent("2024-08-15"),
        happened(
            "reschedule",
            "2025-02-20",
            kind="adjust",
            plan=plan(("2025-08-15", 100_000_000)),
            unpaid_interest_due="2025-03-10",
        ),
        paid("2025-03-01", 3_680_000, split={"interest": 3_680_000}),
    )

    assert groups(*events, days=["2025-03-19", "2025-03-20"], interest_every_months=6) == [2, 1]


def test_longer_terms_need_three_clean_months() -> None:
    rows = plan(("2026-02-15", 100_000_000))
    restructured = happened("reschedule", "2025-02-20", kind="adjust", plan=rows)
    events = (lent(S), FEBRUARY, restructured, MARCH, APRIL, MAY)

    assert groups(*events, days=["2025-05-19", "2025-05-20"], term_months=13) == [2, 1]


@pytest.mark.parametrize(
    ("last", "cured_on"),
    [("2026-01-15", "2025-03-20"), ("2026-01-16", "2025-05-20")],
)
def test_a_custom_term_is_counted_in_months_rounded_up(last: str, cured_on: str) -> None:
    # 12 months, and 12 months and a day.
    rows = plan((last, 100_000_000))
    restructured = happened("reschedule", "2025-02-20", kind="adjust", plan=rows)
    events = (lent(S), FEBRUARY, restructured, MARCH, APRIL, MAY)
    day_before = (date.fromisoformat(cured_on)).replace(day=19).isoformat()

    assert groups(
        *events,
        days=[day_before, cured_on],
        repayment_method="custom",
        term_months=None,
        principal_plan=rows,
    ) == [2, 1]


def test_a_clean_month_is_clipped_like_any_month() -> None:
    # Restructured on 31 January: 28 February less a month is 28 January, too early; 1 March
    # less a month is 1 February.
    events = (
        lent("2024-12-15"),
        paid("2025-01-15", 620_000),
        happened(
            "reschedule", "2025-01-31", kind="adjust", plan=plan(("2025-12-15", 100_000_000))
        ),
        paid("2025-02-15", 620_000),
    )

    assert groups(*events, days=["2025-02-28", "2025-03-01"]) == [2, 1]


def test_a_cure_is_for_good() -> None:
    # Cured on 20 March; nine days late in April is group 1 by days alone.
    events = (lent(S), FEBRUARY, adjusted("2025-02-20"), MARCH)

    assert groups(*events, days=["2025-04-24"]) == [1]


def test_a_later_restructuring_counts_the_cured_one() -> None:
    events = (
        *(lent(S), FEBRUARY, adjusted("2025-02-20"), MARCH),
        adjusted("2025-04-01"),
        *(APRIL, MAY, JUNE),
    )

    assert groups(*events, days=["2025-03-31", "2025-04-01", "2025-05-01"]) == [1, 4, 1]


# Waivers.


def test_a_waiver_sets_the_third_group_until_it_is_cured() -> None:
    waiver = happened("interest_waiver", "2025-02-20", amount=620_000, of="interest")
    events = (lent(S), waiver, MARCH)

    assert groups(*events, days=["2025-02-20", "2025-03-19", "2025-03-20"]) == [3, 3, 1]


@pytest.mark.parametrize(("tolerance", "group"), [(999, 3), (1_000, 1)])
def test_a_waiver_within_the_tolerance_sets_none(tolerance: int, group: int) -> None:
    rest = paid("2025-02-15", 619_000)
    waiver = happened("interest_waiver", "2025-02-15", amount=1_000, of="interest")

    events = (lent(S), rest, waiver)

    assert groups(*events, days=["2025-02-16"], tolerance=tolerance) == [group]


def test_a_waiver_that_keeps_the_group_sets_none() -> None:
    waiver = happened(
        "interest_waiver", "2025-02-20", amount=620_000, of="interest", keeps_debt_group=True
    )

    assert groups(lent(S), waiver, MARCH, days=["2025-02-20"]) == [1]


def test_a_restructuring_and_a_waiver_cure_each_on_their_own() -> None:
    # Restructured on 20 February, 100,000 of March waived on the 15th: cured on 20 March and on
    # 16 April, when 15 April is a due date in its own clean month.
    waiver = happened("interest_waiver", "2025-03-15", amount=100_000, of="interest")
    events = (
        *(lent(S), FEBRUARY, adjusted("2025-02-20"), waiver),
        *(paid("2025-03-15", 460_000), APRIL),
    )

    reasons = [
        reason_on(day, *events)
        for day in ("2025-03-19", "2025-03-20", "2025-04-15", "2025-04-16")
    ]

    assert [(one.by_restructuring, one.by_waiver, one.group) for one in reasons] == [
        (2, 3, 3),
        (1, 3, 3),
        (1, 3, 3),
        (1, 1, 1),
    ]


# Kept groups.


def kept(day: str) -> Json:
    return adjusted(day, keeps_debt_group=True, unpaid_interest_due="2025-06-20")


def test_a_kept_group_is_a_floor_that_does_not_cure() -> None:
    # 11 days late on 26 February; the interest is moved, and months of payment cure nothing.
    events = (lent(S), kept("2025-02-27"), MARCH, APRIL, MAY)

    assert groups(*events, days=["2025-02-26", "2025-02-27", "2025-05-31"]) == [2, 2, 2]


def test_a_kept_group_ends_once_days_alone_are_worse() -> None:
    # March unpaid: 29 days on 13 April, 30 on the 14th; paid on the 20th.
    events = (
        lent(S),
        kept("2025-02-27"),
        paid("2025-04-20", 560_000 + 620_000),
    )

    assert groups(*events, days=["2025-04-13", "2025-04-14", "2025-04-20"]) == [2, 3, 1]


def test_the_group_of_the_day_before_is_kept() -> None:
    # 9 days on 24 February is group 1, also when the 25th would have been group 2.
    events = (lent(S), kept("2025-02-25"), MARCH)

    assert groups(*events, days=["2025-02-25", "2025-03-20"]) == [1, 1]


def test_the_latest_kept_group_counts() -> None:
    # Group 2 kept in February; running in term, group 2 is held on 31 March and kept again.
    events = (
        lent(S),
        kept("2025-02-27"),
        MARCH,
        adjusted("2025-04-01", keeps_debt_group=True),
    )

    assert groups(*events, days=["2025-04-01"]) == [2]


def test_keeping_on_the_first_day_keeps_group_one() -> None:
    events = (lent(S), adjusted(S, keeps_debt_group=True))

    assert groups(*events, days=["2025-01-20"]) == [1]


def test_a_kept_rescheduling_neither_counts_nor_restarts_a_cure() -> None:
    # Counted on 20 February, kept on 10 March: cured on 20 March, yet group 2 is kept.
    events = (
        *(lent(S), FEBRUARY, adjusted("2025-02-20")),
        adjusted("2025-03-10", keeps_debt_group=True),
        MARCH,
    )

    assert reason_on("2025-03-20", *events) == GroupReason(
        group=2,
        days_past_due=0,
        by_days=1,
        by_restructuring=1,
        restructurings=1,
        by_waiver=1,
        by_kept_group=2,
    )


def test_the_watch_counts_from_the_last_day_past_due() -> None:
    """Restructured on 20 February; the interest of March comes nine days late."""
    events = (lent(S), FEBRUARY, adjusted("2025-02-20"), paid("2025-03-24", 560_000))
    loan = history(*events)

    def cure_on(day: str) -> Cure | None:
        folded = fold_loan(loan, date.fromisoformat(day))
        assert folded.groups is not None
        return folded.groups.cure(folded.through.toordinal())

    assert cure_on("2025-02-19") is None
    assert cure_on("2025-02-20") == Cure(1, date(2025, 2, 20))
    assert cure_on("2025-03-10") == Cure(1, date(2025, 2, 20))
    assert cure_on("2025-03-20") == Cure(1, None)
    assert cure_on("2025-04-10") == Cure(1, date(2025, 3, 23))


def test_rules_that_worsened_meanwhile_end_a_kept_group_too() -> None:
    # 90 days is group 2 for a bank and group 4 for a fund: the change of rules on 20 May makes
    # days alone worse than the kept group 2, and paying up frees the loan.
    rule_sets: RuleSets = [(date(1900, 1, 1), BANK), (date(2025, 5, 20), MFI)]
    events = (
        lent(S),
        adjusted("2025-02-27", keeps_debt_group=True),
        paid("2025-05-25", 2_400_000),
    )
    loan = history(*events)

    found = [
        fold_loan(loan, date(2025, 5, day), rule_sets).position().debt_group
        for day in (16, 20, 25)
    ]

    assert found == [2, 4, 1]


def test_a_loan_that_is_not_active_has_no_group() -> None:
    closed = (lent(S), paid("2025-02-15", 100_620_000))

    assert groups(*closed, days=["2025-02-15"]) == [None]
    assert position(as_of="2025-02-15")["debt_group"] is None
