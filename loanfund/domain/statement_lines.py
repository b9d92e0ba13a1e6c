"""The lines of a statement: transactions, how interest was computed, what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Any, assert_never

from loanfund.domain import account
from loanfund.domain.accrual import PPM, THOUSANDTHS
from loanfund.domain.accrual import Charge as ChargeState
from loanfund.domain.calendar import NEVER, DayCount, day_counter
from loanfund.domain.event import Freeze, RateChange, Reschedule
from loanfund.domain.history import History
from loanfund.domain.money import NOTHING, Money, divide_half_up, fixed_text, total
from loanfund.domain.movement import PlanVersion
from loanfund.domain.projection import project
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.statement_parts import (
    Amounts,
    ComingInstalment,
    Entry,
    Group,
    InterestCharge,
    Notice,
    Records,
    ReversedEvent,
    Total,
    Voucher,
)
from loanfund.domain.terms import CHARGE_KINDS
from loanfund.domain.to_pay import to_pay

COMING_SHOWN = 3

GROUP_OF = {
    "interest_waiver": Group.WAIVED,
    "write_off": Group.WRITTEN_OFF,
    "recovery": Group.RECOVERED,
}


def entries(state: LoanState, start: date, records: Records) -> tuple[Entry, ...]:
    """Give the lines of the period; of one day the struck ones stand first."""
    through = date.fromordinal(state.accrued_through)
    rows = [row for row in account.transactions(state.rows) if row.value_date >= start]
    struck = [one for one in records.reversed_events if start <= one.value_date <= through]
    found = [_struck(one) for one in struck] + [_entry(row, records) for row in rows]
    return tuple(sorted(found, key=lambda entry: entry.value_date))


def _entry(row: account.Transaction, records: Records) -> Entry:
    voucher = records.vouchers.get(row.event or "", Voucher(number=""))
    disbursed, received = _money_moved(row.type, row.amount)
    return Entry(
        event=row.event,
        type=row.type,
        value_date=row.value_date,
        number=voucher.number,
        note=voucher.note,
        amounts=Amounts(
            disbursed=disbursed,
            received=received,
            late_interest=row.late_interest,
            overdue_interest=row.overdue_interest,
            interest=row.interest,
            principal=row.principal - disbursed,
            credit=row.credit,
        ),
        principal_balance=row.principal_balance,
    )


def _struck(one: ReversedEvent) -> Entry:
    disbursed, received = _money_moved(one.type, one.amount)
    return Entry(
        event=one.event,
        type=one.type,
        value_date=one.value_date,
        number=one.voucher.number,
        note=one.voucher.note,
        amounts=Amounts(disbursed=disbursed, received=received),
        principal_balance=None,
        reversed_by=one.reversed_by,
    )


def _money_moved(kind: str, amount: Money) -> tuple[Money, Money]:
    """Give what was lent and what came in; a refund of credit is money that goes out again."""
    if kind == "disbursement":
        return amount, NOTHING
    if kind == "credit_refund":
        return NOTHING, -amount
    return NOTHING, amount if kind in {"repayment", "recovery"} else NOTHING


def totals(entries: Iterable[Entry]) -> tuple[Total, ...]:
    """Add up the lines that count: always the turnover, other groups where they have lines."""
    found: dict[Group, list[Amounts]] = {Group.TURNOVER: []}
    for entry in entries:
        if entry.reversed_by is None:
            group = GROUP_OF.get(entry.type, Group.TURNOVER)
            found.setdefault(group, []).append(entry.amounts)
    return tuple(
        Total(group=group, amounts=added_up(found[group])) for group in Group if group in found
    )


def added_up(lines: Sequence[Amounts]) -> Amounts:
    """Give the sum of each column."""
    names = [one.name for one in fields(Amounts)]
    return Amounts(**{name: total([getattr(line, name) for line in lines]) for name in names})


def charges(state: LoanState, start: date, end: date) -> tuple[InterestCharge, ...]:
    """Explain every charge that was made or fell due in the period."""
    first, last = start.toordinal(), end.toordinal()
    shown = [
        one for one in state.charges if first <= one.end <= last or first <= one.due <= last
    ]
    shown.sort(key=lambda one: (one.end, CHARGE_KINDS.index(one.kind)))
    return tuple(_charge(one, first, state.terms.day_count) for one in shown)


def _charge(charge: ChargeState, first: int, day_count: DayCount) -> InterestCharge:
    seen = account.show_charge(charge, day_count)
    return InterestCharge(
        kind=seen.kind,
        start=seen.start,
        end=seen.end,
        due_date=seen.due_date,
        lines=seen.lines,
        exact=exact_of(charge, day_count),
        amount=seen.amount,
        is_of_period=charge.end >= first,
    )


def exact_of(charge: ChargeState, day_count: DayCount) -> str:
    """Give the exact sum of a charge's lines."""
    counter = day_counter(day_count)
    numerator = sum(
        balance * rate * (counter.sum_before(end) - counter.sum_before(start))
        for start, end, balance, rate in charge.segments
    )
    return exact_text(Fraction(numerator, PPM * THOUSANDTHS * counter.year), charge.amount)


def exact_text(exact: Fraction, amount: int) -> str:
    """Write what was rounded to an amount with 2 decimals, more where 2 round otherwise."""
    decimals = 2
    while True:
        text = fixed_text(exact, decimals)
        shown = Fraction(text)
        if divide_half_up(shown.numerator, shown.denominator) == amount:
            return text
        decimals += 1


def coming(
    state: LoanState, day: int, shown: int | None = COMING_SHOWN, through: int = NEVER
) -> tuple[ComingInstalment, ...]:
    """Give what falls due next if nothing else happens, prepaid parts and credit taken off."""
    if state.is_closed or state.is_written_off:
        return ()
    later = state.instalments[state.due_count :]
    prepaid = Counter[int]()
    for one in later:
        prepaid[one.due] += one.paid
    rows = project(state.terms, _ahead(state, day), through)[:shown]
    credit = to_pay(state, day).credit_left if state.credit else NOTHING
    found = []
    for row in rows:
        paid = Money(prepaid[row.due_date.toordinal()])
        used = min(credit, row.total)
        credit -= used
        found.append(
            ComingInstalment(
                due_date=row.due_date,
                principal=row.principal + paid,
                prepaid=paid,
                interest=row.interest,
                credit=used,
                to_pay=row.total - used,
                principal_balance=row.principal_balance,
            )
        )
    return tuple(found)


def _ahead(state: LoanState, day: int) -> PlanVersion:
    """Give the plan as it stands now, with what is open of it."""
    later = state.instalments[state.due_count :]
    return PlanVersion(
        day=day,
        cause="statement",
        instalments=tuple((one.due, one.open) for one in later if one.open),
        deferred_interest=tuple(
            (one.due, one.open) for one in state.deferred if one.kind is INTEREST
        ),
        interest_days=tuple(state.interest_days[state.next_interest :]),
        in_term_numerator=state.in_term.numerator,
        rate=state.rate,
        frozen_until=state.frozen_until,
    )


def notices(history: History, through: date, records: Records) -> tuple[Notice, ...]:
    """Give every change of the contract up to the day, with the number of its decision."""
    notices = []
    for event in history.events:
        if event.value_date > through or not isinstance(
            event, Reschedule | Freeze | RateChange
        ):
            continue
        number = records.vouchers.get(event.id, Voucher(number="")).number
        notice: dict[str, Any] = {"type": event.type, "value_date": event.value_date}
        match event:
            case Reschedule():
                notice |= {"kind": event.kind, "until": event.plan[-1].due_date}
            case Freeze():
                notice |= {"until": event.until}
            case RateChange():
                notice |= {"annual_rate": event.annual_rate}
            case _:
                assert_never(event)
        notices.append(Notice(number=number, **notice))
    return tuple(notices)
