"""What money pays: repayments and credit (section 7)."""

from collections.abc import Iterable
from datetime import date

from tests.oracle.history import Event
from tests.oracle.interest import PENALTIES, charge, charge_penalties, rounded_accrued
from tests.oracle.loan import CHARGE_KINDS, Charge, Instalment, Loan, Row
from tests.oracle.refusal import Refused

Parts = dict[str, int]


def repay(loan: Loan, event: Event) -> None:
    """A repayment with or without a given split."""
    charge_penalties(loan, event.day)
    split = event.data.get("split")
    if split:
        parts = repay_as_split(loan, event, split)
    elif event.amount >= settlement(loan, event.day):
        parts = settle(loan, event)
    else:
        parts = repay_in_order(loan, event)
    add_row(loan, event, event.amount, parts)


def add_row(loan: Loan, event: Event, amount: int, parts: Parts) -> None:
    loan.rows.append(Row(event.id, event.type, event.day, amount, parts, loan.outstanding))


def settlement(loan: Loan, day: date) -> int:
    """Step 2, with the penalties accrued to the day, as a repayment that day charges them."""
    open_charges = sum(each.open for each in loan.open_charges())
    fresh = sum(rounded_accrued(loan, kind, day) for kind in CHARGE_KINDS)
    return open_charges + loan.outstanding + fresh - loan.credit


def settle(loan: Loan, event: Event) -> Parts:
    """Step 2: everything is paid and the excess becomes credit."""
    charge(loan, "interest", event.day)
    parts = {
        kind: pay_charges(loan.open_charges(kind), sum_open(loan.open_charges(kind)))
        for kind in CHARGE_KINDS
    }
    parts["principal"] = pay_instalments(loan.open_instalments(), loan.outstanding)
    return with_credit(parts, event.amount)


def repay_in_order(loan: Loan, event: Event) -> Parts:
    """Steps 3 and 4."""
    parts = pay_what_is_due(loan, event.day, event.amount)
    surplus = event.data.get("surplus") or loan.terms.surplus
    if surplus == "principal":
        parts["principal"] += prepay(loan, event.amount - sum(parts.values()), event.day)
    return with_credit(parts, event.amount)


def with_credit(parts: Parts, amount: int) -> Parts:
    """`credit` is the change of the credit balance."""
    return {**parts, "credit": amount - sum(parts.values())}


def pay_what_is_due(loan: Loan, day: date, amount: int) -> Parts:
    """Step 3: through the order, what is due by the day, oldest first."""
    parts: Parts = {}
    for kind in order_of_payment(loan, day):
        left = amount - sum(parts.values())
        if kind == "principal":
            due = [each for each in loan.open_instalments() if each.due <= day]
            parts[kind] = pay_instalments(due, left)
        else:
            charges = [each for each in loan.open_charges(kind) if each.due <= day]
            parts[kind] = pay_charges(charges, left)
    return parts


def order_of_payment(loan: Loan, day: date) -> tuple[str, ...]:
    terms = loan.terms
    return terms.allocation_order_overdue if in_arrears(loan, day) else terms.allocation_order


def in_arrears(loan: Loan, day: date) -> bool:
    """Whether an instalment or `interest` charge with a due date before the day is open."""
    return any(due < day for due, _ in loan.open_dues())


def pay_charges(charges: Iterable[Charge], amount: int) -> int:
    """Pays the charges one after the other and gives what that took."""
    taken = 0
    for each in charges:
        part = min(each.open, amount - taken)
        each.paid += part
        taken += part
    return taken


def pay_instalments(instalments: Iterable[Instalment], amount: int) -> int:
    """Pays the instalments one after the other and gives what that took."""
    taken = 0
    for each in instalments:
        part = min(each.open, amount - taken)
        each.paid += part
        taken += part
    return taken


def prepay(loan: Loan, amount: int, day: date) -> int:
    """Step 4: pays instalments not yet due, from the next or from the last one."""
    coming = [each for each in loan.open_instalments() if each.due > day]
    if loan.terms.prepayment == "last_first":
        coming.reverse()
    return pay_instalments(coming, amount)


def sum_open(charges: Iterable[Charge]) -> int:
    return sum(each.open for each in charges)


def repay_as_split(loan: Loan, event: Event, split: Parts) -> Parts:
    """A given split: no part exceeds what is open."""
    parts = {kind: split.get(kind, 0) for kind in (*CHARGE_KINDS, "principal")}
    if parts["principal"] > loan.outstanding:
        raise Refused("split_mismatch")
    for kind in PENALTIES:
        if parts[kind] > sum_open(loan.open_charges(kind)):
            raise Refused("split_mismatch")
    fresh = rounded_accrued(loan, "interest", event.day)
    if parts["interest"] > sum_open(loan.open_charges("interest")) + fresh:
        raise Refused("split_mismatch")
    for kind in PENALTIES:
        pay_charges(loan.open_charges(kind), parts[kind])
    pay_interest_of_split(loan, event.day, parts["interest"])
    due = [each for each in loan.open_instalments() if each.due <= event.day]
    prepay(loan, parts["principal"] - pay_instalments(due, parts["principal"]), event.day)
    return {**parts, "credit": 0}


def pay_interest_of_split(loan: Loan, day: date, amount: int) -> None:
    """Open charges, due ones first; what goes beyond them is for what accrued to the day."""
    rest = amount - pay_charges(loan.open_charges("interest"), amount)
    if rest:
        charge(loan, "interest", day)
        pay_charges(loan.open_charges("interest"), rest)


def apply_credit(loan: Loan, day: date) -> None:
    """On a due date credit pays what is due by then, in the order of step 3."""
    if loan.credit:
        add_applied(loan, day, pay_what_is_due(loan, day, loan.credit))


def use_credit(loan: Loan, day: date) -> None:
    """Before a write-off: what is due, then moved charges, then instalments to come (8)."""
    held = loan.credit
    if not held:
        return
    parts = pay_what_is_due(loan, day, held)
    for kind in ("late_interest", "overdue_interest", "interest"):
        left = held - sum(parts.values())
        parts[kind] += pay_charges(loan.open_charges(kind), left)
    parts["principal"] += pay_instalments(loan.open_instalments(), held - sum(parts.values()))
    add_applied(loan, day, parts)


def add_applied(loan: Loan, day: date, parts: Parts) -> None:
    """The row of credit that paid something."""
    applied = sum(parts.values())
    if applied:
        row = {**parts, "credit": -applied}
        loan.rows.append(Row(None, "credit_applied", day, applied, row, loan.outstanding))
