"""Spans of days by which debt is told apart: how long it is late, when it is to return."""

from __future__ import annotations

from dataclasses import dataclass

from loanfund.domain.portfolio import PAR_DAYS


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last; without a last one, all from the first on."""

    first: int
    last: int | None = None

    @property
    def name(self) -> str:
        """How addresses and texts name it: `0`, `1-30`, `361-`."""
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}-{'' if self.last is None else self.last}"

    def holds(self, days: int) -> bool:
        """Tell whether so many days lie in the span."""
        return self.first <= days and (self.last is None or days <= self.last)


def span_of(spans: tuple[Span, ...], days: int) -> Span:
    """Give the one of some adjoining spans in which so many days lie."""
    return next(span for span in spans if span.holds(days))


# Debt by its days past due (tuổi nợ), and principal by the days until it falls due.
AGES = (Span(0, 0), Span(1, 30), Span(31, 90), Span(91, 180), Span(181, 360), Span(361))
RETURNS = (Span(1, 30), Span(31, 90), Span(91, 180), Span(181, 365), Span(366))
# PAR n counts the loans that are more than n days past due.
AT_RISK = {days: Span(days + 1) for days in PAR_DAYS}
