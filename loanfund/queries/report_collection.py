"""The papers of a collection sheet: what is to be collected, and what a batch brought."""

from __future__ import annotations

from loanfund.domain.collection_sheet import CollectedLine, CollectedList, CollectionSheet
from loanfund.domain.report import (
    Column,
    Kind,
    Line,
    Report,
    Said,
    Sign,
    Table,
    numbered,
    summed,
)
from loanfund.queries._report import NUMBER, TOTAL

SIGNED = Column("signature")  # left empty: whoever pays signs there
TO_COLLECT = (
    NUMBER,
    Column("borrower"),
    Column("contract"),
    Column("source"),
    Column("arrears_interest", Kind.MONEY),
    Column("arrears_principal", Kind.MONEY),
    Column("due_interest", Kind.MONEY),
    Column("due_principal", Kind.MONEY),
    Column("penalties_due", Kind.MONEY),
    Column("credit_used", Kind.MONEY),
    Column("to_collect", Kind.MONEY, "5+6+7+8+9−10"),
    Column("received", Kind.MONEY),
    SIGNED,
)
COLLECTED = (
    NUMBER,
    Column("voucher"),
    Column("borrower"),
    Column("contract"),
    Column("value_date", Kind.DAY),
    Column("method"),
    Column("principal", Kind.MONEY),
    Column("interest", Kind.MONEY),
    Column("penalties", Kind.MONEY),
    Column("surplus", Kind.MONEY),
    Column("amount", Kind.MONEY),
    SIGNED,
)
SIGNS = (Sign(Said("report.cashier")),)


def list_to_collect(sheet: CollectionSheet, source: str, area: str) -> Report:
    """Give the rows of a sheet with room to sign on each."""
    lines = [
        Line(
            (
                row.borrower,
                row.contract_number,
                row.source,
                row.to_collect.arrears_interest,
                row.to_collect.arrears_principal,
                row.to_collect.due_interest,
                row.to_collect.due_principal,
                row.to_collect.penalties,
                row.to_collect.credit,
                row.to_collect.amount,
                row.received,
                "",
            ),
            loan_id=row.loan_id,
        )
        for row in sheet.lines
    ]
    notes = [Said("report.note.to_collect", {"as_of": sheet.as_of})]
    if area:
        notes.append(Said("report.note.to_collect.area", {"area": area}))
    return Report(
        name="to_collect",
        first=sheet.month,
        as_of=sheet.month_end,
        source=source,
        tables=(_table(TO_COLLECT, lines),),
        notes=tuple(notes),
        signs=SIGNS,
    )


def list_of_collected(batch: CollectedList) -> Report:
    """Give the receipts of a batch that stand; those taken back are named below."""
    notes = [
        Said(
            "report.note.collected",
            {"number": batch.number, "by": batch.recorded_by, "at": batch.recorded_at},
        )
    ]
    struck = [row.receipt for row in batch.lines if row.reversed_at]
    if struck:
        notes.append(Said("report.note.collected.struck", {"numbers": ", ".join(struck)}))
    days = [row.value_date for row in batch.standing]
    return Report(
        name="collected",
        first=min(days, default=batch.month),
        as_of=max(days, default=batch.month),
        source=batch.source or "",
        tables=(_table(COLLECTED, [_receipt(row) for row in batch.standing]),),
        notes=tuple(notes),
        signs=SIGNS,
    )


def _receipt(row: CollectedLine) -> Line:
    assert row.parts is not None
    parts = row.parts
    return Line(
        (
            row.receipt,
            row.borrower,
            row.contract_number,
            row.value_date,
            Said(f"repayment_page.method.{row.method}"),
            parts.principal,
            parts.interest,
            parts.overdue_interest + parts.late_interest,
            parts.credit,
            row.amount,
            "",
        ),
        loan_id=row.loan_id,
    )


def _table(columns: tuple[Column, ...], lines: list[Line]) -> Table:
    counted = numbered(lines)
    return Table(columns=columns, lines=(*counted, summed(columns, counted, TOTAL)))
