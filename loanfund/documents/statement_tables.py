"""The tables of a loan statement: transactions, interest, equations, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.units import mm

from loanfund.documents.layout import say
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import (
    NOTHING,
    Carry,
    Column,
    Look,
    Row,
    decimal,
    figure,
    fitted,
    rate,
)
from loanfund.domain.money import Money, total
from loanfund.domain.statement_parts import (
    Amounts,
    Entry,
    Group,
    InterestCharge,
    Statement,
    Total,
)
from loanfund.domain.terms import CHARGE_KINDS
from loanfund.wording import dmy

PARTS = ("late_interest", "overdue_interest", "interest", "principal")
CONTENT = 2
ZERO = "0"


def transactions(found: Statement, width: float) -> Ledger:
    """Give every transaction with its split and the balance after."""
    names, zero = _amount_columns(found), _zero(found)
    columns = [
        Column(head=say("statement.column.date"), side="center"),
        Column(
            head=say("statement.column.number"), side="left", is_wrapped=True, least=20 * mm
        ),
        Column(
            head=say("statement.column.content"), side="left", is_wrapped=True, has_note=True
        ),
        *(Column(head=say(f"statement.column.{name}"), over=_over(name)) for name in names),
        Column(head=say("statement.column.principal_balance")),
    ]
    blank = ("",) * len(names)
    opening = Row(
        cells=(
            dmy(found.period_from),
            "",
            say("statement.opening_balance"),
            *blank,
            figure(found.opening.principal, zero),
        ),
        look=Look.QUIET,
    )
    rows = [
        opening,
        *(_entry(entry, names, zero) for entry in found.entries),
        *(_total(one, names, found) for one in found.totals),
    ]
    carry = Carry(
        label_at=CONTENT,
        columns=tuple(range(CONTENT + 1, CONTENT + 1 + len(names))),
        forward=say("paper.carried_forward"),
        brought=say("paper.brought_forward"),
    )
    return Ledger(columns, rows, fitted(columns, rows, width), carry)


def _zero(found: Statement) -> str:
    """Say that nothing is left; of a debt written off only that it left the balance sheet."""
    return NOTHING if found.off_balance else ZERO


def _amount_columns(found: Statement) -> tuple[str, ...]:
    """Give the columns of amounts; money paid ahead has one where there is any."""
    has_credit = any(entry.amounts.credit for entry in found.entries)
    return ("disbursed", "received", *PARTS, *(("credit",) if has_credit else ()))


def _over(name: str) -> str:
    return say("statement.column.split") if name in (*PARTS, "credit") else ""


def _entry(entry: Entry, names: Sequence[str], zero: str) -> Row:
    is_struck = entry.reversed_by is not None
    amounts = _amounts(entry.amounts, names)
    counts = not is_struck and entry.type in TURNOVER
    balance = entry.principal_balance
    kind = say(f"statement.type.{entry.type}")
    return Row(
        cells=(
            dmy(entry.value_date),
            entry.number or NOTHING,
            f"{kind}. {entry.note}" if entry.note else kind,
            *(figure(amount) for amount in amounts),
            NOTHING if balance is None else figure(balance, zero),
        ),
        look=Look.STRUCK if is_struck else Look.PLAIN,
        sums=tuple(one.dong for one in amounts) if counts else (),
        note=say("statement.reversed_by", number=entry.reversed_by or ""),
    )


TURNOVER = frozenset({"disbursement", "repayment", "credit_applied", "credit_refund"})


def _total(one: Total, names: Sequence[str], found: Statement) -> Row:
    is_turnover = one.group is Group.TURNOVER
    return Row(
        cells=(
            "",
            "",
            say(f"statement.total.{one.group.value}"),
            *(figure(amount) for amount in _amounts(one.amounts, names)),
            figure(found.closing.principal, _zero(found)) if is_turnover else "",
        ),
        look=Look.TOTAL,
    )


def _amounts(amounts: Amounts, names: Sequence[str]) -> list[Money]:
    return [getattr(amounts, name) for name in names]


def interest(found: Statement, width: float) -> Ledger:
    """Give how each charge was computed: days × balance × rate, and its one rounding."""
    columns = [
        Column(head=say("statement.column.kind"), side="left", is_wrapped=True),
        Column(head=say("statement.column.from"), side="center"),
        Column(head=say("statement.column.to"), side="center"),
        Column(head=say("statement.column.days"), side="center"),
        Column(head=say("statement.column.balance")),
        Column(head=say("statement.column.rate")),
        Column(head=say("statement.column.exact")),
        Column(head=say("statement.column.rounded")),
    ]
    rows = [row for charge in found.charges for row in _charge(charge)]
    for kind in CHARGE_KINDS:
        made = [one for one in found.charges if one.kind is kind and one.is_of_period]
        if made:
            label = say(f"statement.total.{kind.value}")
            amount = figure(total([one.amount for one in made]))
            rows.append(Row(cells=(label, *[""] * 6, amount), look=Look.TOTAL))
    return Ledger(columns, rows, fitted(columns, rows, width))


def _charge(charge: InterestCharge) -> Iterator[Row]:
    """Give a line for each balance and rate; the last, or their sum, shows the rounding."""
    rounded = (decimal(charge.exact), figure(charge.amount))
    is_alone = len(charge.lines) == 1
    for place, line in enumerate(charge.lines):
        amounts = rounded if is_alone else (decimal(line.amount), "")
        cells = (
            _charge_name(charge) if place == 0 else "",
            dmy(line.start),
            dmy(line.end),
            str(line.days),
            figure(line.balance),
            rate(line.annual_rate),
            *amounts,
        )
        yield Row(cells=cells, is_bound=not is_alone)
    if not is_alone:
        ends = (dmy(charge.start), dmy(charge.end), str(sum(one.days for one in charge.lines)))
        label = say("statement.rounding")
        yield Row(cells=(label, *ends, "", "", *rounded), look=Look.SUM)


def _charge_name(charge: InterestCharge) -> str:
    """Name a charge's kind, and when it falls due where that is not the day it was made."""
    name = say(f"statement.component.{charge.kind.value}")
    if charge.due_date == charge.end:
        return name
    key = "statement.charge_moved" if charge.is_of_period else "statement.charge_of_earlier"
    return say(key, name=name, due=charge.due_date)


def equations(found: Statement, width: float) -> Ledger:
    """Give opening + added − paid − waived − written off = closing, a row a component."""
    terms = ("opening", "added", "paid", "waived", "written_off", "closing")
    columns = [
        Column(head=say("statement.column.component"), side="left", is_wrapped=True),
        *(Column(head=say(f"statement.equation.{term}")) for term in terms),
    ]
    rows = [
        Row(
            cells=(
                say(f"statement.component.{one.component.value}"),
                *(figure(getattr(one, term), ZERO) for term in terms),
            )
        )
        for one in found.equations
    ]
    sums = [total([getattr(one, term) for one in found.equations]) for term in terms]
    label = say("statement.total.all")
    rows.append(Row(cells=(label, *(figure(one, ZERO) for one in sums)), look=Look.TOTAL))
    return Ledger(columns, rows, fitted(columns, rows, width))


def off_balance(found: Statement, width: float) -> Ledger:
    """Give opening + written off − recovered = still owed, of principal and interest."""
    terms = ("opening", "written_off", "recovered", "closing")
    columns = [
        Column(head=say("statement.column.off_balance"), side="left", is_wrapped=True),
        *(Column(head=say(f"statement.off_balance.{term}")) for term in terms),
    ]
    rows = [
        Row(
            cells=(
                say(f"statement.off_balance.of.{one.component.value}"),
                *(figure(getattr(one, term), ZERO) for term in terms),
            )
        )
        for one in found.off_balance
    ]
    sums = [total([getattr(one, term) for one in found.off_balance]) for term in terms]
    label = say("statement.total.all")
    rows.append(Row(cells=(label, *(figure(one, ZERO) for one in sums)), look=Look.TOTAL))
    return Ledger(columns, rows, fitted(columns, rows, width))


def opening(found: Statement, width: float) -> Ledger:
    """Give what stood open before the period, and what changed since it was last stated."""
    names = ("principal", "interest", "overdue_interest", "late_interest", "credit")
    columns = [
        Column(head=say("statement.column.opening"), side="left", is_wrapped=True),
        *(Column(head=say(f"statement.component.{name}")) for name in names),
    ]
    lines = [(say("statement.opening_at", day=found.period_from), found.opening)]
    if found.adjustment is not None:
        label = say("statement.adjustment", number=found.adjustment.number)
        lines.append((label, found.adjustment.difference))
    rows = [
        Row(
            cells=(label, *(figure(getattr(amounts, name), ZERO) for name in names)),
            look=Look.QUIET if place else Look.SUM,
        )
        for place, (label, amounts) in enumerate(lines)
    ]
    return Ledger(columns, rows, fitted(columns, rows, width))


def coming(found: Statement, width: float) -> Ledger:
    """Give the next instalments: due, prepaid, paid by credit where there is any, to pay."""
    credit = ("credit",) if any(one.credit for one in found.coming) else ()
    names = ("principal", "prepaid", "interest", *credit, "to_pay")
    columns = [
        Column(head=say("statement.coming.due_date"), side="center"),
        *(Column(head=say(f"statement.coming.{name}")) for name in names),
    ]
    rows = [
        Row(
            cells=(
                dmy(one.due_date),
                *(figure(getattr(one, name)) for name in names),
            )
        )
        for one in found.coming
    ]
    return Ledger(columns, rows, fitted(columns, rows, width))


def amounts(lines: Sequence[tuple[str, Money]], width: float) -> Ledger:
    """Give named amounts, one below the other."""
    columns = [
        Column(head="", side="left", is_wrapped=True),
        Column(head=""),
    ]
    rows = [Row(cells=(name, figure(amount, ZERO))) for name, amount in lines]
    return Ledger(columns, rows, fitted(columns, rows, width))
