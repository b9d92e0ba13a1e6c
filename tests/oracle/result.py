"""The result of section 11."""

from datetime import date
from typing import Any

from tests.oracle.change import is_closed, written_off_interest
from tests.oracle.dates import ONE_DAY
from tests.oracle.debt_group import debt_group
from tests.oracle.interest import accrued, rounded_accrued
from tests.oracle.loan import CHARGE_KINDS, Charge, Instalment, Line, Loan, Row
from tests.oracle.payment import settlement, sum_open
from tests.oracle.rounding import rate_text, two_decimals
from tests.oracle.walk import charge_on_due_date, end_day

Json = dict[str, Any]


def status(loan: Loan, as_of: date) -> str:
    if loan.is_written_off:
        return "written_off"
    return "closed" if is_closed(loan, as_of) else "active"


def schedule(version: Loan) -> list[Json]:
    """The schedule from the end of the day it was made, everything paid on its date."""
    loan = version.copy()
    pay_everything_due(loan, loan.days[-1].day)
    rows: list[Json] = []
    while loan.outstanding or loan.open_charges() or is_accruing(loan):
        day = loan.days[-1].day + ONE_DAY
        charge_on_due_date(loan, day)
        principal, interest = falling_due(loan, day)
        pay_everything_due(loan, day)
        end_day(loan, day)
        if principal or interest:
            rows.append(
                {
                    "number": len(rows) + 1,
                    "due_date": day.isoformat(),
                    "principal": principal,
                    "interest": interest,
                    "total": principal + interest,
                    "principal_balance": loan.outstanding,
                }
            )
    return rows


def is_accruing(loan: Loan) -> bool:
    """Whether in-term interest accrued that is not charged yet."""
    return bool(accrued(loan, "interest", loan.days[-1].day + ONE_DAY))


def falling_due(loan: Loan, day: date) -> tuple[int, int]:
    """Open principal and `interest` whose due date the day is."""
    instalments = [each.open for each in loan.instalments if each.due == day]
    charges = [each for each in loan.open_charges("interest") if each.due == day]
    return sum(instalments), sum_open(charges)


def pay_everything_due(loan: Loan, day: date) -> None:
    due: list[Instalment | Charge] = [*loan.open_instalments(), *loan.open_charges()]
    for each in due:
        if each.due <= day:
            each.paid += each.open


def next_due(loan: Loan) -> Json | None:
    """The first later date on which something falls due, assuming no further events."""
    loan = loan.copy()
    while something_comes(loan):
        day = loan.days[-1].day + ONE_DAY
        charge_on_due_date(loan, day)
        principal, interest = falling_due(loan, day)
        if principal or interest:
            return {"date": day.isoformat(), "principal": principal, "interest": interest}
        end_day(loan, day)
    return None


def something_comes(loan: Loan) -> bool:
    """Whether principal or interest will still fall due."""
    return is_accruing(loan) or any(due > loan.days[-1].day for due, _ in loan.open_dues())


def charges(loan: Loan, as_of: date) -> list[Json]:
    shown = [c for c in loan.charges if c.due <= as_of or c.paid or c.waived or c.written_off]
    shown.sort(key=lambda c: (c.due, CHARGE_KINDS.index(c.kind), c.start))
    return [charge_json(each) for each in shown]


def charge_json(charge: Charge) -> Json:
    return {
        "kind": charge.kind,
        "from": charge.start.isoformat(),
        "to": charge.end.isoformat(),
        "due_date": charge.due.isoformat(),
        "amount": charge.amount,
        "paid": charge.paid,
        "waived": charge.waived,
        "written_off": charge.written_off,
        "open": charge.open,
        "lines": [line_json(line) for line in charge.lines],
    }


def line_json(line: Line) -> Json:
    return {
        "from": line.start.isoformat(),
        "to": line.end.isoformat(),
        "days": line.days,
        "balance": line.balance,
        "annual_rate": rate_text(line.annual_rate),
        "amount": two_decimals(line.amount),
    }


def row_json(row: Row) -> Json:
    return {
        "id": row.event,
        "type": row.type,
        "date": row.day.isoformat(),
        "amount": row.amount,
        "principal": row.part("principal"),
        "interest": row.part("interest"),
        "overdue_interest": row.part("overdue_interest"),
        "late_interest": row.part("late_interest"),
        "credit": row.part("credit"),
        "principal_balance": row.balance,
    }


def position(loan: Loan, as_of: date) -> Json:
    """Everything about the loan at the end of the day."""
    state = status(loan, as_of)
    is_active = state == "active"
    deferred = [each for each in loan.open_charges() if each.due > as_of]
    return {
        "as_of": as_of.isoformat(),
        "status": state,
        "principal_disbursed": loan.disbursed,
        "principal_repaid": loan.total("principal", "repayment", "credit_applied"),
        "principal_outstanding": loan.outstanding,
        "principal_overdue": loan.overdue_principal(as_of),
        "interest_deferred": sum_open(deferred),
        **{f"{kind}_open": open_by(loan, kind, as_of) for kind in CHARGE_KINDS},
        **{f"accrued_{kind}": rounded_accrued(loan, kind, as_of) for kind in CHARGE_KINDS},
        "credit": loan.credit,
        "settlement_amount": max(settlement(loan, as_of), 0),
        "days_past_due": loan.days[-1].days_past_due,
        "maturity_date": loan.maturity_due.isoformat(),
        "next_due": next_due(loan) if is_active else None,
        "debt_group": debt_group(loan) if is_active else None,
        "written_off_principal": loan.total("principal", "write_off"),
        "written_off_interest": written_off_interest(loan),
        "recovered": loan.total("principal", "recovery") + loan.total("interest", "recovery"),
    }


def open_by(loan: Loan, kind: str, as_of: date) -> int:
    return sum_open(each for each in loan.open_charges(kind) if each.due <= as_of)


def quoted_position(loan: Loan, as_of: date) -> Json:
    """The position of a loan not yet disbursed: everything 0 (section 2)."""
    nothing = {
        name: 0 if isinstance(value, int) else None
        for name, value in position(loan, as_of).items()
    }
    return {
        **nothing,
        "as_of": as_of.isoformat(),
        "status": "approved",
        "maturity_date": loan.maturity_due.isoformat(),
        "debt_group": None,
    }
