"""What accrues between charges, and the charges (rules §5): one division a charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from loanfund.domain.calendar import DayCount, day_counter, days_between, split_at_new_years
from loanfund.domain.money import decimal_text, divide_half_up, fixed_text
from loanfund.domain.terms import Component

PPM = 1_000_000
THOUSANDTHS = 1_000
RATE_DECIMALS = 7

Segment = tuple[int, int, int, int]
"""From day, to day, balance, rate in 10⁻⁹ a year."""


@dataclass(frozen=True, slots=True)
class InterestLine:
    """Days × balance × rate: one balance at one rate; `amount` has 2 decimals for display."""

    start: date
    end: date
    days: int
    balance: int
    annual_rate: str
    amount: str


class Charge:
    """Interest asked from the borrower; amounts in whole đồng, days as ordinals."""

    __slots__ = (
        "amount",
        "due",
        "end",
        "kind",
        "open",
        "paid",
        "segments",
        "start",
        "waived",
        "written_off",
    )

    def __init__(
        self, kind: Component, start: int, end: int, amount: int, segments: list[Segment]
    ) -> None:
        """Charge an amount for [start, end), due on `end` until something moves it."""
        self.kind = kind
        self.start = start
        self.end = end
        self.due = end
        self.amount = amount
        self.open = amount
        self.paid = 0
        self.waived = 0
        self.written_off = 0
        self.segments = segments

    def lines(self, day_count: DayCount) -> list[InterestLine]:
        """Explain the charge: the exact sum of the lines, rounded once, is its amount."""
        return explain(self.segments, day_count)


class Accrual:
    """What one kind of interest has accrued since it was last charged."""

    __slots__ = ("balance", "denominator", "kind", "numerator", "rate", "segments", "since")

    def __init__(self, kind: Component, rate: int, since: int, year: int) -> None:
        """Begin at nothing; `rate` in 10⁻⁹ a year, `year` in the units of the day count."""
        self.kind = kind
        self.rate = rate
        self.since = since
        self.denominator = PPM * THOUSANDTHS * year
        self.balance = 0
        self.numerator = 0
        self.segments: list[Segment] = []

    def advance(self, start: int, end: int, units: int) -> None:
        """Let the balance bear interest over [start, end), which is so many units long."""
        self.numerator += self.balance * self.rate * units
        self.segments.append((start, end, self.balance, self.rate))

    @property
    def amount(self) -> int:
        """What has accrued, rounded half up to whole đồng."""
        return divide_half_up(self.numerator, self.denominator)

    def charge(self, day: int) -> Charge | None:
        """Charge [since, day) and begin anew; None where it rounds to nothing."""
        amount = 0
        if self.numerator:
            amount = (2 * self.numerator + self.denominator) // (2 * self.denominator)
        charge = Charge(self.kind, self.since, day, amount, self.segments) if amount else None
        self.numerator = 0
        if self.segments:
            self.segments = []
        self.since = day
        return charge


def explain(segments: list[Segment], day_count: DayCount) -> list[InterestLine]:
    """Give the lines of a charge: neighbours alike are one; a year may end between two."""
    merged: list[Segment] = []
    for start, end, balance, rate in segments:
        if merged and merged[-1][1:] == (start, balance, rate):
            merged[-1] = (merged[-1][0], end, balance, rate)
        else:
            merged.append((start, end, balance, rate))
    return [
        _line(start, end, balance, rate, day_count)
        for first, last, balance, rate in merged
        for start, end in _years(first, last, day_count)
    ]


def _years(start: int, end: int, day_count: DayCount) -> list[tuple[int, int]]:
    if day_count is DayCount.ACTUAL_ACTUAL:
        return split_at_new_years(start, end)
    return [(start, end)]


def _line(start: int, end: int, balance: int, rate: int, day_count: DayCount) -> InterestLine:
    counter = day_counter(day_count)
    units = counter.sum_before(end) - counter.sum_before(start)
    exact = Fraction(balance * rate * units, PPM * THOUSANDTHS * counter.year)
    return InterestLine(
        start=date.fromordinal(start),
        end=date.fromordinal(end),
        days=days_between(day_count, start, end),
        balance=balance,
        annual_rate=decimal_text(rate, decimals=RATE_DECIMALS),
        amount=fixed_text(exact, 2),
    )
