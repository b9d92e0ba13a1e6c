"""Reminders by hand: 100 million at 6 % for a year from 10/01/2020, paid back at the end."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import read_history
from loanfund.domain.money import Money
from loanfund.domain.reminder import (
    DEFAULT_RULES,
    LoanDues,
    Rule,
    candidates,
    is_lapsed,
    loan_dues,
    may_send,
    parse_rules,
)
from loanfund.domain.setting import SETTINGS, check_setting
from loanfund.domain.transfer_note import transfer_note

RULES = parse_rules(DEFAULT_RULES)
TERMS = {
    "amount": 100_000_000,
    "annual_rate": "6",
    "term_months": 12,
    "repayment_method": "principal_at_maturity",
}
LENT = {"id": "1", "type": "disbursement", "date": "2020-01-10", "amount": 100_000_000}
NO_HOLIDAYS: frozenset[date] = frozenset()


def paid(number: str, day: str, amount: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "type": "repayment", "date": day, "amount": amount, **more}


def dues_on(day: date, *events: dict[str, Any], **terms: Any) -> LoanDues | None:
    history = read_history(
        parse_terms({**TERMS, **terms}), [parse_event(one) for one in (LENT, *events)]
    )
    return loan_dues(fold_loan(history, day))


def called_on(
    day: date, *events: dict[str, Any], holidays: frozenset[date] = NO_HOLIDAYS
) -> set[tuple[date, int]]:
    found = dues_on(day, *events)
    assert found is not None
    made = candidates(RULES, found, day, day, holidays)
    return {(one.due.due_date, one.rule.days) for one in made}


@pytest.mark.parametrize(
    ("day", "rules"),
    [
        (date(2020, 2, 3), {-7}),
        (date(2020, 2, 4), set()),
        (date(2020, 2, 7), {-3}),
        (date(2020, 2, 10), {0}),
        (date(2020, 2, 11), {1}),
        (date(2020, 2, 17), {7}),
        (date(2020, 2, 25), {15}),
    ],
)
def test_each_rule_has_its_day(day: date, rules: set[int]) -> None:
    assert called_on(day) == {(date(2020, 2, 10), rule) for rule in rules}


def test_what_is_said_after_a_due_waits_for_a_working_day() -> None:
    """+30 of 10/02 falls on Wednesday, 11/03, +1 of 10/03 too: both go on Monday, 16/03.

    The 9th, 10th, 11th, 12th and 13th are taken as holidays here.
    """
    week = frozenset(date(2020, 3, day) for day in (9, 10, 11, 12, 13))

    assert called_on(date(2020, 3, 11), holidays=week) == set()
    assert called_on(date(2020, 3, 16), holidays=week) == {
        (date(2020, 2, 10), 30),
        (date(2020, 3, 10), 1),
    }


def test_what_is_said_by_the_due_day_is_said_the_working_day_before() -> None:
    """−3 of 10/03 is Saturday, 7/03, and the day itself a holiday: both go on Friday, 6/03."""
    week = frozenset(date(2020, 3, day) for day in (9, 10, 11, 12, 13))

    assert called_on(date(2020, 3, 6), holidays=week) == {
        (date(2020, 3, 10), -3),
        (date(2020, 3, 10), 0),
    }


def test_what_is_to_pay_is_told_to_the_dong() -> None:
    """31 days of February's period: 509 589; 29 of March's: 476 712."""
    found = dues_on(date(2020, 3, 3))

    assert found is not None
    assert [(due.due_date, due.principal.dong, due.interest.dong) for due in found.dues][
        :2
    ] == [
        (date(2020, 2, 10), 0, 509_589),
        (date(2020, 3, 10), 0, 476_712),
    ]
    assert found.dues[-1].due_date == date(2021, 1, 10)
    assert found.dues[-1].principal == Money(100_000_000)


def test_money_paid_ahead_covers_the_next_due() -> None:
    on_time = paid("2", "2020-02-10", 509_589 + 400_000)

    found = dues_on(date(2020, 3, 3), on_time)

    assert found is not None
    assert (found.dues[0].credit, found.dues[0].to_pay) == (Money(400_000), Money(76_712))


def test_a_due_that_is_covered_is_not_asked_for() -> None:
    ahead = paid("2", "2020-02-10", 509_589 + 476_712)

    assert called_on(date(2020, 3, 3), ahead) == set()
    assert called_on(date(2020, 3, 11), ahead) == set()


def test_a_day_of_delay_costs_what_the_overdue_rate_says() -> None:
    """100 million overdue at 9 % a year, 24 657.53 a day: 493 150.68, then 517 808.22."""
    found = dues_on(date(2020, 3, 1), term_months=1)

    assert found is not None
    assert found.penalty_a_day == Money(517_808 - 493_151)
    assert found.overdue_rate == "9"
    assert found.penalties == Money(493_151)  # 20 days


def test_a_closed_loan_is_left_alone() -> None:
    assert dues_on(date(2020, 3, 1), paid("2", "2020-02-10", 100_509_589)) is None


def test_a_new_schedule_is_not_made_up_for() -> None:
    """Adjusted on 18/02 to 20/02: its −7 (13/02) and −3 (17/02) had passed by then."""
    plan = [{"date": "2020-02-20", "amount": 100_000_000}]
    new = {"id": "2", "type": "reschedule", "date": "2020-02-18", "kind": "adjust"}
    found = dues_on(date(2020, 2, 18), {**new, "plan": plan})

    assert found is not None
    assert found.version == 2
    made = candidates(RULES, found, date(2020, 2, 10), date(2020, 2, 18), NO_HOLIDAYS)
    assert [one for one in made if one.due.due_date == date(2020, 2, 20)] == []


@pytest.mark.parametrize(
    ("hour", "day", "may"),
    [
        (time(7, 59), date(2020, 6, 1), False),
        (time(8, 0), date(2020, 6, 1), True),
        (time(19, 59), date(2020, 6, 1), True),
        (time(20, 0), date(2020, 6, 1), False),
        (time(9, 0), date(2020, 5, 31), False),
    ],
)
def test_messages_go_out_on_working_days_from_eight_to_eight(
    hour: time, day: date, *, may: bool
) -> None:
    assert may_send(day, hour, NO_HOLIDAYS) is may


def test_three_days_are_the_longest_wait() -> None:
    assert not is_lapsed(date(2020, 6, 1), date(2020, 6, 4))
    assert is_lapsed(date(2020, 6, 1), date(2020, 6, 5))


def test_a_transfer_note_has_letters_that_every_bank_takes() -> None:
    assert transfer_note("01/2019/HĐTD-QHTPT") == "Tra no HD 01/2019/HDTD-QHTPT"
    assert transfer_note("Số 5 – Ứng") == "Tra no HD So 5  Ung"


def test_the_default_rules_are_a_valid_setting() -> None:
    check_setting("reminder_rules", DEFAULT_RULES)

    assert SETTINGS["reminders_held"].default is False
    assert Rule(90, RULES[-1].kind) == RULES[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        "nothing",
        [{"days": 1}],
        [{"days": "1", "kind": "message"}],
        [{"days": 1, "kind": "call"}],
        [{"days": 366, "kind": "message"}],
        [{"days": 1, "kind": "message"}, {"days": 1, "kind": "notice"}],
        [{"days": 1, "kind": "message", "more": 1}],
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: Any) -> None:
    with pytest.raises(InvalidInputError):
        check_setting("reminder_rules", wrong)


@pytest.mark.parametrize("wrong", [0, 1, "true", None])
def test_held_is_yes_or_no(wrong: Any) -> None:
    with pytest.raises(InvalidInputError):
        check_setting("reminders_held", wrong)
