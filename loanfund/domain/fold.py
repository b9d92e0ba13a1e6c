"""The fold: contract + events + a day → the account of the loan (rules §§2, 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from loanfund.domain import change, disbursement
from loanfund.domain.allocation import apply_credit, repay
from loanfund.domain.calendar import NEVER
from loanfund.domain.errors import InvalidEventError, LoanClosedError
from loanfund.domain.event import CreditRefund, DatedEvent, Repayment
from loanfund.domain.history import History
from loanfund.domain.movement import Move, Movement, PlanVersion
from loanfund.domain.state import INTEREST, LoanState

HANDLERS: Mapping[str, Callable[[LoanState, Any, int], None]] = {
    "disbursement": disbursement.disburse,
    "repayment": repay,
    "rate_change": change.change_rate,
    "reschedule": change.reschedule,
    "freeze": change.freeze,
    "interest_waiver": change.waive,
    "write_off": change.write_off,
    "recovery": change.recover,
    "credit_refund": change.refund,
}
AFTER_WRITE_OFF = frozenset({"credit_refund", "recovery"})


BeforeEvent = Callable[[LoanState, int, DatedEvent], None]


def fold(
    history: History,
    through: date,
    at_end_of: Callable[[LoanState, int], None] = lambda _state, _day: None,
    stops: Sequence[date] = (),
    before_event: BeforeEvent | None = None,
) -> LoanState | None:
    """Give the loan at the end of a day, or None when nothing was disbursed by then.

    `at_end_of` is called with the state at the end of each of `stops` (ascending, not after
    `through`), so that one fold gives the figures of many days. `before_event` is called
    with the state as each event finds it. A RuleViolationError names the first event that is
    impossible at its place.
    """
    start = history.first_disbursement
    if start is None or start > through:
        _refuse_without_loan(history, through)
        return None
    events = [event for event in history.events if event.value_date <= through]
    if events[0].type != "disbursement":
        raise InvalidEventError("before_first_disbursement", event=events[0].id)
    state = LoanState(history.terms, start)
    walk = _Walk(state, _events_by_day(events), before_event)
    for stop in stops:
        if start <= stop <= through:
            walk.advance(stop.toordinal())
            at_end_of(state, stop.toordinal())
    walk.advance(through.toordinal())
    return state


class _Walk:
    """The way through the days on which something happens."""

    def __init__(
        self,
        state: LoanState,
        days: dict[int, list[DatedEvent]],
        before_event: BeforeEvent | None,
    ) -> None:
        self.state = state
        self.before_event = before_event
        self.days = days
        self.upcoming = iter([*days, NEVER])
        self.next_event = next(self.upcoming)

    def advance(self, to: int) -> None:
        """Bring the state to the end of a day."""
        state = self.state
        while (day := _next_day(state, self.next_event)) <= to:
            if day == self.next_event:
                _live_through(state, day, self.days[day], self.before_event)
                self.next_event = next(self.upcoming)
            else:
                _live_through(state, day, ())
        state.accrue(to)


def _events_by_day(events: Sequence[DatedEvent]) -> dict[int, list[DatedEvent]]:
    days: dict[int, list[DatedEvent]] = {}
    for event in events:
        days.setdefault(event.value_date.toordinal(), []).append(event)
    return days


def _refuse_without_loan(history: History, through: date) -> None:
    for event in history.events:
        if event.value_date <= through:
            raise InvalidEventError("before_first_disbursement", event=event.id)


def next_change(state: LoanState) -> int:
    """Give the next day on which anything but accrual happens by itself."""
    return _next_day(state, NEVER)


def _next_day(state: LoanState, next_event: int) -> int:
    """Give the next day on which anything but accrual happens."""
    if state.is_closed or state.is_written_off or not state.disbursed:
        return next_event
    day = state.next_interest_day()
    day = min(day, next_event)
    instalments, due_count = state.instalments, state.due_count
    if due_count < len(instalments) and instalments[due_count].due < day:
        day = instalments[due_count].due
    if state.deferred and state.deferred[0].due < day:
        day = state.deferred[0].due
    return day


def _live_through(
    state: LoanState,
    day: int,
    events: Sequence[DatedEvent],
    before_event: BeforeEvent | None = None,
) -> None:
    """Let one day pass: charges, credit, the day's events, then what is overdue (rules §6)."""
    state.cause = None
    if state.is_closed or state.is_written_off:
        state.accrued_through = day
        for event in events:
            _let_happen(state, event, day, before_event)
        return
    state.accrue(day)
    if state.disbursed:
        _fall_due(state, day)
    for event in events:
        _let_happen(state, event, day, before_event)
    _end_day(state, day)


def _fall_due(state: LoanState, day: int) -> None:
    """Do steps 1 and 2 of the day: what falls due, its charges, and credit that pays them."""
    is_due_date = bool(state.deferred) and state.let_deferred_fall_due(day)
    instalments = state.instalments
    while state.due_count < len(instalments) and instalments[state.due_count].due <= day:
        state.due_count += 1
        is_due_date = True
    if state.next_interest_day() == day:
        state.next_interest += 1
        is_due_date = True
        state.charge(state.in_term, day)
        state.charge_penalties(day)
        if state.planned is not None:
            state.planned.charge(day)
    if is_due_date:
        state.due_days.append(day)
        if state.credit:
            apply_credit(state, day)
        state.close_if_settled()


def _let_happen(
    state: LoanState, event: DatedEvent, day: int, before_event: BeforeEvent | None
) -> None:
    if before_event is not None:
        before_event(state, day, event)
    if state.is_written_off and event.type not in AFTER_WRITE_OFF:
        raise LoanClosedError("written_off", event=event.id)
    if state.is_closed and not _may_follow_closing(event):
        raise LoanClosedError("closed", event=event.id)
    HANDLERS[event.type](state, event, day)
    if not state.is_written_off:
        state.close_if_settled()


def _may_follow_closing(event: DatedEvent) -> bool:
    """Tell whether an event may happen to a closed loan: money always has a place."""
    return isinstance(event, CreditRefund) or (isinstance(event, Repayment) and not event.split)


def _end_day(state: LoanState, day: int) -> None:
    """Let what fell due on the day and is still open be overdue, and set the balances."""
    _transfer_overdue(state, day)
    state.in_term.balance = state.outstanding - state.overdue
    state.overdue_interest.balance = state.overdue
    interest = state.due[INTEREST]
    state.late_interest.balance = sum(charge.open for charge in interest) if interest else 0
    if state.planned is not None:
        state.planned.balance = sum(one.amount for one in state.instalments[state.due_count :])
    oldest = state.oldest_open_due()
    if (state.oldest_due[-1][1] if state.oldest_due else 0) != oldest:
        state.oldest_due.append((day, oldest))
    if state.cause is not None:
        state.versions.append(plan_version(state, day, state.cause))


def _transfer_overdue(state: LoanState, day: int) -> None:
    index = state.due_count - 1
    while index >= 0 and state.instalments[index].due == day:
        open_part = state.instalments[index].open
        if open_part:
            state.overdue += open_part
            state.movements.append(Movement(Move.FELL_OVERDUE, day, None, open_part))
        index -= 1


def plan_version(state: LoanState, day: int, cause: str) -> PlanVersion:
    """Give the plan as it stands at the end of a day."""
    return PlanVersion(
        day=day,
        cause=cause,
        instalments=tuple(
            (one.due, one.open) for one in state.instalments[state.due_count :] if one.open
        ),
        deferred_interest=tuple(
            (one.due, one.open) for one in state.deferred if one.kind is INTEREST and one.open
        ),
        interest_days=tuple(state.interest_days[state.next_interest :]),
        in_term_numerator=state.in_term.numerator,
        rate=state.rate,
        frozen_until=state.frozen_until,
    )
