"""What changes a loan, and what is refused (section 8)."""

from collections.abc import Callable
from datetime import date

from tests.oracle.dates import Freeze
from tests.oracle.history import Event
from tests.oracle.interest import charge_all, charge_penalties, rounded_accrued
from tests.oracle.loan import CHARGE_KINDS, Instalment, Loan, Restructuring, Waiver
from tests.oracle.payment import add_row, repay, sum_open, use_credit, with_credit
from tests.oracle.plan import plan_first_disbursement, plan_later_disbursement
from tests.oracle.refusal import Refused
from tests.oracle.terms import read_date, read_plan, read_rate

AFTER_WRITE_OFF = ("recovery", "credit_refund")
WAIVER_ORDER = ("late_interest", "overdue_interest", "interest")
PLAN_CHANGING = ("disbursement", "rate_change", "reschedule", "freeze")


def happen(loan: Loan, event: Event) -> None:
    """One event at its place, or the refusal that names it."""
    try:
        refuse_when_over(loan, event)
        HAPPENS[event.type](loan, event)
    except Refused as refusal:
        raise Refused(refusal.code, event.id) from refusal


def refuse_when_over(loan: Loan, event: Event) -> None:
    """After a write-off only recoveries and refunds, on a closed loan only plain money."""
    if loan.is_written_off:
        if event.type not in AFTER_WRITE_OFF:
            raise Refused("loan_closed")
    elif is_closed(loan, event.day) and not is_plain_money(event):
        raise Refused("loan_closed")


def is_plain_money(event: Event) -> bool:
    """A refund, or a repayment that says nothing of where it goes."""
    is_repayment = event.type == "repayment" and not event.data.get("split")
    return is_repayment or event.type == "credit_refund"


def is_closed(loan: Loan, day: date) -> bool:
    """No principal, no charge open due or deferred, nothing accrued (section 11)."""
    return (
        bool(loan.rows)
        and not loan.outstanding
        and not loan.open_charges()
        and not any(rounded_accrued(loan, kind, day) for kind in CHARGE_KINDS)
    )


def disburse(loan: Loan, event: Event) -> None:
    if loan.disbursed + event.amount > loan.limit:
        raise Refused("over_disbursement")
    if loan.rows:
        plan_later_disbursement(loan, event.day, event.amount)
    else:
        plan_first_disbursement(loan, event.amount)
    add_row(loan, event, event.amount, {"principal": event.amount})


def change_rate(loan: Loan, event: Event) -> None:
    """From that day on; instalments stay."""
    rate = read_rate(event.data["annual_rate"], 4)
    assert rate is not None
    loan.annual_rate = rate


def reschedule(loan: Loan, event: Event) -> None:
    plan = read_plan(event.data["plan"]) or ()
    last = plan[-1][0]
    is_extension = last > loan.maturity
    if sum(amount for _, amount in plan) != loan.outstanding:
        raise Refused("plan_mismatch")
    if is_extension != (event.data["kind"] == "extend"):
        raise Refused("plan_mismatch")
    charge_penalties(loan, event.day)
    loan.instalments = [Instalment(loan.due_date(day), amount, amount) for day, amount in plan]
    loan.maturity = loan.grid_maturity = last
    loan.maturity_due = loan.due_date(last)
    loan.limit = loan.disbursed
    move_unpaid_interest(loan, event)
    keeps_group = bool(event.data.get("keeps_debt_group"))
    loan.restructurings.append(Restructuring(event.day, event.data["kind"], keeps_group))


def move_unpaid_interest(loan: Loan, event: Event) -> None:
    """All open `interest` charges, also those moved before, become due that day."""
    due = read_date(event.data.get("unpaid_interest_due"))
    if due is not None:
        for each in loan.open_charges("interest"):
            each.due = due


def freeze(loan: Loan, event: Event) -> None:
    """Everything due in [day, until) moves to `until`."""
    charge_penalties(loan, event.day)
    until = read_date(event.data["until"])
    assert until is not None
    window = Freeze(event.day, until)
    loan.freezes.append(window)
    for instalment in loan.instalments:
        if window.holds(instalment.due):
            instalment.due = until
    for each in loan.open_charges():
        if window.holds(each.due):
            each.due = until
    if window.holds(loan.maturity_due):
        loan.maturity = loan.maturity_due = until


def waive(loan: Loan, event: Event) -> None:
    charge_penalties(loan, event.day)
    of = event.data["of"]
    kinds = WAIVER_ORDER if of == "any" else (of,)
    if event.amount > sum_open(loan.open_charges(*kinds)):
        raise Refused("over_waiver")
    left = event.amount
    parts = dict.fromkeys(kinds, 0)
    for each in [charge for kind in kinds for charge in loan.open_charges(kind)]:
        part = min(each.open, left)
        each.waived += part
        left -= part
        parts[each.kind] += part
    if event.amount > loan.terms.tolerance:
        loan.waivers.append(Waiver(event.day, bool(event.data.get("keeps_debt_group"))))
    add_row(loan, event, event.amount, parts)


def write_off(loan: Loan, event: Event) -> None:
    """All is charged, credit pays, then everything open leaves the balance sheet."""
    charge_all(loan, event.day)
    if loan.terms.edition == 2:
        use_credit(loan, event.day)
    parts = {kind: sum_open(loan.open_charges(kind)) for kind in CHARGE_KINDS}
    parts["principal"] = loan.outstanding
    for each in loan.open_charges():
        each.written_off = each.open
    for instalment in loan.open_instalments():
        instalment.written_off = instalment.open
    add_row(loan, event, sum(parts.values()), parts)


def recover(loan: Loan, event: Event) -> None:
    """Written-off principal first, then interest; more is credit."""
    if not loan.is_written_off:
        raise Refused("invalid_event")
    principal = loan.total("principal", "write_off") - loan.total("principal", "recovery")
    interest = written_off_interest(loan) - loan.total("interest", "recovery")
    to_principal = min(principal, event.amount)
    to_interest = min(interest, event.amount - to_principal)
    parts = {"principal": to_principal, "interest": to_interest}
    add_row(loan, event, event.amount, with_credit(parts, event.amount))


def written_off_interest(loan: Loan) -> int:
    return sum(loan.total(kind, "write_off") for kind in CHARGE_KINDS)


def refund_credit(loan: Loan, event: Event) -> None:
    if event.amount > loan.credit:
        raise Refused("invalid_event")
    add_row(loan, event, event.amount, {"credit": -event.amount})


HAPPENS: dict[str, Callable[[Loan, Event], None]] = {
    "disbursement": disburse,
    "repayment": repay,
    "rate_change": change_rate,
    "reschedule": reschedule,
    "freeze": freeze,
    "interest_waiver": waive,
    "write_off": write_off,
    "recovery": recover,
    "credit_refund": refund_credit,
}
