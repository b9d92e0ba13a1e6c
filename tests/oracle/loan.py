"""A loan on the way through its days: plain lists and what they add up to."""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from tests.oracle.dates import Freeze, Grid, interest_dates, working_day
from tests.oracle.terms import Terms

CHARGE_KINDS = ("interest", "overdue_interest", "late_interest")


@dataclass
class Instalment:
    """A principal instalment; `weight` is what a tranche is spread by."""

    due: date
    planned: int
    weight: int
    paid: int = 0
    written_off: int = 0

    @property
    def open(self) -> int:
        return self.planned - self.paid - self.written_off


@dataclass
class Line:
    start: date
    end: date
    days: int
    balance: int
    annual_rate: Fraction
    amount: Fraction


@dataclass
class Charge:
    kind: str
    start: date
    end: date
    due: date
    amount: int
    lines: list[Line]
    paid: int = 0
    waived: int = 0
    written_off: int = 0

    @property
    def open(self) -> int:
        return self.amount - self.paid - self.waived - self.written_off


@dataclass
class DayEnd:
    """What stood at the end of a day: the balances that bear interest for it."""

    day: date
    in_term: int
    overdue: int
    unpaid_interest: int
    planned: int
    annual_rate: Fraction
    frozen: bool
    frozen_days: int  # frozen days so far, this one included
    days_past_due: int


@dataclass
class Row:
    """A transaction; parts are by kind of charge, and `principal` and `credit`."""

    event: str | None
    type: str
    day: date
    amount: int
    parts: dict[str, int]
    balance: int

    def part(self, kind: str) -> int:
        return self.parts.get(kind, 0)


@dataclass
class Restructuring:
    day: date
    kind: str
    keeps_group: bool


@dataclass
class Waiver:
    day: date
    keeps_group: bool


@dataclass
class Loan:
    terms: Terms
    start: date
    annual_rate: Fraction
    maturity: date  # before it moves to a working day
    maturity_due: date
    grid_maturity: date  # the maturity the interest due dates follow
    limit: int
    instalments: list[Instalment] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    days: list[DayEnd] = field(default_factory=list)
    freezes: list[Freeze] = field(default_factory=list)
    charged_to: dict[str, date] = field(default_factory=dict)
    interest_days: list[date] = field(default_factory=list)
    due_days: list[date] = field(default_factory=list)
    restructurings: list[Restructuring] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)

    def copy(self) -> "Loan":
        """A loan to go on with apart from this one."""
        return replace(
            self,
            instalments=[replace(instalment) for instalment in self.instalments],
            charges=[replace(charge) for charge in self.charges],
            rows=list(self.rows),
            days=list(self.days),
            freezes=list(self.freezes),
            charged_to=dict(self.charged_to),
            interest_days=list(self.interest_days),
            due_days=list(self.due_days),
            restructurings=list(self.restructurings),
            waivers=list(self.waivers),
        )

    # What the lists add up to.

    def total(self, kind: str, *types: str) -> int:
        """The sum of one part over the transactions of some types."""
        return sum(row.part(kind) for row in self.rows if row.type in types)

    @property
    def credit(self) -> int:
        return sum(row.part("credit") for row in self.rows)

    @property
    def disbursed(self) -> int:
        return self.total("principal", "disbursement")

    @property
    def outstanding(self) -> int:
        return sum(instalment.open for instalment in self.instalments)

    @property
    def is_written_off(self) -> bool:
        return any(row.type == "write_off" for row in self.rows)

    def open_charges(self, *kinds: str) -> list[Charge]:
        """The open charges of some kinds (of all, if none is named), oldest first."""
        chosen = [c for c in self.charges if c.open and (not kinds or c.kind in kinds)]
        return sorted(chosen, key=lambda charge: (charge.due, charge.start))

    def open_instalments(self) -> list[Instalment]:
        """The open instalments, oldest first; on one day as their nominal dates come."""
        chosen = [instalment for instalment in self.instalments if instalment.open]
        return sorted(chosen, key=lambda instalment: instalment.due)

    def open_dues(self) -> list[tuple[date, int]]:
        """Open instalments and open `interest` charges by their due dates, oldest first."""
        instalments = [(each.due, each.open) for each in self.open_instalments()]
        charges = [(each.due, each.open) for each in self.open_charges("interest")]
        return sorted(instalments + charges)

    def overdue_principal(self, day: date) -> int:
        """Principal due by the end of the day and still open (section 6)."""
        return sum(i.open for i in self.instalments if i.due <= day)

    def is_frozen(self, day: date) -> bool:
        return any(freeze.holds(day) for freeze in self.freezes)

    def frozen_days_through(self, day: date) -> int:
        """The frozen days from the first one through a day that has ended."""
        return self.days[(day - self.start).days].frozen_days if day >= self.start else 0

    # Its calendar.

    def due_date(self, day: date) -> date:
        """The day a nominal due date falls on (section 3)."""
        return working_day(day, self.terms.holidays)

    def interest_dates(self, last: date) -> frozenset[date]:
        """The interest due dates through `last` and perhaps a few after it."""
        grid = Grid(
            start=self.start,
            interest_day=self.terms.interest_day or self.start.day,
            every_months=self.terms.interest_every_months,
            maturity=self.grid_maturity,
            holidays=self.terms.holidays,
            freezes=tuple(self.freezes),
        )
        return interest_dates(grid, date(last.year, 12, 31)) | {self.maturity_due}

    def is_interest_date(self, day: date) -> bool:
        return day in self.interest_dates(day)
