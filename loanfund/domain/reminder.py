"""Reminders: what is due of a loan, and of which dues a rule speaks on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Any

from loanfund.domain.account import overdue_rate
from loanfund.domain.added import added_by_a_day
from loanfund.domain.calendar import DayOff, last_working_day, next_working_day
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.json_value import parse_listed, parse_whole
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.statement_lines import coming

LAPSES_AFTER = timedelta(days=3)
OPENS, CLOSES = time(8, 0), time(20, 0)
FARTHEST = 365  # days before or after a due that a rule may name


class Kind(StrEnum):
    """What a rule makes: a message, a notice on paper's form, or work for the officer."""

    MESSAGE = "message"
    NOTICE = "notice"
    TASK = "task"


class Channel(StrEnum):
    """How a reminder reaches somebody; a task reaches the officer."""

    EMAIL = "email"
    LETTER = "letter"
    TASK = "task"


class PauseReason(StrEnum):
    """Why a borrower is not reminded for a while."""

    DISPUTE = "dispute"
    PROMISE = "promise"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Rule:
    """So many days after a due, before it where negative, and what happens then."""

    days: int
    kind: Kind


DEFAULT_RULES: list[dict[str, Any]] = [
    {"days": -7, "kind": "message"},
    {"days": -3, "kind": "message"},
    {"days": 0, "kind": "message"},
    {"days": 1, "kind": "message"},
    {"days": 7, "kind": "message"},
    {"days": 15, "kind": "notice"},
    {"days": 30, "kind": "notice"},
    {"days": 90, "kind": "task"},
]


def parse_rules(given: Any) -> tuple[Rule, ...]:
    """Read the setting, each day named once; ValueError, TypeError."""
    rules = tuple(_rule(one) for one in parse_listed(given))
    if len({rule.days for rule in rules}) != len(rules):
        raise ValueError(given)
    return tuple(sorted(rules, key=lambda rule: rule.days))


def _rule(given: Any) -> Rule:
    if not isinstance(given, Mapping) or set(given) != {"days", "kind"}:
        raise ValueError(given)
    rule = Rule(parse_whole(given["days"]), Kind(given["kind"]))
    if abs(rule.days) > FARTHEST:
        raise ValueError(given)
    return rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is still to pay of one due day; `credit` is what money paid ahead will cover.

    What is past is overdue from a day on, and has been for so many; frozen days do not count.
    Where what is to come falls on a day off, `off` says by when to pay.
    """

    due_date: date
    principal: Money
    interest: Money
    credit: Money = NOTHING
    overdue_from: date | None = None
    days_past_due: int = 0
    off: DayOff | None = None

    @property
    def to_pay(self) -> Money:
        """What the borrower must bring."""
        return self.principal + self.interest - self.credit


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDues:
    """The open dues of an active loan at the end of a day, oldest first, with its schedule."""

    version: int
    version_day: date
    dues: tuple[Due, ...]
    principal_outstanding: Money
    penalties: Money
    penalty_a_day: Money
    overdue_rate: str
    from_credit: Money
    tolerance: Money
    next_due_date: date | None

    def of(self, due_date: date | None) -> Due | None:
        """Give the due of a day, None where nothing of it is to pay, or there is no day."""
        return next((due for due in self.dues if due.due_date == due_date), None)


def loan_dues(folded: FoldedLoan) -> LoanDues | None:
    """Give what is due, past and to come; None unless the loan is active.

    What is due adds up, with the penalties, to what is to be paid on the day; within the
    tolerance it is not asked for.
    """
    state = folded.state
    if state is None or state.is_closed or state.is_written_off:
        return None
    day, found = folded.through.toordinal(), folded.to_pay()
    ahead = _coming(state, day)
    past = _past(state, day) if found.is_asked_for else []
    return LoanDues(
        version=len(state.versions),
        version_day=date.fromordinal(state.versions[-1].day),
        dues=(*past, *(due for due in ahead if due.to_pay > found.tolerance)),
        principal_outstanding=Money(state.outstanding),
        penalties=found.penalties if found.is_asked_for else NOTHING,
        penalty_a_day=max(NOTHING, added_by_a_day(folded).penalties) if past else NOTHING,
        overdue_rate=overdue_rate(state),
        from_credit=found.from_credit if found.is_asked_for else NOTHING,
        tolerance=found.tolerance,
        next_due_date=found.next_due.due_date if found.next_due else None,
    )


def _past(state: LoanState, today: int) -> list[Due]:
    """Add up what is open by the day on which it fell due."""
    principal: dict[int, int] = {}
    interest: dict[int, int] = {}
    for one in state.instalments[: state.due_count]:
        principal[one.due] = principal.get(one.due, 0) + one.open
    for charge in state.due[INTEREST]:
        interest[charge.due] = interest.get(charge.due, 0) + charge.open
    found = (
        Due(
            due_date=date.fromordinal(day),
            principal=Money(principal.get(day, 0)),
            interest=Money(interest.get(day, 0)),
            **_overdue(state, day, today),
        )
        for day in sorted(principal.keys() | interest.keys())
    )
    return [due for due in found if due.to_pay]


def _overdue(state: LoanState, due: int, today: int) -> dict[str, Any]:
    """Give from which day what fell due on one is overdue, and how many days it has been."""
    since = state.frozen.first_outside(due + 1)
    if since > today:
        return {}
    days = today - due - state.frozen.days_in(due + 1, today + 1)
    return {"overdue_from": date.fromordinal(since), "days_past_due": days}


def _coming(state: LoanState, day: int) -> list[Due]:
    return [
        Due(
            due_date=one.due_date,
            principal=one.principal - one.prepaid,
            interest=one.interest,
            credit=one.credit,
        )
        for one in coming(state, day, None)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One rule for one due: `send_on` is the working day on which it falls."""

    rule: Rule
    due: Due
    send_on: date


def candidates(
    rules: Iterable[Rule],
    found: LoanDues,
    first: date,
    day: date,
    holidays: frozenset[date],
) -> list[Candidate]:
    """Give what the rules say of the days from `first` through `day`.

    A rule whose day had passed before the schedule came into force is not made up for.
    """
    made = []
    for due in found.dues:
        for rule in rules:
            send_on = send_day(due.due_date, rule, holidays)
            if first <= send_on <= day and send_on >= found.version_day:
                made.append(Candidate(rule=rule, due=due, send_on=send_on))
    return made


def send_day(due_date: date, rule: Rule, holidays: frozenset[date]) -> date:
    """Give the working day on which a rule speaks of a due.

    What is to be said before the due, or on its day, is said the working day before where its
    own day is none; what is to be said after it, the working day after.
    """
    move = next_working_day if rule.days > 0 else last_working_day
    return move(due_date + timedelta(days=rule.days), holidays)


def is_lapsed(send_on: date, day: date) -> bool:
    """Say whether it is too late on a day to send what was to be sent on another."""
    return day - send_on > LAPSES_AFTER


def may_send(day: date, now: time, holidays: frozenset[date]) -> bool:
    """Say whether a message may go out now: on a working day, from 08:00 to 20:00."""
    return OPENS <= now < CLOSES and next_working_day(day, holidays) == day
