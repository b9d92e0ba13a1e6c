"""Hypothesis: event histories made day by day, by someone who sees what is open.

The oracle's own loan is walked along, so that payments can be exactly what is due and plans sum
to what is outstanding. Events that a loan refuses are mostly left out again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.oracle.change import WAIVER_ORDER, happen, is_closed
from tests.oracle.dates import ONE_DAY, add_months, each_day
from tests.oracle.history import read_event
from tests.oracle.interest import rounded_accrued
from tests.oracle.loan import CHARGE_KINDS, Loan
from tests.oracle.payment import settlement, sum_open
from tests.oracle.plan import open_loan
from tests.oracle.refusal import Refused
from tests.oracle.terms import read_terms
from tests.oracle.walk import begin_day, end_day, walk_day

Json = dict[str, Any]
MOST_EVENTS = 12
RATES = ("0", "4.8", "6", "7.2", "9.125", "12", "3.0001")

USUAL = (*["repayment"] * 8, "rate_change", "reschedule", "freeze", "interest_waiver")
UNUSUAL = ("disbursement", "write_off", "credit_refund", "recovery", "freeze", "reschedule")


def one_in(count: int) -> st.SearchStrategy[bool]:
    """True one time in so many; neither end of the numbers, which are drawn more often."""
    return st.integers(0, 2 * count).map(lambda number: number in (count // 2 + 1, count + 1))


@dataclass
class Story:
    """A loan under way, and the events told so far."""

    draw: st.DrawFn
    loan: Loan
    events: list[Json] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day that has begun and not ended."""
        return self.loan.start + len(self.loan.days) * ONE_DAY

    def pick(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def number(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, max(least, most)))

    def one_in(self, count: int) -> bool:
        return self.draw(one_in(count))

    def tell(self, **event: Any) -> None:
        """Adds an event of today if the loan takes it; a refused one now and then."""
        told = {"id": f"e{len(self.events) + 1}", **event, "date": self.today.isoformat()}
        after = self.loan.copy()
        try:
            happen(after, read_event(told))
        except Refused:
            if self.one_in(25):
                self.events.append(told)
            return
        self.loan = after
        self.events.append(told)

    def go_to(self, day: date) -> None:
        """Ends today, lets the days pass and begins the day."""
        end_day(self.loan, self.today)
        for each in each_day(self.today, day):
            walk_day(self.loan, each, [])
        begin_day(self.loan, day)


@st.composite
def histories(draw: st.DrawFn, terms: Json, start: date) -> list[Json]:
    """The events of a loan first disbursed on the day; none, if the terms allow none."""
    try:
        story = Story(draw, open_loan(read_terms(terms), start))
    except Refused:
        return [disbursement("e1", start, terms["amount"])]
    story.tell(type="disbursement", amount=first_amount(story))
    if not story.loan.rows:
        return [disbursement("e1", start, terms["amount"])]
    for _ in range(story.number(1, MOST_EVENTS)):
        day = next_day(story)
        if day > story.today:
            story.go_to(day)
        TELL[what_happens(story)](story)
    return story.events


def disbursement(name: str, day: date, amount: int) -> Json:
    return {"id": name, "type": "disbursement", "date": day.isoformat(), "amount": amount}


def first_amount(story: Story) -> int:
    """Mostly all of it, else a part that leaves something for a tranche."""
    amount = story.loan.terms.amount
    return int(story.pick(amount, amount, amount // 2 or 1, amount // 3 or 1))


def next_day(story: Story) -> date:
    """Today again, a due date or about one, the end of a month, or any day soon."""
    today = story.today
    dues = sorted(due for due in upcoming_dues(story.loan, today) if due > today)
    near = dues[story.number(0, min(2, len(dues) - 1))]
    month_end = add_months(date(today.year, today.month, 1), 1) - ONE_DAY
    days = story.pick(0, 0, 1, 2, 9, 10, 29, 30, 31, 89, 90, 91, 180, 361)
    day: date = story.pick(
        near,
        near,
        near,
        near + ONE_DAY,
        near - ONE_DAY,
        near + timedelta(days=story.number(0, 40)),
        month_end,
        today + timedelta(days=days),
        today + timedelta(days=story.number(0, 45)),
    )
    return max(day, today)


def upcoming_dues(loan: Loan, day: date) -> set[date]:
    dues = {each.due for each in loan.instalments} | {each.due for each in loan.charges}
    return dues | loan.interest_dates(add_months(day, 12))


def what_happens(story: Story) -> str:
    if story.loan.is_written_off:
        return str(story.pick("recovery", "recovery", "credit_refund", "repayment"))
    if is_closed(story.loan, story.today):
        return str(story.pick("repayment", "repayment", "credit_refund", "rate_change"))
    could_draw = story.loan.disbursed < story.loan.limit
    if could_draw and story.one_in(3):
        return "freeze" if story.one_in(4) else "disbursement"
    if story.loan.credit and story.one_in(8):
        return str(story.pick("credit_refund", "write_off"))
    if story.loan.open_charges() and story.one_in(8):
        return "interest_waiver"
    return str(story.pick(*UNUSUAL) if story.one_in(5) else story.pick(*USUAL))


def tell_disbursement(story: Story) -> None:
    left = story.loan.limit - story.loan.disbursed
    amount = story.pick(left, left, max(left // 2, 1), story.number(1, left), left + 1)
    story.tell(type="disbursement", amount=amount)


def tell_repayment(story: Story) -> None:
    surplus = story.pick(None, None, "credit", "principal")
    split = given_split(story) if story.one_in(5) else None
    if split is not None and any(split.values()):
        amount = sum(split.values()) + int(story.one_in(12))
        story.tell(type="repayment", amount=amount, split=split, surplus=surplus)
        return
    amounts = amounts_due(story.loan, story.today)
    if story.one_in(6):
        amounts = amounts_beyond(story.loan, story.today)
    amount = story.pick(*amounts, story.number(1, max(amounts)))
    tolerance = story.loan.terms.tolerance
    nudge = story.pick(0, 0, 0, 0, 0, -1, 1, 986, -tolerance, -tolerance - 1)
    story.tell(type="repayment", amount=max(amount + nudge, 1), surplus=surplus)


def amounts_due(loan: Loan, day: date) -> list[int]:
    """What is due, a part of it, a little more."""
    penalties = sum(rounded_accrued(loan, kind, day) for kind in CHARGE_KINDS[1:])
    charges = sum_open(each for each in loan.open_charges() if each.due <= day)
    interest = sum_open(each for each in loan.open_charges("interest") if each.due <= day)
    principal = loan.overdue_principal(day)
    due = penalties + charges + principal
    amounts = [due, due, due, interest, principal, due // 2, due + loan.outstanding // 50]
    return [amount for amount in amounts if amount] or [1000]


def amounts_beyond(loan: Loan, day: date) -> list[int]:
    """A good deal of what is outstanding, or everything."""
    whole = settlement(loan, day)
    coming = [each.open for each in loan.open_instalments() if each.due > day]
    amounts = [whole, loan.outstanding, *coming[:1], sum(coming) // 2]
    return [amount for amount in amounts if amount > 0] or [1000]


def given_split(story: Story) -> dict[str, int]:
    loan, day = story.loan, story.today
    fresh = {kind: rounded_accrued(loan, kind, day) for kind in CHARGE_KINDS}
    most = {kind: sum_open(loan.open_charges(kind)) + fresh[kind] for kind in CHARGE_KINDS}
    most["principal"] = loan.outstanding
    due = {"interest": sum_open(loan.open_charges("interest"))}
    split: dict[str, int] = {}
    for kind, limit in most.items():
        part = story.pick(0, limit, due.get(kind, limit), story.number(0, limit))
        if part or story.one_in(3):
            split[kind] = int(part)
    return split


def tell_rate_change(story: Story) -> None:
    story.tell(type="rate_change", annual_rate=story.pick(*RATES))


def tell_reschedule(story: Story) -> None:
    loan, today = story.loan, story.today
    dates = sorted({plan_date(story) for _ in range(story.number(1, 4))})
    kind = "extend" if dates[-1] > loan.maturity else "adjust"
    if story.one_in(20):
        kind = "adjust"
    event: Json = {"type": "reschedule", "kind": kind}
    event["plan"] = plan_of(story, dates, loan.outstanding + story.pick(*[0] * 19, 1))
    if story.one_in(2):
        moved = story.pick(dates[0], dates[-1], today + timedelta(days=story.number(1, 120)))
        event["unpaid_interest_due"] = moved.isoformat()
    if story.one_in(3):
        event["keeps_debt_group"] = not story.one_in(3)
    story.tell(**event)


def plan_date(story: Story) -> date:
    loan, today = story.loan, story.today
    soon = today + timedelta(days=story.number(1, 400))
    months_on = add_months(loan.start, story.number(1, 36))
    day: date = story.pick(soon, months_on, loan.maturity)
    return day if day > today else soon


def plan_of(story: Story, dates: list[date], total: int) -> list[Json]:
    """Amounts above 0 that sum to the total, on the last of the dates."""
    cuts = {story.number(1, total) for _ in dates[1:]} - {total}
    ends = [*sorted(cuts), total]
    amounts = [end - begin for begin, end in pairwise([0, *ends])]
    parts = zip(dates[-len(amounts) :], amounts, strict=True)
    return [{"date": day.isoformat(), "amount": amount} for day, amount in parts]


def tell_freeze(story: Story) -> None:
    today = story.today
    dues = sorted(due for due in upcoming_dues(story.loan, today) if due > today)
    days = today + timedelta(days=story.number(1, 120))
    until = story.pick(dues[0], dues[0] + ONE_DAY, dues[-1], days, days, add_months(today, 3))
    story.tell(type="freeze", until=until.isoformat())


def tell_waiver(story: Story) -> None:
    loan, today = story.loan, story.today
    of = story.pick("any", "any", *WAIVER_ORDER)
    kinds = WAIVER_ORDER if of == "any" else (of,)
    most = sum_open(loan.open_charges(*kinds))
    most += sum(rounded_accrued(loan, kind, today) for kind in kinds if kind != "interest")
    event: Json = {"type": "interest_waiver", "of": of}
    tolerated = min(loan.terms.tolerance, most) or 1
    event["amount"] = story.pick(most or 1, story.number(1, most), most + 1, tolerated)
    if story.one_in(3):
        event["keeps_debt_group"] = not story.one_in(2)
    story.tell(**event)


def tell_write_off(story: Story) -> None:
    story.tell(type="write_off")


def tell_recovery(story: Story) -> None:
    loan = story.loan
    written_off = sum(row.amount for row in loan.rows if row.type == "write_off")
    left = written_off - sum(row.amount for row in loan.rows if row.type == "recovery")
    story.tell(type="recovery", amount=story.pick(left or 1, story.number(1, left), left + 1))


def tell_credit_refund(story: Story) -> None:
    credit = story.loan.credit
    amount = story.pick(credit or 1, story.number(1, credit), credit + 1)
    story.tell(type="credit_refund", amount=amount)


TELL: dict[str, Callable[[Story], None]] = {
    "disbursement": tell_disbursement,
    "repayment": tell_repayment,
    "rate_change": tell_rate_change,
    "reschedule": tell_reschedule,
    "freeze": tell_freeze,
    "interest_waiver": tell_waiver,
    "write_off": tell_write_off,
    "recovery": tell_recovery,
    "credit_refund": tell_credit_refund,
}
