"""Many months of a loan from one fold: each as a fold of its own end tells it."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from loanfund.domain.calendar import add_months, month_ends
from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.collection import month_collection, month_so_far
from loanfund.domain.errors import RuleViolationError
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History, read_history
from loanfund.domain.monthly import MonthEnd, Months, SoFar, monthly
from tests.loans import Json, happened, history, lent, paid, plan
from tests.strategies import cases, last_day

S = "2025-01-15"
LATER = plan(("2026-06-15", 100_000_000))
JULY = date(2025, 7, 15)
THROUGH_JUNE = month_ends(date(2024, 12, 1), date(2025, 6, 30))


def alone(loan: History, end: date) -> MonthEnd | None:
    """A month by the folds that other pages use, one for each figure."""
    folded = fold_loan(loan, end)
    place, collection = folded.snapshot(), month_collection(loan, end)
    if place is None or collection is None:
        return None
    return MonthEnd(
        outstanding=place.principal_outstanding.dong,
        overdue=place.principal_overdue.dong,
        days_past_due=place.days_past_due(end),
        own_group=folded.position().debt_group,
        in_freeze=place.is_frozen,
        due=collection.due.dong,
        on_time=collection.on_time.dong,
        late=collection.late.dong,
        ahead=collection.ahead.dong,
    )


def so_far(loan: History, day: date) -> SoFar | None:
    """The month of a day, by the fold of that month."""
    found = month_so_far(loan, day)
    if found is None:
        return None
    return SoFar(
        due=found.collection.due.dong,
        on_time=found.collection.on_time.dong,
        late=found.collection.late.dong,
        ahead=found.collection.ahead.dong,
        overdue=found.overdue.dong,
        coming=tuple((on.toordinal(), amount.dong) for on, amount in found.coming),
    )


def test_a_year_worked_by_hand() -> None:
    """20,000 đồng a day: February's 620,000 is paid in March, from then on nothing is paid."""
    found = monthly(
        history(lent(S), paid("2025-03-10", 620_000)), THROUGH_JUNE, THROUGH_JUNE[-1]
    ).ends

    assert found[0] is None
    assert [(one.due, one.on_time, one.late) for one in found[1:] if one] == [
        (0, 0, 0),
        (620_000, 0, 0),
        (560_000, 0, 620_000),
        (620_000, 0, 0),
        (600_000, 0, 0),
        (620_000, 0, 0),
    ]
    # Past due: 13 days since 15/02, 16 since 15/03, then 46, 77 and 107.
    assert [(one.days_past_due, one.own_group) for one in found[1:] if one] == [
        *((0, 1), (13, 2), (16, 2), (46, 3), (77, 3), (107, 4)),
    ]


@pytest.mark.parametrize(
    "events",
    [
        (happened("freeze", "2025-02-20", until="2025-04-06"),),
        (happened("reschedule", "2025-04-02", kind="extend", plan=LATER),),
        (paid("2025-02-15", 620_000), happened("write_off", "2025-05-10")),
        (paid("2025-03-20", 200_000_000),),
        (paid("2025-01-31", 40_000_000, surplus="principal"), paid("2025-05-31", 620_000)),
    ],
    ids=["freeze", "reschedule", "write-off", "settlement", "prepayment"],
)
def test_each_month_is_told_as_by_its_own_end(events: tuple[Json, ...]) -> None:
    loan = history(lent(S), *events)

    found = monthly(loan, THROUGH_JUNE, JULY)

    assert list(found.ends) == [alone(loan, end) for end in THROUGH_JUNE]
    assert found.so_far == so_far(loan, JULY)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_random_lives_are_told_alike(case: Json) -> None:
    """The day lies in the midst of the events, and the last month is not over, or just so."""
    as_of = last_day(case) - timedelta(days=20)
    ends = month_ends(add_months(as_of, -8), as_of)
    try:
        terms = parse_terms(case["terms"])
        loan = read_history(terms, [parse_event(event) for event in case["events"]])
        expected = Months(tuple(alone(loan, end) for end in ends), so_far(loan, as_of))
    except RuleViolationError:
        return

    assert monthly(loan, ends, as_of) == expected


def test_what_is_coming_and_overdue_is_all_that_is_outstanding() -> None:
    loan = history(lent(S), repayment_method="equal_principal")

    found = month_so_far(loan, date(2025, 4, 15))

    # Two of twelve parts are overdue, and the third, of this very day, with them.
    assert found is not None
    assert sum(amount.dong for _, amount in found.coming) == 100_000_000 - 3 * 8_333_333
    assert found.overdue.dong == 3 * 8_333_333
    assert found.coming[0][0] == date(2025, 5, 15)
    assert found.coming[-1][0] == date(2025, 1, 15) + timedelta(days=365)
