"""Vouchers found by their number as somebody types it: `PT-2020/000131`, `pt 131`, `PT131`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.codec import EVENT_FIELDS
from loanfund.domain.money import Money
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan, LoanEvent
from loanfund.store.number import written

TYPED = re.compile(r"([A-Z]{1,4})[\s.-]*(?:(\d{4})\s*/\s*)?(\d{1,7})")
LONGEST = 60  # letters of a number that somebody may have given by hand
YEARS = 5  # back from the day, of a number typed without its year
WIDEST = 7  # figures of a number that was brought along from elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundVoucher:
    """A voucher of a loan by its number; one that was taken back is found too."""

    loan_id: int
    sequence: int
    number: str
    type: str
    value_date: date
    amount: Money | None
    contract_number: str
    borrower: str
    is_reversed: bool


def vouchers_like(session: Session, day: date, typed: str) -> list[FoundVoucher]:
    """Give the vouchers whose number was typed, the latest first."""
    wanted = spellings(typed, day.year)
    if not wanted:
        return []
    reversal = aliased(LoanEvent)
    query = (
        select(
            LoanEvent.loan_id,
            LoanEvent.sequence,
            LoanEvent.number,
            LoanEvent.type,
            LoanEvent.value_date,
            LoanEvent.amount,
            Loan.contract_number,
            Borrower.name.label("borrower"),
            reversal.id.is_not(None).label("is_reversed"),
        )
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .outerjoin(reversal, reversal.reverses == LoanEvent.id)
        .where(LoanEvent.type.in_(EVENT_FIELDS), LoanEvent.number.in_(wanted))
        .order_by(LoanEvent.value_date.desc(), LoanEvent.id.desc())
    )
    return [FoundVoucher(**row) for row in session.execute(query).mappings()]


def spellings(typed: str, year: int) -> set[str]:
    """Give the numbers that may be meant; none where no figure is typed after letters."""
    plain = typed.strip()[:LONGEST]
    if not any(one.isdigit() for one in plain) or not plain[:1].isalpha():
        return set()
    found = {plain, plain.upper(), "".join(plain.split()).upper()}
    parts = TYPED.fullmatch(plain.upper())
    if parts:
        series, named, place = parts[1], parts[2], int(parts[3])
        years = [int(named)] if named else range(year - YEARS, year + 1)
        found |= {written(series, one, place) for one in years}
        if not named:
            found |= {f"{series}{place:0{width}d}" for width in range(1, WIDEST + 1)}
    return found
