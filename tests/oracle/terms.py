"""The terms of a contract and when they are refused (sections 3 to 5 and 11)."""

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.oracle.refusal import Refused

METHODS = ("principal_at_maturity", "equal_principal", "annuity", "custom")
DAY_COUNTS = ("actual/365", "actual/360", "actual/actual", "30E/360")
KINDS = ("late_interest", "overdue_interest", "interest", "principal")
KINDS_IN_ARREARS = ("principal", "interest", "overdue_interest", "late_interest")
REQUIRED = ("amount", "annual_rate", "term_months", "repayment_method")
MOST_LATE_INTEREST = 10
LAST_DAY_OF_MONTH = 31
MOST_MONTHS = 1200
YEARS = range(1900, 3000)

DEFAULTS: dict[str, Any] = {
    "interest_day": None,
    "interest_every_months": 1,
    "principal_every_months": None,
    "principal_grace_months": 0,
    "principal_rounding": 1,
    "principal_plan": None,
    "day_count": "actual/365",
    "overdue_rate_multiplier": "1.5",
    "late_interest_rate": "0",
    "working_day_rule": "none",
    "holidays": [],
    "prepayment": "next_first",
    "surplus": "credit",
    "tolerance": 0,
    "allocation_order": None,
    "allocation_order_overdue": None,
    "debt_rule_set": "mfi",
    "edition": 2,
}


@dataclass(frozen=True)
class Terms:
    amount: int
    annual_rate: Fraction
    term_months: int
    repayment_method: str
    interest_day: int | None
    interest_every_months: int
    principal_every_months: int
    principal_grace_months: int
    principal_rounding: int
    principal_plan: tuple[tuple[date, int], ...]
    day_count: str
    overdue_rate_multiplier: Fraction
    late_interest_rate: Fraction
    holidays: frozenset[date] | None
    prepayment: str
    surplus: str
    tolerance: int
    allocation_order: tuple[str, ...]
    allocation_order_overdue: tuple[str, ...]
    debt_rule_set: str
    edition: int


def read_terms(raw: dict[str, Any]) -> Terms:
    """The terms with their defaults, or a refusal."""
    if not set(raw) <= {*REQUIRED, *DEFAULTS}:
        raise Refused("invalid_terms")
    raw = DEFAULTS | {name: value for name, value in raw.items() if value is not None}
    if raw["principal_every_months"] is None:
        is_first = raw["edition"] == 1
        raw["principal_every_months"] = 1 if is_first else raw["interest_every_months"]
    custom = raw.get("repayment_method") == "custom"
    following = choice(raw["working_day_rule"], ("none", "following")) == "following"
    holidays = frozenset(terms_date(day) for day in terms_list(raw["holidays"]))
    terms = Terms(
        amount=whole(raw.get("amount"), 1),
        annual_rate=rate(raw.get("annual_rate"), 4),
        term_months=unused_months(raw) if custom else months(raw.get("term_months"), 1),
        repayment_method=choice(raw.get("repayment_method"), METHODS),
        interest_day=interest_day(raw["interest_day"]),
        interest_every_months=months(raw["interest_every_months"], 1),
        principal_every_months=months(raw["principal_every_months"], 1),
        principal_grace_months=months(raw["principal_grace_months"], 0),
        principal_rounding=whole(raw["principal_rounding"], 1),
        principal_plan=principal_plan(raw["principal_plan"], is_used=custom),
        day_count=choice(raw["day_count"], DAY_COUNTS),
        overdue_rate_multiplier=rate(raw["overdue_rate_multiplier"], 3),
        late_interest_rate=late_interest_rate(raw["late_interest_rate"]),
        holidays=holidays if following else None,
        prepayment=choice(raw["prepayment"], ("next_first", "last_first")),
        surplus=choice(raw["surplus"], ("credit", "principal")),
        tolerance=whole(raw["tolerance"], 0),
        allocation_order=order(raw["allocation_order"], KINDS),
        allocation_order_overdue=order(raw["allocation_order_overdue"], KINDS_IN_ARREARS),
        debt_rule_set=choice(raw["debt_rule_set"], ("mfi", "bank")),
        edition=edition(raw["edition"]),
    )
    if terms.edition == 2:
        refuse_what_does_not_fit(terms)
    return terms


def refuse_what_does_not_fit(terms: Terms) -> None:
    """Plans sum to the amount; principal months are multiples of interest months (3, 4)."""
    method, every = terms.repayment_method, terms.interest_every_months
    if method == "custom" and sum(part for _, part in terms.principal_plan) != terms.amount:
        raise Refused("invalid_terms")
    if method in ("equal_principal", "annuity") and terms.principal_grace_months % every:
        raise Refused("invalid_terms")
    if method == "equal_principal" and terms.principal_every_months % every:
        raise Refused("invalid_terms")


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def read_date(value: object) -> date | None:
    """The date a text means, if it means one."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def read_rate(value: object, decimals: int) -> Fraction | None:
    """The rate a text means, if it means one of at most so many decimals (section 5)."""
    if not isinstance(value, str) or not re.fullmatch(r"\d+(\.\d+)?", value):
        return None
    read = Fraction(value)
    return read if (read * 10**decimals).denominator == 1 else None


def whole(value: Any, least: int) -> int:
    if not is_whole(value) or value < least:
        raise Refused("invalid_terms")
    return int(value)


def months(value: Any, least: int) -> int:
    """At most a hundred years."""
    if whole(value, least) > MOST_MONTHS:
        raise Refused("invalid_terms")
    return int(value)


def unused_months(raw: dict[str, Any]) -> int:
    """A term that a custom loan does not use must still be a whole number."""
    if not is_whole(raw.get("term_months", 0)):
        raise Refused("invalid_terms")
    return 0


def rate(value: object, decimals: int) -> Fraction:
    read = read_rate(value, decimals)
    if read is None:
        raise Refused("invalid_terms")
    return read


def edition(value: Any) -> int:
    """The edition of the rules that the contract keeps (section 15)."""
    if whole(value, 1) > 2:
        raise Refused("invalid_terms")
    return int(value)


def late_interest_rate(value: object) -> Fraction:
    """At most 10 % a year (section 5)."""
    read = rate(value, 4)
    if read > MOST_LATE_INTEREST:
        raise Refused("invalid_terms")
    return read


def choice(value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Refused("invalid_terms")
    return str(value)


def interest_day(value: Any) -> int | None:
    if value is None:
        return None
    if whole(value, 1) > LAST_DAY_OF_MONTH:
        raise Refused("invalid_terms")
    return int(value)


def order(value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    """An allocation order names each of the four kinds once (section 7)."""
    if value is None:
        return default
    if sorted(terms_list(value), key=str) != sorted(default):
        raise Refused("invalid_terms")
    return tuple(value)


def terms_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refused("invalid_terms")
    return value


def terms_date(value: object) -> date:
    read = read_date(value)
    if read is None:
        raise Refused("invalid_terms")
    return read


def principal_plan(value: Any, *, is_used: bool) -> tuple[tuple[date, int], ...]:
    """Dates in order and amounts above 0, where the plan is used (sections 3 and 4)."""
    plan = read_plan([] if value is None else value)
    if plan is None or (is_used and not is_a_plan(plan)):
        raise Refused("invalid_terms")
    return plan if is_used else ()


def read_plan(value: Any) -> tuple[tuple[date, int], ...] | None:
    """The instalments a list of dates and amounts names, if it is one."""
    if not isinstance(value, list):
        return None
    if not all(isinstance(part, dict) and set(part) == {"date", "amount"} for part in value):
        return None
    days = [day for part in value if (day := read_date(part["date"])) is not None]
    amounts = [part["amount"] for part in value]
    if len(days) < len(value) or not all(is_whole(amount) for amount in amounts):
        return None
    return tuple(zip(days, amounts, strict=True))


def is_a_plan(plan: tuple[tuple[date, int], ...]) -> bool:
    """Whether there are instalments, dates rise and amounts are above 0."""
    days = [day for day, _ in plan]
    rises = all(a < b for a, b in pairwise(days))
    return bool(plan) and rises and all(amount > 0 for _, amount in plan)
