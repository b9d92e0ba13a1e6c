"""What is paid on a loan's dues while a month goes by, and what came of the month's money."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from loanfund.domain.accrual import Charge
from loanfund.domain.event import DatedEvent
from loanfund.domain.schedule import Instalment
from loanfund.domain.state import INTEREST, LoanState

Due = Instalment | Charge
REPLACING = frozenset({"reschedule", "write_off"})  # instalments that stood before are gone


def days_before_replacing(events: Iterable[DatedEvent], first: date) -> set[date]:
    """Give the last days on which instalments stood that an event of the span replaced."""
    return {
        event.value_date - timedelta(days=1)
        for event in events
        if event.type in REPLACING and event.value_date > first
    }


@dataclass(slots=True)
class Watch:
    """What was paid on dues, before a month and at the end of the last day looked at.

    Those settled before the month cannot change any more and are left out.
    """

    before: int
    paid_before: dict[Due, int] = field(default_factory=dict)
    paid: dict[Due, int] = field(default_factory=dict)
    standing: list[Instalment] = field(default_factory=list)
    through: int = 0
    charges: int = 0  # how many there were on the last day looked at

    def look(self, state: LoanState, day: int) -> None:
        """Note what is paid at the end of a day."""
        known, before = self.paid_before, self.before
        if day == before:
            known.update([(one, one.paid) for one in state.instalments[state.first_open :]])
            open_ones = [one for one in state.charges if one.due > day or one.open]
            known.update([(one, one.paid) for one in open_ones])
        else:
            first = bisect_right(state.instalments, before, key=lambda one: one.due)
            new = [one for one in state.instalments[first:] if one not in known]
            known.update(dict.fromkeys([*new, *state.charges[self.charges :]], 0))
            self.paid = {due: due.paid for due in known}
        self.charges = len(state.charges)
        if not state.is_written_off:
            self.standing = state.instalments
        self.through = day


def coming_after(state: LoanState, day: int) -> tuple[tuple[int, int], ...]:
    """Give the principal that falls due after a day, as the plan has it: days and amounts."""
    if not state.outstanding:
        return ()
    return tuple(
        [(one.due, one.open) for one in state.instalments if one.due > day and one.open]
    )


class Flow(NamedTuple):
    """The dues of a month and its money, in whole đồng; see `Collection`."""

    due_principal: int
    due_interest: int
    due_penalties: int  # of the interest, what is overdue and late interest
    on_time: int
    in_time: int  # of what is on time, the part paid in the month
    late: int
    later: int
    received: int
    refunded: int
    recovered: int  # on a debt that was written off; no part of what was received

    @property
    def due(self) -> int:
        """All that was due in the month."""
        return self.due_principal + self.due_interest

    @property
    def credited(self) -> int:
        """What of the money received became credit; negative where credit was used."""
        return self.received - self.late - self.in_time - self.later

    @property
    def returned(self) -> int:
        """What of the money that became credit was paid back within the month."""
        return min(self.refunded, max(0, self.credited))

    @property
    def ahead(self) -> int:
        """What went to later dues, or to credit that was not paid back."""
        return self.later + max(0, self.credited) - self.returned


def flow_of(state: LoanState, watch: Watch, first: int, last: int) -> Flow:
    """Part what the fold shows, at the end of a month's last day, by when it fell due."""
    standing = _standing_instalments(state, watch)
    principal = on_time = in_time = late = later = 0
    charges = [one for one in state.charges[watch.charges :] if first <= one.due <= last]
    for due, paid in watch.paid.items():
        in_month = paid - watch.paid_before[due]
        if due.due < first:
            late += in_month
        elif due.due > last:
            later += in_month
        else:
            on_time += paid
            in_time += in_month
            if isinstance(due, Charge):
                charges.append(due)
            else:
                principal += due.amount if due in standing else paid
    return Flow(
        due_principal=principal,
        due_interest=sum([one.amount for one in charges]),
        due_penalties=sum([one.amount for one in charges if one.kind is not INTEREST]),
        on_time=on_time,
        in_time=in_time,
        late=late,
        later=later,
        received=_moved(state, "repayment", first, watch.through),
        refunded=_moved(state, "credit_refund", first, watch.through),
        recovered=_moved(state, "recovery", first, watch.through),
    )


def _moved(state: LoanState, kind: str, first: int, last: int) -> int:
    """Add up the money of a kind of some days, which are the latest in the books."""
    moved = 0
    for row in reversed(state.rows):
        if row.day < first:
            break
        if row.type == kind and row.day <= last:
            moved += row.amount
    return moved


def _standing_instalments(state: LoanState, watch: Watch) -> list[Instalment]:
    """Give the plan; of a written-off loan what fell due until then, nothing does after."""
    if not state.is_written_off:
        return state.instalments
    last = next(row.day for row in state.rows if row.type == "write_off")
    return [one for one in watch.standing if one.due <= last]
