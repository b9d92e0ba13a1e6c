"""What loans must pay on a day and in the week after, or else when and how much comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from loanfund.domain.collection import Collection
from loanfund.domain.money import Money, total
from loanfund.queries._loan_row import SOON, next_amount
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


def coming_dues(
    found: Iterable[Standing], collections: Mapping[int, Collection], as_of: date
) -> tuple[Coming, ...]:
    """Give what is open of the day's dues, then the dues of the week after, by day and name."""
    coming = []
    for one in found:
        of_today = collections.get(one.facts.id)
        if of_today is not None and of_today.open_on_day:
            coming.append(_one(one, as_of, of_today.open_on_day))
        place = one.snapshot
        day = place.next_due_date if place is not None else None
        if place is not None and day is not None and day <= as_of + SOON:
            coming.append(_one(one, day, next_amount(place)))
    return tuple(sorted(coming, key=lambda one: (one.day, name_key(one.borrower))))


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
    """Give the next day on which anything falls due, how many loans that is and how much."""
    dues = [
        (one.snapshot.next_due_date, next_amount(one.snapshot))
        for one in found
        if one.snapshot is not None and one.snapshot.next_due_date is not None
    ]
    if not dues:
        return None
    first = min(day for day, _ in dues)
    amounts = [amount for day, amount in dues if day == first]
    return first, len(amounts), total(amounts)
