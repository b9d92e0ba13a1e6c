"""What loans must pay on a day and in the week after, or else when and how much comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from loanfund.domain.money import Money, total
from loanfund.queries._loan_row import SOON
from loanfund.queries._standing import Standing
from loanfund.wording.order import name_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """What one loan must pay on one day."""

    day: date
    loan_id: int
    contract_number: str
    borrower: str
    source: str
    amount: Money


def coming_dues(found: Iterable[Standing], as_of: date) -> tuple[Coming, ...]:
    """Give what is to be paid of the day's dues, and of those of the week after, by day.

    A loan that is late is none of them on the day: all it must pay stands with the overdue.
    """
    coming = []
    for one in found:
        to_pay = one.to_pay
        if to_pay.is_due_today:
            coming.append(_one(one, as_of, to_pay.amount))
        if to_pay.next_due is not None and to_pay.is_next_by(as_of + SOON):
            coming.append(_one(one, to_pay.next_due.due_date, to_pay.next_amount))
    return tuple(sorted(coming, key=lambda one: (one.day, name_key(one.borrower))))


def loans_of(found: Iterable[Coming]) -> int:
    """Count the loans that some dues are of; one may have a due today and another soon."""
    return len({one.loan_id for one in found})


def _one(standing: Standing, day: date, amount: Money) -> Coming:
    return Coming(
        day=day,
        loan_id=standing.facts.id,
        contract_number=standing.facts.contract_number,
        borrower=standing.facts.borrower,
        source=standing.facts.source,
        amount=amount,
    )


def later_dues(found: Iterable[Standing]) -> tuple[date, int, Money] | None:
    """Give the next day on which money is to be paid, by how many loans and how much."""
    dues = [
        (due.due_date, one.to_pay.next_amount)
        for one in found
        if (due := one.to_pay.next_due) is not None and one.to_pay.next_amount
    ]
    if not dues:
        return None
    first = min(day for day, _ in dues)
    amounts = [amount for day, amount in dues if day == first]
    return first, len(amounts), total(amounts)
