"""The terms of a contract, as rules §11 names them, and what they must satisfy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from loanfund.domain.calendar import DayCount, months_between
from loanfund.domain.errors import InvalidTermsError
from loanfund.domain.money import NOTHING, Money, Rate, total

LAST_DAY_OF_MONTH = 31
HIGHEST_LATE_INTEREST = Rate.percent("10")
LONGEST_TERM_MONTHS = 1200
FIRST_EDITION, EDITION = 1, 2


class RepaymentMethod(StrEnum):
    """How the principal comes back (cách trả gốc)."""

    PRINCIPAL_AT_MATURITY = "principal_at_maturity"
    EQUAL_PRINCIPAL = "equal_principal"
    ANNUITY = "annuity"
    CUSTOM = "custom"


class WorkingDayRule(StrEnum):
    """What becomes of a due date on a weekend or a holiday."""

    NONE = "none"
    FOLLOWING = "following"


class Prepayment(StrEnum):
    """Which instalments a prepayment settles first."""

    NEXT_FIRST = "next_first"
    LAST_FIRST = "last_first"


class Surplus(StrEnum):
    """What becomes of money beyond what is due."""

    CREDIT = "credit"
    PRINCIPAL = "principal"


class DebtRuleSet(StrEnum):
    """Which circular sorts loans into debt groups (rules §9)."""

    MFI = "mfi"
    BANK = "bank"


class Component(StrEnum):
    """What a repayment pays; without principal, the kinds of charge."""

    INTEREST = "interest"
    OVERDUE_INTEREST = "overdue_interest"
    LATE_INTEREST = "late_interest"
    PRINCIPAL = "principal"


CHARGE_KINDS = (Component.INTEREST, Component.OVERDUE_INTEREST, Component.LATE_INTEREST)

PENALTIES_FIRST = (
    Component.LATE_INTEREST,
    Component.OVERDUE_INTEREST,
    Component.INTEREST,
    Component.PRINCIPAL,
)
PRINCIPAL_FIRST = (
    Component.PRINCIPAL,
    Component.INTEREST,
    Component.OVERDUE_INTEREST,
    Component.LATE_INTEREST,
)


@dataclass(frozen=True, slots=True)
class PlannedInstalment:
    """One agreed repayment of principal."""

    due_date: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The contract's terms; rates are yearly, the multiplier counts thousandths.

    Arrears up to the tolerance in all make nobody late (rules §9). The edition is that of the
    rules under which the contract was signed or last amended (rules §15).
    """

    amount: Money
    annual_rate: Rate
    term_months: int
    repayment_method: RepaymentMethod
    interest_day: int | None = None
    interest_every_months: int = 1
    principal_every_months: int | None = None
    principal_grace_months: int = 0
    principal_rounding: int = 1
    principal_plan: tuple[PlannedInstalment, ...] = ()
    day_count: DayCount = DayCount.ACTUAL_365
    overdue_rate_thousandths: int = 1500
    late_interest_rate: Rate = Rate(0)  # noqa: RUF009 - frozen, so it may be shared
    working_day_rule: WorkingDayRule = WorkingDayRule.NONE
    holidays: frozenset[date] = frozenset()
    prepayment: Prepayment = Prepayment.NEXT_FIRST
    surplus: Surplus = Surplus.CREDIT
    tolerance: Money = NOTHING
    allocation_order: tuple[Component, ...] = PENALTIES_FIRST
    allocation_order_overdue: tuple[Component, ...] = PRINCIPAL_FIRST
    debt_rule_set: DebtRuleSet = DebtRuleSet.MFI
    edition: int = EDITION

    @property
    def is_of_first_edition(self) -> bool:
        """Whether the contract keeps what the rules' first edition said of it."""
        return self.edition == FIRST_EDITION

    @property
    def months_between_principal(self) -> int:
        """Every how many months principal falls due: as often as interest, unless said."""
        if self.principal_every_months is not None:
            return self.principal_every_months
        return 1 if self.is_of_first_edition else self.interest_every_months

    @property
    def months_of_annuity(self) -> int:
        """The months of a period in the formula of an annuity (rules §4)."""
        return 1 if self.is_of_first_edition else self.interest_every_months

    def months(self, first_disbursement: date) -> int:
        """Give the length of the contract in months, which decides how long a cure takes."""
        if self.repayment_method is RepaymentMethod.CUSTOM:
            return months_between(first_disbursement, self.principal_plan[-1].due_date)
        return self.term_months


def check_terms(terms: Terms) -> None:
    """Raise InvalidTermsError for the first field that is out of its range."""
    ranges = (
        ("amount", terms.amount.dong, 1, None),
        ("annual_rate", terms.annual_rate.ppm, 0, None),
        ("interest_every_months", terms.interest_every_months, 1, LONGEST_TERM_MONTHS),
        ("principal_every_months", terms.months_between_principal, 1, LONGEST_TERM_MONTHS),
        ("principal_grace_months", terms.principal_grace_months, 0, LONGEST_TERM_MONTHS),
        ("principal_rounding", terms.principal_rounding, 1, None),
        ("overdue_rate_multiplier", terms.overdue_rate_thousandths, 0, None),
        ("late_interest_rate", terms.late_interest_rate.ppm, 0, HIGHEST_LATE_INTEREST.ppm),
        ("tolerance", terms.tolerance.dong, 0, None),
        ("edition", terms.edition, FIRST_EDITION, EDITION),
    )
    for field, value, low, high in ranges:
        _check_range(field, value, low, high)
    if terms.interest_day is not None:
        _check_range("interest_day", terms.interest_day, 1, LAST_DAY_OF_MONTH)
    if terms.repayment_method is RepaymentMethod.CUSTOM:
        _check_plan(terms.principal_plan)
    else:
        _check_range("term_months", terms.term_months, 1, LONGEST_TERM_MONTHS)
    if not terms.is_of_first_edition:
        _check_sum(terms)
        _check_multiples(terms)
    for field in ("allocation_order", "allocation_order_overdue"):
        if sorted(getattr(terms, field)) != sorted(Component):
            raise InvalidTermsError("not_every_component_once", field=field)


def _check_range(field: str, value: int, low: int, high: int | None) -> None:
    if value < low or (high is not None and value > high):
        raise InvalidTermsError("out_of_range", field=field)


def _check_sum(terms: Terms) -> None:
    """Refuse a plan that does not sum to the amount (rules §4)."""
    if terms.repayment_method is RepaymentMethod.CUSTOM:
        planned = total([row.amount for row in terms.principal_plan])
        if planned != terms.amount:
            raise InvalidTermsError(
                "plan_sum", field="principal_plan", planned=planned, amount=terms.amount
            )


def _check_multiples(terms: Terms) -> None:
    """Refuse principal that would fall due where no interest does (rules §3)."""
    steps = {
        RepaymentMethod.EQUAL_PRINCIPAL: ("principal_every_months", "principal_grace_months"),
        RepaymentMethod.ANNUITY: ("principal_grace_months",),
    }
    for field in steps.get(terms.repayment_method, ()):
        if (getattr(terms, field) or 0) % terms.interest_every_months:
            months = terms.interest_every_months
            raise InvalidTermsError("not_a_multiple", field=field, months=months)


def _check_plan(plan: tuple[PlannedInstalment, ...]) -> None:
    if not plan:
        raise InvalidTermsError("plan_missing", field="principal_plan")
    if any(row.amount.dong <= 0 for row in plan):
        raise InvalidTermsError("plan_amount_not_positive", field="principal_plan")
    if any(earlier.due_date >= later.due_date for earlier, later in pairwise(plan)):
        raise InvalidTermsError("plan_dates_not_increasing", field="principal_plan")
