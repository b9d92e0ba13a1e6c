"""One fold answers for many days; snapshots keep what time alone does not change."""

from datetime import date, timedelta
from typing import Any

import pytest

from loanfund.domain.errors import RuleViolationError
from loanfund.domain.fold import fold
from loanfund.domain.folded import fold_loan, positions
from loanfund.domain.money import Money
from loanfund.domain.snapshot import Snapshot
from loanfund.domain.terms import DebtRuleSet
from tests.loans import Json, folded, happened, history, lent, paid, plan

S = "2025-01-15"
MFI = DebtRuleSet.MFI


def day(text: str) -> date:
    return date.fromisoformat(text)


def snapshot(*events: Json, as_of: str, **terms: Any) -> Snapshot:
    found = folded(*events, as_of=as_of, **terms).snapshot()
    assert found is not None
    return found


# Many days at once.


def test_one_fold_gives_positions_of_many_days() -> None:
    days = [day("2025-01-14"), day("2025-02-14"), day("2025-02-15"), day("2025-03-20")]

    found = list(positions(history(lent(S), paid("2025-02-15", 20_000)), days))

    assert found[0] is None
    assert [one.interest_open.dong for one in found[1:] if one is not None] == [
        *(0, 600_000, 1_160_000),
    ]


def test_a_stop_does_not_see_the_events_of_later_days() -> None:
    # Restructured on 1 March: group 2 from then on, group 1 before.
    rows = plan(("2026-01-15", 100_000_000))
    events = (
        lent(S),
        paid("2025-02-15", 620_000),
        happened("reschedule", "2025-03-01", kind="adjust", plan=rows),
    )

    found = list(positions(history(*events), [day("2025-02-28"), day("2025-03-01")]))

    assert [one.debt_group for one in found if one is not None] == [1, 2]


def test_no_days_ask_nothing() -> None:
    assert list(positions(history(lent(S)), [])) == []


def test_stops_are_called_in_order_with_the_state_of_their_day() -> None:
    seen: list[tuple[int, int]] = []
    days = [day("2025-02-15"), day("2025-03-15")]

    fold(
        history(lent(S)),
        day("2025-04-15"),
        lambda state, at: seen.append((at, len(state.charges))),
        days,
    )

    assert seen == [(days[0].toordinal(), 1), (days[1].toordinal(), 2)]


def test_a_refusal_of_a_later_day_does_not_concern_an_earlier_one() -> None:
    loan = history(lent(S), happened("credit_refund", "2025-02-15", amount=5))

    assert fold(loan, day("2025-02-14")) is not None
    with pytest.raises(RuleViolationError):
        fold(loan, day("2025-02-15"))


def test_an_event_of_a_later_day_needs_no_loan_yet() -> None:
    assert fold(history(paid("2025-02-15", 5)), day("2025-02-14")) is None


# Snapshots.


def test_a_snapshot_holds_until_the_day_before_something_falls_due() -> None:
    found = snapshot(lent(S), paid("2025-02-15", 20_000), as_of="2025-02-20")

    assert found.valid_through == day("2025-03-14")
    assert found.interest_open == Money(600_000)
    assert (found.next_due_date, found.next_due_interest) == (day("2025-03-15"), Money(560_000))
    # Unpaid since 15 February.
    assert found.oldest_due == day("2025-02-15")
    assert [found.days_past_due(day(f"2025-02-{at}")) for at in (20, 24, 25)] == [5, 9, 10]
    assert [found.own_group(day(f"2025-02-{at}"), MFI) for at in (20, 24, 25)] == [1, 1, 2]


def test_a_snapshot_ends_before_the_next_event_even_if_it_lies_ahead() -> None:
    found = snapshot(lent(S), paid("2025-02-10", 5_000_000), as_of="2025-02-01")

    assert found.valid_through == day("2025-02-09")


def test_a_snapshot_in_a_freeze_or_after_a_restructuring_holds_its_day_only() -> None:
    rows = plan(("2026-01-15", 100_000_000))
    restructured = happened("reschedule", "2025-02-01", kind="adjust", plan=rows)
    frozen = happened("freeze", "2025-02-01", until="2025-04-01")

    after = snapshot(lent(S), restructured, as_of="2025-02-03")
    during = snapshot(lent(S), frozen, as_of="2025-02-03")

    assert (after.valid_through, after.group_floor) == (day("2025-02-03"), 2)
    assert (during.valid_through, during.is_frozen) == (day("2025-02-03"), True)


def test_a_snapshot_after_a_freeze_leaves_its_days_out() -> None:
    # Unpaid since 15 February; the 14 days from the 20th to 5 March are frozen: 6 March is day
    # 19 − 14.
    frozen = happened("freeze", "2025-02-20", until="2025-03-06")

    found = snapshot(lent(S), frozen, as_of="2025-03-06")

    assert (found.frozen_days, found.is_frozen) == (14, False)
    assert found.days_past_due(day("2025-03-06")) == 5
    assert found.days_past_due(day("2025-03-11")) == 10


@pytest.mark.parametrize(
    "ending", [paid("2025-02-15", 100_620_000), happened("write_off", "2025-02-15")]
)
def test_a_loan_that_is_over_keeps_its_snapshot(ending: Json) -> None:
    found = snapshot(lent(S), ending, as_of="2025-03-01")

    assert found.valid_through == date.max - timedelta(days=1)
    assert (found.oldest_due, found.group_floor, found.next_due_date) == (None, 1, None)
    assert found.days_past_due(day("2030-01-01")) == 0
    assert found.own_group(day("2030-01-01"), MFI) is None


def test_before_the_money_there_is_no_snapshot() -> None:
    loan = fold_loan(history(lent(S)), day("2025-01-14"))

    assert loan.snapshot() is None
